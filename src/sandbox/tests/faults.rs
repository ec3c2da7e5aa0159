//! Misbehaviour on request.

use std::time::Duration;

use crate::api::{ErrorDocument, imm, ram};
use crate::host::Host;
use crate::sandbox::{Fault, Options, Sandbox};

use super::{Caller, Clock, GRANT, Refused, code, get, memory, role, usual_role};

async fn inject(root: &Caller, fault: &str) {
    root.sandbox.inject(fault.parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn throttling_says_when_to_come_back_and_counts_down() {
    let root = memory(&Clock::new()).await;
    inject(&root, "CreateRole:throttle=2s:2").await;
    let reply = root.reply(root.sign(&role("r"), None)).await.unwrap();
    assert_eq!((reply.status, reply.retry_after), (400, Some(2000)));
    assert_eq!(
        ErrorDocument::parse(&reply.body).unwrap().code,
        "Throttling.User"
    );
    let left: Vec<Fault> = root.sandbox.faults().await.unwrap();
    assert_eq!(left, ["CreateRole:throttle=2s:1".parse::<Fault>().unwrap()]);
    // Another action is not concerned.
    assert_eq!(
        root.call(get("r")).await.unwrap_err(),
        code(404, "EntityNotExist.Role")
    );
    assert_eq!(
        root.call(role("r")).await.unwrap_err(),
        code(400, "Throttling.User")
    );
    root.call(role("r")).await.unwrap();
    assert_eq!(root.sandbox.faults().await.unwrap(), []);
}

#[tokio::test]
async fn errors_refuse_until_they_are_removed() {
    let root = memory(&Clock::new()).await;
    inject(&root, "*:error=503").await;
    for _ in 0..3 {
        let refused = root.call(role("r")).await.unwrap_err();
        assert_eq!(refused, code(503, "ServiceUnavailable"));
    }
    root.sandbox.clear_faults().await.unwrap();
    inject(&root, "*:error=500:1").await;
    let refused = root.call(role("r")).await.unwrap_err();
    assert_eq!(refused, code(500, "InternalError"));
    root.call(role("r")).await.unwrap();
}

#[tokio::test]
async fn a_line_dies_before_or_after_the_write() {
    let root = memory(&Clock::new()).await;
    inject(&root, "CreateRole:drop-before:1").await;
    assert_eq!(root.call(role("r")).await.unwrap_err(), Refused::Dropped);
    assert_eq!(
        root.call(get("r")).await.unwrap_err(),
        code(404, "EntityNotExist.Role")
    );
    inject(&root, "CreateRole:drop-after:1").await;
    assert_eq!(root.call(role("r")).await.unwrap_err(), Refused::Dropped);
    root.call(get("r")).await.unwrap();
}

#[tokio::test]
async fn latency_waits_and_stacks() {
    let clock = Clock::new();
    let root = memory(&clock).await;
    inject(&root, "GetRole:latency=200ms:1").await;
    inject(&root, "*:latency=3s:1").await;
    root.call(role("r")).await.unwrap();
    assert_eq!(clock.moved(), Duration::from_secs(3));
    root.call(get("r")).await.unwrap();
    assert_eq!(clock.moved(), Duration::from_millis(3200));
    root.call(get("r")).await.unwrap();
    assert_eq!(clock.moved(), Duration::from_millis(3200));
}

#[tokio::test]
async fn what_is_made_shows_later() {
    let clock = Clock::new();
    let root = memory(&clock).await;
    inject(&root, "CreateRole:delay=30s:1").await;
    inject(&root, "CreatePolicy:delay=30s:1").await;
    inject(&root, "AttachPolicyToRole:delay=60s:1").await;
    root.call(role("r")).await.unwrap();
    root.call(ram::CreatePolicy {
        policy_name: "p".into(),
        policy_document: GRANT.into(),
        ..Default::default()
    })
    .await
    .unwrap();
    // Writes see what reads do not show.
    assert_eq!(
        root.call(role("r")).await.unwrap_err(),
        code(409, "EntityAlreadyExists.Role")
    );
    root.call(ram::AttachPolicyToRole {
        policy_name: "p".into(),
        policy_type: "Custom".into(),
        role_name: "r".into(),
        resource_group_id: None,
    })
    .await
    .unwrap();

    let policy = || ram::GetPolicy {
        policy_name: "p".into(),
        policy_type: "Custom".into(),
    };
    let attached = || ram::ListPoliciesForRole {
        role_name: "r".into(),
    };
    let missing = || code(404, "EntityNotExist.Role");
    assert_eq!(root.call(get("r")).await.unwrap_err(), missing());
    assert_eq!(root.call(attached()).await.unwrap_err(), missing());
    assert_eq!(
        root.call(policy()).await.unwrap_err(),
        code(404, "EntityNotExist.Policy")
    );
    assert_eq!(
        root.call(ram::ListRoles::default()).await.unwrap().roles,
        []
    );
    clock.advance(Duration::from_secs(30));
    root.call(get("r")).await.unwrap();
    root.call(policy()).await.unwrap();
    assert_eq!(root.call(attached()).await.unwrap().policies, []);
    clock.advance(Duration::from_secs(30));
    assert_eq!(root.call(attached()).await.unwrap().policies.len(), 1);
}

#[tokio::test]
async fn an_updated_project_shows_its_old_values_for_a_while() {
    let clock = Clock::new();
    let root = memory(&clock).await;
    let update = |description: &str, tag: &str| imm::UpdateProject {
        project_name: "p".into(),
        description: Some(description.into()),
        tag: Some(vec![imm::Tag::new("k", tag)]),
        ..Default::default()
    };
    root.call(usual_role()).await.unwrap();
    root.call(imm::CreateProject {
        project_name: "p".into(),
        description: Some("one".into()),
        tag: Some(vec![imm::Tag::new("k", "1")]),
        ..Default::default()
    })
    .await
    .unwrap();
    inject(&root, "UpdateProject:delay=300s:2").await;
    let answer = root.call(update("two", "2")).await.unwrap().project;
    assert_eq!(answer.description.as_deref(), Some("two"));

    let shown = async || {
        let got = root
            .call(imm::GetProject {
                project_name: "p".into(),
                with_statistics: None,
            })
            .await
            .unwrap()
            .project;
        let listed = root.call(imm::ListProjects::default()).await.unwrap();
        assert_eq!(listed.projects, std::slice::from_ref(&got));
        let tag = got.tags.unwrap().into_iter().next().unwrap().tag_value;
        (got.description.unwrap(), tag)
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(shown().await, pair("one", "1"));
    clock.advance(Duration::from_secs(200));
    // A second update takes its own time, from what is shown then.
    root.call(update("three", "3")).await.unwrap();
    clock.advance(Duration::from_secs(299));
    assert_eq!(shown().await, pair("one", "1"));
    clock.advance(Duration::from_secs(1));
    assert_eq!(shown().await, pair("three", "3"));
    root.call(update("four", "4")).await.unwrap();
    assert_eq!(shown().await, pair("four", "4"));
}

#[tokio::test]
async fn a_fault_reaches_other_processes_through_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let open = || Sandbox::open(&path, Options::default(), Host::system());
    let served = Caller::root(&open().await.unwrap());
    let test = open().await.unwrap();
    test.inject("CreateRole:drop-after:1".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(served.call(role("r")).await.unwrap_err(), Refused::Dropped);
    assert_eq!(test.faults().await.unwrap(), []);
}
