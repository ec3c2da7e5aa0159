//! What depends on the clock.

use std::time::Duration;

use crate::api::{imm, ram, sts};

use super::{Caller, Clock, allow, code, get, memory, role, trust, usual_role};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn old_and_early_requests_are_refused() {
    let clock = Clock::new();
    let root = memory(&clock).await;
    let list = ram::ListUsers::default();
    let (late, too_late) = (root.sign(&list, None), root.sign(&list, None));
    clock.advance(15 * MINUTE);
    root.send::<ram::ListUsers>(late).await.unwrap();
    clock.advance(Duration::from_secs(1));
    let refused = root.send::<ram::ListUsers>(too_late).await.unwrap_err();
    assert_eq!(refused, code(400, "InvalidTimeStamp.Expired"));
}

#[tokio::test]
async fn nonces_are_kept_as_long_as_their_request_would_be_taken() {
    let clock = Clock::new();
    let root = memory(&clock).await;
    let list = ram::ListUsers::default();
    root.send::<ram::ListUsers>(root.sign(&list, Some("n")))
        .await
        .unwrap();
    clock.advance(15 * MINUTE);
    let refused = root
        .send::<ram::ListUsers>(root.sign(&list, Some("n")))
        .await
        .unwrap_err();
    assert_eq!(refused, code(400, "SignatureNonceUsed"));
    clock.advance(2 * MINUTE);
    root.send::<ram::ListUsers>(root.sign(&list, Some("n")))
        .await
        .unwrap();
    let kept = root
        .sandbox
        .use_store(|db| {
            db.query_row("SELECT count(*) FROM nonces", [], |row| {
                row.get::<_, i64>(0)
            })
        })
        .await
        .unwrap();
    assert_eq!(kept, 1, "old nonces are not forgotten");
}

#[tokio::test]
async fn sessions_run_out() {
    let clock = Clock::new();
    let root = memory(&clock).await;
    let user = root.user("somebody").await;
    let account = root.sandbox.account().id.clone();
    root.grant("somebody", "assume", &allow(&["sts:AssumeRole"], "*"))
        .await;
    root.call(ram::CreateRole {
        assume_role_policy_document: trust(&[&format!("acs:ram::{account}:root")]),
        ..role("r")
    })
    .await
    .unwrap();
    let session = user
        .call(sts::AssumeRole {
            role_arn: format!("acs:ram::{account}:role/R"),
            role_session_name: "session".into(),
            duration_seconds: Some(900),
            ..Default::default()
        })
        .await
        .unwrap()
        .credentials;
    let session = Caller {
        sandbox: root.sandbox.clone(),
        id: session.access_key_id,
        secret: session.access_key_secret,
        token: Some(session.security_token),
    };
    clock.advance(899 * Duration::from_secs(1));
    session.call(sts::GetCallerIdentity {}).await.unwrap();
    clock.advance(Duration::from_secs(1));
    let refused = session.call(sts::GetCallerIdentity {}).await.unwrap_err();
    assert_eq!(refused, code(400, "InvalidSecurityToken.Expired"));
}

#[tokio::test]
async fn update_dates_move_and_create_dates_stay() {
    let clock = Clock::new();
    let root = memory(&clock).await;
    let made = root.call(role("r")).await.unwrap().role;
    clock.advance(Duration::from_secs(90));
    root.call(ram::UpdateRole {
        role_name: "r".into(),
        new_description: Some("d".into()),
        ..Default::default()
    })
    .await
    .unwrap();
    let got = root.call(get("r")).await.unwrap().role;
    assert_eq!(got.create_date, made.create_date);
    assert_eq!(made.create_date.as_deref(), Some("2027-01-15T08:00:00Z"));
    assert_eq!(got.update_date.as_deref(), Some("2027-01-15T08:01:30Z"));
}

#[tokio::test]
async fn bindings_triggers_and_batches_move_with_the_clock() {
    let clock = Clock::new();
    let root = memory(&clock).await;
    root.call(usual_role()).await.unwrap();
    let project = || "p".to_owned();
    root.call(imm::CreateProject {
        project_name: project(),
        ..Default::default()
    })
    .await
    .unwrap();
    root.call(imm::CreateDataset {
        project_name: project(),
        dataset_name: "d".into(),
        ..Default::default()
    })
    .await
    .unwrap();
    root.call(imm::CreateBinding {
        project_name: project(),
        dataset_name: "d".into(),
        uri: "oss://bucket".into(),
    })
    .await
    .unwrap();
    root.call(imm::AttachOSSBucket {
        project_name: project(),
        oss_bucket: "bucket".into(),
        description: None,
    })
    .await
    .unwrap();
    let id = root
        .call(imm::CreateBatch {
            project_name: project(),
            input: serde_json::json!({"OSS": {"Bucket": "bucket"}}),
            actions: vec![serde_json::json!({"Name": "doc/convert"})],
            service_role: "AliyunIMMBatchTriggerRole".into(),
            ..Default::default()
        })
        .await
        .unwrap()
        .id;
    let states = async || {
        let binding = root
            .call(imm::GetBinding {
                project_name: project(),
                dataset_name: "d".into(),
                uri: "oss://bucket".into(),
            })
            .await
            .unwrap()
            .binding;
        let batch = root
            .call(imm::GetBatch {
                project_name: project(),
                id: id.clone(),
            })
            .await
            .unwrap()
            .batch;
        (
            binding.phase.unwrap_or(binding.state.unwrap()),
            batch.state.unwrap(),
        )
    };
    for (seconds, binding, batch) in [
        (0, "Ready", "Ready"),
        (2, "FullScanning", "Running"),
        (3, "FullScanning", "Running"),
        (1, "IncrementalScanning", "Succeeded"),
        (9999, "IncrementalScanning", "Succeeded"),
    ] {
        clock.advance(Duration::from_secs(seconds));
        assert_eq!(states().await, (binding.to_owned(), batch.to_owned()));
    }
}
