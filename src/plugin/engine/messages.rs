//! Requests and responses of the engine, one pair an RPC, in native types.

use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::value::{Encoded, Path};

/// Raw state as stored by an earlier version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RawState {
    pub json: Vec<u8>,
    /// Only from Terraform 0.11 and before; refused with a helpful error.
    pub has_flatmap: bool,
}

/// What the client understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientCapabilities {
    pub deferral_allowed: bool,
    pub write_only_attributes_allowed: bool,
    pub store_planned_private: bool,
    pub computed_blocks_allowed: bool,
}

#[derive(Debug, Clone, Default)]
pub struct GetMetadataResponse {
    pub resources: Vec<String>,
    pub data_sources: Vec<String>,
    pub diagnostics: Diagnostics,
}

/// Schemas as plain data; `schema::SchemaData` is what `convert` turns into protobuf.
#[derive(Debug, Clone, Default)]
pub struct GetProviderSchemaResponse {
    pub diagnostics: Diagnostics,
    // provider: SchemaData, resources / data_sources: BTreeMap<String, SchemaData>
}

#[derive(Debug, Clone, Default)]
pub struct GetResourceIdentitySchemasResponse {
    pub diagnostics: Diagnostics,
}

#[derive(Debug, Clone, Default)]
pub struct DiagnosticsResponse {
    pub diagnostics: Diagnostics,
}

#[derive(Debug, Clone, Default)]
pub struct ValidateProviderConfigRequest {
    pub config: Encoded,
}

#[derive(Debug, Clone, Default)]
pub struct ConfigureProviderRequest {
    pub terraform_version: String,
    pub config: Encoded,
    pub client_capabilities: ClientCapabilities,
}

#[derive(Debug, Clone, Default)]
pub struct ValidateConfigRequest {
    pub type_name: String,
    pub config: Encoded,
    pub client_capabilities: ClientCapabilities,
}

#[derive(Debug, Clone, Default)]
pub struct UpgradeResourceStateRequest {
    pub type_name: String,
    pub version: i64,
    pub raw_state: RawState,
}

#[derive(Debug, Clone, Default)]
pub struct UpgradeResourceStateResponse {
    pub upgraded_state: Option<Encoded>,
    pub diagnostics: Diagnostics,
}

#[derive(Debug, Clone, Default)]
pub struct UpgradeResourceIdentityRequest {
    pub type_name: String,
    pub version: i64,
    pub raw_identity: RawState,
}

#[derive(Debug, Clone, Default)]
pub struct UpgradeResourceIdentityResponse {
    pub upgraded_identity: Option<Encoded>,
    pub diagnostics: Diagnostics,
}

#[derive(Debug, Clone, Default)]
pub struct ReadResourceRequest {
    pub type_name: String,
    pub current_state: Encoded,
    pub private: Vec<u8>,
    pub client_capabilities: ClientCapabilities,
    pub current_identity: Option<Encoded>,
}

#[derive(Debug, Clone, Default)]
pub struct ReadResourceResponse {
    pub new_state: Option<Encoded>,
    pub private: Vec<u8>,
    pub new_identity: Option<Encoded>,
    pub diagnostics: Diagnostics,
}

#[derive(Debug, Clone, Default)]
pub struct PlanResourceChangeRequest {
    pub type_name: String,
    pub prior_state: Encoded,
    pub proposed_new_state: Encoded,
    pub config: Encoded,
    pub prior_private: Vec<u8>,
    pub planned_private: Vec<u8>,
    pub client_capabilities: ClientCapabilities,
    pub prior_identity: Option<Encoded>,
}

#[derive(Debug, Clone, Default)]
pub struct PlanResourceChangeResponse {
    pub planned_state: Option<Encoded>,
    pub requires_replace: Vec<Path>,
    pub planned_private: Vec<u8>,
    pub planned_identity: Option<Encoded>,
    pub diagnostics: Diagnostics,
}

#[derive(Debug, Clone, Default)]
pub struct ApplyResourceChangeRequest {
    pub type_name: String,
    pub prior_state: Encoded,
    pub planned_state: Encoded,
    pub config: Encoded,
    pub planned_private: Vec<u8>,
    pub planned_identity: Option<Encoded>,
}

#[derive(Debug, Clone, Default)]
pub struct ApplyResourceChangeResponse {
    pub new_state: Option<Encoded>,
    pub private: Vec<u8>,
    pub new_identity: Option<Encoded>,
    pub diagnostics: Diagnostics,
}

#[derive(Debug, Clone, Default)]
pub struct ImportResourceStateRequest {
    pub type_name: String,
    pub id: String,
    pub identity: Option<Encoded>,
    pub client_capabilities: ClientCapabilities,
}

#[derive(Debug, Clone, Default)]
pub struct ImportResourceStateResponse {
    /// Type name, state, private bytes, identity.
    pub imported: Option<ImportedResource>,
    pub diagnostics: Diagnostics,
}

#[derive(Debug, Clone, Default)]
pub struct ImportedResource {
    pub type_name: String,
    pub state: Encoded,
    pub private: Vec<u8>,
    pub identity: Option<Encoded>,
}

#[derive(Debug, Clone, Default)]
pub struct ReadDataSourceRequest {
    pub type_name: String,
    pub config: Encoded,
    pub client_capabilities: ClientCapabilities,
}

#[derive(Debug, Clone, Default)]
pub struct ReadDataSourceResponse {
    pub state: Option<Encoded>,
    pub diagnostics: Diagnostics,
}
