//! Core's rules for single answers.

use std::fmt;

use super::records::Failure;
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::engine::rules;
use crate::plugin::schema::{AttributeData, AttributeType, Block};
use crate::plugin::value::{Dynamic, Encoded, Path, Type};

pub(super) fn broken(rule: impl fmt::Display) -> Failure {
    Failure::Broken(vec![rule.to_string()])
}

pub(super) fn all_kept(violations: Vec<rules::Violation>, when: &str) -> Result<(), Failure> {
    if violations.is_empty() {
        return Ok(());
    }
    let texts = violations.iter().map(|v| format!("{when}: {v}")).collect();
    Err(Failure::Broken(texts))
}

/// Errors end an operation; warnings go on.
pub(super) fn no_errors(diagnostics: Diagnostics) -> Result<Diagnostics, Failure> {
    for diagnostic in &diagnostics {
        check_diagnostic(diagnostic)?;
    }
    if diagnostics.has_errors() {
        return Err(Failure::Refused {
            diagnostics,
            state: None,
        });
    }
    Ok(diagnostics)
}

/// The rules for messages.
pub(super) fn check_diagnostic(diagnostic: &Diagnostic) -> Result<(), Failure> {
    if diagnostic.summary.is_empty() || diagnostic.summary.ends_with('.') {
        return Err(broken(format!(
            "a message's title is there and has no final period: {:?}",
            diagnostic.summary
        )));
    }
    match &diagnostic.path {
        Some(path) if path.first_attribute().is_none() => Err(broken(format!(
            "the path of {:?} does not begin with an attribute",
            diagnostic.summary
        ))),
        _ => Ok(()),
    }
}

/// A value that must be there, in MessagePack alone.
pub(super) fn answer(value: Option<Encoded>, ty: &Type, rpc: &str) -> Result<Dynamic, Failure> {
    let Some(value) = value else {
        return Err(broken(format!("{rpc} gave no value")));
    };
    if value.msgpack.is_empty() || !value.json.is_empty() {
        return Err(broken(format!(
            "{rpc} answered in something else than MessagePack"
        )));
    }
    Ok(value.decode(ty)?)
}

/// The rules for what goes into the state.
pub(super) fn stored(block: &Block, state: &Dynamic, rpc: &str) -> Result<(), Failure> {
    if !state.is_wholly_known() {
        return Err(broken(format!("{rpc} gave unknown values")));
    }
    no_write_only(block, state, rpc)?;
    for nested in &block.blocks {
        let repeated = !matches!(nested.implied_type(), Type::Object(_));
        if repeated && state.attribute(&nested.name).is_some_and(Dynamic::is_null) {
            return Err(broken(format!(
                "{rpc} gave null for the block `{}`",
                nested.name
            )));
        }
    }
    Ok(())
}

pub(super) fn no_write_only(block: &Block, value: &Dynamic, rpc: &str) -> Result<(), Failure> {
    fn visit(attributes: &[AttributeData], value: &Dynamic) -> bool {
        attributes.iter().all(|attribute| {
            let value = value.attribute(&attribute.name).unwrap_or(&Dynamic::Null);
            if attribute.write_only {
                return value.is_null();
            }
            match (&attribute.ty, value) {
                (AttributeType::Plain(_), _) => true,
                (AttributeType::Nested(object), Dynamic::Object(_)) => {
                    visit(&object.attributes, value)
                }
                (AttributeType::Nested(object), Dynamic::Map(entries)) => entries
                    .values()
                    .all(|value| visit(&object.attributes, value)),
                (AttributeType::Nested(object), value) => value
                    .elements()
                    .unwrap_or_default()
                    .iter()
                    .all(|value| visit(&object.attributes, value)),
            }
        })
    }
    if !visit(&block.attributes, value) {
        return Err(broken(format!(
            "{rpc} gave a value for a write-only attribute"
        )));
    }
    for nested in &block.blocks {
        let value = value.attribute(&nested.name).unwrap_or(&Dynamic::Null);
        match value {
            Dynamic::Object(_) => no_write_only(&nested.block, value, rpc)?,
            Dynamic::Map(entries) => {
                for value in entries.values() {
                    no_write_only(&nested.block, value, rpc)?;
                }
            }
            value => {
                for value in value.elements().unwrap_or_default() {
                    no_write_only(&nested.block, value, rpc)?;
                }
            }
        }
    }
    Ok(())
}

pub(super) fn is_write_only(block: &Block, path: &Path) -> bool {
    path.steps().len() == 1
        && path
            .first_attribute()
            .and_then(|name| block.attribute(name))
            .is_some_and(|attribute| attribute.write_only)
}
