//! Data sources, one file a type, in the order of the resources' files.

pub mod caller_identity;
pub mod permission_check;
pub mod policy_document;
pub mod project;
pub mod projects;
pub mod role_policy;
pub mod service_role;

use crate::plugin::author::AnyDataSource;
use crate::provider::Client;

/// Every data source, sorted by type name.
pub const DATA_SOURCES: &[&dyn AnyDataSource<Client>] = &[
    &caller_identity::CallerIdentity,
    &permission_check::PermissionCheck,
    &policy_document::PolicyDocument,
    &project::Project,
    &projects::Projects,
    &role_policy::RolePolicy,
    &service_role::ServiceRole,
];
