//! Data sources.

use serde_json::{Value, json};

use crate::support::hcl::{chain, data};
use crate::support::{Sandbox, Workspace, with_terraform};

#[test]
fn what_terraform_made_is_read_back() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let made = chain().replace(
            "role_name = \"media\"",
            "role_name = \"media\"\n  description = \"ours\"\n  tags = { team = \"a\" }",
        );
        let state = workspace.deploy(&made);
        let reading = [
            made.as_str(),
            &data("imm_service_role", &["role_name = \"media\""]),
            &data(
                "imm_role_policy",
                &["policy_name = imm_role_policy.this.policy_name"],
            ),
            &data(
                "imm_role_policy.system",
                &[
                    "policy_name = \"AliyunOSSReadOnlyAccess\"",
                    "policy_type = \"System\"",
                ],
            ),
            &data(
                "imm_project",
                &["project_name = imm_project.this.project_name"],
            ),
            &data("imm_projects", &["depends_on = [imm_project.this]"]),
        ]
        .concat();
        let read = workspace.deploy(&reading);
        let role = state.values("imm_service_role.this");
        read.assert(
            "data.imm_service_role.this",
            json!({
                "arn": role["arn"],
                "role_id": role["role_id"],
                "description": "ours",
                "create_time": role["create_time"],
            }),
        );
        read.assert(
            "data.imm_role_policy.this",
            json!({"policy_type": "Custom", "default_version": "v1"}),
        );
        let document: Value = serde_json::from_str(
            read.values("data.imm_role_policy.system")["policy_document"]
                .as_str()
                .unwrap(),
        )
        .unwrap();
        assert_eq!(document["Version"], "1");
        read.assert(
            "data.imm_project.this",
            json!({"service_role": "media", "dataset_max_bind_count": 10}),
        );
        let projects = read.values("data.imm_projects.this");
        assert!(format!("{projects}").contains("\"media\""), "{projects:#}");
        workspace.destroy();
    });
}

#[test]
fn what_does_not_exist_is_an_error() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        for (kind, argument, code) in [
            ("imm_service_role", "role_name", "EntityNotExist.Role"),
            ("imm_role_policy", "policy_name", "EntityNotExist.Policy"),
            ("imm_project", "project_name", "ResourceNotFound"),
        ] {
            workspace.config(&data(kind, &[&format!("{argument} = \"nothing\"")]));
            let errors = workspace.plan_fails();
            assert_eq!(errors.len(), 1, "{errors:?}");
            assert_eq!(errors[0].address(), format!("data.{kind}.this"));
            let said = format!("{}", errors[0]);
            assert!(said.contains("nothing") && said.contains(code), "{said}");
        }
    });
}

#[test]
fn a_policy_document_from_blocks() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let state = workspace.deploy(
            r#"data "imm_policy_document" "base" {
  statement {
    effect   = "Allow"
    action   = ["mns:*"]
    resource = ["*"]
  }
}

data "imm_policy_document" "this" {
  source_policy_documents = [data.imm_policy_document.base.json]

  statement {
    effect   = "Allow"
    action   = ["oss:GetObject", "oss:ListObjects"]
    resource = ["acs:oss:*:*:media", "acs:oss:*:*:media/*"]
  }

  statement {
    effect   = "Allow"
    action   = ["ram:PassRole"]
    resource = ["*"]

    condition {
      operator = "StringEquals"
      variable = "acs:Service"
      values   = ["imm.aliyuncs.com"]
    }
  }
}

data "imm_policy_document" "trust" {
  statement {
    effect = "Allow"
    action = ["sts:AssumeRole"]

    principal {
      entity      = "Service"
      identifiers = ["imm.aliyuncs.com"]
    }
  }
}

resource "imm_service_role" "this" {
  role_name                   = "media"
  assume_role_policy_document = data.imm_policy_document.trust.json
}

resource "imm_role_policy" "this" {
  policy_name     = "media"
  policy_document = data.imm_policy_document.this.json
}

output "document" {
  value = data.imm_policy_document.this.json
}
"#,
        );
        let document: Value =
            serde_json::from_str(state.output("document").as_str().unwrap()).unwrap();
        assert_eq!(document["Version"], "1");
        assert_eq!(document["Statement"].as_array().unwrap().len(), 3);
        assert_eq!(
            document["Statement"][2]["Condition"],
            json!({"StringEquals": {"acs:Service": "imm.aliyuncs.com"}})
        );
        state.assert(
            "imm_service_role.this",
            json!({"trusted_services": ["imm.aliyuncs.com"]}),
        );
        let cloud = Sandbox::serve(&workspace.database());
        cloud.assert_policies(&["media"]);
        workspace.destroy();
        cloud.assert_empty();
    });
}
