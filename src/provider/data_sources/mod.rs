//! Data sources, one file a type, in the order of the resources' files.

mod caller_identity;
mod policy_document;
mod project;
mod projects;
mod role_policy;
mod service_role;

use crate::plugin::author::AnyDataSource;
use crate::provider::Client;

/// Every data source, sorted by type name.
pub const DATA_SOURCES: &[&dyn AnyDataSource<Client>] = &[
    &caller_identity::CallerIdentity,
    &policy_document::PolicyDocument,
    &project::Project,
    &projects::Projects,
    &role_policy::RolePolicy,
    &service_role::ServiceRole,
];
