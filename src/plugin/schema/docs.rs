//! The reference page of a schema, in the layout of the Terraform registry.

use std::fmt::Write as _;

use super::data::{
    AttributeData, AttributeType, Block, NestedBlock, NestedObject, Nesting, SchemaData,
};
use crate::plugin::value::{Dynamic, Type};

/// What a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The provider: the index page.
    Provider,
    /// A managed resource.
    Resource,
    /// A data source.
    DataSource,
}

/// Everything that a page says.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// What it is about.
    pub subject: Subject,
    /// The provider's short name.
    pub provider: &'a str,
    /// The whole type name; for the provider, its short name.
    pub name: &'a str,
    /// The heading in the registry's navigation; empty for none.
    pub subcategory: &'a str,
    /// The schema.
    pub schema: &'a SchemaData,
    /// Configurations that show how it is used, as HCL.
    pub examples: &'a [&'a str],
    /// How an object is imported: Markdown, without a heading.
    pub import: Option<&'a str>,
    /// More to know, between example and schema: Markdown with headings of its own.
    pub notes: Option<&'a str>,
}

/// Renders a page. The same input gives the same bytes.
#[must_use]
pub fn render(page: &Page<'_>) -> String {
    let mut out = String::new();
    let description = page.schema.block.description.trim();
    let title = match page.subject {
        Subject::Provider => format!("{} Provider", page.name),
        Subject::Resource => format!("{} Resource - {}", page.name, page.provider),
        Subject::DataSource => format!("{} Data Source - {}", page.name, page.provider),
    };
    out.push_str("---\n");
    let _ = writeln!(out, "page_title: \"{title}\"");
    if page.subject != Subject::Provider {
        let _ = writeln!(out, "subcategory: \"{}\"", page.subcategory);
    }
    out.push_str("description: |-\n");
    for line in first_paragraph(description).lines() {
        let _ = writeln!(out, "  {line}");
    }
    out.push_str("---\n\n");
    let heading = match page.subject {
        Subject::Provider => format!("{} Provider", page.name),
        Subject::Resource => format!("{} (Resource)", page.name),
        Subject::DataSource => format!("{} (Data Source)", page.name),
    };
    let _ = writeln!(out, "# {heading}\n\n{description}\n");
    if let Some(message) = &page.schema.block.deprecated {
        let _ = writeln!(out, "~> **Deprecated** {message}\n");
    }
    if !page.examples.is_empty() {
        out.push_str("## Example Usage\n\n");
        for example in page.examples {
            let _ = writeln!(out, "```terraform\n{}\n```\n", example.trim_end());
        }
    }
    if let Some(notes) = page.notes {
        let _ = writeln!(out, "{}\n", notes.trim_end());
    }
    out.push_str("## Schema\n\n");
    let mut later = Vec::new();
    members(
        &mut out,
        "### ",
        &page.schema.block.attributes,
        &page.schema.block.blocks,
        "",
        &mut later,
    );
    nested_sections(&mut out, later);
    if let Some(import) = page.import {
        let _ = writeln!(out, "## Import\n\n{}\n", import.trim_end());
    }
    let mut text = out.trim_end().to_owned();
    text.push('\n');
    text
}

/// A nested object whose section comes after the one it was mentioned in.
struct Section<'a> {
    anchor: String,
    path: String,
    attributes: &'a [AttributeData],
    blocks: &'a [NestedBlock],
}

fn nested_sections<'a>(out: &mut String, sections: Vec<Section<'a>>) {
    for section in sections {
        let _ = writeln!(
            out,
            "<a id=\"{}\"></a>\n### Nested Schema for `{}`\n",
            section.anchor, section.path
        );
        let mut later = Vec::new();
        members(
            out,
            "",
            section.attributes,
            section.blocks,
            &section.path,
            &mut later,
        );
        nested_sections(out, later);
    }
}

/// What of an object is required, optional and read-only, each by name.
fn members<'a>(
    out: &mut String,
    heading: &str,
    attributes: &'a [AttributeData],
    blocks: &'a [NestedBlock],
    path: &str,
    later: &mut Vec<Section<'a>>,
) {
    let mut required = Vec::new();
    let mut optional = Vec::new();
    let mut read_only = Vec::new();
    for attribute in attributes {
        let line = attribute_line(attribute, path, later);
        let group = if attribute.required {
            &mut required
        } else if attribute.read_only() {
            &mut read_only
        } else {
            &mut optional
        };
        group.push((attribute.name.as_str(), line));
    }
    for block in blocks {
        let line = block_line(block, path, later);
        let group = if block.min_items > 0 {
            &mut required
        } else {
            &mut optional
        };
        group.push((block.name.as_str(), line));
    }
    for (title, mut group) in [
        ("Required", required),
        ("Optional", optional),
        ("Read-Only", read_only),
    ] {
        if group.is_empty() {
            continue;
        }
        group.sort();
        if heading.is_empty() {
            let _ = writeln!(out, "{title}:\n");
        } else {
            let _ = writeln!(out, "{heading}{title}\n");
        }
        for (_, line) in group {
            let _ = writeln!(out, "- {line}");
        }
        out.push('\n');
    }
    later.sort_by(|a, b| a.path.cmp(&b.path));
}

fn attribute_line<'a>(
    attribute: &'a AttributeData,
    path: &str,
    later: &mut Vec<Section<'a>>,
) -> String {
    let mut traits = vec![type_words(&attribute.ty)];
    if attribute.sensitive {
        traits.push("Sensitive".to_owned());
    }
    if attribute.write_only {
        traits.push("Write-only".to_owned());
    }
    if attribute.deprecated.is_some() {
        traits.push("Deprecated".to_owned());
    }
    let mut sentences = vec![sentence(&attribute.description)];
    if let Some(default) = &attribute.default {
        sentences.push(format!("Defaults to {}.", value_words(default)));
    }
    for rule in &attribute.rules {
        sentences.push(sentence(&capital(&rule.description)));
    }
    for description in attribute.modifiers.descriptions() {
        sentences.push(description.to_owned());
    }
    if let Some(message) = &attribute.deprecated {
        sentences.push(format!("Deprecated: {}", sentence(message)));
    }
    if let AttributeType::Nested(NestedObject { attributes, .. }) = &attribute.ty {
        let path = join(path, &attribute.name);
        let anchor = format!("nestedatt--{}", path.replace('.', "--"));
        sentences.push(format!("(see [below for nested schema](#{anchor}))"));
        later.push(Section {
            anchor,
            path,
            attributes,
            blocks: &[],
        });
    }
    format!(
        "`{}` ({}) {}",
        attribute.name,
        traits.join(", "),
        sentences.join(" ")
    )
}

fn block_line<'a>(nested: &'a NestedBlock, path: &str, later: &mut Vec<Section<'a>>) -> String {
    let Block {
        description,
        deprecated,
        attributes,
        blocks,
        ..
    } = &nested.block;
    let mut traits = vec![match nested.nesting {
        Nesting::Single | Nesting::Group => "Block".to_owned(),
        Nesting::List => "Block List".to_owned(),
        Nesting::Set => "Block Set".to_owned(),
        Nesting::Map => "Block Map".to_owned(),
    }];
    let repeated = !matches!(nested.nesting, Nesting::Single | Nesting::Group);
    if repeated && nested.min_items > 0 {
        traits.push(format!("Min: {}", nested.min_items));
    }
    if repeated && nested.max_items > 0 {
        traits.push(format!("Max: {}", nested.max_items));
    }
    if deprecated.is_some() {
        traits.push("Deprecated".to_owned());
    }
    let mut sentences = vec![sentence(description)];
    if let Some(message) = deprecated {
        sentences.push(format!("Deprecated: {}", sentence(message)));
    }
    let path = join(path, &nested.name);
    let anchor = format!("nestedblock--{}", path.replace('.', "--"));
    sentences.push(format!("(see [below for nested schema](#{anchor}))"));
    later.push(Section {
        anchor,
        path,
        attributes,
        blocks,
    });
    format!(
        "`{}` ({}) {}",
        nested.name,
        traits.join(", "),
        sentences.join(" ")
    )
}

fn type_words(ty: &AttributeType) -> String {
    fn plain(ty: &Type) -> String {
        match ty {
            Type::Bool => "Boolean".to_owned(),
            Type::Number => "Number".to_owned(),
            Type::String => "String".to_owned(),
            Type::Dynamic => "Dynamic".to_owned(),
            Type::List(element) => format!("List of {}", plain(element)),
            Type::Set(element) => format!("Set of {}", plain(element)),
            Type::Map(element) => format!("Map of {}", plain(element)),
            Type::Tuple(_) => "Tuple".to_owned(),
            Type::Object(_) => "Object".to_owned(),
        }
    }
    match ty {
        AttributeType::Plain(ty) => plain(ty),
        AttributeType::Nested(object) => match object.nesting {
            Nesting::Single | Nesting::Group => "Attributes".to_owned(),
            Nesting::List => "Attributes List".to_owned(),
            Nesting::Set => "Attributes Set".to_owned(),
            Nesting::Map => "Attributes Map".to_owned(),
        },
    }
}

/// A default, as an author would write it.
fn value_words(value: &Dynamic) -> String {
    fn hcl(value: &Dynamic) -> String {
        match value {
            Dynamic::Null => "null".to_owned(),
            Dynamic::Unknown(_) => "a value known after apply".to_owned(),
            Dynamic::Bool(value) => value.to_string(),
            Dynamic::Number(value) => value.to_string(),
            Dynamic::String(text) => format!("{text:?}"),
            Dynamic::List(elements) | Dynamic::Set(elements) | Dynamic::Tuple(elements) => {
                let elements: Vec<String> = elements.iter().map(hcl).collect();
                format!("[{}]", elements.join(", "))
            }
            Dynamic::Map(entries) | Dynamic::Object(entries) => {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(key, value)| format!("{key} = {}", hcl(value)))
                    .collect();
                format!("{{ {} }}", entries.join(", "))
            }
            Dynamic::Typed(pair) => hcl(&pair.1),
        }
    }
    match value {
        Dynamic::String(text) if !text.contains('`') => format!("`{text}`"),
        value => format!("`{}`", hcl(value)),
    }
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?', ':', ')']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn first_paragraph(text: &str) -> &str {
    text.split("\n\n").next().unwrap_or(text).trim()
}
