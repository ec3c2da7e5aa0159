//! What all RPCs share: the registry with its schemas, the configured client, the stop signal.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;

use crate::host::Host;
use crate::plugin::author::{
    AnyDataSource, AnyResource, BoundDataSource, BoundResource, Provider, misfit,
};
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::schema::{Schema, SchemaData};
use crate::plugin::value::{Dynamic, Encoded, Type, json};

/// A provider with everything that outlives a call.
pub(super) struct Core<P: Provider> {
    pub(super) provider: P,
    pub(super) host: Host,
    pub(super) schema: Schema<P::Config>,
    pub(super) data: Arc<SchemaData>,
    pub(super) ty: Type,
    resources: BTreeMap<&'static str, LazyResource<P::Client>>,
    data_sources: BTreeMap<&'static str, LazyDataSource<P::Client>>,
    client: RwLock<Option<Arc<P::Client>>>,
    stop: Mutex<CancellationToken>,
}

struct LazyResource<C: 'static> {
    author: &'static dyn AnyResource<C>,
    bound: OnceLock<Box<dyn BoundResource<C>>>,
}

struct LazyDataSource<C: 'static> {
    author: &'static dyn AnyDataSource<C>,
    bound: OnceLock<Box<dyn BoundDataSource<C>>>,
}

impl<P: Provider> Core<P> {
    pub(super) fn new(provider: P, host: Host) -> Self {
        let schema = P::schema();
        let data = Arc::new(schema.data().clone());
        let resources = provider.resources().iter().map(|author| {
            let bound = OnceLock::new();
            let author = *author;
            (author.name(), LazyResource { author, bound })
        });
        let data_sources = provider.data_sources().iter().map(|author| {
            let bound = OnceLock::new();
            let author = *author;
            (author.name(), LazyDataSource { author, bound })
        });
        Self {
            resources: resources.collect(),
            data_sources: data_sources.collect(),
            ty: data.implied_type(),
            data,
            schema,
            host,
            provider,
            client: RwLock::default(),
            stop: Mutex::default(),
        }
    }

    pub(super) fn resource_names(&self) -> impl Iterator<Item = &'static str> {
        self.resources.keys().copied()
    }

    pub(super) fn data_source_names(&self) -> impl Iterator<Item = &'static str> {
        self.data_sources.keys().copied()
    }

    /// All resources, by name.
    pub(super) fn resources(
        &self,
    ) -> impl Iterator<Item = (&'static str, &dyn BoundResource<P::Client>)> {
        self.resources.iter().map(|(name, lazy)| {
            let bound = lazy.bound.get_or_init(|| lazy.author.bind());
            (*name, bound.as_ref())
        })
    }

    /// All data sources, by name.
    pub(super) fn data_sources(
        &self,
    ) -> impl Iterator<Item = (&'static str, &dyn BoundDataSource<P::Client>)> {
        self.data_sources.iter().map(|(name, lazy)| {
            let bound = lazy.bound.get_or_init(|| lazy.author.bind());
            (*name, bound.as_ref())
        })
    }

    /// The resource of this type name.
    pub(super) fn resource(
        &self,
        name: &str,
    ) -> Result<&dyn BoundResource<P::Client>, Diagnostics> {
        let Some(lazy) = self.resources.get(name) else {
            return Err(no_such("resource", name).into());
        };
        Ok(lazy.bound.get_or_init(|| lazy.author.bind()).as_ref())
    }

    /// The data source of this type name.
    pub(super) fn data_source(
        &self,
        name: &str,
    ) -> Result<&dyn BoundDataSource<P::Client>, Diagnostics> {
        let Some(lazy) = self.data_sources.get(name) else {
            return Err(no_such("data source", name).into());
        };
        Ok(lazy.bound.get_or_init(|| lazy.author.bind()).as_ref())
    }

    /// The client, where the provider has been configured with what a client needs.
    pub(super) fn client(&self) -> Option<Arc<P::Client>> {
        self.client
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn set_client(&self, client: Option<P::Client>) {
        *self.client.write().unwrap_or_else(PoisonError::into_inner) = client.map(Arc::new);
    }

    /// A token for one call; cancelled when Terraform says stop.
    pub(super) fn token(&self) -> CancellationToken {
        self.stop
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .child_token()
    }

    pub(super) fn stop(&self) {
        self.stop
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .cancel();
    }

    /// A process that serves several commands is configured again after one of them was stopped.
    pub(super) fn start_again(&self) {
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        if stop.is_cancelled() {
            *stop = CancellationToken::new();
        }
    }
}

fn no_such(kind: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        "Unknown Type",
        format!(
            "This version of the provider has no {kind} `{name}`. Its schema was asked for before, \
             so Terraform and the provider disagree: run `terraform init -upgrade`."
        ),
    )
}

/// Reads a value that Terraform sent.
pub(super) fn decode(value: &Encoded, ty: &Type) -> Result<Dynamic, Diagnostics> {
    value.decode(ty).map_err(|error| misfit(&error).into())
}

/// Reads a value from a state file. What the type does not have is left out.
pub(super) fn decode_stored(bytes: &[u8], ty: &Type) -> Result<Dynamic, Diagnostics> {
    json::decode(bytes, ty, json::Unexpected::Ignore).map_err(|error| {
        Diagnostic::error(
            "Stored State Cannot Be Read",
            format!(
                "The state file holds something else than the provider stores: {}. It may have \
                 been edited, or written by another provider.",
                error.message
            ),
        )
        .at(error.path)
        .into()
    })
}

/// Writes a value for Terraform; a value that is not of the type is the provider's fault.
pub(super) fn encode(value: &Dynamic, ty: &Type) -> Result<Encoded, Diagnostics> {
    Encoded::from_dynamic(value, ty).map_err(|error| {
        provider_bug(format!(
            "a value does not fit the schema: {}",
            error.message
        ))
        .at(error.path)
        .into()
    })
}

/// An error that no configuration can avoid. The clause says what went wrong.
pub(super) fn provider_bug(clause: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::error(
        "Provider Bug",
        format!(
            "The provider made a mistake: {clause}. This is a bug in the provider, and not in the \
             configuration; please report it to the provider's developers."
        ),
    )
}
