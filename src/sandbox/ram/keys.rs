//! Access keys of users. The account's own key is not to be seen or changed here.

use crate::api::Secret;
use crate::api::ram::{
    AccessKey, AccessKeyAnswer, AccessKeyList, CreateAccessKey, DeleteAccessKey, Empty,
    ListAccessKeys, NewAccessKey, UpdateAccessKey,
};
use crate::sandbox::authorize::Caller;
use crate::sandbox::clock;
use crate::sandbox::dispatch::{Action, Call};
use crate::sandbox::failure::{Failure, Result};
use crate::sandbox::ids;
use crate::sandbox::names;
use crate::sandbox::quota::Quota;

use super::{EntityKind, count, entity, resource, room};

/// The user that is meant: the one that is named, else the caller.
fn user<'a>(call: &'a Call<'_>, given: Option<&'a str>) -> Result<&'a str> {
    match (given.filter(|name| !name.is_empty()), call.caller) {
        (Some(name), _) => {
            names::USER.sought("UserName", name)?;
            Ok(name)
        }
        (None, Caller::User { name, .. }) => Ok(name),
        (None, _) => Err(Failure::missing("UserName")),
    }
}

fn resources(call: &Call<'_>, given: Option<&str>) -> Vec<String> {
    user(call, given)
        .map(|name| vec![resource(call, EntityKind::User, name)])
        .unwrap_or_default()
}

fn check_id(id: &str) -> Result<()> {
    if id.is_empty() {
        return Err(Failure::missing("UserAccessKeyId"));
    }
    Ok(())
}

fn missing() -> Failure {
    Failure::ours(
        404,
        "EntityNotExist.User.AccessKey",
        "The access key does not exist.",
    )
}

impl Action for CreateAccessKey {
    fn check(&self, call: &Call<'_>) -> Result<()> {
        user(call, self.user_name.as_deref()).map(|_| ())
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        resources(call, self.user_name.as_deref())
    }

    fn run(self, call: &Call<'_>) -> Result<AccessKeyAnswer> {
        let name = user(call, self.user_name.as_deref())?;
        let owner = entity(call, EntityKind::User, name)?;
        let keys = count(
            call,
            "SELECT count(*) FROM access_keys WHERE user_id = ?1",
            [&owner.id],
        )?;
        room(
            call,
            Quota::KeysPerUser,
            keys,
            "User.AccessKey",
            "access keys",
        )?;
        let key = NewAccessKey {
            access_key_id: call.random(ids::access_key)?,
            access_key_secret: Secret::new(call.random(ids::secret)?),
            status: "Active".to_owned(),
            create_date: Some(clock::seconds(call.now)),
        };
        call.db
            .prepare_cached(
                "INSERT INTO access_keys (id, user_id, secret, status, created) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                &key.access_key_id,
                &owner.id,
                key.access_key_secret.expose(),
                &key.status,
                call.second(),
            ))?;
        Ok(AccessKeyAnswer { access_key: key })
    }
}

impl Action for ListAccessKeys {
    fn check(&self, call: &Call<'_>) -> Result<()> {
        user(call, self.user_name.as_deref()).map(|_| ())
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        resources(call, self.user_name.as_deref())
    }

    fn run(self, call: &Call<'_>) -> Result<AccessKeyList> {
        let name = user(call, self.user_name.as_deref())?;
        let owner = entity(call, EntityKind::User, name)?;
        let access_keys = call
            .db
            .prepare_cached(
                "SELECT id, status, created FROM access_keys WHERE user_id = ?1 \
                 ORDER BY created, id",
            )?
            .query_map([&owner.id], |row| {
                Ok(AccessKey {
                    access_key_id: row.get(0)?,
                    status: row.get(1)?,
                    create_date: Some(clock::seconds(row.get(2)?)),
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(AccessKeyList { access_keys })
    }
}

impl Action for UpdateAccessKey {
    fn check(&self, call: &Call<'_>) -> Result<()> {
        user(call, self.user_name.as_deref())?;
        check_id(&self.user_access_key_id)?;
        match self.status.as_str() {
            "" => Err(Failure::missing("Status")),
            "Active" | "Inactive" => Ok(()),
            _ => Err(Failure::ours(
                400,
                "InvalidParameter.Status",
                "The parameter Status is neither Active nor Inactive.",
            )),
        }
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        resources(call, self.user_name.as_deref())
    }

    fn run(self, call: &Call<'_>) -> Result<Empty> {
        let name = user(call, self.user_name.as_deref())?;
        let owner = entity(call, EntityKind::User, name)?;
        let changed = call
            .db
            .prepare_cached("UPDATE access_keys SET status = ?3 WHERE id = ?1 AND user_id = ?2")?
            .execute((&self.user_access_key_id, &owner.id, &self.status))?;
        if changed == 0 {
            return Err(missing());
        }
        Ok(Empty {})
    }
}

impl Action for DeleteAccessKey {
    fn check(&self, call: &Call<'_>) -> Result<()> {
        user(call, self.user_name.as_deref())?;
        check_id(&self.user_access_key_id)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        resources(call, self.user_name.as_deref())
    }

    fn run(self, call: &Call<'_>) -> Result<Empty> {
        let name = user(call, self.user_name.as_deref())?;
        let owner = entity(call, EntityKind::User, name)?;
        let removed = call
            .db
            .prepare_cached("DELETE FROM access_keys WHERE id = ?1 AND user_id = ?2")?
            .execute((&self.user_access_key_id, &owner.id))?;
        if removed == 0 {
            return Err(missing());
        }
        Ok(Empty {})
    }
}
