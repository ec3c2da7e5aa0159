//! `UpgradeResourceIdentity`: a stored identity becomes one of today's identity schema.

use super::core::{Core, decode_stored, encode};
use super::{UpgradeResourceIdentityRequest, UpgradeResourceIdentityResponse};
use crate::plugin::author::Provider;
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::value::Encoded;

impl<P: Provider> Core<P> {
    pub(super) async fn upgrade_resource_identity(
        &self,
        request: UpgradeResourceIdentityRequest,
    ) -> UpgradeResourceIdentityResponse {
        match self.upgraded_identity(&request) {
            Ok(identity) => UpgradeResourceIdentityResponse {
                upgraded_identity: Some(identity),
                diagnostics: Diagnostics::new(),
            },
            Err(diagnostics) => UpgradeResourceIdentityResponse {
                upgraded_identity: None,
                diagnostics,
            },
        }
    }

    fn upgraded_identity(
        &self,
        request: &UpgradeResourceIdentityRequest,
    ) -> Result<Encoded, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let name = &request.type_name;
        let Some(schema) = resource.identity() else {
            return Err(Diagnostic::error(
                "No Resource Identity",
                format!("`{name}` has no identity in this version of the provider."),
            )
            .into());
        };
        if request.version != schema.version {
            return Err(Diagnostic::error(
                "Identity Cannot Be Upgraded",
                format!(
                    "The stored identity of `{name}` has version {}; this provider has version {} \
                     and no way from one to the other. Remove the object from the state and import \
                     it again.",
                    request.version, schema.version
                ),
            )
            .into());
        }
        let ty = schema.implied_type();
        encode(&decode_stored(&request.raw_identity.json, &ty)?, &ty)
    }
}
