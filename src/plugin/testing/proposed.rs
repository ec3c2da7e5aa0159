//! What Terraform proposes as the new state: the configuration, merged with the state wherever the
//! author left a computed attribute to the provider.

use std::collections::BTreeMap;

use crate::plugin::schema::{
    AttributeData, AttributeType, Block, NestedBlock, NestedObject, Nesting,
};
use crate::plugin::value::{Dynamic, Type};

static NULL: Dynamic = Dynamic::Null;

fn member<'a>(object: &'a Dynamic, name: &str) -> &'a Dynamic {
    object.attribute(name).unwrap_or(&NULL)
}

/// The proposed new state of an object: null where there is no configuration.
#[must_use]
pub fn proposed_new(block: &Block, prior: &Dynamic, config: &Dynamic) -> Dynamic {
    if config.is_null() {
        return Dynamic::Null;
    }
    if config.is_unknown() {
        return config.clone();
    }
    let mut members = proposed_attributes(&block.attributes, prior, config);
    for nested in &block.blocks {
        let value = proposed_block(
            nested,
            member(prior, &nested.name),
            member(config, &nested.name),
        );
        members.insert(nested.name.clone(), value);
    }
    Dynamic::Object(members)
}

fn proposed_block(nested: &NestedBlock, prior: &Dynamic, config: &Dynamic) -> Dynamic {
    if config.is_unknown() {
        return config.clone();
    }
    elements(
        nested.nesting,
        prior,
        config,
        &|prior, config| proposed_new(&nested.block, prior, config),
        &|prior, config| pairs_block(&nested.block, prior, config),
    )
}

fn proposed_attributes(
    attributes: &[AttributeData],
    prior: &Dynamic,
    config: &Dynamic,
) -> BTreeMap<String, Dynamic> {
    attributes
        .iter()
        .map(|attribute| {
            let name = &attribute.name;
            let value = proposed_attribute(attribute, member(prior, name), member(config, name));
            (name.clone(), value)
        })
        .collect()
}

fn proposed_attribute(attribute: &AttributeData, prior: &Dynamic, config: &Dynamic) -> Dynamic {
    if attribute.computed && config.is_null() {
        // Members that no provider could have set were written by the author, who has removed
        // them since.
        return match &attribute.ty {
            AttributeType::Nested(object) if attribute.optional && has_written(object, prior) => {
                Dynamic::Null
            }
            _ => prior.clone(),
        };
    }
    match &attribute.ty {
        AttributeType::Plain(_) => config.clone(),
        AttributeType::Nested(_) if config.is_null() || config.is_unknown() => config.clone(),
        AttributeType::Nested(object) => elements(
            object.nesting,
            prior,
            config,
            &|prior, config| {
                if config.is_null() || config.is_unknown() {
                    return config.clone();
                }
                Dynamic::Object(proposed_attributes(&object.attributes, prior, config))
            },
            &|prior, config| pairs(&object.attributes, prior, config),
        ),
    }
}

fn has_written(object: &NestedObject, prior: &Dynamic) -> bool {
    let in_object = |value: &Dynamic| {
        object.attributes.iter().any(|attribute| {
            let value = member(value, &attribute.name);
            !value.is_null()
                && match &attribute.ty {
                    AttributeType::Nested(inner) => {
                        !attribute.computed || has_written(inner, value)
                    }
                    AttributeType::Plain(_) => !attribute.computed,
                }
        })
    };
    match prior {
        Dynamic::Object(_) => in_object(prior),
        Dynamic::Map(entries) => entries.values().any(in_object),
        other => other.elements().is_some_and(|e| e.iter().any(in_object)),
    }
}

type Merge<'f> = &'f dyn Fn(&Dynamic, &Dynamic) -> Dynamic;
type Pairs<'f> = &'f dyn Fn(&Dynamic, &Dynamic) -> bool;

fn elements(
    nesting: Nesting,
    prior: &Dynamic,
    config: &Dynamic,
    merge: Merge<'_>,
    pairs: Pairs<'_>,
) -> Dynamic {
    match (nesting, config) {
        (Nesting::Single | Nesting::Group, config) => merge(prior, config),
        (Nesting::List, Dynamic::List(wanted)) => {
            let before = prior.elements().unwrap_or_default();
            Dynamic::List(
                wanted
                    .iter()
                    .enumerate()
                    .map(|(index, config)| merge(before.get(index).unwrap_or(&NULL), config))
                    .collect(),
            )
        }
        (Nesting::Map, Dynamic::Map(wanted)) => Dynamic::Map(
            wanted
                .iter()
                .map(|(key, config)| (key.clone(), merge(member(prior, key), config)))
                .collect(),
        ),
        (Nesting::Set, Dynamic::Set(wanted)) => {
            let mut unused: Vec<&Dynamic> = prior.elements().unwrap_or_default().iter().collect();
            Dynamic::set_of(
                wanted
                    .iter()
                    .map(|config| {
                        let prior = match unused.iter().position(|prior| pairs(prior, config)) {
                            Some(index) => unused.remove(index),
                            None => &NULL,
                        };
                        merge(prior, config)
                    })
                    .collect(),
            )
        }
        (_, config) => config.clone(),
    }
}

fn pairs(attributes: &[AttributeData], prior: &Dynamic, config: &Dynamic) -> bool {
    attributes.iter().all(|attribute| {
        let (prior, config) = (
            member(prior, &attribute.name),
            member(config, &attribute.name),
        );
        attribute.computed && config.is_null() || prior == config
    })
}

fn pairs_block(block: &Block, prior: &Dynamic, config: &Dynamic) -> bool {
    pairs(&block.attributes, prior, config)
        && block
            .blocks
            .iter()
            .all(|nested| member(prior, &nested.name) == member(config, &nested.name))
}

/// The configuration in which the author wrote only these; everything else is null or no blocks.
pub(super) fn complete(block: &Block, written: Dynamic) -> Dynamic {
    let Dynamic::Object(mut written) = written else {
        return written;
    };
    let mut members = BTreeMap::new();
    for attribute in &block.attributes {
        let value = written.remove(&attribute.name).unwrap_or_default();
        let value = match &attribute.ty {
            AttributeType::Plain(_) => value,
            AttributeType::Nested(object) => {
                let inner = Block {
                    attributes: object.attributes.clone(),
                    ..Block::default()
                };
                inside(value, |element| complete(&inner, element))
            }
        };
        members.insert(attribute.name.clone(), value);
    }
    for nested in &block.blocks {
        let value = written.remove(&nested.name).unwrap_or_default();
        let value = match (&nested.implied_type(), value) {
            (Type::List(_), Dynamic::Null) => Dynamic::List(Vec::new()),
            (Type::Set(_), Dynamic::Null) => Dynamic::Set(Vec::new()),
            (Type::Map(_), Dynamic::Null) => Dynamic::Map(BTreeMap::new()),
            (_, value) => inside(value, |element| complete(&nested.block, element)),
        };
        members.insert(nested.name.clone(), value);
    }
    // A name that the schema does not have is left in, for the encoder to refuse.
    members.extend(written);
    Dynamic::Object(members)
}

fn inside(value: Dynamic, mut change: impl FnMut(Dynamic) -> Dynamic) -> Dynamic {
    match value {
        Dynamic::List(elements) => Dynamic::List(elements.into_iter().map(change).collect()),
        Dynamic::Set(elements) => Dynamic::Set(elements.into_iter().map(change).collect()),
        Dynamic::Map(entries) => {
            Dynamic::Map(entries.into_iter().map(|(k, v)| (k, change(v))).collect())
        }
        object @ Dynamic::Object(_) => change(object),
        other => other,
    }
}
