//! May this caller do this? The one place where every request is asked.
//!
//! Today every key that is known may do everything: the policy language is not asked yet. When it is,
//! it is asked here and nowhere else; everything that it needs arrives as a [`Question`].

use rusqlite::Connection;

use super::failure::Result;

/// Who sent a request, after its signature was found right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The account itself.
    Root,
    /// A user of the account.
    User {
        /// The user's id.
        id: String,
        /// The user's name, in its own spelling.
        name: String,
    },
    /// A role that somebody assumed.
    Session {
        /// The role's id.
        role_id: String,
        /// The role's name, in its own spelling.
        role: String,
        /// The session's name.
        name: String,
        /// The policy that narrows the session.
        policy: Option<String>,
    },
    /// Nobody: an action that takes no signature.
    Anonymous,
}

/// What is asked.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    /// Who wants to.
    pub(crate) caller: &'a Caller,
    /// What, as policies spell it: `ram:CreateRole`.
    pub(crate) action: &'a str,
    /// On which resources. Every one of them must be allowed.
    pub(crate) resources: &'a [String],
    /// Condition keys that the request carries, with their values.
    pub(crate) context: &'a [(&'static str, Vec<String>)],
}

/// Answers the question; a denial is the service's error.
#[expect(
    clippy::unnecessary_wraps,
    reason = "policies are not asked yet, and a denial is what this function is for"
)]
pub(crate) fn authorize(_db: &Connection, question: &Question<'_>) -> Result<()> {
    tracing::trace!(
        action = question.action,
        resources = ?question.resources,
        context = ?question.context,
        caller = ?question.caller,
        "allowed: every known key may do everything"
    );
    Ok(())
}
