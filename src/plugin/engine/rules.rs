//! Terraform core's own rules for what a provider may plan and return, so that a mistake is found
//! here, with a better message, and so that tests can hold every plan and apply against them.

use super::values::{Parts, element, entry, map_elements, member, nested, position, unknown_paths};
use crate::plugin::schema::{AttributeData, Block, Nesting};
use crate::plugin::value::{Dynamic, Path};

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where.
    pub path: Path,
    /// What is wrong, lower case, without a final period.
    pub message: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.0.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

type Violations = Vec<Violation>;

fn broken(found: &mut Violations, path: &Path, message: &str) {
    found.push(Violation {
        path: path.clone(),
        message: message.to_owned(),
    });
}

/// Whether a plan is one that core accepts.
#[must_use]
pub fn check_plan(
    block: &Block,
    prior: &Dynamic,
    config: &Dynamic,
    planned: &Dynamic,
) -> Violations {
    let mut found = Vec::new();
    planned_object(
        block.into(),
        prior,
        config,
        planned,
        &Path::default(),
        &mut found,
    );
    found
}

fn planned_object(
    parts: Parts<'_>,
    prior: &Dynamic,
    config: &Dynamic,
    planned: &Dynamic,
    path: &Path,
    found: &mut Violations,
) {
    match (config.is_null(), planned.is_null()) {
        (true, true) => return,
        (true, false) => return broken(found, path, "planned although the configuration is null"),
        (false, true) => return broken(found, path, "planned as null although it is configured"),
        (false, false) => {}
    }
    if config.is_unknown() {
        if !planned.is_unknown() {
            broken(
                found,
                path,
                "planned as known although the configuration is not",
            );
        }
        return;
    }
    if planned.is_unknown() {
        return broken(found, path, "planned as unknown although it is configured");
    }
    for attribute in parts.attributes {
        planned_value(
            attribute,
            member(prior, &attribute.name),
            member(config, &attribute.name),
            member(planned, &attribute.name),
            &path.clone().attr(&attribute.name),
            found,
        );
    }
    for block in parts.blocks {
        let path = path.clone().attr(&block.name);
        let prior = member(prior, &block.name);
        let config = member(config, &block.name);
        let planned = member(planned, &block.name);
        let parts = (&block.block).into();
        if matches!(block.nesting, Nesting::Single) {
            planned_object(parts, prior, config, planned, &path, found);
        } else if planned.is_null() {
            broken(found, &path, "blocks that may be repeated are never null");
        } else {
            planned_elements(block.nesting, parts, prior, config, planned, &path, found);
        }
    }
}

fn planned_elements(
    nesting: Nesting,
    parts: Parts<'_>,
    prior: &Dynamic,
    config: &Dynamic,
    planned: &Dynamic,
    path: &Path,
    found: &mut Violations,
) {
    if config.is_unknown() || planned.is_unknown() {
        if config.is_unknown() != planned.is_unknown() {
            broken(found, path, "known in only one of plan and configuration");
        }
        return;
    }
    match (nesting, config, planned) {
        (Nesting::Single | Nesting::Group, _, _) => {
            planned_object(parts, prior, config, planned, path, found);
        }
        (Nesting::List, Dynamic::List(wanted), Dynamic::List(elements)) => {
            if wanted.len() != elements.len() {
                return broken(found, path, "planned with another number of elements");
            }
            for (index, (wanted, planned)) in wanted.iter().zip(elements).enumerate() {
                let path = path.clone().index(position(index));
                planned_object(parts, element(prior, index), wanted, planned, &path, found);
            }
        }
        (Nesting::Map, Dynamic::Map(wanted), Dynamic::Map(entries)) => {
            if !wanted.keys().eq(entries.keys()) {
                return broken(found, path, "planned with other keys");
            }
            for (key, planned) in entries {
                let path = path.clone().key(key);
                planned_object(
                    parts,
                    entry(prior, key),
                    entry(config, key),
                    planned,
                    &path,
                    found,
                );
            }
        }
        (Nesting::Set, Dynamic::Set(wanted), Dynamic::Set(elements)) => {
            if elements.len() > wanted.len() {
                broken(found, path, "planned with more elements than configured");
            }
        }
        _ => broken(found, path, "planned with another shape than configured"),
    }
}

fn planned_value(
    attribute: &AttributeData,
    prior: &Dynamic,
    config: &Dynamic,
    planned: &Dynamic,
    path: &Path,
    found: &mut Violations,
) {
    if attribute.write_only {
        if !planned.is_null() {
            broken(
                found,
                path,
                "a write-only attribute must be planned as null",
            );
        }
        return;
    }
    let as_configured = unrefined(planned) == unrefined(config);
    let as_before = planned == prior && !prior.is_null() && !config.is_null();
    let free = attribute.read_only() || attribute.computed && config.is_null();
    if as_configured || as_before || free {
        return;
    }
    if config.is_null() {
        return broken(
            found,
            path,
            "planned with a value although it is neither configured nor computed",
        );
    }
    if planned.is_null() {
        return broken(found, path, "planned as null although it is configured");
    }
    match nested(attribute) {
        Some((nesting, parts)) => {
            planned_elements(nesting, parts, prior, config, planned, path, found);
        }
        None if config.is_unknown() => {
            broken(
                found,
                path,
                "planned as known although the configuration is not",
            );
        }
        None if planned.is_unknown() => {
            broken(found, path, "planned as unknown although it is configured");
        }
        None => broken(
            found,
            path,
            "planned with a value that is neither the configured nor the prior one",
        ),
    }
}

fn unrefined(value: &Dynamic) -> Dynamic {
    match value {
        Dynamic::Unknown(_) => Dynamic::Unknown(None),
        Dynamic::Object(members) => Dynamic::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), unrefined(value)))
                .collect(),
        ),
        Dynamic::Tuple(elements) => Dynamic::Tuple(elements.iter().map(unrefined).collect()),
        other => map_elements(other.clone(), |element| unrefined(&element)),
    }
}

/// Whether every path that requires replacement leads somewhere.
#[must_use]
pub fn check_replaces(prior: &Dynamic, planned: &Dynamic, replaces: &[Path]) -> Violations {
    let mut found = Vec::new();
    for path in replaces {
        if prior.get(path).is_none() && planned.get(path).is_none() {
            broken(
                &mut found,
                path,
                "requires replacement, but there is no such attribute",
            );
        }
    }
    found
}

/// Whether a later value keeps what a plan promised: the final plan of an apply, or (with `known`)
/// its result.
#[must_use]
pub fn check_compatible(planned: &Dynamic, actual: &Dynamic, known: bool) -> Violations {
    let mut found = Vec::new();
    compatible(planned, actual, &Path::default(), &mut found);
    if known {
        for path in unknown_paths(actual) {
            broken(&mut found, &path, "still unknown after apply");
        }
    }
    found
}

fn compatible(planned: &Dynamic, actual: &Dynamic, path: &Path, found: &mut Violations) {
    match (planned, actual) {
        (Dynamic::Unknown(None), _) => {}
        (Dynamic::Unknown(Some(refinement)), actual) => {
            if !refinement.admits(actual) {
                broken(found, path, "not what was promised of the unknown value");
            }
        }
        (_, Dynamic::Unknown(_)) => broken(found, path, "was known and is unknown now"),
        (Dynamic::Null, Dynamic::Null) => {}
        (Dynamic::Null, _) => broken(found, path, "was null and is not now"),
        (_, Dynamic::Null) => broken(found, path, "was not null and is null now"),
        (Dynamic::List(wanted), Dynamic::List(elements))
        | (Dynamic::Tuple(wanted), Dynamic::Tuple(elements)) => {
            if wanted.len() != elements.len() {
                return broken(found, path, "another number of elements");
            }
            for (index, (wanted, element)) in wanted.iter().zip(elements).enumerate() {
                compatible(wanted, element, &path.clone().index(position(index)), found);
            }
        }
        (Dynamic::Map(wanted), Dynamic::Map(entries)) => {
            if !wanted.keys().eq(entries.keys()) {
                return broken(found, path, "other keys");
            }
            for (key, element) in entries {
                compatible(entry(planned, key), element, &path.clone().key(key), found);
            }
        }
        (Dynamic::Object(wanted), Dynamic::Object(members)) => {
            if !wanted.keys().eq(members.keys()) {
                return broken(found, path, "other attributes");
            }
            for (name, value) in members {
                compatible(
                    member(planned, name),
                    value,
                    &path.clone().attr(name),
                    found,
                );
            }
        }
        (Dynamic::Set(wanted), Dynamic::Set(elements)) => {
            let fits = |wanted: &Dynamic, element: &Dynamic| {
                let mut found = Vec::new();
                compatible(wanted, element, path, &mut found);
                found.is_empty()
            };
            if elements.len() > wanted.len() {
                broken(found, path, "more elements");
            } else if !wanted.iter().all(|w| elements.iter().any(|e| fits(w, e))) {
                broken(found, path, "a planned element is missing");
            } else if !elements.iter().all(|e| wanted.iter().any(|w| fits(w, e))) {
                broken(found, path, "an element was not planned");
            }
        }
        (planned, actual) => {
            if planned != actual {
                broken(found, path, "another value than the planned one");
            }
        }
    }
}
