//! Calls against a server that misbehaves on request.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use super::testing::{
    Logs, Reply, SECRET, Server, TOKEN, client_of, create_role, epoch, ok, refuse, refuse_with,
    role,
};
use super::{Error, Kind, imm, ram, sts};
use crate::api::ErrorKind;
use crate::api::imm::{GetProject, ListProjects, SuspendTrigger, UpdateProject};
use crate::api::ram::{
    AttachPolicyToRole, CreateAccessKey, CreatePolicyVersion, DetachPolicyFromRole, GetRole,
    UpdateRole,
};
use crate::host::{Host, Replay};

const NOW: &str = "2025-02-08T07:33:20Z";

fn get_role() -> GetRole {
    GetRole {
        role_name: "r".into(),
    }
}

// Pipeline.

#[tokio::test]
async fn calls_are_signed_for_the_host_they_name() {
    let server = Server::start(|_, seen| match seen.action.as_str() {
        "SuspendTrigger" => ok(&json!({})),
        "GetProject" => ok(&json!({"Project": {"ProjectName": "p"}})),
        _ => ok(&role(NOW)),
    })
    .await;
    let client = server.client();
    client.send(None, &get_role()).await.unwrap();
    let project = GetProject {
        project_name: "p é*".into(),
        with_statistics: None,
    };
    client.send(Some("cn-shanghai"), &project).await.unwrap();
    let trigger = SuspendTrigger {
        project_name: "p".into(),
        id: "a b".into(),
    };
    client.send(None, &trigger).await.unwrap();

    let seen = server.seen();
    let hosts: Vec<&str> = seen.iter().map(|seen| seen.host.as_str()).collect();
    assert_eq!(
        hosts,
        [
            "ram.aliyuncs.com",
            "imm.cn-shanghai.aliyuncs.com",
            "imm.cn-hangzhou.aliyuncs.com"
        ]
    );
    assert_eq!(seen[1].params.get("ProjectName"), Some("p é*"));
    assert_eq!(seen[2].params.get("Id"), Some("a b"));
    assert_eq!(seen[0].date, epoch());
    assert!(seen[0].user_agent.starts_with("terraform-provider-imm/"));
}

#[tokio::test]
async fn errors_tell_what_was_refused_and_why() {
    let server = Server::start(|_, _| {
        let body = json!({
            "RequestId": "REQUEST-ID", "Code": "NoPermission", "Message": "You are not authorized.",
            "AccessDeniedDetail": {"AuthAction": "ram:GetRole"}
        });
        Reply::Raw(403, "", body.to_string())
    })
    .await;
    let error = server.client().send(None, &get_role()).await.unwrap_err();
    assert!(error.is(ErrorKind::Denied));
    assert_eq!(error.code(), "NoPermission");
    assert_eq!(error.request_id(), "REQUEST-ID");
    assert_eq!(error.operation(), "GetRole");
    assert_eq!(error.host(), "ram.aliyuncs.com");
    assert_eq!(error.attempts(), 1);
    assert!(!error.may_have_been_sent());
    assert_eq!(
        error.to_string(),
        "RAM GetRole was refused by ram.aliyuncs.com: You are not authorized; the missing \
         permission is `ram:GetRole` (code NoPermission, request id REQUEST-ID)"
    );
}

#[tokio::test]
async fn the_code_decides_and_not_the_status() {
    for status in [400, 404, 409, 500] {
        let server = Server::start(move |_, _| refuse(status, "ResourceNotFound")).await;
        let error = imm::get_project(&server.client(), None, "p")
            .await
            .unwrap_err();
        assert!(error.is_not_found(), "{status}");
        assert_eq!(server.actions().len(), 1);
    }
}

#[tokio::test]
async fn an_answer_of_another_shape_is_no_success() {
    for body in ["", "<html>", "{\"Role\":{}}", "{\"Role\":{\"RoleName\":7}}"] {
        let server = Server::start(move |_, _| Reply::Raw(200, "", body.to_owned())).await;
        let error = server.client().send(None, &get_role()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Answer, "{body}");
        assert_eq!(server.actions().len(), 1);
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server =
        Server::start(|_, _| Reply::Raw(302, "location: http://127.0.0.1:1/\r\n", String::new()))
            .await;
    let error = server.client().send(None, &get_role()).await.unwrap_err();
    assert!(error.message().contains("302"), "{error}");
}

// Repetition.

#[tokio::test]
async fn reads_are_repeated_with_fresh_signatures() {
    let server = Server::start(|n, _| match n {
        0 => refuse(503, "ServiceUnavailable"),
        1 => Reply::Drop,
        2 => Reply::Raw(502, "", "<html>bad gateway</html>".into()),
        _ => ok(&role(NOW)),
    })
    .await;
    let client = server.client();
    client.send(None, &get_role()).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 4);
    let nonces: HashSet<&str> = seen.iter().map(|seen| seen.nonce.as_str()).collect();
    assert_eq!(nonces.len(), 4);
    // Randomness of the replayed machine begins near 0, so the first waits are short; the date is
    // that of the attempt all the same.
    assert!(seen[3].date >= seen[0].date);
}

#[tokio::test]
async fn repetition_ends() {
    let server = Server::start(|_, _| refuse(500, "InternalError")).await;
    let error = server.client().send(None, &get_role()).await.unwrap_err();
    assert!(error.is(ErrorKind::Server));
    assert_eq!(error.attempts(), 6);
    assert_eq!(server.actions().len(), 6);
    assert!(error.to_string().contains("6 attempts"), "{error}");
}

#[tokio::test]
async fn a_failing_service_is_not_asked_many_times_as_often() {
    let server = Server::start(|_, _| refuse(500, "InternalError")).await;
    let client = server.client();
    for _ in 0..50 {
        client.send(None, &get_role()).await.unwrap_err();
    }
    // 50 first attempts and the 100 repetitions that the budget pays.
    assert_eq!(server.actions().len(), 150);
}

#[tokio::test]
async fn refusals_are_not_repeated() {
    for code in [
        "NoPermission",
        "MalformedPolicyDocument",
        "EntityAlreadyExists.Role",
        "LimitExceeded.Role",
        "SignatureDoesNotMatch",
        "NeverHeardOf",
    ] {
        let server = Server::start(move |_, _| refuse(400, code)).await;
        let client = server.client();
        ram::create_role(&client, &create_role()).await.unwrap_err();
        assert_eq!(server.actions(), ["CreateRole"], "{code}");
    }
}

#[tokio::test]
async fn a_connection_that_was_never_made_is_tried_again_also_for_writes() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let client = client_of(address, Host::new(Replay::at(epoch())), |_| {});
    let error = ram::create_role(&client, &create_role()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transport);
    assert_eq!(error.attempts(), 6);
    assert!(!error.may_have_been_sent());
    let text = error.to_string();
    assert!(
        text.contains("no connection") && text.contains("refused"),
        "{text}"
    );
}

#[tokio::test]
async fn silence_ends_with_the_timeout() {
    let server = Server::start(|_, _| Reply::Hang).await;
    let client = server.client_with(|config| {
        config.read_timeout = Duration::from_millis(50);
        config.retry.max_attempts = 2;
    });
    let error = client.send(None, &get_role()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transport);
    assert_eq!(error.message(), "no answer in time");
    assert_eq!(server.actions().len(), 2);
}

#[tokio::test]
async fn dropping_a_call_cancels_it() {
    let server = Server::start(|_, _| Reply::Hang).await;
    let client = server.client();
    let operation = get_role();
    let call = client.send(None, &operation);
    tokio::time::timeout(Duration::from_millis(50), call)
        .await
        .unwrap_err();
    assert_eq!(server.actions().len(), 1);
}

#[tokio::test]
async fn no_repetition_begins_after_the_deadline() {
    let server = Server::start(|_, _| {
        refuse_with(500, "InternalError", "m", "x-acs-retry-after: 60000\r\n")
    })
    .await;
    let client = server.client();
    let deadline = client.host().monotonic() + Duration::from_secs(150);
    let client = client.with_deadline(deadline);
    let error = client.send(None, &get_role()).await.unwrap_err();
    // At 0, 60 and 120 seconds; the next would be at 180.
    assert_eq!(error.attempts(), 3);
    assert!(client.host().monotonic() <= deadline);
}

// Throttling.

#[tokio::test]
async fn throttling_waits_as_long_as_the_service_asks() {
    let server = Server::start(|n, _| match n {
        0 => refuse_with(400, "Throttling.User", "m", "x-acs-retry-after: 7000\r\n"),
        _ => ok(&role(NOW)),
    })
    .await;
    let client = server.client();
    let begin = client.host().monotonic();
    client.send(None, &get_role()).await.unwrap();
    let waited = client.host().monotonic() - begin;
    assert!(waited >= Duration::from_secs(7), "{waited:?}");
    assert!(waited < Duration::from_secs(9), "{waited:?}");
}

#[tokio::test]
async fn throttling_slows_all_calls_of_that_action_and_no_others() {
    let server = Server::start(|n, seen| match (n, seen.action.as_str()) {
        (0, _) => refuse_with(429, "Throttling.Api", "m", "x-acs-retry-after: 5000\r\n"),
        (_, "GetRole") => ok(&role(NOW)),
        _ => ok(&json!({"AccountId": "1", "Arn": "a"})),
    })
    .await;
    let client = server.client();
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.send(None, &get_role()).await }
    });
    call.await.unwrap().unwrap();
    let after_first = client.host().monotonic();
    sts::caller_identity(&client).await.unwrap();
    assert_eq!(client.host().monotonic(), after_first);
    // The next two of the throttled action are spaced.
    client.send(None, &get_role()).await.unwrap();
    client.send(None, &get_role()).await.unwrap();
    assert!(client.host().monotonic() - after_first >= Duration::from_millis(100));
}

#[tokio::test]
async fn throttling_is_endured_longer_than_failures() {
    let server = Server::start(|n, _| match n {
        0..20 => refuse(400, "Throttling"),
        _ => ok(&role(NOW)),
    })
    .await;
    let client = server.client();
    client.send(None, &get_role()).await.unwrap();
    assert_eq!(server.actions().len(), 21);

    let server =
        Server::start(|_, _| refuse_with(400, "Throttling", "m", "x-acs-retry-after: 30000\r\n"))
            .await;
    let client = server.client();
    let begin = client.host().monotonic();
    let error = client.send(None, &get_role()).await.unwrap_err();
    assert!(error.is(ErrorKind::Throttled));
    assert!(client.host().monotonic() - begin <= Duration::from_secs(300));
}

#[tokio::test]
async fn a_throttled_write_was_not_carried_out_and_is_repeated() {
    let server = Server::start(|n, _| match n {
        0 => refuse(400, "Throttling"),
        _ => ok(&role(NOW)),
    })
    .await;
    ram::create_role(&server.client(), &create_role())
        .await
        .unwrap();
    assert_eq!(server.actions(), ["CreateRole", "CreateRole"]);
}

// Lost answers.

/// The ways an answer is lost.
fn lose(way: usize) -> Reply {
    match way {
        0 => Reply::Drop,
        1 => refuse(500, "InternalError"),
        _ => Reply::Raw(504, "", "gateway".into()),
    }
}

#[tokio::test]
async fn a_creation_whose_answer_was_lost_is_read_back() {
    for way in 0..3 {
        let server = Server::start(move |_, seen| match seen.action.as_str() {
            "CreateRole" => lose(way),
            _ => ok(&role(NOW)),
        })
        .await;
        let role = ram::create_role(&server.client(), &create_role())
            .await
            .unwrap();
        assert_eq!(role.role_id, "1");
        assert_eq!(server.actions(), ["CreateRole", "GetRole"]);
    }
}

#[tokio::test]
async fn a_creation_that_did_not_happen_is_repeated() {
    let server = Server::start(|n, _| match n {
        0 => Reply::Drop,
        1 => refuse(404, "EntityNotExist.Role"),
        _ => ok(&role(NOW)),
    })
    .await;
    ram::create_role(&server.client(), &create_role())
        .await
        .unwrap();
    assert_eq!(server.actions(), ["CreateRole", "GetRole", "CreateRole"]);
}

#[tokio::test]
async fn already_exists_is_success_for_what_this_call_created() {
    // The first request is still on its way when it is looked for.
    let server = Server::start(|n, _| match n {
        0 => Reply::Drop,
        1 => refuse(404, "EntityNotExist.Role"),
        2 => refuse(409, "EntityAlreadyExists.Role"),
        _ => ok(&role(NOW)),
    })
    .await;
    ram::create_role(&server.client(), &create_role())
        .await
        .unwrap();
    assert_eq!(
        server.actions(),
        ["CreateRole", "GetRole", "CreateRole", "GetRole"]
    );
}

#[tokio::test]
async fn already_exists_stands_for_what_was_there_before() {
    // Without a lost answer nothing is read.
    let server = Server::start(|_, _| refuse(409, "EntityAlreadyExists.Role")).await;
    let error = ram::create_role(&server.client(), &create_role())
        .await
        .unwrap_err();
    assert!(error.is_already_exists());
    assert_eq!(server.actions(), ["CreateRole"]);

    // With one, another content or an older object is somebody else's.
    let mut other = role(NOW);
    other["Role"]["Description"] = json!("another");
    for found in [other, role("2025-02-01T00:00:00Z")] {
        let server = Server::start(move |n, seen| match (n, seen.action.as_str()) {
            (0, _) => Reply::Drop,
            (_, "CreateRole") => refuse(409, "EntityAlreadyExists.Role"),
            _ => ok(&found),
        })
        .await;
        let error = ram::create_role(&server.client(), &create_role())
            .await
            .unwrap_err();
        assert!(error.is_already_exists(), "{error}");
        assert!(!error.may_have_been_sent());
    }
}

#[tokio::test]
async fn what_cannot_be_settled_says_so() {
    let server = Server::start(|_, seen| match seen.action.as_str() {
        "CreateRole" => Reply::Drop,
        _ => refuse(403, "NoPermission"),
    })
    .await;
    let error = ram::create_role(&server.client(), &create_role())
        .await
        .unwrap_err();
    assert!(error.may_have_been_sent());
    assert!(
        error
            .to_string()
            .contains("it may have been carried out all the same"),
        "{error}"
    );

    // A key cannot be looked for: its secret is shown once.
    let server = Server::start(|_, _| Reply::Drop).await;
    let error = server
        .client()
        .send(None, &CreateAccessKey::default())
        .await
        .unwrap_err();
    assert!(error.may_have_been_sent());
    assert_eq!(server.actions(), ["CreateAccessKey"]);
}

#[tokio::test]
async fn idempotent_writes_are_repeated_blindly() {
    let server = Server::start(|n, _| match n {
        0 => Reply::Drop,
        1 => refuse(500, "InternalError"),
        _ => ok(&role(NOW)),
    })
    .await;
    let update = UpdateRole {
        role_name: "r".into(),
        ..UpdateRole::default()
    };
    ram::update_role(&server.client(), &update).await.unwrap();
    assert_eq!(server.actions(), ["UpdateRole"; 3]);
}

/// A policy in memory that adds versions; the first answer after it did is lost.
fn versions_server(
    lost: usize,
    carried_out: bool,
) -> impl FnMut(usize, &super::testing::Seen) -> Reply {
    let versions = Arc::new(Mutex::new(vec![
        json!({"VersionId": "v1", "IsDefaultVersion": true, "PolicyDocument": "{\"a\":1}"}),
    ]));
    let mut losses = 0;
    move |_, seen| {
        let mut versions = versions.lock().unwrap();
        match seen.action.as_str() {
            "ListPolicyVersions" => ok(&json!({"PolicyVersions": {"PolicyVersion": *versions}})),
            "CreatePolicyVersion" => {
                let loses = losses < lost;
                losses += 1;
                if !loses || carried_out {
                    for version in versions.iter_mut() {
                        version["IsDefaultVersion"] = json!(false);
                    }
                    let new = json!({
                        "VersionId": format!("v{}", versions.len() + 1),
                        "IsDefaultVersion": true,
                        "PolicyDocument": seen.params.get("PolicyDocument"),
                    });
                    versions.push(new);
                }
                if loses {
                    Reply::Drop
                } else {
                    ok(&json!({"PolicyVersion": versions.last()}))
                }
            }
            other => panic!("{other}"),
        }
    }
}

fn new_version() -> CreatePolicyVersion {
    CreatePolicyVersion {
        policy_name: "p".into(),
        policy_document: "{\"a\":2}".into(),
        set_as_default: Some(true),
        rotate_strategy: None,
    }
}

#[tokio::test]
async fn a_policy_never_gets_two_versions_for_one_update() {
    let server = Server::start(versions_server(1, true)).await;
    let version = ram::create_policy_version(&server.client(), &new_version())
        .await
        .unwrap();
    assert_eq!(version.version_id, "v2");
    let creations = server
        .actions()
        .iter()
        .filter(|a| *a == "CreatePolicyVersion")
        .count();
    assert_eq!(creations, 1);

    let server = Server::start(versions_server(1, false)).await;
    let version = ram::create_policy_version(&server.client(), &new_version())
        .await
        .unwrap();
    assert_eq!(version.version_id, "v2");
    let creations = server
        .actions()
        .iter()
        .filter(|a| *a == "CreatePolicyVersion")
        .count();
    assert_eq!(creations, 2);
}

#[tokio::test]
async fn an_older_version_with_the_same_text_is_not_the_new_one() {
    let server = Server::start(versions_server(1, false)).await;
    let operation = CreatePolicyVersion {
        policy_document: "{ \"a\": 1 }".into(),
        ..new_version()
    };
    let version = ram::create_policy_version(&server.client(), &operation)
        .await
        .unwrap();
    assert_eq!(version.version_id, "v2");
}

fn attachment() -> AttachPolicyToRole {
    AttachPolicyToRole {
        policy_name: "Policy".into(),
        policy_type: "System".into(),
        role_name: "r".into(),
        resource_group_id: None,
    }
}

fn detachment() -> DetachPolicyFromRole {
    DetachPolicyFromRole {
        policy_name: "Policy".into(),
        policy_type: "System".into(),
        role_name: "r".into(),
        resource_group_id: None,
    }
}

fn attached(date: &str) -> Reply {
    let policy = json!({"PolicyName": "policy", "PolicyType": "System", "AttachDate": date});
    ok(&json!({"Policies": {"Policy": [policy]}}))
}

fn nothing_attached() -> Reply {
    ok(&json!({"Policies": {"Policy": []}}))
}

#[tokio::test]
async fn an_attachment_whose_answer_was_lost_is_read_back() {
    let server = Server::start(|n, _| if n == 0 { Reply::Drop } else { attached(NOW) }).await;
    ram::attach_policy_to_role(&server.client(), &attachment())
        .await
        .unwrap();
    assert_eq!(
        server.actions(),
        ["AttachPolicyToRole", "ListPoliciesForRole"]
    );

    let server = Server::start(|n, _| match n {
        0 => Reply::Drop,
        2 => refuse(409, "EntityAlreadyExists.Role.Policy"),
        _ => attached("2024-01-01T00:00:00Z"),
    })
    .await;
    let error = ram::attach_policy_to_role(&server.client(), &attachment())
        .await
        .unwrap_err();
    assert!(error.is_already_exists());
}

#[tokio::test]
async fn detaching_what_is_not_attached_is_done() {
    for code in ["EntityNotExist.Role", "EntityNotExist.Role.Policy"] {
        let server = Server::start(move |_, _| refuse(404, code)).await;
        ram::detach_policy_from_role(&server.client(), &detachment())
            .await
            .unwrap();
    }
    // The policy is gone, and its attachment with it.
    let server = Server::start(|n, _| match n {
        0 => refuse(404, "EntityNotExist.Policy"),
        _ => nothing_attached(),
    })
    .await;
    ram::detach_policy_from_role(&server.client(), &detachment())
        .await
        .unwrap();
    // Not found, but attached: a success would orphan the attachment.
    let server = Server::start(|n, _| match n {
        0 => refuse(404, "EntityNotExist.Policy"),
        _ => attached(NOW),
    })
    .await;
    let error = ram::detach_policy_from_role(&server.client(), &detachment())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "EntityNotExist.Policy");
    // Lost, and carried out.
    let server = Server::start(|n, _| {
        if n == 0 {
            Reply::Drop
        } else {
            nothing_attached()
        }
    })
    .await;
    ram::detach_policy_from_role(&server.client(), &detachment())
        .await
        .unwrap();
    assert_eq!(server.actions().len(), 2);
}

#[tokio::test]
async fn deleting_what_is_not_there_is_done() {
    let server = Server::start(|_, _| refuse(404, "EntityNotExist.Role")).await;
    ram::delete_role(&server.client(), "r").await.unwrap();
    let server = Server::start(|_, _| refuse(400, "ResourceNotFound")).await;
    imm::delete_project(&server.client(), None, "p")
        .await
        .unwrap();

    let server = Server::start(|n, _| match n {
        0 => Reply::Drop,
        1 => ok(&role(NOW)),
        2 => Reply::Drop,
        _ => refuse(404, "EntityNotExist.Role"),
    })
    .await;
    ram::delete_role(&server.client(), "r").await.unwrap();
    assert_eq!(
        server.actions(),
        ["DeleteRole", "GetRole", "DeleteRole", "GetRole"]
    );

    let server = Server::start(|_, _| refuse(409, "DeleteConflict.Role.Policy")).await;
    let error = ram::delete_role(&server.client(), "r").await.unwrap_err();
    assert!(error.is(ErrorKind::DeleteConflict));
}

#[tokio::test]
async fn a_project_is_settled_and_waited_for() {
    let old = json!({"Project": {"ProjectName": "p"}});
    let new = json!({"Project": {"ProjectName": "p", "Description": "d",
        "CreateTime": "2025-02-08T15:33:20.011643661+08:00"}});
    let (accepted, shown) = (new.clone(), new.clone());
    let server = Server::start(move |n, seen| match (n, seen.action.as_str()) {
        (_, "UpdateProject") => ok(&accepted),
        (0..5, _) => ok(&old),
        _ => ok(&shown),
    })
    .await;
    let client = server.client();
    let update = UpdateProject {
        project_name: "p".into(),
        description: Some("d".into()),
        ..UpdateProject::default()
    };
    imm::update_project(&client, None, &update).await.unwrap();
    let project = imm::wait_for_update(&client, None, &update, imm::VISIBLE)
        .await
        .unwrap();
    assert_eq!(project.description.as_deref(), Some("d"));
    assert_eq!(server.actions().len(), 6);

    let server = Server::start(move |n, _| if n == 0 { Reply::Drop } else { ok(&new) }).await;
    let creation = crate::api::imm::CreateProject {
        project_name: "p".into(),
        description: Some("d".into()),
        ..Default::default()
    };
    imm::create_project(&server.client(), None, &creation)
        .await
        .unwrap();
    assert_eq!(server.actions(), ["CreateProject", "GetProject"]);
}

#[tokio::test]
async fn waiting_ends_with_an_error_that_says_for_what() {
    let server = Server::start(|_, _| ok(&json!({"Project": {"ProjectName": "p"}}))).await;
    let client = server.client();
    let update = UpdateProject {
        project_name: "p".into(),
        description: Some("d".into()),
        ..UpdateProject::default()
    };
    let error = imm::wait_for_update(&client, None, &update, imm::VISIBLE)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert_eq!(
        error.to_string(),
        "360 seconds have passed without a sign that reads of the project `p` show the accepted \
         update"
    );
}

#[tokio::test]
async fn a_project_is_emptied_from_the_inside() {
    let mut trigger_state = "Running";
    let server = Server::start(move |_, seen| match seen.action.as_str() {
        "ListTriggers" => ok(&json!({"Triggers": [{"Id": "t", "State": "Running"}]})),
        "SuspendTrigger" => {
            trigger_state = "Suspended";
            ok(&json!({}))
        }
        "GetTrigger" => ok(&json!({"Trigger": {"Id": "t", "State": trigger_state}})),
        "ListBatches" => ok(&json!({"Batches": [{"Id": "b", "State": "Succeeded"}]})),
        "ListDatasets" => ok(&json!({"Datasets": [{"ProjectName": "p", "DatasetName": "d"}]})),
        "ListBindings" => ok(&json!({"Bindings": [
            {"ProjectName": "p", "DatasetName": "d", "URI": "oss://bucket"}]})),
        "ListAttachedOSSBuckets" => ok(&json!({"AttachedOSSBuckets": [
            {"ProjectName": "p", "OSSBucket": "bucket"}]})),
        "DeleteBatch" => refuse(404, "ResourceNotFound"),
        _ => ok(&json!({})),
    })
    .await;
    imm::empty_project(&server.client(), None, "p")
        .await
        .unwrap();
    let writes: Vec<String> = server
        .actions()
        .into_iter()
        .filter(|action| !action.starts_with("List") && !action.starts_with("Get"))
        .collect();
    assert_eq!(
        writes,
        [
            "SuspendTrigger",
            "DeleteTrigger",
            "DeleteBatch",
            "DeleteBinding",
            "DeleteDataset",
            "DetachOSSBucket"
        ]
    );
}

// Pages and tags.

#[tokio::test]
async fn lists_are_read_to_the_end() {
    let server = Server::start(|n, _| match n {
        0 => ok(&json!({"NextToken": "b", "Projects": [{"ProjectName": "a"}]})),
        _ => ok(&json!({"Projects": [{"ProjectName": "b"}]})),
    })
    .await;
    let projects = imm::list_projects(&server.client(), None, None)
        .await
        .unwrap();
    assert_eq!(projects.len(), 2);
    assert_eq!(server.seen()[0].params.get("NextToken"), None);
    assert_eq!(server.seen()[1].params.get("NextToken"), Some("b"));

    let server = Server::start(|_, _| ok(&json!({"NextToken": "same", "Projects": []}))).await;
    let error = server
        .client()
        .list(None, ListProjects::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Answer);
}

#[tokio::test]
async fn tags_are_changed_by_their_difference() {
    let server = Server::start(|_, _| ok(&json!({}))).await;
    let map = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    let are = map(&[("keep", "1"), ("change", "1"), ("remove", "1")]);
    let wanted = map(&[("keep", "1"), ("change", "2"), ("add", "1")]);
    ram::change_tags(&server.client(), ram::ROLE, "r", &are, &wanted)
        .await
        .unwrap();
    let seen = server.seen();
    assert_eq!(server.actions(), ["UntagResources", "TagResources"]);
    assert_eq!(seen[0].params.get("TagKeys"), Some("[\"remove\"]"));
    assert_eq!(
        seen[1].params.get("Tag"),
        Some("[{\"Key\":\"add\",\"Value\":\"1\"},{\"Key\":\"change\",\"Value\":\"2\"}]")
    );
    ram::change_tags(&server.client(), ram::ROLE, "r", &are, &are)
        .await
        .unwrap();
    assert_eq!(server.seen().len(), 2);
}

// Secrets.

#[tokio::test]
async fn no_secret_is_in_logs_or_errors() {
    const NEW_SECRET: &str = "the-secret-of-a-new-key";
    let logs = Logs::capture();
    let server = Server::start(|n, seen| match seen.action.as_str() {
        "CreateAccessKey" if n == 0 => ok(&json!({"AccessKey": {
            "AccessKeyId": "NEW", "AccessKeySecret": NEW_SECRET, "Status": "Active"}})),
        "CreateAccessKey" => ok(&json!({"AccessKey": {
            "AccessKeyId": "NEW", "AccessKeySecret": "x", "Status": NEW_SECRET, "CreateDate": [NEW_SECRET]}})),
        "GetRole" => {
            // The service quotes what it was sent, in clear and encoded.
            let quoted = format!(
                "{SECRET} and {TOKEN} and a-session-token%2Fnobody%2Bmay%3Dsee. server StringToSign \
                 is [x-acs-security-token:{TOKEN}]"
            );
            refuse_with(400, "SignatureDoesNotMatch", &quoted, "")
        }
        _ => refuse(500, "InternalError"),
    })
    .await;
    let client = server.client();
    let mut shown = format!("{client:?}");
    let key = client
        .send(None, &CreateAccessKey::default())
        .await
        .unwrap();
    assert_eq!(key.access_key.access_key_secret.expose(), NEW_SECRET);
    shown.push_str(&format!("{key:?}"));
    let mut show = |error: Error| shown.push_str(&format!("{error} {error:?}"));
    show(
        client
            .send(None, &CreateAccessKey::default())
            .await
            .unwrap_err(),
    );
    let error = client.send(None, &get_role()).await.unwrap_err();
    assert!(error.is(ErrorKind::Auth));
    show(error);
    show(sts::caller_identity(&client).await.unwrap_err());
    let logs = logs.text();
    for call in [
        "CreateAccessKey",
        "GetRole",
        "GetCallerIdentity",
        "request_id",
        "duration_ms",
    ] {
        assert!(logs.contains(call), "{call} is not logged:\n{logs}");
    }
    for text in [&logs, &shown] {
        for secret in [SECRET, TOKEN, NEW_SECRET, "a-session-token", "Signature="] {
            assert!(!text.contains(secret), "{secret} is shown in:\n{text}");
        }
    }
}

#[tokio::test]
async fn without_credentials_nothing_is_sent() {
    let server = Server::start(|_, _| ok(&role(NOW))).await;
    let client = server.client_with(|config| {
        config.credentials = super::credentials::Chain::new(Vec::new());
    });
    let error = client.send(None, &get_role()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Credentials);
    assert!(server.actions().is_empty());
}
