//! States of older schema versions.

use std::fmt;

use super::Outcome;
use crate::plugin::schema::{Model, Schema};
use crate::plugin::value::{Dynamic, Type, ValueError};

type Convert<M> = dyn Fn(Dynamic) -> Result<Outcome<M>, ValueError> + Send + Sync;

/// One single step from an older version to today's.
pub struct Upgrade<M> {
    pub(in crate::plugin) from: i64,
    pub(in crate::plugin) ty: Type,
    pub(in crate::plugin) convert: Box<Convert<M>>,
}

impl<M> fmt::Debug for Upgrade<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade")
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

impl<M: Model> Upgrade<M> {
    /// A step from the version of `schema`, which describes the old shape, to today's. It changes
    /// shape, not meaning, and talks to nobody.
    #[must_use]
    pub fn new<Old: Model>(
        schema: Schema<Old>,
        convert: impl Fn(Old) -> Outcome<M> + Send + Sync + 'static,
    ) -> Self {
        Self {
            from: schema.data().version,
            ty: schema.data().implied_type(),
            convert: Box::new(move |state| schema.decode(state).map(&convert)),
        }
    }
}
