//! STS 2015-04-01: who am I, and temporary credentials of a role.

use serde::{Deserialize, Serialize};

use super::operation::operations;
use super::secret::{self, Secret};

operations! {
    Sts;

    /// Who the caller is. Needs no permission.
    Read GetCallerIdentity -> CallerIdentity {}

    /// Temporary credentials of a role. Repeated, it hands out others; the first stay valid.
    IdempotentWrite AssumeRole(sensitive) -> AssumedRole {
        role_arn: String = "RoleArn",
        /// 2 to 64 characters.
        role_session_name: String = "RoleSessionName",
        /// Seconds, 900 to the role's maximum; 3600 where not given.
        duration_seconds: Option<i64> = "DurationSeconds",
        /// A session policy that narrows the role's permissions, JSON, at most 2048 characters.
        policy: Option<String> = "Policy",
        external_id: Option<String> = "ExternalId",
        source_identity: Option<String> = "SourceIdentity",
    }

    /// The same for a token of a registered identity provider. Takes no signature.
    IdempotentWrite AssumeRoleWithOIDC(sensitive) -> AssumedRole {
        oidc_provider_arn: String = "OIDCProviderArn",
        role_arn: String = "RoleArn",
        /// 4 to 20000 characters, as the provider made it.
        oidc_token: Secret = "OIDCToken",
        /// 2 to 64 characters.
        role_session_name: String = "RoleSessionName",
        /// Seconds, 900 to the role's maximum; 3600 where not given.
        duration_seconds: Option<i64> = "DurationSeconds",
        /// A session policy that narrows the role's permissions, JSON, at most 2048 characters.
        policy: Option<String> = "Policy",
    }
}

/// Who the caller is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CallerIdentity {
    /// `AccountId`, digits.
    pub account_id: String,
    /// `Arn`; a role session has `assumed-role` in it.
    pub arn: String,
    /// `IdentityType`: `Account`, `RAMUser` or `AssumedRoleUser`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_type: Option<String>,
    /// `PrincipalId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<String>,
    /// `UserId`, of accounts and users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// `RoleId`, of role sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_id: Option<String>,
}

/// A role session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumedRole {
    /// `AssumedRoleUser`.
    pub assumed_role_user: AssumedRoleUser,
    /// `Credentials`.
    pub credentials: SessionCredentials,
    /// `SourceIdentity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<String>,
}

/// The names of a role session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumedRoleUser {
    /// `Arn`: `…:role/<role in lower case>/<session>`.
    pub arn: String,
    /// `AssumedRoleId`: `<role id>:<session>`.
    pub assumed_role_id: String,
}

/// Temporary credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionCredentials {
    /// `AccessKeyId`, beginning with `STS.`.
    pub access_key_id: String,
    /// `AccessKeySecret`.
    #[serde(serialize_with = "secret::expose")]
    pub access_key_secret: Secret,
    /// `SecurityToken`.
    #[serde(serialize_with = "secret::expose")]
    pub security_token: Secret,
    /// `Expiration`, UTC, seconds.
    pub expiration: String,
}
