//! Tags of roles and policies.
//!
//! Requests spell them `Key`/`Value`, answers `TagKey`/`TagValue`; resources are named by name.

use rusqlite::{Connection, OptionalExtension as _};

use crate::api::ram::{
    CUSTOM, Empty, ListTagResources, ListedTag, Tag, TagResourcePage, TagResources, TaggedResource,
    UntagResources,
};
use crate::sandbox::dispatch::{Action, Call};
use crate::sandbox::failure::{Failure, Result};
use crate::sandbox::names;
use crate::sandbox::paging;

use super::{EntityKind, entity, policies, policy_resource, resource};

const MOST_TAGS: usize = 20;
const MOST_NAMES: usize = 50;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

/// What can carry tags here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Role,
    Policy,
}

impl Kind {
    fn parse(text: &str) -> Result<Self> {
        match text {
            "" => Err(Failure::missing("ResourceType")),
            "role" => Ok(Self::Role),
            "policy" => Ok(Self::Policy),
            _ => Err(Failure::ours(
                400,
                "InvalidParameter.ResourceType",
                "The parameter ResourceType is neither role nor policy.",
            )),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Policy => "policy",
        }
    }

    fn arn(self, call: &Call<'_>, name: &str) -> String {
        match self {
            Self::Role => resource(call, EntityKind::Role, name),
            Self::Policy => policy_resource(call, CUSTOM, name),
        }
    }

    /// The owner's key in the table of tags, and the name as it was made.
    fn owner(self, call: &Call<'_>, name: &str) -> Result<(String, String)> {
        match self {
            Self::Role => entity(call, EntityKind::Role, name).map(|role| (role.id, role.name)),
            Self::Policy => policies::find(call, CUSTOM, name)?
                .map(|policy| (policy.id.to_string(), policy.name))
                .ok_or_else(policies::missing),
        }
    }
}

fn invalid(parameter: &str, reason: &str) -> Failure {
    Failure::ours(
        400,
        format!("InvalidParameter.{parameter}"),
        format_args!("The parameter {parameter} {reason}."),
    )
}

/// Checks the tags of a request.
pub(in crate::sandbox) fn check(tags: &[Tag]) -> Result<()> {
    if tags.len() > MOST_TAGS {
        return Err(invalid("Tag", "has more than 20 elements"));
    }
    for (index, tag) in tags.iter().enumerate() {
        if tag.key.is_empty() || tag.key.chars().count() > LONGEST_KEY {
            return Err(invalid("Tag", "has a key that is not 1 to 128 characters"));
        }
        if tag.value.chars().count() > LONGEST_VALUE {
            return Err(invalid("Tag", "has a value of more than 256 characters"));
        }
        if tags
            .iter()
            .skip(index + 1)
            .any(|other| other.key == tag.key)
        {
            return Err(invalid("Tag", "has one key twice"));
        }
    }
    Ok(())
}

fn check_names(kind: Kind, given: &[String]) -> Result<()> {
    if given.is_empty() {
        return Err(Failure::missing("ResourceNames"));
    }
    if given.len() > MOST_NAMES {
        return Err(invalid("ResourceNames", "has more than 50 elements"));
    }
    let rule = match kind {
        Kind::Role => names::ROLE,
        Kind::Policy => names::POLICY,
    };
    given
        .iter()
        .try_for_each(|name| rule.sought("ResourceNames", name))
}

/// Sets tags; others stay.
pub(in crate::sandbox) fn put(
    db: &Connection,
    kind: &str,
    owner: &str,
    tags: &[Tag],
) -> rusqlite::Result<()> {
    let mut put = db.prepare_cached(
        "INSERT INTO tags (kind, owner, key, value) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (kind, owner, key) DO UPDATE SET value = excluded.value",
    )?;
    for tag in tags {
        put.execute((kind, owner, &tag.key, &tag.value))?;
    }
    Ok(())
}

/// Removes every tag.
pub(in crate::sandbox) fn clear(db: &Connection, kind: &str, owner: &str) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM tags WHERE kind = ?1 AND owner = ?2")?
        .execute((kind, owner))?;
    Ok(())
}

/// The tags, by key.
pub(in crate::sandbox) fn list(
    db: &Connection,
    kind: &str,
    owner: &str,
) -> rusqlite::Result<Vec<ListedTag>> {
    db.prepare_cached("SELECT key, value FROM tags WHERE kind = ?1 AND owner = ?2 ORDER BY key")?
        .query_map((kind, owner), |row| {
            Ok(ListedTag {
                tag_key: row.get(0)?,
                tag_value: row.get(1)?,
            })
        })?
        .collect()
}

/// A filter as the JSON text that the queries read: the tags, of which a resource must carry every
/// one. A filter without a value takes any.
pub(in crate::sandbox) fn filter(tags: Option<&Vec<Tag>>) -> String {
    let pairs: Vec<[&str; 2]> = tags
        .into_iter()
        .flatten()
        .map(|tag| [tag.key.as_str(), tag.value.as_str()])
        .collect();
    serde_json::to_string(&pairs).unwrap_or_else(|_| "[]".to_owned())
}

/// SQL that holds where an owner carries every tag of the filter.
macro_rules! carries {
    ($kind:literal, $owner:literal, $filter:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM json_each(",
            $filter,
            ") f WHERE NOT EXISTS (SELECT 1 FROM tags t WHERE t.kind = '",
            $kind,
            "' AND t.owner = ",
            $owner,
            " AND t.key = f.value ->> 0 AND (f.value ->> 1 = '' OR t.value = f.value ->> 1)))"
        )
    };
}
pub(in crate::sandbox) use carries;

impl Action for TagResources {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        let kind = Kind::parse(&self.resource_type)?;
        check_names(kind, &self.resource_names)?;
        if self.tag.is_empty() {
            return Err(Failure::missing("Tag"));
        }
        check(&self.tag)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        arns(call, &self.resource_type, &self.resource_names)
    }

    fn run(self, call: &Call<'_>) -> Result<Empty> {
        let kind = Kind::parse(&self.resource_type)?;
        for name in &self.resource_names {
            let (owner, _) = kind.owner(call, name)?;
            put(call.db, kind.word(), &owner, &self.tag)?;
        }
        Ok(Empty {})
    }
}

fn arns(call: &Call<'_>, resource_type: &str, names: &[String]) -> Vec<String> {
    match Kind::parse(resource_type) {
        Ok(kind) => names.iter().map(|name| kind.arn(call, name)).collect(),
        Err(_) => Vec::new(),
    }
}

impl Action for UntagResources {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        let kind = Kind::parse(&self.resource_type)?;
        check_names(kind, &self.resource_names)?;
        let keys = self.tag_keys.as_deref().unwrap_or_default();
        if keys.len() > MOST_TAGS {
            return Err(invalid("TagKeys", "has more than 20 elements"));
        }
        if keys.is_empty() && self.all != Some(true) {
            return Err(Failure::missing("TagKeys"));
        }
        Ok(())
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        arns(call, &self.resource_type, &self.resource_names)
    }

    fn run(self, call: &Call<'_>) -> Result<Empty> {
        let kind = Kind::parse(&self.resource_type)?;
        for name in &self.resource_names {
            let (owner, _) = kind.owner(call, name)?;
            if self.all == Some(true) {
                clear(call.db, kind.word(), &owner)?;
                continue;
            }
            let mut remove = call
                .db
                .prepare_cached("DELETE FROM tags WHERE kind = ?1 AND owner = ?2 AND key = ?3")?;
            for key in self.tag_keys.iter().flatten() {
                remove.execute((kind.word(), &owner, key))?;
            }
        }
        Ok(Empty {})
    }
}

impl Action for ListTagResources {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        let kind = Kind::parse(&self.resource_type)?;
        if let Some(names) = &self.resource_names
            && !names.is_empty()
        {
            check_names(kind, names)?;
        }
        if let Some(tags) = &self.tag {
            check(tags)?;
        }
        if !(1..=100).contains(&self.page_size.unwrap_or(100)) {
            return Err(invalid("PageSize", "is not between 1 and 100"));
        }
        paging::open(self.next_token.as_deref(), "NextToken").map(|_| ())
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        match self.resource_names.as_deref() {
            Some(names) if !names.is_empty() => arns(call, &self.resource_type, names),
            _ => arns(call, &self.resource_type, &["*".to_owned()]),
        }
    }

    /// The page counts resources; every resource on it shows all of its tags.
    fn run(self, call: &Call<'_>) -> Result<TagResourcePage> {
        let kind = Kind::parse(&self.resource_type)?;
        let after = paging::open(self.next_token.as_deref(), "NextToken")?;
        let size = self.page_size.unwrap_or(100);
        let names = self.resource_names.unwrap_or_default();
        for name in &names {
            kind.owner(call, name)?;
        }
        let wanted = serde_json::to_string(&names).unwrap_or_else(|_| "[]".to_owned());
        let sql = match kind {
            Kind::Role => concat!(
                "SELECT r.id, r.name FROM roles r WHERE r.name > ?1 AND r.visible <= ?2 \
                 AND EXISTS (SELECT 1 FROM tags WHERE kind = 'role' AND owner = r.id) \
                 AND (?3 = '[]' OR EXISTS (SELECT 1 FROM json_each(?3) n WHERE r.name = n.value)) AND ",
                carries!("role", "r.id", "?4"),
                " ORDER BY r.name LIMIT ?5"
            ),
            Kind::Policy => concat!(
                "SELECT CAST(p.id AS TEXT), p.name FROM policies p WHERE p.kind = 'Custom' \
                 AND p.name > ?1 AND p.visible <= ?2 \
                 AND EXISTS (SELECT 1 FROM tags WHERE kind = 'policy' AND owner = CAST(p.id AS TEXT)) \
                 AND (?3 = '[]' OR EXISTS (SELECT 1 FROM json_each(?3) n WHERE p.name = n.value)) AND ",
                carries!("policy", "CAST(p.id AS TEXT)", "?4"),
                " ORDER BY p.name LIMIT ?5"
            ),
        };
        let filter = filter(self.tag.as_ref());
        let mut owners: Vec<(String, String)> = call
            .db
            .prepare_cached(sql)?
            .query_map((after, call.now, wanted, filter, size + 1), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?
            .collect::<rusqlite::Result<_>>()?;
        let size = usize::try_from(size).unwrap_or(1);
        let more = owners.len() > size;
        owners.truncate(size);
        let mut page = TagResourcePage {
            next_token: more
                .then(|| owners.last().map(|(_, name)| paging::seal(name)))
                .flatten(),
            tag_resources: Vec::new(),
        };
        for (owner, name) in owners {
            for tag in list(call.db, kind.word(), &owner)? {
                page.tag_resources.push(TaggedResource {
                    resource_name: name.clone(),
                    resource_type: kind.word().to_owned(),
                    tag_key: tag.tag_key,
                    tag_value: tag.tag_value,
                });
            }
        }
        Ok(page)
    }
}

/// Whether an object exists, for callers that need no more.
pub(super) fn any(db: &Connection, sql: &str, id: &str) -> rusqlite::Result<bool> {
    db.prepare_cached(sql)?
        .query_row([id], |_| Ok(()))
        .optional()
        .map(|row| row.is_some())
}
