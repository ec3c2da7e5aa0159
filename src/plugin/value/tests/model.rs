//! Typed values and what models may hold.

use std::collections::{BTreeMap, BTreeSet};

use super::{num, string, ty};
use crate::plugin::value::{Dynamic, Field, Number, Type, Value};

fn round<T: Field + std::fmt::Debug>(value: T, ty_json: &str, dynamic: Dynamic) {
    assert_eq!(T::ty(), ty(ty_json));
    assert_eq!(value.clone().encode(), dynamic);
    dynamic.conforms(&T::ty()).expect("conforms");
    assert_eq!(T::decode(dynamic), Ok(value));
}

fn refused<T: Field + std::fmt::Debug>(dynamic: Dynamic) -> String {
    T::decode(dynamic).expect_err("must not decode").to_string()
}

#[test]
fn every_field_both_ways() {
    round(true, r#""bool""#, Dynamic::Bool(true));
    round(i64::MAX, r#""number""#, num("9223372036854775807"));
    round(
        9_007_199_254_740_993_i64,
        r#""number""#,
        num("9007199254740993"),
    );
    round(
        Number::Infinity,
        r#""number""#,
        Dynamic::Number(Number::Infinity),
    );
    round("x".to_owned(), r#""string""#, string("x"));
    round(
        vec![1_i64, 1],
        r#"["list","number"]"#,
        Dynamic::List(vec![num("1"), num("1")]),
    );
    round(
        BTreeSet::from(["b".to_owned(), "a".to_owned()]),
        r#"["set","string"]"#,
        Dynamic::Set(vec![string("b"), string("a")]),
    );
    round(
        BTreeMap::from([
            ("k".to_owned(), Value::Unknown),
            ("n".to_owned(), Value::Known(false)),
        ]),
        r#"["map","bool"]"#,
        Dynamic::map_of([("k", Dynamic::unknown()), ("n", false.into())]),
    );
    round(
        vec![Value::Null, Value::Known("x".to_owned()), Value::Unknown],
        r#"["list","string"]"#,
        Dynamic::List(vec![Dynamic::Null, string("x"), Dynamic::unknown()]),
    );
    round(
        vec![BTreeMap::from([("k".to_owned(), vec![true])])],
        r#"["list",["map",["list","bool"]]]"#,
        Dynamic::List(vec![Dynamic::map_of([(
            "k",
            Dynamic::List(vec![true.into()]),
        )])]),
    );
    let any = Dynamic::typed(Type::String, string("x"));
    round(any.clone(), r#""dynamic""#, any);
}

#[test]
fn any_is_written_with_its_type() {
    assert_eq!(
        Value::Known(string("x")).into_dynamic(),
        Dynamic::typed(Type::String, string("x"))
    );
    assert_eq!(Value::<Dynamic>::Unknown.into_dynamic(), Dynamic::unknown());
    assert_eq!(
        Value::<Dynamic>::from_dynamic(Dynamic::unknown()),
        Ok(Value::Unknown)
    );
    let inside = Dynamic::typed(
        ty(r#"["list","bool"]"#),
        Dynamic::List(vec![Dynamic::unknown()]),
    );
    assert_eq!(
        Value::<Dynamic>::from_dynamic(inside.clone()),
        Ok(Value::Known(inside))
    );
}

#[test]
fn text_is_written_in_nfc() {
    let Dynamic::String(text) = "e\u{301}".to_owned().encode() else {
        panic!("text")
    };
    assert_eq!(text, "é");
    let twice = BTreeSet::from(["e\u{301}".to_owned(), "é".to_owned()]);
    assert_eq!(twice.encode(), Dynamic::Set(vec![string("é")]));
}

#[test]
fn null_and_unknown() {
    for (value, dynamic) in [
        (Value::Null, Dynamic::Null),
        (Value::Unknown, Dynamic::unknown()),
        (Value::Known(5_i64), num("5")),
    ] {
        assert_eq!(Value::<i64>::from_dynamic(dynamic.clone()), Ok(value));
        assert_eq!(value.into_dynamic(), dynamic);
    }
}

#[test]
fn an_unknown_that_has_no_place_makes_the_whole_unknown() {
    let list = Dynamic::List(vec![string("a"), Dynamic::unknown()]);
    assert_eq!(
        Value::<Vec<String>>::from_dynamic(list.clone()),
        Ok(Value::Unknown)
    );
    assert_eq!(
        Value::<Vec<Value<String>>>::from_dynamic(list.clone()),
        Ok(Value::Known(vec!["a".into(), Value::Unknown]))
    );
    // As far out as needed, and no further.
    let nested = Dynamic::map_of([("k", list), ("l", Dynamic::List(vec![string("b")]))]);
    assert_eq!(
        Value::<BTreeMap<String, Vec<String>>>::from_dynamic(nested.clone()),
        Ok(Value::Unknown)
    );
    assert_eq!(
        Value::<BTreeMap<String, Value<Vec<String>>>>::from_dynamic(nested),
        Ok(Value::Known(BTreeMap::from([
            ("k".to_owned(), Value::Unknown),
            ("l".to_owned(), Value::Known(vec!["b".to_owned()])),
        ])))
    );
    let set = Dynamic::Set(vec![Dynamic::unknown()]);
    assert_eq!(
        Value::<BTreeSet<String>>::from_dynamic(set),
        Ok(Value::Unknown)
    );
}

#[test]
fn refusals_say_where_and_why() {
    assert_eq!(refused::<i64>(num("1.5")), "a whole number is required");
    assert!(refused::<i64>(num("9223372036854775808")).contains("64 bits"));
    assert_eq!(
        refused::<i64>(Dynamic::Number(Number::Infinity)),
        "a whole number is required"
    );
    assert_eq!(
        refused::<i64>(string("1")),
        "number is required, not a string"
    );
    assert_eq!(
        refused::<Vec<String>>(Dynamic::List(vec![string("a"), Dynamic::Null])),
        "[1]: string is required, not null"
    );
    assert_eq!(
        refused::<BTreeMap<String, Vec<bool>>>(Dynamic::map_of([(
            "k",
            Dynamic::List(vec![num("1")])
        )])),
        r#"["k"][0]: bool is required, not a number"#
    );
    assert_eq!(
        refused::<BTreeSet<String>>(Dynamic::Set(vec![Dynamic::Null])),
        "string is required, not null"
    );
    assert_eq!(
        refused::<Vec<String>>(Dynamic::Set(vec![])),
        "list of string is required, not a set"
    );
}

#[test]
fn vocabulary() {
    let known: Value<String> = "x".into();
    assert_eq!(known, Value::from("x".to_owned()));
    assert_eq!(Value::from(Some(5)), Value::Known(5));
    assert_eq!(Value::<i64>::from(None), Value::Null);
    assert_eq!(known.as_deref(), Value::Known("x"));
    assert_eq!(known.as_ref().map(String::len), Value::Known(1));
    assert_eq!(Value::<String>::Unknown.map(|s| s.len()), Value::Unknown);
    assert_eq!(
        known.clone().and_then(|_| Value::<i64>::Unknown),
        Value::Unknown
    );
    assert_eq!(Value::Null.or(Value::Known(1)), Value::Known(1));
    assert_eq!(Value::Unknown.or(Value::Known(1)), Value::Unknown);
    assert_eq!(Value::Unknown.unwrap_or(7), 7);
    assert_eq!(Value::Known(1).unwrap_or(7), 1);
    assert_eq!(Value::<i64>::Null.unwrap_or_default(), 0);
    assert_eq!(Value::Known(1).into_option(), Some(1));
    assert_eq!(Value::<i64>::Unknown.into_option(), None);
    assert!(known.is_known() && !known.is_null() && !known.is_unknown());
    assert_eq!(known.known().map(String::as_str), Some("x"));
}
