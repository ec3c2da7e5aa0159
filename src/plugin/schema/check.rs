//! The rules that Terraform and this framework set for schemas. Terraform refuses a whole provider
//! for one broken rule, so tests run these over every schema.

use std::collections::BTreeSet;

use super::data::{
    AttributeData, AttributeType, Block, IdentityData, NestedBlock, Nesting, SchemaData,
};
use crate::plugin::value::Type;

/// What a schema is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The provider block.
    Provider,
    /// A managed resource.
    Resource,
    /// A data source.
    DataSource,
}

impl Kind {
    /// Names that mean something else at the root of such a block.
    fn reserved(self) -> &'static [&'static str] {
        match self {
            Self::Provider => &["alias", "version"],
            Self::Resource => &[
                "connection",
                "count",
                "depends_on",
                "for_each",
                "lifecycle",
                "provider",
                "provisioner",
            ],
            Self::DataSource => &["count", "depends_on", "for_each", "lifecycle", "provider"],
        }
    }
}

/// Every broken rule of a schema, as `path: what is wrong`.
#[must_use]
pub fn schema(data: &SchemaData, kind: Kind) -> Vec<String> {
    let mut checker = Checker {
        kind,
        broken: data.defects.clone(),
    };
    if data.version < 0 {
        checker.report("", "the version is negative");
    }
    for name in kind.reserved() {
        if data.block.attribute(name).is_some() || data.block.nested(name).is_some() {
            checker.report(name, "the name is reserved by Terraform");
        }
    }
    if let Some(times) = data.block.timeouts {
        if kind != Kind::Resource {
            checker.report("timeouts", "only resources have timeouts");
        }
        if times.operations().is_empty() {
            checker.report("timeouts", "there is no operation to time");
        }
        if times.operations().iter().any(|(_, time)| time.is_zero()) {
            checker.report("timeouts", "a default of zero leaves no time at all");
        }
    }
    checker.block(&data.block, "", &Inside::default());
    checker.broken
}

/// Every broken rule of an identity schema.
#[must_use]
pub fn identity(data: &IdentityData) -> Vec<String> {
    let mut checker = Checker {
        kind: Kind::Resource,
        broken: Vec::new(),
    };
    if data.version < 0 {
        checker.report("", "the version is negative");
    }
    if data.attributes.is_empty() {
        checker.report("", "an identity without attributes names nothing");
    }
    let mut names = BTreeSet::new();
    for attribute in &data.attributes {
        let name = &attribute.name;
        checker.name(name, name, &mut names);
        checker.description(name, &attribute.description);
        let primitive = |ty: &Type| matches!(ty, Type::Bool | Type::Number | Type::String);
        let allowed = match &attribute.ty {
            Type::List(element) => primitive(element),
            ty => primitive(ty),
        };
        if !allowed {
            checker.report(
                name,
                "an identity holds primitives and lists of primitives only",
            );
        }
        if attribute.required_for_import == attribute.optional_for_import {
            checker.report(name, "must be either required or optional for import");
        }
    }
    checker.broken
}

/// What is wrong with a type name: it must be the provider's name, `_`, and lower-case words.
#[must_use]
pub fn type_name(provider: &str, name: &str) -> Vec<String> {
    let mut broken = Vec::new();
    let rest = name
        .strip_prefix(provider)
        .and_then(|rest| rest.strip_prefix('_'));
    match rest {
        Some(rest) if is_name(rest) => {}
        _ => broken.push(format!(
            "{name}: a type name is `{provider}_` and lower-case words joined by `_`"
        )),
    }
    broken
}

/// What encloses the item that is being looked at.
#[derive(Debug, Clone, Copy, Default)]
struct Inside {
    set: bool,
    collection: bool,
    read_only: bool,
    write_only: bool,
    computed: bool,
}

struct Checker {
    kind: Kind,
    broken: Vec<String>,
}

impl Checker {
    fn report(&mut self, path: &str, what: &str) {
        self.broken.push(if path.is_empty() {
            what.to_owned()
        } else {
            format!("{path}: {what}")
        });
    }

    fn name(&mut self, path: &str, name: &str, seen: &mut BTreeSet<String>) {
        if !is_name(name) {
            self.report(
                path,
                "a name begins with a lower-case letter or `_`, and goes on with these and digits",
            );
        }
        if !seen.insert(name.to_owned()) {
            self.report(path, "the name is used twice");
        }
    }

    fn description(&mut self, path: &str, description: &str) {
        if description.trim().is_empty() {
            self.report(path, "there is no description");
        }
    }

    fn block(&mut self, block: &Block, path: &str, inside: &Inside) {
        self.description(path, &block.description);
        if block.deprecated.as_deref().is_some_and(str::is_empty) {
            self.report(path, "deprecated, but nothing says what to use instead");
        }
        let mut names = BTreeSet::new();
        self.attributes(&block.attributes, &block.blocks, path, inside, &mut names);
        for nested in &block.blocks {
            let path = join(path, &nested.name);
            self.name(&path, &nested.name, &mut names);
            self.nested_block(nested, &path, inside);
        }
    }

    fn nested_block(&mut self, nested: &NestedBlock, path: &str, inside: &Inside) {
        let (least, most) = (nested.min_items, nested.max_items);
        match nested.nesting {
            Nesting::Single if least != most || !(0..=1).contains(&least) => {
                self.report(path, "a single block has limits of 0 and 0, or 1 and 1");
            }
            Nesting::Group | Nesting::Map if (least, most) != (0, 0) => {
                self.report(path, "such a block has no limits");
            }
            Nesting::List | Nesting::Set if least < 0 || most < 0 => {
                self.report(path, "a limit is negative");
            }
            Nesting::List | Nesting::Set if most != 0 && least > most => {
                self.report(path, "more blocks are required than allowed");
            }
            _ => {}
        }
        let inside = Inside {
            set: inside.set || nested.nesting == Nesting::Set,
            collection: inside.collection || is_collection(nested.nesting),
            ..*inside
        };
        self.block(&nested.block, path, &inside);
    }

    fn attributes(
        &mut self,
        attributes: &[AttributeData],
        blocks: &[NestedBlock],
        path: &str,
        inside: &Inside,
        names: &mut BTreeSet<String>,
    ) {
        for attribute in attributes {
            let path = join(path, &attribute.name);
            self.name(&path, &attribute.name, names);
            self.description(&path, &attribute.description);
            self.flags(attribute, &path, inside);
            self.modifiers(attribute, &path);
            for other in attribute.modifiers.changes_with.unwrap_or_default() {
                let known = attributes.iter().any(|a| a.name == *other)
                    || blocks.iter().any(|b| b.name == *other);
                if *other == attribute.name || !known {
                    self.report(
                        &path,
                        &format!("changes with `{other}`, which is not another name beside it"),
                    );
                }
            }
            self.contents(attribute, &path, inside);
        }
    }

    fn flags(&mut self, attribute: &AttributeData, path: &str, inside: &Inside) {
        let AttributeData {
            required,
            optional,
            computed,
            write_only,
            ..
        } = *attribute;
        if !required && !optional && !computed {
            self.report(path, "is neither required nor optional nor computed");
        }
        if required && (optional || computed) {
            self.report(path, "is required, and so neither optional nor computed");
        }
        if attribute.deprecated.as_deref().is_some_and(str::is_empty) {
            self.report(path, "deprecated, but nothing says what to use instead");
        }
        if computed && self.kind == Kind::Provider {
            self.report(path, "nobody reads a provider's computed attribute");
        }
        if let Some(default) = &attribute.default {
            if !computed || required {
                self.report(path, "only optional and computed attributes have a default");
            }
            if default.conforms(&attribute.ty.implied_type()).is_err() {
                self.report(path, "the default is not of the attribute's type");
            }
            for rule in &attribute.rules {
                if let Err(why) = rule.check(default) {
                    self.report(path, &format!("the default breaks a rule: {why}"));
                }
            }
        }
        if write_only {
            if computed || attribute.default.is_some() {
                self.report(path, "is write-only, and so neither computed nor defaulted");
            }
            if self.kind != Kind::Resource {
                self.report(path, "only resources have write-only attributes");
            }
            if inside.set {
                self.report(path, "a set holds no write-only attribute");
            }
            if inside.computed {
                self.report(path, "a computed attribute holds no write-only attribute");
            }
        } else if inside.write_only {
            self.report(
                path,
                "everything in a write-only attribute is write-only too",
            );
        }
        if inside.read_only && !attribute.read_only() {
            self.report(path, "everything in a read-only attribute is read-only too");
        }
    }

    fn modifiers(&mut self, attribute: &AttributeData, path: &str) {
        let modifiers = &attribute.modifiers;
        let only_computed = modifiers.keep_prior || modifiers.changes_with.is_some();
        if (only_computed || modifiers.never_null) && !attribute.computed {
            self.report(
                path,
                "says how a computed value changes, but is not computed",
            );
        }
        if modifiers.keep_prior && modifiers.changes_with.is_some() {
            self.report(path, "cannot both never change and change with others");
        }
        if only_computed && attribute.default.is_some() {
            self.report(path, "a default already says what the value is");
        }
        if attribute.read_only() && (modifiers.replaces || !attribute.rules.is_empty()) {
            self.report(
                path,
                "nobody can write it, so it neither replaces nor has rules",
            );
        }
        if self.kind != Kind::Resource && (modifiers.replaces || only_computed || modifiers.local) {
            self.report(path, "only a resource is planned");
        }
    }

    fn contents(&mut self, attribute: &AttributeData, path: &str, inside: &Inside) {
        match &attribute.ty {
            AttributeType::Plain(ty) => {
                let below_collection = match ty {
                    Type::Dynamic => inside.collection,
                    ty => ty.has_dynamic(),
                };
                if below_collection {
                    self.report(path, "a collection or object holds no values of any type");
                }
            }
            AttributeType::Nested(object) => {
                if object.nesting == Nesting::Group {
                    self.report(path, "only blocks are nested as a group");
                }
                let inside = Inside {
                    set: inside.set || object.nesting == Nesting::Set,
                    collection: inside.collection || is_collection(object.nesting),
                    read_only: inside.read_only || attribute.read_only(),
                    write_only: inside.write_only || attribute.write_only,
                    computed: inside.computed || attribute.computed,
                };
                let mut names = BTreeSet::new();
                self.attributes(&object.attributes, &[], path, &inside, &mut names);
            }
        }
    }
}

fn is_collection(nesting: Nesting) -> bool {
    !matches!(nesting, Nesting::Single | Nesting::Group)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
