//! Whether a schema and its model agree: every attribute reaches a field of its own and comes back.

use std::collections::BTreeMap;

use crate::plugin::author::{AnyDataSource, AnyResource, BoundDataSource, BoundResource};
use crate::plugin::schema::check::{self, Kind};
use crate::plugin::schema::{AttributeData, AttributeType, Block, Nesting};
use crate::plugin::value::{Dynamic, ObjectType, Type, ValueError};

/// Everything that is wrong with a resource's definition: its name, its schema, its identity, its
/// bindings and its samples.
#[must_use]
pub fn check_resource<C: 'static>(
    provider: &str,
    resource: &'static dyn AnyResource<C>,
) -> Vec<String> {
    let bound: Box<dyn BoundResource<C>> = resource.bind();
    let mut broken = check::type_name(provider, resource.name());
    broken.extend(check::schema(bound.data(), Kind::Resource));
    if let Some(identity) = bound.identity() {
        broken.extend(check::identity(identity));
    }
    for version in bound.upgrade_versions() {
        if !(0..bound.data().version).contains(&version) {
            broken.push(format!("there is an upgrade from version {version}"));
        }
    }
    broken.extend(round_trips(
        &bound.data().block,
        bound.ty(),
        &bound.samples(),
        |value| bound.rebind(value),
    ));
    broken
}

/// Everything that is wrong with a data source's definition.
#[must_use]
pub fn check_data_source<C: 'static>(
    provider: &str,
    source: &'static dyn AnyDataSource<C>,
) -> Vec<String> {
    let bound: Box<dyn BoundDataSource<C>> = source.bind();
    let mut broken = check::type_name(provider, source.name());
    broken.extend(check::schema(bound.data(), Kind::DataSource));
    broken.extend(round_trips(
        &bound.data().block,
        bound.ty(),
        &bound.samples(),
        |value| bound.rebind(value),
    ));
    broken
}

fn round_trips(
    block: &Block,
    ty: &Type,
    samples: &[Dynamic],
    rebind: impl Fn(Dynamic) -> Result<Dynamic, ValueError>,
) -> Vec<String> {
    let mut broken = Vec::new();
    let mut cases = vec![
        ("distinct values", synthesize(block)),
        ("nulls", empty(block, &Dynamic::Null)),
        ("unknowns", empty(block, &Dynamic::unknown())),
    ];
    cases.extend(samples.iter().map(|sample| ("a sample", sample.clone())));
    for (what, value) in cases {
        if let Err(error) = value.conforms(ty) {
            broken.push(format!("{what} do not conform to the schema: {error}"));
        }
        match rebind(value.clone()) {
            Ok(back) => differences(&value, &back, String::new(), what, &mut broken),
            Err(error) => broken.push(format!("{what} do not fit the model: {error}")),
        }
    }
    broken
}

fn differences(sent: &Dynamic, back: &Dynamic, path: String, what: &str, broken: &mut Vec<String>) {
    if let (Dynamic::Object(sent), Dynamic::Object(back)) = (sent, back) {
        for (name, value) in sent {
            match back.get(name) {
                Some(back) => differences(value, back, format!("{path}.{name}"), what, broken),
                None => broken.push(format!("{path}.{name}: is not bound to any field")),
            }
        }
    } else if sent != back {
        broken.push(format!(
            "{path}: {what} come back changed; two attributes may share a field"
        ));
    }
}

/// A value of the schema in which no two parts are equal.
#[must_use]
pub fn synthesize(block: &Block) -> Dynamic {
    let mut counter = 0;
    of_block(block, &mut counter)
}

fn of_block(block: &Block, counter: &mut i64) -> Dynamic {
    let mut members = BTreeMap::new();
    for attribute in &block.attributes {
        members.insert(attribute.name.clone(), of_attribute(attribute, counter));
    }
    for nested in &block.blocks {
        let value = wrap(nested.nesting, counter, |counter| {
            of_block(&nested.block, counter)
        });
        members.insert(nested.name.clone(), value);
    }
    Dynamic::Object(members)
}

fn of_attribute(attribute: &AttributeData, counter: &mut i64) -> Dynamic {
    match &attribute.ty {
        AttributeType::Plain(ty) => of_type(ty, counter),
        AttributeType::Nested(object) => wrap(object.nesting, counter, |counter| {
            Dynamic::Object(
                object
                    .attributes
                    .iter()
                    .map(|a| (a.name.clone(), of_attribute(a, counter)))
                    .collect(),
            )
        }),
    }
}

fn wrap(nesting: Nesting, counter: &mut i64, mut make: impl FnMut(&mut i64) -> Dynamic) -> Dynamic {
    match nesting {
        Nesting::Single | Nesting::Group => make(counter),
        Nesting::List => Dynamic::List(vec![make(counter), make(counter)]),
        Nesting::Set => Dynamic::set_of(vec![make(counter), make(counter)]),
        Nesting::Map => Dynamic::map_of([("a", make(counter)), ("b", make(counter))]),
    }
}

fn of_type(ty: &Type, counter: &mut i64) -> Dynamic {
    *counter += 1;
    match ty {
        // A bool has too few values to be distinct; neighbours differ at least.
        Type::Bool => Dynamic::Bool(*counter % 2 == 0),
        Type::Number => Dynamic::from(*counter),
        Type::String => Dynamic::string(format!("text {counter}")),
        Type::Dynamic => Dynamic::string(format!("any {counter}")).into_typed(),
        Type::List(element) => Dynamic::List(vec![of_type(element, counter)]),
        Type::Set(element) => Dynamic::set_of(vec![of_type(element, counter)]),
        Type::Map(element) => Dynamic::map_of([("key", of_type(element, counter))]),
        Type::Tuple(types) => Dynamic::Tuple(types.iter().map(|ty| of_type(ty, counter)).collect()),
        Type::Object(ObjectType { attributes, .. }) => Dynamic::object(
            attributes
                .iter()
                .map(|(name, ty)| (name.clone(), of_type(ty, counter))),
        ),
    }
}

/// An object in which every attribute is `value`, and in which there are no blocks.
fn empty(block: &Block, value: &Dynamic) -> Dynamic {
    let mut members = BTreeMap::new();
    for attribute in &block.attributes {
        members.insert(attribute.name.clone(), value.clone());
    }
    for nested in &block.blocks {
        let value = match nested.nesting {
            Nesting::Single | Nesting::Group => Dynamic::Null,
            Nesting::List => Dynamic::List(Vec::new()),
            Nesting::Set => Dynamic::Set(Vec::new()),
            Nesting::Map => Dynamic::Map(BTreeMap::new()),
        };
        members.insert(nested.name.clone(), value);
    }
    Dynamic::Object(members)
}
