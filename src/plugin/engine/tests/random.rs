//! Random configurations, one after the other: whatever an author writes, no rule of core's is
//! broken, what is applied plans as no change, and unknowns come out in the end.

use proptest::prelude::*;

use super::lab::*;
use crate::plugin::testing::Failure;
use crate::plugin::value::Dynamic;

/// A text, null, or (where allowed) unknown.
fn word(unknowns: bool) -> BoxedStrategy<Dynamic> {
    let texts = prop_oneof![Just("a"), Just("b"), Just("a b"), Just("")].prop_map(text);
    if unknowns {
        prop_oneof![4 => texts, 1 => Just(Dynamic::unknown())].boxed()
    } else {
        texts.boxed()
    }
}

fn or_null(strategy: BoxedStrategy<Dynamic>) -> BoxedStrategy<Dynamic> {
    prop_oneof![2 => strategy, 1 => Just(Dynamic::Null)].boxed()
}

fn members(fields: Vec<(&'static str, BoxedStrategy<Dynamic>)>) -> BoxedStrategy<Dynamic> {
    let (names, strategies): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
    strategies
        .prop_map(move |values| Dynamic::object(names.iter().copied().zip(values)))
        .boxed()
}

fn list(element: BoxedStrategy<Dynamic>) -> BoxedStrategy<Dynamic> {
    prop::collection::vec(element, 0..4)
        .prop_map(Dynamic::List)
        .boxed()
}

fn set(element: BoxedStrategy<Dynamic>) -> BoxedStrategy<Dynamic> {
    prop::collection::vec(element, 0..4)
        .prop_map(Dynamic::set_of)
        .boxed()
}

fn map(element: BoxedStrategy<Dynamic>) -> BoxedStrategy<Dynamic> {
    prop::collection::btree_map("[a-c]", element, 0..3)
        .prop_map(Dynamic::Map)
        .boxed()
}

fn rule(unknowns: bool) -> BoxedStrategy<Dynamic> {
    members(vec![
        ("port", (1..4_i64).prop_map(number).boxed()),
        ("protocol", or_null(word(unknowns))),
        ("zone", or_null(word(unknowns))),
    ])
}

fn member(unknowns: bool) -> BoxedStrategy<Dynamic> {
    members(vec![
        ("name", word(unknowns)),
        ("role", or_null(word(unknowns))),
    ])
}

fn settings(unknowns: bool) -> BoxedStrategy<Dynamic> {
    members(vec![
        ("mode", word(unknowns)),
        ("note", or_null(word(unknowns))),
        ("limits", or_null(list(word(unknowns)))),
    ])
}

fn nest(unknowns: bool) -> BoxedStrategy<Dynamic> {
    members(vec![
        (
            "name",
            prop_oneof![3 => Just(text("n")), 1 => Just(text("m"))].boxed(),
        ),
        ("rule", list(rule(unknowns))),
        ("member", set(member(unknowns))),
        ("settings", or_null(settings(unknowns))),
        ("spec", or_null(settings(unknowns))),
        ("steps", or_null(list(rule(unknowns)))),
        ("peers", or_null(set(member(unknowns)))),
        ("routes", or_null(map(rule(unknowns)))),
    ])
}

fn document(unknowns: bool) -> BoxedStrategy<Dynamic> {
    let name = prop_oneof![3 => Just(text("n")), 1 => Just(text("m"))].boxed();
    let yes_or_no = any::<bool>().prop_map(Dynamic::Bool).boxed();
    let timeouts = members(vec![("read", Just(text("5m")).boxed())]);
    members(vec![
        ("name", name),
        ("body", word(unknowns)),
        ("description", or_null(word(unknowns))),
        ("zone", or_null(word(unknowns))),
        ("force", or_null(yes_or_no)),
        ("tags", or_null(map(word(unknowns)))),
        ("timeouts", or_null(timeouts)),
    ])
}

/// The configuration with every unknown found out.
fn settle(config: Dynamic) -> Dynamic {
    let settled = config.transform::<()>(&mut |_, part| {
        Ok(if part.is_unknown() {
            text("late")
        } else {
            part
        })
    });
    settled.expect("nothing here fails")
}

/// Applies one configuration after the other to one object.
async fn live(type_name: &str, configs: Vec<Dynamic>) -> Result<(), Failure> {
    let (core, cloud) = core().await;
    cloud
        .default_tags
        .lock()
        .unwrap()
        .insert("by".into(), "lab".into());
    let mut stored = None;
    for config in configs {
        let change = core
            .plan(type_name, stored.as_ref(), Some(config.clone()))
            .await?;
        let made = core.apply_with(change, settle(config.clone())).await?;
        let made = core
            .converge(type_name, made.as_ref(), settle(config))
            .await?;
        stored = Some(made);
    }
    if let Some(stored) = stored {
        core.destroy(&stored).await?;
    }
    Ok(())
}

fn run(type_name: &str, configs: Vec<Dynamic>) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let outcome = runtime.block_on(live(type_name, configs));
    outcome.map_err(|failure| TestCaseError::fail(format!("{failure:?}")))
}

/// Each case is a whole life; `PROPTEST_CASES` asks for more of them.
fn lives() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: usual.cases / 8,
        failure_persistence: None,
        ..usual
    }
}

proptest! {
    #![proptest_config(lives())]

    #[test]
    fn nests_live_by_the_rules(configs in prop::collection::vec(nest(true), 1..4)) {
        run("lab_nest", configs)?;
    }

    #[test]
    fn documents_live_by_the_rules(configs in prop::collection::vec(document(true), 1..5)) {
        run("lab_document", configs)?;
    }
}
