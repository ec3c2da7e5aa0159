//! Whose cloud a database is: the account and its root key.
//!
//! The first one to open a file decides, and the file keeps it. A later one that asks for something
//! else is refused, since two servers on one file must be one cloud.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use crate::api::Secret;
use crate::host::Host;

use super::store::{OpenError, explain};
use super::{Options, ids};

/// The account and its root key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account's number, 16 digits unless somebody chose another.
    pub id: String,
    /// The root key's id.
    pub access_key_id: String,
    /// The root key's secret.
    pub access_key_secret: Secret,
}

/// Checks what was asked for, whatever the file holds.
pub(crate) fn check(options: &Options) -> Result<(), OpenError> {
    if let Some(id) = &options.account_id {
        let digits = id.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || id.is_empty() || id.len() > 20 {
            return Err(OpenError::Argument(format!(
                "`{id}` is no account id: it is 1 to 20 digits"
            )));
        }
    }
    if let Some((id, secret)) = &options.access_key {
        let plain = id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        if !plain || id.is_empty() || id.len() > 128 || id.starts_with("STS.") {
            return Err(OpenError::Argument(format!(
                "`{id}` is no access key id: it is 1 to 128 letters, digits, `.`, `-` and `_`, and \
                 does not begin with `STS.`"
            )));
        }
        if secret.is_empty() {
            return Err(OpenError::Argument(
                "the access key secret is empty".to_owned(),
            ));
        }
    }
    Ok(())
}

/// What a file that is made gets where nothing was asked for.
pub(crate) fn fresh(host: &Host) -> std::io::Result<Account> {
    Ok(Account {
        id: ids::account(host)?,
        access_key_id: ids::access_key(host)?,
        access_key_secret: Secret::new(ids::secret(host)?),
    })
}

/// Reads the account out of the file, or writes it where the file is new.
pub(crate) fn settle(
    db: &Connection,
    path: Option<&Path>,
    options: &Options,
    fresh: Account,
    now: i64,
) -> Result<Account, OpenError> {
    let fail = |error: rusqlite::Error| explain(path, &error);
    if let Some(account) = load(db).map_err(fail)? {
        compare(&account, options).map_err(|reason| OpenError::Account {
            path: path.unwrap_or(Path::new(":memory:")).to_owned(),
            reason,
        })?;
        return Ok(account);
    }
    let mut account = fresh;
    if let Some(id) = &options.account_id {
        account.id.clone_from(id);
    }
    if let Some((id, secret)) = &options.access_key {
        account.access_key_id.clone_from(id);
        account.access_key_secret.clone_from(secret);
    }
    let keep = || -> rusqlite::Result<()> {
        let mut put = db.prepare("INSERT INTO meta (name, value) VALUES (?1, ?2)")?;
        put.execute(("account_id", &account.id))?;
        put.execute(("root_access_key_id", &account.access_key_id))?;
        db.execute(
            "INSERT INTO access_keys (id, user_id, secret, status, created) \
             VALUES (?1, NULL, ?2, 'Active', ?3)",
            (
                &account.access_key_id,
                account.access_key_secret.expose(),
                now,
            ),
        )?;
        Ok(())
    };
    keep().map_err(fail)?;
    Ok(account)
}

fn load(db: &Connection) -> rusqlite::Result<Option<Account>> {
    db.query_row(
        "SELECT a.value, k.id, k.secret FROM meta a, meta r, access_keys k \
         WHERE a.name = 'account_id' AND r.name = 'root_access_key_id' AND k.id = r.value",
        [],
        |row| {
            let secret: String = row.get(2)?;
            Ok(Account {
                id: row.get(0)?,
                access_key_id: row.get(1)?,
                access_key_secret: Secret::new(secret),
            })
        },
    )
    .optional()
}

fn compare(account: &Account, options: &Options) -> Result<(), String> {
    if let Some(id) = &options.account_id
        && *id != account.id
    {
        return Err(format!(
            "its account is {}, but {id} was asked for",
            account.id
        ));
    }
    if let Some((id, secret)) = &options.access_key {
        if *id != account.access_key_id {
            return Err(format!(
                "its root access key is {}, but {id} was asked for",
                account.access_key_id
            ));
        }
        if *secret != account.access_key_secret {
            return Err(format!(
                "the secret of its root access key {id} is another one"
            ));
        }
    }
    Ok(())
}
