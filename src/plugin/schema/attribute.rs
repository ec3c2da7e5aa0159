//! What may be said of an attribute, typed by its value.

use std::fmt;
use std::sync::Arc;

use super::data::Modifiers;

/// What may be done with an attribute whose known values are `T`.
#[derive(Clone)]
pub struct Attribute<T> {
    pub(super) required: bool,
    pub(super) optional: bool,
    pub(super) computed: bool,
    pub(super) sensitive: bool,
    pub(super) write_only: bool,
    pub(super) deprecated: Option<&'static str>,
    pub(super) default: Option<T>,
    pub(super) validators: Vec<Validator<T>>,
    pub(super) equal: Option<fn(&T, &T) -> bool>,
    /// All but the typed `equal`.
    pub(super) modifiers: Modifiers,
}

impl<T> fmt::Debug for Attribute<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attribute")
            .field("required", &self.required)
            .field("optional", &self.optional)
            .field("computed", &self.computed)
            .finish_non_exhaustive()
    }
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Attribute<T> {
    pub(super) fn new() -> Self {
        Self {
            required: false,
            optional: false,
            computed: false,
            sensitive: false,
            write_only: false,
            deprecated: None,
            default: None,
            validators: Vec::new(),
            equal: None,
            modifiers: Modifiers::default(),
        }
    }

    /// The author must write it.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The author may write it.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// The provider fills it in (where the author did not, if it is optional too).
    #[must_use]
    pub fn computed(mut self) -> Self {
        self.computed = true;
        self
    }

    /// Used where the configuration is null; makes the attribute optional and computed.
    #[must_use]
    pub fn default_value(mut self, value: T) -> Self {
        self.optional = true;
        self.computed = true;
        self.default = Some(value);
        self
    }

    /// Hidden in Terraform's output.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// Sent in the configuration only, never stored. A create or update finds the value in
    /// [`Call::config`](crate::plugin::author::Call::config).
    #[must_use]
    pub fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }

    /// Still accepted, with a warning that says what to use instead.
    #[must_use]
    pub fn deprecated(mut self, message: &'static str) -> Self {
        self.deprecated = Some(message);
        self
    }

    /// A change replaces the object. Where the attribute is computed too, an update keeps its
    /// value: if it could change by itself, it would have to replace the object.
    #[must_use]
    pub fn replaces(mut self) -> Self {
        self.modifiers.replaces = true;
        self
    }

    /// Computed: the value never changes after create, so a plan shows the prior one.
    #[must_use]
    pub fn keep_prior(mut self) -> Self {
        self.modifiers.keep_prior = true;
        self
    }

    /// Computed: the prior value stays unless one of these changes. The names are those of
    /// attributes and blocks beside this one.
    #[must_use]
    pub fn changes_with(mut self, attributes: &'static [&'static str]) -> Self {
        self.modifiers.changes_with = Some(attributes);
        self
    }

    /// Computed: the value, once known, is never null; unknowns of a plan say so.
    #[must_use]
    pub fn never_null(mut self) -> Self {
        self.modifiers.never_null = true;
        self
    }

    /// Only tells the provider how to act (`force`, a strategy). A change of nothing else is
    /// stored without calling `update`, and leaves computed attributes as they are.
    #[must_use]
    pub fn local(mut self) -> Self {
        self.modifiers.local = true;
        self
    }

    /// The remote side cannot tell an empty string or collection from none: a read keeps whichever
    /// of the two is in state, an apply whichever was planned.
    #[must_use]
    pub fn empty_is_null(mut self) -> Self {
        self.modifiers.empty_is_null = true;
        self
    }

    /// Refuses values. Runs on known values only, and all validators run.
    #[must_use]
    pub fn validate(mut self, validator: Validator<T>) -> Self {
        self.validators.push(validator);
        self
    }

    /// Two values that mean the same: the plan keeps the prior one, a read the one in state, an
    /// apply the planned one.
    #[must_use]
    pub fn equal_by(mut self, equal: fn(&T, &T) -> bool) -> Self {
        self.equal = Some(equal);
        self
    }
}

/// Tells why a value is refused and what to write instead, or `Ok`.
pub type Check<T> = dyn Fn(&T) -> Result<(), String> + Send + Sync;

/// A rule for one attribute's value. [`super::validators`] has the usual ones.
pub struct Validator<T> {
    /// The rule in words, for the reference page: "1 to 64 characters".
    pub description: String,
    /// A short constant title for the diagnostic.
    pub summary: &'static str,
    /// Why a value is refused and what to write instead, or `Ok`.
    pub check: Arc<Check<T>>,
}

impl<T> Validator<T> {
    /// A rule; `check` says why a value is refused and what to write instead.
    pub fn new(
        summary: &'static str,
        description: impl Into<String>,
        check: impl Fn(&T) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            description: description.into(),
            summary,
            check: Arc::new(check),
        }
    }

    /// The same rule under another title.
    #[must_use]
    pub fn titled(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// The same rule, whose messages begin with a stable code such as `ABC123`.
    #[must_use]
    pub fn coded(self, code: &'static str) -> Self
    where
        T: 'static,
    {
        let check = self.check;
        Self {
            description: self.description,
            summary: self.summary,
            check: Arc::new(move |value| check(value).map_err(|text| format!("{code}: {text}"))),
        }
    }
}

impl<T> Clone for Validator<T> {
    fn clone(&self) -> Self {
        Self {
            description: self.description.clone(),
            summary: self.summary,
            check: Arc::clone(&self.check),
        }
    }
}

impl<T> fmt::Debug for Validator<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Validator").field(&self.description).finish()
    }
}
