//! Policies attached to users, groups and roles. Neither direction is idempotent.

use crate::api::ram::{
    AttachPolicyToGroup, AttachPolicyToRole, AttachPolicyToUser, AttachedPolicies, AttachedPolicy,
    DetachPolicyFromGroup, DetachPolicyFromRole, DetachPolicyFromUser, Empty, ListPoliciesForGroup,
    ListPoliciesForRole, ListPoliciesForUser, SYSTEM,
};
use crate::sandbox::clock;
use crate::sandbox::dispatch::{Action, Call};
use crate::sandbox::failure::{Failure, Result};
use crate::sandbox::names;
use crate::sandbox::quota::Quota;

use super::{
    Entity, EntityKind, check_policy_type, count, entity, exists, policies, policy_resource,
    resource, roles, versions,
};

/// Which policy goes on whom.
struct Pair<'a> {
    kind: EntityKind,
    name: &'a str,
    policy: &'a str,
    policy_type: &'a str,
    resource_group: Option<&'a str>,
}

impl Pair<'_> {
    fn check(&self, call: &Call<'_>) -> Result<()> {
        let rule = match self.kind {
            EntityKind::Role => names::ROLE,
            EntityKind::User => names::USER,
            EntityKind::Group => names::GROUP,
        };
        rule.sought(self.kind.parameter(), self.name)?;
        names::POLICY.sought("PolicyName", self.policy)?;
        check_policy_type(self.policy_type)?;
        // Taking it for the whole account would grant more than was asked for.
        match self.resource_group {
            None | Some("") => Ok(()),
            Some(group) if group == call.account => Ok(()),
            Some(_) => Err(Failure::ours(
                400,
                "InvalidParameter.ResourceGroupId",
                "The sandbox has no resource groups; only the account's own number is taken.",
            )),
        }
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![
            resource(call, self.kind, self.name),
            policy_resource(call, self.policy_type, self.policy),
        ]
    }

    /// What attaching to a role, and detaching from it, can be limited by.
    fn context(&self, call: &Call<'_>) -> Result<Vec<(&'static str, Vec<String>)>> {
        match self.kind {
            EntityKind::Role => roles::principals_of(call, self.name),
            EntityKind::User | EntityKind::Group => Ok(Vec::new()),
        }
    }

    fn attach(&self, call: &Call<'_>) -> Result<Empty> {
        let owner = entity(call, self.kind, self.name)?;
        let policy = policies::get(call, self.policy_type, self.policy)?;
        if attached(call, &owner, policy.id)? {
            return Err(exists(
                &format!("{}.Policy", self.kind.word()),
                &format!(
                    "The policy has already been attached to the {}.",
                    self.kind.lower()
                ),
            ));
        }
        let quota = if self.policy_type == SYSTEM {
            Quota::SystemPoliciesAttached
        } else {
            Quota::CustomPoliciesAttached
        };
        let held = count(
            call,
            "SELECT count(*) FROM attachments a JOIN policies p ON p.id = a.policy_id \
             WHERE a.entity_kind = ?1 AND a.entity_id = ?2 AND p.kind = ?3",
            (self.kind.word(), &owner.id, self.policy_type),
        )?;
        if held >= quota.of(call.db)? {
            return Err(Failure::ours(
                409,
                format!("LimitExceeded.{}.Policy", self.kind.word()),
                format_args!(
                    "The count of policies attached to the {} beyond the current limits.",
                    self.kind.lower()
                ),
            ));
        }
        call.db
            .prepare_cached(
                "INSERT INTO attachments (entity_kind, entity_id, policy_id, attached, visible) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                self.kind.word(),
                &owner.id,
                policy.id,
                call.second(),
                call.visible(),
            ))?;
        Ok(Empty {})
    }

    fn detach(&self, call: &Call<'_>) -> Result<Empty> {
        let owner = entity(call, self.kind, self.name)?;
        let policy = policies::get(call, self.policy_type, self.policy)?;
        if !attached(call, &owner, policy.id)? {
            return Err(Failure::ours(
                404,
                format!("EntityNotExist.{}.Policy", self.kind.word()),
                format_args!("The policy is not attached to the {}.", self.kind.lower()),
            ));
        }
        call.db
            .prepare_cached(
                "DELETE FROM attachments WHERE entity_kind = ?1 AND entity_id = ?2 \
                 AND policy_id = ?3",
            )?
            .execute((self.kind.word(), &owner.id, policy.id))?;
        Ok(Empty {})
    }
}

fn attached(call: &Call<'_>, owner: &Entity, policy: i64) -> Result<bool> {
    let found = count(
        call,
        "SELECT count(*) FROM attachments WHERE entity_kind = ?1 AND entity_id = ?2 \
         AND policy_id = ?3",
        (owner.kind.word(), &owner.id, policy),
    )?;
    Ok(found > 0)
}

/// What is attached to somebody itself; what comes through groups is not in it.
fn list(call: &Call<'_>, kind: EntityKind, name: &str) -> Result<AttachedPolicies> {
    let owner = entity(call, kind, name)?;
    if kind == EntityKind::Role {
        let visible = count(
            call,
            "SELECT count(*) FROM roles WHERE id = ?1 AND visible <= ?2",
            (&owner.id, call.now),
        )?;
        if visible == 0 {
            return Err(kind.missing());
        }
    }
    let policies = call
        .db
        .prepare_cached(
            "SELECT p.name, p.kind, p.description, p.default_version, a.attached \
             FROM attachments a JOIN policies p ON p.id = a.policy_id \
             WHERE a.entity_kind = ?1 AND a.entity_id = ?2 AND a.visible <= ?3 \
             ORDER BY p.name, p.kind",
        )?
        .query_map((kind.word(), &owner.id, call.now), |row| {
            Ok(AttachedPolicy {
                policy_name: row.get(0)?,
                policy_type: row.get(1)?,
                description: Some(row.get(2)?),
                default_version: Some(versions::name(row.get(3)?)),
                attach_date: Some(clock::seconds(row.get(4)?)),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(AttachedPolicies { policies })
}

macro_rules! pairs {
    ($($action:ident: $kind:ident, $name:ident, $verb:ident;)+) => {$(
        impl $action {
            fn pair(&self) -> Pair<'_> {
                Pair {
                    kind: EntityKind::$kind,
                    name: &self.$name,
                    policy: &self.policy_name,
                    policy_type: &self.policy_type,
                    resource_group: self.resource_group_id.as_deref(),
                }
            }
        }

        impl Action for $action {
            fn check(&self, call: &Call<'_>) -> Result<()> {
                self.pair().check(call)
            }

            fn resources(&self, call: &Call<'_>) -> Vec<String> {
                self.pair().resources(call)
            }

            fn context(&self, call: &Call<'_>) -> Result<Vec<(&'static str, Vec<String>)>> {
                self.pair().context(call)
            }

            fn run(self, call: &Call<'_>) -> Result<Empty> {
                self.pair().$verb(call)
            }
        }
    )+};
}

pairs! {
    AttachPolicyToUser: User, user_name, attach;
    AttachPolicyToGroup: Group, group_name, attach;
    AttachPolicyToRole: Role, role_name, attach;
    DetachPolicyFromUser: User, user_name, detach;
    DetachPolicyFromGroup: Group, group_name, detach;
    DetachPolicyFromRole: Role, role_name, detach;
}

macro_rules! lists {
    ($($action:ident: $kind:ident, $rule:ident, $name:ident;)+) => {$(
        impl Action for $action {
            fn check(&self, _call: &Call<'_>) -> Result<()> {
                names::$rule.sought(EntityKind::$kind.parameter(), &self.$name)
            }

            fn resources(&self, call: &Call<'_>) -> Vec<String> {
                vec![resource(call, EntityKind::$kind, &self.$name)]
            }

            fn run(self, call: &Call<'_>) -> Result<AttachedPolicies> {
                list(call, EntityKind::$kind, &self.$name)
            }
        }
    )+};
}

lists! {
    ListPoliciesForUser: User, USER, user_name;
    ListPoliciesForGroup: Group, GROUP, group_name;
    ListPoliciesForRole: Role, ROLE, role_name;
}
