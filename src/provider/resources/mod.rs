//! Managed resources, one file a type, in this order: what remote object it is and its API; the
//! model; the schema, one line an attribute; create, read, update, delete, import; its plan-time
//! part; tests of the mapping.

pub mod default_service_role;
pub mod project;
pub mod role_policy;
pub mod role_policy_attachment;
pub mod service_role;

use crate::plugin::author::AnyResource;
use crate::provider::Client;

/// Every resource, sorted by type name.
pub const RESOURCES: &[&dyn AnyResource<Client>] = &[
    &default_service_role::DefaultServiceRole,
    &project::Project,
    &role_policy::RolePolicy,
    &role_policy_attachment::RolePolicyAttachment,
    &service_role::ServiceRole,
];
