//! Plans: what is known, what is not, and what replaces.

use super::lab::*;
use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::testing::{Action, Change, Failure};
use crate::plugin::value::{Dynamic, Refinement};

fn document(body: &str) -> Dynamic {
    object([("name", text("a")), ("body", text(body))])
}

fn with(mut config: Dynamic, name: &str, value: Dynamic) -> Dynamic {
    if let Dynamic::Object(members) = &mut config {
        members.insert(name.to_owned(), value);
    }
    config
}

fn planned<'a>(change: &'a Change, name: &str) -> &'a Dynamic {
    change
        .planned
        .attribute(name)
        .expect("the attribute exists")
}

fn unknown_names(change: &Change) -> Vec<String> {
    let Dynamic::Object(members) = &change.planned else {
        return Vec::new();
    };
    members
        .iter()
        .filter(|(_, value)| value.is_unknown())
        .map(|(name, _)| name.clone())
        .collect()
}

fn paths(change: &Change) -> Vec<String> {
    change.replaces.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_create_knows_what_can_be_known() {
    let (core, cloud) = core().await;
    cloud
        .default_tags
        .lock()
        .unwrap()
        .insert("by".into(), "lab".into());
    let change = core
        .plan("lab_document", None, Some(document("x")))
        .await
        .unwrap();
    assert_eq!(change.action, Action::Create);
    assert_eq!(
        unknown_names(&change),
        ["id", "size", "summary", "updated", "zone"]
    );
    assert_eq!(*planned(&change, "format"), text("json"));
    assert_eq!(*planned(&change, "force"), Dynamic::Bool(false));
    assert_eq!(*planned(&change, "tags_all"), strings(&[("by", "lab")]));
    assert_eq!(
        *planned(&change, "id"),
        Dynamic::refined(Refinement::not_null())
    );
    assert_eq!(*planned(&change, "size"), Dynamic::unknown());
    assert!(change.replaces.is_empty());
}

#[tokio::test]
async fn nothing_changes_after_create_and_after_an_equal_rewrite() {
    let (core, cloud) = core().await;
    let made = core
        .converge("lab_document", None, document("{ \"a\" : 1 }"))
        .await
        .unwrap();
    // The author's text is kept, although the cloud stores another.
    assert_eq!(made.state.attribute("body"), Some(&text("{ \"a\" : 1 }")));
    let rewritten = document("{\n  \"a\": 1\n}");
    let change = core
        .plan("lab_document", Some(&made), Some(rewritten))
        .await
        .unwrap();
    assert_eq!(change.action, Action::NoOp);
    assert_eq!(*planned(&change, "body"), text("{ \"a\" : 1 }"));
    assert_eq!(cloud.updates.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[tokio::test]
async fn only_what_may_change_is_unknown() {
    let (core, _) = core().await;
    let made = core
        .converge("lab_document", None, document("x"))
        .await
        .unwrap();

    let other = with(document("x"), "description", text("words"));
    let change = core
        .plan("lab_document", Some(&made), Some(other.clone()))
        .await
        .unwrap();
    assert_eq!(change.action, Action::Update);
    assert_eq!(unknown_names(&change), ["updated"]);

    // `summary` follows `size`, which follows `body`.
    let change = core
        .plan("lab_document", Some(&made), Some(document("xyz")))
        .await
        .unwrap();
    assert_eq!(unknown_names(&change), ["size", "summary", "updated"]);
    let change = core
        .plan("lab_document", Some(&made), Some(other))
        .await
        .unwrap();
    let made = core.apply(change).await.unwrap().unwrap();
    core.converge("lab_document", Some(&made), document("xyz"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_hook_may_make_a_change_of_what_was_none() {
    let (core, cloud) = core().await;
    let made = core
        .converge("lab_document", None, document("x"))
        .await
        .unwrap();
    cloud
        .default_tags
        .lock()
        .unwrap()
        .insert("new".into(), "tag".into());
    let change = core
        .plan_refreshed("lab_document", Some(made.clone()), Some(document("x")))
        .await
        .unwrap();
    assert_eq!(change.action, Action::Update);
    assert_eq!(*planned(&change, "tags_all"), strings(&[("new", "tag")]));
    // The update will touch the object, and so its time.
    assert_eq!(unknown_names(&change), ["updated"]);
    core.converge("lab_document", Some(&made), document("x"))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_only_the_provider_acts_on_changes_nothing_else() {
    let (core, cloud) = core().await;
    let made = core
        .converge("lab_document", None, document("x"))
        .await
        .unwrap();
    let config = with(document("x"), "force", Dynamic::Bool(true));
    let config = with(config, "timeouts", object([("delete", text("1h"))]));
    let change = core
        .plan("lab_document", Some(&made), Some(config.clone()))
        .await
        .unwrap();
    assert_eq!(change.action, Action::Update);
    assert_eq!(unknown_names(&change), [""; 0]);
    let made = core
        .converge("lab_document", Some(&made), config)
        .await
        .unwrap();
    assert_eq!(made.state.attribute("force"), Some(&Dynamic::Bool(true)));
    assert_eq!(cloud.updates.load(std::sync::atomic::Ordering::Relaxed), 0);
    // Taking both out again is a change back to the defaults.
    let made = core
        .converge("lab_document", Some(&made), document("x"))
        .await
        .unwrap();
    assert_eq!(made.state.attribute("force"), Some(&Dynamic::Bool(false)));
    assert_eq!(made.state.attribute("timeouts"), Some(&Dynamic::Null));
}

#[tokio::test]
async fn an_empty_value_is_as_good_as_none() {
    let (core, _) = core().await;
    let config = with(document("x"), "description", text(""));
    let config = with(config, "tags", strings(&[]));
    let made = core.converge("lab_document", None, config).await.unwrap();
    assert_eq!(made.state.attribute("description"), Some(&text("")));
    assert_eq!(made.state.attribute("tags"), Some(&strings(&[])));
    core.converge("lab_document", Some(&made), document("x"))
        .await
        .unwrap();
}

#[tokio::test]
async fn unknown_configuration_stays_unknown_and_known_stays_known() {
    let (core, _) = core().await;
    let config = object([
        ("name", text("a")),
        ("body", Dynamic::unknown()),
        ("format", Dynamic::unknown()),
        ("zone", Dynamic::unknown()),
        (
            "tags",
            Dynamic::map_of([("known", text("1")), ("later", Dynamic::unknown())]),
        ),
    ]);
    let change = core.plan("lab_document", None, Some(config)).await.unwrap();
    assert_eq!(
        unknown_names(&change),
        [
            "body", "format", "id", "size", "summary", "tags_all", "updated", "zone"
        ]
    );
    // The model cannot hold a map that is known in part; the plan does.
    assert_eq!(
        planned(&change, "tags").attribute("known"),
        Some(&text("1"))
    );
    let known = object([
        ("name", text("a")),
        ("body", text("x")),
        ("format", text("yaml")),
        ("zone", text("zone-z")),
        ("tags", strings(&[("known", "1"), ("later", "2")])),
    ]);
    let made = core.apply_with(change, known).await.unwrap().unwrap();
    assert_eq!(
        made.state.attribute("tags_all"),
        Some(&strings(&[("known", "1"), ("later", "2")]))
    );

    // An update whose values are found out to be the same after all.
    let config = object([
        ("name", text("a")),
        ("body", Dynamic::unknown()),
        ("format", text("yaml")),
        ("zone", text("zone-z")),
        ("tags", strings(&[("known", "1"), ("later", "2")])),
    ]);
    let change = core
        .plan("lab_document", Some(&made), Some(config))
        .await
        .unwrap();
    assert_eq!(change.action, Action::Update);
    assert_eq!(
        unknown_names(&change),
        ["body", "size", "summary", "updated"]
    );
    let same = object([
        ("name", text("a")),
        ("body", text("x")),
        ("format", text("yaml")),
        ("zone", text("zone-z")),
        ("tags", strings(&[("known", "1"), ("later", "2")])),
    ]);
    core.apply_with(change, same).await.unwrap();
}

#[tokio::test]
async fn replacement_is_asked_for_only_where_something_changes() {
    let (core, _) = core().await;
    let made = core
        .converge("lab_document", None, document("x"))
        .await
        .unwrap();
    let config = with(document("x"), "name", text("b"));
    let change = core
        .plan("lab_document", Some(&made), Some(config.clone()))
        .await
        .unwrap();
    assert_eq!(
        (change.action, paths(&change)),
        (Action::Replace, vec!["name".to_owned()])
    );
    assert!(planned(&change, "id").is_unknown());
    let made = core
        .converge("lab_document", Some(&made), config.clone())
        .await
        .unwrap();
    assert_eq!(made.state.attribute("id"), Some(&text("doc-b")));

    // A computed attribute that would replace keeps its value beside any other change.
    let config = with(config, "body", text("long"));
    let change = core
        .plan("lab_document", Some(&made), Some(config.clone()))
        .await
        .unwrap();
    assert_eq!(change.action, Action::Update);
    assert_eq!(*planned(&change, "zone"), text("zone-a"));
    let config = with(config, "zone", Dynamic::unknown());
    let change = core
        .plan("lab_document", Some(&made), Some(config))
        .await
        .unwrap();
    assert_eq!(
        (change.action, paths(&change)),
        (Action::Replace, vec!["zone".to_owned()])
    );
}

#[tokio::test]
async fn a_tainted_object_is_planned_as_a_create() {
    let (core, _) = core().await;
    let mut made = core
        .converge("lab_document", None, document("x"))
        .await
        .unwrap();
    made.tainted = true;
    let change = core
        .plan("lab_document", Some(&made), Some(document("x")))
        .await
        .unwrap();
    assert_eq!(change.action, Action::Replace);
    assert!(planned(&change, "id").is_unknown());
}

#[tokio::test]
async fn a_destroy_is_null_and_the_hook_may_warn() {
    let (core, cloud) = core().await;
    let made = core
        .converge("lab_document", None, document("x"))
        .await
        .unwrap();
    let change = core.plan("lab_document", Some(&made), None).await.unwrap();
    assert_eq!(change.action, Action::Delete);
    assert_eq!(
        change.warnings.iter().next().unwrap().summary,
        "Document Goes"
    );
    assert_eq!(core.apply(change).await.unwrap(), None);
    assert!(cloud.documents.lock().unwrap().is_empty());
    // What is gone already is no longer destroyed.
    let change = core.plan("lab_document", Some(&made), None).await.unwrap();
    assert_eq!(change.action, Action::NoOp);
}

#[tokio::test]
async fn a_hook_that_breaks_the_rules_is_told_so() {
    let (core, _) = core().await;
    let flaky = |level: i64| object([("mode", text("ok")), ("level", number(level))]);
    let errors = |failure: Failure| -> Diagnostics { failure.diagnostics() };
    let refused = core
        .plan("lab_flaky", None, Some(flaky(666)))
        .await
        .unwrap_err();
    let found = errors(refused);
    let bug = found.iter().next().unwrap();
    assert_eq!(bug.summary, "Provider Bug");
    assert!(
        bug.detail
            .contains("level: planned with a value that is neither"),
        "{bug}"
    );

    let made = core.converge("lab_flaky", None, flaky(1)).await.unwrap();
    let refused = core
        .plan("lab_flaky", Some(&made), Some(flaky(404)))
        .await
        .unwrap_err();
    assert!(
        errors(refused)
            .to_string()
            .contains("nowhere: requires replacement, but there is no")
    );
    let change = core
        .plan("lab_flaky", Some(&made), Some(flaky(500)))
        .await
        .unwrap();
    assert_eq!(
        (change.action, paths(&change)),
        (Action::Replace, vec!["level".to_owned()])
    );
}

#[tokio::test]
async fn write_only_values_are_in_no_plan_and_no_state() {
    let (core, cloud) = core().await;
    let config = |password: &str, version: i64| {
        object([
            ("name", text("s")),
            ("password_wo", text(password)),
            ("password_version", number(version)),
            (
                "login",
                object([("user", text("u")), ("pin_wo", number(1234))]),
            ),
        ])
    };
    let made = core
        .converge("lab_secret", None, config("first", 1))
        .await
        .unwrap();
    assert!(!format!("{made:?}").contains("first"));
    assert_eq!(
        made.state.attribute("login").unwrap().attribute("pin_wo"),
        Some(&Dynamic::Null)
    );
    assert_eq!(cloud.secrets.lock().unwrap()["s"], "first");
    // A new password alone is no change; with a new version it is.
    let change = core
        .plan("lab_secret", Some(&made), Some(config("second", 1)))
        .await
        .unwrap();
    assert_eq!(change.action, Action::NoOp);
    let made = core
        .converge("lab_secret", Some(&made), config("second", 2))
        .await
        .unwrap();
    assert_eq!(cloud.secrets.lock().unwrap()["s"], "second");
    assert_eq!(made.state.attribute("token"), Some(&text("t")));
}

fn port(number_: i64) -> Dynamic {
    object([("port", number(number_))])
}

fn named(name: &str) -> Dynamic {
    object([("name", text(name))])
}

fn nest() -> Dynamic {
    object([
        ("name", text("n")),
        (
            "any",
            Dynamic::typed(crate::plugin::value::Type::Number, number(7)),
        ),
        ("rule", Dynamic::List(vec![port(80), port(443)])),
        ("member", Dynamic::set_of(vec![named("ann"), named("bob")])),
        (
            "settings",
            object([
                ("mode", text("fast")),
                ("limits", Dynamic::List(vec![text("1")])),
            ]),
        ),
        ("spec", object([("mode", text("slow"))])),
        ("steps", Dynamic::List(vec![port(1)])),
        ("peers", Dynamic::set_of(vec![named("eve")])),
        ("routes", Dynamic::map_of([("a", port(1)), ("b", port(2))])),
    ])
}

fn at<'a>(value: &'a Dynamic, name: &str, index: usize) -> &'a Dynamic {
    &value.attribute(name).unwrap().elements().unwrap()[index]
}

#[tokio::test]
async fn nested_objects_have_defaults_and_computed_values_of_their_own() {
    let (core, _) = core().await;
    let change = core.plan("lab_nest", None, Some(nest())).await.unwrap();
    let first = at(&change.planned, "rule", 0);
    assert_eq!(first.attribute("protocol"), Some(&text("tcp")));
    assert_eq!(first.attribute("handle"), Some(&Dynamic::unknown()));
    let made = core.converge("lab_nest", None, nest()).await.unwrap();
    let handle = at(&made.state, "rule", 0)
        .attribute("handle")
        .unwrap()
        .clone();

    // A third rule: the first two keep their handles, the new one gets one.
    let more = with(
        nest(),
        "rule",
        Dynamic::List(vec![port(80), port(443), port(8080)]),
    );
    let change = core
        .plan("lab_nest", Some(&made), Some(more.clone()))
        .await
        .unwrap();
    assert_eq!(change.action, Action::Update);
    assert_eq!(
        at(&change.planned, "rule", 0).attribute("handle"),
        Some(&handle)
    );
    assert!(
        at(&change.planned, "rule", 2)
            .attribute("handle")
            .unwrap()
            .is_unknown()
    );
    let made = core.converge("lab_nest", Some(&made), more).await.unwrap();

    // Another member: the one that stays keeps its time, whatever the order.
    let members = Dynamic::set_of(vec![named("zoe"), named("ann")]);
    let other = with(nest(), "member", members);
    let change = core
        .plan("lab_nest", Some(&made), Some(other.clone()))
        .await
        .unwrap();
    let find = |name: &str| {
        let members = change
            .planned
            .attribute("member")
            .unwrap()
            .elements()
            .unwrap();
        let found = members
            .iter()
            .find(|m| m.attribute("name") == Some(&text(name)));
        found
            .expect("the member is planned")
            .attribute("joined")
            .unwrap()
            .clone()
    };
    assert!(find("zoe").is_unknown());
    assert!(matches!(find("ann"), Dynamic::Number(_)));
    let made = core.converge("lab_nest", Some(&made), other).await.unwrap();

    // Everything that is optional goes away again.
    core.converge("lab_nest", Some(&made), named("n"))
        .await
        .unwrap();
}

#[tokio::test]
async fn replacement_reaches_into_lists_and_maps() {
    let (core, _) = core().await;
    let made = core.converge("lab_nest", None, nest()).await.unwrap();
    let moved = |number_| object([("port", number(number_)), ("zone", text("z"))]);
    let config = with(nest(), "rule", Dynamic::List(vec![port(80), moved(443)]));
    let config = with(
        config,
        "routes",
        Dynamic::map_of([("a", moved(1)), ("b", port(2))]),
    );
    let change = core
        .plan("lab_nest", Some(&made), Some(config))
        .await
        .unwrap();
    assert_eq!(change.action, Action::Replace);
    assert_eq!(paths(&change), ["routes[\"a\"].zone", "rule[1].zone"]);
}

#[tokio::test]
async fn dynamic_blocks_that_are_not_known_are_returned_untouched() {
    let (core, _) = core().await;
    let config = with(nest(), "rule", Dynamic::unknown());
    let config = with(config, "member", Dynamic::unknown());
    let config = with(
        config,
        "steps",
        Dynamic::List(vec![Dynamic::unknown(), port(2)]),
    );
    let change = core.plan("lab_nest", None, Some(config)).await.unwrap();
    assert!(planned(&change, "rule").is_unknown());
    assert!(planned(&change, "member").is_unknown());
    let step = at(&change.planned, "steps", 1);
    assert_eq!(step.attribute("protocol"), Some(&text("tcp")));
    let made = core
        .apply_with(
            change,
            with(nest(), "steps", Dynamic::List(vec![port(9), port(2)])),
        )
        .await;
    made.unwrap();
}

#[tokio::test]
async fn a_provider_that_is_not_configured_yet_plans_all_the_same() {
    let (core, _) = core().await;
    core.configure(object([("region", Dynamic::unknown())]))
        .await
        .unwrap();
    let change = core
        .plan("lab_document", None, Some(document("x")))
        .await
        .unwrap();
    assert_eq!(change.action, Action::Create);
    assert!(planned(&change, "tags_all").is_unknown());
    let refused = core.apply(change).await.unwrap_err();
    assert_eq!(
        refused.diagnostics().iter().next().unwrap().summary,
        "Provider Not Configured"
    );
    assert!(refused.state().is_none());
}
