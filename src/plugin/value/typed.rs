//! Typed values, for models.

use super::{Dynamic, Path, Type};

/// A value of a known Rust type, as a resource's model holds it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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
}

impl<T> From<Option<T>> for Value<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
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
}

/// A value that does not fit its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    /// Where, from the root of the object being decoded.
    pub path: Path,
    /// What was wrong, lower case, without a final period.
    pub message: String,
}
