//! From values to model fields and back.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::data::{AttributeData, AttributeType, Equal, Modifiers, Probe, Rule};
use super::{Attribute, Lens, Model, Schema};
use crate::plugin::value::{Dynamic, Field, Value, ValueError};

type Decode<M> = dyn Fn(&mut M, Dynamic) -> Result<(), ValueError> + Send + Sync;
type Encode<M> = dyn Fn(&mut M) -> Dynamic + Send + Sync;

/// One attribute's or block's way into a model and out of it.
pub(super) struct Binding<M> {
    pub(super) name: &'static str,
    pub(super) decode: Box<Decode<M>>,
    /// Takes the field out of the model.
    pub(super) encode: Box<Encode<M>>,
}

/// How known values of `T` are read and written.
pub(super) struct Codec<T> {
    decode: Box<dyn Fn(Dynamic) -> Result<T, ValueError> + Send + Sync>,
    encode: Box<dyn Fn(T) -> Dynamic + Send + Sync>,
    loses_unknown: fn(&Dynamic) -> bool,
}

impl<T> fmt::Debug for Codec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Codec")
    }
}

impl<T: Field> Codec<T> {
    pub(super) fn field() -> Self {
        Self {
            decode: Box::new(T::decode),
            encode: Box::new(T::encode),
            loses_unknown: T::loses_unknown,
        }
    }
}

impl<N: Model> Codec<N> {
    pub(super) fn object(schema: Arc<Schema<N>>) -> Self {
        let reader = Arc::clone(&schema);
        Self {
            decode: Box::new(move |value| reader.decode(value)),
            encode: Box::new(move |model| schema.encode(model)),
            loses_unknown: |_| false,
        }
    }
}

impl<N: Model> Codec<Vec<N>> {
    pub(super) fn list(schema: Arc<Schema<N>>) -> Self {
        let reader = Arc::clone(&schema);
        Self {
            decode: Box::new(move |value| {
                elements(value)?
                    .into_iter()
                    .enumerate()
                    .map(|(index, element)| {
                        reader
                            .decode(element)
                            .map_err(|error| error.in_element(index))
                    })
                    .collect()
            }),
            encode: Box::new(move |models| {
                Dynamic::List(models.into_iter().map(|m| schema.encode(m)).collect())
            }),
            loses_unknown: unknown_element,
        }
    }

    pub(super) fn set(schema: Arc<Schema<N>>) -> Self {
        let reader = Arc::clone(&schema);
        Self {
            decode: Box::new(move |value| {
                elements(value)?
                    .into_iter()
                    .map(|element| reader.decode(element).map_err(ValueError::in_set))
                    .collect()
            }),
            encode: Box::new(move |models| {
                Dynamic::set_of(models.into_iter().map(|m| schema.encode(m)).collect())
            }),
            loses_unknown: unknown_element,
        }
    }
}

impl<N: Model> Codec<BTreeMap<String, N>> {
    pub(super) fn map(schema: Arc<Schema<N>>) -> Self {
        let reader = Arc::clone(&schema);
        Self {
            decode: Box::new(move |value| {
                let Dynamic::Map(entries) = value else {
                    return Err(mismatch("a map of objects", &value));
                };
                entries
                    .into_iter()
                    .map(|(key, element)| match reader.decode(element) {
                        Ok(model) => Ok((key, model)),
                        Err(error) => Err(error.in_key(&key)),
                    })
                    .collect()
            }),
            encode: Box::new(move |models| {
                Dynamic::Map(
                    models
                        .into_iter()
                        .map(|(key, model)| (key, schema.encode(model)))
                        .collect(),
                )
            }),
            loses_unknown: unknown_element,
        }
    }
}

/// An object that is unknown as a whole fits no model; unknown parts of it do.
fn unknown_element(value: &Dynamic) -> bool {
    match value {
        Dynamic::List(elements) | Dynamic::Set(elements) => {
            elements.iter().any(Dynamic::is_unknown)
        }
        Dynamic::Map(entries) => entries.values().any(Dynamic::is_unknown),
        _ => false,
    }
}

fn elements(value: Dynamic) -> Result<Vec<Dynamic>, ValueError> {
    match value {
        Dynamic::List(elements) | Dynamic::Set(elements) => Ok(elements),
        other => Err(mismatch("a collection of objects", &other)),
    }
}

/// Binds a field. `empty` is what a null field is written as, where null is not a value of it.
pub(super) fn binding<M: Model, T: Clone + Send + Sync + 'static>(
    name: &'static str,
    lens: Lens<M, Value<T>>,
    codec: Arc<Codec<T>>,
    empty: Option<Dynamic>,
) -> Binding<M> {
    let writer = Arc::clone(&codec);
    Binding {
        name,
        decode: Box::new(move |model, value| {
            *lens(model) = decode(&codec, value)?;
            Ok(())
        }),
        encode: Box::new(move |model| match std::mem::take(lens(model)) {
            Value::Null => empty.clone().unwrap_or(Dynamic::Null),
            Value::Unknown => Dynamic::Unknown(None),
            Value::Known(value) => (writer.encode)(value),
        }),
    }
}

/// A value that is unknown in part is unknown as a whole to a Rust type that cannot hold unknown
/// parts.
fn decode<T>(codec: &Codec<T>, value: Dynamic) -> Result<Value<T>, ValueError> {
    match value {
        Dynamic::Null => Ok(Value::Null),
        Dynamic::Unknown(_) => Ok(Value::Unknown),
        known => {
            if (codec.loses_unknown)(&known) {
                return Ok(Value::Unknown);
            }
            (codec.decode)(known).map(Value::Known)
        }
    }
}

/// The data of an attribute, with its typed parts erased.
pub(super) fn attribute_data<T: Clone + PartialEq + Send + Sync + 'static>(
    name: &'static str,
    description: &'static str,
    ty: AttributeType,
    attribute: Attribute<T>,
    codec: &Arc<Codec<T>>,
) -> AttributeData {
    let rules = attribute
        .validators
        .into_iter()
        .map(|validator| {
            let codec = Arc::clone(codec);
            let check = validator.check;
            Rule {
                description: validator.description,
                summary: validator.summary,
                // What does not decode is reported once, by the probe.
                check: Arc::new(move |value| match (codec.decode)(value.clone()) {
                    Ok(value) => check(&value),
                    Err(_) => Ok(()),
                }),
            }
        })
        .collect();
    let equal = attribute.equal.map(|equal| {
        let codec = Arc::clone(codec);
        Equal(Arc::new(move |a, b| {
            match ((codec.decode)(a.clone()), (codec.decode)(b.clone())) {
                (Ok(a), Ok(b)) => equal(&a, &b),
                _ => false,
            }
        }))
    });
    let probe = {
        let codec = Arc::clone(codec);
        Probe(Arc::new(move |value| decode(&codec, value).map(|_| ())))
    };
    AttributeData {
        name: name.to_owned(),
        description: description.to_owned(),
        ty,
        required: attribute.required,
        optional: attribute.optional,
        computed: attribute.computed,
        sensitive: attribute.sensitive,
        write_only: attribute.write_only,
        deprecated: attribute.deprecated.map(str::to_owned),
        default: attribute.default.map(|value| (codec.encode)(value)),
        rules,
        modifiers: Modifiers {
            equal,
            ..attribute.modifiers
        },
        probe,
    }
}

/// The error of a value of another shape.
pub(super) fn mismatch(expected: &str, value: &Dynamic) -> ValueError {
    let found = match value {
        Dynamic::Null => "null",
        Dynamic::Unknown(_) => "a value that is not known yet",
        Dynamic::Bool(_) => "a bool",
        Dynamic::Number(_) => "a number",
        Dynamic::String(_) => "a string",
        Dynamic::List(_) => "a list",
        Dynamic::Set(_) => "a set",
        Dynamic::Map(_) => "a map",
        Dynamic::Tuple(_) => "a tuple",
        Dynamic::Object(_) => "an object",
        Dynamic::Typed(_) => "a value with its own type",
    };
    ValueError::new(format!("{expected} is required, not {found}"))
}
