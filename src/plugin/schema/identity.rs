//! Resource identities: the part of the state that names the object.

use std::fmt;
use std::sync::Arc;

use super::bind::{self, Binding, Codec};
use super::data::{IdentityAttribute, IdentityData};
use super::{Lens, Model};
use crate::plugin::value::{Dynamic, Field, Value, ValueError};

/// What an import by identity does with an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportUse {
    /// Must be given.
    Required,
    /// May be left out.
    Optional,
}

/// An identity, bound to fields of the resource's own model: it is read out of the state, and an
/// import by identity writes it into an otherwise empty one.
pub struct Identity<M> {
    data: IdentityData,
    bindings: Vec<Binding<M>>,
}

impl<M> fmt::Debug for Identity<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identity").field(&self.data).finish()
    }
}

impl<M: Model> Identity<M> {
    /// An identity without attributes.
    #[must_use]
    pub fn new(version: i64) -> Self {
        Self {
            data: IdentityData {
                version,
                attributes: Vec::new(),
            },
            bindings: Vec::new(),
        }
    }

    /// One attribute: a primitive or a list of primitives that never changes in the object's life.
    #[must_use]
    pub fn attr<T: Field>(
        mut self,
        name: &'static str,
        description: &'static str,
        lens: Lens<M, Value<T>>,
        import: ImportUse,
    ) -> Self {
        self.data.attributes.push(IdentityAttribute {
            name: name.to_owned(),
            ty: T::ty(),
            description: description.to_owned(),
            required_for_import: import == ImportUse::Required,
            optional_for_import: import == ImportUse::Optional,
        });
        let codec = Arc::new(Codec::field());
        self.bindings.push(bind::binding(name, lens, codec, None));
        self
    }

    /// The identity as data.
    #[must_use]
    pub fn data(&self) -> &IdentityData {
        &self.data
    }

    /// The identity of the object with this state.
    #[must_use]
    pub fn of(&self, mut state: M) -> Dynamic {
        Dynamic::Object(
            self.bindings
                .iter()
                .map(|binding| (binding.name.to_owned(), (binding.encode)(&mut state)))
                .collect(),
        )
    }

    /// The least state of the object with this identity.
    ///
    /// # Errors
    /// When a value does not fit its field.
    pub fn stub(&self, identity: Dynamic) -> Result<M, ValueError> {
        let Dynamic::Object(mut attributes) = identity else {
            return Err(bind::mismatch("an object", &identity));
        };
        let mut model = M::default();
        for binding in &self.bindings {
            let value = attributes.remove(binding.name).unwrap_or(Dynamic::Null);
            (binding.decode)(&mut model, value)
                .map_err(|error| error.in_attribute(binding.name))?;
        }
        Ok(model)
    }
}
