//! Values that mean the same as the ones that were there before keep the older text.

use super::values::{Parts, element, entry, is_empty, member, members, nested};
use crate::plugin::schema::{AttributeData, Nesting};
use crate::plugin::value::Dynamic;

/// Whether two known values of the attribute mean the same.
pub(super) fn means_the_same(attribute: &AttributeData, old: &Dynamic, new: &Dynamic) -> bool {
    if old == new {
        return true;
    }
    let Some(equal) = &attribute.modifiers.equal else {
        return false;
    };
    if old.is_null() || new.is_null() || !old.is_wholly_known() || !new.is_wholly_known() {
        return false;
    }
    equal.holds(old, new)
}

/// The new object, with the old values wherever both mean the same. For what a read or an apply
/// found: there, an empty value and none may mean the same too.
pub(super) fn keep_old(parts: Parts<'_>, old: &Dynamic, new: Dynamic) -> Dynamic {
    if !matches!(old, Dynamic::Object(_)) {
        return new;
    }
    let Dynamic::Object(mut new) = new else {
        return new;
    };
    for attribute in parts.attributes {
        if let Some(value) = new.get_mut(&attribute.name) {
            let found = std::mem::replace(value, Dynamic::Null);
            *value = keep_old_value(attribute, member(old, &attribute.name), found);
        }
    }
    for block in parts.blocks {
        if let Some(value) = new.get_mut(&block.name) {
            let found = std::mem::replace(value, Dynamic::Null);
            let parts = (&block.block).into();
            *value = keep_old_elements(block.nesting, parts, member(old, &block.name), found);
        }
    }
    Dynamic::Object(new)
}

fn keep_old_value(attribute: &AttributeData, old: &Dynamic, new: Dynamic) -> Dynamic {
    if old.is_unknown() {
        return new;
    }
    let no_difference = attribute.modifiers.empty_is_null
        && (old.is_null() && is_empty(&new) || is_empty(old) && new.is_null());
    if no_difference || means_the_same(attribute, old, &new) {
        return old.clone();
    }
    match nested(attribute) {
        Some((nesting, parts)) => keep_old_elements(nesting, parts, old, new),
        None => new,
    }
}

fn keep_old_elements(nesting: Nesting, parts: Parts<'_>, old: &Dynamic, new: Dynamic) -> Dynamic {
    match (nesting, new) {
        (Nesting::Single | Nesting::Group, new) => keep_old(parts, old, new),
        (Nesting::List, Dynamic::List(elements)) => Dynamic::List(
            elements
                .into_iter()
                .enumerate()
                .map(|(index, new)| keep_old(parts, element(old, index), new))
                .collect(),
        ),
        (Nesting::Map, Dynamic::Map(entries)) => Dynamic::Map(
            entries
                .into_iter()
                .map(|(key, new)| {
                    let kept = keep_old(parts, entry(old, &key), new);
                    (key, kept)
                })
                .collect(),
        ),
        (Nesting::Set, Dynamic::Set(elements)) => Dynamic::Set(
            elements
                .into_iter()
                .map(|new| {
                    members(old)
                        .iter()
                        .find(|old| keep_old(parts, old, new.clone()) == **old)
                        .cloned()
                        .unwrap_or(new)
                })
                .collect(),
        ),
        (_, new) => new,
    }
}
