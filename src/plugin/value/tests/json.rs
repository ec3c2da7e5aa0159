//! The JSON form, and the choice between the two forms.

use super::{num, string, ty};
use crate::plugin::value::json::{Unexpected, decode, encode};
use crate::plugin::value::{Dynamic, Encoded, Number, Type};

fn read(ty_json: &str, text: &str) -> Dynamic {
    let ty = ty(ty_json);
    let value = decode(text.as_bytes(), &ty, Unexpected::Refuse).expect(text);
    value.conforms(&ty).expect(text);
    value
}

fn refused(ty_json: &str, text: &str) -> String {
    decode(text.as_bytes(), &ty(ty_json), Unexpected::Refuse)
        .expect_err(text)
        .to_string()
}

#[test]
fn every_shape_both_ways() {
    let typed = |json: &str, value| Dynamic::typed(ty(json), value);
    for (ty_json, text, value) in [
        (r#""bool""#, "true", Dynamic::Bool(true)),
        (r#""number""#, "12.5", num("12.5")),
        (
            r#""number""#,
            "18446744073709551616",
            num("18446744073709551616"),
        ),
        (r#""number""#, "0.1", num("0.1")),
        (
            r#""string""#,
            r#""a\"\\\n\u0001é""#,
            string("a\"\\\n\u{1}é"),
        ),
        (
            r#"["list","number"]"#,
            "[1,null,1]",
            Dynamic::List(vec![num("1"), Dynamic::Null, num("1")]),
        ),
        (
            r#"["set","number"]"#,
            "[2,1]",
            Dynamic::Set(vec![num("1"), num("2")]),
        ),
        (
            r#"["map","bool"]"#,
            r#"{"a":true,"b":null}"#,
            Dynamic::map_of([("b", Dynamic::Null), ("a", true.into())]),
        ),
        (
            r#"["tuple",["bool","string"]]"#,
            r#"[false,"x"]"#,
            Dynamic::Tuple(vec![false.into(), string("x")]),
        ),
        (
            r#"["object",{"a":"string","b":["list","bool"]}]"#,
            r#"{"a":"x","b":[]}"#,
            Dynamic::object([("a", string("x")), ("b", Dynamic::List(vec![]))]),
        ),
        (
            r#""dynamic""#,
            r#"{"value":["a"],"type":["list","string"]}"#,
            typed(r#"["list","string"]"#, Dynamic::List(vec![string("a")])),
        ),
        (
            r#""dynamic""#,
            r#"{"value":null,"type":"bool"}"#,
            typed(r#""bool""#, Dynamic::Null),
        ),
        (r#""dynamic""#, "null", Dynamic::Null),
    ] {
        assert_eq!(read(ty_json, text), value, "{text}");
        let written = encode(&value, &ty(ty_json)).expect(text);
        assert_eq!(read(ty_json, &written), value, "{written}");
        // A set is written in the order that it has here.
        if !ty_json.contains("set") {
            assert_eq!(written, text);
        }
    }
}

#[test]
fn lenient_as_terraform_is() {
    assert_eq!(read(r#""bool""#, r#""true""#), true.into());
    assert_eq!(read(r#""bool""#, r#""0""#), false.into());
    assert_eq!(read(r#""number""#, r#""1e2""#), num("100"));
    assert_eq!(read(r#""string""#, "1.50"), string("1.50"));
    assert_eq!(
        read(r#""string""#, "123456789012345678901"),
        string("123456789012345678901")
    );
    assert_eq!(read(r#""string""#, "false"), string("false"));
    assert_eq!(read(r#""number""#, "1e400"), num("1e400"));
    assert!(refused(r#""bool""#, r#""yes""#).contains("neither"));
    assert!(refused(r#""bool""#, "1").contains("not a number"));
    assert!(refused(r#""number""#, "true").contains("not a bool"));
    assert!(refused(r#""number""#, "1e999999999").contains("digits"));
}

#[test]
fn text_in_nfc_and_sets_without_duplicates() {
    assert_eq!(
        read(r#""string""#, "\"e\u{301}\""),
        Dynamic::String("é".into())
    );
    let Dynamic::Set(elements) = read(r#"["set","string"]"#, "[\"e\\u0301\",\"é\"]") else {
        panic!("a set")
    };
    assert_eq!(elements.len(), 1);
    let map = read(r#"["map","bool"]"#, "{\"e\\u0301\":true}");
    assert_eq!(map.attribute("é"), Some(&true.into()));
}

#[test]
fn missing_members_are_null_and_others_refused_or_ignored() {
    let old = r#"["object",{"a":"string","in":["list",["object",{"b":"bool"}]]}]"#;
    let expected = Dynamic::object([
        ("a", Dynamic::Null),
        (
            "in",
            Dynamic::List(vec![Dynamic::object([("b", true.into())])]),
        ),
    ]);
    assert_eq!(read(old, r#"{"in":[{"b":true}]}"#), expected);
    let extra = r#"{"gone":{"x":[1]},"in":[{"b":true,"gone":1}]}"#;
    assert_eq!(
        refused(old, extra),
        r#"in[0]: there is no attribute named "gone""#
    );
    let ignored = decode(extra.as_bytes(), &ty(old), Unexpected::Ignore).unwrap();
    assert_eq!(ignored, expected);
}

#[test]
fn refusals() {
    assert!(refused(r#""dynamic""#, r#"{"value":1}"#).contains("\"type\" is missing"));
    assert!(refused(r#""dynamic""#, r#"{"type":"bool"}"#).contains("\"value\" is missing"));
    assert!(refused(r#""dynamic""#, r#"{"type":"bool","value":true,"x":1}"#).contains("\"x\""));
    assert!(refused(r#""dynamic""#, "1").contains("any type is required"));
    assert!(refused(r#""string""#, "\"a\" 1").contains("not JSON"));
    assert!(refused(r#""string""#, "").contains("not JSON"));
    assert!(refused(r#"["tuple",["bool"]]"#, "[]").contains("1 elements are required, not 0"));
    assert_eq!(
        refused(
            r#"["object",{"m":["map",["list","bool"]]}]"#,
            r#"{"m":{"k":[true,3]}}"#
        ),
        r#"m["k"][1]: bool is required, not a number"#
    );
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(refused(r#""dynamic""#, &deep).contains("recursion"));
    let unknown = encode(
        &Dynamic::List(vec![Dynamic::unknown()]),
        &ty(r#"["list","bool"]"#),
    );
    assert_eq!(
        unknown.unwrap_err().to_string(),
        "[0]: JSON cannot express an unknown value"
    );
    assert!(encode(&Dynamic::Number(Number::Infinity), &Type::Number).is_err());
}

#[test]
fn msgpack_before_json_before_null() {
    let both = Encoded {
        msgpack: vec![0xc3],
        json: b"false".to_vec(),
    };
    assert_eq!(both.decode(&Type::Bool), Ok(true.into()));
    let json = Encoded {
        msgpack: Vec::new(),
        json: b"false".to_vec(),
    };
    assert_eq!(json.decode(&Type::Bool), Ok(false.into()));
    assert_eq!(Encoded::default().decode(&Type::Bool), Ok(Dynamic::Null));
    let written = Encoded::from_dynamic(&true.into(), &Type::Bool).unwrap();
    assert_eq!((written.msgpack, written.json), (vec![0xc3], vec![]));
}
