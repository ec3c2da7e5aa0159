//! Identities of resources in answers: known, conforming, and constant.

use super::core::{encode, provider_bug};
use super::values::member;
use crate::plugin::author::{BoundResource, misfit};
use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::value::{Dynamic, Encoded};

/// The identity that the state of an object tells; `None` where the resource has no identity.
pub(super) fn of_state<C>(
    resource: &dyn BoundResource<C>,
    state: &Dynamic,
) -> Result<Option<Dynamic>, Diagnostics> {
    match state {
        Dynamic::Object(_) => resource
            .identity_of(state.clone())
            .map_err(|error| misfit(&error).into()),
        _ => Ok(None),
    }
}

/// Reads an identity that Terraform sent.
pub(super) fn decode<C>(
    resource: &dyn BoundResource<C>,
    identity: Option<&Encoded>,
) -> Result<Option<Dynamic>, Diagnostics> {
    let (Some(schema), Some(identity)) = (resource.identity(), identity) else {
        return Ok(None);
    };
    let identity = super::core::decode(identity, &schema.implied_type())?;
    Ok((!identity.is_null()).then_some(identity))
}

/// Writes an identity for Terraform.
pub(super) fn write<C>(
    resource: &dyn BoundResource<C>,
    identity: Option<&Dynamic>,
) -> Result<Option<Encoded>, Diagnostics> {
    match (resource.identity(), identity) {
        (Some(schema), Some(identity)) => encode(identity, &schema.implied_type()).map(Some),
        _ => Ok(None),
    }
}

/// Refuses an identity that is not the one from before. What was null or unknown before may have
/// been found out since.
pub(super) fn unchanged(old: Option<&Dynamic>, new: &Dynamic) -> Result<(), Diagnostics> {
    let Some(Dynamic::Object(before)) = old else {
        return Ok(());
    };
    for (name, old) in before {
        let found_out = old.is_null() || !old.is_wholly_known();
        let new = member(new, name);
        if !found_out && new.is_wholly_known() && old != new {
            return Err(provider_bug(format!(
                "the identity attribute `{name}` changed, which it may not while the object exists"
            ))
            .into());
        }
    }
    Ok(())
}
