//! What changes behind Terraform's back is seen, and put right.

use serde_json::json;

use crate::support::hcl::{chain, resource};
use crate::support::{Sandbox, Workspace, with_terraform};

/// A changed trust document, as JSON: IMM is not trusted any more.
const OTHER_TRUST: &str = r#"{"Version":"1","Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":["oss.aliyuncs.com"]}}]}"#;
const OTHER_POLICY: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

#[test]
fn changes_are_repaired() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let configuration = chain()
            .replace(
                "role_name = \"media\"",
                "role_name = \"media\"\n  tags = { team = \"a\" }",
            )
            .replace(
                "project_name = \"media\"",
                "project_name = \"media\"\n  description = \"ours\"",
            );
        workspace.deploy(&configuration);
        let cloud = Sandbox::serve(&workspace.database());

        cloud.ram(
            "UpdateRole",
            &[
                ("RoleName", "media"),
                ("NewAssumeRolePolicyDocument", OTHER_TRUST),
                ("NewDescription", "theirs"),
                ("NewMaxSessionDuration", "43200"),
            ],
        );
        cloud.ram(
            "TagResources",
            &[
                ("ResourceType", "role"),
                ("ResourceNames", r#"["media"]"#),
                ("Tag", r#"[{"Key":"team","Value":"b"}]"#),
            ],
        );
        cloud.ram(
            "CreatePolicyVersion",
            &[
                ("PolicyName", "media"),
                ("PolicyDocument", OTHER_POLICY),
                ("SetAsDefault", "true"),
            ],
        );
        cloud.imm(
            "UpdateProject",
            &[
                ("ProjectName", "media"),
                ("Description", "theirs"),
                ("DatasetMaxBindCount", "1"),
            ],
        );

        let plan = workspace.plan();
        let changed = [
            ("imm_project.this", "update"),
            ("imm_role_policy.this", "update"),
            ("imm_service_role.this", "update"),
        ];
        plan.assert_drift(&changed);
        plan.assert(&changed);
        workspace.apply();
        workspace.plan().assert_no_changes();

        let role = &cloud.ram("GetRole", &[("RoleName", "media")])["Role"];
        assert!(
            role["AssumeRolePolicyDocument"]
                .as_str()
                .unwrap()
                .contains("imm.aliyuncs.com")
        );
        assert_eq!(role["MaxSessionDuration"], 3600);
        let tags = cloud.ram(
            "ListTagResources",
            &[("ResourceType", "role"), ("ResourceNames", r#"["media"]"#)],
        );
        assert_eq!(tags["TagResources"][0]["TagValue"], "a");
        let project = &cloud.imm("GetProject", &[("ProjectName", "media")])["Project"];
        assert_eq!(project["Description"], "ours");
        assert_eq!(project["DatasetMaxBindCount"], 10);
        workspace.destroy();
    });
}

#[test]
fn objects_that_are_gone_are_made_again() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let configuration = format!("{}{}", chain(), resource("imm_default_service_role", &[]));
        workspace.deploy(&configuration);
        let cloud = Sandbox::serve(&workspace.database());
        cloud.imm("DeleteProject", &[("ProjectName", "media")]);
        for (policy, of, role) in [
            ("media", "Custom", "media"),
            ("AliyunIMMRolePolicy", "System", "AliyunIMMDefaultRole"),
        ] {
            cloud.ram(
                "DetachPolicyFromRole",
                &[
                    ("PolicyName", policy),
                    ("PolicyType", of),
                    ("RoleName", role),
                ],
            );
            cloud.ram("DeleteRole", &[("RoleName", role)]);
        }
        cloud.ram("DeletePolicy", &[("PolicyName", "media")]);

        let plan = workspace.plan();
        plan.assert(&[
            ("imm_default_service_role.this", "create"),
            ("imm_project.this", "create"),
            ("imm_role_policy.this", "create"),
            ("imm_role_policy_attachment.this", "create"),
            ("imm_service_role.this", "create"),
        ]);
        plan.assert_drift(&[
            ("imm_default_service_role.this", "delete"),
            ("imm_project.this", "delete"),
            ("imm_role_policy.this", "delete"),
            ("imm_role_policy_attachment.this", "delete"),
            ("imm_service_role.this", "delete"),
        ]);
        workspace.apply();
        workspace.plan().assert_no_changes();
        workspace.destroy();
        cloud.assert_empty();
    });
}

#[test]
fn a_detached_policy_is_attached_again() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.deploy(&chain());
        let cloud = Sandbox::serve(&workspace.database());
        cloud.ram(
            "DetachPolicyFromRole",
            &[
                ("PolicyName", "media"),
                ("PolicyType", "Custom"),
                ("RoleName", "media"),
            ],
        );
        workspace
            .plan()
            .assert(&[("imm_role_policy_attachment.this", "create")]);
        workspace.apply();
        workspace.plan().assert_no_changes();
        cloud.assert_attached("media", &["media"]);
        workspace.destroy();
    });
}

#[test]
fn objects_that_are_gone_are_no_obstacle_to_destroy() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.deploy(&chain());
        let cloud = Sandbox::serve(&workspace.database());
        // Planned while all of it exists, carried out when half of it is gone.
        let plan = workspace.plan_with(&["-destroy"]);
        plan.assert(&[
            ("imm_project.this", "delete"),
            ("imm_role_policy.this", "delete"),
            ("imm_role_policy_attachment.this", "delete"),
            ("imm_service_role.this", "delete"),
        ]);
        cloud.imm("DeleteProject", &[("ProjectName", "media")]);
        cloud.ram(
            "DetachPolicyFromRole",
            &[
                ("PolicyName", "media"),
                ("PolicyType", "Custom"),
                ("RoleName", "media"),
            ],
        );
        cloud.ram("DeleteRole", &[("RoleName", "media")]);
        assert_eq!(workspace.apply().managed(), Vec::<String>::new());
        cloud.assert_empty();
    });
}

#[test]
fn refresh_only_takes_drift_into_the_state() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.deploy(&chain());
        let cloud = Sandbox::serve(&workspace.database());
        cloud.ram(
            "UpdateRole",
            &[("RoleName", "media"), ("NewMaxSessionDuration", "7200")],
        );
        cloud.imm("DeleteProject", &[("ProjectName", "media")]);

        let plan = workspace.plan_with(&["-refresh-only"]);
        assert_eq!(plan.actions(), std::collections::BTreeMap::new());
        plan.assert_drift(&[
            ("imm_project.this", "delete"),
            ("imm_service_role.this", "update"),
        ]);
        let state = workspace.apply();
        state.assert(
            "imm_service_role.this",
            json!({"max_session_duration": 7200}),
        );
        assert!(!state.managed().contains(&"imm_project.this".to_owned()));
        // Nothing was written in the cloud.
        cloud.assert_projects(&[]);

        let plan = workspace.plan();
        plan.assert(&[
            ("imm_project.this", "create"),
            ("imm_service_role.this", "update"),
        ]);
        plan.assert_drift(&[]);
        workspace.apply();
        workspace.plan().assert_no_changes();
        workspace.destroy();
    });
}

#[test]
fn somebody_else_in_the_trust_policy_is_taken_out() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.deploy(&resource("imm_service_role", &["role_name = \"media\""]));
        let cloud = Sandbox::serve(&workspace.database());
        let other = format!(
            r#"{{"Version":"1","Statement":[{{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{{"Service":["imm.aliyuncs.com"],"RAM":["acs:ram::{}:root"]}}}}]}}"#,
            cloud.account_id
        );
        // The services stay what they were; the document does not.
        cloud.ram(
            "UpdateRole",
            &[
                ("RoleName", "media"),
                ("NewAssumeRolePolicyDocument", &other),
            ],
        );
        workspace
            .plan()
            .assert(&[("imm_service_role.this", "update")]);
        workspace.apply().assert(
            "imm_service_role.this",
            json!({"trusted_services": ["imm.aliyuncs.com"]}),
        );
        workspace.plan().assert_no_changes();
    });
}

#[test]
fn a_default_role_that_somebody_made_anew_is_left_on_destroy() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.deploy(&resource("imm_default_service_role", &[]));
        let cloud = Sandbox::serve(&workspace.database());
        let attachment = [
            ("RoleName", "AliyunIMMDefaultRole"),
            ("PolicyName", "AliyunIMMRolePolicy"),
            ("PolicyType", "System"),
        ];
        cloud.ram("DetachPolicyFromRole", &attachment);
        cloud.ram("DeleteRole", &[("RoleName", "AliyunIMMDefaultRole")]);
        let trust = OTHER_TRUST.replace("oss.", "imm.");
        cloud.ram(
            "CreateRole",
            &[
                ("RoleName", "AliyunIMMDefaultRole"),
                ("AssumeRolePolicyDocument", &trust),
            ],
        );
        cloud.ram("AttachPolicyToRole", &attachment);
        workspace.plan();
        workspace.apply();
        workspace.destroy();
        cloud.assert_roles(&["AliyunIMMDefaultRole"]);
    });
}

#[test]
fn a_default_role_replaced_by_itself_stays() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.deploy(&resource(
            "imm_default_service_role",
            &["lifecycle {\n    create_before_destroy = true\n  }"],
        ));
        workspace.plan_with(&["-replace=imm_default_service_role.this"]);
        workspace.apply();
        Sandbox::serve(&workspace.database()).assert_roles(&["AliyunIMMDefaultRole"]);
    });
}
