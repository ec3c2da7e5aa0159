//! `ApplyResourceChange`: create, update or delete. Whatever happens, the answer says what exists.

use super::core::{Core, decode, encode, provider_bug};
use super::operation::{Operation, run};
use super::outcome::{Finished, finish, salvage};
use super::planning::matters;
use super::{ApplyResourceChangeRequest, ApplyResourceChangeResponse, identity, private};
use crate::plugin::author::{BoundResource, CallState, Provider, unconfigured};
use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::value::Dynamic;

/// The values of one request.
struct Change {
    prior: Dynamic,
    planned: Dynamic,
    config: Dynamic,
    planned_identity: Option<Dynamic>,
}

/// What exists afterwards.
struct Applied {
    state: Dynamic,
    private: Vec<u8>,
    diagnostics: Diagnostics,
}

impl<P: Provider> Core<P> {
    pub(super) async fn apply_resource_change(
        &self,
        request: ApplyResourceChangeRequest,
    ) -> ApplyResourceChangeResponse {
        match self.apply(&request).await {
            Ok(response) => response,
            // Nothing was done: what was there is still there.
            Err(diagnostics) => ApplyResourceChangeResponse {
                new_state: Some(request.prior_state),
                private: request.planned_private,
                new_identity: request.planned_identity,
                diagnostics,
            },
        }
    }

    async fn apply(
        &self,
        request: &ApplyResourceChangeRequest,
    ) -> Result<ApplyResourceChangeResponse, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let ty = resource.ty();
        let change = Change {
            prior: decode(&request.prior_state, ty)?,
            planned: decode(&request.planned_state, ty)?,
            config: decode(&request.config, ty)?,
            planned_identity: identity::decode(resource, request.planned_identity.as_ref())?,
        };
        let operation = match (&change.prior, &change.planned) {
            (Dynamic::Null, Dynamic::Null) => {
                return Err(provider_bug("nothing was to be made of nothing").into());
            }
            (Dynamic::Null, _) => Operation::Create,
            (_, Dynamic::Null) => Operation::Delete,
            _ => Operation::Update,
        };
        let mut applied = self
            .operate(resource, operation, &change, &request.planned_private)
            .await?;
        let new_state = match encode(&applied.state, ty) {
            Ok(encoded) => encoded,
            // What does not fit the schema cannot be stored.
            Err(errors) => {
                applied.diagnostics.extend(errors);
                request.prior_state.clone()
            }
        };
        let new_identity = match applied_identity(resource, &change, &applied.state) {
            Ok(identity) => identity::write(resource, identity.as_ref()),
            Err(errors) => {
                applied.diagnostics.extend(errors);
                identity::write(resource, change.planned_identity.as_ref())
            }
        };
        Ok(ApplyResourceChangeResponse {
            new_state: Some(new_state),
            private: applied.private,
            new_identity: new_identity.unwrap_or_else(|errors| {
                applied.diagnostics.extend(errors);
                None
            }),
            diagnostics: applied.diagnostics,
        })
    }

    async fn operate(
        &self,
        resource: &dyn BoundResource<P::Client>,
        operation: Operation,
        change: &Change,
        planned_private: &[u8],
    ) -> Result<Applied, Diagnostics> {
        let Change {
            prior,
            planned,
            config,
            ..
        } = change;
        let data = resource.data();
        if operation == Operation::Update
            && planned.is_wholly_known()
            && !matters(&data.block, prior, planned)
        {
            // Only the provider's own behaviour changes; there is nothing to tell anyone.
            return Ok(Applied {
                state: planned.clone(),
                private: planned_private.to_vec(),
                diagnostics: Diagnostics::new(),
            });
        }
        let client = self.client().ok_or_else(unconfigured)?;
        let times = match operation {
            Operation::Delete => prior,
            _ => planned,
        };
        let timeout = operation.timeout(&data.block, times);
        let token = self.token();
        let call = CallState::new(
            self.host.clone(),
            timeout,
            token.clone(),
            private::read(planned_private)?,
        );
        let (prior_, planned_, config_) = (prior.clone(), planned.clone(), config.clone());
        let outcome = match operation {
            Operation::Create => {
                let work = resource.create(&client, &call, config_, planned_);
                run(&self.host, operation, timeout, &token, work)
                    .await
                    .map(Some)
            }
            Operation::Delete => {
                let work = resource.delete(&client, &call, prior_);
                run(&self.host, operation, timeout, &token, work)
                    .await
                    .map(|()| None)
            }
            _ => {
                let work = resource.update(&client, &call, config_, prior_, planned_);
                run(&self.host, operation, timeout, &token, work)
                    .await
                    .map(Some)
            }
        };
        let mut diagnostics = call.take_warnings();
        let private = private::write(&call.take_private());
        match outcome {
            Ok(Some(returned)) => {
                let Finished { state, errors } = finish(data, planned, returned, "apply");
                diagnostics.extend(errors);
                Ok(Applied {
                    state,
                    private,
                    diagnostics,
                })
            }
            Ok(None) => Ok(Applied {
                state: Dynamic::Null,
                private: Vec::new(),
                diagnostics,
            }),
            Err(errors) => {
                diagnostics.extend(errors);
                let expected = if planned.is_null() { prior } else { planned };
                let state = match call.take_checkpoint() {
                    Some(recorded) => salvage(data, expected, recorded),
                    None => prior.clone(),
                };
                Ok(Applied {
                    state,
                    private,
                    diagnostics,
                })
            }
        }
    }
}

/// The identity of what exists now: its state tells, and where that is only half known, the plan.
fn applied_identity<C>(
    resource: &dyn BoundResource<C>,
    change: &Change,
    state: &Dynamic,
) -> Result<Option<Dynamic>, Diagnostics> {
    let Some(new) = identity::of_state(resource, state)? else {
        return Ok(None);
    };
    identity::unchanged(change.planned_identity.as_ref(), &new)?;
    let complete = match &new {
        Dynamic::Object(members) => !members.values().any(Dynamic::is_null),
        _ => false,
    };
    match &change.planned_identity {
        Some(planned) if !complete && planned.is_wholly_known() => Ok(Some(planned.clone())),
        _ => Ok(Some(new)),
    }
}
