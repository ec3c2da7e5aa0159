//! The roles of projects, and the switches of every check.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::api::{ErrorDocument, imm, ram, sts};
use crate::host::Host;
use crate::sandbox::{Check, Options, Sandbox};

use super::{Caller, Clock, allow, code, memory, role, trust, usual_role};

const IMM_ACCESS: &str = r#"{"Version":"1","Statement":[
    {"Effect":"Allow","Action":"imm:*","Resource":"*"},
    {"Effect":"Allow","Action":"ram:PassRole","Resource":"*",
     "Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}]}"#;

fn create(project: &str, role: &str) -> imm::CreateProject {
    imm::CreateProject {
        project_name: project.into(),
        service_role: Some(role.into()),
        ..Default::default()
    }
}

fn update(project: &str, role: Option<&str>) -> imm::UpdateProject {
    imm::UpdateProject {
        project_name: project.into(),
        service_role: role.map(Into::into),
        ..Default::default()
    }
}

async fn give(root: &Caller, role: &str, policy: &str, document: &str) {
    root.call(ram::CreatePolicy {
        policy_name: policy.into(),
        policy_document: document.into(),
        ..Default::default()
    })
    .await
    .unwrap();
    root.call(ram::AttachPolicyToRole {
        policy_name: policy.into(),
        policy_type: "Custom".into(),
        role_name: role.into(),
        resource_group_id: None,
    })
    .await
    .unwrap();
}

/// Tries both actions that name a role; both must be refused, with this in their text.
async fn refused(
    caller: &Caller,
    role: &str,
    status: u16,
    code: &str,
    text: &str,
) -> ErrorDocument {
    let one = caller
        .refusal(caller.sign(&create("new", role), None))
        .await;
    let two = caller
        .refusal(caller.sign(&update("old", Some(role)), None))
        .await;
    for (found, document) in [&one, &two] {
        assert_eq!(
            (*found, document.code.as_str()),
            (status, code),
            "{}",
            document.message
        );
        assert!(document.message.contains(text), "{}", document.message);
        assert!(
            document.message.ends_with("[sandbox]"),
            "{}",
            document.message
        );
    }
    let (_, document) = one;
    document
}

#[tokio::test]
async fn the_role_exists_and_trusts_imm() {
    let clock = Clock::new();
    let root = memory(&clock).await;
    // Where no role is named the usual one is meant, which nobody makes by itself.
    let unnamed = imm::CreateProject {
        project_name: "old".into(),
        ..Default::default()
    };
    let missing = root.call(unnamed.clone()).await.unwrap_err();
    assert_eq!(missing, code(400, "InvalidServiceRole"));
    root.call(usual_role()).await.unwrap();
    let project = root.call(unnamed).await.unwrap().project;
    assert_eq!(
        project.service_role.as_deref(),
        Some("AliyunIMMDefaultRole")
    );

    let document = refused(
        &root,
        "none",
        400,
        "InvalidServiceRole",
        "none does not exist",
    )
    .await;
    assert_eq!(document.access_denied_detail, None);
    let account = &root.sandbox.account().id;
    for (name, document) in [
        ("people", trust(&[&format!("acs:ram::{account}:root")])),
        ("case", super::TRUST.replace("imm.", "IMM.")),
        ("other", super::TRUST.replace("imm.", "oss.")),
        ("nobody", r#"{"Version":"1","Statement":[]}"#.to_owned()),
        ("denied", super::TRUST.replace("}]}", "},{\"Effect\":\"Deny\",\"Action\":\"*\",\"Principal\":{\"Service\":\"imm.aliyuncs.com\"}}]}")),
    ] {
        root.call(ram::CreateRole {
            assume_role_policy_document: document,
            ..role(name)
        })
        .await
        .unwrap();
        refused(&root, name, 400, "InvalidServiceRole", "does not trust imm.aliyuncs.com").await;
    }
    // Which keys IMM's own requests carry is not known, so a condition is no refusal.
    root.call(ram::CreateRole {
        assume_role_policy_document: super::TRUST.replace(
            "]}}",
            "]},\"Condition\":{\"StringEquals\":{\"acs:SourceVpc\":\"v\"}}}",
        ),
        ..role("conditional")
    })
    .await
    .unwrap();
    root.call(create("conditional", "Conditional"))
        .await
        .unwrap();

    // A role that is not seen yet is not there yet.
    root.sandbox
        .inject("CreateRole:delay=30s:1".parse().unwrap())
        .await
        .unwrap();
    root.call(role("late")).await.unwrap();
    refused(
        &root,
        "late",
        400,
        "InvalidServiceRole",
        "late does not exist",
    )
    .await;
    clock.advance(Duration::from_secs(30));
    root.call(update("old", Some("late"))).await.unwrap();

    // Where no role is named, none is looked at.
    root.call(ram::DeleteRole {
        role_name: "late".into(),
    })
    .await
    .unwrap();
    root.call(update("old", None)).await.unwrap();
    // The role is looked at before the project.
    let refused = root.call(create("old", "none")).await.unwrap_err();
    assert_eq!(refused, code(400, "InvalidServiceRole"));
    let refused = root
        .call(update("absent", Some("people")))
        .await
        .unwrap_err();
    assert_eq!(refused, code(400, "InvalidServiceRole"));
}

#[tokio::test]
async fn the_caller_may_pass_the_role_and_holds_what_it_holds() {
    let root = memory(&Clock::new()).await;
    root.call(usual_role()).await.unwrap();
    root.call(role("Media")).await.unwrap();
    root.call(create("old", "AliyunIMMDefaultRole"))
        .await
        .unwrap();
    let read = allow(&["oss:GetObject"], "acs:oss:*:*:bucket/*");
    give(&root, "Media", "read", &read).await;
    let user = root.user("u").await;
    root.grant("u", "imm", &allow(&["imm:*"], "*")).await;

    // The order of the checks: existence is seen by who may do the call itself, and first.
    refused(
        &user,
        "none",
        400,
        "InvalidServiceRole",
        "none does not exist",
    )
    .await;
    let document = refused(&user, "Media", 403, "AccessDenied", "may not pass").await;
    let told = document.access_denied_detail.unwrap();
    assert_eq!(told.auth_action, "ram:PassRole");
    assert_eq!(told.no_permission_type, "ImplicitDeny");
    assert_eq!(told.policy_type, "AccountLevelIdentityBasedPolicy");

    // To another service is not to IMM, and another role is not this one.
    let pass = |resource: &str, service: &str| {
        serde_json::json!({"Version": "1", "Statement": [{
            "Effect": "Allow", "Action": "ram:PassRole", "Resource": resource,
            "Condition": {"StringEquals": {"acs:Service": service}},
        }]})
        .to_string()
    };
    root.grant("u", "wrong-service", &pass("*", "oss.aliyuncs.com"))
        .await;
    root.grant(
        "u",
        "wrong-role",
        &pass("acs:ram:*:*:role/other", "imm.aliyuncs.com"),
    )
    .await;
    refused(&user, "Media", 403, "AccessDenied", "may not pass").await;
    root.grant(
        "u",
        "pass",
        &pass("acs:ram:*:*:role/media", "imm.aliyuncs.com"),
    )
    .await;

    let document = refused(&user, "Media", 403, "AccessDenied", "does not hold").await;
    let told = document.access_denied_detail.unwrap();
    assert_eq!(told.auth_action, "oss:GetObject");
    assert_eq!(told.no_permission_type, "ImplicitDeny");
    assert!(
        document.message.contains("acs:oss:"),
        "{}",
        document.message
    );
    root.grant("u", "hold", &allow(&["oss:Get*"], "acs:oss:*:*:b*/*"))
        .await;
    user.call(create("new", "Media")).await.unwrap();
    user.call(update("old", Some("media"))).await.unwrap();

    // A Deny of the caller's takes it away again.
    let deny = r#"{"Version":"1","Statement":[
        {"Effect":"Deny","Action":"oss:*","Resource":"acs:oss:*:*:bucket/secret/*"}]}"#;
    root.grant("u", "deny", deny).await;
    let call = update("old", Some("Media"));
    let (_, document) = user.refusal(user.sign(&call, None)).await;
    assert_eq!(
        document.access_denied_detail.unwrap().no_permission_type,
        "ExplicitDeny"
    );
    // The root holds everything.
    root.call(call).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_decided_is_not_refused() {
    let root = memory(&Clock::new()).await;
    root.call(role("r")).await.unwrap();
    give(&root, "r", "read", &allow(&["oss:GetObject"], "*")).await;
    let user = root.user("u").await;
    root.grant("u", "imm", IMM_ACCESS).await;
    let under = |operator: &str| {
        serde_json::json!({"Version": "1", "Statement": [{
            "Effect": "Allow", "Action": "oss:*", "Resource": "*",
            "Condition": {operator: {"acs:UserAgent": "a*"}},
        }]})
        .to_string()
    };
    // A request with another agent shows that the user holds less than the role.
    root.grant("u", "one-half", &under("StringLike")).await;
    let refused = user.call(create("p", "r")).await.unwrap_err();
    assert_eq!(refused, code(403, "AccessDenied"));
    // That two halves are a whole is more than the proof can see.
    root.grant("u", "other-half", &under("StringNotLike")).await;
    user.call(create("p", "r")).await.unwrap();
}

#[tokio::test]
async fn a_session_holds_what_its_role_and_its_policy_hold() {
    let root = memory(&Clock::new()).await;
    let account = root.sandbox.account().id.clone();
    root.call(role("media")).await.unwrap();
    give(&root, "media", "read", &allow(&["oss:GetObject"], "*")).await;
    root.call(ram::CreateRole {
        assume_role_policy_document: trust(&[&format!("acs:ram::{account}:root")]),
        ..role("admin")
    })
    .await
    .unwrap();
    give(&root, "admin", "all", &allow(&["*"], "*")).await;
    let user = root.user("u").await;
    root.grant("u", "assume", &allow(&["sts:AssumeRole"], "*"))
        .await;
    let session = async |policy: Option<&str>| {
        let credentials = user
            .call(sts::AssumeRole {
                role_arn: format!("acs:ram::{account}:role/admin"),
                role_session_name: "s1".into(),
                policy: policy.map(Into::into),
                ..Default::default()
            })
            .await
            .unwrap()
            .credentials;
        Caller {
            sandbox: root.sandbox.clone(),
            id: credentials.access_key_id,
            secret: credentials.access_key_secret,
            token: Some(credentials.security_token),
        }
    };
    session(None)
        .await
        .call(create("one", "media"))
        .await
        .unwrap();
    let narrow = session(Some(IMM_ACCESS)).await;
    let (status, document) = narrow
        .refusal(narrow.sign(&create("two", "media"), None))
        .await;
    let told = document.access_denied_detail.unwrap();
    assert_eq!((status, told.policy_type.as_str()), (403, "SessionPolicy"));
    assert_eq!(told.auth_action, "oss:GetObject");
    let no_pass = session(Some(&allow(&["imm:*", "oss:*"], "*"))).await;
    let (_, document) = no_pass
        .refusal(no_pass.sign(&create("two", "media"), None))
        .await;
    let told = document.access_denied_detail.unwrap();
    assert_eq!(told.auth_action, "ram:PassRole");
    assert_eq!(told.policy_type, "SessionPolicy");
}

#[tokio::test]
async fn every_check_can_be_made_lenient_and_strict_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let open = async |lenient: &[(Check, bool)]| {
        let options = Options {
            lenient: lenient.iter().copied().collect::<BTreeMap<_, _>>(),
            ..Options::default()
        };
        Sandbox::open(&path, options, Host::system()).await.unwrap()
    };
    let root = Caller::root(&open(&[]).await);
    let mut user = root.user("u").await;
    root.call(ram::CreateRole {
        assume_role_policy_document: super::TRUST.replace("imm.", "oss."),
        ..role("r")
    })
    .await
    .unwrap();
    give(&root, "r", "read", &allow(&["oss:GetObject"], "*")).await;

    // One after the other, each shows the next one.
    let said = async |user: &Caller, role: &str| {
        let (_, document) = user.refusal(user.sign(&create("p", role), None)).await;
        document.message
    };
    for (check, role, before) in [
        (
            Check::Authorization,
            "r",
            "not authorized to operate imm:CreateProject",
        ),
        (Check::RoleExists, "none", "does not exist"),
        (Check::RoleTrust, "r", "does not trust"),
        (Check::PassRole, "r", "may not pass"),
        (Check::HoldPermissions, "r", "does not hold"),
    ] {
        let message = said(&user, role).await;
        assert!(message.contains(before), "{check}: {message}");
        user.sandbox.close().await;
        open(&[(check, true)]).await.close().await;
        // It stays so in the file.
        user.sandbox = open(&[]).await;
    }
    user.call(create("p", "r")).await.unwrap();
    user.call(create("q", "none")).await.unwrap();
    // Nobody asks the trust policy either, but the root is the root.
    let assume = || sts::AssumeRole {
        role_arn: format!("acs:ram::{}:role/r", root.sandbox.account().id),
        role_session_name: "s1".into(),
        ..Default::default()
    };
    user.call(assume()).await.unwrap();
    let root = Caller::root(&user.sandbox);
    assert_eq!(
        root.call(assume()).await.unwrap_err(),
        code(403, "NoPermission")
    );

    user.sandbox = open(&[(Check::Authorization, false)]).await;
    let message = said(&user, "r").await;
    assert!(message.contains("not authorized to operate"), "{message}");
}
