//! The set-up of the quickstart, installed with a real `terraform init`, from nothing to nothing.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::terraform::{DEFAULT, WHEELS};
use crate::support::{Install, Sandbox, Workspace, over_versions};

#[test]
fn from_init_to_destroy_on_every_version() {
    let (oldest, newest) = (WHEELS[0].0, WHEELS[WHEELS.len() - 1].0);
    over_versions(&[oldest, DEFAULT, newest], |terraform| {
        let workspace = Workspace::installed(terraform, Install::Mirror);
        workspace.write("required.tf", "");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
        for entry in fs::read_dir(source).unwrap() {
            let file = entry.unwrap().path();
            let name = file.file_name().unwrap().to_str().unwrap();
            workspace.write(name, &fs::read_to_string(&file).unwrap());
        }

        workspace.init();
        let lock = fs::read_to_string(workspace.folder().join(".terraform.lock.hcl")).unwrap();
        assert!(
            lock.contains("provider \"registry.terraform.io/imm-rs/imm\"")
                && lock.contains(concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"")),
            "{lock}"
        );
        workspace.ok(&["validate"]);

        let plan = workspace.plan();
        plan.assert(&[
            ("imm_default_service_role.this", "create"),
            ("imm_project.default", "create"),
            ("imm_project.my_bucket", "create"),
            ("imm_role_policy.my_bucket", "create"),
            ("imm_role_policy_attachment.my_bucket", "create"),
            ("imm_service_role.my_bucket", "create"),
        ]);
        let state = workspace.apply();
        state.assert(
            "imm_service_role.my_bucket",
            json!({
                "id": "TestIMMRoleOSSMyBucketAccess",
                "role_name": "TestIMMRoleOSSMyBucketAccess",
                "description": "Allow access to a specific bucket",
                "trusted_services": ["imm.aliyuncs.com"],
            }),
        );
        state.assert(
            "imm_role_policy.my_bucket",
            json!({
                "id": "TestIMMPolicyOSSMyBucketAccess",
                "policy_type": "Custom",
                "default_version": "v1",
            }),
        );
        state.assert(
            "imm_role_policy_attachment.my_bucket",
            json!({
                "id": "role:TestIMMPolicyOSSMyBucketAccess:Custom:TestIMMRoleOSSMyBucketAccess",
                "policy_type": "Custom",
            }),
        );
        state.assert(
            "imm_default_service_role.this",
            json!({
                "id": "AliyunIMMDefaultRole",
                "role_name": "AliyunIMMDefaultRole",
                "policy_name": "AliyunIMMRolePolicy",
                "adopted": false,
            }),
        );
        state.assert(
            "imm_project.my_bucket",
            json!({
                "project_name": "test-project",
                "service_role": "TestIMMRoleOSSMyBucketAccess",
                "region": "cn-hangzhou",
            }),
        );
        state.assert(
            "imm_project.default",
            json!({"service_role": "AliyunIMMDefaultRole"}),
        );

        workspace.plan().assert_no_changes();
        workspace.plan_with(&["-refresh-only"]).assert_as_it_was();

        let cloud = Sandbox::serve(&workspace.database());
        assert_eq!(state.output("account_id"), cloud.account_id.as_str());
        assert_eq!(state.output("default_role_adopted"), false);
        cloud.assert_roles(&["AliyunIMMDefaultRole", "TestIMMRoleOSSMyBucketAccess"]);
        cloud.assert_policies(&["TestIMMPolicyOSSMyBucketAccess"]);
        cloud.assert_projects(&["default-role-project", "test-project"]);

        workspace.destroy();
        cloud.assert_empty();
    });
}
