//! What the framework does for each RPC, in native types. One file an RPC; no protobuf, no tonic.
//!
//! The server converts a protobuf request with `convert::from_proto`, calls the method of the same
//! stem on [`Engine`], and converts the answer back with `convert::to_proto`. No method fails: what
//! goes wrong is a diagnostic in the response.
//!
//! | module | holds |
//! |---|---|
//! | `core` | registry, schemas built once, client, stop signal |
//! | `validate`, `planning`, `equality`, `outcome` | the rules of validation, plan, read and apply, as functions over values |
//! | `operation` | deadlines and cancellation |
//! | [`rules`] | what Terraform core will accept |

mod apply_resource_change;
mod configure_provider;
mod core;
mod equality;
mod get_provider_schema;
mod identity;
mod import_resource_state;
mod messages;
mod operation;
mod outcome;
mod plan_resource_change;
mod planning;
mod private;
mod read_data_source;
mod read_resource;
pub mod rules;
mod upgrade_resource_identity;
mod upgrade_resource_state;
mod validate;
mod validate_data_resource_config;
mod validate_provider_config;
mod validate_resource_config;
mod values;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

pub use messages::*;
use tracing::Instrument as _;

use self::core::Core;
use super::author::{BoxFuture, Provider};
use super::diagnostics::Diagnostics;
use crate::host::Host;

/// A provider behind its RPCs. One instance serves all calls of the process, concurrently.
#[derive(Clone)]
pub struct Engine(Arc<dyn Rpc>);

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}

impl Engine {
    /// The engine of this provider.
    pub fn new<P: Provider>(provider: P, host: Host) -> Self {
        Self(Arc::new(Core::new(provider, host)))
    }

    /// `GetMetadata`: type names alone.
    #[must_use]
    pub fn get_metadata(&self) -> GetMetadataResponse {
        self.0.metadata()
    }

    /// `GetProviderSchema`: needs no configuration.
    #[must_use]
    pub fn get_provider_schema(&self) -> GetProviderSchemaResponse {
        self.0.provider_schema()
    }

    /// `GetResourceIdentitySchemas`: needs no configuration.
    #[must_use]
    pub fn get_resource_identity_schemas(&self) -> GetResourceIdentitySchemasResponse {
        self.0.identity_schemas()
    }

    /// Cancels work in flight and work to come; the process keeps serving, so that calls can still
    /// return the state they reached.
    pub fn stop(&self) {
        self.0.stop();
    }
}

/// Logs how a call went: its name, type, duration and the number of messages; never a value.
async fn observed<T>(
    host: &Host,
    rpc: &'static str,
    type_name: Option<&str>,
    work: impl Future<Output = T>,
    diagnostics: impl FnOnce(&T) -> &Diagnostics,
) -> T {
    // Terraform calls both kinds resources in some places; the fields tell them apart.
    let (resource, data_source) = match rpc.contains("Data") {
        true => (None, type_name),
        false => (type_name, None),
    };
    let span = tracing::info_span!(
        "rpc",
        tf_rpc = rpc,
        tf_resource_type = resource,
        tf_data_source_type = data_source
    );
    async {
        let start = host.monotonic();
        tracing::trace!("received request");
        let response = work.await;
        let elapsed = host.monotonic().saturating_duration_since(start);
        let list = diagnostics(&response);
        tracing::debug!(
            tf_req_duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            diagnostic_error_count = list.error_count(),
            diagnostic_warning_count = list.warning_count(),
            "served request"
        );
        response
    }
    .instrument(span)
    .await
}

/// Makes, for each asynchronous RPC, the method of [`Engine`], its erased twin, and the logging in
/// between. The work itself is the method of the same name of [`Core`].
macro_rules! rpcs {
    ($($(#[$doc:meta])* $name:ident($request:ident) -> $response:ident, $rpc:literal, $($type_name:ident)?;)*) => {
        trait Rpc: Send + Sync {
            fn metadata(&self) -> GetMetadataResponse;
            fn provider_schema(&self) -> GetProviderSchemaResponse;
            fn identity_schemas(&self) -> GetResourceIdentitySchemasResponse;
            fn stop(&self);
            $(fn $name(&self, request: $request) -> BoxFuture<'_, $response>;)*
        }

        impl<P: Provider> Rpc for Core<P> {
            fn metadata(&self) -> GetMetadataResponse {
                Core::metadata(self)
            }
            fn provider_schema(&self) -> GetProviderSchemaResponse {
                Core::provider_schema(self)
            }
            fn identity_schemas(&self) -> GetResourceIdentitySchemasResponse {
                Core::identity_schemas(self)
            }
            fn stop(&self) {
                Core::stop(self);
            }
            $(fn $name(&self, request: $request) -> BoxFuture<'_, $response> {
                Box::pin(async move {
                    let type_name: Option<String> = rpcs!(@type_name request $($type_name)?);
                    let work = Core::$name(self, request);
                    observed(&self.host, $rpc, type_name.as_deref(), work, |response| {
                        &response.diagnostics
                    })
                    .await
                })
            })*
        }

        impl Engine {
            $($(#[$doc])* pub async fn $name(&self, request: $request) -> $response {
                self.0.$name(request).await
            })*
        }
    };
    (@type_name $request:ident) => { None };
    (@type_name $request:ident $type_name:ident) => { Some($request.$type_name.clone()) };
}

rpcs! {
    /// `ValidateProviderConfig`: the provider block alone.
    validate_provider_config(ValidateProviderConfigRequest) -> DiagnosticsResponse, "ValidateProviderConfig", ;
    /// `ValidateResourceConfig`: the configuration of a resource alone.
    validate_resource_config(ValidateConfigRequest) -> DiagnosticsResponse, "ValidateResourceConfig", type_name;
    /// `ValidateDataResourceConfig`: the configuration of a data source alone.
    validate_data_resource_config(ValidateConfigRequest) -> DiagnosticsResponse, "ValidateDataResourceConfig", type_name;
    /// `ConfigureProvider`: makes the client, where the configuration is known.
    configure_provider(ConfigureProviderRequest) -> DiagnosticsResponse, "ConfigureProvider", ;
    /// `UpgradeResourceState`: stored state becomes state of today's schema.
    upgrade_resource_state(UpgradeResourceStateRequest) -> UpgradeResourceStateResponse, "UpgradeResourceState", type_name;
    /// `UpgradeResourceIdentity`: a stored identity becomes one of today's schema.
    upgrade_resource_identity(UpgradeResourceIdentityRequest) -> UpgradeResourceIdentityResponse, "UpgradeResourceIdentity", type_name;
    /// `ReadResource`: what exists now.
    read_resource(ReadResourceRequest) -> ReadResourceResponse, "ReadResource", type_name;
    /// `PlanResourceChange`: what a change will make of an object.
    plan_resource_change(PlanResourceChangeRequest) -> PlanResourceChangeResponse, "PlanResourceChange", type_name;
    /// `ApplyResourceChange`: create, update or delete.
    apply_resource_change(ApplyResourceChangeRequest) -> ApplyResourceChangeResponse, "ApplyResourceChange", type_name;
    /// `ImportResourceState`: from an id or identity to the least state that a read needs.
    import_resource_state(ImportResourceStateRequest) -> ImportResourceStateResponse, "ImportResourceState", type_name;
    /// `ReadDataSource`.
    read_data_source(ReadDataSourceRequest) -> ReadDataSourceResponse, "ReadDataSource", type_name;
}
