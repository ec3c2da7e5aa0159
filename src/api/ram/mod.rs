//! RAM 2015-05-01: roles, policies, attachments, users, groups, keys and tags.
//!
//! ARNs, ids and dates are kept as the service spells them. Tags are `Key`/`Value` in requests and
//! `TagKey`/`TagValue` in answers. Lists are two levels deep on the wire (`Roles.Role[]`), but for
//! `TagResources`, which is flat.

mod groups;
mod policies;
mod roles;
mod tags;
mod users;

pub use groups::*;
pub use policies::*;
pub use roles::*;
pub use tags::*;
pub use users::*;

use serde::{Deserialize, Serialize};

/// The answer of an action that answers nothing but a request id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}

/// The policy type of customers' own policies.
pub const CUSTOM: &str = "Custom";

/// The policy type of the vendor's policies.
pub const SYSTEM: &str = "System";
