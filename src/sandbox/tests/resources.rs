//! On which resources each action is checked: every one must be allowed, and no other is asked for.

use std::collections::BTreeSet;

use crate::api::{Params, ram};
use crate::policy::catalogue;
use crate::policy::matching::arn_fields;
use crate::sandbox::{Options, Sandbox, actions};

use super::{Caller, Clock};

const ACCOUNT: &str = "1000000000000001";
const CUSTOM: &str = "PolicyName=p&PolicyType=Custom";
const SYSTEM: &str = "PolicyName=P&PolicyType=System";

/// Action, parameters, and the relative ids of its resources; `*` stands for itself and `system:` for
/// the vendor's account.
fn table() -> Vec<(&'static str, String, Vec<&'static str>)> {
    let trust = super::TRUST;
    let grant = super::GRANT;
    let row = |action, parameters: &str, resources: &[&'static str]| {
        (action, parameters.to_owned(), resources.to_vec())
    };
    let trigger = "ProjectName=p&Input={\"OSS\":{\"Bucket\":\"bucket\"}}&Actions=[{\"Name\":\"a\"}]&ServiceRole=r";
    vec![
        row(
            "ram:CreateRole",
            &format!("RoleName=R&AssumeRolePolicyDocument={trust}"),
            &["role/R"],
        ),
        row("ram:GetRole", "RoleName=R", &["role/R"]),
        row("ram:UpdateRole", "RoleName=R", &["role/R"]),
        row("ram:DeleteRole", "RoleName=R", &["role/R"]),
        row("ram:ListRoles", "", &["role/*"]),
        row("ram:ListPoliciesForRole", "RoleName=R", &["role/R"]),
        row(
            "ram:AttachPolicyToRole",
            &format!("RoleName=R&{CUSTOM}"),
            &["role/R", "policy/p"],
        ),
        row(
            "ram:DetachPolicyFromRole",
            &format!("RoleName=R&{SYSTEM}"),
            &["role/R", "system:policy/P"],
        ),
        row(
            "ram:CreatePolicy",
            &format!("PolicyName=p&PolicyDocument={grant}"),
            &["policy/p"],
        ),
        row("ram:GetPolicy", SYSTEM, &["system:policy/P"]),
        row(
            "ram:UpdatePolicyDescription",
            "PolicyName=p&NewDescription=d",
            &["policy/p"],
        ),
        row("ram:DeletePolicy", "PolicyName=p", &["policy/p"]),
        row("ram:ListPolicies", "", &["policy/*"]),
        row("ram:ListEntitiesForPolicy", SYSTEM, &["system:policy/P"]),
        row(
            "ram:CreatePolicyVersion",
            &format!("PolicyName=p&PolicyDocument={grant}"),
            &["policy/p"],
        ),
        row(
            "ram:GetPolicyVersion",
            &format!("{CUSTOM}&VersionId=v1"),
            &["policy/p"],
        ),
        row("ram:ListPolicyVersions", SYSTEM, &["system:policy/P"]),
        row(
            "ram:DeletePolicyVersion",
            "PolicyName=p&VersionId=v1",
            &["policy/p"],
        ),
        row(
            "ram:SetDefaultPolicyVersion",
            "PolicyName=p&VersionId=v1",
            &["policy/p"],
        ),
        row("ram:CreateUser", "UserName=u", &["user/u"]),
        row("ram:GetUser", "UserName=u", &["user/u"]),
        row("ram:UpdateUser", "UserName=u", &["user/u"]),
        row("ram:DeleteUser", "UserName=u", &["user/u"]),
        row("ram:ListUsers", "", &["user/*"]),
        row("ram:GetLoginProfile", "UserName=u", &["user/u"]),
        row("ram:DeleteLoginProfile", "UserName=u", &["user/u"]),
        row("ram:UnbindMFADevice", "UserName=u", &["user/u"]),
        row("ram:ListPoliciesForUser", "UserName=u", &["user/u"]),
        row("ram:ListGroupsForUser", "UserName=u", &["user/u"]),
        row(
            "ram:AttachPolicyToUser",
            &format!("UserName=u&{SYSTEM}"),
            &["user/u", "system:policy/P"],
        ),
        row(
            "ram:DetachPolicyFromUser",
            &format!("UserName=u&{CUSTOM}"),
            &["user/u", "policy/p"],
        ),
        row("ram:CreateAccessKey", "UserName=u", &["user/u"]),
        row(
            "ram:UpdateAccessKey",
            "UserName=u&UserAccessKeyId=k&Status=Active",
            &["user/u"],
        ),
        row(
            "ram:DeleteAccessKey",
            "UserName=u&UserAccessKeyId=k",
            &["user/u"],
        ),
        // Without a name the caller's own keys are meant.
        row("ram:ListAccessKeys", "", &["user/Caller"]),
        row("ram:CreateGroup", "GroupName=g", &["group/g"]),
        row("ram:GetGroup", "GroupName=g", &["group/g"]),
        row("ram:UpdateGroup", "GroupName=g", &["group/g"]),
        row("ram:DeleteGroup", "GroupName=g", &["group/g"]),
        row("ram:ListGroups", "", &["group/*"]),
        row("ram:ListUsersForGroup", "GroupName=g", &["group/g"]),
        row("ram:ListPoliciesForGroup", "GroupName=g", &["group/g"]),
        row(
            "ram:AddUserToGroup",
            "UserName=u&GroupName=g",
            &["user/u", "group/g"],
        ),
        row(
            "ram:RemoveUserFromGroup",
            "UserName=u&GroupName=g",
            &["user/u", "group/g"],
        ),
        row(
            "ram:AttachPolicyToGroup",
            &format!("GroupName=g&{CUSTOM}"),
            &["group/g", "policy/p"],
        ),
        row(
            "ram:DetachPolicyFromGroup",
            &format!("GroupName=g&{SYSTEM}"),
            &["group/g", "system:policy/P"],
        ),
        row(
            "ram:TagResources",
            "ResourceType=role&ResourceNames=[\"a\",\"b\"]&Tag=[{\"Key\":\"k\",\"Value\":\"v\"}]",
            &["role/a", "role/b"],
        ),
        row(
            "ram:UntagResources",
            "ResourceType=policy&ResourceNames=[\"p\"]&All=true",
            &["policy/p"],
        ),
        row("ram:ListTagResources", "ResourceType=role", &["role/*"]),
        row(
            "sts:AssumeRole",
            &format!("RoleArn=acs:ram::{ACCOUNT}:role/none&RoleSessionName=session"),
            &["role/none"],
        ),
        row("imm:CreateProject", "ProjectName=p", &["project/p"]),
        row("imm:GetProject", "ProjectName=p", &["project/p"]),
        row("imm:UpdateProject", "ProjectName=p", &["project/p"]),
        row("imm:DeleteProject", "ProjectName=p", &["project/p"]),
        row("imm:ListProjects", "", &["*"]),
        row(
            "imm:AttachOSSBucket",
            "ProjectName=p&OSSBucket=bucket",
            &["project/p"],
        ),
        row("imm:DetachOSSBucket", "OSSBucket=bucket", &["*"]),
        row("imm:GetOSSBucketAttachment", "OSSBucket=bucket", &["*"]),
        row(
            "imm:ListAttachedOSSBuckets",
            "ProjectName=p",
            &["project/p"],
        ),
        row(
            "imm:CreateDataset",
            "ProjectName=p&DatasetName=d",
            &["project/p/dataset/d"],
        ),
        row(
            "imm:GetDataset",
            "ProjectName=p&DatasetName=d",
            &["project/p/dataset/d"],
        ),
        row(
            "imm:DeleteDataset",
            "ProjectName=p&DatasetName=d",
            &["project/p/dataset/d"],
        ),
        row("imm:ListDatasets", "ProjectName=p", &["project/p"]),
        row(
            "imm:CreateBinding",
            "ProjectName=p&DatasetName=d&URI=oss://bucket",
            &["project/p/dataset/d"],
        ),
        row(
            "imm:GetBinding",
            "ProjectName=p&DatasetName=d&URI=oss://bucket",
            &["project/p/dataset/d"],
        ),
        row(
            "imm:DeleteBinding",
            "ProjectName=p&DatasetName=d&URI=oss://bucket",
            &["project/p/dataset/d"],
        ),
        row(
            "imm:ListBindings",
            "ProjectName=p&DatasetName=d",
            &["project/p/dataset/d"],
        ),
        row("imm:CreateTrigger", trigger, &["project/p/trigger/*"]),
        row(
            "imm:GetTrigger",
            "ProjectName=p&Id=i",
            &["project/p/trigger/*"],
        ),
        row("imm:ListTriggers", "ProjectName=p", &["project/p"]),
        row(
            "imm:SuspendTrigger",
            "ProjectName=p&Id=i",
            &["project/p/trigger/*"],
        ),
        row(
            "imm:ResumeTrigger",
            "ProjectName=p&Id=i",
            &["project/p/trigger/*"],
        ),
        row(
            "imm:DeleteTrigger",
            "ProjectName=p&Id=i",
            &["project/p/trigger/*"],
        ),
        row("imm:CreateBatch", trigger, &["project/p/batch/*"]),
        row("imm:GetBatch", "ProjectName=p&Id=i", &["project/p/batch/*"]),
        row("imm:ListBatches", "ProjectName=p", &["project/p"]),
        row(
            "imm:SuspendBatch",
            "ProjectName=p&Id=i",
            &["project/p/batch/*"],
        ),
        row(
            "imm:ResumeBatch",
            "ProjectName=p&Id=i",
            &["project/p/batch/*"],
        ),
        row(
            "imm:DeleteBatch",
            "ProjectName=p&Id=i",
            &["project/p/batch/*"],
        ),
    ]
}

fn arn(service: &str, id: &str) -> String {
    match (service, id.strip_prefix("system:")) {
        (_, Some(id)) => format!("acs:ram::system:{id}"),
        _ if id == "*" => id.to_owned(),
        ("imm", _) => format!("acs:imm:cn-hangzhou:{ACCOUNT}:{id}"),
        _ => format!("acs:ram::{ACCOUNT}:{id}"),
    }
}

async fn set(root: &Caller, document: String) {
    root.call(ram::CreatePolicyVersion {
        policy_name: "rights".into(),
        policy_document: document,
        set_as_default: Some(true),
        rotate_strategy: Some(ram::ROTATE.into()),
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn every_action_is_checked_on_each_of_its_resources() {
    let options = Options {
        account_id: Some(ACCOUNT.into()),
        ..Options::default()
    };
    let sandbox = Sandbox::in_memory(options, Clock::new().host())
        .await
        .unwrap();
    let root = Caller::root(&sandbox);
    let caller = root.user("Caller").await;
    let nothing = r#"{"Version":"1","Statement":[]}"#;
    root.grant("Caller", "rights", nothing).await;

    let mut driven = BTreeSet::new();
    for (action, parameters, ids) in table() {
        let (code, name) = action.split_once(':').unwrap();
        let (service, _) = actions()
            .find(|(service, served)| service.code() == code && *served == name)
            .unwrap_or_else(|| panic!("{action} is not served"));
        driven.insert((service, name));
        let mut params = Params::new();
        for pair in parameters.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap();
            params.push(name, value);
        }
        let resources: Vec<String> = ids.iter().map(|id| arn(code, id)).collect();
        // Nothing allowed, then all but one, then all. Nothing else of the service helps.
        for missing in &resources {
            let others = resources.iter().filter(|resource| *resource != missing);
            let mut patterns: Vec<&str> = others.map(String::as_str).collect();
            patterns.extend(["acs:ram:*:*:other/*", "acs:imm:*:*:other/*"]);
            set(
                &root,
                serde_json::json!({"Version": "1", "Statement": [
                    {"Effect": "Allow", "Action": action, "Resource": patterns},
                    {"Effect": "Allow", "NotAction": action, "Resource": "*"},
                ]})
                .to_string(),
            )
            .await;
            let (status, document) = caller
                .refusal(caller.sign_raw(service, name, &params, None))
                .await;
            let expected = if code == "imm" {
                "AccessDenied"
            } else {
                "NoPermission"
            };
            assert_eq!(
                (status, document.code.as_str()),
                (403, expected),
                "{action}: {}",
                document.message
            );
            let detail = document.access_denied_detail.unwrap();
            assert_eq!(detail.auth_action, action);
            let told = format!("{} ", document.message);
            assert!(told.contains(&format!(" {missing} ")), "{action}: {told}");
        }
        set(
            &root,
            serde_json::json!({"Version": "1", "Statement": [
                {"Effect": "Allow", "Action": action, "Resource": resources},
            ]})
            .to_string(),
        )
        .await;
        let reply = caller
            .reply(caller.sign_raw(service, name, &params, None))
            .await
            .unwrap();
        if reply.status != 200 {
            let document = crate::api::ErrorDocument::parse(&reply.body).unwrap();
            let denied = document.access_denied_detail.unwrap_or_default();
            assert_ne!(denied.auth_action, action, "{action}: {}", document.message);
        }

        // The catalogue, from which plans are judged, says the same.
        let known =
            catalogue::lookup(code, name).unwrap_or_else(|| panic!("{action} is not known"));
        if known.level_is_known() {
            assert_eq!(resources == ["*"], known.is_service_wide(), "{action}");
            assert_eq!(resources.len(), known.level.split('+').count(), "{action}");
            for [_, service, _, _, id] in resources.iter().filter_map(|arn| arn_fields(arn)) {
                assert!(known.may_act_on(service, id), "{action} on {id}");
            }
        }
    }
    let free = ["AssumeRoleWithOIDC", "GetCallerIdentity"];
    let left: Vec<_> = actions()
        .filter(|(service, name)| !driven.contains(&(*service, *name)) && !free.contains(name))
        .collect();
    assert_eq!(left, [], "these are not in the table");
}
