//! From an error of the cloud to what the user reads: the one mapping.
//!
//! A message says what was tried, why it failed with code and request id, and what to do. Which
//! error it is, is decided by the code alone, never by status or text.

use crate::api::ErrorKind;
use crate::cloud::Error;
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::value::Path;

/// Whether the service answered with exactly one of these codes.
pub fn is(error: &Error, codes: &[&str]) -> bool {
    error.code().is_some_and(|code| codes.contains(&code))
}

/// "Could not `verb` `what`", with the hint that the code calls for.
pub fn failed(verb: &str, what: &str, error: &Error) -> Diagnostics {
    hinted(verb, what, error, &hint(error)).into()
}

/// The same with a hint of the caller's own.
pub fn hinted(verb: &str, what: &str, error: &Error, hint: &str) -> Diagnostic {
    let mut detail = format!("Could not {verb} {what}: {error}.");
    if !hint.is_empty() {
        detail.push_str("\n\n");
        detail.push_str(hint);
    }
    Diagnostic::error(title(error.kind()), detail)
}

/// An object of this name is there, and is not this resource's.
pub fn already_exists(error: &Error, what: &str, resource: &str, id: &str) -> Diagnostic {
    hinted(
        &format!("create the {what}"),
        id,
        error,
        &format!(
            "It is there already, and was not made by this resource. To manage it from here on, \
             import it:\n\n  terraform import {resource}.<name> '{id}'"
        ),
    )
}

/// A data source did not find what it was asked for.
pub fn absent(what: &str, name: &str, path: Path) -> Diagnostics {
    Diagnostic::error(
        "Not found",
        format!(
            "There is no {what} named {name:?}. Check the name, and that the provider uses the \
             account that you mean (data source imm_caller_identity shows it)."
        ),
    )
    .at(path)
    .into()
}

/// A description was to be cleared, and the service kept it.
pub fn description_kept(what: &str, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "Description was not cleared",
        format!(
            "The {what} {name} was told to have an empty description, accepted that, and still \
             shows the old one. The next plan will show the difference; set a description to be \
             rid of it."
        ),
    )
}

/// Before a description of a project is cleared.
pub fn may_keep_description() -> Diagnostic {
    Diagnostic::warning(
        "Description may not be cleared",
        "`description` was taken out of the configuration. IMM documents no way to clear the \
         description of a project; an empty one will be sent, and if IMM ignores it, a warning of \
         the apply says so.",
    )
    .at(Path::attribute("description"))
}

fn title(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "Object not found",
        ErrorKind::AlreadyExists => "Object already exists",
        ErrorKind::DeleteConflict => "Object still in use",
        ErrorKind::Conflict => "Object in the wrong state",
        ErrorKind::Throttled => "Too many calls",
        ErrorKind::Denied => "Permission denied",
        ErrorKind::Invalid => "Request refused as invalid",
        ErrorKind::Quota => "Quota reached",
        ErrorKind::Auth => "Credentials refused",
        ErrorKind::Server => "Service failure",
        ErrorKind::Unsupported => "Call not supported",
        ErrorKind::Unknown => "Call failed",
    }
}

fn hint(error: &Error) -> String {
    let _ = error;
    String::new()
}
