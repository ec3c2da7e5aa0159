//! The traits that a provider's author implements.
//!
//! Each has few required methods and provided ones for the rest. A resource is a unit struct: it
//! holds nothing, and the configured client comes with each call. The erased twins (`Any…`) are
//! implemented for every implementation, so that a registry is a `const` slice.
#![allow(clippy::todo, unused_variables, missing_docs, reason = "skeleton")]

use std::future::Future;
use std::time::Duration;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::schema::{Model, Schema};
use super::value::{Dynamic, Path};

/// How an operation ended. Errors are diagnostics; what exists all the same was given to
/// [`Call::checkpoint`] before.
pub type Outcome<T> = Result<T, Diagnostics>;

/// A provider.
pub trait Provider: Send + Sync + 'static {
    /// The provider block.
    type Config: Model;
    /// What `configure` makes and every resource is given.
    type Client: Send + Sync + 'static;

    /// The short name, such as `imm`.
    const NAME: &'static str;
    /// The source address, such as `registry.terraform.io/imm-rs/imm`.
    const ADDRESS: &'static str;

    /// The provider block's schema.
    fn schema() -> Schema<Self::Config>;
    /// Checks the configuration alone. Unknown values are not to be refused.
    fn validate(&self, config: &Self::Config) -> Diagnostics {
        Diagnostics::new()
    }
    /// Makes the client. During a plan any value may be unknown: return `Ok(None)` where the
    /// client cannot be made yet; a resource that needs it then is told so.
    fn configure(
        &self,
        config: Self::Config,
        terraform_version: &str,
    ) -> impl Future<Output = Outcome<Option<Self::Client>>> + Send;
    /// Managed resources, sorted by name.
    fn resources(&self) -> &'static [&'static dyn AnyResource<Self::Client>];
    /// Data sources, sorted by name.
    fn data_sources(&self) -> &'static [&'static dyn AnyDataSource<Self::Client>];
}

/// A managed resource.
pub trait Resource: Send + Sync + 'static {
    /// The provider's client.
    type Client: Send + Sync + 'static;
    /// What state holds.
    type Model: Model;

    /// The whole type name, such as `imm_project`.
    const NAME: &'static str;

    /// The schema.
    fn schema() -> Schema<Self::Model>;

    /// Makes the object that `plan` describes and returns its state, with every unknown filled in.
    /// As soon as the object exists, hand what is known to [`Call::checkpoint`].
    fn create(
        &self,
        call: &Call<'_, Self::Client, Self::Model>,
        plan: Self::Model,
    ) -> impl Future<Output = Outcome<Self::Model>> + Send;

    /// What exists now; `None` where it is proven that the object is gone.
    fn read(
        &self,
        call: &Call<'_, Self::Client, Self::Model>,
        state: Self::Model,
    ) -> impl Future<Output = Outcome<Option<Self::Model>>> + Send;

    /// Changes the object from `state` to `plan`. Call [`Call::checkpoint`] after each step that
    /// succeeded, so that a later failure loses nothing.
    fn update(
        &self,
        call: &Call<'_, Self::Client, Self::Model>,
        state: Self::Model,
        plan: Self::Model,
    ) -> impl Future<Output = Outcome<Self::Model>> + Send;

    /// Removes the object. An object that is gone already is a success.
    fn delete(
        &self,
        call: &Call<'_, Self::Client, Self::Model>,
        state: Self::Model,
    ) -> impl Future<Output = Outcome<()>> + Send;

    /// Makes the least state that [`Resource::read`] needs from an import id.
    ///
    /// # Errors
    /// When the id is malformed; the message says the expected form.
    fn import(&self, id: &str) -> Outcome<Self::Model>;

    /// Checks the configuration alone, beyond the schema's own validators. Unknown values are not
    /// to be refused.
    fn validate(&self, config: &Self::Model) -> Diagnostics {
        Diagnostics::new()
    }

    /// Looks at the whole change, and may alter what is planned. `plan.planned` has defaults,
    /// unknowns and modifiers applied already. Runs for creates, updates and destroys; the client
    /// is absent while the provider's own configuration is unknown.
    fn plan(
        &self,
        client: Option<&Self::Client>,
        plan: &mut Plan<Self::Model>,
    ) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// A change that is being planned.
#[derive(Debug)]
pub struct Plan<M> {
    /// The object before; `None` for a create.
    pub prior: Option<M>,
    /// What the author wrote; `None` for a destroy.
    pub config: Option<M>,
    /// What will be; `None` for a destroy. May be altered.
    pub planned: Option<M>,
    /// Attributes whose change replaces the object, beside those that the schema names.
    pub replaces: Vec<Path>,
    /// Messages for the user.
    pub diagnostics: Diagnostics,
}

/// What a resource method is given besides its model.
#[derive(Debug)]
pub struct Call<'a, C, M> {
    client: &'a C,
    _model: std::marker::PhantomData<fn() -> M>,
}

impl<C, M: Model> Call<'_, C, M> {
    /// The configured client.
    pub fn client(&self) -> &C {
        self.client
    }
    /// Records what exists from now on. If the operation then fails, this is what state holds
    /// (unknowns become null); without it a failed create leaves no state and a failed update or
    /// delete the prior one.
    pub fn checkpoint(&self, state: M) {
        todo!()
    }
    /// Shows a warning whatever the outcome.
    pub fn warn(&self, warning: Diagnostic) {
        todo!()
    }
    /// Private bytes kept beside the state under this key, if any.
    pub fn private(&self, key: &str) -> Option<Vec<u8>> {
        todo!()
    }
    /// Keeps private bytes beside the state (not for secrets: they are not encrypted).
    pub fn set_private(&self, key: &str, value: Vec<u8>) {
        todo!()
    }
    /// How long this operation may still take. The engine ends it then by dropping the future and
    /// reporting what was checkpointed.
    pub fn remaining(&self) -> Duration {
        todo!()
    }
}

/// A data source.
pub trait DataSource: Send + Sync + 'static {
    /// The provider's client.
    type Client: Send + Sync + 'static;
    /// Arguments and results.
    type Model: Model;
    /// The whole type name.
    const NAME: &'static str;
    /// The schema.
    fn schema() -> Schema<Self::Model>;
    /// Checks the configuration alone.
    fn validate(&self, config: &Self::Model) -> Diagnostics {
        Diagnostics::new()
    }
    /// Whether reading needs the configured client (`imm_policy_document` does not).
    const NEEDS_CLIENT: bool = true;
    /// Reads. "Not found" is an error here. `client` is `None` only where `NEEDS_CLIENT` is false.
    fn read(
        &self,
        client: Option<&Self::Client>,
        config: Self::Model,
    ) -> impl Future<Output = Outcome<Self::Model>> + Send;
}

/// The erased twin of [`Resource`]. Implemented for every resource; not for authors.
pub trait AnyResource<C>: Send + Sync {
    /// The whole type name.
    fn name(&self) -> &'static str;
}

impl<R: Resource> AnyResource<R::Client> for R {
    fn name(&self) -> &'static str {
        R::NAME
    }
}

/// The erased twin of [`DataSource`]. Implemented for every data source; not for authors.
pub trait AnyDataSource<C>: Send + Sync {
    /// The whole type name.
    fn name(&self) -> &'static str;
}

impl<D: DataSource> AnyDataSource<D::Client> for D {
    fn name(&self) -> &'static str {
        D::NAME
    }
}

/// Keeps the imports that the erased twins will need.
#[doc(hidden)]
pub type Reserved = (Dynamic,);
