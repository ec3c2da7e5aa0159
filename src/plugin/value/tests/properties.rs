//! Properties of every type and value.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use crate::plugin::value::{Dynamic, Number, ObjectType, Refinement, Type, json, msgpack};

fn types() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![
        Just(Type::Bool),
        Just(Type::Number),
        Just(Type::String),
        Just(Type::Dynamic)
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            vec(inner.clone(), 0..3).prop_map(Type::Tuple),
            btree_map("[a-z]{1,3}", inner, 0..4).prop_map(Type::object),
        ]
    })
}

/// Types that a typed value can have: "any" itself would add nothing.
fn concrete_types() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![Just(Type::Bool), Just(Type::Number), Just(Type::String)];
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            btree_map("[a-z]{1,2}", inner, 0..3).prop_map(Type::object),
        ]
    })
}

fn finite_numbers() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        (-300_i64..300).prop_map(Number::from),
        any::<f64>()
            .prop_filter_map("finite", Number::from_f64)
            .prop_filter("finite", Number::is_finite),
        "-?[0-9]{1,40}(\\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?"
            .prop_map(|text| text.parse().expect("a number")),
    ]
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,8}",
        "\\PC{0,6}",
        // Much that NFC composes and reorders.
        "[ae\u{301}\u{323}\u{308}가ᄀᆨᅡÅ]{0,5}",
        "[a-z]{30,40}",
        any::<String>(),
    ]
}

/// What is generated besides known values.
#[derive(Clone, Copy)]
struct With {
    unknowns: bool,
    infinities: bool,
}

const EVERYTHING: With = With {
    unknowns: true,
    infinities: true,
};
const WHAT_JSON_CAN_SAY: With = With {
    unknowns: false,
    infinities: false,
};

fn bounds() -> impl Strategy<Value = Option<(Number, bool)>> {
    // Longer ones may not be sent at all.
    let short = finite_numbers().prop_filter("short", |number| number.to_string().len() < 400);
    proptest::option::of((short, any::<bool>()))
}

fn refinements(ty: &Type) -> BoxedStrategy<Refinement> {
    let nullness = any::<Option<bool>>();
    match ty {
        Type::String => (nullness, proptest::option::of(texts()))
            .prop_map(|(nullness, prefix)| Refinement {
                nullness,
                string_prefix: prefix.map(crate::plugin::value::nfc),
                ..Refinement::default()
            })
            .boxed(),
        Type::Number => (nullness, bounds(), bounds())
            .prop_map(|(nullness, number_lower, number_upper)| Refinement {
                nullness,
                number_lower,
                number_upper,
                ..Refinement::default()
            })
            .boxed(),
        Type::List(_) | Type::Set(_) | Type::Map(_) => {
            (nullness, any::<Option<i64>>(), any::<Option<i64>>())
                .prop_map(|(nullness, length_lower, length_upper)| Refinement {
                    nullness,
                    length_lower,
                    length_upper,
                    ..Refinement::default()
                })
                .boxed()
        }
        Type::Dynamic => Just(Refinement::default()).boxed(),
        Type::Bool | Type::Tuple(_) | Type::Object(_) => nullness
            .prop_map(|nullness| Refinement {
                nullness,
                ..Refinement::default()
            })
            .boxed(),
    }
}

fn known(ty: &Type, with: With) -> BoxedStrategy<Dynamic> {
    match ty {
        Type::Bool => any::<bool>().prop_map(Dynamic::Bool).boxed(),
        Type::Number if with.infinities => prop_oneof![
            8 => finite_numbers(),
            1 => Just(Number::Infinity),
            1 => Just(Number::NegativeInfinity),
        ]
        .prop_map(Dynamic::Number)
        .boxed(),
        Type::Number => finite_numbers().prop_map(Dynamic::Number).boxed(),
        Type::String => texts().prop_map(Dynamic::string).boxed(),
        Type::Dynamic => concrete_types()
            .prop_flat_map(move |ty| (Just(ty.clone()), values(&ty, with)))
            .prop_map(|(ty, value)| Dynamic::typed(ty, value))
            .boxed(),
        Type::List(element) => vec(values(element, with), 0..4)
            .prop_map(Dynamic::List)
            .boxed(),
        Type::Set(element) => vec(values(element, with), 0..12)
            .prop_map(Dynamic::set_of)
            .boxed(),
        Type::Map(element) => vec((texts(), values(element, with)), 0..4)
            .prop_map(Dynamic::map_of)
            .boxed(),
        Type::Tuple(types) => {
            let elements: Vec<_> = types.iter().map(|ty| values(ty, with)).collect();
            elements.prop_map(Dynamic::Tuple).boxed()
        }
        Type::Object(ObjectType { attributes, .. }) => {
            let names: Vec<String> = attributes.keys().cloned().collect();
            let values: Vec<_> = attributes.values().map(|ty| values(ty, with)).collect();
            values
                .prop_map(move |values| Dynamic::object(names.iter().cloned().zip(values)))
                .boxed()
        }
    }
}

fn values(ty: &Type, with: With) -> BoxedStrategy<Dynamic> {
    let unknown = refinements(ty).prop_map(Dynamic::refined);
    let weight = u32::from(with.unknowns);
    if weight == 0 {
        prop_oneof![6 => known(ty, with), 1 => Just(Dynamic::Null)].boxed()
    } else {
        prop_oneof![6 => known(ty, with), 1 => Just(Dynamic::Null), 1 => unknown].boxed()
    }
}

fn typed_values(with: With) -> impl Strategy<Value = (Type, Dynamic)> {
    types().prop_flat_map(move |ty| (Just(ty.clone()), values(&ty, with)))
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The value with the elements of every set the other way round.
fn reversed_sets(value: Dynamic) -> Dynamic {
    value
        .transform(&mut |_, part| {
            Ok::<_, ()>(match part {
                Dynamic::Set(elements) => Dynamic::Set(elements.into_iter().rev().collect()),
                other => other,
            })
        })
        .expect("never fails")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn types_survive_json(ty in types()) {
        prop_assert_eq!(Type::from_json(ty.to_json().as_bytes()), Ok(ty));
    }

    #[test]
    fn values_survive_msgpack((ty, value) in typed_values(EVERYTHING)) {
        prop_assert_eq!(value.conforms(&ty), Ok(()));
        let bytes = msgpack::encode(&value, &ty).expect("encodes");
        let read = msgpack::decode(&bytes, &ty).expect("decodes");
        prop_assert_eq!(&read, &value);
        prop_assert_eq!(msgpack::encode(&read, &ty), Ok(bytes));
    }

    #[test]
    fn known_values_survive_json((ty, value) in typed_values(WHAT_JSON_CAN_SAY)) {
        prop_assert!(value.is_wholly_known());
        let text = json::encode(&value, &ty).expect("encodes");
        let read = json::decode(text.as_bytes(), &ty, json::Unexpected::Refuse);
        prop_assert_eq!(read, Ok(value));
    }

    #[test]
    fn sets_have_no_order((_, value) in typed_values(EVERYTHING)) {
        let reversed = reversed_sets(value.clone());
        prop_assert_eq!(&reversed, &value);
        prop_assert_eq!(reversed.cmp(&value), std::cmp::Ordering::Equal);
    }

    #[test]
    fn the_order_is_total_and_agrees_with_equality(
        (a, b, c) in types().prop_flat_map(|ty| {
            (values(&ty, EVERYTHING), values(&ty, EVERYTHING), values(&ty, EVERYTHING))
        })
    ) {
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a.cmp(&b).is_eq(), a == b);
        let mut sorted = [&a, &b, &c];
        sorted.sort();
        prop_assert!(sorted[0] <= sorted[1] && sorted[1] <= sorted[2] && sorted[0] <= sorted[2]);
    }

    #[test]
    fn nulls_in_place_of_unknowns_still_conform((ty, value) in typed_values(EVERYTHING)) {
        let known = value.unknowns_to_null();
        prop_assert!(known.is_wholly_known());
        prop_assert_eq!(known.conforms(&ty), Ok(()));
    }

    #[test]
    fn numbers_keep_their_value(number in finite_numbers(), other in finite_numbers()) {
        let printed = number.to_string();
        prop_assert!(!printed.contains(['e', 'E']));
        let again: Number = printed.parse().expect("parses");
        prop_assert_eq!(&again, &number);
        prop_assert_eq!(hash(&again), hash(&number));
        prop_assert_eq!(number.cmp(&other).is_eq(), number == other);
        if let Some(float) = number.to_f64() {
            prop_assert_eq!(Number::from_f64(float), Some(number.clone()));
        }
        if let Some(whole) = number.to_i64() {
            prop_assert_eq!(Number::from(whole), number);
        }
    }

    #[test]
    fn whole_numbers_order_as_integers(a in any::<i64>(), b in any::<i64>()) {
        prop_assert_eq!(Number::from(a).cmp(&Number::from(b)), a.cmp(&b));
        prop_assert_eq!(Number::from(a).to_i64(), Some(a));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_bytes_make_a_reader_panic(ty in types(), bytes in vec(any::<u8>(), 0..64)) {
        if let Ok(value) = msgpack::decode(&bytes, &ty) {
            prop_assert_eq!(value.conforms(&ty), Ok(()));
            prop_assert!(msgpack::encode(&value, &ty).is_ok());
        }
        let _ = json::decode(&bytes, &ty, json::Unexpected::Ignore);
        let _ = Type::from_json(&bytes);
    }

    #[test]
    fn no_damage_makes_a_reader_panic(
        (ty, value) in typed_values(EVERYTHING),
        at in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = msgpack::encode(&value, &ty).expect("encodes");
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
            prop_assert!(msgpack::decode(&bytes, &ty).is_err());
        } else {
            bytes[at] = byte;
            if let Ok(value) = msgpack::decode(&bytes, &ty) {
                prop_assert_eq!(value.conforms(&ty), Ok(()));
                prop_assert!(msgpack::encode(&value, &ty).is_ok());
            }
        }
    }
}
