//! What the framework does for each RPC, in native types. One file an RPC; no protobuf, no tonic.
//!
//! The server converts a protobuf request with `convert::from_proto`, calls the method of the same
//! stem on [`Engine`], and converts the answer back with `convert::to_proto`. No method fails: what
//! goes wrong is a diagnostic in the response.
#![allow(clippy::todo, unused_variables, missing_docs, reason = "skeleton")]

mod messages;

use std::sync::Arc;

pub use messages::*;

use super::author::Provider;
use crate::host::Host;

/// A provider behind its RPCs. One instance serves all calls of the process, concurrently.
#[derive(Debug, Clone)]
pub struct Engine(Arc<()>);

impl Engine {
    /// The engine of this provider.
    pub fn new<P: Provider>(provider: P, host: Host) -> Self {
        todo!()
    }
    pub fn get_metadata(&self) -> GetMetadataResponse {
        todo!()
    }
    pub fn get_provider_schema(&self) -> GetProviderSchemaResponse {
        todo!()
    }
    pub fn get_resource_identity_schemas(&self) -> GetResourceIdentitySchemasResponse {
        todo!()
    }
    pub async fn validate_provider_config(
        &self,
        request: ValidateProviderConfigRequest,
    ) -> DiagnosticsResponse {
        todo!()
    }
    pub async fn validate_resource_config(
        &self,
        request: ValidateConfigRequest,
    ) -> DiagnosticsResponse {
        todo!()
    }
    pub async fn validate_data_resource_config(
        &self,
        request: ValidateConfigRequest,
    ) -> DiagnosticsResponse {
        todo!()
    }
    pub async fn upgrade_resource_state(
        &self,
        request: UpgradeResourceStateRequest,
    ) -> UpgradeResourceStateResponse {
        todo!()
    }
    pub async fn upgrade_resource_identity(
        &self,
        request: UpgradeResourceIdentityRequest,
    ) -> UpgradeResourceIdentityResponse {
        todo!()
    }
    pub async fn configure_provider(
        &self,
        request: ConfigureProviderRequest,
    ) -> DiagnosticsResponse {
        todo!()
    }
    pub async fn read_resource(&self, request: ReadResourceRequest) -> ReadResourceResponse {
        todo!()
    }
    pub async fn plan_resource_change(
        &self,
        request: PlanResourceChangeRequest,
    ) -> PlanResourceChangeResponse {
        todo!()
    }
    pub async fn apply_resource_change(
        &self,
        request: ApplyResourceChangeRequest,
    ) -> ApplyResourceChangeResponse {
        todo!()
    }
    pub async fn import_resource_state(
        &self,
        request: ImportResourceStateRequest,
    ) -> ImportResourceStateResponse {
        todo!()
    }
    pub async fn read_data_source(&self, request: ReadDataSourceRequest) -> ReadDataSourceResponse {
        todo!()
    }
    /// Cancels work in flight and work to come; the process keeps serving, so that calls can still
    /// return the state they reached.
    pub fn stop(&self) {
        todo!()
    }
}
