//! The provider block: its arguments, and what they and the environment come to.
//!
//! Argument and environment names are the ones that users of the `alicloud` provider know. Each
//! setting is the block's, else the first environment variable of its list that is not empty.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::api::{Secret, Service};
use crate::cloud::{ConfigError, Settings};
use crate::host::Host;
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::schema::{Schema, validators};
use crate::plugin::value::{Dynamic, Field, Path, Step, Type, Value, ValueError};
use crate::provider::checks::settings::{self, PlanChecks};
use crate::provider::tags::{self, PlainTags, Tags};
use crate::provider::{fields, rules};

/// The variable that puts the embedded cloud in the place of the real one.
pub const SANDBOX_ENV: &str = "IMM_SANDBOX";

impl Field for Secret {
    fn ty() -> Type {
        String::ty()
    }
    fn decode(value: Dynamic) -> Result<Self, ValueError> {
        String::decode(value).map(Self::new)
    }
    fn encode(self) -> Dynamic {
        self.expose().to_owned().encode()
    }
}

/// The provider block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// Where IMM is called.
    pub region: Value<String>,
    /// Access key id.
    pub access_key: Value<String>,
    /// Access key secret.
    pub secret_key: Value<Secret>,
    /// Token of temporary keys.
    pub security_token: Value<Secret>,
    /// Profile of the shared credentials file.
    pub profile: Value<String>,
    /// The shared credentials file.
    pub shared_credentials_file: Value<String>,
    /// Role of the ECS instance.
    pub ecs_role_name: Value<String>,
    /// Address that hands out temporary keys.
    pub credentials_uri: Value<String>,
    /// A role to assume.
    pub assume_role: Value<AssumeRole>,
    /// A role to assume with an OIDC token.
    pub assume_role_with_oidc: Value<AssumeRoleWithOidc>,
    /// How services are reached: `HTTPS` or `HTTP`.
    pub protocol: Value<String>,
    /// Milliseconds that making a connection may take.
    pub client_connect_timeout: Value<i64>,
    /// Milliseconds that an answer may take.
    pub client_read_timeout: Value<i64>,
    /// Other addresses of the services.
    pub endpoints: Value<Endpoints>,
    /// Tags of every resource that can have some.
    pub default_tags: Value<DefaultTags>,
    /// Severity of plan-time checks by code or family.
    pub plan_checks: Value<BTreeMap<String, Value<String>>>,
    /// The embedded cloud.
    pub sandbox: Value<Sandbox>,
}

/// The block `assume_role`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AssumeRole {
    /// ARN of the role.
    pub role_arn: Value<String>,
    /// Name of the session.
    pub session_name: Value<String>,
    /// Session policy.
    pub policy: Value<String>,
    /// Seconds that the session lasts.
    pub session_expiration: Value<i64>,
    /// What the role's owner asks for.
    pub external_id: Value<String>,
}

/// The block `assume_role_with_oidc`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AssumeRoleWithOidc {
    /// ARN of the identity provider.
    pub oidc_provider_arn: Value<String>,
    /// ARN of the role.
    pub role_arn: Value<String>,
    /// The token.
    pub oidc_token: Value<Secret>,
    /// File that holds the token.
    pub oidc_token_file: Value<String>,
    /// Name of the session.
    pub role_session_name: Value<String>,
    /// Session policy.
    pub policy: Value<String>,
    /// Seconds that the session lasts.
    pub session_expiration: Value<i64>,
}

/// The block `endpoints`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Endpoints {
    /// RAM's.
    pub ram: Value<String>,
    /// STS's.
    pub sts: Value<String>,
    /// IMM's.
    pub imm: Value<String>,
}

/// The block `default_tags`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DefaultTags {
    /// The tags.
    pub tags: Value<Tags>,
}

/// The block `sandbox`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sandbox {
    /// Database file.
    pub path: Value<String>,
}

/// The block's schema.
pub fn schema() -> Schema<Config> {
    Schema::<Config>::new(
        "The provider for service roles, policies and projects of Alibaba Cloud Intelligent Media \
         Management (IMM).",
    )
    .attr(
        "region",
        "The region of IMM projects. Without it the environment variables \
         `ALICLOUD_REGION` and `ALIBABA_CLOUD_REGION` are read; there is no default, but in the \
         sandbox, where it is `cn-hangzhou`.",
        |m| &mut m.region,
        |a| a.optional().validate(rules::region_or_nothing()),
    )
    .attr(
        "access_key",
        "Access key id. Without it: `ALICLOUD_ACCESS_KEY`, `ALIBABA_CLOUD_ACCESS_KEY_ID`, \
         `ALIBABACLOUD_ACCESS_KEY_ID`.",
        |m| &mut m.access_key,
        |a| a.optional(),
    )
    .attr(
        "secret_key",
        "Access key secret. Without it: `ALICLOUD_SECRET_KEY`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, \
         `ALIBABACLOUD_ACCESS_KEY_SECRET`.",
        |m| &mut m.secret_key,
        |a| a.optional().sensitive(),
    )
    .attr(
        "security_token",
        "Token of temporary keys. Without it: `ALICLOUD_SECURITY_TOKEN`, \
         `ALIBABA_CLOUD_SECURITY_TOKEN`, `ALIBABACLOUD_SECURITY_TOKEN`; the environment's token is \
         used with the environment's key only.",
        |m| &mut m.security_token,
        |a| a.optional().sensitive(),
    )
    .attr(
        "profile",
        "Profile of the shared credentials file. Not supported yet: setting it is an error.",
        |m| &mut m.profile,
        |a| a.optional(),
    )
    .attr(
        "shared_credentials_file",
        "Path of the shared credentials file. Not supported yet: setting it is an error.",
        |m| &mut m.shared_credentials_file,
        |a| a.optional(),
    )
    .attr(
        "ecs_role_name",
        "Role of the ECS instance that Terraform runs on. Not supported yet: setting it is an error.",
        |m| &mut m.ecs_role_name,
        |a| a.optional(),
    )
    .attr(
        "credentials_uri",
        "Address that hands out temporary keys. Not supported yet: setting it is an error.",
        |m| &mut m.credentials_uri,
        |a| a.optional(),
    )
    .attr(
        "protocol",
        "How `endpoints` are reached that do not say it themselves.",
        |m| &mut m.protocol,
        |a| a.optional().validate(validators::one_of(&["HTTPS", "HTTP"])),
    )
    .attr(
        "client_connect_timeout",
        "Milliseconds that making a connection may take; 10000 where nothing is said. Without it: \
         `CLIENT_CONNECT_TIMEOUT`.",
        |m| &mut m.client_connect_timeout,
        |a| a.optional().validate(validators::at_least(1)),
    )
    .attr(
        "client_read_timeout",
        "Milliseconds that an answer may take; 30000 where nothing is said. Without it: \
         `CLIENT_READ_TIMEOUT`.",
        |m| &mut m.client_read_timeout,
        |a| a.optional().validate(validators::at_least(1)),
    )
    .attr(
        "plan_checks",
        "Severity of plan-time checks, by code (`IMM304`) or family (`IMM3xx`). A code wins over \
         its family.",
        |m| &mut m.plan_checks,
        |a| a.optional().validate(settings::rules()),
    )
    .block(
        "assume_role",
        "A role to assume with the key. Not supported yet: writing the block is an error.",
        |m| &mut m.assume_role,
        assume_role(),
    )
    .block(
        "assume_role_with_oidc",
        "A role to assume with an OIDC token. Not supported yet: writing the block is an error.",
        |m| &mut m.assume_role_with_oidc,
        assume_role_with_oidc(),
    )
    .block(
        "endpoints",
        "Other addresses of the services: a host name, or a URL such as `http://127.0.0.1:8080`. \
         Without one: `ALIBABA_CLOUD_ENDPOINT_RAM`, then `RAM_ENDPOINT` (likewise `STS` and `IMM`), \
         then the public address.",
        |m| &mut m.endpoints,
        endpoints(),
    )
    .block(
        "default_tags",
        "Tags that every resource with `tags` gets. A tag of the same key on the resource wins.",
        |m| &mut m.default_tags,
        Schema::<DefaultTags>::new("Default tags.").attr(
            "tags",
            "The tags.",
            |m| &mut m.tags,
            |a| a.optional().validate(tags::rules()),
        ),
    )
    .block(
        "sandbox",
        "Plans and applies against a cloud that is embedded in the provider, without account, \
         network or key. Without the block: the file named by `IMM_SANDBOX`. Without a key the \
         provider is the sandbox account's root, with a key whoever owns that key there.",
        |m| &mut m.sandbox,
        Schema::<Sandbox>::new("The embedded cloud.").attr(
            "path",
            "The file that holds the sandbox's objects; made if it is not there.",
            |m| &mut m.path,
            |a| a.required().validate(rules::not_empty()),
        ),
    )
}

fn assume_role() -> Schema<AssumeRole> {
    Schema::<AssumeRole>::new("A role to assume.")
        .attr(
            "role_arn",
            "ARN of the role.",
            |m| &mut m.role_arn,
            |a| a.required(),
        )
        .attr(
            "session_name",
            "Name of the session.",
            |m| &mut m.session_name,
            |a| a.optional(),
        )
        .attr(
            "policy",
            "Session policy.",
            |m| &mut m.policy,
            |a| a.optional(),
        )
        .attr(
            "session_expiration",
            "Seconds that the session lasts.",
            |m| &mut m.session_expiration,
            |a| a.optional(),
        )
        .attr(
            "external_id",
            "What the role's owner asks for.",
            |m| &mut m.external_id,
            |a| a.optional(),
        )
}

fn assume_role_with_oidc() -> Schema<AssumeRoleWithOidc> {
    Schema::<AssumeRoleWithOidc>::new("A role to assume with an OIDC token.")
        .attr(
            "oidc_provider_arn",
            "ARN of the identity provider.",
            |m| &mut m.oidc_provider_arn,
            |a| a.required(),
        )
        .attr(
            "role_arn",
            "ARN of the role.",
            |m| &mut m.role_arn,
            |a| a.required(),
        )
        .attr(
            "oidc_token",
            "The token.",
            |m| &mut m.oidc_token,
            |a| a.optional().sensitive(),
        )
        .attr(
            "oidc_token_file",
            "File that holds the token.",
            |m| &mut m.oidc_token_file,
            |a| a.optional(),
        )
        .attr(
            "role_session_name",
            "Name of the session.",
            |m| &mut m.role_session_name,
            |a| a.optional(),
        )
        .attr(
            "policy",
            "Session policy.",
            |m| &mut m.policy,
            |a| a.optional(),
        )
        .attr(
            "session_expiration",
            "Seconds that the session lasts.",
            |m| &mut m.session_expiration,
            |a| a.optional(),
        )
}

fn endpoints() -> Schema<Endpoints> {
    Schema::<Endpoints>::new("Addresses of the services.")
        .attr(
            "ram",
            "RAM, else `ram.aliyuncs.com`.",
            |m| &mut m.ram,
            |a| a.optional(),
        )
        .attr(
            "sts",
            "STS, else `sts.aliyuncs.com`.",
            |m| &mut m.sts,
            |a| a.optional(),
        )
        .attr(
            "imm",
            "IMM, else `imm.<region>.aliyuncs.com`. An address that has the provider's region in \
             it is changed for resources of another region; any other serves all regions.",
            |m| &mut m.imm,
            |a| a.optional(),
        )
}

/// An argument, and whether it is set.
type Unsupported = (&'static str, fn(&Config) -> bool);

/// Arguments and blocks whose sources of credentials are not supported.
const UNSUPPORTED: &[Unsupported] = &[
    ("profile", |c| !c.profile.is_null()),
    ("shared_credentials_file", |c| {
        !c.shared_credentials_file.is_null()
    }),
    ("ecs_role_name", |c| !c.ecs_role_name.is_null()),
    ("credentials_uri", |c| !c.credentials_uri.is_null()),
    ("assume_role", |c| !c.assume_role.is_null()),
    ("assume_role_with_oidc", |c| {
        !c.assume_role_with_oidc.is_null()
    }),
];

/// Variables by which other tools would find credentials; looked at only to say so where there are
/// no others.
const UNSUPPORTED_ENV: &[&str] = &[
    "ALICLOUD_PROFILE",
    "ALIBABA_CLOUD_PROFILE",
    "ALICLOUD_SHARED_CREDENTIALS_FILE",
    "ALIBABA_CLOUD_CREDENTIALS_FILE",
    "ALICLOUD_ECS_ROLE_NAME",
    "ALIBABA_CLOUD_ECS_METADATA",
    "ALICLOUD_CREDENTIALS_URI",
    "ALIBABA_CLOUD_CREDENTIALS_URI",
    "ALICLOUD_ASSUME_ROLE_ARN",
    "ALIBABA_CLOUD_ROLE_ARN",
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
];

impl Config {
    /// Refuses what is accepted for the sake of other providers' configurations and does nothing
    /// yet: acting with another identity than the one that was asked for would be worse.
    pub fn check(&self) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for (name, set) in UNSUPPORTED {
            if set(self) {
                diagnostics.push(
                    Diagnostic::error(
                        "Source of credentials not supported",
                        format!(
                            "The provider cannot take credentials from `{name}` yet. Leave it out, \
                             and give a key in `access_key` and `secret_key` or in the environment \
                             variables ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY, with a \
                             `security_token` (ALICLOUD_SECURITY_TOKEN) if it is a temporary one."
                        ),
                    )
                    .at(Path::attribute(name)),
                );
            }
        }
        if !self.sandbox.is_null() && !self.endpoints.is_null() {
            diagnostics.push(
                Diagnostic::error(
                    "Sandbox and endpoints exclude each other",
                    "With a `sandbox` block every call goes to the embedded cloud, so `endpoints` \
                     would do nothing; leave one of them out.",
                )
                .at(Path::attribute("endpoints")),
            );
        }
        diagnostics
    }

    /// Whether a value that the client needs is known only after apply.
    pub fn is_unknown(&self) -> bool {
        let Self {
            region,
            access_key,
            secret_key,
            security_token,
            protocol,
            client_connect_timeout,
            client_read_timeout,
            endpoints,
            sandbox,
            ..
        } = self;
        let texts = [region, access_key, protocol];
        let blocks = match (endpoints, sandbox) {
            (Value::Unknown, _) | (_, Value::Unknown) => true,
            (endpoints, sandbox) => {
                endpoints
                    .known()
                    .is_some_and(|e| e.ram.is_unknown() || e.sts.is_unknown() || e.imm.is_unknown())
                    || sandbox.known().is_some_and(|s| s.path.is_unknown())
            }
        };
        texts.iter().any(|text| text.is_unknown())
            || secret_key.is_unknown()
            || security_token.is_unknown()
            || client_connect_timeout.is_unknown()
            || client_read_timeout.is_unknown()
            || blocks
    }

    /// Whether a tag of every resource is known only after apply. The client does without: what hangs
    /// on it is unknown too.
    pub fn has_unknown_tags(&self) -> bool {
        match &self.default_tags {
            Value::Unknown => true,
            Value::Known(block) => match &block.tags {
                Value::Unknown => true,
                Value::Known(tags) => tags.values().any(Value::is_unknown),
                Value::Null => false,
            },
            Value::Null => false,
        }
    }

    /// The file of the embedded cloud, if it is to take the real one's place.
    pub fn sandbox_path(&self, host: &Host) -> Option<PathBuf> {
        match self.sandbox.known() {
            Some(block) => fields::given(&block.path).map(PathBuf::from),
            None => host.env(SANDBOX_ENV).map(PathBuf::from),
        }
    }

    /// The tags of every resource.
    pub fn default_tags(&self) -> PlainTags {
        self.default_tags
            .known()
            .map(|block| tags::plain(&block.tags))
            .unwrap_or_default()
    }

    /// The severities of plan-time checks.
    pub fn plan_checks(&self) -> PlanChecks {
        PlanChecks::read(&self.plan_checks)
    }

    /// What the client is told.
    pub fn settings(&self, terraform_version: &str) -> Settings {
        let endpoints = self.endpoints.known();
        let endpoint = |pick: fn(&Endpoints) -> &Value<String>| {
            endpoints.and_then(|endpoints| fields::given(pick(endpoints)))
        };
        let milliseconds = |value: &Value<i64>| {
            let value = value.known().copied()?;
            u64::try_from(value).ok().map(Duration::from_millis)
        };
        Settings {
            region: fields::given(&self.region),
            access_key: fields::given(&self.access_key),
            secret_key: self.secret_key.known().cloned(),
            security_token: self.security_token.known().cloned(),
            endpoints: [
                (Service::Ram, endpoint(|e| &e.ram)),
                (Service::Sts, endpoint(|e| &e.sts)),
                (Service::Imm, endpoint(|e| &e.imm)),
            ]
            .into_iter()
            .filter_map(|(service, address)| Some((service, address?)))
            .collect(),
            protocol: fields::given(&self.protocol),
            connect_timeout: milliseconds(&self.client_connect_timeout),
            read_timeout: milliseconds(&self.client_read_timeout),
            user_agent: Some(format!("Terraform/{terraform_version}")),
            ..Settings::default()
        }
    }
}

/// What is wrong with the settings, at the argument at fault.
pub fn refused(error: &ConfigError) -> Diagnostic {
    let path = error
        .argument
        .split('.')
        .fold(Path::default(), |path, name| {
            path.join(Step::Attribute(name.to_owned()))
        });
    Diagnostic::error(
        "Provider cannot be configured",
        format!("The provider cannot be configured: {}.", error.message),
    )
    .at(path)
}

/// No source had credentials, or one is broken.
pub fn no_credentials(why: &str, host: &Host) -> Diagnostic {
    let mut detail = format!("The provider has no key to sign its calls with: {why}.");
    let ignored: Vec<&str> = UNSUPPORTED_ENV
        .iter()
        .copied()
        .filter(|name| host.env(name).is_some())
        .collect();
    if !ignored.is_empty() {
        detail.push_str(&format!(
            "\n\nThe environment has {}, which this provider cannot take credentials from yet.",
            ignored.join(", ")
        ));
    }
    detail.push_str(&format!(
        "\n\nTo try things out without an account, write a `sandbox` block, or set {SANDBOX_ENV} to \
         the path of a file."
    ));
    Diagnostic::error("No credentials", detail)
}

/// The environment asks for the sandbox and the block for other servers.
pub(crate) fn variable_and_endpoints() -> Diagnostic {
    Diagnostic::error(
        "Sandbox and endpoints exclude each other",
        format!(
            "The environment variable {SANDBOX_ENV} sends every call to the embedded cloud, so \
             `endpoints` would do nothing; unset the variable, or leave `endpoints` out."
        ),
    )
    .at(Path::attribute("endpoints"))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::host::Replay;

    fn text(value: &str) -> Value<String> {
        Value::Known(value.to_owned())
    }

    #[test]
    fn sources_that_do_nothing_yet_are_refused_by_name() {
        let config = Config {
            profile: text("work"),
            assume_role: Value::Known(AssumeRole::default()),
            ..Config::default()
        };
        let found: Vec<_> = config.check().into_iter().map(|d| d.path).collect();
        assert_eq!(
            found,
            [
                Some(Path::attribute("profile")),
                Some(Path::attribute("assume_role"))
            ]
        );
        assert!(Config::default().check().is_empty());
    }

    #[test]
    fn an_unknown_setting_that_the_client_needs_puts_it_off() {
        assert!(!Config::default().is_unknown());
        let unknown = [
            Config {
                region: Value::Unknown,
                ..Config::default()
            },
            Config {
                secret_key: Value::Unknown,
                ..Config::default()
            },
            Config {
                sandbox: Value::Known(Sandbox {
                    path: Value::Unknown,
                }),
                ..Config::default()
            },
        ];
        for config in unknown {
            assert!(config.is_unknown(), "{config:?}");
        }
    }

    #[test]
    fn unknown_tags_and_checks_do_not() {
        let tagged = Config {
            default_tags: Value::Known(DefaultTags {
                tags: Value::Known(Tags::from([("k".to_owned(), Value::Unknown)])),
            }),
            ..Config::default()
        };
        assert!(!tagged.is_unknown() && tagged.has_unknown_tags());
        let checked = Config {
            plan_checks: Value::Unknown,
            ..Config::default()
        };
        assert!(!checked.is_unknown() && !checked.has_unknown_tags());
    }

    #[test]
    fn the_sandbox_is_the_blocks_else_the_environments() {
        let host =
            Host::new(Replay::at(SystemTime::UNIX_EPOCH).with_env(SANDBOX_ENV, "/from/env.sqlite"));
        let block = Config {
            sandbox: Value::Known(Sandbox {
                path: text("/from/block.sqlite"),
            }),
            ..Config::default()
        };
        assert_eq!(
            block.sandbox_path(&host),
            Some(PathBuf::from("/from/block.sqlite"))
        );
        assert_eq!(
            Config::default().sandbox_path(&host),
            Some(PathBuf::from("/from/env.sqlite"))
        );
        let bare = Host::new(Replay::at(SystemTime::UNIX_EPOCH));
        assert_eq!(Config::default().sandbox_path(&bare), None);
    }

    #[test]
    fn settings_are_what_was_written() {
        let config = Config {
            region: text("cn-shanghai"),
            secret_key: Value::Known(Secret::new("hidden")),
            client_read_timeout: Value::Known(1500),
            endpoints: Value::Known(Endpoints {
                imm: text("imm.example.com"),
                ..Endpoints::default()
            }),
            ..Config::default()
        };
        let settings = config.settings("1.11.4");
        assert_eq!(settings.region.as_deref(), Some("cn-shanghai"));
        assert_eq!(settings.read_timeout, Some(Duration::from_millis(1500)));
        assert_eq!(settings.endpoints.len(), 1);
        assert_eq!(
            settings.endpoints.get(&Service::Imm).map(String::as_str),
            Some("imm.example.com")
        );
        assert_eq!(settings.user_agent.as_deref(), Some("Terraform/1.11.4"));
        assert!(!format!("{config:?}").contains("hidden"));
    }

    #[test]
    fn missing_credentials_name_what_is_ignored_in_the_environment() {
        let host =
            Host::new(Replay::at(SystemTime::UNIX_EPOCH).with_env("ALIBABA_CLOUD_PROFILE", "work"));
        let detail = no_credentials("none are configured", &host).detail;
        assert!(detail.contains("ALIBABA_CLOUD_PROFILE") && detail.contains(SANDBOX_ENV));
    }
}
