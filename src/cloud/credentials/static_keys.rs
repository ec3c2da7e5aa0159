//! Keys that somebody wrote down: in the provider block or in the environment.

use std::future::ready;

use super::{CredentialSource, Credentials, Loaded};
use crate::api::Secret;
use crate::cloud::config::ConfigError;
use crate::cloud::env_names::{ACCESS_KEY, SECRET_KEY, SECURITY_TOKEN};
use crate::host::Host;

/// Keys that are known from the start, or the knowledge that there are none.
#[derive(Debug)]
pub struct StaticKeys {
    name: &'static str,
    how: String,
    credentials: Option<Credentials>,
}

impl StaticKeys {
    /// The keys of the provider block.
    ///
    /// # Errors
    /// Where one half of the pair is there without the other, or a token without a pair.
    pub fn from_arguments(
        access_key: Option<String>,
        secret_key: Option<Secret>,
        security_token: Option<Secret>,
    ) -> Result<Self, ConfigError> {
        let access_key = access_key.filter(|key| !key.is_empty());
        let secret_key = secret_key.filter(|key| !key.is_empty());
        let security_token = security_token.filter(|token| !token.is_empty());
        let missing = |argument: &'static str, given: &str| ConfigError {
            argument,
            message: format!(
                "the provider block has `{given}` and no `{argument}`; set both or neither"
            ),
        };
        let credentials = match (access_key, secret_key) {
            (Some(id), Some(secret)) => Some(credentials(id, secret, security_token)),
            (Some(_), None) => return Err(missing("secret_key", "access_key")),
            (None, Some(_)) => return Err(missing("access_key", "secret_key")),
            (None, None) if security_token.is_some() => {
                return Err(missing("access_key", "security_token"));
            }
            (None, None) => None,
        };
        Ok(Self {
            name: "the provider block",
            how: "set `access_key` and `secret_key` in the provider block".into(),
            credentials,
        })
    }

    /// The keys of the environment.
    ///
    /// # Errors
    /// Where one half of the pair is there without the other. A token alone is nobody's and no error,
    /// since it is usually a leftover.
    pub fn from_environment(host: &Host) -> Result<Self, ConfigError> {
        let missing = |argument: &'static str, given: &str, wanted: String| ConfigError {
            argument,
            message: format!(
                "the environment variable `{given}` is set and its counterpart is not; set \
                 {wanted} too, or neither"
            ),
        };
        let credentials = match (ACCESS_KEY.read(host), SECRET_KEY.read(host)) {
            (Some((id, _)), Some((secret, _))) => {
                let token = SECURITY_TOKEN.read(host).map(|(token, _)| token.into());
                Some(credentials(id, secret.into(), token))
            }
            (Some((_, given)), None) => {
                return Err(missing("secret_key", given, SECRET_KEY.listed()));
            }
            (None, Some((_, given))) => {
                return Err(missing("access_key", given, ACCESS_KEY.listed()));
            }
            (None, None) => None,
        };
        Ok(Self {
            name: "the environment",
            how: format!(
                "set the environment variables {} and {}",
                ACCESS_KEY.listed(),
                SECRET_KEY.listed()
            ),
            credentials,
        })
    }

    /// The key of a local server.
    #[must_use]
    pub fn of_local(access_key: String, secret_key: Secret) -> Self {
        Self {
            name: "the local server",
            how: "start a local server".into(),
            credentials: Some(credentials(access_key, secret_key, None)),
        }
    }
}

fn credentials(id: String, secret: Secret, token: Option<Secret>) -> Credentials {
    Credentials {
        access_key_id: id,
        access_key_secret: secret,
        security_token: token,
        expires: None,
    }
}

impl CredentialSource for StaticKeys {
    fn name(&self) -> &str {
        self.name
    }

    fn how(&self) -> String {
        self.how.clone()
    }

    fn load<'a>(&'a self, _host: &'a Host) -> Loaded<'a> {
        Box::pin(ready(Ok(self.credentials.clone())))
    }
}
