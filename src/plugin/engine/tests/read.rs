//! Stored state, drift, imports and data sources.

use super::lab::*;
use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::engine::{
    RawState, UpgradeResourceIdentityRequest, UpgradeResourceStateRequest,
    UpgradeResourceStateResponse,
};
use crate::plugin::testing::{Action, Failure, FakeCore};
use crate::plugin::value::{Dynamic, Value};

fn document(body: &str) -> Dynamic {
    object([("name", text("a")), ("body", text(body))])
}

fn titles(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics.iter().map(|d| d.summary.clone()).collect()
}

async fn upgrade(
    core: &FakeCore,
    type_name: &str,
    version: i64,
    json: &str,
) -> Result<Dynamic, Diagnostics> {
    let request = UpgradeResourceStateRequest {
        type_name: type_name.to_owned(),
        version,
        raw_state: RawState {
            json: json.as_bytes().to_vec(),
            has_flatmap: false,
        },
    };
    let ty = core.schema(type_name).unwrap().implied_type();
    let UpgradeResourceStateResponse {
        upgraded_state,
        diagnostics,
    } = core.engine().upgrade_resource_state(request).await;
    match upgraded_state {
        Some(state) => {
            assert!(diagnostics.is_empty());
            Ok(state.decode(&ty).unwrap())
        }
        None => Err(diagnostics),
    }
}

#[tokio::test]
async fn state_of_today_passes_with_what_is_too_much_and_too_little() {
    let (core, _) = core().await;
    let json = r#"{"name":"n","gone":{"x":1},"rule":[{"port":1,"protocol":"tcp","old":true}]}"#;
    let state = upgrade(&core, "lab_nest", 0, json).await.unwrap();
    assert_eq!(state.attribute("name"), Some(&text("n")));
    // Blocks that the schema has gained since are none, not null.
    assert_eq!(state.attribute("member"), Some(&Dynamic::Set(Vec::new())));
    assert_eq!(state.attribute("spec"), Some(&Dynamic::Null));
    let rule = &state.attribute("rule").unwrap().elements().unwrap()[0];
    assert_eq!(rule.attribute("handle"), Some(&Dynamic::Null));
    assert_eq!(rule.attribute("old"), None);
    let secret = r#"{"name":"n","password_wo":"leaked","login":{"user":"u","pin_wo":1}}"#;
    let state = upgrade(&core, "lab_secret", 0, secret).await.unwrap();
    assert!(!format!("{state:?}").contains("leaked"));
}

#[tokio::test]
async fn older_state_takes_one_step_to_today() {
    let (core, _) = core().await;
    let state = upgrade(&core, "lab_home", 0, r#"{"label":"h","rooms":3,"gone":1}"#)
        .await
        .unwrap();
    let expected = object([
        ("account", text("acme")),
        ("name", text("h")),
        ("color", Dynamic::Null),
    ]);
    assert_eq!(state, expected);
    let errors = upgrade(&core, "lab_home", 0, r#"{"label":"h","rooms":13}"#)
        .await
        .unwrap_err();
    assert_eq!(titles(&errors), ["Unlucky"]);
    let errors = upgrade(&core, "lab_home", 1, "{}").await.unwrap_err();
    assert_eq!(titles(&errors), ["State Cannot Be Upgraded"]);
    assert!(errors.to_string().contains("can upgrade from 0"));
    let errors = upgrade(&core, "lab_home", 3, "{}").await.unwrap_err();
    assert_eq!(titles(&errors), ["State Too New"]);
    let errors = upgrade(&core, "lab_home", 2, r#"{"name":["h"]}"#)
        .await
        .unwrap_err();
    assert_eq!(titles(&errors), ["Stored State Cannot Be Read"]);
    assert_eq!(
        errors
            .iter()
            .next()
            .unwrap()
            .path
            .as_ref()
            .unwrap()
            .to_string(),
        "name"
    );
    for bad in ["", "null", "[]"] {
        assert!(upgrade(&core, "lab_home", 2, bad).await.is_err(), "{bad:?}");
    }
    let flatmap = UpgradeResourceStateRequest {
        type_name: "lab_home".to_owned(),
        version: 0,
        raw_state: RawState {
            json: Vec::new(),
            has_flatmap: true,
        },
    };
    let response = core.engine().upgrade_resource_state(flatmap).await;
    assert_eq!(titles(&response.diagnostics), ["State Too Old"]);
}

#[tokio::test]
async fn identities_upgrade_too() {
    let (core, _) = core().await;
    let ask = async |type_name: &str, version: i64| {
        let request = UpgradeResourceIdentityRequest {
            type_name: type_name.to_owned(),
            version,
            raw_identity: RawState {
                json: br#"{"account":"acme","name":"h","old":1}"#.to_vec(),
                has_flatmap: false,
            },
        };
        core.engine().upgrade_resource_identity(request).await
    };
    let response = ask("lab_home", 1).await;
    assert!(response.diagnostics.is_empty() && response.upgraded_identity.is_some());
    assert_eq!(
        titles(&ask("lab_home", 0).await.diagnostics),
        ["Identity Cannot Be Upgraded"]
    );
    assert_eq!(
        titles(&ask("lab_nest", 0).await.diagnostics),
        ["No Resource Identity"]
    );
}

#[tokio::test]
async fn drift_is_told_from_other_words_for_the_same() {
    let (core, cloud) = core().await;
    let made = core
        .converge("lab_document", None, document("a b"))
        .await
        .unwrap();
    let set = |body: &str| {
        let mut documents = cloud.documents.lock().unwrap();
        documents.get_mut("doc-a").unwrap().body = Value::Known(body.to_owned());
    };
    set("a\nb");
    let read = core.refresh(&made).await.unwrap().unwrap();
    assert_eq!(read, made);
    set("changed");
    let read = core.refresh(&made).await.unwrap().unwrap();
    assert_eq!(read.state.attribute("body"), Some(&text("changed")));
    let change = core
        .plan("lab_document", Some(&made), Some(document("a b")))
        .await
        .unwrap();
    assert_eq!(change.action, Action::Update);
    let made = core
        .converge("lab_document", Some(&made), document("a b"))
        .await
        .unwrap();

    cloud.documents.lock().unwrap().clear();
    assert_eq!(core.refresh(&made).await.unwrap(), None);
    let change = core
        .plan("lab_document", Some(&made), Some(document("a b")))
        .await
        .unwrap();
    assert_eq!(change.action, Action::Create);
}

#[tokio::test]
async fn a_failed_read_is_an_error_and_not_a_loss() {
    let (core, _) = core().await;
    let config = object([("mode", text("unreadable"))]);
    let change = core.plan("lab_flaky", None, Some(config)).await.unwrap();
    let made = core.apply(change).await.unwrap().unwrap();
    let failure = core.refresh(&made).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics()), ["Read Failed"]);
    core.configure(object([("region", Dynamic::unknown())]))
        .await
        .unwrap();
    let failure = core.refresh(&made).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics()), ["Provider Not Configured"]);
}

#[tokio::test]
async fn an_import_reads_everything_and_then_plans_nothing() {
    let (core, _) = core().await;
    core.converge("lab_document", None, document("x"))
        .await
        .unwrap();
    let imported = core.import("lab_document", "doc-a").await.unwrap();
    // No read can find out how the provider is to act; the default it is.
    assert_eq!(
        imported.state.attribute("force"),
        Some(&Dynamic::Bool(false))
    );
    let change = core
        .plan("lab_document", Some(&imported), Some(document("x")))
        .await
        .unwrap();
    assert_eq!(change.action, Action::NoOp);

    let failure = core.import("lab_document", "a").await.unwrap_err();
    assert!(
        failure
            .diagnostics()
            .to_string()
            .contains("Write `doc-<name>`")
    );
    let failure = core.import("lab_document", "").await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics()), ["Import Id Missing"]);
    let failure = core.import("lab_document", "doc-gone").await.unwrap_err();
    assert_eq!(
        titles(&failure.diagnostics()),
        ["Cannot import non-existent remote object"]
    );
    let failure = core
        .import_identity("lab_document", object([]))
        .await
        .unwrap_err();
    assert_eq!(
        titles(&failure.diagnostics()),
        ["Import By Identity Not Supported"]
    );
}

#[tokio::test]
async fn an_import_by_identity_finds_out_the_rest() {
    let (core, _) = core().await;
    let config = object([("name", text("h")), ("color", text("red"))]);
    core.converge("lab_home", None, config.clone())
        .await
        .unwrap();
    let imported = core
        .import_identity(
            "lab_home",
            object([("account", text("acme")), ("name", text("h"))]),
        )
        .await
        .unwrap();
    let change = core
        .plan("lab_home", Some(&imported), Some(config))
        .await
        .unwrap();
    assert_eq!(change.action, Action::NoOp);
    assert!(core.import("lab_home", "h").await.is_ok());
    let partial = object([("account", Dynamic::Null), ("name", text("h"))]);
    let same = core.import_identity("lab_home", partial).await.unwrap();
    assert_eq!(same.identity, imported.identity);
    let missing = object([("account", text("acme")), ("name", Dynamic::Null)]);
    let failure = core.import_identity("lab_home", missing).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics()), ["Incomplete Identity"]);
}

#[tokio::test]
async fn data_sources_know_their_defaults_and_answer_or_fail() {
    let (core, _) = core().await;
    core.converge("lab_document", None, document("x"))
        .await
        .unwrap();
    let ask = |prefix: &str| object([("prefix", text(prefix))]);
    let (found, warnings) = core
        .read_data_with_warnings("lab_count", ask("doc"))
        .await
        .unwrap();
    assert_eq!(found.attribute("total"), Some(&number(1)));
    assert_eq!(found.attribute("at_most"), Some(&number(10)));
    assert_eq!(titles(&warnings), ["Counted"]);
    let failure = core.read_data("lab_count", ask("none")).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics()), ["Not Found"]);
    let failure = core
        .read_data("lab_count", ask("unknown"))
        .await
        .unwrap_err();
    assert_eq!(titles(&failure.diagnostics()), ["Provider Bug"]);

    let words = |words: Vec<Dynamic>| object([("words", Dynamic::List(words))]);
    let failure = core
        .read_data("lab_echo", words(Vec::new()))
        .await
        .unwrap_err();
    assert!(matches!(&failure, Failure::Refused { .. }));
    assert_eq!(titles(&failure.diagnostics()), ["Too Few Words"]);
    core.configure(object([("region", Dynamic::unknown())]))
        .await
        .unwrap();
    let failure = core.read_data("lab_count", ask("doc")).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics()), ["Provider Not Configured"]);
    let said = core
        .read_data(
            "lab_echo",
            words(vec![text("hear"), Dynamic::Null, text("me")]),
        )
        .await
        .unwrap();
    assert_eq!(said.attribute("joined"), Some(&text("hear me")));
    core.engine().stop();
    let failure = core
        .read_data("lab_echo", words(vec![text("x")]))
        .await
        .unwrap_err();
    assert_eq!(titles(&failure.diagnostics()), ["Operation Interrupted"]);
}
