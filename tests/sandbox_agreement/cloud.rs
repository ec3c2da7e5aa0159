//! A sandbox behind a socket, and callers who send it signed requests.

use serde_json::{Value, json};
use terraform_provider_imm::api::signature::{Key, v3};
use terraform_provider_imm::api::{Params, Secret, Service};
use terraform_provider_imm::host::Host;
use terraform_provider_imm::policy::ast::Document;
use terraform_provider_imm::policy::cover::{Coverage, covers};
use terraform_provider_imm::policy::evaluate::{Authority, Context, Decision, Request, authorize};
use terraform_provider_imm::sandbox::{Options, Quota, Sandbox, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::policy_support::{Random, parse};

/// The account of the sandbox.
pub(crate) const ACCOUNT: &str = "1000000000000001";
/// How every client calls itself.
pub(crate) const AGENT: &str = "agreement/1";

/// A key, and where to use it.
#[derive(Clone)]
pub(crate) struct Client {
    address: String,
    id: String,
    secret: Secret,
    token: Option<Secret>,
    host: Host,
}

impl Client {
    /// Sends a signed call; status and body.
    pub(crate) async fn send(
        &self,
        service: Service,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> (u16, Value) {
        let mut query = Params::new();
        for (name, value) in parameters {
            query.push(*name, *value);
        }
        let nonce: [u8; 16] = self.host.random().unwrap();
        let signed = v3::sign(
            &v3::Request {
                method: "POST",
                path: "/",
                query: &query,
                host: &self.address,
                action,
                version: service.version(),
                content_type: None,
                body: b"",
            },
            &Key {
                id: &self.id,
                secret: &self.secret,
                token: self.token.as_ref(),
            },
            self.host.now(),
            &format!("{nonce:02x?}"),
        );
        let mut text = format!("POST /?{} HTTP/1.1\r\n", query.to_form());
        for (name, value) in &signed.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!(
            "user-agent: {AGENT}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ));
        let mut line = TcpStream::connect(&self.address).await.unwrap();
        line.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).await.unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        (
            status,
            serde_json::from_str(body).unwrap_or_else(|error| panic!("{answer}: {error}")),
        )
    }

    /// A call that must succeed.
    pub(crate) async fn must(
        &self,
        service: Service,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Value {
        let (status, body) = self.send(service, action, parameters).await;
        assert_eq!(status, 200, "{action} {parameters:?}: {body}");
        body
    }

    pub(crate) fn with(&self, keys: &Value) -> Self {
        let field = |name: &str| keys[name].as_str().map(str::to_owned);
        Self {
            id: field("AccessKeyId").unwrap(),
            secret: Secret::new(field("AccessKeySecret").unwrap()),
            token: field("SecurityToken").map(Secret::new),
            ..self.clone()
        }
    }
}

pub(crate) struct Cloud {
    pub(crate) root: Client,
    _server: Server,
}

impl Cloud {
    pub(crate) async fn start() -> Self {
        let many = [
            Quota::Roles,
            Quota::Policies,
            Quota::Users,
            Quota::Groups,
            Quota::Projects,
            Quota::CustomPoliciesAttached,
        ];
        let options = Options {
            account_id: Some(ACCOUNT.into()),
            quotas: many.into_iter().map(|quota| (quota, 1_000_000)).collect(),
            ..Options::default()
        };
        let host = Host::system();
        let sandbox = Sandbox::in_memory(options, host.clone()).await.unwrap();
        let account = sandbox.account().clone();
        let server = Server::start(sandbox, "127.0.0.1:0").await.unwrap();
        let root = Client {
            address: server.local_addr().to_string(),
            id: account.access_key_id,
            secret: account.access_key_secret,
            token: None,
            host,
        };
        Self {
            root,
            _server: server,
        }
    }

    /// Makes a policy and attaches it to a `User`, `Group` or `Role`.
    pub(crate) async fn attach(&self, kind: &str, name: &str, policy: &str, document: &str) {
        self.root
            .must(
                Service::Ram,
                "CreatePolicy",
                &[("PolicyName", policy), ("PolicyDocument", document)],
            )
            .await;
        let owner = format!("{kind}Name");
        self.root
            .must(
                Service::Ram,
                &format!("AttachPolicyTo{kind}"),
                &[
                    (owner.as_str(), name),
                    ("PolicyName", policy),
                    ("PolicyType", "Custom"),
                ],
            )
            .await;
    }
}

/// Somebody with rights, and the documents from which they come.
pub(crate) struct Caller {
    pub(crate) client: Client,
    pub(crate) identity: Vec<String>,
    pub(crate) session: Option<String>,
}

impl Caller {
    /// A user, a user in a group, or a session of a role, with or without a session policy.
    pub(crate) async fn make(
        cloud: &Cloud,
        random: &mut Random,
        case: usize,
        texts: Vec<String>,
        session: Option<String>,
    ) -> Self {
        let name = format!("caller-{case}");
        let root = &cloud.root;
        root.must(Service::Ram, "CreateUser", &[("UserName", &name)])
            .await;
        let keys = root
            .must(Service::Ram, "CreateAccessKey", &[("UserName", &name)])
            .await;
        let user = root.with(&keys["AccessKey"]);
        let member = session.is_none() && random.chance(50);
        if member {
            root.must(Service::Ram, "CreateGroup", &[("GroupName", &name)])
                .await;
            root.must(
                Service::Ram,
                "AddUserToGroup",
                &[("GroupName", &name), ("UserName", &name)],
            )
            .await;
        }
        let assumed = session.is_some() || random.chance(30);
        if assumed {
            let trust = json!({"Version": "1", "Statement": [{
                "Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": {"RAM": format!("acs:ram::{ACCOUNT}:user/{name}")},
            }]});
            root.must(
                Service::Ram,
                "CreateRole",
                &[
                    ("RoleName", &name),
                    ("AssumeRolePolicyDocument", &trust.to_string()),
                ],
            )
            .await;
            let assume = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}"#;
            cloud
                .attach("User", &name, &format!("assume-{case}"), assume)
                .await;
        }
        for (index, text) in texts.iter().enumerate() {
            let kind = match (assumed, member && random.chance(50)) {
                (true, _) => "Role",
                (false, true) => "Group",
                (false, false) => "User",
            };
            cloud
                .attach(kind, &name, &format!("rights-{case}-{index}"), text)
                .await;
        }
        let client = if assumed {
            let arn = format!("acs:ram::{ACCOUNT}:role/{name}");
            let mut parameters = vec![("RoleArn", arn.as_str()), ("RoleSessionName", "session")];
            parameters.extend(session.as_deref().map(|policy| ("Policy", policy)));
            let made = user.must(Service::Sts, "AssumeRole", &parameters).await;
            user.with(&made["Credentials"])
        } else {
            user
        };
        Self {
            client,
            identity: texts,
            session,
        }
    }

    pub(crate) fn decide(&self, action: &str, resource: &str, context: Context) -> Decision {
        let identity: Vec<Document> = self.identity.iter().map(|text| parse(text)).collect();
        let session: Option<Vec<Document>> = self.session.as_ref().map(|text| vec![parse(text)]);
        let authority = Authority {
            session: session.as_deref(),
            identity: &identity,
            ..Authority::default()
        };
        authorize(&authority, &Request::new(action, resource, context)).decision
    }

    pub(crate) fn hold(&self, needed: &[Document]) -> Vec<Coverage> {
        let identity: Vec<Document> = self.identity.iter().map(|text| parse(text)).collect();
        let session: Option<Vec<Document>> = self.session.as_ref().map(|text| vec![parse(text)]);
        let sides = [Some(identity), session];
        sides
            .iter()
            .flatten()
            .map(|have| covers(have, needed))
            .collect()
    }

    pub(crate) fn shown(&self) -> String {
        format!(
            "identity: {:#?}\nsession: {:?}",
            self.identity, self.session
        )
    }
}
