//! Schemas, from plain data to the wire. Names are sorted, so that two runs of one build give the
//! same bytes whatever order an author wrote them in.

use crate::plugin::proto::tfplugin6 as proto;
use crate::plugin::proto::tfplugin6::schema::nested_block::NestingMode as BlockNesting;
use crate::plugin::proto::tfplugin6::schema::object::NestingMode as ObjectNesting;
use crate::plugin::schema::{
    AttributeData, AttributeType, Block, IdentityData, NestedBlock, NestedObject, Nesting,
    SchemaData,
};
use crate::plugin::value::Type;

/// The schema of a provider, a resource or a data source.
pub(super) fn schema(data: &SchemaData) -> proto::Schema {
    proto::Schema {
        version: data.version,
        block: Some(block(&data.block)),
    }
}

/// The schema of an identity.
pub(super) fn identity(data: &IdentityData) -> proto::ResourceIdentitySchema {
    use proto::resource_identity_schema::IdentityAttribute;
    let attributes = data.attributes.iter().map(|attribute| IdentityAttribute {
        name: attribute.name.clone(),
        r#type: type_constraint(&attribute.ty),
        required_for_import: attribute.required_for_import,
        optional_for_import: attribute.optional_for_import,
        description: attribute.description.clone(),
    });
    proto::ResourceIdentitySchema {
        version: data.version,
        identity_attributes: sorted(attributes, |attribute| &attribute.name),
    }
}

fn block(data: &Block) -> proto::schema::Block {
    proto::schema::Block {
        // Of no use to any client; the schema has the version.
        version: 0,
        attributes: attributes(&data.attributes),
        block_types: sorted(data.blocks.iter().map(nested_block), |nested| {
            &nested.type_name
        }),
        description: data.description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        deprecated: data.deprecated.is_some(),
        deprecation_message: data.deprecated.clone().unwrap_or_default(),
        computed: false,
    }
}

fn nested_block(data: &NestedBlock) -> proto::schema::NestedBlock {
    let nesting = match data.nesting {
        Nesting::Single => BlockNesting::Single,
        Nesting::Group => BlockNesting::Group,
        Nesting::List => BlockNesting::List,
        Nesting::Set => BlockNesting::Set,
        Nesting::Map => BlockNesting::Map,
    };
    proto::schema::NestedBlock {
        type_name: data.name.clone(),
        block: Some(block(&data.block)),
        nesting: nesting.into(),
        min_items: data.min_items,
        max_items: data.max_items,
    }
}

fn attributes(data: &[AttributeData]) -> Vec<proto::schema::Attribute> {
    sorted(data.iter().map(attribute), |attribute| &attribute.name)
}

fn attribute(data: &AttributeData) -> proto::schema::Attribute {
    let (ty, nested_type) = match &data.ty {
        AttributeType::Plain(ty) => (type_constraint(ty), None),
        AttributeType::Nested(nested) => (Vec::new(), Some(object(nested))),
    };
    proto::schema::Attribute {
        name: data.name.clone(),
        r#type: ty,
        nested_type,
        description: data.description.clone(),
        required: data.required,
        optional: data.optional,
        computed: data.computed,
        sensitive: data.sensitive,
        description_kind: proto::StringKind::Markdown.into(),
        deprecated: data.deprecated.is_some(),
        write_only: data.write_only,
        deprecation_message: data.deprecated.clone().unwrap_or_default(),
    }
}

#[expect(deprecated, reason = "the generated struct has the old limits")]
fn object(data: &NestedObject) -> proto::schema::Object {
    let nesting = match data.nesting {
        // Groups are for blocks; the schema's self-check refuses them here.
        Nesting::Single | Nesting::Group => ObjectNesting::Single,
        Nesting::List => ObjectNesting::List,
        Nesting::Set => ObjectNesting::Set,
        Nesting::Map => ObjectNesting::Map,
    };
    proto::schema::Object {
        attributes: attributes(&data.attributes),
        nesting: nesting.into(),
        min_items: 0,
        max_items: 0,
    }
}

fn type_constraint(ty: &Type) -> Vec<u8> {
    ty.to_json().into_bytes()
}

fn sorted<T>(items: impl Iterator<Item = T>, name: impl Fn(&T) -> &String) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_by(|a, b| name(a).cmp(name(b)));
    items
}
