//! The rules themselves: each would catch a provider that breaks it.

use super::lab::*;
use crate::plugin::engine::rules::{check_compatible, check_plan, check_replaces};
use crate::plugin::schema::Schema;
use crate::plugin::value::{Dynamic, Path, Refinement, Value};

#[derive(Debug, Clone, PartialEq, Default)]
struct Model {
    a: Value<String>,
    b: Value<String>,
    c: Value<String>,
    d: Value<String>,
    w: Value<String>,
    one: Value<Inner>,
    many: Value<Vec<Inner>>,
    blocks: Value<Vec<Inner>>,
    set: Value<Vec<Inner>>,
    single: Value<Inner>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Inner {
    x: Value<String>,
    y: Value<String>,
}

fn inner() -> Schema<Inner> {
    Schema::<Inner>::new("Inner.")
        .attr("x", "X.", |m| &mut m.x, |a| a.optional())
        .attr("y", "Y.", |m| &mut m.y, |a| a.computed())
}

fn schema() -> Schema<Model> {
    Schema::<Model>::new("Model.")
        .attr("a", "A.", |m| &mut m.a, |a| a.required())
        .attr("b", "B.", |m| &mut m.b, |a| a.optional())
        .attr("c", "C.", |m| &mut m.c, |a| a.optional().computed())
        .attr("d", "D.", |m| &mut m.d, |a| a.computed())
        .attr("w", "W.", |m| &mut m.w, |a| a.optional().write_only())
        .object("one", "One.", |m| &mut m.one, inner(), |a| a.optional())
        .objects("many", "Many.", |m| &mut m.many, inner(), |a| a.optional())
        .blocks("blocks", "Blocks.", |m| &mut m.blocks, inner())
        .block_set("set", "Set.", |m| &mut m.set, inner())
        .block("single", "Single.", |m| &mut m.single, inner())
}

/// A whole value with these members, everything else absent.
fn value<const N: usize>(members: [(&str, Dynamic); N]) -> Dynamic {
    let schema = schema();
    let mut whole = schema.encode(Model::default());
    for (name, member) in members {
        whole.set(&Path::attribute(name), member).unwrap();
    }
    whole
}

fn pair(x: Dynamic, y: Dynamic) -> Dynamic {
    object([("x", x), ("y", y)])
}

fn plan(prior: &Dynamic, config: &Dynamic, planned: &Dynamic) -> Vec<String> {
    let found = check_plan(&schema().data().block, prior, config, planned);
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn plans_that_core_accepts() {
    let null = Dynamic::Null;
    let unknown = Dynamic::unknown;
    let prior = value([("a", text("old")), ("b", text("B")), ("d", text("D"))]);
    for (prior, config, planned) in [
        (&null, value([]), value([])),
        (
            &null,
            value([("a", text("x"))]),
            value([("a", text("x")), ("c", unknown()), ("d", unknown())]),
        ),
        // Semantically equal: the prior value for a configured one.
        (
            &prior,
            value([("a", text("new"))]),
            value([("a", text("old"))]),
        ),
        (
            &null,
            value([("a", unknown())]),
            value([("a", Dynamic::refined(Refinement::not_null()))]),
        ),
        (&null, value([("w", text("s"))]), value([])),
        (
            &null,
            value([("one", pair(text("x"), null.clone()))]),
            value([("one", pair(text("x"), unknown()))]),
        ),
        (
            &null,
            value([("blocks", unknown())]),
            value([("blocks", unknown())]),
        ),
        (
            &null,
            value([("set", Dynamic::Set(vec![pair(unknown(), null.clone())]))]),
            value([("set", Dynamic::Set(vec![pair(text("trusted"), unknown())]))]),
        ),
    ] {
        assert_eq!(plan(prior, &config, &planned), [""; 0], "{planned:?}");
    }
    assert_eq!(plan(&prior, &null, &null), [""; 0]);
}

#[test]
fn plans_that_core_refuses() {
    let null = Dynamic::Null;
    let unknown = Dynamic::unknown;
    let list = |elements: Vec<Dynamic>| Dynamic::List(elements);
    let prior = value([("b", text("B"))]);
    for (config, planned, expected) in [
        (value([]), null.clone(), "planned as null although"),
        (
            null.clone(),
            value([]),
            "planned although the configuration is null",
        ),
        (
            value([("a", text("x"))]),
            value([("a", text("y"))]),
            "a: planned with a value that is neither",
        ),
        (
            value([("a", text("x"))]),
            value([("a", unknown())]),
            "a: planned as unknown although",
        ),
        (
            value([("a", text("x"))]),
            value([]),
            "a: planned as null although",
        ),
        (
            value([("a", unknown())]),
            value([("a", text("x"))]),
            "a: planned as known although",
        ),
        (
            value([]),
            value([("b", text("x"))]),
            "b: planned with a value although",
        ),
        // Keeping the prior value of what the author removed is no equality.
        (
            value([]),
            value([("b", text("B"))]),
            "b: planned with a value although",
        ),
        (
            value([("c", text("x"))]),
            value([("c", text("y"))]),
            "c: planned with a value that is neither",
        ),
        (
            value([("w", text("s"))]),
            value([("w", text("s"))]),
            "w: a write-only attribute",
        ),
        (
            value([("one", pair(text("x"), null.clone()))]),
            value([]),
            "one: planned as null although",
        ),
        (
            value([("one", pair(text("x"), null.clone()))]),
            value([("one", unknown())]),
            "one: known in only one",
        ),
        (
            value([]),
            value([("one", pair(null.clone(), null.clone()))]),
            "one: planned with a value although",
        ),
        (
            value([("one", pair(text("x"), null.clone()))]),
            value([("one", pair(text("y"), null.clone()))]),
            "one.x: planned with a value that is neither",
        ),
        (
            value([("many", list(vec![pair(text("x"), null.clone())]))]),
            value([("many", list(vec![]))]),
            "many: planned with another number",
        ),
        (
            value([("many", list(vec![pair(text("x"), null.clone())]))]),
            value([("many", list(vec![unknown()]))]),
            "many[0]: planned as unknown although",
        ),
        (
            value([("blocks", list(vec![pair(text("x"), null.clone())]))]),
            value([("blocks", list(vec![pair(text("z"), null.clone())]))]),
            "blocks[0].x: planned with a value that is neither",
        ),
        (
            value([]),
            value([("blocks", null.clone())]),
            "blocks: blocks that may be repeated",
        ),
        (
            value([("blocks", unknown())]),
            value([("blocks", list(vec![]))]),
            "blocks: known in only one",
        ),
        (
            value([]),
            value([("set", Dynamic::Set(vec![pair(null.clone(), null.clone())]))]),
            "set: planned with more elements",
        ),
        (
            value([]),
            value([("single", pair(null.clone(), null.clone()))]),
            "single: planned although",
        ),
        (
            value([("single", pair(null.clone(), null.clone()))]),
            value([]),
            "single: planned as null",
        ),
    ] {
        let found = plan(&prior, &config, &planned);
        assert!(
            found.iter().any(|f| f.starts_with(expected)),
            "{expected}: {found:?}"
        );
    }
}

#[test]
fn a_result_keeps_what_was_planned() {
    let unknown = Dynamic::unknown;
    let never_null = || Dynamic::refined(Refinement::not_null());
    let list = |elements: &[&str]| Dynamic::List(elements.iter().map(|e| text(e)).collect());
    let set = |elements: Vec<Dynamic>| Dynamic::Set(elements);
    let problems = |planned: &Dynamic, actual: &Dynamic, known: bool| -> Vec<String> {
        let found = check_compatible(planned, actual, known);
        found.iter().map(ToString::to_string).collect()
    };
    for (planned, actual) in [
        (unknown(), text("x")),
        (unknown(), Dynamic::Null),
        (never_null(), text("x")),
        (text("x"), text("x")),
        (
            set(vec![text("a"), text("b")]),
            set(vec![text("b"), text("a")]),
        ),
        (
            set(vec![text("a"), unknown()]),
            set(vec![text("a"), text("c")]),
        ),
        (set(vec![unknown(), unknown()]), set(vec![text("a")])),
        (object([("x", unknown())]), object([("x", text("1"))])),
    ] {
        assert_eq!(
            problems(&planned, &actual, true),
            [""; 0],
            "{planned:?} {actual:?}"
        );
    }
    for (planned, actual, expected) in [
        (text("x"), text("y"), "another value than"),
        (text("x"), Dynamic::Null, "was not null and is"),
        (Dynamic::Null, text("x"), "was null and is not"),
        (text("x"), unknown(), "was known and is unknown"),
        (unknown(), unknown(), "still unknown after apply"),
        (never_null(), Dynamic::Null, "not what was promised"),
        (
            list(&["a"]),
            list(&["a", "b"]),
            "another number of elements",
        ),
        (strings(&[("k", "v")]), strings(&[("l", "v")]), "other keys"),
        (
            set(vec![text("a")]),
            set(vec![text("a"), text("b")]),
            "more elements",
        ),
        (
            set(vec![text("a"), text("b")]),
            set(vec![text("a"), text("c")]),
            "a planned element is missing",
        ),
        (
            set(vec![text("a"), text("b")]),
            set(vec![text("a")]),
            "a planned element is missing",
        ),
        (
            object([("x", text("1"))]),
            object([("x", text("2"))]),
            "x: another value",
        ),
    ] {
        let found = problems(&planned, &actual, true);
        assert!(
            found.iter().any(|f| f.starts_with(expected)),
            "{expected}: {found:?}"
        );
    }
    assert_eq!(problems(&unknown(), &unknown(), false), [""; 0]);
}

#[test]
fn replaced_attributes_exist() {
    let prior = value([("blocks", Dynamic::List(vec![pair(text("x"), text("y"))]))]);
    let planned = value([]);
    let good = [
        Path::attribute("a"),
        Path::attribute("blocks").index(0).attr("x"),
    ];
    assert_eq!(check_replaces(&prior, &planned, &good), []);
    let bad = [
        Path::attribute("blocks").index(1).attr("x"),
        Path::attribute("set").index(0),
    ];
    assert_eq!(check_replaces(&prior, &planned, &bad).len(), 2);
}
