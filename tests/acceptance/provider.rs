//! The provider block, and what holds for all resources.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::support::hcl::{POLICY, chain, document, resource};
use crate::support::workspace::PROVIDER;
use crate::support::{Proxy, Rule, Sandbox, Workspace, with_terraform};

#[test]
fn sandbox_block_and_variable_lead_to_the_same_place() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        let state = workspace.deploy(&chain());
        let arn = state.values("imm_service_role.this")["arn"].clone();

        // The block, with the same file.
        workspace.unset("IMM_SANDBOX");
        workspace.write(
            "provider.tf",
            "provider \"imm\" {\n  sandbox {\n    path = \"../sandbox.db\"\n  }\n}\n",
        );
        workspace.plan().assert_no_changes();

        // The block wins over the variable.
        workspace.set("IMM_SANDBOX", "elsewhere.db");
        workspace.plan().assert_no_changes();
        assert!(!workspace.folder().join("elsewhere.db").exists());

        // Another file is another cloud.
        workspace.write("provider.tf", "");
        workspace.plan().assert(&[
            ("imm_project.this", "create"),
            ("imm_role_policy.this", "create"),
            ("imm_role_policy_attachment.this", "create"),
            ("imm_service_role.this", "create"),
        ]);
        assert!(workspace.folder().join("elsewhere.db").exists());

        // A server on the file sees the same account.
        let cloud = Sandbox::serve(&workspace.database());
        let role = &cloud.ram("GetRole", &[("RoleName", "media")])["Role"];
        assert_eq!(role["Arn"], arn);
    });
}

#[test]
fn a_sandbox_key_is_whoever_owns_it() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        let who = "data \"imm_caller_identity\" \"this\" {}\n\noutput \"type\" {\n  value = data.imm_caller_identity.this.identity_type\n}\n\noutput \"arn\" {\n  value = data.imm_caller_identity.this.arn\n}\n";
        let state = workspace.deploy(who);
        let root = state.output("arn").as_str().unwrap().to_owned();
        assert!(root.ends_with(":root"), "{root}");

        let cloud = Sandbox::serve(&workspace.database());
        let (id, secret) = cloud.user("writer");
        workspace.set("ALICLOUD_ACCESS_KEY", &id);
        workspace.set("ALICLOUD_SECRET_KEY", &secret);
        workspace.plan();
        let state = workspace.apply();
        assert_eq!(
            state.output("arn"),
            &json!(format!("acs:ram::{}:user/writer", cloud.account_id))
        );

        workspace.set("ALICLOUD_SECRET_KEY", "wrong");
        let errors = workspace.plan_fails();
        assert!(
            format!("{errors:?}").contains("SignatureDoesNotMatch"),
            "{errors:?}"
        );
    });
}

#[test]
fn default_tags_reach_everything_that_has_tags() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let defaults = |tags: &str| {
            workspace.write(
                "provider.tf",
                &format!("provider \"imm\" {{\n  default_tags {{\n    tags = {tags}\n  }}\n}}\n"),
            );
        };
        let configuration = chain().replace(
            "role_name = \"media\"",
            "role_name = \"media\"\n  tags = { team = \"role's own\", mine = \"yes\" }",
        );
        defaults(r#"{ team = "a", cost = "1" }"#);
        let state = workspace.deploy(&configuration);
        state.assert(
            "imm_service_role.this",
            json!({
                "tags": {"team": "role's own", "mine": "yes"},
                "tags_all": {"team": "role's own", "mine": "yes", "cost": "1"},
            }),
        );
        for address in ["imm_role_policy.this", "imm_project.this"] {
            state.assert(
                address,
                json!({"tags": null, "tags_all": {"team": "a", "cost": "1"}}),
            );
        }
        let cloud = Sandbox::serve(&workspace.database());
        assert_eq!(
            tags(&cloud, "role"),
            pairs(&[("cost", "1"), ("mine", "yes"), ("team", "role's own")])
        );
        assert_eq!(
            tags(&cloud, "policy"),
            pairs(&[("cost", "1"), ("team", "a")])
        );

        defaults(r#"{ team = "b" }"#);
        let plan = workspace.plan();
        plan.assert(&[
            ("imm_project.this", "update"),
            ("imm_role_policy.this", "update"),
            ("imm_service_role.this", "update"),
        ]);
        for address in [
            "imm_project.this",
            "imm_role_policy.this",
            "imm_service_role.this",
        ] {
            assert_eq!(plan.changed_attributes(address), ["tags_all"], "{address}");
        }
        workspace.apply();
        workspace.plan().assert_no_changes();
        assert_eq!(tags(&cloud, "policy"), pairs(&[("team", "b")]));

        workspace.write("provider.tf", "");
        workspace.plan();
        workspace.apply();
        workspace.plan().assert_no_changes();
        assert_eq!(tags(&cloud, "policy"), BTreeMap::new());
        workspace.destroy();
    });
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// Tags of the role or policy `media`.
fn tags(cloud: &Sandbox, of: &str) -> BTreeMap<String, String> {
    let list = cloud.ram(
        "ListTagResources",
        &[("ResourceType", of), ("ResourceNames", r#"["media"]"#)],
    );
    list["TagResources"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|tag| {
            let field = |name: &str| tag[name].as_str().unwrap().to_owned();
            (field("TagKey"), field("TagValue"))
        })
        .collect()
}

#[test]
fn timeouts_end_an_operation() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        let cloud = Sandbox::serve(&workspace.database());
        let proxy = Proxy::new(&cloud.url);
        workspace.use_server(&proxy.url(), &cloud.access_key_id, &cloud.access_key_secret);
        let configuration = chain()
            .replace(
                "role_name = \"media\"",
                "role_name = \"media\"\n  timeouts {\n    create = \"2m\"\n    delete = \"5m\"\n  }",
            )
            .replace(
                "project_name = \"media\"",
                "project_name = \"media\"\n  timeouts {\n    create = \"5s\"\n    update = \"1h\"\n  }",
            );
        workspace.config(&configuration);
        workspace.plan();
        proxy.on("CreateProject", Rule::HoldRequest);
        let errors = workspace.apply_fails();
        proxy.release();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].address(), "imm_project.this");
        assert!(
            errors[0].detail().contains("CreateProject") && errors[0].detail().contains("timeouts"),
            "{}",
            errors[0]
        );

        // The next run goes on.
        workspace.plan().assert(&[("imm_project.this", "create")]);
        workspace.apply();
        workspace.plan().assert_no_changes();

        // Another timeout alone touches nothing in the cloud.
        proxy.forget();
        workspace.config(&configuration.replace("\"1h\"", "\"2h\""));
        workspace.plan();
        workspace.apply();
        assert_eq!(proxy.count("UpdateProject"), 0);

        workspace.config(&configuration.replace("\"1h\"", "\"soon\""));
        let errors = workspace.plan_fails();
        assert!(errors[0].code().contains("soon"), "{}", errors[0]);
        workspace.config(&configuration);
        workspace.destroy();
        cloud.assert_empty();
    });
}

#[test]
fn force_detaches_first_and_without_it_nothing_is_lost() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let pair = |force: &str| {
            [
                resource("imm_service_role", &["role_name = \"media\"", force]),
                resource(
                    "imm_role_policy",
                    &["policy_name = \"media\"", &document(POLICY), force],
                ),
            ]
            .concat()
        };
        workspace.deploy(&pair(""));
        let cloud = Sandbox::serve(&workspace.database());
        // Somebody attached things without Terraform: to the role, and to others.
        let other = |action: &str, name: &str, value: &str, policy: (&str, &str)| {
            cloud.ram(
                action,
                &[
                    (name, value),
                    ("PolicyName", policy.0),
                    ("PolicyType", policy.1),
                ],
            );
        };
        cloud.ram("CreateUser", &[("UserName", "someone")]);
        cloud.ram("CreateGroup", &[("GroupName", "some")]);
        other(
            "AttachPolicyToRole",
            "RoleName",
            "media",
            ("AliyunOSSReadOnlyAccess", "System"),
        );
        other(
            "AttachPolicyToRole",
            "RoleName",
            "media",
            ("media", "Custom"),
        );
        other(
            "AttachPolicyToUser",
            "UserName",
            "someone",
            ("media", "Custom"),
        );
        other(
            "AttachPolicyToGroup",
            "GroupName",
            "some",
            ("media", "Custom"),
        );

        let errors = workspace
            .run(&["destroy", "-input=false", "-auto-approve", "-json"])
            .errors();
        let said: Vec<_> = errors.iter().map(|error| format!("{error}")).collect();
        assert_eq!(errors.len(), 2, "{said:?}");
        assert!(
            said.iter()
                .all(|text| text.contains("DeleteConflict") && text.contains("force")),
            "{said:?}"
        );
        assert_eq!(
            workspace.state().managed(),
            ["imm_role_policy.this", "imm_service_role.this"]
        );
        cloud.assert_roles(&["media"]);
        cloud.assert_policies(&["media"]);

        workspace.deploy(&pair("force = true"));
        workspace.destroy();
        cloud.assert_empty();
        let user = cloud.ram("ListPoliciesForUser", &[("UserName", "someone")]);
        assert_eq!(user["Policies"]["Policy"], json!([]));
    });
}

#[test]
fn force_destroy_empties_a_project_first() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.deploy(&chain());
        let cloud = Sandbox::serve(&workspace.database());
        let project = ("ProjectName", "media");
        let bound = ("URI", "oss://media");
        cloud.imm("CreateDataset", &[project, ("DatasetName", "photos")]);
        cloud.imm(
            "CreateBinding",
            &[project, ("DatasetName", "photos"), bound],
        );
        cloud.imm("AttachOSSBucket", &[project, ("OSSBucket", "media")]);

        let errors = workspace
            .run(&["destroy", "-input=false", "-auto-approve", "-json"])
            .errors();
        assert_eq!(errors.len(), 1);
        // Terraform gives no address for errors of a destroy.
        let said = format!("{}", errors[0]);
        assert!(
            said.contains("media")
                && said.contains("StatusConflict")
                && said.contains("force_destroy"),
            "{said}"
        );
        // The project and what it uses are still there.
        assert_eq!(workspace.state().managed().len(), 4);
        cloud.assert_projects(&["media"]);

        workspace.deploy(&chain().replace(
            "project_name = \"media\"",
            "project_name = \"media\"\n  force_destroy = true",
        ));
        workspace.destroy();
        cloud.assert_empty();
    });
}

#[test]
fn reattach_serves_many_commands_from_one_process() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        let mut provider = Command::new(PROVIDER)
            .arg("-debug")
            .env("IMM_SANDBOX", workspace.database())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let reattach = BufReader::new(provider.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, value) = line.split_once("TF_REATTACH_PROVIDERS=")?;
                Some(value.trim().trim_matches('\'').to_owned())
            })
            .expect("-debug prints TF_REATTACH_PROVIDERS");
        let parsed: Value = serde_json::from_str(&reattach).unwrap();
        let entry = &parsed["registry.terraform.io/imm-rs/imm"];
        assert_eq!(entry["Protocol"], "grpc");
        assert_eq!(entry["ProtocolVersion"], 6);
        assert_eq!(entry["Pid"], provider.id());

        // Terraform has no other way to the provider.
        let empty = workspace.folder().join("empty.tfrc");
        std::fs::write(&empty, "").unwrap();
        workspace.set("TF_CLI_CONFIG_FILE", &empty.display().to_string());
        workspace.set("TF_REATTACH_PROVIDERS", &reattach);
        workspace.unset("IMM_SANDBOX");
        workspace.deploy(&chain());
        workspace.config(&chain().replace("oss:ListObjects", "oss:PutObject"));
        workspace
            .plan()
            .assert(&[("imm_role_policy.this", "update")]);
        workspace.apply();
        workspace.destroy();
        assert!(
            provider.try_wait().unwrap().is_none(),
            "Terraform must leave the process alone"
        );
        let id = Pid::from_raw(i32::try_from(provider.id()).unwrap());
        kill(id, Signal::SIGINT).unwrap();
        assert!(provider.wait().unwrap().success());
        Sandbox::serve(&workspace.database()).assert_empty();
    });
}

#[test]
fn what_is_wrong_in_the_configuration_is_said_all_at_once() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.config(
            &[
                resource("imm_service_role", &["role_name = \"no spaces\""]),
                resource(
                    "imm_role_policy",
                    &["policy_name = \"under_score\"", &document(POLICY)],
                ),
                resource(
                    "imm_project",
                    &[
                        "project_name = \"1st\"",
                        "service_role = \"acs:ram::123456789012:role/media\"",
                        "dataset_max_bind_count = 11",
                    ],
                ),
            ]
            .concat(),
        );
        let errors = workspace.plan_fails();
        let mut seen: Vec<_> = errors
            .iter()
            .map(|error| {
                let attribute = error.code().split('=').next().unwrap_or_default().trim();
                format!("{} {attribute}", error.address())
            })
            .collect();
        seen.sort();
        assert_eq!(
            seen,
            [
                "imm_project.this dataset_max_bind_count",
                "imm_project.this project_name",
                "imm_project.this service_role",
                "imm_role_policy.this policy_name",
                "imm_service_role.this role_name",
            ]
        );
    });
}

#[test]
fn schemas_are_shown() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.config("");
        let shown = workspace.ok(&["providers", "schema", "-json"]);
        let schemas: Value = serde_json::from_str(&shown.stdout).unwrap();
        let provider = &schemas["provider_schemas"]["registry.terraform.io/imm-rs/imm"];
        let names = |of: &str| -> Vec<String> {
            provider[of].as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(
            names("resource_schemas"),
            [
                "imm_default_service_role",
                "imm_project",
                "imm_role_policy",
                "imm_role_policy_attachment",
                "imm_service_role",
            ]
        );
        for (name, schema) in provider["resource_schemas"].as_object().unwrap() {
            assert!(schema["block"]["description"].is_string(), "{name}");
            assert!(
                !schema["block"]["block_types"]["timeouts"].is_null()
                    || !schema["block"]["attributes"]["timeouts"].is_null(),
                "{name} has no timeouts"
            );
        }
    });
}

#[test]
fn a_default_tag_known_only_at_apply_does_not_stop_the_plan() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.deploy(&resource("imm_service_role", &["role_name = \"media\""]));
        workspace.write(
            "provider.tf",
            "provider \"imm\" {\n  region = \"cn-hangzhou\"\n  default_tags {\n    tags = { at = timestamp() }\n  }\n}\n",
        );
        workspace
            .plan()
            .assert(&[("imm_service_role.this", "update")]);
        workspace.apply();
        // Never at rest, and never in the way.
        workspace
            .plan()
            .assert(&[("imm_service_role.this", "update")]);
    });
}
