//! What is known about an unknown value.

use super::{Dynamic, Number, Type, ValueError};

/// What is known about an unknown value. Whatever a plan promises, apply must honour.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Refinement {
    /// `Some(false)`: the value will never be null.
    pub nullness: Option<bool>,
    /// The value is text beginning so.
    pub string_prefix: Option<String>,
    /// Lower bound of a number, and whether the bound itself is allowed.
    pub number_lower: Option<(Number, bool)>,
    /// Upper bound of a number, and whether the bound itself is allowed.
    pub number_upper: Option<(Number, bool)>,
    /// Least number of elements of a collection.
    pub length_lower: Option<i64>,
    /// Greatest number of elements of a collection.
    pub length_upper: Option<i64>,
}

impl Refinement {
    /// The promise that the value will not be null.
    #[must_use]
    pub fn not_null() -> Self {
        Self {
            nullness: Some(false),
            ..Self::default()
        }
    }

    /// Whether nothing is known at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }

    /// Whether everything that is known can be said of a value of this type.
    ///
    /// # Errors
    /// When, say, a prefix is claimed of a number.
    pub fn conforms(&self, ty: &Type) -> Result<(), ValueError> {
        let misplaced = if self.string_prefix.is_some() && *ty != Type::String {
            "a prefix"
        } else if (self.number_lower.is_some() || self.number_upper.is_some())
            && *ty != Type::Number
        {
            "a numeric bound"
        } else if (self.length_lower.is_some() || self.length_upper.is_some())
            && ty.element().is_none()
        {
            "a length"
        } else {
            return Ok(());
        };
        Err(ValueError::new(format!(
            "an unknown {ty} cannot be promised to have {misplaced}"
        )))
    }

    /// Whether a value keeps what was promised. An unknown value does: it can still turn out so.
    #[must_use]
    pub fn admits(&self, value: &Dynamic) -> bool {
        match value {
            Dynamic::Unknown(_) => true,
            Dynamic::Null => self.nullness != Some(false),
            _ if self.nullness == Some(true) => false,
            Dynamic::String(text) => self
                .string_prefix
                .as_ref()
                .is_none_or(|prefix| text.starts_with(prefix.as_str())),
            Dynamic::Number(number) => {
                let above = self.number_lower.as_ref().is_none_or(|(bound, inclusive)| {
                    number > bound || (*inclusive && number == bound)
                });
                let below = self.number_upper.as_ref().is_none_or(|(bound, inclusive)| {
                    number < bound || (*inclusive && number == bound)
                });
                above && below
            }
            Dynamic::List(elements) => self.admits_length(elements.len(), elements.len()),
            Dynamic::Map(elements) => self.admits_length(elements.len(), elements.len()),
            // Unknown elements may turn out equal to others.
            Dynamic::Set(elements) => {
                let known = elements.iter().filter(|e| e.is_wholly_known()).count();
                let least = if known == 0 {
                    usize::from(!elements.is_empty())
                } else {
                    known
                };
                self.admits_length(least, elements.len())
            }
            Dynamic::Typed(typed) => self.admits(&typed.1),
            Dynamic::Bool(_) | Dynamic::Tuple(_) | Dynamic::Object(_) => true,
        }
    }

    /// Whether a length between these two, which are both possible, is within the bounds.
    fn admits_length(&self, least: usize, most: usize) -> bool {
        let length = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
        self.length_lower.is_none_or(|bound| length(most) >= bound)
            && self.length_upper.is_none_or(|bound| length(least) <= bound)
    }
}
