//! A reference page, whole.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::plugin::schema::docs::{Page, Subject, render};
use crate::plugin::schema::{Schema, TimeoutDefaults, Timeouts, validators};
use crate::plugin::value::Value;

#[derive(Debug, Clone, PartialEq, Default)]
struct Model {
    id: Value<String>,
    name: Value<String>,
    kind: Value<String>,
    services: Value<BTreeSet<String>>,
    old: Value<bool>,
    secret: Value<String>,
    statements: Value<Vec<Statement>>,
    timeouts: Timeouts,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Statement {
    effect: Value<String>,
    who: Value<Who>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Who {
    entity: Value<String>,
}

fn schema() -> Schema<Model> {
    let who = Schema::<Who>::new("Who.").attr(
        "entity",
        "The entity",
        |m| &mut m.entity,
        |a| a.required(),
    );
    let statement = Schema::<Statement>::new("A statement.")
        .at_least(1)
        .attr(
            "effect",
            "What it does",
            |m| &mut m.effect,
            |a| {
                a.default_value("Allow".to_owned())
                    .validate(validators::one_of(&["Allow", "Deny"]))
            },
        )
        .object("who", "Who may.", |m| &mut m.who, who, |a| a.optional());
    Schema::<Model>::new("Makes a thing.\n\nThere is more to say.")
        .attr(
            "name",
            "The name",
            |m| &mut m.name,
            |a| a.required().replaces().validate(validators::length(1..=64)),
        )
        .attr(
            "id",
            "Same as `name`.",
            |m| &mut m.id,
            |a| a.computed().keep_prior(),
        )
        .attr(
            "kind",
            "The kind.",
            |m| &mut m.kind,
            |a| a.optional().equal_by(|a, b| a == b),
        )
        .attr(
            "services",
            "Who.",
            |m| &mut m.services,
            |a| a.default_value(BTreeSet::from(["imm".to_owned()])),
        )
        .attr(
            "old",
            "Once used.",
            |m| &mut m.old,
            |a| a.optional().deprecated("Use `kind`"),
        )
        .attr(
            "secret_wo",
            "Key.",
            |m| &mut m.secret,
            |a| a.optional().sensitive().write_only(),
        )
        .blocks(
            "statement",
            "What is allowed.",
            |m| &mut m.statements,
            statement,
        )
        .timeouts(
            |m| &mut m.timeouts,
            TimeoutDefaults::all(Duration::from_secs(300)).without_update(),
        )
}

#[test]
fn a_page_says_all_that_the_schema_knows() {
    let schema = schema();
    let page = Page {
        subject: Subject::Resource,
        provider: "lab",
        name: "lab_thing",
        subcategory: "Things",
        schema: schema.data(),
        examples: &["resource \"lab_thing\" \"a\" {\n  name = \"a\"\n}\n"],
        import: Some("By name:\n\n```shell\nterraform import lab_thing.a a\n```"),
        notes: Some("## Notes\n\nMind the gap."),
    };
    let expected = r#"---
page_title: "lab_thing Resource - lab"
subcategory: "Things"
description: |-
  Makes a thing.
---

# lab_thing (Resource)

Makes a thing.

There is more to say.

## Example Usage

```terraform
resource "lab_thing" "a" {
  name = "a"
}
```

## Notes

Mind the gap.

## Schema

### Required

- `name` (String) The name. 1 to 64 characters. Changing this replaces the object.
- `statement` (Block List, Min: 1) What is allowed. (see [below for nested schema](#nestedblock--statement))

### Optional

- `kind` (String) The kind. A value that means the same as the one in state plans no change.
- `old` (Boolean, Deprecated) Once used. Deprecated: Use `kind`.
- `secret_wo` (String, Sensitive, Write-only) Key.
- `services` (Set of String) Who. Defaults to `["imm"]`.
- `timeouts` (Block) How long each operation may take. (see [below for nested schema](#nestedblock--timeouts))

### Read-Only

- `id` (String) Same as `name`.

<a id="nestedblock--statement"></a>
### Nested Schema for `statement`

Optional:

- `effect` (String) What it does. Defaults to `Allow`. `Allow` or `Deny`.
- `who` (Attributes) Who may. (see [below for nested schema](#nestedatt--statement--who))

<a id="nestedatt--statement--who"></a>
### Nested Schema for `statement.who`

Required:

- `entity` (String) The entity.

<a id="nestedblock--timeouts"></a>
### Nested Schema for `timeouts`

Optional:

- `create` (String) How long making the object may take, as a duration such as `30s`, `5m` or `1h30m`. Defaults to `5m`. A duration greater than zero.
- `delete` (String) How long removing the object may take, as a duration such as `30s`, `5m` or `1h30m`. Defaults to `5m`. A duration greater than zero.
- `read` (String) How long reading the object may take, as a duration such as `30s`, `5m` or `1h30m`. Defaults to `5m`. A duration greater than zero.

## Import

By name:

```shell
terraform import lab_thing.a a
```
"#;
    assert_eq!(render(&page), expected);
}

#[test]
fn an_index_page_has_no_subcategory() {
    let schema = Schema::<Model>::new("A provider.").deprecated("Use another.");
    let page = Page {
        subject: Subject::Provider,
        provider: "lab",
        name: "lab",
        subcategory: "",
        schema: schema.data(),
        examples: &[],
        import: None,
        notes: None,
    };
    let text = render(&page);
    assert!(text.starts_with(
        "---\npage_title: \"lab Provider\"\ndescription: |-\n  A provider.\n---\n\n# lab Provider\n"
    ));
    assert!(text.contains("~> **Deprecated** Use another."));
    assert!(text.ends_with("## Schema\n"));
}
