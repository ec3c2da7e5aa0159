//! Requests and responses of the engine, one pair an RPC, in native types.
//!
//! Fields are those of the protocol's messages; a value is still encoded, since only the engine
//! knows the schema that gives it a type. An absent value in a response is `None`, never an empty
//! encoding.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::schema::{IdentityData, SchemaData};
use crate::plugin::value::{Encoded, Path};

/// Raw state as stored by an earlier version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RawState {
    /// The stored object as JSON, in the shape of its own version.
    pub json: Vec<u8>,
    /// Only from Terraform 0.11 and before; refused with a helpful error.
    pub has_flatmap: bool,
}

/// What the client understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientCapabilities {
    /// Answers may be deferred.
    pub deferral_allowed: bool,
    /// Write-only attributes are kept out of plan and state.
    pub write_only_attributes_allowed: bool,
    /// Private bytes of the plan come back in the apply-time plan.
    pub store_planned_private: bool,
    /// Nested blocks may be computed.
    pub computed_blocks_allowed: bool,
}

/// Type names alone.
#[derive(Debug, Clone, Default)]
pub struct GetMetadataResponse {
    /// Managed resources.
    pub resources: Vec<String>,
    /// Data sources.
    pub data_sources: Vec<String>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// Schemas as plain data.
#[derive(Debug, Clone, Default)]
pub struct GetProviderSchemaResponse {
    /// The provider block.
    pub provider: Arc<SchemaData>,
    /// Managed resources by type name.
    pub resources: BTreeMap<&'static str, Arc<SchemaData>>,
    /// Data sources by type name.
    pub data_sources: BTreeMap<&'static str, Arc<SchemaData>>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// Identity schemas as plain data.
#[derive(Debug, Clone, Default)]
pub struct GetResourceIdentitySchemasResponse {
    /// By type name, of those resources that have one.
    pub identities: BTreeMap<&'static str, Arc<IdentityData>>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// The answer of an RPC that only judges.
#[derive(Debug, Clone, Default)]
pub struct DiagnosticsResponse {
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// `ValidateProviderConfig`.
#[derive(Debug, Clone, Default)]
pub struct ValidateProviderConfigRequest {
    /// The provider block; may hold unknowns.
    pub config: Encoded,
}

/// `ConfigureProvider`.
#[derive(Debug, Clone, Default)]
pub struct ConfigureProviderRequest {
    /// Terraform's own version.
    pub terraform_version: String,
    /// The provider block; may hold unknowns.
    pub config: Encoded,
    /// What the client understands.
    pub client_capabilities: ClientCapabilities,
}

/// `ValidateResourceConfig` and `ValidateDataResourceConfig`.
#[derive(Debug, Clone, Default)]
pub struct ValidateConfigRequest {
    /// The type's whole name.
    pub type_name: String,
    /// What the author wrote; may hold unknowns.
    pub config: Encoded,
    /// What the client understands.
    pub client_capabilities: ClientCapabilities,
}

/// `UpgradeResourceState`.
#[derive(Debug, Clone, Default)]
pub struct UpgradeResourceStateRequest {
    /// The type's whole name.
    pub type_name: String,
    /// The schema version of the stored state.
    pub version: i64,
    /// The stored state.
    pub raw_state: RawState,
}

/// `UpgradeResourceState`.
#[derive(Debug, Clone, Default)]
pub struct UpgradeResourceStateResponse {
    /// The state in today's shape.
    pub upgraded_state: Option<Encoded>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// `UpgradeResourceIdentity`.
#[derive(Debug, Clone, Default)]
pub struct UpgradeResourceIdentityRequest {
    /// The type's whole name.
    pub type_name: String,
    /// The identity schema version of the stored identity.
    pub version: i64,
    /// The stored identity.
    pub raw_identity: RawState,
}

/// `UpgradeResourceIdentity`.
#[derive(Debug, Clone, Default)]
pub struct UpgradeResourceIdentityResponse {
    /// The identity in today's shape.
    pub upgraded_identity: Option<Encoded>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// `ReadResource`.
#[derive(Debug, Clone, Default)]
pub struct ReadResourceRequest {
    /// The type's whole name.
    pub type_name: String,
    /// The state.
    pub current_state: Encoded,
    /// What is kept beside it.
    pub private: Vec<u8>,
    /// What the client understands.
    pub client_capabilities: ClientCapabilities,
    /// The stored identity, where there is one.
    pub current_identity: Option<Encoded>,
}

/// `ReadResource`.
#[derive(Debug, Clone, Default)]
pub struct ReadResourceResponse {
    /// What exists now; an encoded null where the object is gone.
    pub new_state: Option<Encoded>,
    /// What is kept beside it.
    pub private: Vec<u8>,
    /// The identity, where the resource has one.
    pub new_identity: Option<Encoded>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// `PlanResourceChange`.
#[derive(Debug, Clone, Default)]
pub struct PlanResourceChangeRequest {
    /// The type's whole name.
    pub type_name: String,
    /// The state; null for a create.
    pub prior_state: Encoded,
    /// Configuration merged with the state by Terraform; null for a destroy.
    pub proposed_new_state: Encoded,
    /// What the author wrote; null for a destroy.
    pub config: Encoded,
    /// What is kept beside the state.
    pub prior_private: Vec<u8>,
    /// What the first plan kept (apply-time plans of newer clients only).
    pub planned_private: Vec<u8>,
    /// What the client understands.
    pub client_capabilities: ClientCapabilities,
    /// The stored identity, where there is one.
    pub prior_identity: Option<Encoded>,
}

/// `PlanResourceChange`.
#[derive(Debug, Clone, Default)]
pub struct PlanResourceChangeResponse {
    /// What will be; an encoded null for a destroy.
    pub planned_state: Option<Encoded>,
    /// Attributes whose change replaces the object.
    pub requires_replace: Vec<Path>,
    /// What is kept until apply.
    pub planned_private: Vec<u8>,
    /// The identity that the object will have, where the resource has one.
    pub planned_identity: Option<Encoded>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// `ApplyResourceChange`.
#[derive(Debug, Clone, Default)]
pub struct ApplyResourceChangeRequest {
    /// The type's whole name.
    pub type_name: String,
    /// The state; null for a create.
    pub prior_state: Encoded,
    /// What was planned; null for a delete.
    pub planned_state: Encoded,
    /// What the author wrote; null for a delete.
    pub config: Encoded,
    /// What the plan kept.
    pub planned_private: Vec<u8>,
    /// The identity that was planned, where there is one.
    pub planned_identity: Option<Encoded>,
}

/// `ApplyResourceChange`.
#[derive(Debug, Clone, Default)]
pub struct ApplyResourceChangeResponse {
    /// What exists now, on errors too; an encoded null where nothing does.
    pub new_state: Option<Encoded>,
    /// What is kept beside it.
    pub private: Vec<u8>,
    /// The identity, where the resource has one.
    pub new_identity: Option<Encoded>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// `ImportResourceState`.
#[derive(Debug, Clone, Default)]
pub struct ImportResourceStateRequest {
    /// The type's whole name.
    pub type_name: String,
    /// The import id; empty where the import is by identity.
    pub id: String,
    /// The identity, where the import is by identity.
    pub identity: Option<Encoded>,
    /// What the client understands.
    pub client_capabilities: ClientCapabilities,
}

/// `ImportResourceState`.
#[derive(Debug, Clone, Default)]
pub struct ImportResourceStateResponse {
    /// The object; absent on errors.
    pub imported: Option<ImportedResource>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// One imported object, to be read next.
#[derive(Debug, Clone, Default)]
pub struct ImportedResource {
    /// The type's whole name.
    pub type_name: String,
    /// The least state that a read needs.
    pub state: Encoded,
    /// What is kept beside it.
    pub private: Vec<u8>,
    /// The identity, where the resource has one.
    pub identity: Option<Encoded>,
}

/// `ReadDataSource`.
#[derive(Debug, Clone, Default)]
pub struct ReadDataSourceRequest {
    /// The type's whole name.
    pub type_name: String,
    /// What the author wrote.
    pub config: Encoded,
    /// What the client understands.
    pub client_capabilities: ClientCapabilities,
}

/// `ReadDataSource`.
#[derive(Debug, Clone, Default)]
pub struct ReadDataSourceResponse {
    /// Arguments and results.
    pub state: Option<Encoded>,
    /// Messages.
    pub diagnostics: Diagnostics,
}
