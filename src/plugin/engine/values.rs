//! Small questions about values that every RPC asks.

use std::collections::BTreeMap;

use crate::plugin::schema::{AttributeData, AttributeType, Block, NestedObject, Nesting};
use crate::plugin::value::{Dynamic, Path};

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

/// An index as paths hold it.
pub(super) fn position(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// Where a value is still unknown; the path of a set for what is in it.
pub(super) fn unknown_paths(value: &Dynamic) -> Vec<Path> {
    fn visit(value: &Dynamic, path: &Path, found: &mut Vec<Path>) {
        match value {
            Dynamic::Unknown(_) => found.push(path.clone()),
            Dynamic::List(elements) | Dynamic::Tuple(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    visit(element, &path.clone().index(position(index)), found);
                }
            }
            Dynamic::Set(elements) => {
                if !elements.iter().all(Dynamic::is_wholly_known) {
                    found.push(path.clone());
                }
            }
            Dynamic::Map(entries) => {
                for (key, element) in entries {
                    visit(element, &path.clone().key(key), found);
                }
            }
            Dynamic::Object(attributes) => {
                for (name, element) in attributes {
                    visit(element, &path.clone().attr(name), found);
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
        return value.unknowns_to_null();
    };
    for (name, value) in &mut attributes {
        let old = std::mem::replace(value, Dynamic::Null);
        *value = match block.nested(name) {
            None => old.unknowns_to_null(),
            Some(nested) => match (nested.nesting, old) {
                (Nesting::List, Dynamic::Unknown(_) | Dynamic::Null) => Dynamic::List(Vec::new()),
                (Nesting::Set, Dynamic::Unknown(_) | Dynamic::Null) => Dynamic::Set(Vec::new()),
                (Nesting::Map, Dynamic::Unknown(_) | Dynamic::Null) => {
                    Dynamic::Map(BTreeMap::new())
                }
                (_, old) => map_elements(old, |element| without_unknowns(&nested.block, element)),
            },
        };
    }
    Dynamic::Object(attributes)
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
