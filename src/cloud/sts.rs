//! STS calls.

use super::client::Client;
use super::error::Error;
use crate::api::sts::{CallerIdentity, GetCallerIdentity};

/// Who the caller is. Needs no permission, so it is also the cheapest proof that a key works.
///
/// # Errors
/// Mostly of kind [`crate::api::ErrorKind::Auth`].
pub async fn caller_identity(client: &Client) -> Result<CallerIdentity, Error> {
    client.send(None, &GetCallerIdentity {}).await
}
