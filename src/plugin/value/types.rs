//! Type constraints, and their JSON form.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value as Json;

use super::ValueError;

/// The type of a value, as `cty` and the protocol know it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// An exact decimal number.
    Number,
    /// Text in Unicode NFC.
    String,
    /// Decided by the value itself ("any"); travels as a pair of type and value.
    Dynamic,
    /// Ordered, of one element type.
    List(Box<Type>),
    /// Unordered, of one element type, without duplicates.
    Set(Box<Type>),
    /// Text keys, of one element type.
    Map(Box<Type>),
    /// Ordered, of a fixed length, one type an element.
    Tuple(Vec<Type>),
    /// Named attributes, each of its own type.
    Object(ObjectType),
}

/// The attributes of an object type.
#[derive(Debug, Clone, PartialEq, Eq, Default, PartialOrd, Ord, Hash)]
pub struct ObjectType {
    /// Name to type.
    pub attributes: BTreeMap<String, Type>,
    /// Names that an author may leave out (type constraints of function parameters only).
    pub optional: BTreeSet<String>,
}

impl Type {
    /// A list of this element type.
    #[must_use]
    pub fn list(element: Type) -> Self {
        Self::List(Box::new(element))
    }

    /// A set of this element type.
    #[must_use]
    pub fn set(element: Type) -> Self {
        Self::Set(Box::new(element))
    }

    /// A map to this element type.
    #[must_use]
    pub fn map(element: Type) -> Self {
        Self::Map(Box::new(element))
    }

    /// An object of these attributes, none of which may be left out.
    #[must_use]
    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Type)>) -> Self {
        Self::Object(attributes.into_iter().collect())
    }

    /// The object type, where this is one.
    #[must_use]
    pub fn as_object(&self) -> Option<&ObjectType> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The element type of a list, set or map.
    #[must_use]
    pub fn element(&self) -> Option<&Type> {
        match self {
            Self::List(element) | Self::Set(element) | Self::Map(element) => Some(element),
            _ => None,
        }
    }

    /// Whether a part of this type is decided by the value.
    #[must_use]
    pub fn has_dynamic(&self) -> bool {
        match self {
            Self::Bool | Self::Number | Self::String => false,
            Self::Dynamic => true,
            Self::List(element) | Self::Set(element) | Self::Map(element) => element.has_dynamic(),
            Self::Tuple(elements) => elements.iter().any(Self::has_dynamic),
            Self::Object(object) => object.attributes.values().any(Self::has_dynamic),
        }
    }

    /// Reads a type constraint's JSON form, such as `["list","string"]`.
    ///
    /// # Errors
    /// When the bytes are not JSON, are followed by anything, or describe no type.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ValueError> {
        let json = serde_json::from_slice(bytes)
            .map_err(|error| ValueError::new(format!("a type must be JSON: {error}")))?;
        Self::from_json_value(json)
    }

    /// Reads a type constraint from parsed JSON.
    ///
    /// # Errors
    /// When the JSON describes no type.
    pub(super) fn from_json_value(json: Json) -> Result<Self, ValueError> {
        let parts = match json {
            Json::String(name) => {
                return match name.as_str() {
                    "bool" => Ok(Self::Bool),
                    "number" => Ok(Self::Number),
                    "string" => Ok(Self::String),
                    "dynamic" => Ok(Self::Dynamic),
                    _ => Err(ValueError::new(format!("there is no type named {name:?}"))),
                };
            }
            Json::Array(parts) => parts,
            other => return Err(ValueError::new(format!("{other} is not a type"))),
        };
        let mut parts = parts.into_iter();
        let constructor = match parts.next() {
            Some(Json::String(name)) => name,
            _ => {
                return Err(ValueError::new(
                    "a compound type must start with its constructor's name",
                ));
            }
        };
        let (argument, optional) = match (parts.next(), parts.next(), parts.next()) {
            (Some(argument), optional, None) => (argument, optional),
            _ => {
                return Err(ValueError::new(format!(
                    "type constructor {constructor:?} has the wrong number of arguments"
                )));
            }
        };
        if optional.is_some() && constructor != "object" {
            return Err(ValueError::new(format!(
                "type constructor {constructor:?} takes one argument"
            )));
        }
        match (constructor.as_str(), argument) {
            ("list", element) => Ok(Self::list(Self::from_json_value(element)?)),
            ("set", element) => Ok(Self::set(Self::from_json_value(element)?)),
            ("map", element) => Ok(Self::map(Self::from_json_value(element)?)),
            ("tuple", Json::Array(elements)) => elements
                .into_iter()
                .map(Self::from_json_value)
                .collect::<Result<_, _>>()
                .map(Self::Tuple),
            ("object", Json::Object(attributes)) => {
                let attributes = attributes
                    .into_iter()
                    .map(|(name, ty)| Ok((super::nfc(name), Self::from_json_value(ty)?)))
                    .collect::<Result<BTreeMap<_, _>, ValueError>>()?;
                let optional = optional_names(optional, &attributes)?;
                Ok(Self::Object(ObjectType {
                    attributes,
                    optional,
                }))
            }
            ("tuple" | "object", argument) => Err(ValueError::new(format!(
                "{argument} does not describe the parts of a {constructor} type"
            ))),
            _ => Err(ValueError::new(format!(
                "there is no type constructor named {constructor:?}"
            ))),
        }
    }

    /// The type constraint's JSON form: compact, attributes sorted.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    fn write_json(&self, out: &mut String) {
        match self {
            Self::Bool => out.push_str("\"bool\""),
            Self::Number => out.push_str("\"number\""),
            Self::String => out.push_str("\"string\""),
            Self::Dynamic => out.push_str("\"dynamic\""),
            Self::List(element) => element.write_wrapped(out, "[\"list\","),
            Self::Set(element) => element.write_wrapped(out, "[\"set\","),
            Self::Map(element) => element.write_wrapped(out, "[\"map\","),
            Self::Tuple(elements) => {
                out.push_str("[\"tuple\",[");
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    element.write_json(out);
                }
                out.push_str("]]");
            }
            Self::Object(object) => {
                out.push_str("[\"object\",{");
                for (index, (name, ty)) in object.attributes.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_json_string(out, name);
                    out.push(':');
                    ty.write_json(out);
                }
                out.push('}');
                if !object.optional.is_empty() {
                    out.push_str(",[");
                    for (index, name) in object.optional.iter().enumerate() {
                        if index > 0 {
                            out.push(',');
                        }
                        write_json_string(out, name);
                    }
                    out.push(']');
                }
                out.push(']');
            }
        }
    }

    fn write_wrapped(&self, out: &mut String, start: &str) {
        out.push_str(start);
        self.write_json(out);
        out.push(']');
    }
}

fn optional_names(
    json: Option<Json>,
    attributes: &BTreeMap<String, Type>,
) -> Result<BTreeSet<String>, ValueError> {
    let names = match json {
        None => return Ok(BTreeSet::new()),
        Some(Json::Array(names)) => names,
        Some(other) => {
            return Err(ValueError::new(format!(
                "{other} is not a list of optional attributes"
            )));
        }
    };
    names
        .into_iter()
        .map(|name| match name {
            Json::String(name) if attributes.contains_key(&name) => Ok(name),
            other => Err(ValueError::new(format!(
                "{other} is not one of the object type's attributes"
            ))),
        })
        .collect()
}

/// Writes text as a JSON string.
pub(super) fn write_json_string(out: &mut String, text: &str) {
    use fmt::Write as _;
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                // Writing to a `String` does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

impl<N: Into<String>> FromIterator<(N, Type)> for ObjectType {
    fn from_iter<I: IntoIterator<Item = (N, Type)>>(attributes: I) -> Self {
        Self {
            attributes: attributes
                .into_iter()
                .map(|(name, ty)| (name.into(), ty))
                .collect(),
            optional: BTreeSet::new(),
        }
    }
}

impl From<ObjectType> for Type {
    fn from(object: ObjectType) -> Self {
        Self::Object(object)
    }
}

/// For people: `list of string`, `object with the attributes "a", "b"`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::Dynamic => f.write_str("any type"),
            Self::List(element) => write!(f, "list of {element}"),
            Self::Set(element) => write!(f, "set of {element}"),
            Self::Map(element) => write!(f, "map of {element}"),
            Self::Tuple(elements) => {
                f.write_str("tuple of (")?;
                for (index, element) in elements.iter().enumerate() {
                    let separator = if index > 0 { ", " } else { "" };
                    write!(f, "{separator}{element}")?;
                }
                f.write_str(")")
            }
            Self::Object(object) if object.attributes.is_empty() => {
                f.write_str("object without attributes")
            }
            Self::Object(object) => {
                f.write_str("object with ")?;
                for (index, name) in object.attributes.keys().enumerate() {
                    let separator = if index > 0 { ", " } else { "" };
                    write!(f, "{separator}{name:?}")?;
                }
                Ok(())
            }
        }
    }
}
