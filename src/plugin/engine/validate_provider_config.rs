//! `ValidateProviderConfig`.

use super::core::{Core, decode};
use super::{DiagnosticsResponse, ValidateProviderConfigRequest, validate};
use crate::plugin::author::{Provider, misfit};
use crate::plugin::diagnostics::Diagnostics;

impl<P: Provider> Core<P> {
    pub(super) async fn validate_provider_config(
        &self,
        request: ValidateProviderConfigRequest,
    ) -> DiagnosticsResponse {
        let diagnostics = match decode(&request.config, &self.ty) {
            // A provider block that is not written at all.
            Ok(config) if config.is_null() => Diagnostics::new(),
            Ok(config) => validate::whole(&self.data.block, &config, true, || {
                let model = self.schema.decode(config.clone());
                model
                    .map(|model| self.provider.validate(&model))
                    .unwrap_or_else(|error| misfit(&error).into())
            }),
            Err(diagnostics) => diagnostics,
        };
        DiagnosticsResponse { diagnostics }
    }
}
