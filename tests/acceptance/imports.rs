//! What exists already comes under Terraform's care, and is then planned as no change.

use crate::support::hcl::{POLICY, chain, document, resource};
use crate::support::{Workspace, with_terraform};

#[test]
fn each_resource_is_imported_without_a_change() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let configuration = format!(
            "{}{}{}{}",
            chain(),
            resource("imm_default_service_role", &[]),
            resource(
                "imm_service_role.full",
                &[
                    "role_name            = \"full\"",
                    "description          = \"all of it\"",
                    "max_session_duration = 7200",
                    "trusted_services     = [\"imm.aliyuncs.com\", \"oss.aliyuncs.com\"]",
                    "tags                 = { a = \"1\", b = \"2\" }",
                ],
            ),
            resource(
                "imm_project.elsewhere",
                &[
                    "project_name               = \"media\"",
                    "region                     = \"cn-shanghai\"",
                    "service_role               = imm_service_role.full.role_name",
                    "description                = \"all of it\"",
                    "template_id                = \"Official:ImageManagement\"",
                    "project_max_dataset_count  = 7",
                    "dataset_max_relation_count = 8",
                    "tags                       = { a = \"1\" }",
                ],
            ),
        );
        workspace.deploy(&configuration);
        for (address, id) in [
            ("imm_service_role.this", "media"),
            ("imm_service_role.full", "full"),
            ("imm_role_policy.this", "media"),
            ("imm_role_policy_attachment.this", "role:media:Custom:media"),
            ("imm_default_service_role.this", "AliyunIMMDefaultRole"),
            ("imm_project.this", "media"),
            ("imm_project.elsewhere", "cn-shanghai:media"),
        ] {
            let before = workspace.state();
            workspace.forget(address);
            let after = workspace.import(address, id);
            assert_eq!(
                after.values(address)["id"],
                before.values(address)["id"],
                "{address}"
            );
            workspace.plan().assert_no_changes();
        }
    });
}

#[test]
fn import_blocks_work_too() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.deploy(&chain());
        workspace.ok(&[
            "state",
            "rm",
            "imm_role_policy_attachment.this",
            "imm_role_policy.this",
        ]);
        workspace.write(
            "import.tf",
            r#"import {
  to = imm_role_policy.this
  id = "media"
}

import {
  to = imm_role_policy_attachment.this
  id = "role:media:Custom:media"
}
"#,
        );
        let plan = workspace.plan();
        plan.assert(&[]);
        assert_eq!(
            plan.change("imm_role_policy.this")["importing"]["id"],
            "media"
        );
        workspace.apply();
        workspace.plan().assert_no_changes();
        workspace.destroy();
    });
}

#[test]
fn a_malformed_or_unknown_id_is_an_error() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.config(&chain());
        for (address, id, says) in [
            // The form is wrong: the error shows the right one.
            ("imm_role_policy_attachment.this", "media", "role:"),
            ("imm_project.this", "no/project", "no/project"),
            // Nothing is there: Terraform says so itself.
            (
                "imm_service_role.this",
                "nobody",
                "non-existent remote object",
            ),
            ("imm_project.this", "nothing", "non-existent remote object"),
            (
                "imm_role_policy_attachment.this",
                "role:nothing:Custom:nobody",
                "non-existent remote object",
            ),
        ] {
            let run = workspace.run(&["import", "-input=false", "-no-color", address, id]);
            assert_eq!(run.status.code(), Some(1), "{run}");
            assert!(run.stderr.contains(says), "{run}");
        }
        assert_eq!(workspace.state().managed(), Vec::<String>::new());
    });
}

#[test]
fn import_tells_a_custom_from_a_system_policy() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.config(&resource(
            "imm_role_policy",
            &["policy_name = \"AliyunOSSFullAccess\"", &document(POLICY)],
        ));
        // A system policy cannot be managed, so it cannot be imported either.
        let run = workspace.run(&[
            "import",
            "-input=false",
            "-no-color",
            "imm_role_policy.this",
            "AliyunOSSFullAccess",
        ]);
        assert_eq!(run.status.code(), Some(1), "{run}");
        assert!(run.stderr.contains("imm_role_policy.this"), "{run}");
        assert_eq!(workspace.state().managed(), Vec::<String>::new());
    });
}
