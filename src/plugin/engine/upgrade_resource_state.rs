//! `UpgradeResourceState`: stored state of this or an older version becomes state of today's
//! schema. Called before any stored state is used, also where the version is today's.

use super::core::{Core, decode_stored, encode, provider_bug};
use super::planning::null_write_only;
use super::values::without_unknowns;
use super::{UpgradeResourceStateRequest, UpgradeResourceStateResponse};
use crate::plugin::author::{BoundResource, Provider, misfit};
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::value::{Dynamic, Encoded};

impl<P: Provider> Core<P> {
    pub(super) async fn upgrade_resource_state(
        &self,
        request: UpgradeResourceStateRequest,
    ) -> UpgradeResourceStateResponse {
        match self.upgraded(&request) {
            Ok(state) => UpgradeResourceStateResponse {
                upgraded_state: Some(state),
                diagnostics: Diagnostics::new(),
            },
            Err(diagnostics) => UpgradeResourceStateResponse {
                upgraded_state: None,
                diagnostics,
            },
        }
    }

    fn upgraded(&self, request: &UpgradeResourceStateRequest) -> Result<Encoded, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        if request.raw_state.has_flatmap {
            return Err(Diagnostic::error(
                "State Too Old",
                "The state was written by Terraform 0.11 or earlier, in a form that no longer \
                 exists. Upgrade it first with Terraform 0.12 and a provider of that time, or \
                 remove the object from the state with `terraform state rm` and import it again.",
            )
            .into());
        }
        let state = if request.version == resource.data().version {
            decode_stored(&request.raw_state.json, resource.ty())?
        } else {
            convert(resource, request)?
        };
        let block = &resource.data().block;
        if !matches!(state, Dynamic::Object(_)) {
            return Err(provider_bug("the stored state is empty").into());
        }
        // Blocks that the schema has gained since are not null, but none.
        let state = without_unknowns(block, null_write_only(block.into(), state));
        encode(&state, resource.ty())
    }
}

/// Takes the single step from an older version to today's.
fn convert<C>(
    resource: &dyn BoundResource<C>,
    request: &UpgradeResourceStateRequest,
) -> Result<Dynamic, Diagnostics> {
    let (from, to) = (request.version, resource.data().version);
    let name = &request.type_name;
    if from > to {
        return Err(Diagnostic::error(
            "State Too New",
            format!(
                "The state of `{name}` was written by a newer version of the provider (schema \
                 version {from}); this one knows versions up to {to}. Use the newer provider."
            ),
        )
        .into());
    }
    let Some(ty) = resource.upgrade_type(from) else {
        return Err(Diagnostic::error(
            "State Cannot Be Upgraded",
            format!(
                "The state of `{name}` has schema version {from}; this provider has version {to} \
                 and can upgrade from {}. Apply once with a version of the provider in between, or \
                 remove the object from the state and import it again.",
                list(&resource.upgrade_versions())
            ),
        )
        .into());
    };
    let old = decode_stored(&request.raw_state.json, ty)?;
    resource
        .upgrade(from, old)
        .map_err(|error| Diagnostics::from(misfit(&error)))?
}

fn list(versions: &[i64]) -> String {
    if versions.is_empty() {
        return "none".to_owned();
    }
    let texts: Vec<String> = versions.iter().map(i64::to_string).collect();
    texts.join(", ")
}
