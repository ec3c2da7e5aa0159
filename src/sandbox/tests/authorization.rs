//! Who may do what: users, groups, sessions, both sides of AssumeRole, and the context of requests.

use std::time::Duration;

use base64::Engine as _;

use crate::api::error::AccessDeniedDetail;
use crate::api::{Operation, ram, sts};

use super::{Caller, Clock, GRANT, Refused, allow, code, get, memory, role, trust};

const NO: u16 = 403;

fn no_permission() -> Refused {
    code(NO, "NoPermission")
}

async fn detail<A: Operation>(caller: &Caller, call: &A) -> AccessDeniedDetail {
    let (status, document) = caller.refusal(caller.sign(call, None)).await;
    assert_eq!((status, document.code.as_str()), (NO, "NoPermission"));
    assert!(
        document.message.ends_with("[sandbox]"),
        "{}",
        document.message
    );
    document.access_denied_detail.unwrap()
}

async fn attach(root: &Caller, role: &str, policy: &str, document: &str) {
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

fn assume(root: &Caller, role: &str) -> sts::AssumeRole {
    sts::AssumeRole {
        role_arn: format!("acs:ram::{}:role/{role}", root.sandbox.account().id),
        role_session_name: "session".into(),
        ..Default::default()
    }
}

async fn session(caller: &Caller, call: sts::AssumeRole) -> Result<Caller, Refused> {
    let credentials = caller.call(call).await?.credentials;
    Ok(Caller {
        sandbox: caller.sandbox.clone(),
        id: credentials.access_key_id,
        secret: credentials.access_key_secret,
        token: Some(credentials.security_token),
    })
}

/// A role that trusts the whole account, and a user that may assume anything.
async fn assumable(root: &Caller, name: &str) -> Caller {
    let whole = format!("acs:ram::{}:root", root.sandbox.account().id);
    root.call(ram::CreateRole {
        assume_role_policy_document: trust(&[&whole]),
        ..role(name)
    })
    .await
    .unwrap();
    let user = root.user("assumer").await;
    root.grant("assumer", "assume", &allow(&["sts:AssumeRole"], "*"))
        .await;
    user
}

#[tokio::test]
async fn a_denial_tells_what_is_missing() {
    let root = memory(&Clock::new()).await;
    let user = root.user("Anna").await;
    let id = user.call(sts::GetCallerIdentity {}).await.unwrap().user_id;
    let told = detail(&user, &get("r")).await;
    assert_eq!(
        AccessDeniedDetail {
            encoded_diagnostic_message: String::new(),
            ..told.clone()
        },
        AccessDeniedDetail {
            auth_action: "ram:GetRole".into(),
            auth_principal_type: "SubUser".into(),
            auth_principal_display_name: id.unwrap(),
            auth_principal_owner_id: root.sandbox.account().id.clone(),
            no_permission_type: "ImplicitDeny".into(),
            policy_type: "AccountLevelIdentityBasedPolicy".into(),
            encoded_diagnostic_message: String::new(),
        }
    );
    base64::engine::general_purpose::STANDARD
        .decode(&told.encoded_diagnostic_message)
        .unwrap();
    assert!(!told.encoded_diagnostic_message.is_empty());
    // Whether the role exists is not for everybody to know.
    root.call(role("r")).await.unwrap();
    assert_eq!(user.call(get("r")).await.unwrap_err(), no_permission());
    // Parameters are looked at first.
    let malformed = user.call(get("a/b")).await.unwrap_err();
    assert_eq!(
        malformed,
        code(400, "InvalidParameter.RoleName.InvalidChars")
    );
}

#[tokio::test]
async fn a_deny_wins_over_every_allow() {
    let root = memory(&Clock::new()).await;
    let user = root.user("u").await;
    root.call(role("r")).await.unwrap();
    root.call(role("secret")).await.unwrap();
    root.grant("u", "allow", &allow(&["ram:Get*"], "*")).await;
    user.call(get("secret")).await.unwrap();
    let deny = r#"{"Version":"1","Statement":[
        {"Effect":"Deny","Action":"*","Resource":"acs:ram:*:*:role/SECRET"}]}"#;
    root.grant("u", "deny", deny).await;
    let told = detail(&user, &get("secret")).await;
    assert_eq!(told.no_permission_type, "ExplicitDeny");
    user.call(get("r")).await.unwrap();
}

#[tokio::test]
async fn a_group_gives_its_members_what_it_has() {
    let root = memory(&Clock::new()).await;
    let user = root.user("u").await;
    root.call(role("r")).await.unwrap();
    root.call(ram::CreateGroup {
        group_name: "g".into(),
        ..Default::default()
    })
    .await
    .unwrap();
    root.call(ram::AttachPolicyToGroup {
        policy_name: "AliyunRAMReadOnlyAccess".into(),
        policy_type: "System".into(),
        group_name: "g".into(),
        resource_group_id: None,
    })
    .await
    .unwrap();
    assert_eq!(user.call(get("r")).await.unwrap_err(), no_permission());
    root.call(ram::AddUserToGroup {
        user_name: "u".into(),
        group_name: "g".into(),
    })
    .await
    .unwrap();
    user.call(get("r")).await.unwrap();
    assert_eq!(user.call(role("s")).await.unwrap_err(), no_permission());
    root.call(ram::RemoveUserFromGroup {
        user_name: "u".into(),
        group_name: "g".into(),
    })
    .await
    .unwrap();
    assert_eq!(user.call(get("r")).await.unwrap_err(), no_permission());
}

#[tokio::test]
async fn the_default_version_counts_and_only_once_it_can_be_seen() {
    let clock = Clock::new();
    let root = memory(&clock).await;
    let user = root.user("u").await;
    root.call(role("r")).await.unwrap();
    root.grant("u", "p", GRANT).await;
    assert_eq!(user.call(get("r")).await.unwrap_err(), no_permission());
    let version = |default: bool| ram::CreatePolicyVersion {
        policy_name: "p".into(),
        policy_document: allow(&["ram:GetRole"], "*"),
        set_as_default: Some(default),
        rotate_strategy: None,
    };
    root.call(version(false)).await.unwrap();
    assert_eq!(user.call(get("r")).await.unwrap_err(), no_permission());
    root.call(version(true)).await.unwrap();
    user.call(get("r")).await.unwrap();
    root.call(ram::DetachPolicyFromUser {
        policy_name: "p".into(),
        policy_type: "Custom".into(),
        user_name: "u".into(),
        resource_group_id: None,
    })
    .await
    .unwrap();
    assert_eq!(user.call(get("r")).await.unwrap_err(), no_permission());

    root.sandbox
        .inject("AttachPolicyToUser:delay=30s:1".parse().unwrap())
        .await
        .unwrap();
    root.call(ram::AttachPolicyToUser {
        policy_name: "p".into(),
        policy_type: "Custom".into(),
        user_name: "u".into(),
        resource_group_id: None,
    })
    .await
    .unwrap();
    assert_eq!(user.call(get("r")).await.unwrap_err(), no_permission());
    clock.advance(Duration::from_secs(30));
    user.call(get("r")).await.unwrap();
}

#[tokio::test]
async fn an_unreadable_document_allows_nothing() {
    let root = memory(&Clock::new()).await;
    let user = root.user("u").await;
    root.call(role("r")).await.unwrap();
    root.grant("u", "good", &allow(&["*"], "*")).await;
    root.grant("u", "other", GRANT).await;
    user.call(get("r")).await.unwrap();
    root.sandbox
        .use_store(|db| {
            db.execute(
                "UPDATE policy_versions SET document = '{}' WHERE policy_id = \
                 (SELECT id FROM policies WHERE name = 'other')",
                [],
            )
        })
        .await
        .unwrap();
    let (status, document) = user.refusal(user.sign(&get("r"), None)).await;
    assert_eq!(status, 500);
    assert!(
        document.message.contains("policy other"),
        "{}",
        document.message
    );
}

#[tokio::test]
async fn conditions_see_the_request_as_it_is() {
    let clock = Clock::new();
    let root = memory(&clock).await;
    let user = root.user("u").await;
    root.call(role("r")).await.unwrap();
    root.grant("u", "p", GRANT).await;
    let when = async |operator: &str, key: &str, value: &str| {
        let document = serde_json::json!({"Version": "1", "Statement": [{
            "Effect": "Allow", "Action": "ram:GetRole", "Resource": "*",
            "Condition": {operator: {key: value}},
        }]});
        root.call(ram::CreatePolicyVersion {
            policy_name: "p".into(),
            policy_document: document.to_string(),
            set_as_default: Some(true),
            rotate_strategy: Some(ram::ROTATE.into()),
        })
        .await
        .unwrap();
    };
    // The clock shows 2027-01-15T08:00:00Z, and calls come from this machine.
    for (operator, key, value, allowed) in [
        ("IpAddress", "acs:SourceIp", "127.0.0.0/8", true),
        ("IpAddress", "acs:SourceIp", "10.0.0.0/8", false),
        ("NotIpAddress", "acs:SourceIp", "10.0.0.0/8", true),
        (
            "DateLessThan",
            "acs:CurrentTime",
            "2027-01-15T08:00:01Z",
            true,
        ),
        (
            "DateLessThan",
            "acs:CurrentTime",
            "2027-01-15T07:59:59Z",
            false,
        ),
        ("Bool", "acs:SecureTransport", "false", true),
        ("Bool", "acs:SecureTransport", "true", false),
        ("StringLike", "acs:UserAgent", "test/*", true),
        ("StringLike", "acs:UserAgent", "other/*", false),
        // An access key is no second factor, and the key is not there at all.
        ("Bool", "acs:MFAPresent", "false", false),
        ("StringEquals", "acs:Service", "imm.aliyuncs.com", false),
    ] {
        when(operator, key, value).await;
        let mut incoming = user.sign(&get("r"), None);
        incoming
            .headers
            .push(("User-Agent".into(), "test/1".into()));
        let answer = user.send::<ram::GetRole>(incoming).await;
        assert_eq!(
            answer.is_ok(),
            allowed,
            "{operator} {key} {value}: {answer:?}"
        );
    }
    // Without a user agent the key is absent; an address that is not known decides nothing.
    when("StringLike", "acs:UserAgent", "*").await;
    assert_eq!(user.call(get("r")).await.unwrap_err(), no_permission());
    for operator in ["IpAddress", "NotIpAddress"] {
        when(operator, "acs:SourceIp", "10.0.0.0/8").await;
        let mut incoming = user.sign(&get("r"), None);
        incoming.peer = None;
        let refused = user.send::<ram::GetRole>(incoming).await.unwrap_err();
        assert_eq!(refused, no_permission(), "{operator}");
    }
    // IPv4 through an IPv6 socket is IPv4.
    when("IpAddress", "acs:SourceIp", "127.0.0.1").await;
    let mut incoming = user.sign(&get("r"), None);
    incoming.peer = Some("::ffff:127.0.0.1".parse().unwrap());
    user.send::<ram::GetRole>(incoming).await.unwrap();
}

#[tokio::test]
async fn conditions_see_whom_a_role_trusts() {
    let root = memory(&Clock::new()).await;
    let user = root.user("u").await;
    let services_only = r#"{"Version":"1","Statement":[
        {"Effect":"Allow","Action":["ram:CreateRole","ram:DeleteRole"],"Resource":"*","Condition":
            {"StringEquals":{"ram:ServiceNames":"imm.aliyuncs.com"}}},
        {"Effect":"Allow","Action":["ram:AttachPolicyToRole","ram:DetachPolicyFromRole"],"Resource":"*",
         "Condition":{"ForAllValues:StringEquals":{"ram:TrustedPrincipalTypes":"Service"}}}]}"#;
    root.grant("u", "p", services_only).await;
    let account = root.sandbox.account().id.clone();
    let people = ram::CreateRole {
        assume_role_policy_document: trust(&[&format!("acs:ram::{account}:root")]),
        ..role("people")
    };
    user.call(role("service")).await.unwrap();
    assert_eq!(
        user.call(people.clone()).await.unwrap_err(),
        no_permission()
    );
    root.call(people).await.unwrap();
    let pair = |role: &str| ram::AttachPolicyToRole {
        policy_name: "AliyunOSSReadOnlyAccess".into(),
        policy_type: "System".into(),
        role_name: role.into(),
        resource_group_id: None,
    };
    let part = |role: &str| ram::DetachPolicyFromRole {
        policy_name: "AliyunOSSReadOnlyAccess".into(),
        policy_type: "System".into(),
        role_name: role.into(),
        resource_group_id: None,
    };
    let delete = |role: &str| ram::DeleteRole {
        role_name: role.into(),
    };
    user.call(pair("service")).await.unwrap();
    user.call(part("service")).await.unwrap();
    user.call(delete("service")).await.unwrap();
    assert_eq!(
        user.call(pair("people")).await.unwrap_err(),
        no_permission()
    );
    assert_eq!(
        user.call(part("people")).await.unwrap_err(),
        no_permission()
    );
    assert_eq!(
        user.call(delete("people")).await.unwrap_err(),
        no_permission()
    );
}

#[tokio::test]
async fn a_session_may_do_what_its_role_and_its_policy_allow() {
    let root = memory(&Clock::new()).await;
    let user = assumable(&root, "Admin").await;
    attach(
        &root,
        "Admin",
        "roles",
        &allow(&["ram:GetRole", "ram:ListRoles"], "*"),
    )
    .await;
    // The user has not got what the role has.
    assert_eq!(user.call(get("Admin")).await.unwrap_err(), no_permission());
    let whole = session(&user, assume(&root, "admin")).await.unwrap();
    whole.call(get("Admin")).await.unwrap();
    whole.call(ram::ListRoles::default()).await.unwrap();
    let told = detail(&whole, &ram::ListUsers::default()).await;
    assert_eq!(told.auth_principal_type, "AssumedRoleUser");
    assert_eq!(told.auth_principal_display_name, "Admin:session");
    assert_eq!(told.policy_type, "AccountLevelIdentityBasedPolicy");

    let narrow = sts::AssumeRole {
        policy: Some(allow(&["ram:GetRole", "ram:ListUsers"], "*")),
        ..assume(&root, "Admin")
    };
    let narrow = session(&user, narrow).await.unwrap();
    narrow.call(get("Admin")).await.unwrap();
    let told = detail(&narrow, &ram::ListRoles::default()).await;
    assert_eq!(told.policy_type, "SessionPolicy");
    assert_eq!(told.no_permission_type, "ImplicitDeny");
    // A session policy gives nothing by itself.
    let told = detail(&narrow, &ram::ListUsers::default()).await;
    assert_eq!(told.policy_type, "AccountLevelIdentityBasedPolicy");

    // What the role loses its sessions lose.
    root.call(ram::DetachPolicyFromRole {
        policy_name: "roles".into(),
        policy_type: "Custom".into(),
        role_name: "Admin".into(),
        resource_group_id: None,
    })
    .await
    .unwrap();
    assert_eq!(whole.call(get("Admin")).await.unwrap_err(), no_permission());
    whole.call(sts::GetCallerIdentity {}).await.unwrap();
}

#[tokio::test]
async fn assuming_a_role_takes_both_sides() {
    let root = memory(&Clock::new()).await;
    let account = root.sandbox.account().id.clone();
    let user = assumable(&root, "open").await;
    session(&user, assume(&root, "open")).await.unwrap();

    // The root never can, whatever is trusted.
    let refused = root.call(assume(&root, "open")).await.unwrap_err();
    assert_eq!(refused, no_permission());
    // Without a permission of its own nobody can, and does not even learn whether there is the role.
    let other = root.user("other").await;
    for name in ["open", "none"] {
        let told = detail(&other, &assume(&root, name)).await;
        assert_eq!(told.auth_action, "sts:AssumeRole");
        assert_eq!(told.policy_type, "AccountLevelIdentityBasedPolicy");
    }
    let missing = user.call(assume(&root, "none")).await.unwrap_err();
    assert_eq!(missing, code(404, "EntityNotExist.Role"));

    // A role for a service is not for users, nor is one for another user.
    root.call(role("service")).await.unwrap();
    root.call(ram::CreateRole {
        assume_role_policy_document: trust(&[&format!("acs:ram::{account}:user/other")]),
        ..role("others")
    })
    .await
    .unwrap();
    for name in ["service", "others"] {
        let told = detail(&user, &assume(&root, name)).await;
        assert_eq!(told.policy_type, "AssumeRolePolicy");
        assert_eq!(told.no_permission_type, "ImplicitDeny");
    }
    root.grant(
        "other",
        "one",
        &allow(&["sts:AssumeRole"], "acs:ram:*:*:role/OTHERS"),
    )
    .await;
    session(&other, assume(&root, "others")).await.unwrap();
    assert_eq!(
        session(&other, assume(&root, "open")).await.unwrap_err(),
        no_permission()
    );

    // A trusted role's sessions can, if the role may.
    root.call(ram::CreateRole {
        assume_role_policy_document: trust(&[&format!("acs:ram::{account}:role/Open")]),
        ..role("next")
    })
    .await
    .unwrap();
    let first = session(&user, assume(&root, "open")).await.unwrap();
    assert_eq!(
        session(&first, assume(&root, "next")).await.unwrap_err(),
        no_permission()
    );
    attach(&root, "open", "chain", &allow(&["sts:AssumeRole"], "*")).await;
    session(&first, assume(&root, "next")).await.unwrap();
    assert_eq!(
        session(&user, assume(&root, "next")).await.unwrap_err(),
        no_permission()
    );

    // A Deny of the trust policy wins.
    let deny = format!(
        r#"{{"Version":"1","Statement":[
        {{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"RAM":"acs:ram::{account}:root"}}}},
        {{"Effect":"Deny","Action":"sts:AssumeRole","Principal":{{"RAM":"acs:ram::{account}:user/assumer"}}}}]}}"#
    );
    root.call(ram::UpdateRole {
        role_name: "open".into(),
        new_assume_role_policy_document: Some(deny),
        ..Default::default()
    })
    .await
    .unwrap();
    let told = detail(&user, &assume(&root, "open")).await;
    assert_eq!(told.no_permission_type, "ExplicitDeny");
}

#[tokio::test]
async fn an_external_id_is_compared_where_it_is_asked_for() {
    let root = memory(&Clock::new()).await;
    let account = root.sandbox.account().id.clone();
    let user = assumable(&root, "open").await;
    let guarded = format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole",
            "Principal":{{"RAM":"acs:ram::{account}:root"}},
            "Condition":{{"StringEquals":{{"sts:ExternalId":"ext-1"}}}}}}]}}"#
    );
    root.call(ram::CreateRole {
        assume_role_policy_document: guarded,
        ..role("guarded")
    })
    .await
    .unwrap();
    for (id, right) in [(None, false), (Some("ext-2"), false), (Some("ext-1"), true)] {
        let call = sts::AssumeRole {
            external_id: id.map(Into::into),
            ..assume(&root, "guarded")
        };
        let answer = session(&user, call).await;
        assert_eq!(answer.is_ok(), right, "{id:?}");
        if let Err(refused) = answer {
            assert_eq!(refused, no_permission());
        }
    }
    // A trusting role takes any.
    let call = sts::AssumeRole {
        external_id: Some("ext-2".into()),
        ..assume(&root, "open")
    };
    session(&user, call).await.unwrap();
}
