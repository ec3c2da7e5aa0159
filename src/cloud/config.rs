//! What the client runs with, each setting with where it came from.
//!
//! [`Settings`] is what the user wrote, [`Config`] what follows from it and from the environment. All
//! that can be wrong with settings is found by [`Config::resolve`], before any call.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::credentials::{Chain, CredentialSource, StaticKeys};
use super::endpoint::Endpoint;
use super::env_names::{self, Variable};
use super::retry::Policy;
use crate::api::{Secret, Service};
use crate::host::Host;

/// What the user wrote in the provider block; nothing where nothing is written.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `region`.
    pub region: Option<String>,
    /// `access_key`.
    pub access_key: Option<String>,
    /// `secret_key`.
    pub secret_key: Option<Secret>,
    /// `security_token`.
    pub security_token: Option<Secret>,
    /// `endpoints`: a host, with a port or a scheme where they are not the usual ones.
    pub endpoints: BTreeMap<Service, String>,
    /// `protocol`: `HTTP` or `HTTPS`, for endpoints that do not say it themselves.
    pub protocol: Option<String>,
    /// `client_connect_timeout`.
    pub connect_timeout: Option<Duration>,
    /// `client_read_timeout`.
    pub read_timeout: Option<Duration>,
    /// Added to the user agent, such as the version of Terraform.
    pub user_agent: Option<String>,
    /// Where to send every request instead of into the world.
    pub local: Option<LocalServer>,
    /// More places to look for credentials, asked after block and environment.
    pub sources: Vec<Arc<dyn CredentialSource>>,
}

/// A server on this machine that answers for every host. Requests go to it over plain HTTP with the
/// `Host` they would have had, and never through a proxy.
#[derive(Clone, Debug)]
pub struct LocalServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// The region where none is set.
    pub region: String,
    /// The access key id where no key is set.
    pub access_key: String,
    /// Its secret.
    pub secret_key: Secret,
}

/// Where a setting came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An argument of the provider block.
    Argument(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// The local server.
    Local,
    /// Nobody set it.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(name) => write!(f, "the argument `{name}`"),
            Self::Variable(name) => write!(f, "the environment variable `{name}`"),
            Self::Local => f.write_str("the local server"),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// A setting and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The setting.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

/// What is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The argument of the provider block that is wrong or missing, dotted below a block.
    pub argument: &'static str,
    /// What is wrong and what to do, for people.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}

/// What the client runs with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The region of calls that name none.
    pub region: Sourced<String>,
    /// Endpoints that are not the usual ones.
    pub endpoints: BTreeMap<Service, Sourced<Endpoint>>,
    /// Where credentials come from.
    pub credentials: Chain,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// How long an answer may take.
    pub read_timeout: Duration,
    /// When a call is repeated.
    pub retry: Policy,
    /// The whole user agent.
    pub user_agent: String,
    /// Where to send every request instead of into the world.
    pub local: Option<SocketAddr>,
}

/// As long as the vendor's SDKs wait for a connection, and twice.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// As long as the vendor's SDKs wait for an answer, and thrice: some writes take long.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

impl Config {
    /// Completes the settings from the environment.
    ///
    /// # Errors
    /// Where there is no region, half a key, or a text that does not mean anything.
    pub fn resolve(settings: Settings, host: &Host) -> Result<Self, ConfigError> {
        let https = protocol(settings.protocol.as_deref())?;
        let mut endpoints = BTreeMap::new();
        for (service, argument, variable) in ENDPOINTS {
            let given = settings.endpoints.get(service).cloned();
            let Some(found) = either(given, argument, variable, host) else {
                continue;
            };
            let endpoint = Endpoint::parse(&found.value, https).map_err(|reason| ConfigError {
                argument,
                message: format!(
                    "the endpoint of {service} in {} is not usable: {reason}; write a host such as \
                     `{service}.example.com`, with a port where it needs one",
                    found.source
                ),
            })?;
            endpoints.insert(
                *service,
                Sourced {
                    value: endpoint,
                    source: found.source,
                },
            );
        }

        let region = match either(settings.region, "region", &env_names::REGION, host) {
            Some(region) => region,
            None => Sourced {
                value: settings
                    .local
                    .as_ref()
                    .map(|local| local.region.clone())
                    .ok_or_else(|| ConfigError {
                        argument: "region",
                        message: format!(
                            "no region is set; set the argument `region` of the provider block or \
                             the environment variable {}, for example to `cn-hangzhou`",
                            env_names::REGION.listed()
                        ),
                    })?,
                source: Source::Local,
            },
        };
        // It becomes part of host names, so that a slip in it must not make another host of them.
        let usual = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !region.value.bytes().all(usual) {
            return Err(ConfigError {
                argument: "region",
                message: format!(
                    "the region `{}` in {} is not one; regions are written like `cn-hangzhou`",
                    region.value, region.source
                ),
            });
        }

        let connect_timeout = timeout(
            settings.connect_timeout,
            CONNECT_TIMEOUT,
            "client_connect_timeout",
            &env_names::CONNECT_TIMEOUT,
            host,
        )?;
        let read_timeout = timeout(
            settings.read_timeout,
            READ_TIMEOUT,
            "client_read_timeout",
            &env_names::READ_TIMEOUT,
            host,
        )?;

        let mut credentials: Vec<Arc<dyn CredentialSource>> = Vec::new();
        credentials.push(Arc::new(StaticKeys::from_arguments(
            settings.access_key,
            settings.secret_key,
            settings.security_token,
        )?));
        credentials.push(Arc::new(StaticKeys::from_environment(host)?));
        credentials.extend(settings.sources);
        if let Some(local) = &settings.local {
            credentials.push(Arc::new(StaticKeys::of_local(
                local.access_key.clone(),
                local.secret_key.clone(),
            )));
        }

        let mut user_agent = format!(
            "{}/{} ({}; {})",
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH
        );
        let added = env_names::USER_AGENT.read(host).map(|(text, _)| text);
        for text in settings.user_agent.into_iter().chain(added) {
            // Only what a header may hold.
            let text: String = text.chars().filter(|c| matches!(c, ' '..='~')).collect();
            user_agent.push(' ');
            user_agent.push_str(text.trim());
        }

        Ok(Self {
            region,
            endpoints,
            credentials: Chain::new(credentials),
            connect_timeout,
            read_timeout,
            retry: Policy::default(),
            user_agent,
            local: settings.local.map(|local| local.address),
        })
    }
}

const ENDPOINTS: &[(Service, &str, Variable)] = &[
    (Service::Ram, "endpoints.ram", env_names::RAM_ENDPOINT),
    (Service::Sts, "endpoints.sts", env_names::STS_ENDPOINT),
    (Service::Imm, "endpoints.imm", env_names::IMM_ENDPOINT),
];

/// The argument where it is written and not empty, else the environment.
fn either(
    given: Option<String>,
    argument: &'static str,
    variable: &Variable,
    host: &Host,
) -> Option<Sourced<String>> {
    if let Some(value) = given.filter(|value| !value.is_empty()) {
        return Some(Sourced {
            value,
            source: Source::Argument(argument),
        });
    }
    variable.read(host).map(|(value, name)| Sourced {
        value,
        source: Source::Variable(name),
    })
}

fn timeout(
    given: Option<Duration>,
    default: Duration,
    argument: &'static str,
    variable: &Variable,
    host: &Host,
) -> Result<Duration, ConfigError> {
    let refuse = |text: String, source: Source| ConfigError {
        argument,
        message: format!("`{text}` in {source} is not a positive number of milliseconds"),
    };
    if let Some(given) = given {
        if given.is_zero() {
            return Err(refuse("0".into(), Source::Argument(argument)));
        }
        return Ok(given);
    }
    match variable.read(host) {
        None => Ok(default),
        Some((text, name)) => match text.parse() {
            Ok(milliseconds) if milliseconds > 0 => Ok(Duration::from_millis(milliseconds)),
            _ => Err(refuse(text, Source::Variable(name))),
        },
    }
}

/// Whether endpoints without a scheme are reached over TLS.
fn protocol(given: Option<&str>) -> Result<bool, ConfigError> {
    match given {
        None | Some("") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("https") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("http") => Ok(false),
        Some(text) => Err(ConfigError {
            argument: "protocol",
            message: format!("the protocol `{text}` is not known; write `HTTPS` or `HTTP`"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{Config, ConfigError, Settings, Source};
    use crate::api::{Secret, Service};
    use crate::host::{Host, Replay};

    fn machine() -> Replay {
        Replay::at(SystemTime::UNIX_EPOCH)
    }

    fn resolve(settings: Settings, machine: Replay) -> Result<Config, ConfigError> {
        Config::resolve(settings, &Host::new(machine))
    }

    fn in_region() -> Settings {
        Settings {
            region: Some("cn-hangzhou".into()),
            ..Settings::default()
        }
    }

    #[test]
    fn a_region_comes_from_the_block_then_the_environment() {
        let machine = || {
            machine()
                .with_env("ALIBABA_CLOUD_REGION", "cn-beijing")
                .with_env("ALICLOUD_REGION", "cn-shanghai")
        };
        let config = resolve(in_region(), machine()).unwrap();
        assert_eq!(config.region.value, "cn-hangzhou");
        assert_eq!(config.region.source, Source::Argument("region"));
        let config = resolve(Settings::default(), machine()).unwrap();
        assert_eq!(config.region.value, "cn-shanghai");
        assert_eq!(config.region.source, Source::Variable("ALICLOUD_REGION"));
    }

    #[test]
    fn no_region_is_an_error_that_names_both_places() {
        let error = resolve(Settings::default(), machine()).unwrap_err();
        assert_eq!(error.argument, "region");
        for name in ["`region`", "`ALICLOUD_REGION`", "`ALIBABA_CLOUD_REGION`"] {
            assert!(error.message.contains(name), "{error}");
        }
    }

    #[test]
    fn a_region_that_would_change_a_host_is_refused() {
        let settings = Settings {
            region: Some("x.example.com/".into()),
            ..Settings::default()
        };
        assert_eq!(resolve(settings, machine()).unwrap_err().argument, "region");
    }

    #[test]
    fn endpoints_come_from_the_block_then_the_environment() {
        let machine = machine()
            .with_env("IMM_ENDPOINT", "other.example.com")
            .with_env("RAM_ENDPOINT", "http://127.0.0.1:8080")
            .with_env("ALIBABA_CLOUD_ENDPOINT_STS", "https://sts.example.com/");
        let mut settings = in_region();
        settings
            .endpoints
            .insert(Service::Imm, "imm.example.com".into());
        let config = resolve(settings, machine).unwrap();
        let endpoint = |service| config.endpoints[&service].value.to_string();
        assert_eq!(endpoint(Service::Imm), "https://imm.example.com");
        assert_eq!(endpoint(Service::Ram), "http://127.0.0.1:8080");
        assert_eq!(endpoint(Service::Sts), "https://sts.example.com");
    }

    #[test]
    fn half_a_key_is_an_error_that_names_the_other_half() {
        let mut settings = in_region();
        settings.access_key = Some("id".into());
        let error = resolve(settings, machine()).unwrap_err();
        assert_eq!(error.argument, "secret_key");

        let machine = machine().with_env("ALICLOUD_SECRET_KEY", "hidden");
        let error = resolve(in_region(), machine).unwrap_err();
        assert_eq!(error.argument, "access_key");
        assert!(error.message.contains("`ALICLOUD_SECRET_KEY`"), "{error}");
        assert!(error.message.contains("`ALICLOUD_ACCESS_KEY`"), "{error}");
        assert!(!error.message.contains("hidden"), "{error}");

        let mut settings = in_region();
        settings.security_token = Some(Secret::new("token"));
        let error = resolve(settings, self::machine()).unwrap_err();
        assert_eq!(error.argument, "access_key");
    }

    #[test]
    fn timeouts_are_milliseconds() {
        let machine = machine().with_env("CLIENT_READ_TIMEOUT", "1500");
        let config = resolve(in_region(), machine).unwrap();
        assert_eq!(config.read_timeout, Duration::from_millis(1500));
        for text in ["0", "-1", "soon"] {
            let machine = self::machine().with_env("CLIENT_CONNECT_TIMEOUT", text);
            let error = resolve(in_region(), machine).unwrap_err();
            assert_eq!(error.argument, "client_connect_timeout");
        }
    }

    #[test]
    fn the_user_agent_holds_nothing_that_a_header_may_not() {
        let machine = machine().with_env("TF_APPEND_USER_AGENT", "pipe\r\nline/1 ü");
        let mut settings = in_region();
        settings.user_agent = Some("Terraform/1.11.4".into());
        let config = resolve(settings, machine).unwrap();
        assert!(config.user_agent.starts_with("terraform-provider-imm/"));
        assert!(config.user_agent.ends_with(" Terraform/1.11.4 pipeline/1"));
    }
}
