//! Policies: custom ones, and reads of the system's.

use rusqlite::{OptionalExtension as _, Row};

use crate::api::ram::{
    AttachedGroup, AttachedRole, AttachedUser, CUSTOM, CreatePolicy, DeletePolicy, Empty,
    GetPolicy, ListEntitiesForPolicy, ListPolicies, Policy, PolicyAnswer, PolicyEntities,
    PolicyPage, PolicyVersion, PolicyWithDocument, UpdatePolicyDescription,
};
use crate::sandbox::clock;
use crate::sandbox::dispatch::{Action, Call};
use crate::sandbox::documents;
use crate::sandbox::failure::{Failure, Result};
use crate::sandbox::names;
use crate::sandbox::paging::{Page, seal};
use crate::sandbox::quota::Quota;

use super::tags::carries;
use super::{
    check_policy_type, count, exists, or_empty, policy_resource, roles, room, tags, versions,
};

const LONGEST_DOCUMENT: usize = 6144;
const LONGEST_DESCRIPTION: usize = 1024;

/// A policy as it is kept.
#[derive(Debug, Clone)]
pub(super) struct PolicyRow {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) default_version: i64,
    pub(super) next_version: i64,
    pub(super) created: i64,
    pub(super) updated: i64,
    pub(super) visible: i64,
}

const COLUMNS: &str = "SELECT p.id, p.kind, p.name, p.description, p.default_version, \
                       p.next_version, p.created, p.updated, p.visible FROM policies p";

fn read(row: &Row<'_>) -> rusqlite::Result<PolicyRow> {
    Ok(PolicyRow {
        id: row.get(0)?,
        kind: row.get(1)?,
        name: row.get(2)?,
        description: row.get(3)?,
        default_version: row.get(4)?,
        next_version: row.get(5)?,
        created: row.get(6)?,
        updated: row.get(7)?,
        visible: row.get(8)?,
    })
}

/// Looks a policy of a type up by name, whatever its case. One that reads do not show yet is found,
/// too.
pub(super) fn find(call: &Call<'_>, kind: &str, name: &str) -> Result<Option<PolicyRow>> {
    Ok(call
        .db
        .prepare_cached(&format!("{COLUMNS} WHERE p.kind = ?1 AND p.name = ?2"))?
        .query_row((kind, name), read)
        .optional()?)
}

/// The same, but a policy that is not there is an error.
pub(super) fn get(call: &Call<'_>, kind: &str, name: &str) -> Result<PolicyRow> {
    find(call, kind, name)?.ok_or_else(missing)
}

/// The same, for reads: a policy that is not shown yet is not there.
pub(super) fn shown(call: &Call<'_>, kind: &str, name: &str) -> Result<PolicyRow> {
    get(call, kind, name).and_then(|row| {
        if row.visible > call.now {
            Err(missing())
        } else {
            Ok(row)
        }
    })
}

pub(super) fn missing() -> Failure {
    Failure::new(404, "EntityNotExist.Policy", "The policy does not exist.")
}

/// Checks a document that is about to be saved.
pub(super) fn check_document(document: &str) -> Result<()> {
    if document.is_empty() {
        return Err(Failure::missing("PolicyDocument"));
    }
    names::text("PolicyDocument", document, LONGEST_DOCUMENT)?;
    documents::permission(document)
}

/// What every action shows of a policy.
fn show(row: &PolicyRow) -> Policy {
    Policy {
        policy_name: row.name.clone(),
        policy_type: row.kind.clone(),
        description: Some(row.description.clone()),
        default_version: Some(versions::name(row.default_version)),
        create_date: Some(clock::seconds(row.created)),
        ..Policy::default()
    }
}

fn attachments(call: &Call<'_>, id: i64) -> Result<i64> {
    count(
        call,
        "SELECT count(*) FROM attachments WHERE policy_id = ?1",
        [id],
    )
}

impl Action for CreatePolicy {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::POLICY.given("PolicyName", &self.policy_name)?;
        let description = self.description.as_deref().unwrap_or_default();
        names::text("Description", description, LONGEST_DESCRIPTION)?;
        tags::check(self.tag.as_deref().unwrap_or_default())?;
        check_document(&self.policy_document)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![policy_resource(call, CUSTOM, &self.policy_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<PolicyAnswer> {
        if find(call, CUSTOM, &self.policy_name)?.is_some() {
            // The service's own text says so: its word for a policy is the one for a group.
            return Err(exists("Policy", "The group does already EXIST."));
        }
        let policies = count(
            call,
            "SELECT count(*) FROM policies WHERE kind = 'Custom'",
            (),
        )?;
        room(call, Quota::Policies, policies, "Policy", "policies")?;
        let now = call.second();
        let id: i64 = call
            .db
            .prepare_cached(
                "INSERT INTO policies (kind, name, description, default_version, next_version, \
                 created, updated, visible) VALUES ('Custom', ?1, ?2, 1, 2, ?3, ?3, ?4) \
                 RETURNING id",
            )?
            .query_row(
                (
                    &self.policy_name,
                    or_empty(self.description),
                    now,
                    call.visible(),
                ),
                |row| row.get(0),
            )?;
        versions::insert(call, id, 1, &self.policy_document)?;
        tags::put(
            call.db,
            "policy",
            &id.to_string(),
            self.tag.as_deref().unwrap_or_default(),
        )?;
        Ok(PolicyAnswer {
            policy: show(&get(call, CUSTOM, &self.policy_name)?),
        })
    }
}

impl Action for GetPolicy {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::POLICY.sought("PolicyName", &self.policy_name)?;
        check_policy_type(&self.policy_type)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![policy_resource(call, &self.policy_type, &self.policy_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<PolicyWithDocument> {
        let row = shown(call, &self.policy_type, &self.policy_name)?;
        let version: PolicyVersion = versions::get(call, &row, row.default_version)?;
        Ok(PolicyWithDocument {
            policy: Policy {
                attachment_count: Some(attachments(call, row.id)?),
                update_date: Some(clock::seconds(row.updated)),
                ..show(&row)
            },
            default_policy_version: version,
        })
    }
}

impl Action for UpdatePolicyDescription {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::POLICY.sought("PolicyName", &self.policy_name)?;
        names::text("NewDescription", &self.new_description, LONGEST_DESCRIPTION)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![policy_resource(call, CUSTOM, &self.policy_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<PolicyAnswer> {
        let mut row = get(call, CUSTOM, &self.policy_name)?;
        row.description = self.new_description;
        row.updated = call.second();
        call.db
            .prepare_cached("UPDATE policies SET description = ?2, updated = ?3 WHERE id = ?1")?
            .execute((row.id, &row.description, row.updated))?;
        Ok(PolicyAnswer {
            policy: Policy {
                update_date: Some(clock::seconds(row.updated)),
                ..show(&row)
            },
        })
    }
}

impl Action for DeletePolicy {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::POLICY.sought("PolicyName", &self.policy_name)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![policy_resource(call, CUSTOM, &self.policy_name)]
    }

    /// With `CascadingDelete` all versions go with it; attachments always stand in the way.
    fn run(self, call: &Call<'_>) -> Result<Empty> {
        let row = get(call, CUSTOM, &self.policy_name)?;
        for (kind, things) in [("User", "user"), ("Group", "group"), ("Role", "role")] {
            let attached = count(
                call,
                "SELECT count(*) FROM attachments WHERE policy_id = ?1 AND entity_kind = ?2",
                (row.id, kind),
            )?;
            if attached > 0 {
                return Err(Failure::ours(
                    409,
                    format!("DeleteConflict.Policy.{kind}"),
                    format_args!("The policy is still attached to a {things}."),
                ));
            }
        }
        let kept = count(
            call,
            "SELECT count(*) FROM policy_versions WHERE policy_id = ?1",
            [row.id],
        )?;
        if kept > 1 && self.cascading_delete != Some(true) {
            return Err(Failure::ours(
                409,
                "DeleteConflict.Policy.Version",
                "The policy still has versions beside the default one.",
            ));
        }
        tags::clear(call.db, "policy", &row.id.to_string())?;
        call.db
            .prepare_cached("DELETE FROM policy_versions WHERE policy_id = ?1")?
            .execute([row.id])?;
        call.db
            .prepare_cached("DELETE FROM policies WHERE id = ?1")?
            .execute([row.id])?;
        Ok(Empty {})
    }
}

impl Action for ListPolicies {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        Page::asked(self.marker.as_deref(), self.max_items, 1000)?;
        tags::check(self.tag.as_deref().unwrap_or_default())?;
        match self.policy_type.as_deref() {
            None | Some("") => Ok(()),
            Some(kind) => check_policy_type(kind),
        }
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![policy_resource(call, CUSTOM, "*")]
    }

    /// A custom policy may have the name of a system policy, so the marker holds both.
    fn run(self, call: &Call<'_>) -> Result<PolicyPage> {
        let page = Page::asked(self.marker.as_deref(), self.max_items, 1000)?;
        let (name, kind) = page.after.split_once('/').unwrap_or_default();
        let wanted = or_empty(self.policy_type);
        let filter = tags::filter(self.tag.as_ref());
        let carries = carries!("policy", "CAST(p.id AS TEXT)", "?5");
        let mut rows: Vec<PolicyRow> = call
            .db
            .prepare_cached(&format!(
                "{COLUMNS} WHERE (p.name, p.kind) > (?1, ?2) AND p.visible <= ?3 \
                 AND (?4 = '' OR p.kind = ?4) AND {carries} ORDER BY p.name, p.kind LIMIT ?6"
            ))?
            .query_map((name, kind, call.now, wanted, filter, page.rows()), read)?
            .collect::<rusqlite::Result<_>>()?;
        let is_truncated = page.cut(&mut rows);
        let mut answer = PolicyPage {
            is_truncated,
            marker: is_truncated
                .then(|| {
                    rows.last()
                        .map(|row| seal(&format!("{}/{}", row.name, row.kind)))
                })
                .flatten(),
            policies: Vec::with_capacity(rows.len()),
        };
        for row in &rows {
            answer.policies.push(Policy {
                attachment_count: Some(attachments(call, row.id)?),
                update_date: Some(clock::seconds(row.updated)),
                tags: Some(tags::list(call.db, "policy", &row.id.to_string())?),
                ..show(row)
            });
        }
        Ok(answer)
    }
}

impl Action for ListEntitiesForPolicy {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::POLICY.sought("PolicyName", &self.policy_name)?;
        check_policy_type(&self.policy_type)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![policy_resource(call, &self.policy_type, &self.policy_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<PolicyEntities> {
        let row = shown(call, &self.policy_type, &self.policy_name)?;
        let place = (row.id, call.now);
        let users = call
            .db
            .prepare_cached(
                "SELECT u.id, u.name, u.display_name, a.attached FROM attachments a \
                 JOIN users u ON u.id = a.entity_id WHERE a.policy_id = ?1 \
                 AND a.entity_kind = 'User' AND a.visible <= ?2 ORDER BY u.name",
            )?
            .query_map(place, |row| {
                Ok(AttachedUser {
                    user_id: row.get(0)?,
                    user_name: row.get(1)?,
                    display_name: Some(row.get(2)?),
                    attach_date: Some(clock::seconds(row.get(3)?)),
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        let groups = call
            .db
            .prepare_cached(
                "SELECT g.name, g.comments, a.attached FROM attachments a \
                 JOIN groups g ON g.id = a.entity_id WHERE a.policy_id = ?1 \
                 AND a.entity_kind = 'Group' AND a.visible <= ?2 ORDER BY g.name",
            )?
            .query_map(place, |row| {
                Ok(AttachedGroup {
                    group_name: row.get(0)?,
                    comments: Some(row.get(1)?),
                    attach_date: Some(clock::seconds(row.get(2)?)),
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        let attached = call
            .db
            .prepare_cached(
                "SELECT r.id, r.name, r.description, a.attached FROM attachments a \
                 JOIN roles r ON r.id = a.entity_id WHERE a.policy_id = ?1 \
                 AND a.entity_kind = 'Role' AND a.visible <= ?2 ORDER BY r.name",
            )?
            .query_map(place, |row| {
                let name: String = row.get(1)?;
                Ok(AttachedRole {
                    role_id: row.get(0)?,
                    arn: roles::arn(call.account, &name),
                    role_name: name,
                    description: Some(row.get(2)?),
                    attach_date: Some(clock::seconds(row.get(3)?)),
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(PolicyEntities {
            groups,
            roles: attached,
            users,
        })
    }
}
