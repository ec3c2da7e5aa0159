//! `ReadResource`: what exists now, in the words of the state wherever both mean the same.

use super::core::{Core, decode};
use super::operation::{Operation, run};
use super::outcome::{Finished, finish};
use super::{ReadResourceRequest, ReadResourceResponse, identity, private};
use crate::plugin::author::{BoundResource, CallState, Provider, unconfigured};
use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::value::{Dynamic, Encoded};

impl<P: Provider> Core<P> {
    pub(super) async fn read_resource(&self, request: ReadResourceRequest) -> ReadResourceResponse {
        match self.read(&request).await {
            Ok(response) => response,
            // On an error Terraform keeps what it has; private state and identity go with it.
            Err(diagnostics) => ReadResourceResponse {
                new_state: Some(request.current_state),
                private: request.private,
                new_identity: request.current_identity,
                diagnostics,
            },
        }
    }

    async fn read(
        &self,
        request: &ReadResourceRequest,
    ) -> Result<ReadResourceResponse, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let current = decode(&request.current_state, resource.ty())?;
        let old_identity = identity::decode(resource, request.current_identity.as_ref())?;
        if current.is_null() {
            return Ok(ReadResourceResponse {
                new_state: Some(super::core::encode(&Dynamic::Null, resource.ty())?),
                ..ReadResourceResponse::default()
            });
        }
        let client = self.client().ok_or_else(unconfigured)?;
        let timeout = Operation::Read.timeout(&resource.data().block, &current);
        let token = self.token();
        let call = CallState::new(
            self.host.clone(),
            timeout,
            token.clone(),
            private::read(&request.private)?,
        );
        let work = resource.read(&client, &call, current.clone());
        let outcome = run(&self.host, Operation::Read, timeout, &token, work).await;
        let mut diagnostics = call.take_warnings();
        let found = match outcome {
            Ok(found) => found,
            Err(errors) => {
                diagnostics.extend(errors);
                return Err(diagnostics);
            }
        };
        let private = private::write(&call.take_private());
        let Some(found) = found else {
            return Ok(ReadResourceResponse {
                new_state: Some(super::core::encode(&Dynamic::Null, resource.ty())?),
                private,
                new_identity: request.current_identity.clone(),
                diagnostics,
            });
        };
        let Finished { state, errors } = finish(resource.data(), &current, found, "reading it");
        diagnostics.extend(errors);
        let new_identity = answer_identity(resource, old_identity, &state)?;
        Ok(ReadResourceResponse {
            new_state: Some(super::core::encode(&state, resource.ty())?),
            private,
            new_identity,
            diagnostics,
        })
    }
}

/// The identity of what was read, which is the one from before, or new to this state.
fn answer_identity<C>(
    resource: &dyn BoundResource<C>,
    old: Option<Dynamic>,
    state: &Dynamic,
) -> Result<Option<Encoded>, Diagnostics> {
    let new = identity::of_state(resource, state)?;
    if let Some(new) = &new {
        identity::unchanged(old.as_ref(), new)?;
    }
    identity::write(resource, new.as_ref())
}
