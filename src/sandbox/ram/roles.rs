//! Roles.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension as _, Row};

use crate::api::ram::{
    CreateRole, DeleteRole, Empty, GetRole, ListRoles, Role, RoleAnswer, RolePage, UpdateRole,
};
use crate::policy::ast::{Document, DocumentKind, Effect, PrincipalKind};
use crate::sandbox::clock;
use crate::sandbox::dispatch::{Action, Call};
use crate::sandbox::documents;
use crate::sandbox::failure::{Failure, Result};
use crate::sandbox::ids;
use crate::sandbox::names;
use crate::sandbox::paging::{Page, seal};
use crate::sandbox::quota::Quota;

use super::tags::carries;
use super::{EntityKind, count, exists, or_empty, resource, room, tags};

const LONGEST_DESCRIPTION: usize = 1024;
const USUAL_SESSION: i64 = 3600;
const LONGEST_SESSION: i64 = 43200;

/// A role as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct RoleRow {
    /// 18 digits.
    pub(crate) id: String,
    /// In the spelling it was made with.
    pub(crate) name: String,
    /// The trust policy, byte for byte.
    pub(crate) document: String,
    /// May be empty.
    pub(crate) description: String,
    /// Seconds.
    pub(crate) max_session: i64,
    /// Whether the console may be used with it.
    pub(crate) console_login: bool,
    /// Nanoseconds since the epoch.
    pub(crate) created: i64,
    /// Nanoseconds since the epoch.
    pub(crate) updated: i64,
    /// Reads show it from this time on.
    pub(crate) visible: i64,
}

/// The ARN, with the name in lower case.
pub(crate) fn arn(account: &str, name: &str) -> String {
    format!("acs:ram::{account}:role/{}", name.to_ascii_lowercase())
}

const COLUMNS: &str = "SELECT r.id, r.name, r.document, r.description, r.max_session, \
                       r.console_login, r.created, r.updated, r.visible FROM roles r";

fn read(row: &Row<'_>) -> rusqlite::Result<RoleRow> {
    Ok(RoleRow {
        id: row.get(0)?,
        name: row.get(1)?,
        document: row.get(2)?,
        description: row.get(3)?,
        max_session: row.get(4)?,
        console_login: row.get(5)?,
        created: row.get(6)?,
        updated: row.get(7)?,
        visible: row.get(8)?,
    })
}

/// Looks a role up by name, whatever its case. One that reads do not show yet is found, too.
pub(crate) fn find(call: &Call<'_>, name: &str) -> Result<Option<RoleRow>> {
    Ok(call
        .db
        .prepare_cached(&format!("{COLUMNS} WHERE r.name = ?1"))?
        .query_row([name], read)
        .optional()?)
}

fn get(call: &Call<'_>, name: &str) -> Result<RoleRow> {
    find(call, name)?.ok_or_else(|| EntityKind::Role.missing())
}

/// What every action shows of a role.
fn show(call: &Call<'_>, row: &RoleRow) -> Role {
    Role {
        role_id: row.id.clone(),
        role_name: row.name.clone(),
        arn: arn(call.account, &row.name),
        description: Some(row.description.clone()),
        create_date: Some(clock::seconds(row.created)),
        max_session_duration: Some(row.max_session),
        allow_console_login: Some(row.console_login),
        ..Role::default()
    }
}

fn check_document(call: &Call<'_>, parameter: &str, document: &str) -> Result<()> {
    let longest = Quota::TrustPolicyLength.of(call.db)?;
    names::text(
        parameter,
        document,
        usize::try_from(longest).unwrap_or(usize::MAX),
    )?;
    documents::trust(document).map(|_| ())
}

/// The condition keys that tell of whom a trust policy trusts: kinds of principals, and services.
fn principals(document: &str) -> Vec<(&'static str, Vec<String>)> {
    let Ok(document) = Document::parse(document, DocumentKind::Trust) else {
        return Vec::new();
    };
    let trusted = || {
        document
            .statements
            .iter()
            .filter(|statement| statement.effect == Effect::Allow)
            .flat_map(|statement| statement.principals.iter().flatten())
    };
    let kinds: BTreeSet<String> = trusted().map(|one| one.kind.key().to_owned()).collect();
    let services: BTreeSet<String> = trusted()
        .filter(|one| one.kind == PrincipalKind::Service)
        .map(|one| one.who.value.clone())
        .collect();
    vec![
        ("ram:TrustedPrincipalTypes", kinds.into_iter().collect()),
        ("ram:ServiceNames", services.into_iter().collect()),
    ]
}

/// The same, of a role; nothing where there is no such role.
pub(super) fn principals_of(
    call: &Call<'_>,
    name: &str,
) -> Result<Vec<(&'static str, Vec<String>)>> {
    Ok(find(call, name)?.map_or_else(Vec::new, |role| principals(&role.document)))
}

/// Users and roles of this account that a trust policy names have to be there when it is saved.
fn check_principals(call: &Call<'_>, document: &str) -> Result<()> {
    for principal in documents::trust(document)? {
        let prefix = format!("acs:ram::{}:", call.account);
        let Some(id) = principal.strip_prefix(&prefix) else {
            continue;
        };
        let known = match id.split_once('/') {
            Some(("user", name)) => {
                tags::any(call.db, "SELECT 1 FROM users WHERE name = ?1", name)?
            }
            Some(("role", name)) => {
                tags::any(call.db, "SELECT 1 FROM roles WHERE name = ?1", name)?
            }
            _ => true,
        };
        if !known && !id.contains(['*', '?']) {
            return Err(Failure::ours(
                400,
                "MalformedPolicyDocument",
                format_args!("The trust policy names {principal}, which does not exist."),
            ));
        }
    }
    Ok(())
}

fn check_session(parameter: &str, seconds: Option<i64>) -> Result<()> {
    if (USUAL_SESSION..=LONGEST_SESSION).contains(&seconds.unwrap_or(USUAL_SESSION)) {
        return Ok(());
    }
    Err(Failure::ours(
        400,
        format!("InvalidParameter.{parameter}"),
        format_args!("The parameter {parameter} is not between 3600 and 43200."),
    ))
}

impl Action for CreateRole {
    fn check(&self, call: &Call<'_>) -> Result<()> {
        names::ROLE.given("RoleName", &self.role_name)?;
        if self.assume_role_policy_document.is_empty() {
            return Err(Failure::missing("AssumeRolePolicyDocument"));
        }
        let description = self.description.as_deref().unwrap_or_default();
        names::text("Description", description, LONGEST_DESCRIPTION)?;
        check_session("MaxSessionDuration", self.max_session_duration)?;
        tags::check(self.tag.as_deref().unwrap_or_default())?;
        check_document(
            call,
            "AssumeRolePolicyDocument",
            &self.assume_role_policy_document,
        )
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::Role, &self.role_name)]
    }

    fn context(&self, _call: &Call<'_>) -> Result<Vec<(&'static str, Vec<String>)>> {
        Ok(principals(&self.assume_role_policy_document))
    }

    fn run(self, call: &Call<'_>) -> Result<RoleAnswer> {
        check_principals(call, &self.assume_role_policy_document)?;
        if find(call, &self.role_name)?.is_some() {
            return Err(exists("Role", "The role does already EXIST."));
        }
        let roles = count(call, "SELECT count(*) FROM roles", ())?;
        room(call, Quota::Roles, roles, "Role", "roles")?;
        let row = RoleRow {
            id: call.random(ids::entity)?,
            name: self.role_name,
            document: self.assume_role_policy_document,
            description: or_empty(self.description),
            max_session: self.max_session_duration.unwrap_or(USUAL_SESSION),
            console_login: self.allow_console_login.unwrap_or(false),
            created: call.second(),
            updated: call.second(),
            visible: call.visible(),
        };
        call.db
            .prepare_cached(
                "INSERT INTO roles (id, name, document, description, max_session, console_login, \
                 created, updated, visible) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute((
                &row.id,
                &row.name,
                &row.document,
                &row.description,
                row.max_session,
                row.console_login,
                row.created,
                row.updated,
                row.visible,
            ))?;
        tags::put(
            call.db,
            "role",
            &row.id,
            self.tag.as_deref().unwrap_or_default(),
        )?;
        Ok(RoleAnswer {
            role: Role {
                assume_role_policy_document: Some(row.document.clone()),
                ..show(call, &row)
            },
        })
    }
}

impl Action for GetRole {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::ROLE.sought("RoleName", &self.role_name)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::Role, &self.role_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<RoleAnswer> {
        let row = get(call, &self.role_name)?;
        if row.visible > call.now {
            return Err(EntityKind::Role.missing());
        }
        Ok(RoleAnswer {
            role: Role {
                assume_role_policy_document: Some(row.document.clone()),
                update_date: Some(clock::seconds(row.updated)),
                is_service_linked_role: Some(false),
                role_principal_name: Some(format!(
                    "{}@role.{}.onaliyunservice.com",
                    row.name.to_ascii_lowercase(),
                    call.account
                )),
                ..show(call, &row)
            },
        })
    }
}

impl Action for UpdateRole {
    fn check(&self, call: &Call<'_>) -> Result<()> {
        names::ROLE.sought("RoleName", &self.role_name)?;
        let description = self.new_description.as_deref().unwrap_or_default();
        names::text("NewDescription", description, LONGEST_DESCRIPTION)?;
        check_session("NewMaxSessionDuration", self.new_max_session_duration)?;
        match self.new_assume_role_policy_document.as_deref() {
            None | Some("") => Ok(()),
            Some(document) => check_document(call, "NewAssumeRolePolicyDocument", document),
        }
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::Role, &self.role_name)]
    }

    /// What is not given stays; an empty description clears it.
    fn run(self, call: &Call<'_>) -> Result<RoleAnswer> {
        let mut row = get(call, &self.role_name)?;
        if let Some(document) = self.new_assume_role_policy_document
            && !document.is_empty()
        {
            check_principals(call, &document)?;
            row.document = document;
        }
        if let Some(description) = self.new_description {
            row.description = description;
        }
        if let Some(seconds) = self.new_max_session_duration {
            row.max_session = seconds;
        }
        if let Some(login) = self.new_allow_console_login {
            row.console_login = login;
        }
        row.updated = call.second();
        call.db
            .prepare_cached(
                "UPDATE roles SET document = ?2, description = ?3, max_session = ?4, \
                 console_login = ?5, updated = ?6 WHERE id = ?1",
            )?
            .execute((
                &row.id,
                &row.document,
                &row.description,
                row.max_session,
                row.console_login,
                row.updated,
            ))?;
        Ok(RoleAnswer {
            role: Role {
                assume_role_policy_document: Some(row.document.clone()),
                update_date: Some(clock::seconds(row.updated)),
                ..show(call, &row)
            },
        })
    }
}

impl Action for DeleteRole {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::ROLE.sought("RoleName", &self.role_name)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::Role, &self.role_name)]
    }

    fn context(&self, call: &Call<'_>) -> Result<Vec<(&'static str, Vec<String>)>> {
        principals_of(call, &self.role_name)
    }

    /// The sessions of the role end with it.
    fn run(self, call: &Call<'_>) -> Result<Empty> {
        let row = get(call, &self.role_name)?;
        let attached = count(
            call,
            "SELECT count(*) FROM attachments WHERE entity_kind = 'Role' AND entity_id = ?1",
            [&row.id],
        )?;
        if attached > 0 {
            return Err(Failure::new(
                409,
                "DeleteConflict.Role.Policy",
                "The role CAN NOT has any attached policy while deleting the role.",
            ));
        }
        tags::clear(call.db, "role", &row.id)?;
        call.db
            .prepare_cached("DELETE FROM sessions WHERE role_id = ?1")?
            .execute([&row.id])?;
        call.db
            .prepare_cached("DELETE FROM roles WHERE id = ?1")?
            .execute([&row.id])?;
        Ok(Empty {})
    }
}

impl Action for ListRoles {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        Page::asked(self.marker.as_deref(), self.max_items, 1000)?;
        tags::check(self.tag.as_deref().unwrap_or_default())
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::Role, "*")]
    }

    fn run(self, call: &Call<'_>) -> Result<RolePage> {
        let page = Page::asked(self.marker.as_deref(), self.max_items, 1000)?;
        let filter = tags::filter(self.tag.as_ref());
        let carries = carries!("role", "r.id", "?3");
        let mut rows: Vec<RoleRow> = call
            .db
            .prepare_cached(&format!(
                "{COLUMNS} WHERE r.name > ?1 AND r.visible <= ?2 AND {carries} \
                 ORDER BY r.name LIMIT ?4"
            ))?
            .query_map((&page.after, call.now, filter, page.rows()), read)?
            .collect::<rusqlite::Result<_>>()?;
        let is_truncated = page.cut(&mut rows);
        let mut answer = RolePage {
            is_truncated,
            marker: is_truncated
                .then(|| rows.last().map(|row| seal(&row.name)))
                .flatten(),
            roles: Vec::with_capacity(rows.len()),
        };
        for row in &rows {
            answer.roles.push(Role {
                update_date: Some(clock::seconds(row.updated)),
                tags: Some(tags::list(call.db, "role", &row.id)?),
                ..show(call, row)
            });
        }
        Ok(answer)
    }
}
