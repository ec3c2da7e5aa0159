//! Schemas: plain data for Terraform, bound field by field to the struct that holds a resource's
//! values.
//!
//! A name is written once: [`Schema::attr`] takes the attribute's name, its description, the field
//! of the model, and what may be done with it. The engine, the reference pages and the tests read
//! the data; nobody but [`Schema`] reads the bindings.
#![allow(clippy::todo, unused_variables, missing_docs, reason = "skeleton")]

use std::fmt::Debug;
use std::time::Duration;

use super::value::{Field, Value};

/// A struct whose fields a [`Schema`] binds.
pub trait Model: Default + Clone + PartialEq + Debug + Send + Sync + 'static {}
impl<M: Default + Clone + PartialEq + Debug + Send + Sync + 'static> Model for M {}

/// A function from a model to one of its fields.
pub type Lens<M, F> = for<'a> fn(&'a mut M) -> &'a mut F;

/// A schema whose values live in the model `M`.
#[derive(Debug)]
pub struct Schema<M> {
    _model: std::marker::PhantomData<fn() -> M>,
}

impl<M: Model> Schema<M> {
    /// A schema without attributes; the description is Markdown.
    pub fn new(description: &'static str) -> Self {
        todo!()
    }
    /// The version of the stored state's shape; 0 unless said.
    pub fn version(self, version: i64) -> Self {
        todo!()
    }
    /// One attribute.
    pub fn attr<T: Field>(
        self,
        name: &'static str,
        description: &'static str,
        lens: Lens<M, Value<T>>,
        options: impl FnOnce(Attribute<T>) -> Attribute<T>,
    ) -> Self {
        todo!()
    }
    /// A block that may be written at most once.
    pub fn block<N: Model>(
        self,
        name: &'static str,
        description: &'static str,
        lens: Lens<M, Value<N>>,
        schema: Schema<N>,
    ) -> Self {
        todo!()
    }
    /// A block that may be repeated, in order.
    pub fn blocks<N: Model>(
        self,
        name: &'static str,
        description: &'static str,
        lens: Lens<M, Value<Vec<N>>>,
        schema: Schema<N>,
    ) -> Self {
        todo!()
    }
    /// A nested attribute: one object (`SINGLE`).
    pub fn object<N: Model>(
        self,
        name: &'static str,
        description: &'static str,
        lens: Lens<M, Value<N>>,
        schema: Schema<N>,
        options: impl FnOnce(Attribute<N>) -> Attribute<N>,
    ) -> Self {
        todo!()
    }
    /// A nested attribute: a list of objects (`LIST`).
    pub fn objects<N: Model>(
        self,
        name: &'static str,
        description: &'static str,
        lens: Lens<M, Value<Vec<N>>>,
        schema: Schema<N>,
        options: impl FnOnce(Attribute<Vec<N>>) -> Attribute<Vec<N>>,
    ) -> Self {
        todo!()
    }
    /// The `timeouts` block (`create`, `read`, `update`, `delete`; Go-style durations such as
    /// `"1h30m"`). The engine enforces them; a default is given for each operation that has one.
    pub fn timeouts(self, lens: Lens<M, Timeouts>, defaults: TimeoutDefaults) -> Self {
        todo!()
    }
}

/// What the author wrote in the `timeouts` block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeouts {
    pub create: Value<String>,
    pub read: Value<String>,
    pub update: Value<String>,
    pub delete: Value<String>,
    /// Whether the block was written at all.
    pub present: bool,
}

/// How long each operation may take where the author says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeoutDefaults {
    pub create: Duration,
    pub read: Duration,
    pub update: Duration,
    pub delete: Duration,
}

/// What may be done with an attribute.
#[derive(Debug)]
pub struct Attribute<T> {
    _value: std::marker::PhantomData<fn() -> T>,
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Attribute<T> {
    /// The author must write it.
    pub fn required(self) -> Self {
        todo!()
    }
    /// The author may write it.
    pub fn optional(self) -> Self {
        todo!()
    }
    /// The provider fills it in (where the author did not, if it is optional too).
    pub fn computed(self) -> Self {
        todo!()
    }
    /// Used where the configuration is null; makes the attribute optional and computed.
    pub fn default_value(self, value: T) -> Self {
        todo!()
    }
    /// Hidden in Terraform's output.
    pub fn sensitive(self) -> Self {
        todo!()
    }
    /// Sent in the configuration only, never stored.
    pub fn write_only(self) -> Self {
        todo!()
    }
    /// Still accepted, with a warning that says what to use instead.
    pub fn deprecated(self, message: &'static str) -> Self {
        todo!()
    }
    /// A change replaces the object.
    pub fn replaces(self) -> Self {
        todo!()
    }
    /// Computed: the value never changes after create, so a plan shows the prior one.
    pub fn keep_prior(self) -> Self {
        todo!()
    }
    /// Computed: the prior value stays unless one of these attributes changes.
    pub fn changes_with(self, attributes: &'static [&'static str]) -> Self {
        todo!()
    }
    /// Computed: the value, once known, is never null; unknowns of a plan say so.
    pub fn never_null(self) -> Self {
        todo!()
    }
    /// Refuses values. Runs on known values only, and all validators run.
    pub fn validate(self, validator: Validator<T>) -> Self {
        todo!()
    }
    /// Two values that mean the same: the plan keeps the prior one, a read the one in state, an
    /// apply the planned one.
    pub fn equal_by(self, equal: fn(&T, &T) -> bool) -> Self {
        todo!()
    }
}

/// A rule for one attribute's value.
#[derive(Debug, Clone)]
pub struct Validator<T> {
    /// The rule in words, for the reference page: "1 to 64 characters".
    pub description: &'static str,
    /// A short constant title for the diagnostic.
    pub summary: &'static str,
    /// Why a value is refused and what to write instead, or `Ok`.
    pub check: fn(&T) -> Result<(), String>,
}
