//! The registry of resources and data sources: what must hold for every entry, so that a new one is
//! tested by being there.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may fail loudly, and read the repository"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use terraform_provider_imm::plugin::author::Provider;
use terraform_provider_imm::plugin::schema::{Block, NestedBlock, Nesting, SchemaData, check};
use terraform_provider_imm::plugin::value::{Dynamic, Type};
use terraform_provider_imm::provider::ImmProvider;
use terraform_provider_imm::provider::data_sources::DATA_SOURCES;
use terraform_provider_imm::provider::resources::RESOURCES;

/// One type of either kind, as far as the tests look at it.
struct Entry {
    name: &'static str,
    /// `resources` or `data-sources`, the folder's name in `docs/` and `examples/`.
    folder: &'static str,
    schema: SchemaData,
    rebind: Box<dyn Fn(Dynamic) -> Dynamic>,
}

fn entries() -> Vec<Entry> {
    let resources = RESOURCES.iter().map(|resource| {
        let bound = resource.bind();
        Entry {
            name: resource.name(),
            folder: "resources",
            schema: resource.schema_data(),
            rebind: Box::new(move |value| bound.rebind(value).expect("the value fits the model")),
        }
    });
    let data_sources = DATA_SOURCES.iter().map(|data_source| {
        let bound = data_source.bind();
        Entry {
            name: data_source.name(),
            folder: "data-sources",
            schema: data_source.schema_data(),
            rebind: Box::new(move |value| bound.rebind(value).expect("the value fits the model")),
        }
    });
    resources.chain(data_sources).collect()
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn entries_are_sorted_and_named_for_the_provider() {
    let resources: Vec<&str> = RESOURCES.iter().map(|resource| resource.name()).collect();
    let data_sources: Vec<&str> = DATA_SOURCES.iter().map(|source| source.name()).collect();
    for names in [resources, data_sources] {
        assert!(!names.is_empty());
        assert!(
            names.windows(2).all(|pair| pair[0] < pair[1]),
            "not sorted, or twice the same: {names:?}"
        );
        for name in names {
            assert!(name.starts_with("imm_"), "{name} does not begin with imm_");
        }
    }
}

#[test]
fn each_schema_keeps_the_rules() {
    let mut broken = Vec::new();
    for entry in entries() {
        let kind = match entry.folder {
            "resources" => check::Kind::Resource,
            _ => check::Kind::DataSource,
        };
        let problems = check::schema(&entry.schema, kind);
        let names = check::type_name(ImmProvider::NAME, entry.name);
        for problem in problems.into_iter().chain(names) {
            broken.push(format!("{} {}: {problem}", entry.folder, entry.name));
        }
    }
    for resource in RESOURCES {
        let identity = resource.identity_data();
        for problem in identity.iter().flat_map(check::identity) {
            broken.push(format!("identity of {}: {problem}", resource.name()));
        }
    }
    for problem in check::schema(ImmProvider::schema().data(), check::Kind::Provider) {
        broken.push(format!("provider: {problem}"));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Every attribute comes back from the model as it went in, and only that one: a field that two
/// names share, or a name that is bound to another's field, loses or doubles a value.
#[test]
fn each_attribute_has_a_field_of_its_own() {
    for entry in entries() {
        let mut counter = 0;
        let full = object(&entry.schema.block, &mut counter, None);
        assert_eq!((entry.rebind)(full.clone()), full, "{}", entry.name);
        for name in names(&entry.schema.block) {
            let single = object(&entry.schema.block, &mut counter, Some(&name));
            assert_eq!(
                (entry.rebind)(single.clone()),
                single,
                "{}: {name}",
                entry.name
            );
        }
    }
}

#[test]
fn each_type_has_its_page() {
    for entry in entries() {
        let page = entry.name.trim_start_matches("imm_");
        let path = PathBuf::from("docs")
            .join(entry.folder)
            .join(format!("{page}.md"));
        assert!(
            repository().join(&path).is_file(),
            "{} is missing; generate it with `cargo test --test docs -- --ignored`",
            path.display()
        );
    }
}

#[test]
fn each_type_has_its_example() {
    for entry in entries() {
        let folder = repository()
            .join("examples")
            .join(entry.folder)
            .join(entry.name);
        let files: &[&str] = if entry.folder == "resources" {
            &["resource.tf", "import.sh"]
        } else {
            &["data-source.tf"]
        };
        for file in files {
            let text = fs::read_to_string(folder.join(file)).unwrap_or_default();
            assert!(
                text.contains(entry.name),
                "{}/{file} is missing, or does not show {}",
                folder.display(),
                entry.name
            );
        }
    }
    let provider = repository().join("examples/provider/provider.tf");
    assert!(provider.is_file(), "{} is missing", provider.display());
}

/// A type whose objects no acceptance scenario names has never met a real Terraform.
#[test]
fn each_type_has_an_acceptance_scenario() {
    let scenarios = all_text(&repository().join("tests/acceptance"));
    for entry in entries() {
        let address = format!("{}.", entry.name);
        let wanted = entry.folder == "data-sources";
        let named = scenarios.match_indices(&address).any(|(at, _)| {
            let before = scenarios.get(..at).unwrap_or_default();
            before.ends_with("data.") == wanted
        });
        assert!(
            named,
            "no file in tests/acceptance names an object of {} {}",
            entry.folder, entry.name
        );
    }
}

/// The text of all files below a folder.
fn all_text(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text.push_str(&all_text(&path));
        } else {
            text.push_str(&fs::read_to_string(&path).unwrap_or_default());
        }
    }
    text
}

fn names(block: &Block) -> Vec<String> {
    let attributes = block.attributes.iter().map(|a| a.name.clone());
    let blocks = block.blocks.iter().map(|b| b.name.clone());
    attributes.chain(blocks).collect()
}

/// An object of the block's type in which every attribute has a value of its own; only the named
/// one, where one is named.
fn object(block: &Block, counter: &mut i64, only: Option<&str>) -> Dynamic {
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    let mut object = BTreeMap::new();
    for attribute in &block.attributes {
        let value = if wanted(&attribute.name) {
            value(&attribute.ty.implied_type(), counter)
        } else {
            Dynamic::Null
        };
        object.insert(attribute.name.clone(), value);
    }
    for nested in &block.blocks {
        let value = if wanted(&nested.name) {
            nested_value(nested, counter)
        } else {
            absent(nested)
        };
        object.insert(nested.name.clone(), value);
    }
    Dynamic::Object(object)
}

fn nested_value(nested: &NestedBlock, counter: &mut i64) -> Dynamic {
    let object = object(&nested.block, counter, None);
    match nested.nesting {
        Nesting::Single | Nesting::Group => object,
        Nesting::List => Dynamic::List(vec![object]),
        Nesting::Set => Dynamic::Set(vec![object]),
        Nesting::Map => Dynamic::Map(BTreeMap::from([("key".to_owned(), object)])),
    }
}

/// A block that was not written: an empty collection, where it is one.
fn absent(nested: &NestedBlock) -> Dynamic {
    match nested.nesting {
        Nesting::Single | Nesting::Group => Dynamic::Null,
        Nesting::List => Dynamic::List(Vec::new()),
        Nesting::Set => Dynamic::Set(Vec::new()),
        Nesting::Map => Dynamic::Map(BTreeMap::new()),
    }
}

/// A value of the type that no other call returns, booleans aside.
fn value(ty: &Type, counter: &mut i64) -> Dynamic {
    *counter += 1;
    let unique = *counter;
    match ty {
        Type::Bool => Dynamic::Bool(true),
        Type::Number => Dynamic::Number(unique.into()),
        Type::String => Dynamic::String(format!("value {unique}")),
        Type::List(element) => Dynamic::List(vec![value(element, counter)]),
        Type::Set(element) => Dynamic::Set(vec![value(element, counter)]),
        Type::Map(element) => Dynamic::Map(BTreeMap::from([(
            format!("key {unique}"),
            value(element, counter),
        )])),
        Type::Object(object) => Dynamic::Object(
            object
                .attributes
                .iter()
                .map(|(name, ty)| (name.clone(), value(ty, counter)))
                .collect(),
        ),
        Type::Tuple(_) | Type::Dynamic => panic!("no schema of ours has a value of type {ty:?}"),
    }
}
