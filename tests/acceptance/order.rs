//! The order in which objects come and go.

use serde_json::json;

use crate::support::hcl::chain;
use crate::support::{Proxy, Sandbox, Workspace, with_terraform};

#[test]
fn users_of_an_object_go_before_it() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        let cloud = Sandbox::serve(&workspace.database());
        let proxy = Proxy::new(&cloud.url);
        workspace.use_server(&proxy.url(), &cloud.access_key_id, &cloud.access_key_secret);
        workspace.deploy(&chain());
        proxy.forget();
        workspace.destroy();
        let seen = proxy.seen();
        let at = |action: &str| {
            let places: Vec<_> = (0..seen.len()).filter(|i| seen[*i] == action).collect();
            assert_eq!(places.len(), 1, "{action} in {seen:?}");
            places[0]
        };
        assert!(at("DeleteProject") < at("DetachPolicyFromRole"), "{seen:?}");
        assert!(at("DetachPolicyFromRole") < at("DeletePolicy"), "{seen:?}");
        assert!(at("DetachPolicyFromRole") < at("DeleteRole"), "{seen:?}");
        cloud.assert_empty();
    });
}

#[test]
fn create_before_destroy() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let first_created = |hcl: &str| {
            hcl.replace(
                "}\n\n",
                "  lifecycle {\n    create_before_destroy = true\n  }\n}\n\n",
            )
        };
        workspace.deploy(&first_created(&chain()));
        let renamed = chain()
            .replace("policy_name = \"media\"", "policy_name = \"media-2\"")
            .replace("role_name = \"media\"", "role_name = \"media-2\"");
        workspace.config(&first_created(&renamed));
        workspace.plan().assert(&[
            ("imm_project.this", "update"),
            ("imm_role_policy.this", "create,delete"),
            ("imm_role_policy_attachment.this", "create,delete"),
            ("imm_service_role.this", "create,delete"),
        ]);
        let state = workspace.apply();
        state.assert("imm_project.this", json!({"service_role": "media-2"}));
        workspace.plan().assert_no_changes();
        let cloud = Sandbox::serve(&workspace.database());
        cloud.assert_roles(&["media-2"]);
        cloud.assert_policies(&["media-2"]);
        cloud.assert_attached("media-2", &["media-2"]);
        workspace.destroy();
        cloud.assert_empty();
    });
}

#[test]
fn many_objects_at_once() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let hcl = chain()
            .replace(
                "  role_name = \"media\"",
                "  count = 12\n  role_name = \"media-${count.index}\"",
            )
            .replace(
                "  policy_name = \"media\"",
                "  count = 12\n  policy_name = \"media-${count.index}\"",
            )
            .replace(
                "  policy_name = imm_role_policy.this.",
                "  count = 12\n  policy_name = imm_role_policy.this[count.index].",
            )
            .replace(
                "  project_name = \"media\"",
                "  count = 12\n  project_name = \"media-${count.index}\"",
            )
            .replace(
                "imm_service_role.this.",
                "imm_service_role.this[count.index].",
            );
        let state = workspace.deploy(&hcl);
        assert_eq!(state.managed().len(), 48);
        workspace.destroy();
        Sandbox::serve(&workspace.database()).assert_empty();
    });
}
