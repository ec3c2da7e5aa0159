//! What the sandbox insists on, and the switch that makes each of it lenient.
//!
//! Everything is on unless somebody said otherwise, since an access that is missing should be missed
//! here and not in the real cloud. The switches are kept in the database file.

use std::fmt;
use std::str::FromStr;

use rusqlite::{Connection, OptionalExtension as _};

/// Something that a request is refused for, unless it is made lenient. `--lenient NAME` names it as
/// [`Check::name`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// The policies of users and role sessions allow the call; for AssumeRole the role's trust policy
    /// does, too.
    Authorization,
    /// The role that a project names exists.
    RoleExists,
    /// The role that a project names trusts IMM.
    RoleTrust,
    /// Who gives a project a role has `ram:PassRole` on it for IMM.
    PassRole,
    /// Who gives a project a role holds everything that the role holds.
    HoldPermissions,
}

impl Check {
    /// Every check, in the order in which they are made.
    pub const ALL: &'static [Self] = &[
        Self::Authorization,
        Self::RoleExists,
        Self::RoleTrust,
        Self::PassRole,
        Self::HoldPermissions,
    ];

    /// The name on the command line and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::RoleExists => "role-exists",
            Self::RoleTrust => "role-trust",
            Self::PassRole => "pass-role",
            Self::HoldPermissions => "hold-permissions",
        }
    }

    /// Whether it is left out.
    pub(crate) fn is_lenient(self, db: &Connection) -> rusqlite::Result<bool> {
        let found = db
            .prepare_cached("SELECT 1 FROM lenient WHERE name = ?1")?
            .query_row([self.name()], |_| Ok(()))
            .optional()?;
        Ok(found.is_some())
    }

    /// Leaves it out from now on, or makes it again.
    pub(crate) fn set_lenient(self, db: &Connection, lenient: bool) -> rusqlite::Result<()> {
        let sql = if lenient {
            "INSERT INTO lenient (name) VALUES (?1) ON CONFLICT (name) DO NOTHING"
        } else {
            "DELETE FROM lenient WHERE name = ?1"
        };
        db.execute(sql, [self.name()]).map(|_| ())
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No check has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownCheck(String);

impl fmt::Display for UnknownCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no check `{}`; the names are ", self.0)?;
        for (index, check) in Check::ALL.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(check.name())?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownCheck {}

impl FromStr for Check {
    type Err = UnknownCheck;

    fn from_str(text: &str) -> Result<Self, UnknownCheck> {
        Self::ALL
            .iter()
            .copied()
            .find(|check| check.name() == text)
            .ok_or_else(|| UnknownCheck(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_check() {
        for check in Check::ALL {
            assert_eq!(check.name().parse::<Check>().unwrap(), *check);
        }
        let error = "passrole".parse::<Check>().unwrap_err().to_string();
        assert!(error.contains("`passrole`") && error.contains("pass-role"));
    }
}
