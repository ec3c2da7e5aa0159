//! Versions of policies: at most five, numbers never used twice, the default one in force.

use rusqlite::OptionalExtension as _;

use crate::api::ram::{
    CUSTOM, CreatePolicyVersion, DeletePolicyVersion, Empty, GetPolicyVersion, ListPolicyVersions,
    PolicyVersion, PolicyVersionAnswer, PolicyVersions, ROTATE, SetDefaultPolicyVersion,
};
use crate::sandbox::clock;
use crate::sandbox::dispatch::{Action, Call};
use crate::sandbox::failure::{Failure, Result};
use crate::sandbox::names;

use super::policies::{self, PolicyRow};
use super::{check_policy_type, count, policy_resource};

/// Not to be raised, the vendor says.
const MOST_VERSIONS: i64 = 5;

/// `v` and the number.
pub(super) fn name(number: i64) -> String {
    format!("v{number}")
}

fn parse(version: &str) -> Result<i64> {
    if version.is_empty() {
        return Err(Failure::missing("VersionId"));
    }
    version
        .strip_prefix('v')
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| {
            Failure::new(
                400,
                "InvalidParameter.VersionId.Format",
                "The format of the parameter - \"VersionId\" is incorrect.",
            )
        })
}

fn missing() -> Failure {
    Failure::ours(
        404,
        "EntityNotExist.Policy.Version",
        "The policy version does not exist.",
    )
}

/// Adds a version.
pub(super) fn insert(call: &Call<'_>, policy: i64, number: i64, document: &str) -> Result<()> {
    call.db
        .prepare_cached(
            "INSERT INTO policy_versions (policy_id, number, document, created) \
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((policy, number, document, call.second()))?;
    Ok(())
}

/// Reads a version.
pub(super) fn get(call: &Call<'_>, policy: &PolicyRow, number: i64) -> Result<PolicyVersion> {
    call.db
        .prepare_cached(
            "SELECT document, created FROM policy_versions WHERE policy_id = ?1 AND number = ?2",
        )?
        .query_row((policy.id, number), |row| {
            Ok(PolicyVersion {
                version_id: name(number),
                is_default_version: number == policy.default_version,
                policy_document: Some(row.get(0)?),
                create_date: Some(clock::seconds(row.get(1)?)),
            })
        })
        .optional()?
        .ok_or_else(missing)
}

fn set_default(call: &Call<'_>, policy: i64, number: i64) -> Result<()> {
    call.db
        .prepare_cached("UPDATE policies SET default_version = ?2, updated = ?3 WHERE id = ?1")?
        .execute((policy, number, call.second()))?;
    Ok(())
}

impl Action for CreatePolicyVersion {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::POLICY.sought("PolicyName", &self.policy_name)?;
        match self.rotate_strategy.as_deref() {
            None | Some("" | "None" | ROTATE) => {}
            Some(_) => {
                return Err(Failure::ours(
                    400,
                    "InvalidParameter.RotateStrategy",
                    format_args!("The parameter RotateStrategy is neither None nor {ROTATE}."),
                ));
            }
        }
        policies::check_document(&self.policy_document)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![policy_resource(call, CUSTOM, &self.policy_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<PolicyVersionAnswer> {
        let mut policy = policies::get(call, CUSTOM, &self.policy_name)?;
        let kept = count(
            call,
            "SELECT count(*) FROM policy_versions WHERE policy_id = ?1",
            [policy.id],
        )?;
        if kept >= MOST_VERSIONS {
            if self.rotate_strategy.as_deref() != Some(ROTATE) {
                return Err(Failure::ours(
                    409,
                    "LimitExceeded.Policy.Version",
                    "The count of policy versions beyond the current limits.",
                ));
            }
            call.db
                .prepare_cached(
                    "DELETE FROM policy_versions WHERE policy_id = ?1 AND number = (SELECT \
                     min(number) FROM policy_versions WHERE policy_id = ?1 AND number <> ?2)",
                )?
                .execute((policy.id, policy.default_version))?;
        }
        let number = policy.next_version;
        insert(call, policy.id, number, &self.policy_document)?;
        call.db
            .prepare_cached("UPDATE policies SET next_version = ?2, updated = ?3 WHERE id = ?1")?
            .execute((policy.id, number + 1, call.second()))?;
        if self.set_as_default == Some(true) {
            set_default(call, policy.id, number)?;
            policy.default_version = number;
        }
        Ok(PolicyVersionAnswer {
            policy_version: get(call, &policy, number)?,
        })
    }
}

impl Action for GetPolicyVersion {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::POLICY.sought("PolicyName", &self.policy_name)?;
        check_policy_type(&self.policy_type)?;
        parse(&self.version_id).map(|_| ())
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![policy_resource(call, &self.policy_type, &self.policy_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<PolicyVersionAnswer> {
        let policy = policies::shown(call, &self.policy_type, &self.policy_name)?;
        Ok(PolicyVersionAnswer {
            policy_version: get(call, &policy, parse(&self.version_id)?)?,
        })
    }
}

impl Action for ListPolicyVersions {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::POLICY.sought("PolicyName", &self.policy_name)?;
        check_policy_type(&self.policy_type)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![policy_resource(call, &self.policy_type, &self.policy_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<PolicyVersions> {
        let policy = policies::shown(call, &self.policy_type, &self.policy_name)?;
        let policy_versions = call
            .db
            .prepare_cached(
                "SELECT number, document, created FROM policy_versions WHERE policy_id = ?1 \
                 ORDER BY number",
            )?
            .query_map([policy.id], |row| {
                let number = row.get(0)?;
                Ok(PolicyVersion {
                    version_id: name(number),
                    is_default_version: number == policy.default_version,
                    policy_document: Some(row.get(1)?),
                    create_date: Some(clock::seconds(row.get(2)?)),
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(PolicyVersions { policy_versions })
    }
}

impl Action for DeletePolicyVersion {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::POLICY.sought("PolicyName", &self.policy_name)?;
        parse(&self.version_id).map(|_| ())
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![policy_resource(call, CUSTOM, &self.policy_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<Empty> {
        let policy = policies::get(call, CUSTOM, &self.policy_name)?;
        let number = parse(&self.version_id)?;
        get(call, &policy, number)?;
        if number == policy.default_version {
            return Err(Failure::ours(
                409,
                "DeleteConflict.Policy.Version.Default",
                "The default version of a policy cannot be deleted.",
            ));
        }
        call.db
            .prepare_cached("DELETE FROM policy_versions WHERE policy_id = ?1 AND number = ?2")?
            .execute((policy.id, number))?;
        Ok(Empty {})
    }
}

impl Action for SetDefaultPolicyVersion {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::POLICY.sought("PolicyName", &self.policy_name)?;
        parse(&self.version_id).map(|_| ())
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![policy_resource(call, CUSTOM, &self.policy_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<Empty> {
        let policy = policies::get(call, CUSTOM, &self.policy_name)?;
        let number = parse(&self.version_id)?;
        get(call, &policy, number)?;
        set_default(call, policy.id, number)?;
        Ok(Empty {})
    }
}
