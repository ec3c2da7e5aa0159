//! Tags: those that a resource names, those of the provider's `default_tags`, and what both come to.
//!
//! `tags` holds what the author wrote on the resource, `tags_all` everything on the object. A tag of
//! the provider's defaults shows in `tags_all` alone; a tag that somebody else put on the object
//! shows in both, so that a plan takes it off.

use std::collections::BTreeMap;

use crate::api::ram::{ListedTag, Tag};
use crate::plugin::schema::Validator;
use crate::plugin::value::Value;

/// Tags as a model holds them: single values may be unknown until apply.
pub type Tags = BTreeMap<String, Value<String>>;

/// Tags as the cloud has them.
pub type PlainTags = BTreeMap<String, String>;

/// The most tags that one object may have (RAM takes as many in one request).
pub const MOST_TAGS: usize = 20;

/// Keys and values of acceptable length, and no null among the values.
pub fn rules() -> Validator<Tags> {
    Validator::new(
        "Invalid tags",
        "at most 20 tags; keys of 1 to 128 characters, values of at most 256",
        check,
    )
}

fn check(tags: &Tags) -> Result<(), String> {
    if tags.len() > MOST_TAGS {
        return Err(format!(
            "an object may have at most {MOST_TAGS} tags, and these are {}; take some away",
            tags.len()
        ));
    }
    for (key, value) in tags {
        let length = key.chars().count();
        if length == 0 || length > 128 {
            return Err(format!(
                "the tag key {key:?} has {length} characters; write 1 to 128"
            ));
        }
        match value {
            Value::Null => {
                return Err(format!(
                    "the value of the tag {key:?} is null; write a string, or leave the tag out"
                ));
            }
            Value::Known(value) if value.chars().count() > 256 => {
                return Err(format!(
                    "the value of the tag {key:?} has {} characters; write at most 256",
                    value.chars().count()
                ));
            }
            Value::Known(_) | Value::Unknown => {}
        }
    }
    Ok(())
}

/// What `tags_all` will be: the defaults, overridden by the resource's own. Unknown where the whole
/// map is; where one value is unknown, only that one.
pub fn planned(defaults: &PlainTags, tags: &Value<Tags>) -> Value<Tags> {
    let mut all: Tags = defaults
        .iter()
        .map(|(key, value)| (key.clone(), Value::Known(value.clone())))
        .collect();
    match tags {
        Value::Unknown => return Value::Unknown,
        Value::Null => {}
        Value::Known(own) => {
            all.extend(own.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
    }
    Value::Known(all)
}

/// The actions of RAM that make of one set of tags another.
pub fn actions(before: &Value<Tags>, after: &Value<Tags>) -> Vec<&'static str> {
    if before == after {
        return Vec::new();
    }
    let mut actions = Vec::new();
    let (old, new) = (before.known(), after.known());
    if old.is_some_and(|old| {
        old.keys()
            .any(|key| new.is_some_and(|new| !new.contains_key(key)))
    }) {
        actions.push("ram:UntagResources");
    }
    let sets = new.is_some_and(|new| {
        new.iter()
            .any(|(key, value)| old.and_then(|old| old.get(key)) != Some(value))
    });
    if sets {
        actions.push("ram:TagResources");
    }
    actions
}

/// The known tags of a plan that is being carried out.
pub fn plain(tags: &Value<Tags>) -> PlainTags {
    let Some(tags) = tags.known() else {
        return PlainTags::new();
    };
    tags.iter()
        .filter_map(|(key, value)| Some((key.clone(), value.known()?.clone())))
        .collect()
}

/// The cloud's tags as `tags_all` shows them.
pub fn all(remote: &PlainTags) -> Value<Tags> {
    Value::Known(
        remote
            .iter()
            .map(|(key, value)| (key.clone(), Value::Known(value.clone())))
            .collect(),
    )
}

/// The part of the cloud's tags that `tags` shows: what the resource named before, and what is
/// neither a default nor was one when `tags_all` was last written.
pub fn own(
    defaults: &PlainTags,
    remote: &PlainTags,
    tags: &Value<Tags>,
    tags_all: &Value<Tags>,
) -> Value<Tags> {
    let named = |key: &str| tags.known().is_some_and(|tags| tags.contains_key(key));
    let recorded = |key: &str| tags_all.known().is_some_and(|tags| tags.contains_key(key));
    let own: Tags = remote
        .iter()
        .filter(|(key, value)| named(key) || !(recorded(key) || defaults.get(*key) == Some(*value)))
        .map(|(key, value)| (key.clone(), Value::Known(value.clone())))
        .collect();
    if own.is_empty() && tags.is_null() {
        Value::Null
    } else {
        Value::Known(own)
    }
}

/// The tags as requests spell them; `None` where there are none.
pub fn as_list(tags: &PlainTags) -> Option<Vec<Tag>> {
    let list: Vec<Tag> = tags
        .iter()
        .map(|(key, value)| Tag::new(key, value))
        .collect();
    (!list.is_empty()).then_some(list)
}

/// The tags of an answer.
pub fn listed(tags: Option<&[ListedTag]>) -> PlainTags {
    tags.unwrap_or_default()
        .iter()
        .map(|tag| (tag.tag_key.clone(), tag.tag_value.clone()))
        .collect()
}

/// What has to be done to turn one set into another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// Keys to take off.
    pub remove: Vec<String>,
    /// Tags to put on, or whose value changes.
    pub set: PlainTags,
}

impl Change {
    /// The difference between what is there and what shall be.
    pub fn between(before: &PlainTags, after: &PlainTags) -> Self {
        Self {
            remove: before
                .keys()
                .filter(|key| !after.contains_key(*key))
                .cloned()
                .collect(),
            set: after
                .iter()
                .filter(|(key, value)| before.get(*key) != Some(*value))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.set.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain_of(tags: &[(&str, &str)]) -> PlainTags {
        tags.iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn known(tags: &[(&str, &str)]) -> Value<Tags> {
        all(&plain_of(tags))
    }

    #[test]
    fn own_tags_win_over_defaults() {
        let defaults = plain_of(&[("team", "media"), ("env", "dev")]);
        assert_eq!(
            planned(&defaults, &known(&[("env", "prod")])),
            known(&[("team", "media"), ("env", "prod")])
        );
        assert_eq!(planned(&defaults, &Value::Null), all(&defaults));
        assert_eq!(planned(&PlainTags::new(), &Value::Null), known(&[]));
        assert_eq!(planned(&defaults, &Value::Unknown), Value::Unknown);
    }

    #[test]
    fn one_unknown_value_leaves_the_others_known() {
        let tags = Value::Known(Tags::from([("owner".to_owned(), Value::Unknown)]));
        let Value::Known(all) = planned(&plain_of(&[("env", "dev")]), &tags) else {
            panic!("the map itself is known");
        };
        assert_eq!(all["owner"], Value::Unknown);
        assert_eq!(all["env"], Value::Known("dev".to_owned()));
    }

    #[test]
    fn defaults_do_not_show_as_own() {
        let defaults = plain_of(&[("team", "media")]);
        let remote = plain_of(&[("team", "media"), ("env", "dev")]);
        let own = own(&defaults, &remote, &known(&[("env", "dev")]), &all(&remote));
        assert_eq!(own, known(&[("env", "dev")]));
    }

    #[test]
    fn foreign_tags_show_as_drift() {
        let before = known(&[("env", "dev")]);
        let remote = plain_of(&[("env", "dev"), ("stranger", "1")]);
        assert_eq!(
            own(&PlainTags::new(), &remote, &before, &before),
            known(&[("env", "dev"), ("stranger", "1")])
        );
    }

    #[test]
    fn a_former_default_is_not_own() {
        let remote = plain_of(&[("team", "media")]);
        assert_eq!(
            own(&PlainTags::new(), &remote, &Value::Null, &all(&remote)),
            Value::Null
        );
    }

    #[test]
    fn an_import_takes_everything_but_the_defaults() {
        let defaults = plain_of(&[("team", "media"), ("env", "dev")]);
        let remote = plain_of(&[("team", "media"), ("env", "prod"), ("a", "b")]);
        assert_eq!(
            own(&defaults, &remote, &Value::Null, &Value::Null),
            known(&[("env", "prod"), ("a", "b")])
        );
        assert_eq!(
            own(&defaults, &PlainTags::new(), &Value::Null, &Value::Null),
            Value::Null
        );
    }

    #[test]
    fn an_empty_map_stays_an_empty_map() {
        let none = PlainTags::new();
        assert_eq!(own(&none, &none, &known(&[]), &known(&[])), known(&[]));
    }

    #[test]
    fn changes_are_minimal() {
        let change = Change::between(
            &plain_of(&[("keep", "1"), ("change", "1"), ("drop", "1")]),
            &plain_of(&[("keep", "1"), ("change", "2"), ("new", "1")]),
        );
        assert_eq!(change.remove, ["drop"]);
        assert_eq!(change.set, plain_of(&[("change", "2"), ("new", "1")]));
        assert!(Change::between(&change.set, &change.set).is_empty());
    }

    #[test]
    fn lengths_and_nulls_are_checked() {
        let tag = |key: &str, value: Value<String>| Tags::from([(key.to_owned(), value)]);
        let text = |length: usize| Value::Known("x".repeat(length));
        assert!(check(&tag("k", text(256))).is_ok());
        assert!(check(&tag("k", Value::Unknown)).is_ok());
        assert!(check(&tag("k", text(257))).unwrap_err().contains("257"));
        assert!(check(&tag("k", Value::Null)).unwrap_err().contains("null"));
        assert!(check(&tag("", text(1))).is_err());
        assert!(check(&tag(&"k".repeat(129), text(1))).is_err());
        let many: Tags = (0..21).map(|n| (format!("k{n}"), text(1))).collect();
        assert!(check(&many).unwrap_err().contains("at most 20"));
    }
}
