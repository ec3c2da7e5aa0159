//! The provider block: its arguments, and what they and the environment come to.
//!
//! Argument and environment names are the ones that users of the `alicloud` provider know. Each
//! setting is the block's, else the first environment variable of its list that is not empty.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::api::Secret;
use crate::host::Host;
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::schema::Schema;
use crate::plugin::value::{Dynamic, Field, Path, Step, Type, Value, ValueError};
use crate::provider::checks::{self, PlanChecks};
use crate::provider::rules;
use crate::provider::tags::{self, PlainTags, Tags};

/// Variables that name the region.
pub const REGION_ENV: &[&str] = &["ALICLOUD_REGION", "ALIBABA_CLOUD_REGION"];
/// Variables that hold an access key's id.
pub const ACCESS_KEY_ENV: &[&str] = &[
    "ALICLOUD_ACCESS_KEY",
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABACLOUD_ACCESS_KEY_ID",
];
/// Variables that hold an access key's secret.
pub const SECRET_KEY_ENV: &[&str] = &[
    "ALICLOUD_SECRET_KEY",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABACLOUD_ACCESS_KEY_SECRET",
];
/// Variables that hold the token of temporary keys.
pub const SECURITY_TOKEN_ENV: &[&str] = &[
    "ALICLOUD_SECURITY_TOKEN",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
    "ALIBABACLOUD_SECURITY_TOKEN",
];
/// The variable that puts the embedded cloud in the place of the real one.
pub const SANDBOX_ENV: &str = "IMM_SANDBOX";
/// The region of the embedded cloud where nothing names another.
pub const SANDBOX_REGION: &str = "cn-hangzhou";

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
        "The region of IMM projects, such as `cn-hangzhou`. Without it the environment variables \
         `ALICLOUD_REGION` and `ALIBABA_CLOUD_REGION` are read; there is no default, but in the \
         sandbox, where it is `cn-hangzhou`.",
        |m| &mut m.region,
        |a| a.optional().validate(rules::region()),
    )
    .attr(
        "access_key",
        "Access key id. Without it: `ALICLOUD_ACCESS_KEY`, `ALIBABA_CLOUD_ACCESS_KEY_ID`, \
         `ALIBABACLOUD_ACCESS_KEY_ID`.",
        |m| &mut m.access_key,
        |a| a.optional().validate(rules::not_empty()),
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
        "plan_checks",
        "Severity of plan-time checks: a code (`IMM304`) or a family (`IMM3xx`) to `error`, `warn` \
         or `off`. A code wins over its family.",
        |m| &mut m.plan_checks,
        |a| a.optional().validate(checks::rules()),
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
        .attr("role_arn", "ARN of the role.", |m| &mut m.role_arn, |a| {
            a.required()
        })
        .attr(
            "session_name",
            "Name of the session.",
            |m| &mut m.session_name,
            |a| a.optional(),
        )
        .attr("policy", "Session policy.", |m| &mut m.policy, |a| {
            a.optional()
        })
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
        .attr("role_arn", "ARN of the role.", |m| &mut m.role_arn, |a| {
            a.required()
        })
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
        .attr("policy", "Session policy.", |m| &mut m.policy, |a| {
            a.optional()
        })
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
            |a| a.optional().validate(rules::not_empty()),
        )
        .attr(
            "sts",
            "STS, else `sts.<region>.aliyuncs.com`.",
            |m| &mut m.sts,
            |a| a.optional().validate(rules::not_empty()),
        )
        .attr(
            "imm",
            "IMM, else `imm.<region>.aliyuncs.com`. With an address of one's own, every `region` \
             is called there.",
            |m| &mut m.imm,
            |a| a.optional().validate(rules::not_empty()),
        )
}
