//! Rules that no client sees from outside: several processes on one file, restarts, clocks, faults.
//!
//! Calls here are signed and go through the whole chain; only the socket is left out, except in
//! `server`.

mod authorization;
mod faults;
mod files;
mod resources;
mod server;
mod service_role;
mod time;

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::api::signature::{Key, v3};
use crate::api::{ErrorDocument, Operation, Params, Secret, Service, ram, sts};
use crate::host::{Host, Machine};

use super::chain::{self, Incoming, Outcome};
use super::reply::Reply;
use super::{Options, Sandbox};

pub(super) const TRUST: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#;
pub(super) const GRANT: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:Get*","Resource":"*"}]}"#;

/// The real machine with a clock that the test moves; sleeping moves it, too, and takes no time.
#[derive(Clone)]
pub(super) struct Clock {
    machine: Host,
    start: SystemTime,
    begin: Instant,
    ahead: Arc<AtomicU64>,
}

impl Clock {
    pub(super) fn new() -> Self {
        let machine = Host::system();
        Self {
            start: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000),
            begin: machine.monotonic(),
            machine,
            ahead: Arc::default(),
        }
    }

    pub(super) fn host(&self) -> Host {
        Host::new(self.clone())
    }

    pub(super) fn advance(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap();
        self.ahead.fetch_add(nanos, Ordering::SeqCst);
    }

    /// How far it was moved.
    pub(super) fn moved(&self) -> Duration {
        Duration::from_nanos(self.ahead.load(Ordering::SeqCst))
    }
}

impl Machine for Clock {
    fn now(&self) -> SystemTime {
        self.start + self.moved()
    }

    fn monotonic(&self) -> Instant {
        self.begin + self.moved()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.advance(duration);
        Box::pin(tokio::task::yield_now())
    }

    fn random(&self, buffer: &mut [u8]) -> io::Result<()> {
        for byte in buffer {
            [*byte] = self.machine.random()?;
        }
        Ok(())
    }

    fn env(&self, _name: &str) -> Option<String> {
        None
    }

    fn read_file(&self, _path: &Path) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn create_private(&self, path: &Path) -> io::Result<()> {
        self.machine.create_private(path)
    }

    fn remove_file(&self, _path: &Path) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// What a call came to: the document, or status and code; `Dropped` where the line went dead.
#[derive(Debug, PartialEq)]
pub(super) enum Refused {
    Code(u16, String),
    Dropped,
}

pub(super) fn code(status: u16, code: &str) -> Refused {
    Refused::Code(status, code.to_owned())
}

/// A caller of a sandbox.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) sandbox: Sandbox,
    pub(super) id: String,
    pub(super) secret: Secret,
    pub(super) token: Option<Secret>,
}

impl Caller {
    pub(super) fn root(sandbox: &Sandbox) -> Self {
        let account = sandbox.account();
        Self {
            sandbox: sandbox.clone(),
            id: account.access_key_id.clone(),
            secret: account.access_key_secret.clone(),
            token: None,
        }
    }

    /// A signed request; the nonce is fresh where none is given.
    pub(super) fn sign<A: Operation>(&self, call: &A, nonce: Option<&str>) -> Incoming {
        self.sign_raw(A::SERVICE, A::ACTION, &call.params(), nonce)
    }

    /// A signed request for an action by its name.
    pub(super) fn sign_raw(
        &self,
        service: Service,
        action: &str,
        query: &Params,
        nonce: Option<&str>,
    ) -> Incoming {
        let host = self.sandbox.host();
        let fresh = super::ids::uuid(host).unwrap();
        let signed = v3::sign(
            &v3::Request {
                method: "POST",
                path: "/",
                query,
                host: &format!("{}.aliyuncs.com", service.code()),
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
            host.now(),
            nonce.unwrap_or(&fresh),
        );
        Incoming {
            method: "POST".to_owned(),
            target: format!("/?{}", query.to_form()),
            headers: signed.headers,
            body: Vec::new(),
            peer: Some(std::net::Ipv4Addr::LOCALHOST.into()),
        }
    }

    /// The error document and status of a call that must be refused.
    pub(super) async fn refusal(&self, incoming: Incoming) -> (u16, ErrorDocument) {
        let reply = self.reply(incoming).await.unwrap();
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert_ne!(reply.status, 200, "it was carried out: {text}");
        (reply.status, ErrorDocument::parse(&reply.body).unwrap())
    }

    pub(super) async fn reply(&self, incoming: Incoming) -> Result<Reply, Refused> {
        match chain::answer(&self.sandbox, incoming).await {
            Outcome::Reply(reply) => Ok(reply),
            Outcome::Drop => Err(Refused::Dropped),
        }
    }

    pub(super) async fn send<A: Operation>(
        &self,
        incoming: Incoming,
    ) -> Result<A::Output, Refused> {
        let reply = self.reply(incoming).await?;
        if reply.status == 200 {
            return Ok(serde_json::from_slice(&reply.body).unwrap());
        }
        let document = ErrorDocument::parse(&reply.body).unwrap();
        Err(Refused::Code(reply.status, document.code))
    }

    pub(super) async fn call<A: Operation>(&self, call: A) -> Result<A::Output, Refused> {
        self.send::<A>(self.sign(&call, None)).await
    }

    /// A policy with this document, attached to the user.
    pub(super) async fn grant(&self, user: &str, policy: &str, document: &str) {
        self.call(ram::CreatePolicy {
            policy_name: policy.into(),
            policy_document: document.into(),
            ..Default::default()
        })
        .await
        .unwrap();
        self.call(ram::AttachPolicyToUser {
            policy_name: policy.into(),
            policy_type: "Custom".into(),
            user_name: user.into(),
            resource_group_id: None,
        })
        .await
        .unwrap();
    }

    /// A user with its key.
    pub(super) async fn user(&self, name: &str) -> Self {
        self.call(ram::CreateUser {
            user_name: name.into(),
            ..Default::default()
        })
        .await
        .unwrap();
        let key = self
            .call(ram::CreateAccessKey {
                user_name: Some(name.into()),
            })
            .await
            .unwrap()
            .access_key;
        Self {
            sandbox: self.sandbox.clone(),
            id: key.access_key_id,
            secret: key.access_key_secret,
            token: None,
        }
    }
}

pub(super) async fn memory(clock: &Clock) -> Caller {
    let sandbox = Sandbox::in_memory(Options::default(), clock.host())
        .await
        .unwrap();
    Caller::root(&sandbox)
}

pub(super) fn role(name: &str) -> ram::CreateRole {
    ram::CreateRole {
        role_name: name.into(),
        assume_role_policy_document: TRUST.into(),
        ..Default::default()
    }
}

/// The role of projects that name none.
pub(super) fn usual_role() -> ram::CreateRole {
    role("AliyunIMMDefaultRole")
}

/// A document that allows these actions on this resource.
pub(super) fn allow(actions: &[&str], resource: &str) -> String {
    serde_json::json!({"Version": "1", "Statement": [
        {"Effect": "Allow", "Action": actions, "Resource": resource}
    ]})
    .to_string()
}

/// A document that trusts these principals of the kind `RAM`.
pub(super) fn trust(principals: &[&str]) -> String {
    serde_json::json!({"Version": "1", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": principals}}
    ]})
    .to_string()
}

pub(super) fn get(name: &str) -> ram::GetRole {
    ram::GetRole {
        role_name: name.into(),
    }
}

#[tokio::test]
async fn identities_and_errors_have_their_shape() {
    let root = memory(&Clock::new()).await;
    let me = root.call(sts::GetCallerIdentity {}).await.unwrap();
    assert_eq!(me.identity_type.as_deref(), Some("Account"));
    assert_eq!(me.account_id, root.sandbox.account().id);

    let reply = root.reply(root.sign(&get("none"), None)).await.unwrap();
    let document: Value = serde_json::from_slice(&reply.body).unwrap();
    let fields: Vec<&str> = document
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        fields,
        ["Code", "HostId", "Message", "Recommend", "RequestId"]
    );
    assert_eq!(document["HostId"], "ram.aliyuncs.com");
}

#[tokio::test]
async fn a_bearer_token_is_nobodys_key() {
    let root = memory(&Clock::new()).await;
    let mut params = Params::new();
    params.push("Action", "ListUsers");
    params.push("Version", "2015-05-01");
    params.push("BearerToken", "token");
    let incoming = Incoming {
        method: "GET".into(),
        target: format!("/?{}", params.to_form()),
        headers: vec![("host".into(), "ram.aliyuncs.com".into())],
        body: Vec::new(),
        peer: None,
    };
    let refused = root.send::<ram::ListUsers>(incoming).await.unwrap_err();
    assert_eq!(refused, code(400, "InvalidSignatureMethod"));
}
