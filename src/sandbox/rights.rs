//! Which policies have a say in what a user or role may do.
//!
//! Reads the database; what the policies mean is the policy engine's business.

use rusqlite::Connection;

use crate::policy::ast::{Document, DocumentKind};
use crate::policy::cover::{Coverage, covers_in};
use crate::policy::evaluate::{Authority, Decision, Request, Verdict, authorize, evaluate};

use super::authorize::Caller;
use super::failure::{Failure, Result};

/// The policies of a caller that is not the root.
#[derive(Debug)]
pub(crate) struct Rights {
    /// The user's own and its groups', or the role's.
    identity: Vec<Document>,
    /// The policy that narrows a session.
    session: Option<Vec<Document>>,
}

impl Rights {
    /// The caller's rights; `None` for the root, which may do everything.
    pub(crate) fn of(db: &Connection, now: i64, caller: &Caller) -> Result<Option<Self>> {
        Ok(Some(match caller {
            Caller::Root => return Ok(None),
            Caller::Anonymous => Self {
                identity: Vec::new(),
                session: None,
            },
            Caller::User { id, .. } => Self {
                identity: of_user(db, now, id)?,
                session: None,
            },
            Caller::Session {
                role_id, policy, ..
            } => Self {
                identity: of_role(db, now, role_id)?,
                session: policy
                    .as_deref()
                    .map(|text| read("the session policy", text).map(|document| vec![document]))
                    .transpose()?,
            },
        }))
    }

    /// Decides a request.
    pub(crate) fn decide(&self, request: &Request) -> Verdict {
        let authority = Authority {
            session: self.session.as_deref(),
            identity: &self.identity,
            ..Authority::default()
        };
        authorize(&authority, request)
    }

    /// Whether the session policy alone keeps the request from being allowed.
    pub(crate) fn session_refuses(&self, request: &Request) -> bool {
        self.session
            .as_deref()
            .is_some_and(|session| evaluate(session, request).decision != Decision::Allow)
    }

    /// Whether everything that these policies allow is allowed: by the identity's policies and by the
    /// session policy, since a session may do what both allow.
    pub(crate) fn hold(&self, account: &str, needed: &[Document]) -> Coverage {
        let sides = [Some(self.identity.as_slice()), self.session.as_deref()];
        let mut answer = Coverage::Yes;
        for have in sides.into_iter().flatten() {
            match covers_in(account, have, needed) {
                Coverage::Yes => {}
                no @ Coverage::No(_) => return no,
                unknown @ Coverage::Unknown(_) => answer = unknown,
            }
        }
        answer
    }
}

const DOCUMENTS: &str = "SELECT p.kind, p.name, v.document FROM attachments a \
     JOIN policies p ON p.id = a.policy_id \
     JOIN policy_versions v ON v.policy_id = p.id AND v.number = p.default_version \
     WHERE a.visible <= ?2 AND p.visible <= ?2 AND ";

/// The default versions of what is attached to a user and to its groups.
fn of_user(db: &Connection, now: i64, id: &str) -> Result<Vec<Document>> {
    let whose = "((a.entity_kind = 'User' AND a.entity_id = ?1) \
         OR (a.entity_kind = 'Group' AND a.entity_id IN \
             (SELECT group_id FROM memberships WHERE user_id = ?1)))";
    documents(db, whose, id, now)
}

/// The default versions of what is attached to a role.
pub(crate) fn of_role(db: &Connection, now: i64, id: &str) -> Result<Vec<Document>> {
    documents(db, "a.entity_kind = 'Role' AND a.entity_id = ?1", id, now)
}

fn documents(db: &Connection, whose: &str, id: &str, now: i64) -> Result<Vec<Document>> {
    let mut query = db.prepare_cached(&format!("{DOCUMENTS}{whose} ORDER BY p.name, p.kind"))?;
    let mut rows = query.query((id, now))?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next()? {
        let (kind, name, text): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        documents.push(read(&format!("the policy {name} ({kind})"), &text)?);
    }
    Ok(documents)
}

/// Reads a document. What was saved could be read; a file of an older release may hold others, and
/// nothing is allowed on a guess at what they say.
fn read(what: &str, text: &str) -> Result<Document> {
    Document::parse(text, DocumentKind::Permission).map_err(|error| {
        Failure::internal(format_args!(
            "It cannot be said what is allowed, since {what} cannot be read: {error}."
        ))
    })
}
