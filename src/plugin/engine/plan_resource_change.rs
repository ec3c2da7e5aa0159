//! `PlanResourceChange`: what a change will make of an object.
//!
//! The order: start from Terraform's proposal; defaults, write-only values and values that mean
//! the same as before; computed attributes that may change become unknown; the resource's own
//! hook; computed attributes that may change because of the hook; replacements; core's own rules.
//! A destroy is planned as null and shown to the hook only.

use std::collections::BTreeSet;

use super::core::{Core, decode, encode, provider_bug};
use super::operation::{DEFAULT_TIMEOUT, Operation, run};
use super::planning::{
    mark_unknown, matters, merge, null_write_only, replacements, settle, touched,
};
use super::{PlanResourceChangeRequest, PlanResourceChangeResponse, identity, private, rules};
use crate::plugin::author::{BoundResource, Plan, Provider, misfit};
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::value::{Dynamic, Path};

/// The values of one request.
struct Change {
    prior: Dynamic,
    config: Dynamic,
    proposed: Dynamic,
    prior_identity: Option<Dynamic>,
}

/// What is answered.
struct Planned {
    state: Dynamic,
    replaces: Vec<Path>,
    private: Vec<u8>,
    identity: Option<Dynamic>,
}

impl<P: Provider> Core<P> {
    pub(super) async fn plan_resource_change(
        &self,
        request: PlanResourceChangeRequest,
    ) -> PlanResourceChangeResponse {
        let mut diagnostics = Diagnostics::new();
        match self.plan(&request, &mut diagnostics).await {
            Ok(mut response) => {
                response.diagnostics = diagnostics;
                response
            }
            Err(errors) => {
                diagnostics.extend(errors);
                // Terraform stops at the errors and never looks at the rest.
                PlanResourceChangeResponse {
                    planned_state: Some(request.prior_state),
                    planned_private: request.prior_private,
                    planned_identity: request.prior_identity,
                    diagnostics,
                    ..PlanResourceChangeResponse::default()
                }
            }
        }
    }

    async fn plan(
        &self,
        request: &PlanResourceChangeRequest,
        diagnostics: &mut Diagnostics,
    ) -> Result<PlanResourceChangeResponse, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let ty = resource.ty();
        let change = Change {
            prior: decode(&request.prior_state, ty)?,
            config: decode(&request.config, ty)?,
            proposed: decode(&request.proposed_new_state, ty)?,
            prior_identity: identity::decode(resource, request.prior_identity.as_ref())?,
        };
        // A plan that is repeated at apply may find what the first one kept.
        let kept = match request.planned_private.is_empty() {
            true => &request.prior_private,
            false => &request.planned_private,
        };
        let mut hook = Plan::new(known(&change.prior), known(&change.config), None);
        hook = hook.within(private::read(kept)?, self.token());
        let planned = if change.proposed.is_null() {
            self.plan_destroy(resource, change, hook, diagnostics)
                .await?
        } else {
            self.plan_object(resource, change, hook, diagnostics)
                .await?
        };
        Ok(PlanResourceChangeResponse {
            planned_state: Some(encode(&planned.state, ty)?),
            requires_replace: planned.replaces,
            planned_private: planned.private,
            planned_identity: identity::write(resource, planned.identity.as_ref())?,
            diagnostics: Diagnostics::new(),
        })
    }

    async fn plan_destroy(
        &self,
        resource: &dyn BoundResource<P::Client>,
        change: Change,
        hook: Plan<Dynamic>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Planned, Diagnostics> {
        let after = self.ask(resource, hook).await?;
        diagnostics.extend(after.diagnostics);
        Ok(Planned {
            state: Dynamic::Null,
            replaces: Vec::new(),
            private: private::write(&after.private),
            identity: change.prior_identity,
        })
    }

    async fn plan_object(
        &self,
        resource: &dyn BoundResource<P::Client>,
        change: Change,
        mut hook: Plan<Dynamic>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Planned, Diagnostics> {
        let block = &resource.data().block;
        let parts = block.into();
        let Change {
            prior,
            config,
            proposed,
            prior_identity,
        } = change;

        let settled = settle(parts, &config, &prior, proposed);
        let changes = matters(block, &prior, &settled);
        let marked = mark_unknown(parts, &config, &prior, settled, changes, &BTreeSet::new());

        let before = resource
            .rebind(marked.clone())
            .map_err(|error| misfit(&error))?;
        hook.planned = Some(before.clone());
        let after = self.ask(resource, hook).await?;
        let stopped = after.diagnostics.has_errors();
        diagnostics.extend(after.diagnostics);
        let Some(hooked) = after.planned else {
            return Err(provider_bug("an object was planned away that is configured").into());
        };
        let touched = touched(&before, &hooked);
        let mut planned = merge(marked, &before, hooked);
        if !touched.is_empty() {
            // The hook may have made a change of what was none, or a larger one.
            planned = null_write_only(parts, planned);
            let changes = matters(block, &prior, &planned);
            planned = mark_unknown(parts, &config, &prior, planned, changes, &touched);
        }

        let mut replaces = match prior {
            Dynamic::Object(_) => after.replaces,
            _ => Vec::new(),
        };
        replaces.extend(replacements(parts, &prior, &planned));
        replaces.sort();
        replaces.dedup();

        let identity = planned_identity(resource, &prior, &planned, prior_identity, &replaces)?;
        if !stopped {
            let mut broken = rules::check_plan(block, &prior, &config, &planned);
            broken.extend(rules::check_replaces(&prior, &planned, &replaces));
            for violation in broken {
                let path = violation.path.clone();
                diagnostics
                    .push(provider_bug(format!("its plan is not valid ({violation})")).at(path));
            }
        }
        Ok(Planned {
            state: planned,
            replaces,
            private: private::write(&after.private),
            identity,
        })
    }

    /// Shows a change to the resource's own hook.
    async fn ask(
        &self,
        resource: &dyn BoundResource<P::Client>,
        plan: Plan<Dynamic>,
    ) -> Result<Plan<Dynamic>, Diagnostics> {
        let client = self.client();
        let token = plan.cancellation().clone();
        let work = Box::pin(async {
            let plan = resource.plan(client.as_deref(), plan).await;
            plan.map_err(|error| Diagnostics::from(misfit(&error)))
        });
        run(&self.host, Operation::Plan, DEFAULT_TIMEOUT, &token, work).await
    }
}

fn known(value: &Dynamic) -> Option<Dynamic> {
    (!value.is_null()).then(|| value.clone())
}

/// The identity that the object will have. An object that exists has it already.
fn planned_identity<C>(
    resource: &dyn BoundResource<C>,
    prior: &Dynamic,
    planned: &Dynamic,
    prior_identity: Option<Dynamic>,
    replaces: &[Path],
) -> Result<Option<Dynamic>, Diagnostics> {
    if resource.identity().is_none() {
        return Ok(None);
    }
    let new = identity::of_state(resource, planned)?;
    if prior.is_null() {
        return Ok(new);
    }
    let old = match prior_identity {
        Some(identity) => Some(identity),
        None => identity::of_state(resource, prior)?,
    };
    if let (Some(new), true) = (&new, replaces.is_empty()) {
        identity::unchanged(old.as_ref(), new).map_err(|_| {
            Diagnostic::error(
                "Identity Would Change",
                "The change alters what names the object, without replacing it. This is a bug in \
                 the provider, and not in the configuration; please report it to the provider's \
                 developers.",
            )
        })?;
    }
    Ok(old)
}
