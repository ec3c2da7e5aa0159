//! The traits that a provider's author implements.
//!
//! Each has few required methods and provided ones for the rest. A resource is a unit struct: it
//! holds nothing, and the configured client comes with each call. The erased twins (`Any…`) are
//! implemented for every implementation, so that a registry is a `const` slice.
//!
//! This module may not know the engine, the protocol or any resource.

mod call;
mod erased;
mod upgrade;

use std::future::Future;

use tokio_util::sync::CancellationToken;

pub(in crate::plugin) use call::unconfigured;
pub use call::{Call, CallState, PrivateState, Query};
pub use erased::{AnyDataSource, AnyResource, BoundDataSource, BoundResource, BoxFuture};
pub(in crate::plugin) use erased::{MISFIT, misfit};
pub use upgrade::Upgrade;

use super::diagnostics::Diagnostics;
use super::schema::{Identity, Model, Schema};
use super::value::Path;

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
        let _ = config;
        Diagnostics::new()
    }

    /// Makes the client. During a plan any value may be unknown: return `Ok(None)` where the
    /// client cannot be made yet; a resource that needs it then is told so. May be called again,
    /// with another configuration, while earlier clients are in use.
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

    /// What names an object of this type among all others, as fields of the model.
    fn identity() -> Option<Identity<Self::Model>> {
        None
    }

    /// How states of older schema versions become today's, one entry an old version.
    fn upgrades() -> Vec<Upgrade<Self::Model>> {
        Vec::new()
    }

    /// States as they may be stored, every field set in at least one of them; tests encode and
    /// decode them.
    fn samples() -> Vec<Self::Model> {
        Vec::new()
    }

    /// Makes the object that `plan` describes and returns its state, with every unknown filled in.
    /// As soon as the object exists, hand what is known to [`Call::checkpoint`].
    fn create(
        &self,
        call: &Call<'_, Self::Client, Self::Model>,
        plan: Self::Model,
    ) -> impl Future<Output = Outcome<Self::Model>> + Send;

    /// What exists now; `None` where it is proven that the object is gone. Attributes that cannot
    /// be read back keep what `state` has.
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

    /// Makes the least state that [`Resource::read`] needs from an import id. Attributes that are
    /// left null and have a default get it.
    ///
    /// # Errors
    /// When the id is malformed; the message says the expected form.
    fn import(&self, id: &str) -> Outcome<Self::Model>;

    /// Checks the configuration alone, beyond the schema's own validators. Unknown values are not
    /// to be refused.
    fn validate(&self, config: &Self::Model) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// Looks at the whole change, and may alter what is planned. `plan.planned` has defaults,
    /// unknowns and modifiers applied already. Where the hook makes a change of what was none,
    /// computed attributes that it left alone become unknown as beside any other change. Runs for
    /// creates, updates and destroys; the client is absent while the provider's own configuration
    /// is unknown.
    fn plan(
        &self,
        client: Option<&Self::Client>,
        plan: &mut Plan<Self::Model>,
    ) -> impl Future<Output = ()> + Send {
        let _ = (client, plan);
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
    /// What is kept beside the state; stays with the plan until apply.
    pub private: PrivateState,
    cancellation: CancellationToken,
}

impl<M> Plan<M> {
    /// A change without further replacements, messages or private state.
    #[must_use]
    pub fn new(prior: Option<M>, config: Option<M>, planned: Option<M>) -> Self {
        Self {
            prior,
            config,
            planned,
            replaces: Vec::new(),
            diagnostics: Diagnostics::new(),
            private: PrivateState::default(),
            cancellation: CancellationToken::new(),
        }
    }

    /// The same change, with the private state and the token of the running request.
    pub(super) fn within(mut self, private: PrivateState, token: CancellationToken) -> Self {
        self.private = private;
        self.cancellation = token;
        self
    }

    /// Whether the object is made anew.
    #[must_use]
    pub fn is_create(&self) -> bool {
        self.prior.is_none()
    }

    /// Whether the object is removed.
    #[must_use]
    pub fn is_destroy(&self) -> bool {
        self.planned.is_none()
    }

    /// Cancelled when the user interrupts Terraform.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.cancellation
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

    /// States as they may be read, every field set in at least one of them; tests encode and
    /// decode them.
    fn samples() -> Vec<Self::Model> {
        Vec::new()
    }

    /// Checks the configuration alone. Unknown values are not to be refused.
    fn validate(&self, config: &Self::Model) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// Reads. "Not found" is an error here. `config` has defaults applied and no unknowns.
    fn read(
        &self,
        query: &Query<'_, Self::Client>,
        config: Self::Model,
    ) -> impl Future<Output = Outcome<Self::Model>> + Send;
}
