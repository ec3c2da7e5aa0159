//! The reference pages in `docs/`, which the registry shows, are what the schemas and the examples
//! say. To write them anew: `cargo test --test docs -- --ignored`

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests may fail loudly, and read and write the repository"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use terraform_provider_imm::plugin::author::Provider;
use terraform_provider_imm::plugin::schema::SchemaData;
use terraform_provider_imm::plugin::schema::docs::{Page, Subject, render};
use terraform_provider_imm::policy::{catalogue, codes};
use terraform_provider_imm::provider::ImmProvider;
use terraform_provider_imm::provider::data_sources::DATA_SOURCES;
use terraform_provider_imm::provider::resources::RESOURCES;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the examples; empty where it is missing, which `tests/registry.rs` reports.
fn example(path: &str) -> String {
    fs::read_to_string(repository().join("examples").join(path)).unwrap_or_default()
}

fn page(subject: Subject, name: &str, schema: &SchemaData, usage: &str, import: &str) -> String {
    let import = import.trim();
    let import = (!import.is_empty()).then(|| format!("```shell\n{import}\n```"));
    render(&Page {
        subject,
        provider: ImmProvider::NAME,
        name,
        subcategory: "",
        schema,
        examples: &[usage],
        import: import.as_deref(),
        notes: None,
    })
}

/// Path below `docs/` to text.
fn pages() -> BTreeMap<PathBuf, String> {
    let mut pages = BTreeMap::new();
    pages.insert(
        PathBuf::from("index.md"),
        page(
            Subject::Provider,
            ImmProvider::NAME,
            ImmProvider::schema().data(),
            &example("provider/provider.tf"),
            "",
        ),
    );
    let file = |folder: &str, name: &str| {
        let stem = name.trim_start_matches("imm_");
        PathBuf::from(folder).join(format!("{stem}.md"))
    };
    for resource in RESOURCES {
        let name = resource.name();
        let text = page(
            Subject::Resource,
            name,
            &resource.schema_data(),
            &example(&format!("resources/{name}/resource.tf")),
            &example(&format!("resources/{name}/import.sh")),
        );
        pages.insert(file("resources", name), text);
    }
    for data_source in DATA_SOURCES {
        let name = data_source.name();
        let text = page(
            Subject::DataSource,
            name,
            &data_source.schema_data(),
            &example(&format!("data-sources/{name}/data-source.tf")),
            "",
        );
        pages.insert(file("data-sources", name), text);
    }
    for (name, title, description, text) in [
        (
            "checks",
            "Plan-time checks",
            "Every code of a finding, with a bad example and a mended one.",
            codes::reference(),
        ),
        (
            "actions",
            "Actions that the checks know",
            "The actions of OSS, MNS, RAM, STS and IMM: what each acts on and which condition keys it \
             carries.",
            catalogue::reference(),
        ),
    ] {
        pages.insert(
            PathBuf::from("guides").join(format!("{name}.md")),
            format!(
                "---\npage_title: \"{title}\"\ndescription: |-\n  {description}\n---\n\n{text}"
            ),
        );
    }
    pages
}

#[test]
fn pages_are_what_the_schemas_say() {
    let docs = repository().join("docs");
    let pages = pages();
    let mut different = Vec::new();
    for (path, text) in &pages {
        if fs::read_to_string(docs.join(path)).unwrap_or_default() != *text {
            different.push(path.display().to_string());
        }
    }
    for folder in ["resources", "data-sources"] {
        for entry in fs::read_dir(docs.join(folder)).into_iter().flatten() {
            let path = Path::new(folder).join(entry.unwrap().file_name());
            if !pages.contains_key(&path) {
                different.push(format!("{} (of no type)", path.display()));
            }
        }
    }
    assert!(
        different.is_empty(),
        "out of date in docs/: {}; run `cargo test --test docs -- --ignored`",
        different.join(", ")
    );
}

#[test]
#[ignore = "writes docs/"]
fn write_pages() {
    let docs = repository().join("docs");
    for folder in ["resources", "data-sources"] {
        // Pages of types that are no more go away.
        let _ = fs::remove_dir_all(docs.join(folder));
        fs::create_dir_all(docs.join(folder)).unwrap();
    }
    for (path, text) in pages() {
        fs::write(docs.join(path), text).unwrap();
    }
}
