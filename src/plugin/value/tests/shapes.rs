//! Types, paths, and values without an encoding.

use super::{num, number, string, ty};
use crate::plugin::value::{Dynamic, Path, Refinement, Step, Type};

#[test]
fn types_in_json() {
    for json in [
        r#""bool""#,
        r#""number""#,
        r#""string""#,
        r#""dynamic""#,
        r#"["list","string"]"#,
        r#"["set",["map","dynamic"]]"#,
        r#"["tuple",["string",["tuple",[]]]]"#,
        r#"["object",{}]"#,
        r#"["object",{"a":"string","b":["object",{"c":"bool"}]}]"#,
        r#"["object",{"a":"string","b":"bool"},["a","b"]]"#,
        r#"["object",{"a\"\\b":"string"}]"#,
    ] {
        assert_eq!(ty(json).to_json(), json);
    }
    let spaced = "[ \"object\", {\"b\": \"bool\", \"a\": \"bool\"}, [\"b\"] ]\n";
    assert_eq!(
        Type::from_json(spaced.as_bytes()).unwrap().to_json(),
        r#"["object",{"a":"bool","b":"bool"},["b"]]"#
    );
    assert_eq!(
        ty(r#"["object",{"a":"bool"},[]]"#),
        ty(r#"["object",{"a":"bool"}]"#)
    );
}

#[test]
fn not_types() {
    for json in [
        "",
        "null",
        "{}",
        "[]",
        r#""text""#,
        r#"["list"]"#,
        r#"["list","string","string"]"#,
        r#"["bag","string"]"#,
        r#"["tuple","string"]"#,
        r#"["object",["string"]]"#,
        r#"["object",{"a":"bool"},["b"]]"#,
        r#"["object",{"a":"bool"},"a"]"#,
        r#"["object",{"a":"bool"},["a"],1]"#,
        r#"["object",{"a":1}]"#,
        r#"[["list"],"string"]"#,
        r#""bool" "bool""#,
        "\"bool\"x",
    ] {
        assert!(Type::from_json(json.as_bytes()).is_err(), "{json}");
    }
}

#[test]
fn types_for_people() {
    for (json, text) in [
        (r#""dynamic""#, "any type"),
        (r#"["list",["map","string"]]"#, "list of map of string"),
        (r#"["tuple",["string","bool"]]"#, "tuple of (string, bool)"),
        (r#"["object",{}]"#, "object without attributes"),
        (
            r#"["set",["object",{"a":"bool","b":"bool"}]]"#,
            r#"set of object with "a", "b""#,
        ),
    ] {
        assert_eq!(ty(json).to_string(), text);
    }
    assert!(ty(r#"["object",{"a":["list","dynamic"]}]"#).has_dynamic());
    assert!(!ty(r#"["object",{"a":["list","bool"]}]"#).has_dynamic());
}

#[test]
fn paths_as_hcl_writes_them() {
    let path = Path::attribute("statement").index(0).attr("principal");
    assert_eq!(path.to_string(), "statement[0].principal");
    assert_eq!(Path::from("tags").key("k").to_string(), r#"tags["k"]"#);
    assert_eq!(
        Path::from("tags").key("a\"\\\n${x}%{y}$z").to_string(),
        r#"tags["a\"\\\n$${x}%%{y}$z"]"#
    );
    assert_eq!(Path::root().to_string(), "");
    assert!(path.starts_with(&Path::attribute("statement")));
    assert!(!Path::attribute("statement").starts_with(&path));
    assert_eq!(path.parent(), Some(Path::attribute("statement").index(0)));
    assert_eq!(Path::root().parent(), None);
    assert_eq!(path.first_attribute(), Some("statement"));
    assert_eq!(
        Path::from("b").under(&Path::from("a").index(1)).to_string(),
        "a[1].b"
    );
    let mut paths = [
        Path::from("b"),
        Path::from("a").index(10),
        Path::from("a").index(2),
        Path::from("a"),
    ];
    paths.sort();
    assert_eq!(paths.map(|p| p.to_string()), ["a", "a[2]", "a[10]", "b"]);
}

fn sample() -> Dynamic {
    Dynamic::object([
        ("name", string("x")),
        ("tags", Dynamic::map_of([("k", string("v"))])),
        (
            "rules",
            Dynamic::List(vec![Dynamic::object([("open", Dynamic::unknown())])]),
        ),
        (
            "any",
            Dynamic::typed(ty(r#"["list","number"]"#), Dynamic::List(vec![num("7")])),
        ),
        ("set", Dynamic::Set(vec![Dynamic::unknown(), string("a")])),
    ])
}

#[test]
fn reached_by_path() {
    let value = sample();
    let open = Path::from("rules").index(0).attr("open");
    assert_eq!(value.get(&open), Some(&Dynamic::unknown()));
    assert_eq!(value.get(&Path::from("tags").key("k")), Some(&string("v")));
    assert_eq!(value.get(&Path::from("any").index(0)), Some(&num("7")));
    assert_eq!(value.get(&Path::root()), Some(&value));
    for absent in [
        Path::from("other"),
        Path::from("rules").index(1),
        Path::from("rules").index(-1),
        Path::from("set").index(0),
        Path::from("name").attr("x"),
    ] {
        assert_eq!(value.get(&absent), None, "{absent}");
    }
}

#[test]
fn changed_by_path() {
    let mut value = sample();
    let open = Path::from("rules").index(0).attr("open");
    value.set(&open, true.into()).unwrap();
    assert_eq!(value.get(&open), Some(&true.into()));
    value.set(&Path::from("any").index(0), num("8")).unwrap();
    assert_eq!(value.get(&Path::from("any").index(0)), Some(&num("8")));
    // A map takes a new entry, an object no new attribute.
    value
        .set(&Path::from("tags").key("new"), string("n"))
        .unwrap();
    assert_eq!(
        value.get(&Path::from("tags").key("new")),
        Some(&string("n"))
    );
    let error = value.set(&Path::from("other"), Dynamic::Null).unwrap_err();
    assert_eq!(error.to_string(), "other: there is no such value");
    assert!(
        value
            .set(&Path::from("set").index(0), Dynamic::Null)
            .is_err()
    );
    value.set(&Path::root(), Dynamic::Null).unwrap();
    assert_eq!(value, Dynamic::Null);
}

#[test]
fn transformed_and_visited() {
    let mut seen = Vec::new();
    sample().visit(&mut |path, value| {
        if value.is_unknown() {
            seen.push(path.to_string());
        }
        path.first_attribute() != Some("tags")
    });
    assert_eq!(seen, ["rules[0].open", "set"]);
    let known = sample()
        .transform(&mut |path, value| match value {
            Dynamic::Unknown(_) if path.first_attribute() == Some("set") => Ok(string("a")),
            Dynamic::Unknown(_) => Ok(false.into()),
            other => Ok::<_, String>(other),
        })
        .unwrap();
    assert_eq!(
        known.attribute("set"),
        Some(&Dynamic::Set(vec![string("a")]))
    );
    assert_eq!(
        known.get(&Path::from("rules").index(0).attr("open")),
        Some(&false.into())
    );
    assert_eq!(known.attribute("tags"), sample().attribute("tags"));
    let failed = sample().transform(&mut |path, value| match path.steps().last() {
        Some(Step::Key(key)) => Err(key.clone()),
        _ => Ok(value),
    });
    assert_eq!(failed, Err("k".to_owned()));
}

#[test]
fn unknown_parts() {
    let value = sample();
    assert!(!value.is_wholly_known() && !value.is_unknown());
    let nulls = value.unknowns_to_null();
    assert!(nulls.is_wholly_known());
    assert_eq!(
        nulls.get(&Path::from("rules").index(0).attr("open")),
        Some(&Dynamic::Null)
    );
    assert_eq!(
        nulls.attribute("set"),
        Some(&Dynamic::Set(vec![Dynamic::Null, string("a")]))
    );
    let typed = Dynamic::typed(Type::String, Dynamic::unknown());
    assert!(typed.is_unknown() && !typed.is_wholly_known());
    assert!(Dynamic::typed(Type::String, Dynamic::Null).is_null());
    assert_eq!(
        typed.unknowns_to_null(),
        Dynamic::typed(Type::String, Dynamic::Null)
    );
}

#[test]
fn sets_compare_as_sets() {
    let set = |texts: &[&str]| Dynamic::Set(texts.iter().map(|t| string(t)).collect());
    assert_eq!(set(&["a", "b"]), set(&["b", "a"]));
    assert_eq!(set(&["a", "a", "b"]), set(&["b", "a"]));
    assert_ne!(set(&["a"]), set(&["b"]));
    assert_ne!(set(&["a"]), set(&["a", "b"]));
    let unknowns = |count| Dynamic::Set(vec![Dynamic::unknown(); count]);
    assert_ne!(unknowns(1), unknowns(2));
    // Also where the set is nested, and large.
    let nested = |set: Dynamic| Dynamic::Set(vec![Dynamic::List(vec![set])]);
    assert_eq!(nested(set(&["a", "b"])), nested(set(&["b", "a"])));
    let numbers = |order: Vec<i64>| Dynamic::Set(order.into_iter().map(Dynamic::from).collect());
    assert_eq!(
        numbers((0..500).collect()),
        numbers((0..500).rev().collect())
    );
    let Dynamic::Set(unique) = Dynamic::set_of((0..500).map(|n| Dynamic::from(n % 50)).collect())
    else {
        panic!("a set")
    };
    assert_eq!(unique, (0..50).map(Dynamic::from).collect::<Vec<_>>());
    assert_ne!(
        Dynamic::List(vec![num("1"), num("2")]),
        Dynamic::List(vec![num("2"), num("1")])
    );
}

#[test]
fn text_compares_after_nfc() {
    let decomposed = Dynamic::String("e\u{301}".to_owned());
    assert_eq!(decomposed, string("é"));
    assert_eq!(decomposed.cmp(&string("é")), std::cmp::Ordering::Equal);
    assert_ne!(decomposed, string("e"));
    let map = |key: &str| Dynamic::Map([(key.to_owned(), num("1"))].into());
    assert_eq!(map("e\u{301}"), map("é"));
    assert_ne!(map("e\u{301}"), map("e"));
    assert_eq!(
        Dynamic::set_of(vec![decomposed, string("é")]),
        Dynamic::Set(vec![string("é")])
    );
}

#[test]
fn conformance_names_the_part() {
    let object =
        ty(r#"["object",{"a":["list",["set","bool"]],"m":["map","string"],"d":"dynamic"}]"#);
    let good = |a, m, d| Dynamic::object([("a", a), ("m", m), ("d", d)]);
    good(Dynamic::Null, Dynamic::unknown(), Dynamic::Null)
        .conforms(&object)
        .unwrap();
    let nested = Dynamic::List(vec![Dynamic::Set(vec![num("1")])]);
    for (value, message) in [
        (
            good(nested, Dynamic::Null, Dynamic::Null),
            "a[0]: bool is required, not a number",
        ),
        (
            good(
                Dynamic::Null,
                Dynamic::map_of([("k", num("1"))]),
                Dynamic::Null,
            ),
            r#"m["k"]: string is required, not a number"#,
        ),
        (
            good(Dynamic::Null, Dynamic::Null, string("untyped")),
            "d: any type is required, not a string",
        ),
        (
            good(
                Dynamic::Null,
                Dynamic::Null,
                Dynamic::typed(Type::Bool, num("1")),
            ),
            "d: bool is required, not a number",
        ),
        (
            Dynamic::object([("a", Dynamic::Null)]),
            r#"attribute "d" is missing"#,
        ),
        (
            Dynamic::Map([].into()),
            r#"object with "a", "d", "m" is required, not a map"#,
        ),
        (
            good(
                Dynamic::refined(Refinement {
                    string_prefix: Some("x".to_owned()),
                    ..Refinement::default()
                }),
                Dynamic::Null,
                Dynamic::Null,
            ),
            "a: an unknown list of set of bool cannot be promised to have a prefix",
        ),
    ] {
        assert_eq!(value.conforms(&object).unwrap_err().to_string(), message);
    }
    let Type::Object(attributes) = &object else {
        panic!("an object type")
    };
    let nulls = Dynamic::null_attributes(attributes);
    nulls.conforms(&object).unwrap();
    assert!(nulls.attribute("a").is_some_and(Dynamic::is_null));
}

#[test]
fn types_inferred_from_shape() {
    let inferred = |value: Dynamic| value.infer_type().map(|ty| ty.to_json());
    assert_eq!(inferred(string("a")).as_deref(), Some(r#""string""#));
    let list = Dynamic::List(vec![Dynamic::Null, num("1"), Dynamic::unknown()]);
    assert_eq!(inferred(list).as_deref(), Some(r#"["list","number"]"#));
    assert_eq!(
        inferred(Dynamic::Set(vec![])).as_deref(),
        Some(r#"["set","dynamic"]"#)
    );
    assert_eq!(inferred(Dynamic::List(vec![num("1"), string("a")])), None);
    let object = Dynamic::object([("a", Dynamic::Tuple(vec![num("1"), string("a")]))]);
    assert_eq!(
        inferred(object).as_deref(),
        Some(r#"["object",{"a":["tuple",["number","string"]]}]"#)
    );
    assert_eq!(
        string("a").into_typed(),
        Dynamic::typed(Type::String, string("a"))
    );
    assert_eq!(
        Dynamic::typed(Type::Dynamic, string("a")),
        Dynamic::typed(Type::String, string("a"))
    );
}

#[test]
fn refinements_admit_what_they_promise() {
    let prefix = Refinement {
        nullness: Some(false),
        string_prefix: Some("acs:".to_owned()),
        ..Refinement::default()
    };
    assert!(prefix.admits(&string("acs:ram")));
    assert!(prefix.admits(&Dynamic::unknown()));
    assert!(!prefix.admits(&string("ram")));
    assert!(!prefix.admits(&Dynamic::Null));
    let range = Refinement {
        number_lower: Some((number("1"), false)),
        number_upper: Some((number("2"), true)),
        ..Refinement::default()
    };
    let within: Vec<bool> = ["1", "1.1", "2", "2.1"]
        .map(|n| range.admits(&num(n)))
        .into();
    assert_eq!(within, [false, true, true, false]);
    let lengths = Refinement {
        length_lower: Some(2),
        length_upper: Some(2),
        ..Refinement::default()
    };
    assert!(lengths.admits(&Dynamic::List(vec![num("1"), num("1")])));
    assert!(!lengths.admits(&Dynamic::Map([].into())));
    // Three unknown elements may turn out to be two, one cannot.
    assert!(lengths.admits(&Dynamic::Set(vec![Dynamic::unknown(); 3])));
    assert!(!lengths.admits(&Dynamic::Set(vec![Dynamic::unknown()])));
    let null = Refinement {
        nullness: Some(true),
        ..Refinement::default()
    };
    assert!(null.admits(&Dynamic::Null) && !null.admits(&string("")));
}
