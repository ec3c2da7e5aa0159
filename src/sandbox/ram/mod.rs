//! RAM 2015-05-01: users, groups, roles, policies and what hangs between them.
//!
//! Names are compared without case and answered in the spelling that they were made with. Every
//! error code is the service's.

mod attachments;
mod groups;
mod keys;
mod policies;
mod roles;
pub(in crate::sandbox) mod tags;
mod users;
mod versions;

pub(crate) use roles::{RoleRow, arn as role_arn, find as find_role};

use rusqlite::OptionalExtension as _;

use crate::api::arn;
use crate::api::ram::{CUSTOM, SYSTEM};

use super::dispatch::Call;
use super::failure::{Failure, Result};
use super::quota::Quota;

/// What a policy can be attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EntityKind {
    User,
    Group,
    Role,
}

impl EntityKind {
    /// The word in error codes and in the database.
    fn word(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Role => "Role",
        }
    }

    /// The word in ARNs and in texts.
    fn lower(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
        }
    }

    /// The parameter that names one.
    fn parameter(self) -> &'static str {
        match self {
            Self::User => "UserName",
            Self::Group => "GroupName",
            Self::Role => "RoleName",
        }
    }

    fn missing(self) -> Failure {
        Failure::new(
            404,
            format!("EntityNotExist.{}", self.word()),
            format!("The {} does not exist.", self.lower()),
        )
    }
}

/// The id of a user, group or role, and its name as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entity {
    kind: EntityKind,
    id: String,
    name: String,
}

/// Looks a user, group or role up; one that reads do not show yet is found, too.
fn entity(call: &Call<'_>, kind: EntityKind, name: &str) -> Result<Entity> {
    let sql = match kind {
        EntityKind::User => "SELECT id, name FROM users WHERE name = ?1",
        EntityKind::Group => "SELECT id, name FROM groups WHERE name = ?1",
        EntityKind::Role => "SELECT id, name FROM roles WHERE name = ?1",
    };
    call.db
        .prepare_cached(sql)?
        .query_row([name], |row| {
            Ok(Entity {
                kind,
                id: row.get(0)?,
                name: row.get(1)?,
            })
        })
        .optional()?
        .ok_or_else(|| kind.missing())
}

fn exists(word: &str, text: &str) -> Failure {
    Failure::new(409, format!("EntityAlreadyExists.{word}"), text)
}

/// Refuses one more object where the account's limit is reached.
fn room(call: &Call<'_>, quota: Quota, count: i64, word: &str, things: &str) -> Result<()> {
    if count >= quota.of(call.db)? {
        return Err(Failure::new(
            409,
            format!("LimitExceeded.{word}"),
            format!("The count of {things} beyond the current limits."),
        ));
    }
    Ok(())
}

fn count(call: &Call<'_>, sql: &str, parameters: impl rusqlite::Params) -> Result<i64> {
    Ok(call
        .db
        .prepare_cached(sql)?
        .query_row(parameters, |row| row.get(0))?)
}

/// The ARN of a user, group or role that a call is checked on.
fn resource(call: &Call<'_>, kind: EntityKind, name: &str) -> String {
    match kind {
        EntityKind::User => arn::user(call.account, name),
        EntityKind::Group => arn::group(call.account, name),
        EntityKind::Role => arn::role(call.account, name),
    }
}

/// The ARN of a policy that a call is checked on.
fn policy_resource(call: &Call<'_>, policy_type: &str, name: &str) -> String {
    let owner = if policy_type == SYSTEM {
        arn::SYSTEM_ACCOUNT
    } else {
        call.account
    };
    arn::policy(owner, name)
}

fn check_policy_type(policy_type: &str) -> Result<()> {
    match policy_type {
        "" => Err(Failure::missing("PolicyType")),
        SYSTEM | CUSTOM => Ok(()),
        _ => Err(Failure::new(
            400,
            "InvalidParameter.PolicyType",
            "The parameter - \"PolicyType\" is incorrect.",
        )),
    }
}

/// A text that was not given, or was given empty, is empty.
fn or_empty(text: Option<String>) -> String {
    text.unwrap_or_default()
}
