//! A request that is answered with an error.
//!
//! Codes and statuses are the services'. A text that is not known to be theirs ends in
//! [`OURS`], so that nobody takes it for the real one.

use std::fmt;

use crate::api::error::AccessDeniedDetail;

/// What a message of the sandbox's own making ends in.
pub(crate) const OURS: &str = " [sandbox]";

/// An error answer before it gets its request id and host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// HTTP status.
    pub(crate) status: u16,
    /// The dotted code.
    pub(crate) code: String,
    /// Text for people.
    pub(crate) message: String,
    /// Milliseconds for the header `x-acs-retry-after`.
    pub(crate) retry_after: Option<u64>,
    /// Which permission is missing, on denials.
    pub(crate) denied: Option<Box<AccessDeniedDetail>>,
}

/// What every step of a request returns.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// An error whose text is the service's own.
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            retry_after: None,
            denied: None,
        }
    }

    /// An error whose text is not known; the message is marked as the sandbox's.
    pub(crate) fn ours(status: u16, code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::new(status, code, format!("{message}{OURS}"))
    }

    /// The same, with what is known of the missing permission.
    pub(crate) fn because(mut self, detail: AccessDeniedDetail) -> Self {
        self.denied = Some(Box::new(detail));
        self
    }

    /// A required parameter that is not there.
    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new(
            400,
            format!("Missing{parameter}"),
            format!("{parameter} is mandatory for this action."),
        )
    }

    /// The sandbox itself failed.
    pub(crate) fn internal(why: impl fmt::Display) -> Self {
        Self::ours(
            500,
            "InternalError",
            format!("An internal error occurred. {why}"),
        )
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::internal(format_args!("The database said: {error}."))
    }
}
