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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::schema::{Identity, ImportUse, Schema};
    use crate::plugin::value::Value;

    #[derive(Default, Clone, PartialEq, Debug)]
    struct Outer {
        zone: Value<String>,
        name: Value<String>,
        secret: Value<String>,
        written: Value<String>,
        old: Value<i64>,
        one: Value<Inner>,
        list: Value<Vec<Inner>>,
        block: Value<Inner>,
        blocks: Value<Vec<Inner>>,
    }

    #[derive(Default, Clone, PartialEq, Debug)]
    struct Inner {
        flag: Value<bool>,
    }

    fn inner() -> Schema<Inner> {
        Schema::<Inner>::new("An inner thing.").attr(
            "flag",
            "A flag.",
            |m| &mut m.flag,
            |a| a.optional(),
        )
    }

    fn outer() -> Schema<Outer> {
        Schema::<Outer>::new("A thing.")
            .version(3)
            .attr("zone", "A zone.", |m| &mut m.zone, |a| a.computed())
            .attr("name", "A name.", |m| &mut m.name, |a| a.required())
            .attr(
                "secret",
                "A secret.",
                |m| &mut m.secret,
                |a| a.optional().sensitive(),
            )
            .attr(
                "written",
                "Sent.",
                |m| &mut m.written,
                |a| a.optional().write_only(),
            )
            .attr(
                "old",
                "Old.",
                |m| &mut m.old,
                |a| a.optional().deprecated("Use `name`."),
            )
            .object("one", "One.", |m| &mut m.one, inner(), |a| a.optional())
            .objects("list", "Many.", |m| &mut m.list, inner(), |a| a.optional())
            .blocks(
                "z_blocks",
                "Blocks.",
                |m| &mut m.blocks,
                inner().at_least(1).at_most(4),
            )
            .block("a_block", "A block.", |m| &mut m.block, inner())
    }

    #[test]
    fn every_flag_and_type_is_carried() {
        let schema = schema(outer().data());
        assert_eq!(schema.version, 3);
        let block = schema.block.unwrap();
        assert_eq!(block.description, "A thing.");
        assert_eq!(block.description_kind(), proto::StringKind::Markdown);
        assert!(!block.deprecated);
        let names: Vec<&str> = block.attributes.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(
            names,
            ["list", "name", "old", "one", "secret", "written", "zone"]
        );
        let find = |name: &str| block.attributes.iter().find(|a| a.name == name).unwrap();

        let name = find("name");
        assert_eq!(name.r#type, b"\"string\"");
        assert_eq!(name.description, "A name.");
        assert_eq!(name.description_kind(), proto::StringKind::Markdown);
        assert!(name.required && !name.optional && !name.computed);
        assert!(!name.sensitive && !name.write_only && !name.deprecated);
        assert!(find("zone").computed && !find("zone").optional);
        assert!(find("secret").sensitive && find("secret").optional);
        assert!(find("written").write_only);
        assert!(find("old").deprecated);
        assert_eq!(find("old").deprecation_message, "Use `name`.");
        assert_eq!(find("old").r#type, b"\"number\"");

        let one = find("one");
        assert_eq!(one.r#type, b"");
        let nested = one.nested_type.as_ref().unwrap();
        assert_eq!(nested.nesting(), ObjectNesting::Single);
        assert_eq!(nested.attributes[0].name, "flag");
        assert_eq!(nested.attributes[0].r#type, b"\"bool\"");
        let list = find("list").nested_type.as_ref().unwrap();
        assert_eq!(list.nesting(), ObjectNesting::List);
    }

    #[test]
    fn blocks_have_their_limits() {
        let block = schema(outer().data()).block.unwrap();
        let [single, list] = block.block_types.as_slice() else {
            panic!("{:?}", block.block_types);
        };
        assert_eq!(single.type_name, "a_block");
        assert_eq!(single.nesting(), BlockNesting::Single);
        assert_eq!(list.type_name, "z_blocks");
        assert_eq!(list.nesting(), BlockNesting::List);
        assert_eq!((list.min_items, list.max_items), (1, 4));
        assert_eq!(list.block.as_ref().unwrap().attributes[0].name, "flag");
    }

    #[test]
    fn an_identity_says_what_an_import_needs() {
        let data = Identity::<Outer>::new(2)
            .attr("zone", "A zone.", |m| &mut m.zone, ImportUse::Optional)
            .attr("name", "A name.", |m| &mut m.name, ImportUse::Required);
        let schema = identity(data.data());
        assert_eq!(schema.version, 2);
        let [name, zone] = schema.identity_attributes.as_slice() else {
            panic!("{schema:?}");
        };
        assert_eq!(name.name, "name");
        assert_eq!(name.r#type, b"\"string\"");
        assert_eq!(name.description, "A name.");
        assert!(name.required_for_import && !name.optional_for_import);
        assert_eq!(zone.name, "zone");
        assert!(!zone.required_for_import && zone.optional_for_import);
    }
}
