//! Applies: whatever goes wrong, the state says what exists.

use std::time::Duration;

use super::lab::*;
use crate::plugin::testing::{Action, Failure, FakeCore, Instance};
use crate::plugin::value::Dynamic;

fn flaky(mode: &str, level: i64) -> Dynamic {
    object([("mode", text(mode)), ("level", number(level))])
}

async fn fails(core: &FakeCore, before: Option<&Instance>, config: Dynamic) -> Failure {
    let change = core.plan("lab_flaky", before, Some(config)).await.unwrap();
    core.apply(change).await.unwrap_err()
}

fn summaries(failure: &Failure) -> Vec<String> {
    failure
        .diagnostics()
        .iter()
        .map(|d| d.summary.clone())
        .collect()
}

#[tokio::test]
async fn private_state_and_warnings_travel() {
    let (core, _) = core().await;
    let change = core
        .plan("lab_flaky", None, Some(flaky("ok", 1)))
        .await
        .unwrap();
    let made = core.apply(change).await.unwrap().unwrap();
    let kept = String::from_utf8(made.private.clone()).unwrap();
    assert_eq!(kept, r#"{"etag":"b25l"}"#);
    // Read, plan and a failed update echo it; an update that succeeds may change it.
    let failure = fails(&core, Some(&made), flaky("early", 1)).await;
    assert_eq!(failure.state().unwrap().private, made.private);
    let changed = core
        .converge("lab_flaky", Some(&made), flaky("ok", 2))
        .await
        .unwrap();
    assert_eq!(
        String::from_utf8(changed.private).unwrap(),
        r#"{"etag":"dHdv"}"#
    );
}

#[tokio::test]
async fn a_create_that_made_nothing_leaves_nothing() {
    let (core, _) = core().await;
    let failure = fails(&core, None, flaky("early", 1)).await;
    assert_eq!(summaries(&failure), ["Create Failed"]);
    assert!(failure.state().is_none());
}

#[tokio::test]
async fn a_create_that_failed_half_way_is_tainted_and_replaced() {
    let (core, cloud) = core().await;
    let failure = fails(&core, None, flaky("late", 1)).await;
    let left = failure.state().expect("the object is in the state").clone();
    assert!(left.tainted);
    assert_eq!(left.state.attribute("id"), Some(&text("f1")));
    // What was not known yet is null, not unknown.
    assert_eq!(left.state.attribute("result"), Some(&Dynamic::Null));
    assert!(!left.private.is_empty());
    let change = core
        .plan("lab_flaky", Some(&left), Some(flaky("ok", 1)))
        .await
        .unwrap();
    assert_eq!(change.action, Action::Replace);
    core.apply(change).await.unwrap();
    assert_eq!(cloud.flaky.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_panic_after_something_was_made_loses_nothing() {
    let (core, _) = core().await;
    let failure = fails(&core, None, flaky("panic", 1)).await;
    assert_eq!(summaries(&failure), ["Provider Bug"]);
    let left = failure.state().expect("the object is in the state");
    assert!(left.tainted);
    assert_eq!(left.state.attribute("id"), Some(&text("f1")));
}

#[tokio::test]
async fn a_failure_without_a_reason_is_still_a_failure() {
    let (core, _) = core().await;
    let failure = fails(&core, None, flaky("silent", 1)).await;
    assert_eq!(summaries(&failure), ["Provider Bug"]);
    assert!(failure.state().is_some());
}

#[tokio::test]
async fn a_failed_update_keeps_the_prior_state_or_what_was_recorded() {
    let (core, _) = core().await;
    let made = core
        .converge("lab_flaky", None, flaky("ok", 1))
        .await
        .unwrap();
    let failure = fails(&core, Some(&made), flaky("early", 2)).await;
    assert_eq!(failure.state().unwrap().state, made.state);
    assert!(!failure.state().unwrap().tainted);
    let failure = fails(&core, Some(&made), flaky("late", 2)).await;
    let left = failure.state().unwrap();
    assert_eq!(left.state.attribute("level"), Some(&number(2)));
    assert_eq!(left.state.attribute("mode"), Some(&text("ok")));
}

#[tokio::test]
async fn a_failed_delete_keeps_the_object() {
    let (core, _) = core().await;
    let made = core
        .converge("lab_flaky", None, flaky("stuck", 1))
        .await
        .unwrap();
    let change = core.plan("lab_flaky", Some(&made), None).await.unwrap();
    let failure = core.apply(change).await.unwrap_err();
    assert_eq!(summaries(&failure), ["Delete Failed"]);
    assert_eq!(failure.state().unwrap().state, made.state);
    assert_eq!(failure.state().unwrap().private, made.private);
}

#[tokio::test]
async fn an_unknown_that_is_left_over_is_a_bug_and_stored_as_null() {
    let (core, _) = core().await;
    let failure = fails(&core, None, flaky("forgetful", 1)).await;
    let found = failure.diagnostics();
    let bug = found.iter().next().unwrap();
    assert_eq!(bug.summary, "Provider Bug");
    assert_eq!(bug.path.as_ref().unwrap().to_string(), "result");
    let left = failure.state().unwrap();
    assert_eq!(left.state.attribute("result"), Some(&Dynamic::Null));
    assert_eq!(left.state.attribute("id"), Some(&text("f1")));
}

#[tokio::test]
async fn a_timeout_ends_the_operation_and_keeps_what_was_recorded() {
    let (core, _) = core().await;
    let config = object([
        ("mode", text("hang")),
        ("timeouts", object([("create", text("50ms"))])),
    ]);
    let start = crate::plugin::testing::host(&[]).monotonic();
    let failure = fails(&core, None, config).await;
    assert!(start.elapsed() < Duration::from_secs(3));
    let found = failure.diagnostics();
    let error = found.iter().next().unwrap();
    assert_eq!(error.summary, "Operation Timed Out");
    assert!(error.detail.contains("longer than 50ms"), "{error}");
    assert!(error.detail.contains("`create`"), "{error}");
    let left = failure.state().unwrap();
    assert_eq!(left.state.attribute("id"), Some(&text("f1")));
    assert_eq!(
        left.state
            .attribute("timeouts")
            .unwrap()
            .attribute("create"),
        Some(&text("50ms"))
    );
}

#[tokio::test]
async fn stop_cancels_what_listens_and_refuses_what_comes() {
    let (core, _) = core().await;
    let change = core
        .plan("lab_flaky", None, Some(flaky("patient", 1)))
        .await
        .unwrap();
    let engine = core.engine().clone();
    let applying = tokio::spawn({
        let core = core.clone();
        async move { core.apply(change).await }
    });
    tokio::time::timeout(Duration::from_millis(50), std::future::pending::<()>())
        .await
        .unwrap_err();
    let start = crate::plugin::testing::host(&[]).monotonic();
    engine.stop();
    let failure = applying.await.unwrap().unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(3));
    assert_eq!(summaries(&failure), ["Stopped"]);
    let left = failure.state().unwrap().clone();
    assert_eq!(left.state.attribute("result"), Some(&text("interrupted")));

    let refused = core.refresh(&left).await.unwrap_err();
    assert_eq!(summaries(&refused), ["Operation Interrupted"]);
    let refused = core
        .plan_refreshed("lab_flaky", None, Some(flaky("ok", 1)))
        .await
        .unwrap_err();
    assert_eq!(summaries(&refused), ["Operation Interrupted"]);

    // A process that serves the next command is configured again.
    core.configure(object([])).await.unwrap();
    core.refresh(&left).await.unwrap().unwrap();
}

#[tokio::test]
async fn identity_is_set_on_create_and_kept() {
    let (core, _) = core().await;
    let red = object([("name", text("h")), ("color", text("red"))]);
    let change = core.plan("lab_home", None, Some(red)).await.unwrap();
    let made = core.apply(change).await.unwrap().unwrap();
    let identity = object([("account", text("acme")), ("name", text("h"))]);
    assert_eq!(made.identity, Some(identity.clone()));

    // State written by a client that stores no identity gets one all the same.
    let old = Instance {
        identity: None,
        ..made.clone()
    };
    let blue = object([("name", text("h")), ("color", text("blue"))]);
    let change = core
        .plan_refreshed("lab_home", Some(old.clone()), Some(blue))
        .await
        .unwrap();
    let changed = core.apply(change).await.unwrap().unwrap();
    assert_eq!(changed.identity, Some(identity.clone()));
    assert_eq!(
        core.refresh(&old).await.unwrap().unwrap().identity,
        Some(identity)
    );

    let moved = object([("name", text("other"))]);
    let change = core
        .plan("lab_home", Some(&made), Some(moved))
        .await
        .unwrap();
    assert_eq!(change.action, Action::Replace);
    let made = core.apply(change).await.unwrap().unwrap();
    assert_eq!(
        made.identity.unwrap().attribute("name"),
        Some(&text("other"))
    );
}
