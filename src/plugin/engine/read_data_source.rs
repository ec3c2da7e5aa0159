//! `ReadDataSource`. Not to find something is an error here, and there is no state of before.

use super::core::{Core, decode, encode};
use super::operation::{DEFAULT_TIMEOUT, Operation, run};
use super::outcome::{Finished, finish};
use super::planning::settle;
use super::{ReadDataSourceRequest, ReadDataSourceResponse};
use crate::plugin::author::{CallState, PrivateState, Provider};
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::value::{Dynamic, Encoded};

impl<P: Provider> Core<P> {
    pub(super) async fn read_data_source(
        &self,
        request: ReadDataSourceRequest,
    ) -> ReadDataSourceResponse {
        let mut diagnostics = Diagnostics::new();
        let state = match self.query(&request, &mut diagnostics).await {
            Ok(state) => Some(state),
            Err(errors) => {
                diagnostics.extend(errors);
                None
            }
        };
        ReadDataSourceResponse { state, diagnostics }
    }

    async fn query(
        &self,
        request: &ReadDataSourceRequest,
        diagnostics: &mut Diagnostics,
    ) -> Result<Encoded, Diagnostics> {
        let source = self.data_source(&request.type_name)?;
        let config = decode(&request.config, source.ty())?;
        if !config.is_wholly_known() {
            return Err(Diagnostic::error(
                "Configuration Not Known Yet",
                format!(
                    "`{}` cannot be read while its configuration depends on values that are known \
                     only after apply.",
                    request.type_name
                ),
            )
            .into());
        }
        let block = &source.data().block;
        let config = settle(block.into(), &config, &Dynamic::Null, config.clone());
        let token = self.token();
        let call = CallState::new(
            self.host.clone(),
            DEFAULT_TIMEOUT,
            token.clone(),
            PrivateState::default(),
        );
        let client = self.client();
        let work = source.read(client.as_deref(), &call, config.clone());
        let outcome = run(&self.host, Operation::Read, DEFAULT_TIMEOUT, &token, work).await;
        diagnostics.extend(call.take_warnings());
        let Finished { state, errors } = finish(source.data(), &config, outcome?, "reading it");
        diagnostics.extend(errors);
        encode(&state, source.ty())
    }
}
