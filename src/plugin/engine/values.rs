//! Small questions about values that every RPC asks.

use std::collections::BTreeMap;

use crate::plugin::schema::{AttributeData, AttributeType, Block, NestedObject, Nesting};
use crate::plugin::value::{Dynamic, Path, Step};

static NULL: Dynamic = Dynamic::Null;

/// The attribute of an object; null where the object is not there.
pub(super) fn member<'a>(object: &'a Dynamic, name: &str) -> &'a Dynamic {
    match object {
        Dynamic::Object(attributes) => attributes.get(name).unwrap_or(&NULL),
        _ => &NULL,
    }
}

/// The element of a list; null where there is none.
pub(super) fn element(list: &Dynamic, index: usize) -> &Dynamic {
    match list {
        Dynamic::List(elements) => elements.get(index).unwrap_or(&NULL),
        _ => &NULL,
    }
}

/// The element of a map; null where there is none.
pub(super) fn entry<'a>(map: &'a Dynamic, key: &str) -> &'a Dynamic {
    match map {
        Dynamic::Map(entries) => entries.get(key).unwrap_or(&NULL),
        _ => &NULL,
    }
}

/// The elements of a set; none where it is not there.
pub(super) fn members(set: &Dynamic) -> &[Dynamic] {
    match set {
        Dynamic::Set(elements) => elements,
        _ => &[],
    }
}

pub(super) fn is_null(value: &Dynamic) -> bool {
    matches!(value, Dynamic::Null)
}

pub(super) fn is_unknown(value: &Dynamic) -> bool {
    matches!(value, Dynamic::Unknown(_))
}

/// An empty string or collection.
pub(super) fn is_empty(value: &Dynamic) -> bool {
    match value {
        Dynamic::String(text) => text.is_empty(),
        Dynamic::List(elements) | Dynamic::Set(elements) | Dynamic::Tuple(elements) => {
            elements.is_empty()
        }
        Dynamic::Map(entries) => entries.is_empty(),
        _ => false,
    }
}

pub(super) use crate::plugin::schema::has_unknown;

/// The path of an attribute below another path.
pub(super) fn below(path: &Path, name: &str) -> Path {
    path.join(Step::Attribute(name.to_owned()))
}

/// The path of a list element.
pub(super) fn at_index(path: &Path, index: usize) -> Path {
    path.join(Step::Index(i64::try_from(index).unwrap_or(i64::MAX)))
}

/// The path of a map element.
pub(super) fn at_key(path: &Path, key: &str) -> Path {
    path.join(Step::Key(key.to_owned()))
}

/// A path as an author would write it: `rule[0].port`, `tags["a"]`.
pub(super) fn print_path(path: &Path) -> String {
    let mut text = String::new();
    for step in &path.0 {
        match step {
            Step::Attribute(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Step::Key(key) => text.push_str(&format!("[{key:?}]")),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

/// Where a value is still unknown; the path of a set for what is in it.
pub(super) fn unknown_paths(value: &Dynamic) -> Vec<Path> {
    fn visit(value: &Dynamic, path: &Path, found: &mut Vec<Path>) {
        match value {
            Dynamic::Unknown(_) => found.push(path.clone()),
            Dynamic::List(elements) | Dynamic::Tuple(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    visit(element, &at_index(path, index), found);
                }
            }
            Dynamic::Set(elements) => {
                if elements.iter().any(has_unknown) {
                    found.push(path.clone());
                }
            }
            Dynamic::Map(entries) => {
                for (key, element) in entries {
                    visit(element, &at_key(path, key), found);
                }
            }
            Dynamic::Object(attributes) => {
                for (name, element) in attributes {
                    visit(element, &below(path, name), found);
                }
            }
            Dynamic::Typed(pair) => visit(&pair.1, path, found),
            Dynamic::Null | Dynamic::Bool(_) | Dynamic::Number(_) | Dynamic::String(_) => {}
        }
    }
    let mut found = Vec::new();
    visit(value, &Path::default(), &mut found);
    found
}

/// The value with every unknown part replaced by null, or by no blocks.
pub(super) fn without_unknowns(block: &Block, value: Dynamic) -> Dynamic {
    let Dynamic::Object(mut attributes) = value else {
        return nulled(value);
    };
    for (name, value) in &mut attributes {
        let old = std::mem::replace(value, Dynamic::Null);
        *value = match block.nested(name) {
            None => nulled(old),
            Some(nested) => match (nested.nesting, old) {
                (Nesting::List, Dynamic::Unknown(_) | Dynamic::Null) => Dynamic::List(Vec::new()),
                (Nesting::Set, Dynamic::Unknown(_) | Dynamic::Null) => Dynamic::Set(Vec::new()),
                (Nesting::Map, Dynamic::Unknown(_) | Dynamic::Null) => {
                    Dynamic::Map(BTreeMap::new())
                }
                (_, old) => {
                    map_elements(old, |element| without_unknowns(&nested.block, element))
                }
            },
        };
    }
    Dynamic::Object(attributes)
}

fn nulled(value: Dynamic) -> Dynamic {
    match value {
        Dynamic::Unknown(_) => Dynamic::Null,
        Dynamic::Object(attributes) => Dynamic::Object(
            attributes
                .into_iter()
                .map(|(name, value)| (name, nulled(value)))
                .collect(),
        ),
        Dynamic::Tuple(elements) => Dynamic::Tuple(elements.into_iter().map(nulled).collect()),
        Dynamic::Typed(pair) => {
            let (ty, value) = *pair;
            Dynamic::Typed(Box::new((ty, nulled(value))))
        }
        other => map_elements(other, nulled),
    }
}

/// The collection with each element changed; a single object counts as its own element.
pub(super) fn map_elements(value: Dynamic, mut change: impl FnMut(Dynamic) -> Dynamic) -> Dynamic {
    match value {
        Dynamic::List(elements) => Dynamic::List(elements.into_iter().map(change).collect()),
        Dynamic::Set(elements) => Dynamic::Set(elements.into_iter().map(change).collect()),
        Dynamic::Map(entries) => Dynamic::Map(
            entries
                .into_iter()
                .map(|(key, element)| (key, change(element)))
                .collect(),
        ),
        Dynamic::Object(_) => change(value),
        other => other,
    }
}

/// The attributes and blocks that the objects of an attribute or block have.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) attributes: &'a [AttributeData],
    pub(super) blocks: &'a [crate::plugin::schema::NestedBlock],
}

impl<'a> From<&'a Block> for Parts<'a> {
    fn from(block: &'a Block) -> Self {
        Self {
            attributes: &block.attributes,
            blocks: &block.blocks,
        }
    }
}

impl<'a> From<&'a NestedObject> for Parts<'a> {
    fn from(object: &'a NestedObject) -> Self {
        Self {
            attributes: &object.attributes,
            blocks: &[],
        }
    }
}

/// The objects inside an attribute, where it has any.
pub(super) fn nested(attribute: &AttributeData) -> Option<(Nesting, Parts<'_>)> {
    match &attribute.ty {
        AttributeType::Plain(_) => None,
        AttributeType::Nested(object) => Some((object.nesting, object.into())),
    }
}
