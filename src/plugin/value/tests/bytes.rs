//! Recorded MessagePack, one case for each rule of the encoding. The bytes are written by hand from
//! the protocol's description, not by the encoder.

use super::{hex, num, number, string, ty};
use crate::plugin::value::msgpack::{decode, encode};
use crate::plugin::value::{Dynamic, Refinement, Type};

/// The value is written as these bytes, and read from them.
fn both(ty_json: &str, value: &Dynamic, bytes: &str) {
    let ty = ty(ty_json);
    let written = encode(value, &ty).expect("encodes");
    assert_eq!(
        written,
        hex(bytes),
        "{value:?} as {ty_json}: {written:02x?}"
    );
    reads(ty_json, bytes, value);
}

/// The value is read from these bytes, though it may be written otherwise.
fn reads(ty_json: &str, bytes: &str, value: &Dynamic) {
    let read = decode(&hex(bytes), &ty(ty_json)).expect("decodes");
    assert_eq!(&read, value, "{bytes} as {ty_json}");
    read.conforms(&ty(ty_json)).expect("conforms");
}

fn refused(ty_json: &str, bytes: &str) -> String {
    decode(&hex(bytes), &ty(ty_json))
        .expect_err("must not decode")
        .to_string()
}

#[test]
fn null_of_any_type() {
    for ty in [
        r#""bool""#,
        r#""number""#,
        r#""string""#,
        r#""dynamic""#,
        r#"["list","string"]"#,
        r#"["set","string"]"#,
        r#"["map","string"]"#,
        r#"["tuple",["string"]]"#,
        r#"["object",{"a":"string"}]"#,
    ] {
        both(ty, &Dynamic::Null, "c0");
        both(ty, &Dynamic::unknown(), "d4 00 00");
    }
}

#[test]
fn unknown_without_refinements_in_any_extension() {
    for bytes in [
        "d4 00 00",
        "d4 05 ff",
        "c7 00 00",
        "c7 01 0c 80",
        "d5 07 00 00",
        "c8 0003 63 000000",
        "c9 00000003 63 000000",
        "d8 01 00000000000000000000000000000000",
    ] {
        reads(r#""string""#, bytes, &Dynamic::unknown());
        reads(r#""dynamic""#, bytes, &Dynamic::unknown());
    }
    // At any position.
    let list = Dynamic::List(vec![string("a"), Dynamic::unknown(), Dynamic::Null]);
    both(r#"["list","string"]"#, &list, "93 a161 d40000 c0");
}

#[test]
fn bool() {
    both(r#""bool""#, &Dynamic::Bool(true), "c3");
    both(r#""bool""#, &Dynamic::Bool(false), "c2");
    assert_eq!(refused(r#""bool""#, "01"), "bool is required, not a number");
}

#[test]
fn string_in_nfc() {
    both(r#""string""#, &string(""), "a0");
    both(r#""string""#, &string("imm"), "a3 696d6d");
    // Decomposed é, read and written, becomes U+00E9.
    reads(r#""string""#, "a3 65cc81", &string("\u{e9}"));
    let ty = Type::String;
    let decomposed = Dynamic::String("e\u{301}".to_owned());
    assert_eq!(encode(&decomposed, &ty).unwrap(), hex("a2 c3a9"));
    both(
        r#""string""#,
        &string(&"x".repeat(32)),
        &format!("d9 20 {}", "78".repeat(32)),
    );
    both(
        r#""string""#,
        &string(&"x".repeat(256)),
        &format!("da 0100 {}", "78".repeat(256)),
    );
    assert_eq!(
        refused(r#""string""#, "a1 ff"),
        "a string is not valid UTF-8"
    );
    assert_eq!(
        refused(r#""string""#, "c4 01 61"),
        "string is required, not bytes"
    );
}

#[test]
fn whole_numbers_take_their_smallest_form() {
    for (text, bytes) in [
        ("0", "00"),
        ("127", "7f"),
        ("128", "cc 80"),
        ("255", "cc ff"),
        ("256", "cd 0100"),
        ("65536", "ce 00010000"),
        ("4294967296", "cf 0000000100000000"),
        ("9223372036854775807", "cf 7fffffffffffffff"),
        ("-1", "ff"),
        ("-32", "e0"),
        ("-33", "d0 df"),
        ("-129", "d1 ff7f"),
        ("-32769", "d2 ffff7fff"),
        ("-2147483649", "d3 ffffffff7fffffff"),
        ("-9223372036854775808", "d3 8000000000000000"),
    ] {
        both(r#""number""#, &num(text), bytes);
    }
    // Larger forms than needed are read as well.
    reads(r#""number""#, "d0 05", &num("5"));
    reads(r#""number""#, "d3 0000000000000005", &num("5"));
    reads(
        r#""number""#,
        "cf ffffffffffffffff",
        &num("18446744073709551615"),
    );
}

#[test]
fn other_numbers_stay_exact() {
    both(r#""number""#, &num("0.5"), "cb 3fe0000000000000");
    both(r#""number""#, &num("-1.25"), "cb bff4000000000000");
    both(r#""number""#, &num("0.1"), "a3 302e31");
    // 2^63 and 2^64 do not fit into a signed integer.
    both(
        r#""number""#,
        &num("9223372036854775808"),
        &as_text("9223372036854775808"),
    );
    both(
        r#""number""#,
        &num("18446744073709551616"),
        &as_text("18446744073709551616"),
    );
    both(
        r#""number""#,
        &num("1e20"),
        &as_text("100000000000000000000"),
    );
    both(
        r#""number""#,
        &num("1e400"),
        &as_text(&format!("1{}", "0".repeat(400))),
    );
    // What a float says is taken at its word: the one nearest to 0.1 is not 0.1.
    let nearest = num("0.1000000000000000055511151231257827021181583404541015625");
    both(r#""number""#, &nearest, "cb 3fb999999999999a");
    reads(r#""number""#, "ca 3f000000", &num("0.5"));
    reads(r#""number""#, "cb 8000000000000000", &num("0"));
    reads(
        r#""number""#,
        "cb 43e0000000000000",
        &num("9223372036854775808"),
    );
    reads(r#""number""#, &as_text("1.50e1"), &num("15"));
}

/// Text of any length as MessagePack.
fn as_text(text: &str) -> String {
    let body: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    match text.len() {
        length @ 0..=31 => format!("{:02x} {body}", 0xa0 + length),
        length @ 32..=255 => format!("d9 {length:02x} {body}"),
        length => format!("da {length:04x} {body}"),
    }
}

#[test]
fn infinities_but_no_nan() {
    use crate::plugin::value::Number;
    let infinite = [
        (Number::Infinity, "cb 7ff0000000000000"),
        (Number::NegativeInfinity, "cb fff0000000000000"),
    ];
    for (value, bytes) in infinite {
        both(r#""number""#, &Dynamic::Number(value), bytes);
    }
    reads(
        r#""number""#,
        "ca 7f800000",
        &Dynamic::Number(Number::Infinity),
    );
    assert!(refused(r#""number""#, "cb 7ff8000000000000").contains("NaN"));
    assert!(refused(r#""number""#, "a3 4e614e").contains("not a number"));
    assert!(refused(r#""number""#, &as_text("1e999999999")).contains("digits"));
}

#[test]
fn sequences() {
    both(r#"["list","bool"]"#, &Dynamic::List(vec![]), "90");
    both(
        r#"["list","number"]"#,
        &Dynamic::List(vec![num("1"), num("1"), num("2")]),
        "93 01 01 02",
    );
    let sixteen = Dynamic::List(vec![num("1"); 16]);
    both(
        r#"["list","number"]"#,
        &sixteen,
        &format!("dc 0010 {}", "01".repeat(16)),
    );
    let tuple = Dynamic::Tuple(vec![num("1"), string("a")]);
    both(r#"["tuple",["number","string"]]"#, &tuple, "92 01 a161");
    both(r#"["tuple",[]]"#, &Dynamic::Tuple(vec![]), "90");
    assert_eq!(
        refused(r#"["tuple",["number"]]"#, "92 01 01"),
        "1 elements are required, not 2"
    );
    // 32-bit lengths are read too.
    reads(
        r#"["list","number"]"#,
        "dd 00000001 05",
        &Dynamic::List(vec![num("5")]),
    );
}

#[test]
fn sets_lose_duplicates_but_never_unknowns() {
    let set = Dynamic::Set(vec![string("b"), string("a")]);
    both(r#"["set","string"]"#, &set, "92 a162 a161");
    reads(r#"["set","string"]"#, "93 a161 a162 a161", &set);
    let Dynamic::Set(elements) =
        decode(&hex("93 a161 a162 a161"), &ty(r#"["set","string"]"#)).unwrap()
    else {
        panic!("a set")
    };
    assert_eq!(elements.len(), 2);
    // Text that is equal after NFC.
    reads(
        r#"["set","string"]"#,
        "92 a2c3a9 a365cc81",
        &Dynamic::Set(vec![string("\u{e9}")]),
    );
    let unknowns = Dynamic::Set(vec![Dynamic::unknown(), Dynamic::unknown()]);
    both(r#"["set","string"]"#, &unknowns, "92 d40000 d40000");
    // Duplicates of a value made here are not sent.
    let twice = Dynamic::Set(vec![string("a"), string("a")]);
    assert_eq!(
        encode(&twice, &ty(r#"["set","string"]"#)).unwrap(),
        hex("91 a161")
    );
}

#[test]
fn maps_and_objects_have_sorted_keys() {
    let map = Dynamic::map_of([("b", num("2")), ("a", num("1"))]);
    both(r#"["map","number"]"#, &map, "82 a161 01 a162 02");
    reads(r#"["map","number"]"#, "82 a162 02 a161 01", &map);
    both(r#"["map","number"]"#, &Dynamic::map_of::<&str>([]), "80");
    let object_ty = r#"["object",{"name":"string","id":"string","n":"number"}]"#;
    let object = Dynamic::object([
        ("name", string("x")),
        ("id", Dynamic::unknown()),
        ("n", Dynamic::Null),
    ]);
    both(
        object_ty,
        &object,
        "83 a26964 d40000 a16e c0 a46e616d65 a178",
    );
    reads(
        object_ty,
        "83 a46e616d65 a178 a16e c0 a26964 d40000",
        &object,
    );
    both(r#"["object",{}]"#, &Dynamic::object::<&str>([]), "80");
}

#[test]
fn objects_have_exactly_the_attributes_of_their_type() {
    let ty = r#"["object",{"a":"bool","b":"bool"}]"#;
    assert_eq!(refused(ty, "81 a161 c3"), r#"attribute "b" is missing"#);
    assert_eq!(
        refused(ty, "83 a161 c3 a162 c3 a163 c3"),
        r#"there is no attribute named "c""#
    );
    assert_eq!(
        refused(ty, "82 a161 c3 a161 c3"),
        r#"attribute "a" is there twice"#
    );
}

#[test]
fn refinements() {
    let not_null = Dynamic::refined(Refinement::not_null());
    both(r#""string""#, &not_null, "c7 03 0c 81 01 c2");
    both(r#"["object",{}]"#, &not_null, "c7 03 0c 81 01 c2");
    let prefix = Dynamic::refined(Refinement {
        nullness: Some(false),
        string_prefix: Some("acs:".to_owned()),
        ..Refinement::default()
    });
    both(r#""string""#, &prefix, "c7 09 0c 82 01c2 02 a4 6163733a");
    let range = Dynamic::refined(Refinement {
        number_lower: Some((number("1"), true)),
        number_upper: Some((number("0.1"), false)),
        ..Refinement::default()
    });
    both(
        r#""number""#,
        &range,
        "c7 0c 0c 82 03 92 01 c3 04 92 a3302e31 c2",
    );
    let lengths = Dynamic::refined(Refinement {
        length_lower: Some(1),
        length_upper: Some(300),
        ..Refinement::default()
    });
    for ty in [
        r#"["list","bool"]"#,
        r#"["set","bool"]"#,
        r#"["map","bool"]"#,
    ] {
        both(ty, &lengths, "c7 07 0c 82 05 01 06 cd012c");
    }
    // A body of four bytes has a fixed form.
    let least = Dynamic::refined(Refinement {
        length_lower: Some(200),
        ..Refinement::default()
    });
    both(r#"["list","bool"]"#, &least, "d6 0c 81 05 ccc8");
}

#[test]
fn refinements_that_are_unknown_or_misplaced() {
    let not_null = Dynamic::refined(Refinement::not_null());
    // Keys from a later version, with values of every kind, and bytes after the map.
    reads(
        r#""string""#,
        "c7 18 0c 83 01c2 63 92 81a16101 d40000 64 cb0000000000000000 ffff",
        &not_null,
    );
    reads(r#""string""#, "c7 03 0c 81 63 c3", &Dynamic::unknown());
    // Nothing is promised about a value whose type is not known.
    reads(r#""dynamic""#, "c7 03 0c 81 01 c2", &Dynamic::unknown());
    assert_eq!(encode(&not_null, &Type::Dynamic).unwrap(), hex("d4 00 00"));
    assert!(refused(r#""number""#, "c7 04 0c 81 02 a161").contains("a prefix"));
    assert!(refused(r#""string""#, "c7 05 0c 81 03 92 01 c3").contains("a numeric bound"));
    assert!(refused(r#""string""#, "c7 03 0c 81 05 01").contains("a length"));
    assert!(refused(r#""string""#, "c7 02 0c 9101").contains("must be a map"));
}

#[test]
fn refinements_stay_within_their_bounds() {
    let refined = |refinement| Dynamic::refined(refinement);
    // A long prefix is cut at a character.
    let long = refined(Refinement {
        string_prefix: Some(format!("a{}", "é".repeat(200))),
        ..Refinement::default()
    });
    let bytes = encode(&long, &Type::String).unwrap();
    let cut = refined(Refinement {
        string_prefix: Some(format!("a{}", "é".repeat(127))),
        ..Refinement::default()
    });
    assert_eq!(decode(&bytes, &Type::String).unwrap(), cut);
    // What would make the body longer than 1024 bytes is not sent; the rest is.
    let huge = refined(Refinement {
        number_lower: Some((number("1e2000"), true)),
        ..Refinement::default()
    });
    assert_eq!(encode(&huge, &Type::Number).unwrap(), hex("d4 00 00"));
    let huge = refined(Refinement {
        nullness: Some(false),
        number_lower: Some((number("1e2000"), true)),
        ..Refinement::default()
    });
    assert_eq!(
        encode(&huge, &Type::Number).unwrap(),
        hex("c7 03 0c 81 01 c2")
    );
    // 1 (map) + 1 (key) + 1 (array) + 3 (head of the text) + 1 (bool) leave 1017 digits.
    let bound = |digits: i32| {
        refined(Refinement {
            number_lower: Some((number(&format!("1e{}", digits - 1)), true)),
            ..Refinement::default()
        })
    };
    assert_eq!(encode(&bound(1017), &Type::Number).unwrap().len(), 1024 + 4);
    assert_eq!(encode(&bound(1018), &Type::Number).unwrap().len(), 3);
    let infinite = refined(Refinement {
        number_upper: Some((crate::plugin::value::Number::Infinity, true)),
        ..Refinement::default()
    });
    assert_eq!(encode(&infinite, &Type::Number).unwrap(), hex("d4 00 00"));
}

#[test]
fn pairs_of_type_and_value() {
    let typed = |json: &str, value| Dynamic::typed(ty(json), value);
    // "string" in quotes is eight bytes.
    both(
        r#""dynamic""#,
        &typed(r#""string""#, string("a")),
        "92 c408 22737472696e6722 a161",
    );
    both(
        r#""dynamic""#,
        &typed(r#""number""#, Dynamic::Null),
        "92 c408 226e756d62657222 c0",
    );
    both(
        r#""dynamic""#,
        &typed(r#""number""#, Dynamic::unknown()),
        "92 c408 226e756d62657222 d40000",
    );
    let refined = Dynamic::refined(Refinement::not_null());
    both(
        r#""dynamic""#,
        &typed(r#""bool""#, refined),
        "92 c406 22626f6f6c22 c7030c8101c2",
    );
    // Text in place of bytes.
    reads(
        r#""dynamic""#,
        "92 a8 22737472696e6722 a161",
        &typed(r#""string""#, string("a")),
    );
    // Below a collection every element has its own pair.
    both(
        r#"["list","dynamic"]"#,
        &Dynamic::List(vec![typed(r#""bool""#, Dynamic::Bool(true)), Dynamic::Null]),
        "92 92c40622626f6f6c22c3 c0",
    );
    // ["list","bool"]
    both(
        r#"["object",{"a":"dynamic"}]"#,
        &Dynamic::object([(
            "a",
            typed(
                r#"["list","bool"]"#,
                Dynamic::List(vec![Dynamic::Bool(false)]),
            ),
        )]),
        "81 a161 92 c40f 5b226c697374222c22626f6f6c225d 91c2",
    );
    assert!(refused(r#""dynamic""#, "91 c0").contains("pair"));
    assert!(refused(r#""dynamic""#, "92 c401 22 c0").contains("JSON"));
    assert!(refused(r#""dynamic""#, "92 01 c0").contains("must be bytes"));
}

#[test]
fn errors_say_where() {
    let ty = r#"["object",{"statement":["list",["object",{"tags":["map","string"]}]]}]"#;
    let bytes = "81 a9 73746174656d656e74 91 81 a474616773 81 a16b 01";
    let error = decode(&hex(bytes), &super::ty(ty)).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"statement[0].tags["k"]: string is required, not a number"#
    );
    // No path leads into a set.
    let ty = r#"["object",{"s":["set",["object",{"a":"string"}]]}]"#;
    let error = decode(&hex("81 a173 91 81 a161 01"), &super::ty(ty)).unwrap_err();
    assert_eq!(error.path.to_string(), "s");
    let wrong = Dynamic::object([("s", Dynamic::Set(vec![Dynamic::object([("a", num("1"))])]))]);
    let error = encode(&wrong, &super::ty(ty)).unwrap_err();
    assert_eq!(error.to_string(), "s: string is required, not a number");
}

#[test]
fn hostile_lengths_and_depths() {
    // Four billion elements in five bytes.
    for (ty, bytes) in [
        (r#"["list","string"]"#, "dd ffffffff"),
        (r#"["map","string"]"#, "df ffffffff"),
        (r#""string""#, "db ffffffff"),
        (r#""string""#, "c9 ffffffff 0c"),
        (r#""dynamic""#, "92 c6 ffffffff"),
        (r#"["list","string"]"#, "92 a2"),
        (r#""string""#, "c7 06 0c 81 63 dd ffffffff"),
    ] {
        assert_eq!(refused(ty, bytes), "the bytes end within the value");
    }
    assert_eq!(refused(r#""bool""#, "c3 c3"), "1 bytes follow the value");
    assert_eq!(refused(r#""bool""#, ""), "the bytes end within the value");
    // Each pair says that its value is of any type again.
    let mut nested = Vec::new();
    for _ in 0..100_000 {
        nested.extend(hex("92 c409 2264796e616d696322"));
    }
    let error = decode(&nested, &Type::Dynamic).unwrap_err();
    assert!(error.to_string().contains("deeper than 128"), "{error}");
    let deep = format!("{}\"bool\"{}", "[\"list\",".repeat(200), "]".repeat(200));
    assert!(Type::from_json(deep.as_bytes()).is_err());
}
