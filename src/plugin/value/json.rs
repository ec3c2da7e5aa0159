//! Values in JSON, as `cty` reads and writes them: stored state reaches an upgrade in this form,
//! in the shape of the schema that it was written with.
//!
//! Unknown values and infinities cannot be expressed.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::dynamic::{missing_attribute, same_attributes, unexpected_attribute, wrong_length};
use super::types::write_json_string;
use super::{Dynamic, MAX_DEPTH, Number, ObjectType, Type, ValueError, nfc, order};

/// What to do with members of an object that its type does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unexpected {
    /// They are an error.
    Refuse,
    /// They are dropped: state of an earlier version may hold attributes that are gone since.
    Ignore,
}

/// Reads one value of this type that fills the bytes. An attribute that is missing is null.
/// Lenient as Terraform is: text is accepted for a number or a bool, and either for text.
///
/// # Errors
/// When the bytes are not JSON, nest too deep, or hold a value of another type.
pub fn decode(bytes: &[u8], ty: &Type, unexpected: Unexpected) -> Result<Dynamic, ValueError> {
    // The parser refuses to nest deeper than 128 levels, which bounds the recursion below.
    let json = serde_json::from_slice(bytes)
        .map_err(|error| ValueError::new(format!("the value is not JSON: {error}")))?;
    read(json, ty, unexpected)
}

fn read(json: Json, ty: &Type, unexpected: Unexpected) -> Result<Dynamic, ValueError> {
    match (ty, json) {
        // A value of any type says its type even where it is null, but need not.
        (_, Json::Null) => Ok(Dynamic::Null),
        (Type::Bool, Json::Bool(value)) => Ok(Dynamic::Bool(value)),
        (Type::Bool, Json::String(text)) => match text.as_str() {
            "true" | "1" => Ok(Dynamic::Bool(true)),
            "false" | "0" => Ok(Dynamic::Bool(false)),
            _ => Err(ValueError::new(
                "bool is required, and the string is neither \"true\" nor \"false\"",
            )),
        },
        (Type::Number, Json::Number(number)) => Ok(Dynamic::Number(number.as_str().parse()?)),
        (Type::Number, Json::String(text)) => Ok(Dynamic::Number(text.parse()?)),
        (Type::String, Json::String(text)) => Ok(Dynamic::string(text)),
        (Type::String, Json::Number(number)) => Ok(Dynamic::string(number.as_str())),
        (Type::String, Json::Bool(value)) => Ok(Dynamic::string(value.to_string())),
        (Type::List(element), Json::Array(elements)) => {
            let elements = elements.into_iter().enumerate().map(|(index, json)| {
                read(json, element, unexpected).map_err(|e| e.in_element(index))
            });
            Ok(Dynamic::List(elements.collect::<Result<_, _>>()?))
        }
        (Type::Set(element), Json::Array(elements)) => {
            let elements = elements
                .into_iter()
                .map(|json| read(json, element, unexpected).map_err(ValueError::in_set));
            Ok(Dynamic::set_of(elements.collect::<Result<_, _>>()?))
        }
        (Type::Map(element), Json::Object(members)) => {
            let entries = members.into_iter().map(|(key, json)| {
                let key = nfc(key);
                match read(json, element, unexpected) {
                    Ok(value) => Ok((key, value)),
                    Err(error) => Err(error.in_key(&key)),
                }
            });
            Ok(Dynamic::Map(entries.collect::<Result<_, _>>()?))
        }
        (Type::Tuple(types), Json::Array(elements)) => {
            if elements.len() != types.len() {
                return Err(wrong_length(elements.len(), types.len()));
            }
            let elements = elements.into_iter().zip(types).enumerate();
            let elements = elements.map(|(index, (json, ty))| {
                read(json, ty, unexpected).map_err(|e| e.in_element(index))
            });
            Ok(Dynamic::Tuple(elements.collect::<Result<_, _>>()?))
        }
        (Type::Object(object), Json::Object(members)) => read_object(members, object, unexpected),
        (Type::Dynamic, Json::Object(members)) => read_typed(members, unexpected),
        (ty, json) => Err(ValueError::new(format!(
            "{ty} is required, not {}",
            describe(&json)
        ))),
    }
}

fn read_object(
    mut members: serde_json::Map<String, Json>,
    object: &ObjectType,
    unexpected: Unexpected,
) -> Result<Dynamic, ValueError> {
    let mut attributes = BTreeMap::new();
    for (name, ty) in &object.attributes {
        let value = match members.remove(name) {
            None => Dynamic::Null,
            Some(json) => read(json, ty, unexpected).map_err(|e| e.in_attribute(name))?,
        };
        attributes.insert(name.clone(), value);
    }
    match members.keys().next() {
        Some(name) if unexpected == Unexpected::Refuse => Err(unexpected_attribute(name)),
        _ => Ok(Dynamic::Object(attributes)),
    }
}

/// `{"value": …, "type": …}`.
fn read_typed(
    mut members: serde_json::Map<String, Json>,
    unexpected: Unexpected,
) -> Result<Dynamic, ValueError> {
    let mut member = |name| members.remove(name).ok_or_else(|| missing_attribute(name));
    let ty = Type::from_json_value(member("type")?)?;
    let value = read(member("value")?, &ty, unexpected)?;
    match members.keys().next() {
        Some(name) => Err(unexpected_attribute(name)),
        None => Ok(Dynamic::typed(ty, value)),
    }
}

fn describe(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a bool",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

/// Writes a value of this type, compact and with sorted keys.
///
/// # Errors
/// When the value is not of this type, or JSON cannot express it.
pub fn encode(value: &Dynamic, ty: &Type) -> Result<String, ValueError> {
    let mut out = String::new();
    write(&mut out, value, ty, 0)?;
    Ok(out)
}

fn write(out: &mut String, value: &Dynamic, ty: &Type, depth: usize) -> Result<(), ValueError> {
    if depth > MAX_DEPTH {
        return Err(ValueError::new(format!(
            "the value nests deeper than {MAX_DEPTH} levels"
        )));
    }
    match (value, ty) {
        (Dynamic::Null, _) => out.push_str("null"),
        (Dynamic::Unknown(_), _) => {
            return Err(ValueError::new("JSON cannot express an unknown value"));
        }
        (Dynamic::Typed(typed), Type::Dynamic) => {
            let (ty, value) = &**typed;
            out.push_str("{\"value\":");
            write(out, value, ty, depth + 1)?;
            out.push_str(",\"type\":");
            out.push_str(&ty.to_json());
            out.push('}');
        }
        (Dynamic::Bool(value), Type::Bool) => out.push_str(if *value { "true" } else { "false" }),
        (Dynamic::Number(value @ Number::Finite(_)), Type::Number) => {
            out.push_str(&value.to_string());
        }
        (Dynamic::Number(_), Type::Number) => {
            return Err(ValueError::new("JSON cannot express an infinity"));
        }
        (Dynamic::String(value), Type::String) => write_json_string(out, &nfc(value.clone())),
        (Dynamic::List(elements), Type::List(element)) => {
            write_all(out, "[]", elements, |out, index, value| {
                write(out, value, element, depth + 1).map_err(|e| e.in_element(index))
            })?;
        }
        (Dynamic::Set(elements), Type::Set(element)) => {
            let elements = order::unique_refs(elements);
            write_all(out, "[]", elements, |out, _, value| {
                write(out, value, element, depth + 1).map_err(ValueError::in_set)
            })?;
        }
        (Dynamic::Map(entries), Type::Map(element)) => {
            write_all(out, "{}", entries, |out, _, (key, value)| {
                write_json_string(out, &nfc(key.clone()));
                out.push(':');
                write(out, value, element, depth + 1).map_err(|e| e.in_key(key))
            })?;
        }
        (Dynamic::Tuple(elements), Type::Tuple(types)) => {
            if elements.len() != types.len() {
                return Err(wrong_length(elements.len(), types.len()));
            }
            let elements = elements.iter().zip(types);
            write_all(out, "[]", elements, |out, index, (value, ty)| {
                write(out, value, ty, depth + 1).map_err(|e| e.in_element(index))
            })?;
        }
        (Dynamic::Object(attributes), Type::Object(object)) => {
            same_attributes(attributes, &object.attributes)?;
            let attributes = attributes.iter().zip(object.attributes.values());
            write_all(out, "{}", attributes, |out, _, ((name, value), ty)| {
                write_json_string(out, name);
                out.push(':');
                write(out, value, ty, depth + 1).map_err(|e| e.in_attribute(name))
            })?;
        }
        (value, ty) => return Err(value.mismatch(ty)),
    }
    Ok(())
}

fn write_all<T>(
    out: &mut String,
    brackets: &str,
    parts: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, usize, T) -> Result<(), ValueError>,
) -> Result<(), ValueError> {
    let mut brackets = brackets.chars();
    out.extend(brackets.next());
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(out, index, part)?;
    }
    out.extend(brackets.next());
    Ok(())
}
