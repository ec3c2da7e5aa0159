//! The limits that an account can have raised, with their documented values.

use std::fmt;
use std::str::FromStr;

use rusqlite::{Connection, OptionalExtension as _};

/// A limit. `--quota NAME=N` names it as [`Quota::name`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quota {
    /// Roles in the account.
    Roles,
    /// Custom policies in the account.
    Policies,
    /// Users in the account.
    Users,
    /// Groups in the account.
    Groups,
    /// Groups that one user is in.
    GroupsPerUser,
    /// Access keys of one user.
    KeysPerUser,
    /// System policies on one user, group or role.
    SystemPoliciesAttached,
    /// Custom policies on one user, group or role.
    CustomPoliciesAttached,
    /// Characters of a trust policy. That there is a limit is known, its size is not.
    TrustPolicyLength,
    /// Projects in a region.
    Projects,
}

impl Quota {
    /// Every quota, in the order of the list that people see.
    pub const ALL: &'static [Self] = &[
        Self::Roles,
        Self::Policies,
        Self::Users,
        Self::Groups,
        Self::GroupsPerUser,
        Self::KeysPerUser,
        Self::SystemPoliciesAttached,
        Self::CustomPoliciesAttached,
        Self::TrustPolicyLength,
        Self::Projects,
    ];

    /// The name on the command line and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Roles => "roles",
            Self::Policies => "policies",
            Self::Users => "users",
            Self::Groups => "groups",
            Self::GroupsPerUser => "groups-per-user",
            Self::KeysPerUser => "keys-per-user",
            Self::SystemPoliciesAttached => "system-policies-attached",
            Self::CustomPoliciesAttached => "custom-policies-attached",
            Self::TrustPolicyLength => "trust-policy-length",
            Self::Projects => "projects",
        }
    }

    /// The documented value, in force unless it is changed.
    #[must_use]
    pub fn documented(self) -> u32 {
        match self {
            Self::Roles => 1000,
            Self::Policies => 1500,
            Self::Users => 5000,
            Self::Groups => 300,
            Self::GroupsPerUser | Self::CustomPoliciesAttached => 10,
            Self::KeysPerUser => 2,
            Self::SystemPoliciesAttached => 20,
            Self::TrustPolicyLength => 6144,
            Self::Projects => 100,
        }
    }

    /// The value in force.
    pub(crate) fn of(self, db: &Connection) -> rusqlite::Result<i64> {
        let changed = db
            .prepare_cached("SELECT value FROM quotas WHERE name = ?1")?
            .query_row([self.name()], |row| row.get(0))
            .optional()?;
        Ok(changed.unwrap_or_else(|| i64::from(self.documented())))
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No quota has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownQuota(String);

impl fmt::Display for UnknownQuota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no quota `{}`; the names are ", self.0)?;
        for (index, quota) in Quota::ALL.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(quota.name())?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownQuota {}

impl FromStr for Quota {
    type Err = UnknownQuota;

    fn from_str(text: &str) -> Result<Self, UnknownQuota> {
        Self::ALL
            .iter()
            .copied()
            .find(|quota| quota.name() == text)
            .ok_or_else(|| UnknownQuota(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_quota() {
        for quota in Quota::ALL {
            assert_eq!(quota.name().parse::<Quota>().unwrap(), *quota);
        }
        let error = "project".parse::<Quota>().unwrap_err().to_string();
        assert!(error.contains("`project`") && error.contains("projects"));
    }
}
