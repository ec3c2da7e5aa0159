//! `ValidateDataResourceConfig`: once for the block, and again before each read.

use super::core::{Core, decode};
use super::{DiagnosticsResponse, ValidateConfigRequest, validate};
use crate::plugin::author::{Provider, misfit};
use crate::plugin::diagnostics::Diagnostics;

impl<P: Provider> Core<P> {
    pub(super) async fn validate_data_resource_config(
        &self,
        request: ValidateConfigRequest,
    ) -> DiagnosticsResponse {
        let diagnostics = self
            .judge_data_source(&request)
            .unwrap_or_else(|diagnostics| diagnostics);
        DiagnosticsResponse { diagnostics }
    }

    fn judge_data_source(
        &self,
        request: &ValidateConfigRequest,
    ) -> Result<Diagnostics, Diagnostics> {
        let source = self.data_source(&request.type_name)?;
        let config = decode(&request.config, source.ty())?;
        let write_only = request.client_capabilities.write_only_attributes_allowed;
        Ok(validate::whole(
            &source.data().block,
            &config,
            write_only,
            || {
                source
                    .validate(config.clone())
                    .unwrap_or_else(|error| misfit(&error).into())
            },
        ))
    }
}
