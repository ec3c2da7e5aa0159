//! Groups and their members.

use rusqlite::{OptionalExtension as _, Row};

use crate::api::ram::{
    AddUserToGroup, CreateGroup, DeleteGroup, Empty, GetGroup, Group, GroupAnswer, GroupList,
    GroupPage, ListGroups, ListGroupsForUser, ListUsersForGroup, RemoveUserFromGroup, UpdateGroup,
    User, UserPage,
};
use crate::sandbox::clock;
use crate::sandbox::dispatch::{Action, Call};
use crate::sandbox::failure::{Failure, Result};
use crate::sandbox::ids;
use crate::sandbox::names;
use crate::sandbox::paging::{Page, seal};
use crate::sandbox::quota::Quota;

use super::{EntityKind, count, entity, exists, or_empty, resource, room};

const LONGEST_COMMENTS: usize = 128;

struct GroupRow {
    id: String,
    name: String,
    comments: String,
    created: i64,
    updated: i64,
}

const COLUMNS: &str = "SELECT id, name, comments, created, updated FROM groups";

fn read(row: &Row<'_>) -> rusqlite::Result<GroupRow> {
    Ok(GroupRow {
        id: row.get(0)?,
        name: row.get(1)?,
        comments: row.get(2)?,
        created: row.get(3)?,
        updated: row.get(4)?,
    })
}

fn find(call: &Call<'_>, name: &str) -> Result<Option<GroupRow>> {
    Ok(call
        .db
        .prepare_cached(&format!("{COLUMNS} WHERE name = ?1"))?
        .query_row([name], read)
        .optional()?)
}

fn get(call: &Call<'_>, name: &str) -> Result<GroupRow> {
    find(call, name)?.ok_or_else(|| EntityKind::Group.missing())
}

fn show(row: &GroupRow) -> Group {
    Group {
        group_id: Some(row.id.clone()),
        group_name: row.name.clone(),
        comments: Some(row.comments.clone()),
        create_date: Some(clock::seconds(row.created)),
        ..Group::default()
    }
}

fn show_updated(row: &GroupRow) -> Group {
    Group {
        update_date: Some(clock::seconds(row.updated)),
        ..show(row)
    }
}

fn check_comments(parameter: &str, comments: Option<&String>) -> Result<()> {
    comments.map_or(Ok(()), |text| {
        names::text(parameter, text, LONGEST_COMMENTS)
    })
}

impl Action for CreateGroup {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::GROUP.given("GroupName", &self.group_name)?;
        check_comments("Comments", self.comments.as_ref())
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::Group, &self.group_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<GroupAnswer> {
        if find(call, &self.group_name)?.is_some() {
            return Err(exists("Group", "The group does already EXIST."));
        }
        let groups = count(call, "SELECT count(*) FROM groups", ())?;
        room(call, Quota::Groups, groups, "Group", "groups")?;
        let row = GroupRow {
            id: call.random(ids::entity)?,
            name: self.group_name,
            comments: or_empty(self.comments),
            created: call.second(),
            updated: call.second(),
        };
        call.db
            .prepare_cached(
                "INSERT INTO groups (id, name, comments, created, updated) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((&row.id, &row.name, &row.comments, row.created, row.updated))?;
        Ok(GroupAnswer { group: show(&row) })
    }
}

impl Action for GetGroup {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::GROUP.sought("GroupName", &self.group_name)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::Group, &self.group_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<GroupAnswer> {
        Ok(GroupAnswer {
            group: show_updated(&get(call, &self.group_name)?),
        })
    }
}

impl Action for UpdateGroup {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::GROUP.sought("GroupName", &self.group_name)?;
        if let Some(name) = self
            .new_group_name
            .as_deref()
            .filter(|name| !name.is_empty())
        {
            names::GROUP.given("NewGroupName", name)?;
        }
        check_comments("NewComments", self.new_comments.as_ref())
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::Group, &self.group_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<GroupAnswer> {
        let mut row = get(call, &self.group_name)?;
        if let Some(name) = self.new_group_name.filter(|name| !name.is_empty()) {
            if find(call, &name)?.is_some_and(|other| other.id != row.id) {
                return Err(exists("Group", "The group does already EXIST."));
            }
            row.name = name;
        }
        if let Some(comments) = self.new_comments {
            row.comments = comments;
        }
        row.updated = call.second();
        call.db
            .prepare_cached(
                "UPDATE groups SET name = ?2, comments = ?3, updated = ?4 WHERE id = ?1",
            )?
            .execute((&row.id, &row.name, &row.comments, row.updated))?;
        Ok(GroupAnswer {
            group: show_updated(&row),
        })
    }
}

impl Action for DeleteGroup {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::GROUP.sought("GroupName", &self.group_name)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::Group, &self.group_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<Empty> {
        let row = get(call, &self.group_name)?;
        let blocks = [
            (
                "User",
                "has members",
                "SELECT count(*) FROM memberships WHERE group_id = ?1",
            ),
            (
                "Policy",
                "has a policy attached",
                "SELECT count(*) FROM attachments WHERE entity_kind = 'Group' AND entity_id = ?1",
            ),
        ];
        for (what, why, sql) in blocks {
            if count(call, sql, [&row.id])? > 0 {
                return Err(Failure::ours(
                    409,
                    format!("DeleteConflict.Group.{what}"),
                    format_args!("The group still {why}."),
                ));
            }
        }
        call.db
            .prepare_cached("DELETE FROM groups WHERE id = ?1")?
            .execute([&row.id])?;
        Ok(Empty {})
    }
}

impl Action for ListGroups {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        Page::asked(self.marker.as_deref(), self.max_items, 100).map(|_| ())
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::Group, "*")]
    }

    fn run(self, call: &Call<'_>) -> Result<GroupPage> {
        let page = Page::asked(self.marker.as_deref(), self.max_items, 100)?;
        let mut rows: Vec<GroupRow> = call
            .db
            .prepare_cached(&format!("{COLUMNS} WHERE name > ?1 ORDER BY name LIMIT ?2"))?
            .query_map((&page.after, page.rows()), read)?
            .collect::<rusqlite::Result<_>>()?;
        let is_truncated = page.cut(&mut rows);
        Ok(GroupPage {
            is_truncated,
            marker: is_truncated
                .then(|| rows.last().map(|row| seal(&row.name)))
                .flatten(),
            groups: rows.iter().map(show_updated).collect(),
        })
    }
}

fn check_both(user: &str, group: &str) -> Result<()> {
    names::USER.sought("UserName", user)?;
    names::GROUP.sought("GroupName", group)
}

fn both(call: &Call<'_>, user: &str, group: &str) -> Vec<String> {
    vec![
        resource(call, EntityKind::User, user),
        resource(call, EntityKind::Group, group),
    ]
}

impl Action for AddUserToGroup {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check_both(&self.user_name, &self.group_name)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        both(call, &self.user_name, &self.group_name)
    }

    fn run(self, call: &Call<'_>) -> Result<Empty> {
        let user = entity(call, EntityKind::User, &self.user_name)?;
        let group = entity(call, EntityKind::Group, &self.group_name)?;
        let member = count(
            call,
            "SELECT count(*) FROM memberships WHERE group_id = ?1 AND user_id = ?2",
            (&group.id, &user.id),
        )?;
        if member > 0 {
            return Err(Failure::ours(
                409,
                "EntityAlreadyExists.User.Group",
                "The user is already a member of the group.",
            ));
        }
        let groups = count(
            call,
            "SELECT count(*) FROM memberships WHERE user_id = ?1",
            [&user.id],
        )?;
        room(
            call,
            Quota::GroupsPerUser,
            groups,
            "User.Group",
            "groups of the user",
        )?;
        call.db
            .prepare_cached(
                "INSERT INTO memberships (group_id, user_id, joined) VALUES (?1, ?2, ?3)",
            )?
            .execute((&group.id, &user.id, call.second()))?;
        Ok(Empty {})
    }
}

impl Action for RemoveUserFromGroup {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check_both(&self.user_name, &self.group_name)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        both(call, &self.user_name, &self.group_name)
    }

    fn run(self, call: &Call<'_>) -> Result<Empty> {
        let user = entity(call, EntityKind::User, &self.user_name)?;
        let group = entity(call, EntityKind::Group, &self.group_name)?;
        let removed = call
            .db
            .prepare_cached("DELETE FROM memberships WHERE group_id = ?1 AND user_id = ?2")?
            .execute((&group.id, &user.id))?;
        if removed == 0 {
            return Err(Failure::ours(
                404,
                "EntityNotExist.User.Group",
                "The user is not a member of the group.",
            ));
        }
        Ok(Empty {})
    }
}

impl Action for ListUsersForGroup {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::GROUP.sought("GroupName", &self.group_name)?;
        Page::asked(self.marker.as_deref(), self.max_items, 1000).map(|_| ())
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::Group, &self.group_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<UserPage> {
        let group = entity(call, EntityKind::Group, &self.group_name)?;
        let page = Page::asked(self.marker.as_deref(), self.max_items, 1000)?;
        let mut users: Vec<User> = call
            .db
            .prepare_cached(
                "SELECT u.name, u.display_name, m.joined FROM memberships m \
                 JOIN users u ON u.id = m.user_id WHERE m.group_id = ?1 AND u.name > ?2 \
                 ORDER BY u.name LIMIT ?3",
            )?
            .query_map((&group.id, &page.after, page.rows()), |row| {
                Ok(User {
                    user_name: row.get(0)?,
                    display_name: Some(row.get(1)?),
                    join_date: Some(clock::seconds(row.get(2)?)),
                    ..User::default()
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        let is_truncated = page.cut(&mut users);
        Ok(UserPage {
            is_truncated,
            marker: is_truncated
                .then(|| users.last().map(|user| seal(&user.user_name)))
                .flatten(),
            users,
        })
    }
}

impl Action for ListGroupsForUser {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        names::USER.sought("UserName", &self.user_name)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![resource(call, EntityKind::User, &self.user_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<GroupList> {
        let user = entity(call, EntityKind::User, &self.user_name)?;
        let groups = call
            .db
            .prepare_cached(
                "SELECT g.id, g.name, g.comments, m.joined FROM memberships m \
                 JOIN groups g ON g.id = m.group_id WHERE m.user_id = ?1 ORDER BY g.name",
            )?
            .query_map([&user.id], |row| {
                Ok(Group {
                    group_id: Some(row.get(0)?),
                    group_name: row.get(1)?,
                    comments: Some(row.get(2)?),
                    join_date: Some(clock::seconds(row.get(3)?)),
                    ..Group::default()
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(GroupList { groups })
    }
}
