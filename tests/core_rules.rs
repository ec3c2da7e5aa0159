//! The real resources on the real sandbox, under the framework's small Terraform core: every
//! answer is held against core's own rules, and what was applied or imported plans as no change.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may fail loudly"
)]

use std::net::Ipv4Addr;
use std::path::Path;

use terraform_provider_imm::cloud::LocalServer;
use terraform_provider_imm::host::Host;
use terraform_provider_imm::plugin::author::BoxFuture;
use terraform_provider_imm::plugin::engine::Engine;
use terraform_provider_imm::plugin::testing::{self, Action, FakeCore, Instance};
use terraform_provider_imm::plugin::value::Dynamic;
use terraform_provider_imm::provider::{ImmProvider, RunningSandbox, SandboxLauncher};
use terraform_provider_imm::sandbox::{self, Sandbox};

struct Launcher(Host);

impl SandboxLauncher for Launcher {
    fn launch<'a>(&'a self, path: &'a Path) -> BoxFuture<'a, Result<RunningSandbox, String>> {
        Box::pin(async move {
            let opened = Sandbox::open(path, sandbox::Options::default(), self.0.clone()).await;
            let sandbox = opened.map_err(|error| error.to_string())?;
            let account = sandbox.account();
            let access_key = account.access_key_id.clone();
            let secret_key = account.access_key_secret.clone();
            let region = sandbox.region().to_owned();
            let server = sandbox::Server::start(sandbox, (Ipv4Addr::LOCALHOST, 0))
                .await
                .map_err(|error| error.to_string())?;
            Ok(RunningSandbox {
                server: LocalServer {
                    address: server.local_addr(),
                    region,
                    access_key,
                    secret_key,
                },
                guard: Box::new(server),
            })
        })
    }
}

/// A core whose provider runs a sandbox in this folder.
async fn core(folder: &Path) -> FakeCore {
    let host = testing::host(&[]);
    let provider = ImmProvider::new(host.clone(), Launcher(host.clone()));
    let path = folder.join("sandbox.db");
    let sandbox = object([("path", text(path.to_str().unwrap()))]);
    let engine = Engine::new(provider, host);
    FakeCore::start(engine, object([("sandbox", sandbox)]))
        .await
        .unwrap()
}

fn object<const N: usize>(members: [(&str, Dynamic); N]) -> Dynamic {
    Dynamic::object(members)
}

fn with(config: &Dynamic, name: &str, value: Dynamic) -> Dynamic {
    let mut config = config.clone();
    let members = config.entries_mut().expect("it is an object");
    members.insert(name.to_owned(), value);
    config
}

fn text(text: &str) -> Dynamic {
    Dynamic::from(text)
}

fn tags(tags: &[(&str, &str)]) -> Dynamic {
    Dynamic::map_of(tags.iter().map(|(key, value)| (*key, text(value))))
}

/// Makes an object, changes it step by step, imports it by `id`, and leaves it.
async fn live(core: &FakeCore, type_name: &str, steps: &[Dynamic]) -> Instance {
    let mut stored: Option<Instance> = None;
    for config in steps {
        let made = core
            .converge(type_name, stored.as_ref(), config.clone())
            .await
            .unwrap();
        stored = Some(made);
    }
    let stored = stored.expect("there is a step");
    let last = steps.last().expect("there is a step");
    let id = stored.state.attribute("id").and_then(Dynamic::as_str);
    let imported = core
        .import(type_name, id.expect("it has an id"))
        .await
        .unwrap();
    let change = core
        .plan(type_name, Some(&imported), Some(last.clone()))
        .await
        .unwrap();
    assert_eq!(
        change.action,
        Action::NoOp,
        "{type_name} after import:\nbefore {:?}\nafter  {:?}",
        imported.state,
        change.planned
    );
    stored
}

const POLICY: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Resource":"acs:oss:*:*:b/*"}]}"#;
/// The same, written by somebody else.
const REWRITTEN: &str = r#"{
  "Statement": [{"Action": "oss:GetObject", "Effect": "Allow", "Resource": ["acs:oss:*:*:b/*"]}],
  "Version": "1"
}"#;

#[tokio::test]
async fn every_resource_lives_by_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    let core = core(folder.path()).await;

    let role = object([("role_name", text("TestRole"))]);
    let described = with(&role, "description", text("words"));
    let tagged = with(&described, "tags", tags(&[("a", "1")]));
    let forced = with(&tagged, "force", Dynamic::Bool(true));
    let session = with(&role, "max_session_duration", Dynamic::from(7200_i64));
    let role_made = live(
        &core,
        "imm_service_role",
        &[
            role.clone(),
            described,
            tagged,
            forced,
            session,
            role.clone(),
        ],
    )
    .await;

    let policy = object([
        ("policy_name", text("TestPolicy")),
        ("policy_document", text(POLICY)),
    ]);
    let other = POLICY.replace("GetObject", "PutObject");
    let changed = with(&policy, "policy_document", text(&other));
    let policy_made = live(
        &core,
        "imm_role_policy",
        &[policy.clone(), changed, policy.clone()],
    )
    .await;
    let rewritten = with(&policy, "policy_document", text(REWRITTEN));
    let change = core
        .plan("imm_role_policy", Some(&policy_made), Some(rewritten))
        .await
        .unwrap();
    assert_eq!(change.action, Action::NoOp);

    let attachment = object([
        ("policy_name", text("TestPolicy")),
        ("role_name", text("TestRole")),
    ]);
    let attachment_made = live(&core, "imm_role_policy_attachment", &[attachment]).await;

    let default_role = object([]);
    let default_made = live(&core, "imm_default_service_role", &[default_role]).await;

    let project = object([("project_name", text("test-project"))]);
    let served = with(&project, "service_role", text("TestRole"));
    let tagged = with(&served, "tags", tags(&[("a", "1"), ("b", "2")]));
    let limited = with(&tagged, "dataset_max_bind_count", Dynamic::from(5_i64));
    let forced = with(&limited, "force_destroy", Dynamic::Bool(true));
    let timed = with(&project, "timeouts", object([("delete", text("1m"))]));
    let project_made = live(
        &core,
        "imm_project",
        &[
            project.clone(),
            served,
            tagged,
            limited,
            forced,
            timed,
            project.clone(),
        ],
    )
    .await;

    for made in [
        project_made,
        default_made,
        attachment_made,
        policy_made,
        role_made,
    ] {
        core.destroy(&made).await.unwrap();
        assert_eq!(
            core.refresh(&made).await.unwrap(),
            None,
            "{}",
            made.type_name
        );
    }
}

#[tokio::test]
async fn plans_bear_what_is_not_known_yet() {
    let folder = tempfile::tempdir().unwrap();
    let core = core(folder.path()).await;
    let schemas = core.engine().get_provider_schema();
    for (type_name, schema) in schemas.resources {
        let unknowns: Vec<(&str, Dynamic)> = schema
            .block
            .attributes
            .iter()
            .filter(|attribute| attribute.required || attribute.optional)
            .map(|attribute| (attribute.name.as_str(), Dynamic::unknown()))
            .collect();
        let config = Dynamic::object(unknowns);
        let change = core.plan(type_name, None, Some(config)).await;
        let change = change.unwrap_or_else(|failure| panic!("{type_name}: {failure:?}"));
        assert_eq!(change.action, Action::Create);
    }
}

#[tokio::test]
async fn an_unconfigured_provider_plans_and_says_why_it_cannot_do_more() {
    let host = testing::host(&[]);
    let provider = ImmProvider::new(host.clone(), Launcher(host.clone()));
    let core = FakeCore::unconfigured(Engine::new(provider, host));
    core.configure(object([("region", Dynamic::unknown())]))
        .await
        .unwrap();
    let config = object([("role_name", text("TestRole"))]);
    let change = core
        .plan("imm_service_role", None, Some(config))
        .await
        .unwrap();
    let failure = core.apply(change).await.unwrap_err();
    let found = failure.diagnostics();
    assert_eq!(
        found.iter().next().unwrap().summary,
        "Provider Not Configured"
    );
}
