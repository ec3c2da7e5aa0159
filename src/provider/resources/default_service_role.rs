//! `imm_default_service_role`: what "Authorize" in the console does. A default role of IMM, with
//! the system policy that belongs to it.
//!
//! API: <https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-createrole>,
//! GetRole, AttachPolicyToRole, ListPoliciesForRole, DetachPolicyFromRole, DeleteRole.
//!
//! A role that is there already is adopted: nothing of it is changed but that its system policy is
//! attached where it is missing, and a destroy leaves it. One that does not trust IMM is not
//! adopted: changing whom somebody else's role trusts is not this resource's to decide.

use crate::api::ram;
use crate::cloud;
use crate::plugin::author::{Call, Outcome, Plan, Resource};
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::schema::{Identity, ImportUse, Schema, TimeoutDefaults, Timeouts, validators};
use crate::plugin::value::{Path, Value};
use crate::provider::checks::hooks::Change;
use crate::provider::fields;
use crate::provider::ram_objects;
use crate::provider::{Client, report, trust};

/// The resource.
#[derive(Debug)]
pub struct DefaultServiceRole;

/// What state holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DefaultServiceRoleModel {
    id: Value<String>,
    role_name: Value<String>,
    arn: Value<String>,
    role_id: Value<String>,
    policy_name: Value<String>,
    adopted: Value<bool>,
    timeouts: Timeouts,
}

/// The role that projects use where none is named.
const DEFAULT: &str = "AliyunIMMDefaultRole";
/// The role that triggers and batches use where none is named.
const BATCH_TRIGGER: &str = "AliyunIMMBatchTriggerRole";

/// The system policy and the description of a default role.
fn known(role: &str) -> Option<(&'static str, &'static str)> {
    match role {
        DEFAULT => Some((
            "AliyunIMMRolePolicy",
            "Intelligent Media Management (IMM) uses this role to reach resources in other services.",
        )),
        BATCH_TRIGGER => Some((
            "AliyunIMMBatchTriggerRolePolicy",
            "Triggers and batches of Intelligent Media Management (IMM) use this role to reach \
             resources in other services.",
        )),
        _ => None,
    }
}

impl Resource for DefaultServiceRole {
    type Client = Client;
    type Model = DefaultServiceRoleModel;

    const NAME: &'static str = "imm_default_service_role";

    fn schema() -> Schema<DefaultServiceRoleModel> {
        Schema::<DefaultServiceRoleModel>::new(
            "A default role of IMM with its system policy: what \"Authorize\" in the console \
             makes. Where the role exists, it is adopted: its system policy is attached if it is \
             missing, nothing else is changed, and a destroy leaves it. An existing role that does \
             not trust IMM is an error.\n\n\
             The system policies reach every bucket of the account. A role of your own \
             (`imm_service_role`) can be held to less.",
        )
        .attr(
            "id",
            "The role's name.",
            |m| &mut m.id,
            |a| a.computed().keep_prior().never_null(),
        )
        .attr(
            "role_name",
            "`AliyunIMMDefaultRole` is for projects, `AliyunIMMBatchTriggerRole` for triggers and \
             batches.",
            |m| &mut m.role_name,
            |a| {
                a.default_value(DEFAULT.to_owned())
                    .replaces()
                    .validate(validators::one_of(&[DEFAULT, BATCH_TRIGGER]))
            },
        )
        .attr(
            "arn",
            "The role's ARN, as RAM writes it: in lower case.",
            |m| &mut m.arn,
            |a| a.computed().keep_prior().never_null(),
        )
        .attr(
            "role_id",
            "The role's id, which no other role ever has.",
            |m| &mut m.role_id,
            |a| a.computed().keep_prior().never_null(),
        )
        .attr(
            "policy_name",
            "The system policy that the role has. Null in a state where somebody detached it, or \
             took IMM out of the trust policy of a role that this resource made; the next apply \
             mends either.",
            |m| &mut m.policy_name,
            |a| a.computed().changes_with(&["role_name"]),
        )
        .attr(
            "adopted",
            "Whether the role was there before. A destroy then leaves it, with a warning.",
            |m| &mut m.adopted,
            |a| a.computed().keep_prior().never_null(),
        )
        .timeouts(
            |m| &mut m.timeouts,
            TimeoutDefaults::all(ram_objects::TIMEOUT),
        )
    }

    fn identity() -> Option<Identity<DefaultServiceRoleModel>> {
        Some(Identity::<DefaultServiceRoleModel>::new(0).attr(
            "role_name",
            "Name of the role.",
            |m| &mut m.role_name,
            ImportUse::Required,
        ))
    }

    async fn create(
        &self,
        call: &Call<'_, Client, DefaultServiceRoleModel>,
        plan: DefaultServiceRoleModel,
    ) -> Outcome<DefaultServiceRoleModel> {
        let client = &call.client().within(call.remaining());
        let name = fields::required(&plan.role_name, "role_name")?;
        let (role, adopted) = match ram_objects::role(client, &name).await? {
            Some(role) => (role, true),
            None => make(client, &name).await?,
        };
        if adopted {
            refuse_untrusting(&role)?;
            client.adopts(&role.role_id);
        }
        let mut state = plan;
        apply(&mut state, &role);
        state.adopted = Value::Known(adopted);
        state.policy_name = Value::Null;
        call.checkpoint(state.clone());

        attach(client, &mut state).await?;
        Ok(state)
    }

    async fn read(
        &self,
        call: &Call<'_, Client, DefaultServiceRoleModel>,
        mut state: DefaultServiceRoleModel,
    ) -> Outcome<Option<DefaultServiceRoleModel>> {
        let client = &call.client().within(call.remaining());
        let name = fields::required(&state.role_name, "role_name")?;
        let Some(role) = ram_objects::role(client, &name).await? else {
            return Ok(None);
        };
        let Some(attached) = ram_objects::policies_of_role(client, &name).await? else {
            return Ok(None);
        };
        // An imported role was there before; and one with another id is not the one that was made.
        let another = state.role_id.known().is_some_and(|id| *id != role.role_id);
        if another {
            state.adopted = Value::Known(true);
        }
        state.adopted = state.adopted.or(Value::Known(true));
        state.policy_name = system_policy(&name, &attached);
        if !trusts_imm(&role) {
            let own = state.adopted == Value::Known(false);
            call.warn(trust_lost(&role, own));
            if own {
                // Something has to differ from the plan, or no update would mend it.
                state.policy_name = Value::Null;
            }
        }
        apply(&mut state, &role);
        Ok(Some(state))
    }

    async fn update(
        &self,
        call: &Call<'_, Client, DefaultServiceRoleModel>,
        state: DefaultServiceRoleModel,
        plan: DefaultServiceRoleModel,
    ) -> Outcome<DefaultServiceRoleModel> {
        let mut done = DefaultServiceRoleModel {
            timeouts: plan.timeouts,
            ..state
        };
        let client = &call.client().within(call.remaining());
        if done.adopted == Value::Known(false) {
            restore_trust(client, &done).await?;
        }
        attach(client, &mut done).await?;
        Ok(done)
    }

    async fn delete(
        &self,
        call: &Call<'_, Client, DefaultServiceRoleModel>,
        state: DefaultServiceRoleModel,
    ) -> Outcome<()> {
        let client = &call.client().within(call.remaining());
        let name = fields::required(&state.role_name, "role_name")?;
        let taken_over = state
            .role_id
            .known()
            .is_some_and(|id| client.has_adopted(id));
        if taken_over || state.adopted.unwrap_or(true) {
            call.warn(left(&name));
            return Ok(());
        }
        if let Some((policy, _)) = known(&name) {
            let request = ram::DetachPolicyFromRole {
                policy_name: policy.to_owned(),
                policy_type: ram::SYSTEM.to_owned(),
                role_name: name.clone(),
                resource_group_id: None,
            };
            let what = format!("{policy} from the role {name}");
            cloud::ram::detach_policy_from_role(&client.cloud, &request)
                .await
                .map_err(|error| report::failed("detach the system policy", &what, &error))?;
        }
        ram_objects::delete_role(client, &name, false).await
    }

    fn import(&self, id: &str) -> Outcome<DefaultServiceRoleModel> {
        if known(id).is_none() {
            let form = format!("`{DEFAULT}` or `{BATCH_TRIGGER}`.");
            return Err(fields::malformed_id(
                id,
                &form,
                "it is no default role of IMM",
            ));
        }
        Ok(DefaultServiceRoleModel {
            role_name: Value::Known(id.to_owned()),
            ..DefaultServiceRoleModel::default()
        })
    }

    async fn plan(&self, client: Option<&Client>, plan: &mut Plan<DefaultServiceRoleModel>) {
        let Some(planned) = &mut plan.planned else {
            if let Some(DefaultServiceRoleModel {
                role_name: Value::Known(name),
                adopted: Value::Known(true),
                ..
            }) = &plan.prior
            {
                plan.diagnostics.push(left(name));
            }
            return prove(client, plan).await;
        };
        planned.id = planned.role_name.clone();
        planned.policy_name = match &planned.role_name {
            Value::Known(name) => match known(name) {
                Some((policy, _)) => Value::Known(policy.to_owned()),
                None => Value::Null,
            },
            Value::Unknown | Value::Null => Value::Unknown,
        };
        prove(client, plan).await;
    }
}

/// Records the role and its system policy as they will be, and judges what hangs on them.
async fn prove(client: Option<&Client>, plan: &mut Plan<DefaultServiceRoleModel>) {
    let (Some(client), Some(role)) = (client, plan.planned.as_ref().or(plan.prior.as_ref())) else {
        return;
    };
    let adopted = role.adopted == Value::Known(true);
    let change = match (&plan.prior, &plan.planned) {
        // An adopted role stays where it is.
        (Some(_), None) if adopted => return,
        (prior, planned) => Change::between(prior.as_ref(), planned.as_ref()),
    };
    let _running = client.checks.walk.enter();
    // Whether a create makes the role or adopts it, only RAM knows.
    let makes = change == Change::Create
        && match &role.role_name {
            Value::Known(name) => cloud::ram::get_role(&client.cloud, name)
                .await
                .is_err_and(|error| error.is_not_found()),
            Value::Unknown | Value::Null => false,
        };
    let actions: &[&'static str] = match change {
        Change::Create if makes => &["ram:CreateRole"],
        Change::Destroy => &["ram:DeleteRole"],
        Change::Create | Change::Update | Change::Nothing => &[],
    };
    let recorded = match change {
        Change::Create if !makes => Change::Update,
        other => other,
    };
    let trust = Value::Known(trust::document(&trust::imm_alone()));
    let checks = &client.checks;
    checks
        .role(
            &client.cloud,
            recorded,
            &role.role_name,
            &trust,
            actions,
            &mut plan.diagnostics,
        )
        .await;
    let attaches = match change {
        Change::Create if makes => Change::Create,
        Change::Destroy => Change::Destroy,
        // Whether it is attached already is not worth another call.
        Change::Create | Change::Update | Change::Nothing => Change::Nothing,
    };
    let system = Value::Known(ram::SYSTEM.to_owned());
    checks
        .attachment(
            &client.cloud,
            attaches,
            &role.role_name,
            &system,
            &role.policy_name,
            &mut plan.diagnostics,
        )
        .await;
}

/// Makes the role; where somebody else makes it at the same moment, that one is adopted.
async fn make(client: &Client, name: &str) -> Outcome<(ram::Role, bool)> {
    let request = ram::CreateRole {
        role_name: name.to_owned(),
        assume_role_policy_document: trust::document(&trust::imm_alone()),
        description: known(name).map(|(_, description)| description.to_owned()),
        ..ram::CreateRole::default()
    };
    match cloud::ram::create_role(&client.cloud, &request).await {
        Ok(role) => Ok((role, false)),
        Err(error) if error.is_already_exists() => match ram_objects::role(client, name).await? {
            Some(role) => Ok((role, true)),
            None => Err(report::failed("create the role", name, &error)),
        },
        Err(error) => Err(report::failed("create the role", name, &error)),
    }
}

/// Attaches the role's system policy, if it is not attached yet.
async fn attach(client: &Client, state: &mut DefaultServiceRoleModel) -> Outcome<()> {
    let name = fields::required(&state.role_name, "role_name")?;
    let Some((policy, _)) = known(&name) else {
        return Ok(());
    };
    let request = ram::AttachPolicyToRole {
        policy_name: policy.to_owned(),
        policy_type: ram::SYSTEM.to_owned(),
        role_name: name.clone(),
        resource_group_id: None,
    };
    match cloud::ram::attach_policy_to_role(&client.cloud, &request).await {
        Ok(()) => {}
        Err(error) if error.is_already_exists() => {}
        Err(error) => {
            let what = format!("{policy} to the role {name}");
            return Err(report::failed("attach the system policy", &what, &error));
        }
    }
    state.policy_name = Value::Known(policy.to_owned());
    Ok(())
}

/// The role's system policy, if it is attached.
fn system_policy(role: &str, attached: &[ram::AttachedPolicy]) -> Value<String> {
    let Some((policy, _)) = known(role) else {
        return Value::Null;
    };
    let found = attached
        .iter()
        .any(|other| other.policy_type == ram::SYSTEM && other.policy_name == policy);
    if found {
        Value::Known(policy.to_owned())
    } else {
        Value::Null
    }
}

fn trusts_imm(role: &ram::Role) -> bool {
    let document = role.assume_role_policy_document.as_deref().unwrap_or("{}");
    trust::services(document).contains(trust::IMM)
}

fn refuse_untrusting(role: &ram::Role) -> Result<(), Diagnostics> {
    if trusts_imm(role) {
        return Ok(());
    }
    Err(Diagnostic::error(
        "Default role does not trust IMM",
        format!(
            "The role {} exists, but its trust policy does not let {} assume it, so IMM could not \
             use it. It is left as it is, since whom an existing role trusts is its owner's \
             decision. Add {} to its trust policy in the RAM console, or manage the role with \
             imm_service_role (terraform import imm_service_role.<name> {}).",
            role.role_name,
            trust::IMM,
            trust::IMM,
            role.role_name
        ),
    )
    .at(Path::attribute("role_name"))
    .into())
}

fn trust_lost(role: &ram::Role, own: bool) -> Diagnostic {
    let remedy = if own {
        "The next apply restores its trust policy."
    } else {
        "It was adopted, so it is left as it is: mend its trust policy in the RAM console."
    };
    Diagnostic::warning(
        "Default role no longer trusts IMM",
        format!(
            "The trust policy of the role {} does not let {} assume it, so IMM cannot use it. {remedy}",
            role.role_name,
            trust::IMM,
        ),
    )
}

/// Lets IMM alone assume the role again, if its trust policy was changed.
async fn restore_trust(client: &Client, state: &DefaultServiceRoleModel) -> Outcome<()> {
    let name = fields::required(&state.role_name, "role_name")?;
    match ram_objects::role(client, &name).await? {
        Some(role) if !trusts_imm(&role) => {
            let request = ram::UpdateRole {
                role_name: name.clone(),
                new_assume_role_policy_document: Some(trust::document(&trust::imm_alone())),
                ..ram::UpdateRole::default()
            };
            cloud::ram::update_role(&client.cloud, &request)
                .await
                .map(|_| ())
                .map_err(|error| report::failed("restore the trust policy of", &name, &error))
        }
        _ => Ok(()),
    }
}

/// What only RAM knows.
fn apply(state: &mut DefaultServiceRoleModel, role: &ram::Role) {
    state.id = state.role_name.clone();
    state.arn = Value::Known(role.arn.clone());
    state.role_id = Value::Known(role.role_id.clone());
}

fn left(name: &str) -> Diagnostic {
    Diagnostic::warning(
        "Default role is left in place",
        format!(
            "The role {name} was there before Terraform adopted it, so a destroy removes it from \
             the state only. Delete it in the RAM console if nothing uses it any more."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::fields::samples;

    #[test]
    fn each_default_role_has_its_policy() {
        assert_eq!(known(DEFAULT).unwrap().0, "AliyunIMMRolePolicy");
        assert_eq!(
            known(BATCH_TRIGGER).unwrap().0,
            "AliyunIMMBatchTriggerRolePolicy"
        );
        assert!(DefaultServiceRole.import(DEFAULT).is_ok());
        assert!(DefaultServiceRole.import("TestRole").is_err());
    }

    #[test]
    fn a_missing_system_policy_shows_as_null() {
        let policy = |name: &str, policy_type: &str| ram::AttachedPolicy {
            policy_name: name.to_owned(),
            policy_type: policy_type.to_owned(),
            ..ram::AttachedPolicy::default()
        };
        let name = "AliyunIMMRolePolicy";
        assert_eq!(
            system_policy(DEFAULT, &[policy(name, "System")]),
            samples::text(name)
        );
        assert_eq!(
            system_policy(DEFAULT, &[policy(name, "Custom")]),
            Value::Null
        );
        assert_eq!(system_policy(DEFAULT, &[]), Value::Null);
    }

    #[test]
    fn a_role_that_does_not_trust_imm_is_not_adopted() {
        let role = |document: &str| ram::Role {
            assume_role_policy_document: Some(document.to_owned()),
            ..ram::Role::default()
        };
        assert!(refuse_untrusting(&role(&trust::document(&trust::imm_alone()))).is_ok());
        assert!(refuse_untrusting(&role(r#"{"Statement":[]}"#)).is_err());
        assert!(refuse_untrusting(&ram::Role::default()).is_err());
    }
}
