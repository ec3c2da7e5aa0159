//! `ValidateResourceConfig`: once for the block, before each plan, and again at apply.

use super::core::{Core, decode};
use super::{DiagnosticsResponse, ValidateConfigRequest, validate};
use crate::plugin::author::{Provider, misfit};
use crate::plugin::diagnostics::Diagnostics;

impl<P: Provider> Core<P> {
    pub(super) async fn validate_resource_config(
        &self,
        request: ValidateConfigRequest,
    ) -> DiagnosticsResponse {
        let diagnostics = self
            .judge_resource(&request)
            .unwrap_or_else(|diagnostics| diagnostics);
        DiagnosticsResponse { diagnostics }
    }

    fn judge_resource(&self, request: &ValidateConfigRequest) -> Result<Diagnostics, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let config = decode(&request.config, resource.ty())?;
        let write_only = request.client_capabilities.write_only_attributes_allowed;
        Ok(validate::whole(
            &resource.data().block,
            &config,
            write_only,
            || {
                resource
                    .validate(config.clone())
                    .unwrap_or_else(|error| misfit(&error).into())
            },
        ))
    }
}
