//! STS 2015-04-01: who calls, and temporary credentials of roles.

use crate::api::sts::{
    AssumeRole, AssumeRoleWithOIDC, AssumedRole, AssumedRoleUser, CallerIdentity,
    GetCallerIdentity, SessionCredentials,
};
use crate::api::{Secret, arn};

use super::authorize::{Caller, trusted};
use super::clock;
use super::dispatch::{Action, Call};
use super::documents;
use super::failure::{Failure, Result};
use super::ids;
use super::names;
use super::ram::{find_role, role_arn};

const SHORTEST_SESSION: i64 = 900;
const USUAL_SESSION: i64 = 3600;
const LONGEST_SESSION: i64 = 43200;
const LONGEST_POLICY: usize = 2048;

impl Action for GetCallerIdentity {
    const FREE: bool = true;

    fn resources(&self, _call: &Call<'_>) -> Vec<String> {
        Vec::new()
    }

    fn run(self, call: &Call<'_>) -> Result<CallerIdentity> {
        let account = call.account;
        let identity = CallerIdentity {
            account_id: account.to_owned(),
            ..CallerIdentity::default()
        };
        Ok(match call.caller {
            Caller::Root | Caller::Anonymous => CallerIdentity {
                arn: format!("acs:ram::{account}:root"),
                identity_type: Some("Account".to_owned()),
                principal_id: Some(account.to_owned()),
                user_id: Some(account.to_owned()),
                ..identity
            },
            Caller::User { id, name } => CallerIdentity {
                arn: format!("acs:ram::{account}:user/{name}"),
                identity_type: Some("RAMUser".to_owned()),
                principal_id: Some(id.clone()),
                user_id: Some(id.clone()),
                ..identity
            },
            Caller::Session {
                role_id,
                role,
                name,
                ..
            } => CallerIdentity {
                arn: format!(
                    "acs:ram::{account}:assumed-role/{}/{name}",
                    role.to_ascii_lowercase()
                ),
                identity_type: Some("AssumedRoleUser".to_owned()),
                principal_id: Some(format!("{role_id}:{name}")),
                role_id: Some(role_id.clone()),
                ..identity
            },
        })
    }
}

fn invalid(parameter: &str, reason: &str) -> Failure {
    Failure::ours(
        400,
        format!("InvalidParameter.{parameter}"),
        format_args!("The parameter {parameter} {reason}."),
    )
}

/// The account and the name in `acs:ram::<account>:role/<name>`.
fn parse_arn(arn: &str) -> Result<(&str, &str)> {
    if arn.is_empty() {
        return Err(Failure::missing("RoleArn"));
    }
    let parts = || {
        let (account, name) = arn.strip_prefix("acs:ram::")?.split_once(":role/")?;
        let digits = account.bytes().all(|byte| byte.is_ascii_digit());
        let good = digits && !account.is_empty() && names::ROLE.sought("RoleArn", name).is_ok();
        good.then_some((account, name))
    };
    parts().ok_or_else(|| invalid("RoleArn", "is not acs:ram::<account>:role/<name>"))
}

fn check_session(name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Failure::missing("RoleSessionName"));
    }
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte));
    if plain && (2..=64).contains(&name.len()) {
        return Ok(());
    }
    Err(invalid(
        "RoleSessionName",
        "is not 2 to 64 letters, digits, ., @, - and _",
    ))
}

fn check_duration(seconds: Option<i64>, longest: i64) -> Result<()> {
    if (SHORTEST_SESSION..=longest).contains(&seconds.unwrap_or(SHORTEST_SESSION)) {
        return Ok(());
    }
    Err(invalid(
        "DurationSeconds",
        &format!("is not between 900 and {longest}"),
    ))
}

fn check_policy(policy: Option<&str>) -> Result<()> {
    let Some(policy) = policy.filter(|policy| !policy.is_empty()) else {
        return Ok(());
    };
    if policy.chars().count() > LONGEST_POLICY {
        return Err(invalid(
            "PolicySize",
            "is exceeded: 2048 characters at most",
        ));
    }
    documents::permission(policy).map_err(|failure| Failure {
        code: "InvalidParameter.PolicyGrammar".to_owned(),
        ..failure
    })
}

impl Action for AssumeRole {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        parse_arn(&self.role_arn)?;
        check_session(&self.role_session_name)?;
        check_duration(self.duration_seconds, LONGEST_SESSION)?;
        check_policy(self.policy.as_deref())?;
        if let Some(id) = self.external_id.as_deref().filter(|id| !id.is_empty()) {
            let plain = id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte));
            if !plain || !(2..=1224).contains(&id.len()) {
                return Err(invalid(
                    "ExternalId",
                    "is not 2 to 1224 letters, digits and _+=,.@:/-",
                ));
            }
        }
        Ok(())
    }

    fn resources(&self, _call: &Call<'_>) -> Vec<String> {
        parse_arn(&self.role_arn)
            .map(|(account, name)| vec![arn::role(account, name)])
            .unwrap_or_default()
    }

    fn context(&self, _call: &Call<'_>) -> Result<Vec<(&'static str, Vec<String>)>> {
        Ok(self
            .external_id
            .iter()
            .filter(|id| !id.is_empty())
            .map(|id| ("sts:ExternalId", vec![id.clone()]))
            .collect())
    }

    fn run(self, call: &Call<'_>) -> Result<AssumedRole> {
        if *call.caller == Caller::Root {
            return Err(Failure::ours(
                403,
                "NoPermission",
                "Roles may not be assumed by root accounts.",
            ));
        }
        let missing = || {
            Failure::ours(
                404,
                "EntityNotExist.Role",
                format_args!("The specified role {} does not exist.", self.role_arn),
            )
        };
        let (account, name) = parse_arn(&self.role_arn)?;
        if account != call.account {
            return Err(missing());
        }
        let role = find_role(call, name)?
            .filter(|role| role.visible <= call.now)
            .ok_or_else(missing)?;
        trusted(call, &role, &self.context(call)?)?;
        check_duration(self.duration_seconds, role.max_session)?;
        let seconds = self.duration_seconds.unwrap_or(USUAL_SESSION);
        let expires = call.second().saturating_add(seconds * clock::SECOND);

        let id = call.random(ids::session_key)?;
        let secret = call.random(ids::secret)?;
        let token = call.random(ids::token)?;
        let source = self.source_identity.filter(|source| !source.is_empty());
        let policy = self.policy.filter(|policy| !policy.is_empty());
        // Tokens that ran out a while ago no longer get an answer of their own.
        call.db
            .prepare_cached("DELETE FROM sessions WHERE expires < ?1")?
            .execute([call.now.saturating_sub(LONGEST_SESSION * clock::SECOND)])?;
        call.db
            .prepare_cached(
                "INSERT INTO sessions (access_key_id, secret, token, role_id, name, policy, \
                 source_identity, created, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute((
                &id,
                &secret,
                &token,
                &role.id,
                &self.role_session_name,
                &policy,
                &source,
                call.now,
                expires,
            ))?;
        Ok(AssumedRole {
            assumed_role_user: AssumedRoleUser {
                arn: format!(
                    "{}/{}",
                    role_arn(call.account, &role.name),
                    self.role_session_name
                ),
                assumed_role_id: format!("{}:{}", role.id, self.role_session_name),
            },
            credentials: SessionCredentials {
                access_key_id: id,
                access_key_secret: Secret::new(secret),
                security_token: Secret::new(token),
                expiration: clock::seconds(expires),
            },
            source_identity: source,
        })
    }
}

/// No identity provider can be registered through these services, so no token is ever taken.
impl Action for AssumeRoleWithOIDC {
    const ANONYMOUS: bool = true;
    const FREE: bool = true;

    fn check(&self, _call: &Call<'_>) -> Result<()> {
        if self.oidc_provider_arn.is_empty() {
            return Err(Failure::missing("OIDCProviderArn"));
        }
        parse_arn(&self.role_arn)?;
        if !(4..=20_000).contains(&self.oidc_token.expose().chars().count()) {
            return Err(invalid("OIDCToken", "is not 4 to 20000 characters"));
        }
        check_session(&self.role_session_name)?;
        check_duration(self.duration_seconds, LONGEST_SESSION)?;
        check_policy(self.policy.as_deref())
    }

    fn resources(&self, _call: &Call<'_>) -> Vec<String> {
        Vec::new()
    }

    fn run(self, _call: &Call<'_>) -> Result<AssumedRole> {
        Err(Failure::ours(
            403,
            "AuthenticationFail.NoPermission",
            format_args!(
                "The identity provider {} is not registered: the sandbox has none.",
                self.oidc_provider_arn
            ),
        ))
    }
}
