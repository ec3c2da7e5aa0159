//! From an error of the cloud to what the user reads: the one mapping.
//!
//! A message says what was tried, why it failed with code and request id, and what to do. Which
//! error it is, is decided by the code alone, never by status or text.

use crate::api::ErrorKind;
use crate::cloud::{Error, Kind};
use crate::plugin::author::Outcome;
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::value::Path;

/// Whether the service answered with exactly one of these codes.
pub fn is(error: &Error, codes: &[&str]) -> bool {
    codes.contains(&error.code())
}

/// What a read found: `None` where the service says, by its code, that the object is not there.
///
/// # Errors
/// Any other error, a lack of permission included.
pub fn found<T>(answer: Result<T, Error>, verb: &str, what: &str) -> Outcome<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(failed(verb, what, &error)),
    }
}

/// What a read found that has to be there.
///
/// # Errors
/// Any, the absence of the object included.
pub fn there<T>(answer: Result<T, Error>, what: &str, name: &str) -> Outcome<T> {
    answer.map_err(|error| {
        let verb = format!("read the {what}");
        if error.is_not_found() {
            let hint = "Check the name, and that the provider uses the account that you mean (the \
                        data source imm_caller_identity shows it).";
            hinted(&verb, name, &error, hint).into()
        } else {
            failed(&verb, name, &error)
        }
    })
}

/// The outcome, with its errors at this attribute.
///
/// # Errors
/// Those of the outcome.
pub fn at<T>(attribute: &str, outcome: Outcome<T>) -> Outcome<T> {
    outcome.map_err(|diagnostics| {
        let mut placed = Diagnostics::new();
        for diagnostic in diagnostics {
            placed.push(diagnostic.at(Path::attribute(attribute)));
        }
        placed
    })
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

/// What kind of failure it is, in words that stay the same.
fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Api(kind) => match kind {
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
        },
        Kind::Transport | Kind::Answer => "Service not reached",
        Kind::Credentials => "No credentials",
        Kind::Client => "Call not possible",
        Kind::Timeout => "Time is over",
    }
}

/// What to do, by code where the code says enough, else by kind.
fn hint(error: &Error) -> String {
    let code = error.code();
    let by_code = match code {
        "InvalidAccessKeyId.NotFound" => {
            "There is no such access key. Check the key of the provider block (`access_key`) or of \
             the environment (ALICLOUD_ACCESS_KEY, ALIBABA_CLOUD_ACCESS_KEY_ID). A sandbox knows \
             its own keys only: without any key the provider is its account's root."
        }
        "InvalidAccessKeyId.Inactive" => {
            "The access key is disabled. Enable it in the RAM console, or use another."
        }
        "InvalidSecurityToken.Expired" | "InvalidSecurityToken.MismatchWithAccessKey" => {
            "The token of the temporary key is over, or belongs to another key. Fetch a new key \
             with its token (`security_token`, ALICLOUD_SECURITY_TOKEN)."
        }
        "MissingSecurityToken" => {
            "Keys that begin with `STS.` are temporary ones, which need their token \
             (`security_token`, ALICLOUD_SECURITY_TOKEN)."
        }
        "MalformedPolicyDocument" => {
            "RAM does not take the document. Its grammar: Version \"1\", and a list Statement whose \
             elements have Effect, Action (or NotAction) and Resource, or in a trust policy \
             Principal in the place of Resource."
        }
        "LimitExceeded.Role" => {
            "An account may have 1,000 roles unless its quota was raised. Delete one, or ask for \
             more."
        }
        "LimitExceeded.Policy" => {
            "An account may have 1,500 custom policies unless its quota was raised. Delete one, or \
             ask for more."
        }
        "Inactive" => "RAM is not activated for this account. Open its console once.",
        _ => "",
    };
    if !by_code.is_empty() {
        return by_code.to_owned();
    }
    match error.kind() {
        Kind::Api(ErrorKind::Denied) => denied(error),
        Kind::Api(ErrorKind::Auth) if code.starts_with("SignatureDoesNotMatch") => {
            "The secret does not belong to the access key. Check `secret_key`, or ALICLOUD_SECRET_KEY \
             and ALIBABA_CLOUD_ACCESS_KEY_SECRET in the environment."
                .to_owned()
        }
        Kind::Api(ErrorKind::Throttled) => {
            "The service went on refusing for too many calls until the time was over. Try again \
             later, run Terraform with a lower `-parallelism`, or give the resource more time in \
             its `timeouts` block."
                .to_owned()
        }
        Kind::Transport => {
            "Check the network, a proxy (HTTPS_PROXY), the `region`, and the addresses in \
             `endpoints` or in the environment (ALIBABA_CLOUD_ENDPOINT_RAM and the like). If the \
             operation had too little time, give it more in the resource's `timeouts` block."
                .to_owned()
        }
        Kind::Api(ErrorKind::Unsupported) => {
            "The address that was called does not serve this API; check `region` and `endpoints`."
                .to_owned()
        }
        _ => String::new(),
    }
}

fn denied(error: &Error) -> String {
    let action = match (error.denied(), error.service()) {
        (Some(denied), _) if !denied.auth_action.is_empty() => denied.auth_action.clone(),
        (_, Some(service)) => format!("{service}:{}", error.operation()),
        (_, None) => String::new(),
    };
    let whom = match error.denied() {
        Some(denied) if !denied.auth_principal_display_name.is_empty() => format!(
            "{} {}",
            denied.auth_principal_type, denied.auth_principal_display_name
        ),
        _ => "the owner of the provider's key".to_owned(),
    };
    let why = match error
        .denied()
        .map(|denied| denied.no_permission_type.as_str())
    {
        Some("ExplicitDeny") => " A policy denies it explicitly, so a grant alone will not do.",
        _ => "",
    };
    format!(
        "The caller, {whom}, needs a policy that allows `{action}` on this object.{why} The data \
         source imm_caller_identity shows who the caller is."
    )
}
