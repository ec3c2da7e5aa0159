//! Validation: everything at once, at the right place, and nothing about what is not known.

use super::lab::*;
use crate::plugin::diagnostics::{Diagnostics, Severity};
use crate::plugin::engine::ClientCapabilities;
use crate::plugin::testing::{Failure, FakeCore};
use crate::plugin::value::Dynamic;

fn lines(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics
        .iter()
        .map(|d| {
            let path = d.path.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{path}: {}", d.summary)
        })
        .collect()
}

async fn refused(core: &FakeCore, type_name: &str, config: Dynamic) -> Diagnostics {
    match core.validate(type_name, config).await {
        Err(Failure::Refused { diagnostics, .. }) => diagnostics,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn all_errors_come_at_once() {
    let (core, _) = core().await;
    let config = object([
        ("id", text("mine")),
        ("name", text("far-too-long")),
        ("format", text("YAML")),
        (
            "timeouts",
            object([("create", text("soon")), ("read", text("5m"))]),
        ),
    ]);
    let found = refused(&core, "lab_document", config).await;
    assert_eq!(
        lines(&found),
        [
            "id: Value For Read-Only Attribute",
            "name: Invalid Length",
            "name: Invalid Character",
            "body: Missing Required Argument",
            "format: Invalid Value",
            "timeouts.create: Invalid Timeout",
        ]
    );
    let details: Vec<&str> = found.iter().map(|d| d.detail.as_str()).collect();
    assert!(details[1].contains("LAB001: the value has 12 characters; it must have 1 to 8"));
    assert!(details[4].contains("did you mean `yaml`?"));
    assert!(details[5].contains("`soon` is not a duration"));
}

#[tokio::test]
async fn nested_values_are_judged_at_every_depth() {
    let (core, _) = core().await;
    let config = object([
        ("name", text("n")),
        (
            "ports",
            Dynamic::set_of(vec![number(0), number(70000), number(22)]),
        ),
        (
            "rule",
            Dynamic::List(vec![
                object([("port", number(80))]),
                object([("port", Dynamic::Null), ("handle", text("h"))]),
            ]),
        ),
        (
            "member",
            Dynamic::set_of(vec![object([("joined", number(1))])]),
        ),
        ("settings", object([("note", text("x"))])),
        (
            "routes",
            Dynamic::map_of([("a", object([("port", number(0))]))]),
        ),
        (
            "spec",
            object([
                ("mode", text("m")),
                ("limits", Dynamic::List(vec![text("1"), Dynamic::Null])),
            ]),
        ),
    ]);
    let found = refused(&core, "lab_nest", config).await;
    assert_eq!(
        lines(&found),
        [
            "ports: Value Out Of Range",
            "spec.limits[1]: Value Does Not Fit Its Type",
            "routes[\"a\"].port: Value Out Of Range",
            "rule[1].port: Missing Required Argument",
            "rule[1].handle: Value For Read-Only Attribute",
            "member: Missing Required Argument",
            "member: Value For Read-Only Attribute",
            "settings.mode: Missing Required Argument",
            "settings.note: Deprecated Attribute",
        ]
    );
    let in_set: Vec<&str> = found
        .iter()
        .filter(|d| d.path.as_ref().is_some_and(|p| p.to_string() == "member"))
        .map(|d| d.detail.as_str())
        .collect();
    assert!(in_set[0].contains("`member.name`"), "{in_set:?}");
    assert!(
        found
            .iter()
            .next()
            .unwrap()
            .detail
            .contains("element `70000`: 70000 is out of range")
    );
    let warnings = found
        .iter()
        .filter(|d| d.severity == Severity::Warning)
        .count();
    assert_eq!(warnings, 1);
}

#[tokio::test]
async fn unknown_values_are_never_refused() {
    let (core, _) = core().await;
    let unknown = Dynamic::unknown;
    for (type_name, config) in [
        (
            "lab_document",
            object([
                ("id", unknown()),
                ("name", unknown()),
                ("body", unknown()),
                ("format", unknown()),
                ("tags", Dynamic::map_of([("a", unknown())])),
                ("timeouts", object([("create", unknown())])),
            ]),
        ),
        (
            "lab_nest",
            object([
                ("name", unknown()),
                ("ports", Dynamic::Set(vec![unknown(), number(1)])),
                ("any", unknown()),
                ("rule", unknown()),
                ("member", Dynamic::Set(vec![object([("name", unknown())])])),
                ("settings", unknown()),
                ("steps", Dynamic::List(vec![unknown()])),
                ("peers", unknown()),
            ]),
        ),
    ] {
        assert_eq!(
            lines(&core.validate(type_name, config).await.unwrap()),
            [""; 0]
        );
    }
}

#[tokio::test]
async fn a_number_that_fits_no_model_is_refused_and_the_author_is_not_asked() {
    let (core, _) = core().await;
    for bad in ["9223372036854775808", "1.5"] {
        let value = Dynamic::Number(bad.parse().unwrap());
        let config = object([("mode", text("x")), ("level", value)]);
        let found = refused(&core, "lab_flaky", config).await;
        assert_eq!(lines(&found), ["level: Value Does Not Fit Its Type"]);
    }
}

#[tokio::test]
async fn the_author_is_asked_too() {
    let (core, _) = core().await;
    let config = object([("color", text("plaid"))]);
    let found = refused(&core, "lab_home", config).await;
    assert_eq!(
        lines(&found),
        ["name: Missing Required Argument", "color: No Such Color"]
    );
}

#[tokio::test]
async fn write_only_values_need_a_client_that_knows_them() {
    let (core, _) = core().await;
    let config = || object([("name", text("s")), ("password_wo", text("hidden"))]);
    core.validate("lab_secret", config()).await.unwrap();
    let old = core.with_capabilities(ClientCapabilities::default());
    let found = refused(&old, "lab_secret", config()).await;
    assert_eq!(
        lines(&found),
        ["password_wo: Write-Only Attribute Not Supported"]
    );
    assert!(!found.iter().next().unwrap().detail.contains("hidden"));
}

#[tokio::test]
async fn the_provider_block_is_judged_and_configured() {
    let (core, _) = core().await;
    let both = object([("region", text("a")), ("old_region", text("b"))]);
    let error = core.configure(both).await.unwrap_err();
    assert_eq!(
        lines(&error.diagnostics()),
        [
            "old_region: Deprecated Attribute",
            "old_region: Two Regions"
        ]
    );
    let short = object([("token", text("xy"))]);
    let error = core.configure(short).await.unwrap_err();
    assert_eq!(lines(&error.diagnostics()), ["token: Invalid Length"]);
    // The words of the rule, and not the secret value.
    let detail = &error.diagnostics().iter().next().unwrap().detail.clone();
    assert_eq!(detail, "the value of `token` must be: 3 to 8 characters.");
    let error = core
        .configure(object([("token", text("wrong"))]))
        .await
        .unwrap_err();
    assert_eq!(lines(&error.diagnostics()), [": Wrong Token"]);
    let warnings = core
        .configure(object([("old_region", text("b"))]))
        .await
        .unwrap();
    assert_eq!(lines(&warnings), ["old_region: Deprecated Attribute"]);
}

#[tokio::test]
async fn an_unknown_type_is_an_error() {
    let (core, _) = core().await;
    let request = crate::plugin::engine::ValidateConfigRequest {
        type_name: "lab_gone".to_owned(),
        ..Default::default()
    };
    let response = core
        .engine()
        .validate_resource_config(request.clone())
        .await;
    assert_eq!(lines(&response.diagnostics), [": Unknown Type"]);
    let response = core.engine().validate_data_resource_config(request).await;
    assert_eq!(lines(&response.diagnostics), [": Unknown Type"]);
}
