//! The ARNs that RAM checks a call on. Pure text.
//!
//! A request's ARN leaves the region of a central service empty; a pattern's `*` or empty region
//! matches that. These are for authorization: the ARN of an existing role is read, never made.

/// The account field of Alibaba Cloud's own policies.
pub const SYSTEM_ACCOUNT: &str = "system";

/// A role.
#[must_use]
pub fn role(account: &str, name: &str) -> String {
    format!("acs:ram::{account}:role/{name}")
}

/// A policy: the account's own, or with [`SYSTEM_ACCOUNT`] one of Alibaba Cloud's.
#[must_use]
pub fn policy(account: &str, name: &str) -> String {
    format!("acs:ram::{account}:policy/{name}")
}

/// A user.
#[must_use]
pub fn user(account: &str, name: &str) -> String {
    format!("acs:ram::{account}:user/{name}")
}

/// A group.
#[must_use]
pub fn group(account: &str, name: &str) -> String {
    format!("acs:ram::{account}:group/{name}")
}

/// A project of IMM.
#[must_use]
pub fn project(region: &str, account: &str, name: &str) -> String {
    format!("acs:imm:{region}:{account}:project/{name}")
}
