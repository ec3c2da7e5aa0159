//! Typed values, for models.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Dynamic, Number, Path, Step, Type, nfc};

/// A value of a known Rust type, as a resource's model holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Value<T> {
    /// Not set.
    #[default]
    Null,
    /// Not known until apply.
    Unknown,
    /// A value.
    Known(T),
}

impl<T> Value<T> {
    /// The value, where it is known and not null.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// Whether the value is not known until apply.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Whether the value is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether the value is known and not null.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Known(_))
    }

    /// The same value, borrowed.
    pub fn as_ref(&self) -> Value<&T> {
        match self {
            Self::Null => Value::Null,
            Self::Unknown => Value::Unknown,
            Self::Known(value) => Value::Known(value),
        }
    }

    /// The same value, as what it dereferences to: `Value<String>` as `Value<&str>`.
    pub fn as_deref(&self) -> Value<&T::Target>
    where
        T: std::ops::Deref,
    {
        self.as_ref().map(|value| &**value)
    }

    /// The value changed by `f`; null and unknown stay what they are.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Value<U> {
        match self {
            Self::Null => Value::Null,
            Self::Unknown => Value::Unknown,
            Self::Known(value) => Value::Known(f(value)),
        }
    }

    /// What `f` makes of the value; null and unknown stay what they are.
    pub fn and_then<U>(self, f: impl FnOnce(T) -> Value<U>) -> Value<U> {
        match self {
            Self::Null => Value::Null,
            Self::Unknown => Value::Unknown,
            Self::Known(value) => f(value),
        }
    }

    /// This value, or `other` where it is null.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Null => other,
            set => set,
        }
    }

    /// The value, or `default` where it is null or unknown.
    pub fn unwrap_or(self, default: T) -> T {
        self.into_option().unwrap_or(default)
    }

    /// The value, or the type's default where it is null or unknown.
    pub fn unwrap_or_default(self) -> T
    where
        T: Default,
    {
        self.into_option().unwrap_or_default()
    }

    /// The value, where it is known and not null.
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }
}

impl<T: Field> Value<T> {
    /// Reads a value that may be null or unknown.
    ///
    /// A collection whose elements `T` does not allow to be unknown is unknown as a whole when
    /// one of them is.
    ///
    /// # Errors
    /// When a known value has another shape than `T`.
    pub fn from_dynamic(value: Dynamic) -> Result<Self, ValueError> {
        <Self as Field>::decode(value)
    }

    /// Writes the value.
    pub fn into_dynamic(self) -> Dynamic {
        <Self as Field>::encode(self)
    }
}

impl<T> From<T> for Value<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T> From<Option<T>> for Value<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
    }
}

impl From<&str> for Value<String> {
    fn from(value: &str) -> Self {
        Self::Known(value.to_owned())
    }
}

impl<T: Field> From<Value<T>> for Dynamic {
    fn from(value: Value<T>) -> Self {
        value.into_dynamic()
    }
}

/// A Rust type that an attribute can hold: `bool`, `i64`, [`super::Number`], `String`,
/// [`Dynamic`] (an attribute of type "any"), `Vec<T>` (a list), `BTreeSet<T>` (a set) and
/// `BTreeMap<String, T>` (a map). Elements may be `Value<T>` where they may be null or unknown.
pub trait Field: Clone + PartialEq + Send + Sync + 'static {
    /// The Terraform type.
    fn ty() -> Type;
    /// Reads a known, non-null value.
    ///
    /// # Errors
    /// When the value has another shape, or (for `i64`) does not fit.
    fn decode(value: Dynamic) -> Result<Self, ValueError>;
    /// Writes the value.
    fn encode(self) -> Dynamic;
    /// Whether the value is unknown in a place where this type cannot hold an unknown.
    fn loses_unknown(value: &Dynamic) -> bool {
        !value.is_wholly_known()
    }
}

impl<T: Field> Field for Value<T> {
    fn ty() -> Type {
        T::ty()
    }

    fn decode(value: Dynamic) -> Result<Self, ValueError> {
        match value {
            Dynamic::Null => Ok(Self::Null),
            value if T::loses_unknown(&value) => Ok(Self::Unknown),
            value => T::decode(value).map(Self::Known),
        }
    }

    fn encode(self) -> Dynamic {
        match self {
            Self::Null => Dynamic::Null,
            Self::Unknown => Dynamic::unknown(),
            Self::Known(value) => value.encode(),
        }
    }

    fn loses_unknown(_: &Dynamic) -> bool {
        false
    }
}

impl Field for bool {
    fn ty() -> Type {
        Type::Bool
    }

    fn decode(value: Dynamic) -> Result<Self, ValueError> {
        match value {
            Dynamic::Bool(value) => Ok(value),
            other => Err(other.mismatch(&Type::Bool)),
        }
    }

    fn encode(self) -> Dynamic {
        Dynamic::Bool(self)
    }
}

impl Field for i64 {
    fn ty() -> Type {
        Type::Number
    }

    fn decode(value: Dynamic) -> Result<Self, ValueError> {
        let number = Number::decode(value)?;
        number.to_i64().ok_or_else(|| {
            ValueError::new(if number.is_whole() {
                "the number is too large: it must fit into 64 bits"
            } else {
                "a whole number is required"
            })
        })
    }

    fn encode(self) -> Dynamic {
        Dynamic::from(self)
    }
}

impl Field for Number {
    fn ty() -> Type {
        Type::Number
    }

    fn decode(value: Dynamic) -> Result<Self, ValueError> {
        match value {
            Dynamic::Number(value) => Ok(value),
            other => Err(other.mismatch(&Type::Number)),
        }
    }

    fn encode(self) -> Dynamic {
        Dynamic::Number(self)
    }
}

impl Field for String {
    fn ty() -> Type {
        Type::String
    }

    fn decode(value: Dynamic) -> Result<Self, ValueError> {
        match value {
            Dynamic::String(value) => Ok(value),
            other => Err(other.mismatch(&Type::String)),
        }
    }

    fn encode(self) -> Dynamic {
        Dynamic::string(self)
    }
}

/// The content of an attribute of type "any". Reads typed values as they are; writes an untyped
/// one together with the type of its shape.
impl Field for Dynamic {
    fn ty() -> Type {
        Type::Dynamic
    }

    fn decode(value: Dynamic) -> Result<Self, ValueError> {
        Ok(value)
    }

    fn encode(self) -> Dynamic {
        self.into_typed()
    }

    fn loses_unknown(value: &Dynamic) -> bool {
        // A bare unknown is better said by the `Value` around it.
        matches!(value, Dynamic::Unknown(_))
    }
}

impl<T: Field> Field for Vec<T> {
    fn ty() -> Type {
        Type::list(T::ty())
    }

    fn decode(value: Dynamic) -> Result<Self, ValueError> {
        match value {
            Dynamic::List(elements) => elements
                .into_iter()
                .enumerate()
                .map(|(index, element)| T::decode(element).map_err(|e| e.in_element(index)))
                .collect(),
            other => Err(other.mismatch(&Self::ty())),
        }
    }

    fn encode(self) -> Dynamic {
        Dynamic::List(self.into_iter().map(T::encode).collect())
    }

    fn loses_unknown(value: &Dynamic) -> bool {
        match value {
            Dynamic::List(elements) => elements.iter().any(T::loses_unknown),
            other => !other.is_wholly_known(),
        }
    }
}

/// Elements that are not wholly known are never merged on the wire, but equal ones are here: a
/// `BTreeSet<Value<T>>` holds one unknown for any number of them.
impl<T: Field + Ord> Field for BTreeSet<T> {
    fn ty() -> Type {
        Type::set(T::ty())
    }

    fn decode(value: Dynamic) -> Result<Self, ValueError> {
        match value {
            Dynamic::Set(elements) => elements
                .into_iter()
                .map(|element| T::decode(element).map_err(ValueError::in_set))
                .collect(),
            other => Err(other.mismatch(&Self::ty())),
        }
    }

    fn encode(self) -> Dynamic {
        // Two texts may become one in NFC.
        Dynamic::set_of(self.into_iter().map(T::encode).collect())
    }

    fn loses_unknown(value: &Dynamic) -> bool {
        match value {
            Dynamic::Set(elements) => elements.iter().any(T::loses_unknown),
            other => !other.is_wholly_known(),
        }
    }
}

impl<T: Field> Field for BTreeMap<String, T> {
    fn ty() -> Type {
        Type::map(T::ty())
    }

    fn decode(value: Dynamic) -> Result<Self, ValueError> {
        match value {
            Dynamic::Map(entries) => entries
                .into_iter()
                .map(|(key, element)| match T::decode(element) {
                    Ok(element) => Ok((key, element)),
                    Err(error) => Err(error.in_key(&key)),
                })
                .collect(),
            other => Err(other.mismatch(&Self::ty())),
        }
    }

    fn encode(self) -> Dynamic {
        let entries = self.into_iter();
        Dynamic::Map(
            entries
                .map(|(key, element)| (nfc(key), element.encode()))
                .collect(),
        )
    }

    fn loses_unknown(value: &Dynamic) -> bool {
        match value {
            Dynamic::Map(entries) => entries.values().any(T::loses_unknown),
            other => !other.is_wholly_known(),
        }
    }
}

/// A value that does not fit its type. Never holds the value itself, which may be secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    /// Where, from the root of the object being decoded.
    pub path: Path,
    /// What was wrong, lower case, without a final period.
    pub message: String,
}

impl ValueError {
    /// An error about the value as a whole.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            path: Path::root(),
            message: message.into(),
        }
    }

    /// The same error, about what this path leads to.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.path = path;
        self
    }

    /// The same error, seen from what holds the value at this step.
    #[must_use]
    pub fn within(mut self, step: Step) -> Self {
        self.path.0.insert(0, step);
        self
    }

    /// The same error, seen from the object whose attribute the value is.
    #[must_use]
    pub fn in_attribute(self, name: &str) -> Self {
        self.within(Step::Attribute(name.to_owned()))
    }

    /// The same error, seen from the map that holds the value at this key.
    #[must_use]
    pub fn in_key(self, key: &str) -> Self {
        self.within(Step::Key(key.to_owned()))
    }

    /// The same error, seen from the list or tuple that holds the value at this index.
    #[must_use]
    pub fn in_element(self, index: usize) -> Self {
        self.within(Step::Index(i64::try_from(index).unwrap_or(i64::MAX)))
    }

    /// The same error, seen from the set that holds the value: no path leads into a set.
    #[must_use]
    pub fn in_set(mut self) -> Self {
        self.path = Path::root();
        self
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_root() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ValueError {}
