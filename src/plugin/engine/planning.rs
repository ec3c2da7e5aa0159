//! How a plan comes about, as functions over values. The order is that of the RPC:
//! [`settle`], [`mark_unknown`], the resource's own hook, [`merge`], and [`replacements`].
//!
//! `config` is what the author wrote, `prior` the state, `planned` what will be. Objects of
//! collections are paired by index or key; those of sets by what the author wrote in them.

use std::collections::BTreeSet;

use super::equality::means_the_same;
use super::values::{Parts, element, entry, member, members, nested, position};
use crate::plugin::schema::{AttributeData, Block, Nesting};
use crate::plugin::value::{Dynamic, Path, Refinement};

/// Applies defaults, nulls write-only values, and keeps the prior value wherever the planned one
/// means the same.
pub(super) fn settle(
    parts: Parts<'_>,
    config: &Dynamic,
    prior: &Dynamic,
    planned: Dynamic,
) -> Dynamic {
    if !matches!(config, Dynamic::Object(_)) {
        return planned;
    }
    let Dynamic::Object(mut planned) = planned else {
        return planned;
    };
    for attribute in parts.attributes {
        let name = &attribute.name;
        if let Some(value) = planned.get_mut(name) {
            let old = std::mem::take(value);
            *value = settle_value(attribute, member(config, name), member(prior, name), old);
        }
    }
    for block in parts.blocks {
        let name = &block.name;
        if let Some(value) = planned.get_mut(name) {
            let old = std::mem::take(value);
            let (config, prior) = (member(config, name), member(prior, name));
            let parts = (&block.block).into();
            *value = settle_elements(block.nesting, parts, config, prior, old);
        }
    }
    Dynamic::Object(planned)
}

fn settle_elements(
    nesting: Nesting,
    parts: Parts<'_>,
    config: &Dynamic,
    prior: &Dynamic,
    planned: Dynamic,
) -> Dynamic {
    let planned = match (nesting, config) {
        (Nesting::Set, Dynamic::Set(_)) => propose_elements(nesting, parts, config, prior),
        _ => planned,
    };
    each(nesting, parts, config, prior, planned, &settle)
}

fn settle_value(
    attribute: &AttributeData,
    config: &Dynamic,
    prior: &Dynamic,
    planned: Dynamic,
) -> Dynamic {
    if attribute.write_only {
        return Dynamic::Null;
    }
    let planned = match (&attribute.default, config) {
        (Some(default), Dynamic::Null) => default.clone(),
        (None, Dynamic::Null) | (_, Dynamic::Unknown(_)) => return planned,
        _ => planned,
    };
    if means_the_same(attribute, prior, &planned) {
        return prior.clone();
    }
    match nested(attribute) {
        Some((nesting, parts)) => settle_elements(nesting, parts, config, prior, planned),
        None => planned,
    }
}

/// What the author wrote, with the computed values of the state. Terraform proposes the same; but
/// it knows no defaults, and so pairs the objects of a set with less care.
fn propose(parts: Parts<'_>, config: &Dynamic, prior: &Dynamic) -> Dynamic {
    let Dynamic::Object(_) = config else {
        return config.clone();
    };
    let attributes = parts.attributes.iter().map(|attribute| {
        let name = &attribute.name;
        let (config, prior) = (member(config, name), member(prior, name));
        let value = match nested(attribute) {
            _ if attribute.computed && config.is_null() => prior.clone(),
            Some((nesting, parts)) => propose_elements(nesting, parts, config, prior),
            None => config.clone(),
        };
        (name.clone(), value)
    });
    let blocks = parts.blocks.iter().map(|block| {
        let name = &block.name;
        let (config, prior) = (member(config, name), member(prior, name));
        let parts = (&block.block).into();
        let value = propose_elements(block.nesting, parts, config, prior);
        (name.clone(), value)
    });
    Dynamic::object(attributes.chain(blocks))
}

fn propose_elements(
    nesting: Nesting,
    parts: Parts<'_>,
    config: &Dynamic,
    prior: &Dynamic,
) -> Dynamic {
    match config {
        Dynamic::Set(elements) => {
            let mut before = Unused::of(members(prior));
            Dynamic::set_of(
                elements
                    .iter()
                    .map(|config| {
                        let prior = before.take(|prior| written_in(parts, config, prior));
                        propose(parts, config, prior)
                    })
                    .collect(),
            )
        }
        _ => each(
            nesting,
            parts,
            config,
            prior,
            config.clone(),
            &|parts, config, prior, _| propose(parts, config, prior),
        ),
    }
}

type PerObject<'f> = &'f dyn Fn(Parts<'_>, &Dynamic, &Dynamic, Dynamic) -> Dynamic;

/// Changes each object of a planned collection, given what the author wrote and what was there.
fn each(
    nesting: Nesting,
    parts: Parts<'_>,
    config: &Dynamic,
    prior: &Dynamic,
    planned: Dynamic,
    change: PerObject<'_>,
) -> Dynamic {
    match (nesting, planned) {
        (Nesting::Single | Nesting::Group, planned) => change(parts, config, prior, planned),
        (Nesting::List, Dynamic::List(elements)) => Dynamic::List(
            elements
                .into_iter()
                .enumerate()
                .map(|(index, planned)| {
                    let (config, prior) = (element(config, index), element(prior, index));
                    change(parts, config, prior, planned)
                })
                .collect(),
        ),
        (Nesting::Map, Dynamic::Map(entries)) => Dynamic::Map(
            entries
                .into_iter()
                .map(|(key, planned)| {
                    let changed = change(parts, entry(config, &key), entry(prior, &key), planned);
                    (key, changed)
                })
                .collect(),
        ),
        (Nesting::Set, Dynamic::Set(elements)) => {
            let mut wanted = Unused::of(members(config));
            let mut before = Unused::of(members(prior));
            Dynamic::set_of(
                elements
                    .into_iter()
                    .map(|planned| {
                        let config = wanted.take(|config| written_in(parts, config, &planned));
                        let prior = before.take(|prior| written_in(parts, config, prior));
                        change(parts, config, prior, planned)
                    })
                    .collect(),
            )
        }
        (_, planned) => planned,
    }
}

/// Elements of a set that have no partner yet.
struct Unused<'a>(Vec<&'a Dynamic>);

impl<'a> Unused<'a> {
    fn of(elements: &'a [Dynamic]) -> Self {
        Self(elements.iter().collect())
    }

    fn take(&mut self, fits: impl Fn(&Dynamic) -> bool) -> &'a Dynamic {
        match self.0.iter().position(|element| fits(element)) {
            Some(index) => self.0.swap_remove(index),
            None => &Dynamic::Null,
        }
    }
}

/// Whether the object holds all that the author wrote, the defaults of the rest, and nothing else
/// but computed values.
fn written_in(parts: Parts<'_>, config: &Dynamic, object: &Dynamic) -> bool {
    let (Dynamic::Object(_), Dynamic::Object(_)) = (config, object) else {
        return false;
    };
    let attributes = parts.attributes.iter().all(|attribute| {
        let (config, value) = (
            member(config, &attribute.name),
            member(object, &attribute.name),
        );
        match &attribute.default {
            Some(default) if config.is_null() => {
                value.is_null() || means_the_same(attribute, default, value)
            }
            _ if config.is_null() && attribute.computed => true,
            _ => means_the_same(attribute, config, value),
        }
    });
    attributes
        && parts
            .blocks
            .iter()
            .all(|block| member(config, &block.name) == member(object, &block.name))
}

/// Whether anything differs that an API could know of: not the `timeouts` block, and not what only
/// tells the provider how to act.
pub(super) fn matters(block: &Block, prior: &Dynamic, planned: &Dynamic) -> bool {
    let differs = |name: &str| member(prior, name) != member(planned, name);
    let attributes = block
        .attributes
        .iter()
        .any(|attribute| !attribute.modifiers.local && differs(&attribute.name));
    attributes
        || block
            .blocks
            .iter()
            .any(|nested| !is_timeouts(block, &nested.name) && differs(&nested.name))
}

/// Whether this is the name of the block that the framework itself acts on.
pub(super) fn is_timeouts(block: &Block, name: &str) -> bool {
    block.timeouts.is_some() && name == "timeouts"
}

/// Marks the computed attributes that the author left to the provider and that this change may
/// change. `changes` tells whether the change matters at all; root attributes in `frozen` have
/// been decided already.
pub(super) fn mark_unknown(
    parts: Parts<'_>,
    config: &Dynamic,
    prior: &Dynamic,
    planned: Dynamic,
    changes: bool,
    frozen: &BTreeSet<String>,
) -> Dynamic {
    if !matches!(config, Dynamic::Object(_)) {
        return planned;
    }
    let Dynamic::Object(mut planned) = planned else {
        return planned;
    };
    let is_new = !matches!(prior, Dynamic::Object(_));
    let none = BTreeSet::new();
    let deeper = |parts: Parts<'_>, config: &Dynamic, prior: &Dynamic, planned: Dynamic| {
        mark_unknown(parts, config, prior, planned, changes, &none)
    };
    for attribute in parts.attributes {
        let name = &attribute.name;
        let Some(value) = planned.get_mut(name) else {
            continue;
        };
        if attribute.write_only || frozen.contains(name) {
            continue;
        }
        let (config, prior) = (member(config, name), member(prior, name));
        if left_to_provider(attribute, config) {
            if is_new || changes && may_change(attribute, prior) {
                *value = unknown(attribute, is_new, prior);
            }
        } else if let Some((nesting, parts)) = nested(attribute) {
            *value = each(
                nesting,
                parts,
                config,
                prior,
                std::mem::take(value),
                &deeper,
            );
        }
    }
    for block in parts.blocks {
        let name = &block.name;
        if let Some(value) = planned.get_mut(name)
            && !frozen.contains(name)
        {
            let (config, prior) = (member(config, name), member(prior, name));
            let old = std::mem::take(value);
            *value = each(
                block.nesting,
                (&block.block).into(),
                config,
                prior,
                old,
                &deeper,
            );
        }
    }
    let mut planned = Dynamic::Object(planned);
    if !is_new {
        follow(parts, config, prior, &mut planned, frozen);
    }
    planned
}

fn left_to_provider(attribute: &AttributeData, config: &Dynamic) -> bool {
    config.is_null() && attribute.computed && attribute.default.is_none()
}

/// Whether any change may change this attribute of an existing object.
fn may_change(attribute: &AttributeData, prior: &Dynamic) -> bool {
    let modifiers = &attribute.modifiers;
    if modifiers.changes_with.is_some() {
        return false;
    }
    // A value that would replace the object cannot change beside it.
    let keeps = modifiers.keep_prior || modifiers.replaces || modifiers.local;
    // One that is never null and yet missing has still to be found out.
    !keeps || modifiers.never_null && prior.is_null()
}

fn unknown(attribute: &AttributeData, is_new: bool, prior: &Dynamic) -> Dynamic {
    // What has been null before may be null again, whatever the author promises.
    if attribute.modifiers.never_null && (is_new || !prior.is_null()) {
        Dynamic::refined(Refinement::not_null())
    } else {
        Dynamic::unknown()
    }
}

/// Marks the attributes that change with others, until no more of them do.
fn follow(
    parts: Parts<'_>,
    config: &Dynamic,
    prior: &Dynamic,
    planned: &mut Dynamic,
    frozen: &BTreeSet<String>,
) {
    loop {
        let mut moved = false;
        for attribute in parts.attributes {
            let name = &attribute.name;
            let Some(others) = attribute.modifiers.changes_with else {
                continue;
            };
            if frozen.contains(name)
                || !left_to_provider(attribute, member(config, name))
                || member(planned, name).is_unknown()
            {
                continue;
            }
            if others
                .iter()
                .any(|other| member(planned, other) != member(prior, other))
                && let Dynamic::Object(members) = planned
            {
                let value = unknown(attribute, false, member(prior, name));
                members.insert(name.clone(), value);
                moved = true;
            }
        }
        if !moved {
            return;
        }
    }
}

/// The planned value, with what the resource's hook changed. The hook sees a model, which cannot
/// hold everything that the value did (unknown parts of a list, refinements): what it left alone
/// stays as it was.
pub(super) fn merge(planned: Dynamic, before: &Dynamic, after: Dynamic) -> Dynamic {
    if *before == after {
        return planned;
    }
    match (planned, after) {
        (Dynamic::Object(planned), Dynamic::Object(mut after)) => Dynamic::Object(
            planned
                .into_iter()
                .map(|(name, planned)| {
                    let value = match after.remove(&name) {
                        Some(after) => merge(planned, member(before, &name), after),
                        None => planned,
                    };
                    (name, value)
                })
                .collect(),
        ),
        (Dynamic::List(planned), Dynamic::List(after)) if planned.len() == after.len() => {
            Dynamic::List(
                planned
                    .into_iter()
                    .zip(after)
                    .enumerate()
                    .map(|(index, (planned, after))| merge(planned, element(before, index), after))
                    .collect(),
            )
        }
        (_, after) => after,
    }
}

/// The root attributes and blocks that the resource's hook changed.
pub(super) fn touched(before: &Dynamic, after: &Dynamic) -> BTreeSet<String> {
    match after {
        Dynamic::Object(members) => members
            .iter()
            .filter(|(name, value)| member(before, name) != *value)
            .map(|(name, _)| name.clone())
            .collect(),
        _ => BTreeSet::new(),
    }
}

/// Nulls every write-only value.
pub(super) fn null_write_only(parts: Parts<'_>, value: Dynamic) -> Dynamic {
    let Dynamic::Object(mut members) = value else {
        return value;
    };
    let deeper =
        |parts: Parts<'_>, _: &Dynamic, _: &Dynamic, value: Dynamic| null_write_only(parts, value);
    let null = &Dynamic::Null;
    for attribute in parts.attributes {
        if let Some(value) = members.get_mut(&attribute.name) {
            if attribute.write_only {
                *value = Dynamic::Null;
            } else if let Some((nesting, parts)) = nested(attribute) {
                *value = each(nesting, parts, null, null, std::mem::take(value), &deeper);
            }
        }
    }
    for block in parts.blocks {
        if let Some(value) = members.get_mut(&block.name) {
            let parts = (&block.block).into();
            let old = std::mem::take(value);
            *value = each(block.nesting, parts, null, null, old, &deeper);
        }
    }
    Dynamic::Object(members)
}

/// The attributes whose change replaces the object, of those that do change.
pub(super) fn replacements(parts: Parts<'_>, prior: &Dynamic, planned: &Dynamic) -> Vec<Path> {
    let mut found = Vec::new();
    if matches!(prior, Dynamic::Object(_)) {
        replacing_members(parts, prior, planned, &Path::root(), &mut found);
    }
    found
}

fn replacing_members(
    parts: Parts<'_>,
    prior: &Dynamic,
    planned: &Dynamic,
    path: &Path,
    found: &mut Vec<Path>,
) {
    for attribute in parts.attributes {
        let name = &attribute.name;
        let (prior, planned) = (member(prior, name), member(planned, name));
        if prior == planned {
            continue;
        }
        let path = path.clone().attr(name);
        if attribute.modifiers.replaces {
            found.push(path);
        } else if let Some((nesting, parts)) = nested(attribute) {
            replacing_elements(nesting, parts, prior, planned, &path, found);
        }
    }
    for block in parts.blocks {
        let name = &block.name;
        let (prior, planned) = (member(prior, name), member(planned, name));
        if prior != planned {
            let path = path.clone().attr(name);
            let parts = (&block.block).into();
            replacing_elements(block.nesting, parts, prior, planned, &path, found);
        }
    }
}

fn replacing_elements(
    nesting: Nesting,
    parts: Parts<'_>,
    prior: &Dynamic,
    planned: &Dynamic,
    path: &Path,
    found: &mut Vec<Path>,
) {
    match nesting {
        Nesting::Single | Nesting::Group => {
            replacing_members(parts, prior, planned, path, found);
        }
        Nesting::List => {
            let length = |list: &Dynamic| list.elements().map_or(0, <[Dynamic]>::len);
            for index in 0..length(prior).max(length(planned)) {
                let path = path.clone().index(position(index));
                let (prior, planned) = (element(prior, index), element(planned, index));
                replacing_members(parts, prior, planned, &path, found);
            }
        }
        Nesting::Map => {
            let keys = |map: &Dynamic| match map {
                Dynamic::Map(entries) => entries.keys().cloned().collect(),
                _ => BTreeSet::new(),
            };
            for key in &keys(prior) | &keys(planned) {
                let path = path.clone().key(&key);
                let (prior, planned) = (entry(prior, &key), entry(planned, &key));
                replacing_members(parts, prior, planned, &path, found);
            }
        }
        // No path leads into a set.
        Nesting::Set => {
            if replaces_anywhere(parts) {
                found.push(path.clone());
            }
        }
    }
}

fn replaces_anywhere(parts: Parts<'_>) -> bool {
    parts.attributes.iter().any(|attribute| {
        attribute.modifiers.replaces
            || nested(attribute).is_some_and(|(_, parts)| replaces_anywhere(parts))
    }) || parts
        .blocks
        .iter()
        .any(|block| replaces_anywhere((&block.block).into()))
}
