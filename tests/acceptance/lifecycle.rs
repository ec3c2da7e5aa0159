//! Each resource through its whole life: made with every argument, each argument changed by itself,
//! arguments taken away again, replaced, destroyed.

use serde_json::{Value, json};

use crate::support::hcl::{POLICY, argument, chain, document, resource};
use crate::support::{Sandbox, Workspace, with_terraform};

/// One argument that changes in place: its new line, the attributes that this may change, and what
/// the state says of them afterwards.
type Update<'a> = (&'a str, &'a [&'a str], Value);

/// Makes `address` from `lines`, then changes one line after the other; each change must be planned
/// as an update of these attributes and no others, and leave nothing to do.
fn update_one_by_one(
    workspace: &Workspace,
    around: &str,
    address: &str,
    lines: &[&str],
    updates: &[Update<'_>],
) {
    let mut lines: Vec<&str> = lines.to_vec();
    let configuration =
        |lines: &[&str]| format!("{around}{}", resource(&address.replace(".this", ""), lines));
    workspace.deploy(&configuration(&lines));
    for (line, attributes, after) in updates {
        let name = line.split_whitespace().next().unwrap();
        let old = lines
            .iter_mut()
            .find(|old| old.split_whitespace().next() == Some(name));
        *old.unwrap_or_else(|| panic!("{name} is not set before it is changed")) = *line;
        workspace.config(&configuration(&lines));
        let plan = workspace.plan();
        plan.assert(&[(address, "update")]);
        assert_eq!(plan.changed_attributes(address), *attributes, "{line}");
        workspace.apply().assert(address, after.clone());
        workspace.plan().assert_no_changes();
    }
}

#[test]
fn service_role_updates_in_place() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        update_one_by_one(
            &workspace,
            "",
            "imm_service_role.this",
            &[
                "role_name            = \"media\"",
                "description          = \"first\"",
                "max_session_duration = 3600",
                "trusted_services     = [\"imm.aliyuncs.com\"]",
                "force                = false",
                "tags                 = { team = \"a\", gone = \"soon\" }",
            ],
            &[
                (
                    "description = \"second, with ünïcode\"",
                    &["description"],
                    json!({"description": "second, with ünïcode"}),
                ),
                (
                    "max_session_duration = 7200",
                    &["max_session_duration"],
                    json!({"max_session_duration": 7200}),
                ),
                (
                    "trusted_services = [\"imm.aliyuncs.com\", \"oss.aliyuncs.com\"]",
                    &["assume_role_policy_document", "trusted_services"],
                    json!({"trusted_services": ["imm.aliyuncs.com", "oss.aliyuncs.com"]}),
                ),
                ("force = true", &["force"], json!({"force": true})),
                (
                    "tags = { team = \"b\", new = \"yes\" }",
                    &["tags", "tags_all"],
                    json!({"tags_all": {"team": "b", "new": "yes"}}),
                ),
            ],
        );

        let cloud = Sandbox::serve(&workspace.database());
        let role = &cloud.ram("GetRole", &[("RoleName", "media")])["Role"];
        assert_eq!(role["Description"], "second, with ünïcode");
        assert_eq!(role["MaxSessionDuration"], 7200);
        let trust: Value =
            serde_json::from_str(role["AssumeRolePolicyDocument"].as_str().unwrap()).unwrap();
        assert_eq!(
            trust["Statement"][0]["Principal"]["Service"],
            json!(["imm.aliyuncs.com", "oss.aliyuncs.com"])
        );

        // Taken out of the configuration, arguments go back to what the API does by itself.
        let state = workspace.deploy(&resource("imm_service_role", &["role_name = \"media\""]));
        state.assert(
            "imm_service_role.this",
            json!({
                "max_session_duration": 3600,
                "trusted_services": ["imm.aliyuncs.com"],
                "tags_all": {},
            }),
        );
        let role = &cloud.ram("GetRole", &[("RoleName", "media")])["Role"];
        assert_eq!(role["Description"].as_str().unwrap_or_default(), "");

        workspace.destroy();
        cloud.assert_empty();
    });
}

#[test]
fn service_role_with_its_own_trust_document() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let trust = |services: &str| {
            argument(
                "assume_role_policy_document",
                &format!(
                    r#"{{"Version":"1","Statement":[{{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{{"Service":{services}}}}}]}}"#
                ),
            )
        };
        let role = |trust: &str| resource("imm_service_role", &["role_name = \"media\"", trust]);
        let state = workspace.deploy(&role(&trust(r#""imm.aliyuncs.com""#)));
        state.assert(
            "imm_service_role.this",
            json!({"trusted_services": ["imm.aliyuncs.com"]}),
        );

        workspace.config(&role(&trust(r#"["imm.aliyuncs.com","mts.aliyuncs.com"]"#)));
        let plan = workspace.plan();
        plan.assert(&[("imm_service_role.this", "update")]);
        assert_eq!(
            plan.changed_attributes("imm_service_role.this"),
            ["assume_role_policy_document", "trusted_services"]
        );
        workspace.apply().assert(
            "imm_service_role.this",
            json!({"trusted_services": ["imm.aliyuncs.com", "mts.aliyuncs.com"]}),
        );
        workspace.plan().assert_no_changes();

        // From the document to the list that means the same: nothing to do in the cloud.
        workspace.deploy(&role(
            "trusted_services = [\"mts.aliyuncs.com\", \"imm.aliyuncs.com\"]",
        ));

        // Both at once is a mistake.
        workspace.config(&resource(
            "imm_service_role",
            &[
                "role_name = \"media\"",
                "trusted_services = [\"imm.aliyuncs.com\"]",
                &trust(r#""imm.aliyuncs.com""#),
            ],
        ));
        let errors = workspace.plan_fails();
        assert!(
            errors.iter().any(|error| {
                let text = format!("{error}");
                text.contains("trusted_services") && text.contains("assume_role_policy_document")
            }),
            "{errors:?}"
        );
    });
}

#[test]
fn role_policy_updates_in_place() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let second = document(
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:other/*"}]}"#,
        );
        update_one_by_one(
            &workspace,
            "",
            "imm_role_policy.this",
            &[
                "policy_name     = \"media\"",
                "description     = \"first\"",
                &document(POLICY),
                "rotate_strategy = \"DeleteOldestNonDefaultVersionWhenLimitExceeded\"",
                "force           = false",
                "tags            = { team = \"a\", gone = \"soon\" }",
            ],
            &[
                (
                    "description = \"second\"",
                    &["description"],
                    json!({"description": "second"}),
                ),
                (
                    &second,
                    &["default_version", "policy_document"],
                    json!({"default_version": "v2"}),
                ),
                (
                    "rotate_strategy = \"None\"",
                    &["rotate_strategy"],
                    json!({"rotate_strategy": "None"}),
                ),
                ("force = true", &["force"], json!({"force": true})),
                (
                    "tags = { team = \"b\", new = \"yes\" }",
                    &["tags", "tags_all"],
                    json!({"tags_all": {"team": "b", "new": "yes"}}),
                ),
            ],
        );
        let cloud = Sandbox::serve(&workspace.database());
        let policy = cloud.ram(
            "GetPolicy",
            &[("PolicyName", "media"), ("PolicyType", "Custom")],
        );
        assert_eq!(policy["Policy"]["Description"], "second");
        assert_eq!(policy["Policy"]["DefaultVersion"], "v2");
        workspace.destroy();
        cloud.assert_empty();
    });
}

#[test]
fn project_updates_in_place() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let roles = [
            resource("imm_service_role.one", &["role_name = \"one\""]),
            resource("imm_service_role.two", &["role_name = \"two\""]),
        ]
        .concat();
        update_one_by_one(
            &workspace,
            &roles,
            "imm_project.this",
            &[
                "project_name                = \"media\"",
                "service_role                = imm_service_role.one.role_name",
                "description                 = \"first\"",
                "template_id                 = \"Official:DefaultEmptyId\"",
                "project_max_dataset_count   = 10",
                "dataset_max_bind_count      = 2",
                "dataset_max_file_count      = 20",
                "dataset_max_entity_count    = 30",
                "dataset_max_relation_count  = 40",
                "dataset_max_total_file_size = 50",
                "force_destroy               = false",
                "tags                        = { team = \"a\", gone = \"soon\" }",
            ],
            &[
                (
                    "service_role = imm_service_role.two.role_name",
                    &["service_role"],
                    json!({"service_role": "two"}),
                ),
                (
                    "description = \"second\"",
                    &["description"],
                    json!({"description": "second"}),
                ),
                (
                    "template_id = \"Official:ImageManagement\"",
                    &["template_id"],
                    json!({"template_id": "Official:ImageManagement"}),
                ),
                (
                    "project_max_dataset_count = 11",
                    &["project_max_dataset_count"],
                    json!({"project_max_dataset_count": 11}),
                ),
                (
                    "dataset_max_bind_count = 3",
                    &["dataset_max_bind_count"],
                    json!({"dataset_max_bind_count": 3}),
                ),
                (
                    "dataset_max_file_count = 21",
                    &["dataset_max_file_count"],
                    json!({"dataset_max_file_count": 21}),
                ),
                (
                    "dataset_max_entity_count = 31",
                    &["dataset_max_entity_count"],
                    json!({"dataset_max_entity_count": 31}),
                ),
                (
                    "dataset_max_relation_count = 41",
                    &["dataset_max_relation_count"],
                    json!({"dataset_max_relation_count": 41}),
                ),
                (
                    // More than a double can hold exactly.
                    "dataset_max_total_file_size = 9007199254740993",
                    &["dataset_max_total_file_size"],
                    json!({"dataset_max_total_file_size": 9_007_199_254_740_993_i64}),
                ),
                (
                    "force_destroy = true",
                    &["force_destroy"],
                    json!({"force_destroy": true}),
                ),
                (
                    "tags = { team = \"b\", new = \"yes\" }",
                    &["tags", "tags_all"],
                    json!({"tags_all": {"team": "b", "new": "yes"}}),
                ),
            ],
        );
        let cloud = Sandbox::serve(&workspace.database());
        let project = &cloud.imm("GetProject", &[("ProjectName", "media")])["Project"];
        assert_eq!(project["ServiceRole"], "two");
        assert_eq!(
            project["DatasetMaxTotalFileSize"],
            9_007_199_254_740_993_i64
        );
        workspace.destroy();
        cloud.assert_empty();
    });
}

#[test]
fn names_replace() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let before = workspace.deploy(&chain());
        let renamed = chain()
            .replace("policy_name = \"media\"", "policy_name = \"media-2\"")
            .replace("project_name = \"media\"", "project_name = \"media-2\"")
            .replace("role_name = \"media\"", "role_name = \"media-2\"");
        workspace.config(&renamed);
        let plan = workspace.plan();
        plan.assert(&[
            ("imm_project.this", "delete,create"),
            ("imm_role_policy.this", "delete,create"),
            ("imm_role_policy_attachment.this", "delete,create"),
            ("imm_service_role.this", "delete,create"),
        ]);
        for (address, path) in [
            ("imm_project.this", json!([["project_name"]])),
            ("imm_role_policy.this", json!([["policy_name"]])),
            ("imm_service_role.this", json!([["role_name"]])),
        ] {
            assert_eq!(plan.change(address)["replace_paths"], path, "{address}");
        }
        let after = workspace.apply();
        assert_ne!(
            after.values("imm_service_role.this")["role_id"],
            before.values("imm_service_role.this")["role_id"]
        );
        workspace.plan().assert_no_changes();

        let cloud = Sandbox::serve(&workspace.database());
        cloud.assert_roles(&["media-2"]);
        cloud.assert_policies(&["media-2"]);
        cloud.assert_projects(&["media-2"]);
        workspace.destroy();
        cloud.assert_empty();
    });
}

#[test]
fn region_replaces_a_project() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let project = |region: &str| {
            [
                resource("imm_service_role", &["role_name = \"media\""]),
                resource(
                    "imm_project",
                    &[
                        "project_name = \"media\"",
                        "service_role = imm_service_role.this.role_name",
                        region,
                    ],
                ),
            ]
            .concat()
        };
        workspace
            .deploy(&project("region = \"cn-shanghai\""))
            .assert("imm_project.this", json!({"region": "cn-shanghai"}));
        workspace.config(&project("region = \"cn-beijing\""));
        workspace
            .plan()
            .assert(&[("imm_project.this", "delete,create")]);
        workspace
            .apply()
            .assert("imm_project.this", json!({"region": "cn-beijing"}));
        workspace.plan().assert_no_changes();
        workspace.destroy();
    });
}

#[test]
fn policy_type_replaces_an_attachment() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let attached = |lines: &[&str]| {
            let mut all = vec!["role_name = imm_service_role.this.role_name"];
            all.extend(lines);
            [
                resource("imm_service_role", &["role_name = \"media\""]),
                resource(
                    "imm_role_policy",
                    &[
                        "policy_name = \"AliyunOSSReadOnlyAccess\"",
                        &document(POLICY),
                    ],
                ),
                resource("imm_role_policy_attachment", &all),
            ]
            .concat()
        };
        let custom = ["policy_name = imm_role_policy.this.policy_name"];
        workspace.deploy(&attached(&custom)).assert(
            "imm_role_policy_attachment.this",
            json!({"policy_type": "Custom", "id": "role:AliyunOSSReadOnlyAccess:Custom:media"}),
        );
        let system = [custom[0], "policy_type = \"System\""];
        workspace.config(&attached(&system));
        workspace
            .plan()
            .assert(&[("imm_role_policy_attachment.this", "delete,create")]);
        workspace.apply().assert(
            "imm_role_policy_attachment.this",
            json!({"policy_type": "System", "id": "role:AliyunOSSReadOnlyAccess:System:media"}),
        );
        workspace.plan().assert_no_changes();
        workspace.destroy();
    });
}

#[test]
fn default_role_is_made_and_removed_or_adopted_and_left() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let default = resource("imm_default_service_role", &[]);
        workspace
            .deploy(&default)
            .assert("imm_default_service_role.this", json!({"adopted": false}));
        let cloud = Sandbox::serve(&workspace.database());
        cloud.assert_attached("AliyunIMMDefaultRole", &["AliyunIMMRolePolicy"]);

        // The other role that the console can authorize takes its place.
        workspace.config(&resource(
            "imm_default_service_role",
            &["role_name = \"AliyunIMMBatchTriggerRole\""],
        ));
        workspace
            .plan()
            .assert(&[("imm_default_service_role.this", "delete,create")]);
        workspace.apply().assert(
            "imm_default_service_role.this",
            json!({"adopted": false, "policy_name": "AliyunIMMBatchTriggerRolePolicy"}),
        );
        workspace.plan().assert_no_changes();
        workspace.destroy();
        cloud.assert_empty();

        // Authorized before, by somebody else.
        let trust = r#"{"Version":"1","Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#;
        cloud.ram(
            "CreateRole",
            &[
                ("RoleName", "AliyunIMMDefaultRole"),
                ("AssumeRolePolicyDocument", trust),
            ],
        );
        workspace
            .deploy(&default)
            .assert("imm_default_service_role.this", json!({"adopted": true}));
        cloud.assert_attached("AliyunIMMDefaultRole", &["AliyunIMMRolePolicy"]);
        let run = workspace.destroy();
        assert!(
            run.warnings()
                .iter()
                .any(|warning| format!("{warning}").contains("AliyunIMMDefaultRole")),
            "destroy should say that the role stays: {run}"
        );
        cloud.assert_roles(&["AliyunIMMDefaultRole"]);
    });
}
