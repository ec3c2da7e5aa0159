//! Who sent this? Key, token, signature, time and nonce, in this order.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OptionalExtension as _};

use crate::api::Secret;
use crate::api::signature::{Claims, Identity, Rejection, Signed, Window};

use super::authorize::Caller;
use super::clock;
use super::failure::{Failure, Result};

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Self::new(rejection.status(), rejection.code(), rejection.message())
    }
}

/// A key that the database knows.
struct Known {
    secret: Secret,
    active: bool,
    /// Of temporary keys.
    token: Option<(Secret, i64)>,
    caller: Caller,
}

/// Proves who sent a request, and uses its nonce up.
pub(crate) fn authenticate(
    db: &Connection,
    claims: &Claims,
    anonymous: bool,
    now: SystemTime,
) -> Result<Caller> {
    let signed = match &claims.identity {
        Identity::Signed(signed) => signed,
        Identity::Anonymous if anonymous => return Ok(Caller::Anonymous),
        Identity::Anonymous => return Err(Rejection::Missing("AccessKeyId").into()),
        Identity::Bearer(_) => {
            return Err(Failure::ours(
                400,
                "InvalidSignatureMethod",
                "Specified signature method is not valid: the sandbox has no bearer tokens.",
            ));
        }
    };
    let known = find(db, &signed.access_key_id)?.ok_or(Rejection::KeyNotFound)?;
    if !known.active {
        return Err(Rejection::KeyInactive.into());
    }
    check_token(signed, &known, clock::nanos(now))?;
    signed.verify(&known.secret)?;
    let window = Window::of(signed.scheme);
    signed.check_time(now, window)?;
    use_up(db, signed, window.past, now)?;
    Ok(known.caller)
}

fn check_token(signed: &Signed, known: &Known, now: i64) -> Result<(), Rejection> {
    match (&known.token, &signed.security_token) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Rejection::TokenMismatch),
        (Some(_), None) => Err(Rejection::TokenMissing),
        (Some((token, expires)), Some(given)) => {
            if token != given {
                Err(Rejection::TokenMismatch)
            } else if *expires <= now {
                Err(Rejection::TokenExpired)
            } else {
                Ok(())
            }
        }
    }
}

fn find(db: &Connection, id: &str) -> rusqlite::Result<Option<Known>> {
    if id.starts_with("STS.") {
        return db
            .prepare_cached(
                "SELECT s.secret, s.token, s.expires, s.role_id, r.name, s.name, s.policy \
                 FROM sessions s JOIN roles r ON r.id = s.role_id WHERE s.access_key_id = ?1",
            )?
            .query_row([id], |row| {
                let secret: String = row.get(0)?;
                let token: String = row.get(1)?;
                Ok(Known {
                    secret: Secret::new(secret),
                    active: true,
                    token: Some((Secret::new(token), row.get(2)?)),
                    caller: Caller::Session {
                        role_id: row.get(3)?,
                        role: row.get(4)?,
                        name: row.get(5)?,
                        policy: row.get(6)?,
                    },
                })
            })
            .optional();
    }
    db.prepare_cached(
        "SELECT k.secret, k.status, u.id, u.name FROM access_keys k \
         LEFT JOIN users u ON u.id = k.user_id WHERE k.id = ?1",
    )?
    .query_row([id], |row| {
        let secret: String = row.get(0)?;
        let status: String = row.get(1)?;
        let user: Option<String> = row.get(2)?;
        Ok(Known {
            secret: Secret::new(secret),
            active: status == "Active",
            token: None,
            caller: match user {
                None => Caller::Root,
                Some(id) => Caller::User {
                    id,
                    name: row.get(3)?,
                },
            },
        })
    })
    .optional()
}

/// Remembers the nonce for as long as the date of the request would be taken, and forgets those whose
/// time is over.
fn use_up(db: &Connection, signed: &Signed, past: Duration, now: SystemTime) -> Result<()> {
    db.prepare_cached("DELETE FROM nonces WHERE expires < ?1")?
        .execute([clock::nanos(now)])?;
    let expires = signed.date.checked_add(past).unwrap_or(now);
    let fresh = db
        .prepare_cached(
            "INSERT INTO nonces (scope, nonce, expires) VALUES (?1, ?2, ?3) \
             ON CONFLICT (scope, nonce) DO NOTHING",
        )?
        .execute((
            &signed.access_key_id,
            &signed.nonce,
            clock::nanos(expires).saturating_add(clock::SECOND),
        ))?;
    if fresh == 0 {
        return Err(Rejection::NonceUsed.into());
    }
    Ok(())
}
