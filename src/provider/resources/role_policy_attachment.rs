//! `imm_role_policy_attachment`: a custom or system policy on a role.
//!
//! API: <https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-attachpolicytorole>,
//! ListPoliciesForRole, DetachPolicyFromRole.
//!
//! RAM finds policies and roles by their names in any letter case, and answers with the right one.
//! State keeps the author's spelling, and comparisons ignore case.

use crate::api::ram;
use crate::cloud::{self, Error};
use crate::plugin::author::{Call, Outcome, Plan, Resource};
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::schema::{Identity, ImportUse, Schema, TimeoutDefaults, Timeouts, validators};
use crate::plugin::value::{Path, Value};
use crate::provider::checks::hooks::Change;
use crate::provider::fields;
use crate::provider::ram_objects;
use crate::provider::{Client, report, rules};

/// The resource.
#[derive(Debug)]
pub struct RolePolicyAttachment;

/// What state holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RolePolicyAttachmentModel {
    id: Value<String>,
    policy_name: Value<String>,
    policy_type: Value<String>,
    role_name: Value<String>,
    attach_date: Value<String>,
    timeouts: Timeouts,
}

/// The three names that make an attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Names {
    policy: String,
    policy_type: String,
    role: String,
}

const ID_FORM: &str = "`role:<policy_name>:<policy_type>:<role_name>`, such as `role:TestIMMPolicy:Custom:TestIMMRole`.";

impl Resource for RolePolicyAttachment {
    type Client = Client;
    type Model = RolePolicyAttachmentModel;

    const NAME: &'static str = "imm_role_policy_attachment";

    fn schema() -> Schema<RolePolicyAttachmentModel> {
        Schema::<RolePolicyAttachmentModel>::new(
            "A policy, of the account (`Custom`) or of Alibaba Cloud (`System`), on a role.",
        )
        .attr(
            "id",
            "`role:<policy_name>:<policy_type>:<role_name>`.",
            |m| &mut m.id,
            |a| a.computed().keep_prior().never_null(),
        )
        .attr(
            "policy_name",
            "Name of the policy.",
            |m| &mut m.policy_name,
            |a| a.required().replaces().validate(rules::policy_name()),
        )
        .attr(
            "policy_type",
            "Whose policy it is.",
            |m| &mut m.policy_type,
            |a| {
                a.default_value(ram::CUSTOM.to_owned())
                    .replaces()
                    .validate(validators::one_of(&[ram::CUSTOM, ram::SYSTEM]))
            },
        )
        .attr(
            "role_name",
            "Name of the role.",
            |m| &mut m.role_name,
            |a| {
                a.required()
                    .replaces()
                    .validate(rules::existing_role_name())
            },
        )
        .attr(
            "attach_date",
            "When the policy was attached.",
            |m| &mut m.attach_date,
            |a| a.computed().keep_prior(),
        )
        .timeouts(
            |m| &mut m.timeouts,
            TimeoutDefaults::all(ram_objects::TIMEOUT).without_update(),
        )
    }

    fn identity() -> Option<Identity<RolePolicyAttachmentModel>> {
        Some(
            Identity::<RolePolicyAttachmentModel>::new(0)
                .attr(
                    "policy_name",
                    "Name of the policy.",
                    |m| &mut m.policy_name,
                    ImportUse::Required,
                )
                .attr(
                    "policy_type",
                    "`Custom` or `System`.",
                    |m| &mut m.policy_type,
                    ImportUse::Required,
                )
                .attr(
                    "role_name",
                    "Name of the role.",
                    |m| &mut m.role_name,
                    ImportUse::Required,
                ),
        )
    }

    async fn create(
        &self,
        call: &Call<'_, Client, RolePolicyAttachmentModel>,
        plan: RolePolicyAttachmentModel,
    ) -> Outcome<RolePolicyAttachmentModel> {
        let client = &call.client().within(call.remaining());
        let names = Names::of(&plan)?;
        cloud::ram::attach_policy_to_role(&client.cloud, &names.attach())
            .await
            .map_err(|error| attach_failed(&error, &names))?;
        let mut state = RolePolicyAttachmentModel {
            id: Value::Known(names.id()),
            attach_date: Value::Null,
            ..plan
        };
        call.checkpoint(state.clone());
        // The one place that tells the date. The attachment is made whether or not it answers, and
        // the next refresh asks again.
        match ram_objects::policies_of_role(client, &names.role).await {
            Ok(attached) => {
                let found = attached.as_deref().and_then(|list| names.find(list));
                state.attach_date = found.map_or(Value::Null, |policy| {
                    fields::text(policy.attach_date.as_deref())
                });
            }
            Err(problems) => {
                for problem in problems {
                    call.warn(Diagnostic::warning(problem.summary, problem.detail));
                }
            }
        }
        Ok(state)
    }

    async fn read(
        &self,
        call: &Call<'_, Client, RolePolicyAttachmentModel>,
        state: RolePolicyAttachmentModel,
    ) -> Outcome<Option<RolePolicyAttachmentModel>> {
        let client = &call.client().within(call.remaining());
        let names = Names::of(&state)?;
        let importing = state.id.is_null();
        let attached = ram_objects::policies_of_role(client, &names.role).await?;
        let Some(policy) = attached.as_deref().and_then(|list| names.find(list)) else {
            return Ok(None);
        };
        let mut state = state;
        state.attach_date = fields::text(policy.attach_date.as_deref());
        if importing {
            // An import takes over the right letter case.
            state.policy_name = Value::Known(policy.policy_name.clone());
            state.id = Value::Known(Names::of(&state)?.id());
        }
        Ok(Some(state))
    }

    async fn update(
        &self,
        _call: &Call<'_, Client, RolePolicyAttachmentModel>,
        _state: RolePolicyAttachmentModel,
        plan: RolePolicyAttachmentModel,
    ) -> Outcome<RolePolicyAttachmentModel> {
        // Every argument replaces the attachment: what changes in place is the `timeouts` block.
        Ok(plan)
    }

    async fn delete(
        &self,
        call: &Call<'_, Client, RolePolicyAttachmentModel>,
        state: RolePolicyAttachmentModel,
    ) -> Outcome<()> {
        let names = Names::of(&state)?;
        let client = &call.client().within(call.remaining());
        let what = format!("{} from the role {}", names.policy, names.role);
        cloud::ram::detach_policy_from_role(&client.cloud, &names.detach())
            .await
            .map_err(|error| report::failed("detach the policy", &what, &error))
    }

    fn import(&self, id: &str) -> Outcome<RolePolicyAttachmentModel> {
        let names = Names::parse(id).map_err(|why| fields::malformed_id(id, ID_FORM, &why))?;
        Ok(RolePolicyAttachmentModel {
            policy_name: Value::Known(names.policy),
            policy_type: Value::Known(names.policy_type),
            role_name: Value::Known(names.role),
            ..RolePolicyAttachmentModel::default()
        })
    }

    async fn plan(&self, client: Option<&Client>, plan: &mut Plan<RolePolicyAttachmentModel>) {
        let Some(planned) = &mut plan.planned else {
            return prove(client, plan).await;
        };
        planned.id = match (
            &planned.policy_name,
            &planned.policy_type,
            &planned.role_name,
        ) {
            (Value::Known(_), Value::Known(_), Value::Known(_)) => {
                Names::of(planned).map_or(Value::Unknown, |names| Value::Known(names.id()))
            }
            _ => Value::Unknown,
        };
        prove(client, plan).await;
    }
}

/// Records the attachment as it will be, and judges what hangs on it.
async fn prove(client: Option<&Client>, plan: &mut Plan<RolePolicyAttachmentModel>) {
    let Some(client) = client else { return };
    let checks = &client.checks;
    let _running = checks.walk.enter();
    let replaced = match (&plan.prior, &plan.planned) {
        (Some(prior), Some(planned)) => prior.id != planned.id,
        _ => false,
    };
    // A replacement is planned twice; this is the first time, which shows what goes.
    if let Some(prior) = plan
        .prior
        .as_ref()
        .filter(|_| replaced || plan.planned.is_none())
    {
        checks
            .attachment(
                &client.cloud,
                if replaced {
                    Change::Update
                } else {
                    Change::Destroy
                },
                &prior.role_name,
                &prior.policy_type,
                &prior.policy_name,
                &mut plan.diagnostics,
            )
            .await;
    }
    if let Some(planned) = plan.planned.as_ref().filter(|_| !replaced) {
        let change = match plan.prior {
            None => Change::Create,
            Some(_) => Change::Nothing,
        };
        checks
            .attachment(
                &client.cloud,
                change,
                &planned.role_name,
                &planned.policy_type,
                &planned.policy_name,
                &mut plan.diagnostics,
            )
            .await;
    }
}

impl Names {
    fn of(state: &RolePolicyAttachmentModel) -> Outcome<Self> {
        Ok(Self {
            policy: fields::required(&state.policy_name, "policy_name")?,
            policy_type: fields::required(&state.policy_type, "policy_type")?,
            role: fields::required(&state.role_name, "role_name")?,
        })
    }

    fn id(&self) -> String {
        format!("role:{}:{}:{}", self.policy, self.policy_type, self.role)
    }

    fn parse(id: &str) -> Result<Self, String> {
        let parts: Vec<&str> = id.split(':').collect();
        let ["role", policy, policy_type, role] = parts.as_slice() else {
            return Err(match parts.as_slice() {
                [first, _, _, _] => format!("its first part is {first:?}, and must be \"role\""),
                _ => format!("it has {} parts between colons", parts.len()),
            });
        };
        if policy.is_empty() || role.is_empty() {
            return Err("a name in it is empty".to_owned());
        }
        if ![ram::CUSTOM, ram::SYSTEM].contains(policy_type) {
            return Err(format!(
                "its third part is {policy_type:?}, and is either \"Custom\" or \"System\""
            ));
        }
        Ok(Self {
            policy: (*policy).to_owned(),
            policy_type: (*policy_type).to_owned(),
            role: (*role).to_owned(),
        })
    }

    fn attach(&self) -> ram::AttachPolicyToRole {
        ram::AttachPolicyToRole {
            policy_name: self.policy.clone(),
            policy_type: self.policy_type.clone(),
            role_name: self.role.clone(),
            resource_group_id: None,
        }
    }

    fn detach(&self) -> ram::DetachPolicyFromRole {
        ram::DetachPolicyFromRole {
            policy_name: self.policy.clone(),
            policy_type: self.policy_type.clone(),
            role_name: self.role.clone(),
            resource_group_id: None,
        }
    }

    /// This policy among the attached ones.
    fn find<'a>(&self, attached: &'a [ram::AttachedPolicy]) -> Option<&'a ram::AttachedPolicy> {
        attached.iter().find(|policy| {
            policy.policy_type == self.policy_type
                && policy.policy_name.eq_ignore_ascii_case(&self.policy)
        })
    }
}

fn attach_failed(error: &Error, names: &Names) -> Diagnostics {
    let verb = "attach the policy";
    let what = format!("{} to the role {}", names.policy, names.role);
    if error.is_already_exists() {
        return report::already_exists(
            error,
            "attachment",
            RolePolicyAttachment::NAME,
            &names.id(),
        )
        .at(Path::attribute("policy_name"))
        .into();
    }
    let hint = |attribute: &str, text: &str| -> Diagnostic {
        report::hinted(verb, &what, error, text).at(Path::attribute(attribute))
    };
    if report::is(error, &["EntityNotExist.Role"]) {
        return hint(
            "role_name",
            "The role does not exist. If this configuration makes it, refer to it \
             (`role_name = imm_service_role.<name>.role_name`), so that it is made first.",
        )
        .into();
    }
    if report::is(error, &["EntityNotExist.Policy"]) {
        let text = if names.policy_type == ram::SYSTEM {
            "Alibaba Cloud has no system policy of this name. For a policy of the account leave \
             `policy_type` out."
        } else {
            "The account has no custom policy of this name. If this configuration makes it, refer \
             to it (`policy_name = imm_role_policy.<name>.policy_name`); for a policy of Alibaba \
             Cloud set `policy_type = \"System\"`."
        };
        return hint("policy_name", text).into();
    }
    if report::is(error, &["LimitExceeded.Role.Policy"]) {
        return hint(
            "policy_name",
            "A role may have 10 custom and 20 system policies unless the account's quota was \
             raised. Put several grants into one policy, or ask for a higher quota.",
        )
        .into();
    }
    report::failed(verb, &what, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names {
            policy: "TestPolicy".to_owned(),
            policy_type: "Custom".to_owned(),
            role: "TestRole".to_owned(),
        }
    }

    #[test]
    fn ids_are_read_as_they_are_written() {
        assert_eq!(Names::parse(&names().id()), Ok(names()));
        for bad in [
            "",
            "TestPolicy:Custom:TestRole",
            "user:TestPolicy:Custom:TestRole",
            "role:TestPolicy:custom:TestRole",
            "role::Custom:TestRole",
            "role:TestPolicy:Custom:",
            "role:TestPolicy:Custom:TestRole:more",
        ] {
            assert!(Names::parse(bad).is_err(), "{bad}");
        }
        let refused = RolePolicyAttachment.import("TestPolicy").unwrap_err();
        assert!(
            refused
                .iter()
                .any(|d| d.detail.contains("role:<policy_name>"))
        );
    }

    #[test]
    fn a_policy_is_found_in_any_letter_case_and_of_its_own_type_only() {
        let attached = |policy_type: &str| {
            vec![ram::AttachedPolicy {
                policy_name: "testpolicy".to_owned(),
                policy_type: policy_type.to_owned(),
                ..ram::AttachedPolicy::default()
            }]
        };
        assert!(names().find(&attached("Custom")).is_some());
        assert!(names().find(&attached("System")).is_none());
    }
}
