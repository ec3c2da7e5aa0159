//! When something goes wrong: the error says what, the state says what is, and the next run goes on
//! from there.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;

use crate::support::hcl::{POLICY, chain, data, document, resource};
use crate::support::{Diagnostic, Proxy, Rule, Sandbox, Workspace, with_terraform};

/// A workspace that talks to a server through a proxy.
fn behind_proxy(
    terraform: &std::sync::Arc<crate::support::Terraform>,
) -> (Workspace, Sandbox, Proxy) {
    let mut workspace = Workspace::new(terraform);
    let cloud = Sandbox::serve(&workspace.database());
    let proxy = Proxy::new(&cloud.url);
    workspace.use_server(&proxy.url(), &cloud.access_key_id, &cloud.access_key_secret);
    (workspace, cloud, proxy)
}

#[track_caller]
fn assert_says(errors: &[Diagnostic], facts: &[&str]) {
    for fact in facts {
        assert!(
            errors.iter().any(|error| format!("{error}").contains(fact)),
            "no error says {fact}: {errors:#?}"
        );
    }
}

fn role(name: &str) -> String {
    resource("imm_service_role", &[&format!("role_name = \"{name}\"")])
}

#[test]
fn wrong_key() {
    with_terraform(|terraform| {
        let (mut workspace, cloud, proxy) = behind_proxy(terraform);
        let secret = "not-the-secret-9f3a";
        workspace.use_server(&proxy.url(), &cloud.access_key_id, secret);
        workspace.config(&role("media"));
        // Nothing exists yet, so the plan may not need the cloud; the apply does.
        let errors = match workspace.run(&["plan", "-input=false", "-json", "-out=plan.bin"]) {
            run if run.status.success() => workspace.apply_fails(),
            run => run.errors(),
        };
        assert_says(&errors, &["SignatureDoesNotMatch"]);
        assert!(!format!("{errors:?}").contains(secret));
        assert_eq!(workspace.state().managed(), Vec::<String>::new());
        cloud.assert_empty();

        workspace.use_server(&proxy.url(), "LTAInobodysKey", secret);
        workspace.config(&data("imm_caller_identity", &[]));
        assert_says(&workspace.plan_fails(), &["InvalidAccessKeyId"]);

        // With what is there already, a wrong key is an error and not a loss.
        workspace.use_server(&proxy.url(), &cloud.access_key_id, &cloud.access_key_secret);
        workspace.deploy(&role("media"));
        workspace.use_server(&proxy.url(), &cloud.access_key_id, secret);
        let before = workspace.state_file();
        assert_says(
            &workspace.plan_fails(),
            &["SignatureDoesNotMatch", "imm_service_role.this"],
        );
        assert_eq!(workspace.state_file(), before);
    });
}

#[test]
fn no_key_and_no_sandbox() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        workspace.unset("IMM_SANDBOX");
        workspace.write(
            "provider.tf",
            "provider \"imm\" {\n  region = \"cn-hangzhou\"\n}\n",
        );
        workspace.config(&role("media"));
        assert_says(&workspace.plan_fails(), &["ALICLOUD_ACCESS_KEY", "sandbox"]);

        workspace.set("ALICLOUD_ACCESS_KEY", "LTAIabc");
        workspace.set("ALICLOUD_SECRET_KEY", "abc");
        workspace.write("provider.tf", "");
        assert_says(&workspace.plan_fails(), &["ALICLOUD_REGION", "region"]);
    });
}

#[test]
fn server_down() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        let cloud = Sandbox::serve(&workspace.database());
        workspace.use_server(&cloud.url, &cloud.access_key_id, &cloud.access_key_secret);
        workspace.deploy(&role("media"));

        // A port that nobody listens on.
        let nowhere = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = nowhere.local_addr().unwrap();
        drop(nowhere);
        workspace.use_server(
            &format!("http://{address}"),
            &cloud.access_key_id,
            &cloud.access_key_secret,
        );
        let before = workspace.state_file();
        let errors = workspace.plan_fails();
        assert_says(
            &errors,
            &["GetRole", &address.to_string(), "imm_service_role.this"],
        );
        assert!(!format!("{errors:?}").contains(&cloud.access_key_secret));
        assert_eq!(workspace.state_file(), before);

        // It goes down between plan and apply.
        workspace.use_server(&cloud.url, &cloud.access_key_id, &cloud.access_key_secret);
        workspace.config(&format!(
            "{}{}",
            role("media"),
            resource(
                "imm_role_policy",
                &["policy_name = \"media\"", &document(POLICY)]
            )
        ));
        workspace
            .plan()
            .assert(&[("imm_role_policy.this", "create")]);
        let url = cloud.url.clone();
        let key = (cloud.access_key_id.clone(), cloud.access_key_secret.clone());
        cloud.stop();
        assert_says(&workspace.apply_fails(), &["CreatePolicy"]);
        assert_eq!(workspace.state().managed(), ["imm_service_role.this"]);

        // And comes back.
        let cloud = Sandbox::serve(&workspace.database());
        assert_ne!(cloud.url, url);
        assert_eq!(
            (&cloud.access_key_id, &cloud.access_key_secret),
            (&key.0, &key.1)
        );
        workspace.use_server(&cloud.url, &key.0, &key.1);
        workspace
            .plan()
            .assert(&[("imm_role_policy.this", "create")]);
        workspace.apply();
        workspace.plan().assert_no_changes();
        workspace.destroy();
    });
}

#[test]
fn lost_answers_are_settled() {
    with_terraform(|terraform| {
        let (workspace, cloud, proxy) = behind_proxy(terraform);
        for action in [
            "CreateRole",
            "CreatePolicy",
            "AttachPolicyToRole",
            "CreateProject",
        ] {
            proxy.on(action, Rule::LoseAnswer);
        }
        // No "already exists" for what this very apply has made.
        workspace.deploy(&chain());
        cloud.assert_roles(&["media"]);
        cloud.assert_policies(&["media"]);
        cloud.assert_projects(&["media"]);

        // No second version for one edit.
        proxy.on("CreatePolicyVersion", Rule::LoseAnswer);
        workspace.config(&chain().replace("oss:ListObjects", "oss:PutObject"));
        workspace
            .plan()
            .assert(&[("imm_role_policy.this", "update")]);
        workspace
            .apply()
            .assert("imm_role_policy.this", json!({"default_version": "v2"}));
        let versions = cloud.ram(
            "ListPolicyVersions",
            &[("PolicyName", "media"), ("PolicyType", "Custom")],
        );
        assert_eq!(
            versions["PolicyVersions"]["PolicyVersion"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
        workspace.plan().assert_no_changes();

        for action in [
            "DeleteProject",
            "DetachPolicyFromRole",
            "DeleteRole",
            "DeletePolicy",
        ] {
            proxy.on(action, Rule::LoseAnswer);
        }
        workspace.destroy();
        cloud.assert_empty();
    });
}

#[test]
fn lost_requests_throttling_and_server_errors_are_retried() {
    with_terraform(|terraform| {
        let (workspace, cloud, proxy) = behind_proxy(terraform);
        let error = |status: u16, code: &str| {
            Rule::Answer(
                status,
                json!({"Code": code, "Message": "made up", "RequestId": "R-1", "HostId": "h"})
                    .to_string(),
            )
        };
        proxy.on("CreateRole", Rule::LoseRequest);
        proxy.on("CreateRole", error(400, "Throttling.User"));
        proxy.on("CreatePolicy", error(503, "ServiceUnavailable"));
        proxy.on("AttachPolicyToRole", error(400, "Throttling.User"));
        proxy.on("AttachPolicyToRole", error(500, "InternalError"));
        proxy.on("CreateProject", error(400, "Throttling"));
        workspace.deploy(&chain());
        assert_eq!(proxy.count("CreateRole"), 3);
        assert_eq!(proxy.count("CreatePolicy"), 2);
        assert_eq!(proxy.count("AttachPolicyToRole"), 3);
        assert_eq!(proxy.count("CreateProject"), 2);
        workspace.destroy();
        cloud.assert_empty();
    });
}

#[test]
fn a_refusal_keeps_what_was_done_before() {
    with_terraform(|terraform| {
        let (workspace, cloud, proxy) = behind_proxy(terraform);
        proxy.on(
            "CreateProject",
            Rule::Answer(
                403,
                json!({
                    "Code": "AccessDenied",
                    "Message": "not for you",
                    "RequestId": "7D4C-REQUEST",
                })
                .to_string(),
            ),
        );
        workspace.config(&chain());
        workspace.plan();
        let errors = workspace.apply_fails();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].address(), "imm_project.this");
        assert_says(
            &errors,
            &[
                "CreateProject",
                "AccessDenied",
                "not for you",
                "7D4C-REQUEST",
            ],
        );
        assert_eq!(proxy.count("CreateProject"), 1);
        assert_eq!(
            workspace.state().managed(),
            [
                "imm_role_policy.this",
                "imm_role_policy_attachment.this",
                "imm_service_role.this"
            ]
        );
        workspace.plan().assert(&[("imm_project.this", "create")]);
        workspace.apply();
        workspace.plan().assert_no_changes();
        workspace.destroy();
        cloud.assert_empty();
    });
}

#[test]
fn provider_killed_before_a_create_reached_the_cloud() {
    with_terraform(|terraform| {
        let (workspace, cloud, proxy) = behind_proxy(terraform);
        workspace.config(&chain());
        workspace.plan();
        proxy.on("CreateProject", Rule::HoldRequest);
        let apply = workspace.start(&["apply", "-input=false", "-json", "plan.bin"]);
        proxy.wait_held();
        assert_eq!(apply.kill_providers(), 1);
        proxy.release();
        apply.wait().errors();
        assert_eq!(workspace.state().managed().len(), 3);

        workspace.plan().assert(&[("imm_project.this", "create")]);
        workspace.apply();
        workspace.plan().assert_no_changes();
        workspace.destroy();
        cloud.assert_empty();
    });
}

#[test]
fn provider_killed_in_the_middle_of_updates() {
    with_terraform(|terraform| {
        let (workspace, cloud, proxy) = behind_proxy(terraform);
        workspace.deploy(&chain());
        // Both parts of an update are under way: one request carried out, its answer held back.
        workspace.config(
            &chain().replace("oss:ListObjects", "oss:PutObject").replace(
                "role_name = \"media\"",
                "role_name = \"media\"\n  description = \"second\"",
            ),
        );
        workspace.plan().assert(&[
            ("imm_role_policy.this", "update"),
            ("imm_service_role.this", "update"),
        ]);
        proxy.on("CreatePolicyVersion", Rule::HoldAnswer);
        proxy.on("UpdateRole", Rule::HoldRequest);
        let apply = workspace.start(&["apply", "-input=false", "-json", "plan.bin"]);
        proxy.wait_held_for(2);
        assert_eq!(apply.kill_providers(), 1);
        proxy.release();
        apply.wait().errors();

        // The policy was edited, the role was not; the next run finds out which is which.
        workspace
            .plan()
            .assert(&[("imm_service_role.this", "update")]);
        let state = workspace.apply();
        state.assert("imm_role_policy.this", json!({"default_version": "v2"}));
        state.assert("imm_service_role.this", json!({"description": "second"}));
        workspace.plan().assert_no_changes();
        workspace.destroy();
        cloud.assert_empty();
    });
}

#[test]
fn provider_killed_after_a_create_reached_the_cloud() {
    with_terraform(|terraform| {
        let (workspace, cloud, proxy) = behind_proxy(terraform);
        workspace.config(&chain());
        workspace.plan();
        proxy.on("CreateProject", Rule::HoldAnswer);
        let apply = workspace.start(&["apply", "-input=false", "-json", "plan.bin"]);
        proxy.wait_held();
        assert_eq!(apply.kill_providers(), 1);
        proxy.release();
        apply.wait().errors();
        cloud.assert_projects(&["media"]);

        // Nobody told Terraform that the project is its own. The error says how to take it over,
        // and nothing of it was touched.
        workspace.plan().assert(&[("imm_project.this", "create")]);
        let errors = workspace.apply_fails();
        assert_eq!(errors[0].address(), "imm_project.this");
        assert_says(
            &errors,
            &["ResourceAlreadyExists", "terraform import", "media"],
        );
        workspace.import("imm_project.this", "media");
        workspace.plan().assert_no_changes();
        workspace.destroy();
        cloud.assert_empty();
    });
}

#[test]
fn an_interrupt_ends_waiting_and_keeps_the_state() {
    with_terraform(|terraform| {
        let (workspace, cloud, proxy) = behind_proxy(terraform);
        workspace.config(&chain());
        workspace.plan();
        proxy.on("CreateProject", Rule::HoldRequest);
        let apply = workspace.start(&["apply", "-input=false", "-json", "plan.bin"]);
        proxy.wait_held();
        let since = std::time::Instant::now();
        apply.interrupt();
        let run = apply.wait();
        assert_eq!(run.status.code(), Some(1), "{run}");
        assert!(
            since.elapsed() < Duration::from_secs(20),
            "the provider kept on waiting: {run}"
        );
        assert_eq!(
            workspace.state().managed(),
            [
                "imm_role_policy.this",
                "imm_role_policy_attachment.this",
                "imm_service_role.this"
            ]
        );
        proxy.release();
        workspace.plan().assert(&[("imm_project.this", "create")]);
        workspace.apply();
        workspace.plan().assert_no_changes();
        workspace.destroy();
        cloud.assert_empty();
    });
}

#[test]
fn secrets_stay_out_of_state_and_logs() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        let cloud = Sandbox::serve(&workspace.database());
        let (id, secret) = cloud.user("writer");
        let token = "not-a-real-token-51c9";
        workspace.set("TF_LOG", "trace");
        let mut printed = String::new();
        let mut once = |workspace: &Workspace, workspace_name: &str| {
            for arguments in [
                &["plan", "-input=false", "-json", "-out=plan.bin"][..],
                &["apply", "-input=false", "-json", "plan.bin"][..],
            ] {
                let run = workspace.run(arguments);
                printed.push_str(&run.stdout);
                printed.push_str(&run.stderr);
            }
            assert!(printed.len() > 10_000, "no trace log in {workspace_name}");
            printed.push_str(&workspace.state_file());
        };

        // From the environment.
        workspace.use_server(&cloud.url, &id, &secret);
        workspace.config(&chain());
        once(&workspace, "environment");
        assert_eq!(workspace.state().managed().len(), 4);

        // From the provider block, by a sensitive variable; with a token that is refused.
        workspace.unset("ALICLOUD_ACCESS_KEY");
        workspace.unset("ALICLOUD_SECRET_KEY");
        workspace.set("TF_VAR_secret", &secret);
        workspace.set("TF_VAR_token", token);
        for token in ["", "\n  security_token = var.token"] {
            workspace.write(
                "provider.tf",
                &format!(
                    r#"variable "secret" {{
  sensitive = true
}}

variable "token" {{
  sensitive = true
}}

provider "imm" {{
  region     = "cn-hangzhou"
  access_key = "{id}"
  secret_key = var.secret{token}

  endpoints {{
    ram = "{url}"
    sts = "{url}"
    imm = "{url}"
  }}
}}
"#,
                    url = cloud.url
                ),
            );
            workspace.config(&chain().replace("oss:ListObjects", "oss:PutObject"));
            once(&workspace, "variables");
        }
        for hidden in [secret.as_str(), token] {
            let leaks: Vec<_> = printed
                .lines()
                .filter(|line| line.contains(hidden))
                .map(|line| line.replace(hidden, "<SECRET>"))
                .collect();
            assert_eq!(leaks, Vec::<String>::new(), "a secret was printed");
        }
    });
}
