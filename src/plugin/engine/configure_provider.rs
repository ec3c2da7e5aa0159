//! `ConfigureProvider`: at most once for each process that Terraform starts, again and again where
//! one process serves several commands.

use super::core::{Core, decode};
use super::operation::{DEFAULT_TIMEOUT, Operation, run};
use super::{ConfigureProviderRequest, DiagnosticsResponse};
use crate::plugin::author::{Provider, misfit};
use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::value::Dynamic;

impl<P: Provider> Core<P> {
    pub(super) async fn configure_provider(
        &self,
        request: ConfigureProviderRequest,
    ) -> DiagnosticsResponse {
        let diagnostics = self.configure(request).await.err().unwrap_or_default();
        DiagnosticsResponse { diagnostics }
    }

    async fn configure(&self, request: ConfigureProviderRequest) -> Result<(), Diagnostics> {
        self.start_again();
        // A configuration that fails must not leave the client of an earlier one behind.
        self.set_client(None);
        let config = match decode(&request.config, &self.ty)? {
            Dynamic::Null => P::Config::default(),
            config => self.schema.decode(config).map_err(|e| misfit(&e))?,
        };
        let work = self.provider.configure(config, &request.terraform_version);
        let token = self.token();
        let client = run(
            &self.host,
            Operation::Configure,
            DEFAULT_TIMEOUT,
            &token,
            Box::pin(work),
        )
        .await?;
        if client.is_none() {
            tracing::debug!("the provider's configuration is not known yet; there is no client");
        }
        self.set_client(client);
        Ok(())
    }
}
