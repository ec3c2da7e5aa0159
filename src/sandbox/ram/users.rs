//! Users, and the login objects that the sandbox never has.

use rusqlite::{OptionalExtension as _, Row};

use crate::api::ram::{
    CreateUser, DeleteLoginProfile, DeleteUser, Empty, GetLoginProfile, GetUser, ListUsers,
    LoginProfileAnswer, MfaDeviceAnswer, UnbindMFADevice, UpdateUser, User, UserAnswer, UserPage,
};
use crate::sandbox::clock;
use crate::sandbox::dispatch::{Action, Call};
use crate::sandbox::failure::{Failure, Result};
use crate::sandbox::ids;
use crate::sandbox::names;
use crate::sandbox::paging::{Page, seal};
use crate::sandbox::quota::Quota;

use super::{EntityKind, count, entity, exists, or_empty, resource, room};

const LONGEST_TEXT: usize = 128;

struct UserRow {
    id: String,
    name: String,
    display_name: String,
    comments: String,
    email: String,
    mobile_phone: String,
    created: i64,
    updated: i64,
}

const COLUMNS: &str = "SELECT id, name, display_name, comments, email, mobile_phone, created, \
                       updated FROM users";

fn read(row: &Row<'_>) -> rusqlite::Result<UserRow> {
    Ok(UserRow {
        id: row.get(0)?,
        name: row.get(1)?,
        display_name: row.get(2)?,
        comments: row.get(3)?,
        email: row.get(4)?,
        mobile_phone: row.get(5)?,
        created: row.get(6)?,
        updated: row.get(7)?,
    })
}

fn find(call: &Call<'_>, name: &str) -> Result<Option<UserRow>> {
    Ok(call
        .db
        .prepare_cached(&format!("{COLUMNS} WHERE name = ?1"))?
        .query_row([name], read)
        .optional()?)
}

fn get(call: &Call<'_>, name: &str) -> Result<UserRow> {
    find(call, name)?.ok_or_else(|| EntityKind::User.missing())
}

fn show(row: &UserRow) -> User {
    User {
        user_id: Some(row.id.clone()),
        user_name: row.name.clone(),
        display_name: Some(row.display_name.clone()),
        mobile_phone: Some(row.mobile_phone.clone()),
        email: Some(row.email.clone()),
        comments: Some(row.comments.clone()),
        create_date: Some(clock::seconds(row.created)),
        ..User::default()
    }
}

fn check_texts(
    prefix: &str,
    display_name: Option<&String>,
    comments: Option<&String>,
) -> Result<()> {
    for (name, text) in [("DisplayName", display_name), ("Comments", comments)] {
        if let Some(text) = text {
            names::text(&format!("{prefix}{name}"), text, LONGEST_TEXT)?;
        }
    }
    Ok(())
}

impl Action for CreateUser {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::USER.given("UserName", &self.user_name)?;
        check_texts("", self.display_name.as_ref(), self.comments.as_ref())
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::User, &self.user_name)]
    }

    /// A user without a display name is displayed by its name.
    fn run(self, call: &Call<'_>) -> Result<UserAnswer> {
        if find(call, &self.user_name)?.is_some() {
            return Err(exists("User", "The user does already EXIST."));
        }
        let users = count(call, "SELECT count(*) FROM users", ())?;
        room(call, Quota::Users, users, "User", "users")?;
        let row = UserRow {
            id: call.random(ids::entity)?,
            display_name: self
                .display_name
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| self.user_name.clone()),
            name: self.user_name,
            comments: or_empty(self.comments),
            email: or_empty(self.email),
            mobile_phone: or_empty(self.mobile_phone),
            created: call.second(),
            updated: call.second(),
        };
        call.db
            .prepare_cached(
                "INSERT INTO users (id, name, display_name, comments, email, mobile_phone, \
                 created, updated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute((
                &row.id,
                &row.name,
                &row.display_name,
                &row.comments,
                &row.email,
                &row.mobile_phone,
                row.created,
                row.updated,
            ))?;
        Ok(UserAnswer { user: show(&row) })
    }
}

impl Action for GetUser {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::USER.sought("UserName", &self.user_name)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::User, &self.user_name)]
    }

    /// Nobody ever logged in here.
    fn run(self, call: &Call<'_>) -> Result<UserAnswer> {
        let row = get(call, &self.user_name)?;
        Ok(UserAnswer {
            user: User {
                update_date: Some(clock::seconds(row.updated)),
                last_login_date: Some(String::new()),
                ..show(&row)
            },
        })
    }
}

impl Action for UpdateUser {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::USER.sought("UserName", &self.user_name)?;
        if let Some(name) = self
            .new_user_name
            .as_deref()
            .filter(|name| !name.is_empty())
        {
            names::USER.given("NewUserName", name)?;
        }
        check_texts(
            "New",
            self.new_display_name.as_ref(),
            self.new_comments.as_ref(),
        )
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::User, &self.user_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<UserAnswer> {
        let mut row = get(call, &self.user_name)?;
        if let Some(name) = self.new_user_name.filter(|name| !name.is_empty()) {
            if find(call, &name)?.is_some_and(|other| other.id != row.id) {
                return Err(exists("User", "The user does already EXIST."));
            }
            row.name = name;
        }
        let change = |field: &mut String, text: Option<String>| {
            if let Some(text) = text {
                *field = text;
            }
        };
        change(&mut row.display_name, self.new_display_name);
        change(&mut row.comments, self.new_comments);
        change(&mut row.email, self.new_email);
        change(&mut row.mobile_phone, self.new_mobile_phone);
        row.updated = call.second();
        call.db
            .prepare_cached(
                "UPDATE users SET name = ?2, display_name = ?3, comments = ?4, email = ?5, \
                 mobile_phone = ?6, updated = ?7 WHERE id = ?1",
            )?
            .execute((
                &row.id,
                &row.name,
                &row.display_name,
                &row.comments,
                &row.email,
                &row.mobile_phone,
                row.updated,
            ))?;
        Ok(UserAnswer {
            user: User {
                update_date: Some(clock::seconds(row.updated)),
                ..show(&row)
            },
        })
    }
}

impl Action for DeleteUser {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::USER.sought("UserName", &self.user_name)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::User, &self.user_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<Empty> {
        let row = get(call, &self.user_name)?;
        let blocks = [
            (
                "Group",
                "is a member of a group",
                "SELECT count(*) FROM memberships WHERE user_id = ?1",
            ),
            (
                "Policy",
                "has a policy attached",
                "SELECT count(*) FROM attachments WHERE entity_kind = 'User' AND entity_id = ?1",
            ),
            (
                "AccessKey",
                "has an access key",
                "SELECT count(*) FROM access_keys WHERE user_id = ?1",
            ),
        ];
        for (what, why, sql) in blocks {
            if count(call, sql, [&row.id])? > 0 {
                return Err(Failure::ours(
                    409,
                    format!("DeleteConflict.User.{what}"),
                    format_args!("The user still {why}."),
                ));
            }
        }
        call.db
            .prepare_cached("DELETE FROM users WHERE id = ?1")?
            .execute([&row.id])?;
        Ok(Empty {})
    }
}

impl Action for ListUsers {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        Page::asked(self.marker.as_deref(), self.max_items, 1000).map(|_| ())
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::User, "*")]
    }

    fn run(self, call: &Call<'_>) -> Result<UserPage> {
        let page = Page::asked(self.marker.as_deref(), self.max_items, 1000)?;
        let mut rows: Vec<UserRow> = call
            .db
            .prepare_cached(&format!("{COLUMNS} WHERE name > ?1 ORDER BY name LIMIT ?2"))?
            .query_map((&page.after, page.rows()), read)?
            .collect::<rusqlite::Result<_>>()?;
        let is_truncated = page.cut(&mut rows);
        Ok(UserPage {
            is_truncated,
            marker: is_truncated
                .then(|| rows.last().map(|row| seal(&row.name)))
                .flatten(),
            users: rows
                .iter()
                .map(|row| User {
                    update_date: Some(clock::seconds(row.updated)),
                    ..show(row)
                })
                .collect(),
        })
    }
}

/// Passwords and MFA devices are not kept here, so no user has one.
fn nothing(call: &Call<'_>, user: &str, what: &str, text: &str) -> Failure {
    match entity(call, EntityKind::User, user) {
        Ok(_) => Failure::ours(404, format!("EntityNotExist.User.{what}"), text),
        Err(failure) => failure,
    }
}

macro_rules! logins {
    ($($action:ident -> $output:ty: $what:literal, $text:literal;)+) => {$(
        impl Action for $action {
            fn check(&self, _call: &Call<'_>) -> Result<()> {
                names::USER.sought("UserName", &self.user_name)
            }

            fn resources(&self, call: &Call<'_>) -> Vec<String> {
                vec![resource(call, EntityKind::User, &self.user_name)]
            }

            fn run(self, call: &Call<'_>) -> Result<$output> {
                Err(nothing(call, &self.user_name, $what, $text))
            }
        }
    )+};
}

logins! {
    GetLoginProfile -> LoginProfileAnswer: "LoginProfile", "The login profile does not exist.";
    DeleteLoginProfile -> Empty: "LoginProfile", "The login profile does not exist.";
    UnbindMFADevice -> MfaDeviceAnswer: "MFADevice", "The user has no MFA device.";
}
