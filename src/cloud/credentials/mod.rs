//! Where keys come from.
//!
//! A [`CredentialSource`] is one place. The [`Chain`] asks them in order: only a source that is not
//! configured lets the next one have its turn; one that is configured and broken is an error that
//! names it, because going on would mean to act as somebody else.

mod chain;
mod static_keys;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::SystemTime;

pub use chain::Chain;
pub use static_keys::StaticKeys;

use crate::api::Secret;
use crate::api::signature::Key;
use crate::host::Host;

/// A key to sign with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The access key id.
    pub access_key_id: String,
    /// The access key secret.
    pub access_key_secret: Secret,
    /// The session token of temporary credentials.
    pub security_token: Option<Secret>,
    /// When they run out; never, where there is none.
    pub expires: Option<SystemTime>,
}

impl Credentials {
    /// The key for the signer.
    #[must_use]
    pub fn key(&self) -> Key<'_> {
        Key {
            id: &self.access_key_id,
            secret: &self.access_key_secret,
            token: self.security_token.as_ref(),
        }
    }

    /// The text without any secret of these credentials in it. Services quote what they were sent.
    pub(super) fn scrub(&self, text: &str) -> String {
        let secrets = [Some(&self.access_key_secret), self.security_token.as_ref()];
        let mut text = text.to_owned();
        for secret in secrets.into_iter().flatten().filter(|s| !s.is_empty()) {
            text = text.replace(secret.expose(), "[redacted]");
            let encoded = crate::api::encoding::encode(secret.expose());
            text = text.replace(&encoded, "[redacted]");
        }
        text
    }
}

/// What became of asking a source.
pub type Loaded<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Credentials>, SourceError>> + Send + 'a>>;

/// One place where credentials may be.
pub trait CredentialSource: fmt::Debug + Send + Sync {
    /// What it is, for a sentence: "the environment".
    fn name(&self) -> &str;

    /// What to set to use it, for a sentence.
    fn how(&self) -> String;

    /// The credentials, or nothing where it is not configured.
    ///
    /// # Errors
    /// Where it is configured and gives none.
    fn load<'a>(&'a self, host: &'a Host) -> Loaded<'a>;
}

/// Why a configured source gives no credentials: a clause, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError(pub String);

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SourceError {}
