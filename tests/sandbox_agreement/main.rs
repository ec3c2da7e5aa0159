//! The sandbox decides as the policy engine does: random callers with random policies send signed
//! requests over a socket, and what comes back is held against the engine's answer to the same question.
//!
//! `SANDBOX_CASES` is how many callers, `SANDBOX_SEED` where they begin; the same seed makes the same
//! cases. Whether real plans agree, too, is for the acceptance tests.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "tests may fail loudly; each uses a part of what they share"
)]

mod cloud;
#[path = "../policy_support/mod.rs"]
mod policy_support;

use std::collections::BTreeMap;

use cloud::{ACCOUNT, AGENT, Caller, Cloud};
use policy_support::{Random, parse};
use serde_json::{Value, json};
use terraform_provider_imm::api::{ErrorDocument, Service};
use terraform_provider_imm::policy::ast::{Document, DocumentKind};
use terraform_provider_imm::policy::cover::Coverage;
use terraform_provider_imm::policy::evaluate::{Assumer, Context, Decision, evaluate_trust};

const IMM: &str = "imm.aliyuncs.com";

/// How many cases are enough to expect one of every kind.
const MANY: usize = 50;

fn cases(usual: usize) -> usize {
    std::env::var("SANDBOX_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

/// Printed, so that a failure can be replayed.
fn seed(usual: u64) -> u64 {
    let seed = std::env::var("SANDBOX_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual);
    println!("SANDBOX_SEED={seed}");
    seed
}

/// The context of every request of this test.
fn context() -> Context {
    Context::new()
        .with("acs:SourceIp", "127.0.0.1")
        .with("acs:SecureTransport", "false")
        .with("acs:UserAgent", AGENT)
        // No condition here is about this century.
        .with("acs:CurrentTime", "2026-01-01T00:00:00Z")
}

const CONDITIONS: &[&str] = &[
    r#"{"IpAddress":{"acs:SourceIp":"127.0.0.0/8"}}"#,
    r#"{"IpAddress":{"acs:SourceIp":["10.0.0.0/8","192.168.0.1"]}}"#,
    r#"{"NotIpAddress":{"acs:SourceIp":"127.0.0.1"}}"#,
    r#"{"Bool":{"acs:SecureTransport":"false"}}"#,
    r#"{"Bool":{"acs:SecureTransport":"true"}}"#,
    r#"{"StringLike":{"acs:UserAgent":"agree*"}}"#,
    r#"{"StringNotLike":{"acs:UserAgent":"AGREE*"}}"#,
    r#"{"DateGreaterThan":{"acs:CurrentTime":"2000-01-01T00:00:00Z"}}"#,
    r#"{"DateGreaterThan":{"acs:CurrentTime":"2999-01-01T00:00:00Z"}}"#,
    r#"{"StringEquals":{"acs:MFAPresent":"true"}}"#,
    r#"{"StringNotEquals":{"acs:SourceVpc":"vpc-1"}}"#,
    r#"{"IpAddress":{"acs:SourceIp":"127.0.0.1"},"Bool":{"acs:SecureTransport":"true"}}"#,
];

fn list(random: &mut Random, options: &[&str]) -> Value {
    let count = 1 + random.below(3);
    (0..count)
        .map(|_| Value::from(*random.pick(options)))
        .collect()
}

/// One of these JSON texts, read.
fn some(random: &mut Random, texts: &[&str]) -> Value {
    let text: &&str = random.pick(texts);
    serde_json::from_str(text).unwrap()
}

/// A statement; a Deny one in five times.
fn statement(
    random: &mut Random,
    actions: &[&str],
    resources: &[&str],
    conditional: usize,
) -> Value {
    let effect = if random.chance(20) { "Deny" } else { "Allow" };
    let mut statement = json!({"Effect": effect});
    let element = if random.chance(8) {
        "NotAction"
    } else {
        "Action"
    };
    statement[element] = list(random, actions);
    let element = if random.chance(4) {
        "NotResource"
    } else {
        "Resource"
    };
    statement[element] = list(random, resources);
    if random.chance(conditional) {
        statement["Condition"] = some(random, CONDITIONS);
    }
    statement
}

fn document(statements: Vec<Value>) -> String {
    json!({"Version": "1", "Statement": statements}).to_string()
}

fn documents(
    random: &mut Random,
    most: usize,
    mut one: impl FnMut(&mut Random) -> Value,
) -> Vec<String> {
    let count = random.below(most + 1);
    (0..count)
        .map(|_| {
            let count = 1 + random.below(3);
            document((0..count).map(|_| one(random)).collect())
        })
        .collect()
}

const ACTIONS: &[&str] = &[
    "*",
    "ram:*",
    "ram:Get*",
    "ram:List*",
    "RAM:getrole",
    "ram:?etRole",
    "ram:AttachPolicyToRole",
    "ram:*Group",
    "ram:*Policy*",
    "imm:*",
    "imm:Get*",
    "imm:List*",
    "imm:DeleteProject",
    "imm:*Dataset",
    "oss:*",
];

const RESOURCES: &[&str] = &[
    "*",
    "acs:ram:*:*:*",
    "acs:ram::1000000000000001:*",
    "acs:ram:*:2000000000000002:*",
    "acs:ram:*:*:role/*",
    "acs:ram:*:*:role/NONE-1",
    "acs:ram:*:*:role/none-?",
    "acs:ram:*:*:policy/*",
    "acs:ram:*:system:policy/*",
    "acs:ram:*::user/none-*",
    "acs:ram:*:*:group/none-1",
    "acs:imm:*:*:*",
    "acs:imm:cn-hangzhou:*:project/*",
    "acs:imm:cn-shanghai:*:*",
    "acs:imm:*:*:project/none_1",
    "acs:imm:*:*:project/none_1/dataset/*",
    "acs:oss:*:*:*",
    "my-bucket/*",
];

/// A call on what does not exist: service, action, parameters, resources.
type Try = (
    Service,
    &'static str,
    Vec<(&'static str, &'static str)>,
    Vec<String>,
);

fn tries() -> Vec<Try> {
    use Service::{Imm, Ram};
    let ram = |id: &str| format!("acs:ram::{ACCOUNT}:{id}");
    let imm = |id: &str| format!("acs:imm:cn-hangzhou:{ACCOUNT}:{id}");
    let system = "acs:ram::system:policy/none-1".to_owned();
    vec![
        (
            Ram,
            "GetRole",
            vec![("RoleName", "none-1")],
            vec![ram("role/none-1")],
        ),
        (
            Ram,
            "GetRole",
            vec![("RoleName", "None-2")],
            vec![ram("role/None-2")],
        ),
        (
            Ram,
            "DeleteRole",
            vec![("RoleName", "none-12")],
            vec![ram("role/none-12")],
        ),
        (Ram, "ListRoles", vec![], vec![ram("role/*")]),
        (Ram, "ListUsers", vec![], vec![ram("user/*")]),
        (
            Ram,
            "GetUser",
            vec![("UserName", "none-1")],
            vec![ram("user/none-1")],
        ),
        (
            Ram,
            "GetPolicy",
            vec![("PolicyName", "none-1"), ("PolicyType", "Custom")],
            vec![ram("policy/none-1")],
        ),
        (
            Ram,
            "GetPolicy",
            vec![("PolicyName", "none-1"), ("PolicyType", "System")],
            vec![system.clone()],
        ),
        (
            Ram,
            "AttachPolicyToRole",
            vec![
                ("RoleName", "none-1"),
                ("PolicyName", "none-1"),
                ("PolicyType", "System"),
            ],
            vec![ram("role/none-1"), system],
        ),
        (
            Ram,
            "DetachPolicyFromUser",
            vec![
                ("UserName", "none-1"),
                ("PolicyName", "none-2"),
                ("PolicyType", "Custom"),
            ],
            vec![ram("user/none-1"), ram("policy/none-2")],
        ),
        (
            Ram,
            "AddUserToGroup",
            vec![("UserName", "none-1"), ("GroupName", "none-1")],
            vec![ram("user/none-1"), ram("group/none-1")],
        ),
        (
            Ram,
            "GetGroup",
            vec![("GroupName", "none-1")],
            vec![ram("group/none-1")],
        ),
        (
            Imm,
            "GetProject",
            vec![("ProjectName", "none_1")],
            vec![imm("project/none_1")],
        ),
        (
            Imm,
            "DeleteProject",
            vec![("ProjectName", "none_2")],
            vec![imm("project/none_2")],
        ),
        (Imm, "ListProjects", vec![], vec!["*".to_owned()]),
        (
            Imm,
            "ListDatasets",
            vec![("ProjectName", "none_1")],
            vec![imm("project/none_1")],
        ),
        (
            Imm,
            "CreateDataset",
            vec![("ProjectName", "none_1"), ("DatasetName", "d")],
            vec![imm("project/none_1/dataset/d")],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_decision_is_the_engines() {
    let cloud = Cloud::start().await;
    let mut random = Random::new(seed(20_260_401));
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let total = cases(80);
    for case in 0..total {
        let one = |random: &mut Random| statement(random, ACTIONS, RESOURCES, 35);
        let texts = documents(&mut random, 4, one);
        let session = random
            .chance(25)
            .then(|| document(vec![one(&mut random), one(&mut random)]));
        let caller = Caller::make(&cloud, &mut random, case, texts, session).await;
        for (service, action, parameters, resources) in tries() {
            let full = format!("{}:{action}", service.code());
            let refused = resources
                .iter()
                .map(|resource| caller.decide(&full, resource, context()))
                .find(|decision| *decision != Decision::Allow);
            let (status, body) = caller.client.send(service, action, &parameters).await;
            let what = format!(
                "case {case}, {full} {parameters:?}: {status} {body}\n{}",
                caller.shown()
            );
            let document = ErrorDocument::parse(body.to_string().as_bytes());
            let denied = document.and_then(|document| document.access_denied_detail);
            match refused {
                None => {
                    assert_ne!(status, 403, "the engine allows it. {what}");
                    assert_eq!(denied, None, "{what}");
                    *seen.entry("Allow").or_default() += 1;
                }
                Some(decision) => {
                    assert_eq!(status, 403, "the engine says {}. {what}", decision.as_str());
                    let denied = denied.unwrap_or_else(|| panic!("no detail. {what}"));
                    assert_eq!(denied.no_permission_type, decision.as_str(), "{what}");
                    assert_eq!(denied.auth_action, full, "{what}");
                    *seen.entry(decision.as_str()).or_default() += 1;
                }
            }
        }
    }
    println!("{seen:?}");
    assert!(
        total < MANY
            || ["Allow", "ExplicitDeny", "ImplicitDeny"]
                .iter()
                .all(|decision| seen.get(decision).is_some_and(|count| *count > 20)),
        "the cases are all alike: {seen:?}"
    );
}

const NEEDED: &[&str] = &[
    "oss:GetObject",
    "oss:Get*",
    "oss:PutObject",
    "oss:*",
    "oss:ListObjects",
    "mns:PublishMessage",
    "mns:*",
];

const PLACES: &[&str] = &[
    "*",
    "acs:oss:*:*:*",
    "acs:oss:*:*:media",
    "acs:oss:*:*:media/*",
    "acs:oss:*:*:media/private/*",
    "acs:oss:*:*:m*",
    "acs:mns:*:*:/topics/*",
    "acs:mns:cn-hangzhou:*:/topics/media/messages",
];

const TRUSTS: &[&str] = &[
    r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"imm.aliyuncs.com"}}"#,
    r#"{"Effect":"Allow","Action":"sts:*","Principal":{"Service":["oss.aliyuncs.com","imm.aliyuncs.com"]}}"#,
    r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"imm.aliyuncs.com"},"Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}}"#,
    r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"oss.aliyuncs.com"}}"#,
];

const PASSES: &[&str] = &[
    r#"{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}"#,
    r#"{"Effect":"Allow","Action":["ram:*","imm:*"],"Resource":"*"}"#,
    r#"{"Effect":"Allow","Action":"ram:PassRole","Resource":"acs:ram:*:*:role/SERVICE-*"}"#,
    r#"{"Effect":"Allow","Action":"ram:PassRole","Resource":"acs:ram:*:*:role/service-*","Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}}"#,
    r#"{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"oss.aliyuncs.com"}}}"#,
    r#"{"Effect":"Deny","Action":"ram:PassRole","Resource":"acs:ram:*:*:role/service-*1"}"#,
];

/// Why CreateProject is refused, in the order of the sandbox's checks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Made,
    Denied(&'static str),
    Untrusted,
    Lacks,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_is_made_where_the_engine_says_so() {
    let cloud = Cloud::start().await;
    let mut random = Random::new(seed(20_260_402));
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut undecided = 0;
    let total = cases(150);
    for case in 0..total {
        // The role.
        let role = format!("service-{case}");
        let trust = match random.below(8) {
            0 => TRUSTS[3],
            1 => TRUSTS[2],
            2 => TRUSTS[1],
            _ => TRUSTS[0],
        };
        let trust = format!(r#"{{"Version":"1","Statement":[{trust}]}}"#);
        cloud
            .root
            .must(
                Service::Ram,
                "CreateRole",
                &[("RoleName", &role), ("AssumeRolePolicyDocument", &trust)],
            )
            .await;
        let needed = documents(&mut random, 2, |random| {
            statement(random, NEEDED, PLACES, 10)
        });
        for (index, text) in needed.iter().enumerate() {
            cloud
                .attach("Role", &role, &format!("needed-{case}-{index}"), text)
                .await;
        }
        // The caller: some of what the role has, or something else; most may pass roles.
        let conditional = if random.chance(30) { 40 } else { 0 };
        let mut texts = documents(&mut random, 2, |random| {
            statement(random, NEEDED, PLACES, conditional)
        });
        if random.chance(40) {
            texts.extend(needed.iter().cloned());
        }
        let mut more: Vec<Value> = Vec::new();
        if random.chance(85) {
            more.push(
                json!({"Effect": "Allow", "Action": "imm:*", "Resource": "acs:imm:*:*:project/*"}),
            );
        }
        // Two halves that are a whole: more than the proof can see.
        if random.chance(15) {
            for operator in ["StringLike", "StringNotLike"] {
                more.push(json!({
                    "Effect": "Allow", "Action": ["oss:*", "mns:*"], "Resource": "*",
                    "Condition": {operator: {"acs:UserAgent": "a*"}},
                }));
            }
        }
        let pass = if random.chance(60) {
            PASSES[0]
        } else {
            *random.pick(PASSES)
        };
        more.push(serde_json::from_str(pass).unwrap());
        if random.chance(20) {
            more.push(some(&mut random, PASSES));
        }
        if random.chance(30) {
            more.push(json!({"Effect": "Allow", "Action": ["oss:*", "mns:*"], "Resource": "*"}));
        }
        texts.push(document(more));
        let session = random.chance(25).then(|| match random.below(3) {
            0 => document(vec![
                json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
            ]),
            1 => document(vec![
                json!({"Effect": "Allow", "Action": ["imm:*", "ram:PassRole"], "Resource": "*"}),
                statement(&mut random, NEEDED, PLACES, 0),
            ]),
            _ => document(vec![
                json!({"Effect": "Allow", "NotAction": "mns:*", "Resource": "*"}),
                statement(&mut random, NEEDED, PLACES, 0),
            ]),
        });
        let caller = Caller::make(&cloud, &mut random, case, texts, session).await;

        // What the engine says.
        let project = format!("project_{case}");
        let to_imm = || context().with("acs:Service", IMM);
        let arn = format!("acs:ram::{ACCOUNT}:role/{role}");
        let place = format!("acs:imm:cn-hangzhou:{ACCOUNT}:project/{project}");
        let trusting = Document::parse(&trust, DocumentKind::Trust).unwrap();
        let imm = Assumer::Service(IMM.to_owned());
        let trusted = evaluate_trust(&trusting, &imm, &Context::open()).decision;
        let refuses =
            |decision| matches!(decision, Decision::ExplicitDeny | Decision::ImplicitDeny);
        let role_documents: Vec<Document> = needed.iter().map(|text| parse(text)).collect();
        let coverage = caller.hold(&role_documents);
        let lacks = coverage
            .iter()
            .any(|answer| matches!(answer, Coverage::No(_)));
        undecided += usize::from(
            coverage
                .iter()
                .any(|answer| matches!(answer, Coverage::Unknown(_))),
        );
        let expected = if caller.decide("imm:CreateProject", &place, context()) != Decision::Allow {
            Outcome::Denied("imm:CreateProject")
        } else if refuses(trusted) {
            Outcome::Untrusted
        } else if caller.decide("ram:PassRole", &arn, to_imm()) != Decision::Allow {
            Outcome::Denied("ram:PassRole")
        } else if lacks {
            Outcome::Lacks
        } else {
            Outcome::Made
        };

        // What the sandbox does.
        let parameters = [
            ("ProjectName", project.as_str()),
            ("ServiceRole", role.as_str()),
        ];
        let (status, body) = caller
            .client
            .send(Service::Imm, "CreateProject", &parameters)
            .await;
        let what = format!(
            "case {case}: {status} {body}\ntrust: {trust}\nrole: {needed:#?}\n{}",
            caller.shown()
        );
        let code = body["Code"].as_str().unwrap_or_default();
        let denied = body["AccessDeniedDetail"]["AuthAction"]
            .as_str()
            .unwrap_or_default();
        // A role may hold what it takes to make projects, so the action alone does not tell.
        let message = body["Message"].as_str().unwrap_or_default();
        let found = match (status, code, denied) {
            (200, ..) => Outcome::Made,
            (403, "AccessDenied", _) if message.contains("does not hold") => Outcome::Lacks,
            (403, "AccessDenied", "imm:CreateProject") => Outcome::Denied("imm:CreateProject"),
            (403, "AccessDenied", "ram:PassRole") => Outcome::Denied("ram:PassRole"),
            (400, "InvalidServiceRole", _) => Outcome::Untrusted,
            _ => panic!("{what}"),
        };
        assert_eq!(found, expected, "{what}");
        if found == Outcome::Lacks {
            // What the refusal names is what a witness names: the role has it, the caller has not.
            let named = coverage.iter().any(|answer| match answer {
                Coverage::No(witness) => witness.request.action == denied,
                Coverage::Yes | Coverage::Unknown(_) => false,
            });
            assert!(named, "{what}");
        }
        *seen.entry(format!("{found:?}")).or_default() += 1;

        // What a plan can know: no condition key but the service that a role is passed to. A session
        // policy can be read by nobody, and is left out.
        let known = Caller {
            client: caller.client.clone(),
            identity: caller.identity.clone(),
            session: None,
        };
        let open = Context::open;
        let red = refuses(known.decide("imm:CreateProject", &place, open()))
            || refuses(trusted)
            || refuses(known.decide("ram:PassRole", &arn, open().with("acs:Service", IMM)))
            || matches!(known.hold(&role_documents).first(), Some(Coverage::No(_)));
        assert!(
            !(red && found == Outcome::Made),
            "a red plan would have been applied. {what}"
        );
        let hidden = caller.session.is_some()
            || caller
                .identity
                .iter()
                .any(|text| text.contains("Condition\":{\"IpAddress"));
        if !hidden && conditional == 0 {
            assert_eq!(
                red,
                found != Outcome::Made,
                "a green plan fails, or a red one works. {what}"
            );
        }
    }
    println!("{seen:?}, {undecided} undecided");
    assert!(
        total < MANY || undecided > 0,
        "nothing is left open: {undecided}"
    );
    assert!(
        total < MANY || seen.len() == 5 && seen.values().all(|count| *count > 3),
        "the cases are all alike: {seen:?}"
    );
}
