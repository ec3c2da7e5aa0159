//! What a configuration shows by itself: arguments that are missing, that only the provider may
//! set, that break a rule, or that are deprecated. Everything is found in one run; what is not
//! known yet is not judged.

use super::values::{Parts, is_empty, nested, position};
use crate::plugin::author::{MISFIT, misfit};
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::schema::{AttributeData, Block, Nesting};
use crate::plugin::value::{Dynamic, Path};

/// Checks a configuration by its schema, and asks the author too, where every value at least fits
/// the model.
pub(super) fn whole(
    block: &Block,
    config: &Dynamic,
    write_only_allowed: bool,
    author: impl FnOnce() -> Diagnostics,
) -> Diagnostics {
    let mut diagnostics = check(block, config, write_only_allowed);
    if !diagnostics.iter().any(|d| d.summary == MISFIT) {
        diagnostics.extend(author());
    }
    diagnostics
}

/// Checks a whole configuration by its schema.
fn check(block: &Block, config: &Dynamic, write_only_allowed: bool) -> Diagnostics {
    let mut checker = Checker {
        diagnostics: Diagnostics::new(),
        write_only_allowed,
    };
    if let (Some(message), false) = (&block.deprecated, config.is_null()) {
        checker
            .diagnostics
            .push(Diagnostic::warning("Deprecated", message.clone()));
    }
    checker.object(block.into(), config, &Place::root());
    checker.diagnostics
}

struct Checker {
    diagnostics: Diagnostics,
    write_only_allowed: bool,
}

/// Where we are. A path cannot lead into a set, so it ends there, while the name goes on.
#[derive(Clone)]
struct Place {
    path: Path,
    name: String,
    in_set: bool,
}

impl Place {
    fn root() -> Self {
        Self {
            path: Path::default(),
            name: String::new(),
            in_set: false,
        }
    }

    fn attribute(&self, name: &str) -> Self {
        let name_here = if self.name.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.name)
        };
        self.step(name_here, |path| path.clone().attr(name))
    }

    fn index(&self, index: usize) -> Self {
        self.step(format!("{}[{index}]", self.name), |path| {
            path.clone().index(position(index))
        })
    }

    fn key(&self, key: &str) -> Self {
        self.step(format!("{}[{key:?}]", self.name), |path| {
            path.clone().key(key)
        })
    }

    fn set(&self) -> Self {
        Self {
            in_set: true,
            ..self.clone()
        }
    }

    fn step(&self, name: String, longer: impl FnOnce(&Path) -> Path) -> Self {
        Self {
            path: if self.in_set {
                self.path.clone()
            } else {
                longer(&self.path)
            },
            name,
            in_set: self.in_set,
        }
    }
}

impl Checker {
    fn error(&mut self, place: &Place, summary: &str, detail: String) {
        self.diagnostics
            .push(Diagnostic::error(summary, detail).at(place.path.clone()));
    }

    fn object(&mut self, parts: Parts<'_>, value: &Dynamic, place: &Place) {
        let Dynamic::Object(members) = value else {
            return;
        };
        for attribute in parts.attributes {
            let value = members.get(&attribute.name).unwrap_or(&Dynamic::Null);
            self.attribute(attribute, value, &place.attribute(&attribute.name));
        }
        for block in parts.blocks {
            let value = members.get(&block.name).unwrap_or(&Dynamic::Null);
            let place = place.attribute(&block.name);
            let written = !value.is_null() && !is_empty(value);
            if let (Some(message), true) = (&block.block.deprecated, written) {
                self.diagnostics.push(
                    Diagnostic::warning("Deprecated Block", message.clone()).at(place.path.clone()),
                );
            }
            self.elements(block.nesting, (&block.block).into(), value, &place);
        }
    }

    fn elements(&mut self, nesting: Nesting, parts: Parts<'_>, value: &Dynamic, place: &Place) {
        match (nesting, value) {
            (Nesting::Single | Nesting::Group, value) => self.object(parts, value, place),
            (Nesting::List, Dynamic::List(elements)) => {
                for (index, element) in elements.iter().enumerate() {
                    self.object(parts, element, &place.index(index));
                }
            }
            (Nesting::Set, Dynamic::Set(elements)) => {
                for element in elements {
                    self.object(parts, element, &place.set());
                }
            }
            (Nesting::Map, Dynamic::Map(entries)) => {
                for (key, element) in entries {
                    self.object(parts, element, &place.key(key));
                }
            }
            _ => {}
        }
    }

    fn attribute(&mut self, attribute: &AttributeData, value: &Dynamic, place: &Place) {
        if value.is_unknown() {
            return;
        }
        let name = &place.name;
        if value.is_null() {
            if attribute.required {
                self.error(
                    place,
                    "Missing Required Argument",
                    format!("`{name}` is required, but its value is null. Give it a value."),
                );
            }
            return;
        }
        if attribute.read_only() {
            self.error(
                place,
                "Value For Read-Only Attribute",
                format!(
                    "`{name}` is set by the provider and cannot be set in the configuration. \
                     Remove it."
                ),
            );
            return;
        }
        if attribute.write_only && !self.write_only_allowed {
            self.error(
                place,
                "Write-Only Attribute Not Supported",
                format!(
                    "`{name}` is write-only, which this version of Terraform would store in its \
                     state. Use Terraform 1.11 or later, or remove the argument."
                ),
            );
        }
        if let Some(message) = &attribute.deprecated {
            self.diagnostics.push(
                Diagnostic::warning("Deprecated Attribute", message.clone()).at(place.path.clone()),
            );
        }
        if let Some((nesting, parts)) = nested(attribute) {
            // The members tell more than the whole could.
            self.elements(nesting, parts, value, place);
        } else if let Err(error) = attribute.probe.check(value) {
            let mut diagnostic = misfit(&error);
            let mut path = place.path.clone();
            if !place.in_set {
                path.0.extend(error.path.0);
            }
            diagnostic.path = Some(path);
            self.diagnostics.push(diagnostic);
            return;
        }
        if !value.is_wholly_known() {
            return;
        }
        for rule in &attribute.rules {
            let Err(why) = rule.check(value) else {
                continue;
            };
            // A rule's own words may hold the value.
            let detail = if attribute.sensitive || attribute.write_only {
                format!("the value of `{name}` must be: {}.", rule.description)
            } else {
                format!("`{name}`: {why}")
            };
            self.error(place, rule.summary, detail);
        }
    }
}
