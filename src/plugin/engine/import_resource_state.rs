//! `ImportResourceState`: from an id or an identity to the least state that a read needs.

use super::core::{Core, decode, encode, provider_bug};
use super::planning::null_write_only;
use super::values::without_unknowns;
use super::{ImportResourceStateRequest, ImportResourceStateResponse, ImportedResource, identity};
use crate::plugin::author::{BoundResource, Provider, misfit};
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::value::Dynamic;

impl<P: Provider> Core<P> {
    pub(super) async fn import_resource_state(
        &self,
        request: ImportResourceStateRequest,
    ) -> ImportResourceStateResponse {
        match self.import(&request) {
            Ok(imported) => ImportResourceStateResponse {
                imported: Some(imported),
                diagnostics: Diagnostics::new(),
            },
            Err(diagnostics) => ImportResourceStateResponse {
                imported: None,
                diagnostics,
            },
        }
    }

    fn import(
        &self,
        request: &ImportResourceStateRequest,
    ) -> Result<ImportedResource, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let state = match (&request.identity, request.id.as_str()) {
            (None, "") => {
                return Err(Diagnostic::error(
                    "Import Id Missing",
                    format!("An import of `{}` needs an id.", request.type_name),
                )
                .into());
            }
            (None, id) => resource.import(id)?,
            (Some(identity), _) => by_identity(resource, &request.type_name, identity)?,
        };
        if !state.is_wholly_known() {
            return Err(provider_bug("an import gave a state that is not known").into());
        }
        let block = &resource.data().block;
        let state = null_write_only(block.into(), with_defaults(resource, state));
        let state = without_unknowns(block, state);
        let identity = complete_identity(resource, &state)?;
        Ok(ImportedResource {
            type_name: request.type_name.clone(),
            state: encode(&state, resource.ty())?,
            private: Vec::new(),
            identity: identity::write(resource, identity.as_ref())?
                .or_else(|| request.identity.clone()),
        })
    }
}

fn by_identity<C>(
    resource: &dyn BoundResource<C>,
    name: &str,
    identity: &crate::plugin::value::Encoded,
) -> Result<Dynamic, Diagnostics> {
    let Some(schema) = resource.identity() else {
        return Err(Diagnostic::error(
            "Import By Identity Not Supported",
            format!("`{name}` has no resource identity. Import it by its `id`."),
        )
        .into());
    };
    let identity = decode(identity, &schema.implied_type())?;
    for attribute in &schema.attributes {
        let given = identity
            .attribute(&attribute.name)
            .is_some_and(|value| !value.is_null());
        if attribute.required_for_import && !given {
            return Err(Diagnostic::error(
                "Incomplete Identity",
                format!(
                    "An import of `{name}` by identity needs `{}`.",
                    attribute.name
                ),
            )
            .into());
        }
    }
    resource
        .import_identity(identity)
        .map_err(|error| misfit(&error).into())
}

/// What no read can find out, such as how the provider is to act, is what it is by default.
fn with_defaults<C>(resource: &dyn BoundResource<C>, state: Dynamic) -> Dynamic {
    let Dynamic::Object(mut members) = state else {
        return state;
    };
    for attribute in &resource.data().block.attributes {
        if let (Some(value), Some(default)) = (members.get_mut(&attribute.name), &attribute.default)
            && value.is_null()
        {
            *value = default.clone();
        }
    }
    Dynamic::Object(members)
}

/// The identity, where the stub tells all of it; otherwise the read that follows does.
fn complete_identity<C>(
    resource: &dyn BoundResource<C>,
    state: &Dynamic,
) -> Result<Option<Dynamic>, Diagnostics> {
    let identity = identity::of_state(resource, state)?;
    Ok(identity.filter(|identity| match identity {
        Dynamic::Object(members) => !members.values().any(Dynamic::is_null),
        _ => false,
    }))
}
