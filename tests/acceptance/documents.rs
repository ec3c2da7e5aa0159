//! Policy documents: what means the same is no change, and editing never runs out of versions.

use serde_json::{Value, json};

use crate::support::hcl::{argument, document, resource};
use crate::support::{Sandbox, Workspace, with_terraform};

fn policy(json: &str) -> String {
    resource(
        "imm_role_policy",
        &["policy_name = \"media\"", &document(json)],
    )
}

#[test]
fn another_way_to_write_the_same_document_is_no_change() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.deploy(&policy(
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject","oss:ListObjects"],"Resource":["acs:oss:*:*:media","acs:oss:*:*:media/*"]},{"Effect":"Allow","Action":"mns:*","Resource":"*"}]}"#,
        ));
        for same in [
            // White space.
            "{\n\t\"Version\" : \"1\" , \"Statement\":[ {\"Effect\":\"Allow\",\r\n\"Action\":[\"oss:GetObject\",\"oss:ListObjects\"],\"Resource\":[\"acs:oss:*:*:media\",\"acs:oss:*:*:media/*\"]},{\"Effect\":\"Allow\",\"Action\":\"mns:*\",\"Resource\":\"*\"}]}\n",
            // Keys in another order.
            r#"{"Statement":[{"Resource":["acs:oss:*:*:media","acs:oss:*:*:media/*"],"Action":["oss:GetObject","oss:ListObjects"],"Effect":"Allow"},{"Resource":"*","Effect":"Allow","Action":"mns:*"}],"Version":"1"}"#,
            // Actions and resources in another order, an escape for a character.
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:ListObjects","oss:GetObject"],"Resource":["acs:oss:*:*:media/*","acs:oss:*:*:m\u0065dia"]},{"Effect":"Allow","Action":"mns:*","Resource":"*"}]}"#,
            // A list of one for a single value.
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject","oss:ListObjects"],"Resource":["acs:oss:*:*:media","acs:oss:*:*:media/*"]},{"Effect":"Allow","Action":["mns:*"],"Resource":["*"]}]}"#,
            // Statements in another order.
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"mns:*","Resource":"*"},{"Effect":"Allow","Action":["oss:GetObject","oss:ListObjects"],"Resource":["acs:oss:*:*:media","acs:oss:*:*:media/*"]}]}"#,
        ] {
            workspace.config(&policy(same));
            workspace.plan().assert_no_changes();
        }
        // jsonencode sorts keys: still the same.
        workspace.config(&resource(
            "imm_role_policy",
            &[
                "policy_name = \"media\"",
                "policy_document = jsonencode({ Version = \"1\", Statement = [",
                "  { Effect = \"Allow\", Action = [\"oss:GetObject\", \"oss:ListObjects\"], Resource = [\"acs:oss:*:*:media\", \"acs:oss:*:*:media/*\"] },",
                "  { Effect = \"Allow\", Action = \"mns:*\", Resource = \"*\" },",
                "] })",
            ],
        ));
        workspace.plan().assert_no_changes();

        // One letter that matters.
        for other in [
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject","oss:ListObjects"],"Resource":["acs:oss:*:*:media","acs:oss:*:*:Media/*"]},{"Effect":"Allow","Action":"mns:*","Resource":"*"}]}"#,
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject","oss:ListObjects"],"Resource":["acs:oss:*:*:media","acs:oss:*:*:media/*"]},{"Effect":"Deny","Action":"mns:*","Resource":"*"}]}"#,
        ] {
            workspace.config(&policy(other));
            workspace
                .plan()
                .assert(&[("imm_role_policy.this", "update")]);
        }
        let cloud = Sandbox::serve(&workspace.database());
        assert_eq!(versions(&cloud), [("v1".to_owned(), true)]);
    });
}

#[test]
fn another_way_to_write_the_same_trust_is_no_change() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let role = |json: &str| {
            resource(
                "imm_service_role",
                &[
                    "role_name = \"media\"",
                    &argument("assume_role_policy_document", json),
                ],
            )
        };
        workspace.deploy(&role(
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com","oss.aliyuncs.com"]}}]}"#,
        ));
        for same in [
            r#"{ "Statement": [ { "Principal": { "Service": [ "oss.aliyuncs.com", "imm.aliyuncs.com" ] }, "Effect": "Allow", "Action": [ "sts:AssumeRole" ] } ], "Version": "1" }"#,
            r#"{"Version":"1","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com","oss.aliyuncs.com"]}}}"#,
        ] {
            workspace.config(&role(same));
            workspace.plan().assert_no_changes();
        }
        // What the cloud gives back in another form is no drift either.
        let cloud = Sandbox::serve(&workspace.database());
        cloud.ram(
            "UpdateRole",
            &[
                ("RoleName", "media"),
                (
                    "NewAssumeRolePolicyDocument",
                    "{\n  \"Statement\": [\n    {\n      \"Principal\": {\"Service\": [\"oss.aliyuncs.com\", \"imm.aliyuncs.com\"]},\n      \"Action\": [\"sts:AssumeRole\"],\n      \"Effect\": \"Allow\"\n    }\n  ],\n  \"Version\": \"1\"\n}",
                ),
            ],
        );
        workspace.plan().assert_no_changes();
        workspace.destroy();
    });
}

#[test]
fn six_edits_rotate_old_versions_away() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let edition = |number: usize| {
            policy(&format!(
                r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:media/{number}/*"}}]}}"#
            ))
        };
        workspace
            .deploy(&edition(0))
            .assert("imm_role_policy.this", json!({"default_version": "v1"}));
        let cloud = Sandbox::serve(&workspace.database());
        for number in 1..=6 {
            workspace.config(&edition(number));
            workspace
                .plan()
                .assert(&[("imm_role_policy.this", "update")]);
            let version = format!("v{}", number + 1);
            workspace
                .apply()
                .assert("imm_role_policy.this", json!({"default_version": version}));
            workspace.plan().assert_no_changes();

            let versions = versions(&cloud);
            assert!(versions.len() <= 5, "{versions:?}");
            let defaults: Vec<_> = versions.iter().filter(|(_, default)| *default).collect();
            assert_eq!(defaults, [&(version, true)]);
        }
        let policy = cloud.ram(
            "GetPolicy",
            &[("PolicyName", "media"), ("PolicyType", "Custom")],
        );
        assert!(
            policy["DefaultPolicyVersion"]["PolicyDocument"]
                .as_str()
                .unwrap()
                .contains("media/6/")
        );
        // Five versions are no obstacle to destroy.
        workspace.destroy();
        cloud.assert_empty();
    });
}

#[test]
fn without_rotation_the_sixth_version_is_refused_and_nothing_is_lost() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let edition = |number: usize| {
            resource(
                "imm_role_policy",
                &[
                    "policy_name = \"media\"",
                    "rotate_strategy = \"None\"",
                    &document(&format!(
                        r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:media/{number}/*"}}]}}"#
                    )),
                ],
            )
        };
        for number in 1..=5 {
            workspace.config(&edition(number));
            workspace.plan();
            workspace.apply();
        }
        workspace.config(&edition(6));
        workspace
            .plan()
            .assert(&[("imm_role_policy.this", "update")]);
        let errors = workspace.apply_fails();
        assert_eq!(errors[0].address(), "imm_role_policy.this");
        assert!(
            errors[0].detail().contains("LimitExceeded.Policy.Version")
                && errors[0].detail().contains("rotate_strategy"),
            "{}",
            errors[0]
        );
        let state = workspace.state();
        state.assert("imm_role_policy.this", json!({"default_version": "v5"}));
        let kept: Value = serde_json::from_str(
            state.values("imm_role_policy.this")["policy_document"]
                .as_str()
                .unwrap(),
        )
        .unwrap();
        assert_eq!(kept["Statement"][0]["Resource"], "acs:oss:*:*:media/5/*");
        workspace.config(&edition(5));
        workspace.plan().assert_no_changes();
        workspace.destroy();
    });
}

#[test]
fn a_document_that_is_no_json_is_refused_with_its_place() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.config(
            r#"resource "imm_role_policy" "this" {
  policy_name     = "media"
  policy_document = <<-JSON
    {
      "Version": "1",
      "Statement": [
        { "Effect": "Allow" "Action": "oss:GetObject", "Resource": "*" }
      ]
    }
  JSON
}
"#,
        );
        let errors = workspace.plan_fails();
        assert_eq!(errors.len(), 1);
        let error = &errors[0];
        assert_eq!(error.address(), "imm_role_policy.this");
        assert!(error.code().contains("policy_document"), "{error}");
        assert!(
            error.detail().contains("line 4") && error.detail().contains("IMM2"),
            "{error}"
        );
    });
}

/// Versions of the policy, and which one is the default.
fn versions(cloud: &Sandbox) -> Vec<(String, bool)> {
    let list = cloud.ram(
        "ListPolicyVersions",
        &[("PolicyName", "media"), ("PolicyType", "Custom")],
    );
    list["PolicyVersions"]["PolicyVersion"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| {
            (
                version["VersionId"].as_str().unwrap().to_owned(),
                version["IsDefaultVersion"].as_bool().unwrap(),
            )
        })
        .collect()
}
