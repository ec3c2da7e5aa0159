//! `imm_role_policy`: a RAM custom policy. An edit of its document is a new version.
//!
//! API: <https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-createpolicy>,
//! GetPolicy, CreatePolicyVersion, UpdatePolicyDescription, DeletePolicy, TagResources.

use crate::api::ram;
use crate::cloud::{self, Error};
use crate::plugin::author::{Call, Outcome, Plan, Resource};
use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::schema::{Identity, ImportUse, Schema, TimeoutDefaults, Timeouts, validators};
use crate::plugin::value::{Path, Value};
use crate::policy;
use crate::policy::lint::Options;
use crate::provider::checks::documents;
use crate::provider::checks::hooks::{Change, left_behind};
use crate::provider::checks::walk::Planned;
use crate::provider::fields;
use crate::provider::ram_objects;
use crate::provider::tags::{self, Tags};
use crate::provider::{Client, report, rules};

/// The resource.
#[derive(Debug)]
pub struct RolePolicy;

/// What state holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RolePolicyModel {
    id: Value<String>,
    policy_name: Value<String>,
    policy_document: Value<String>,
    description: Value<String>,
    rotate_strategy: Value<String>,
    force: Value<bool>,
    tags: Value<Tags>,
    policy_type: Value<String>,
    default_version: Value<String>,
    create_time: Value<String>,
    tags_all: Value<Tags>,
    timeouts: Timeouts,
}

impl Resource for RolePolicy {
    type Client = Client;
    type Model = RolePolicyModel;

    const NAME: &'static str = "imm_role_policy";

    fn schema() -> Schema<RolePolicyModel> {
        Schema::<RolePolicyModel>::new(
            "A RAM custom policy for a service role. RAM cannot change a document: an edit makes a \
             new version and sets it as the default, which takes effect for every role, user and \
             group that has the policy at once.",
        )
        .attr(
            "id",
            "The policy's name.",
            |m| &mut m.id,
            |a| a.computed().keep_prior().never_null(),
        )
        .attr(
            "policy_name",
            "Name of the policy, unique in the account.",
            |m| &mut m.policy_name,
            |a| a.required().replaces().validate(rules::policy_name()),
        )
        .attr(
            "policy_document",
            "What the policy allows and denies: a RAM policy in JSON, at most 6144 characters. What it \
             says is checked at plan time (`IMM2xx`, `IMM3xx`).",
            |m| &mut m.policy_document,
            |a| a.required().equal_by(|a, b| policy::equivalent(a, b)),
        )
        .attr(
            "description",
            "What the policy is for.",
            |m| &mut m.description,
            |a| {
                a.optional()
                    .empty_is_null()
                    .validate(rules::description(1024))
            },
        )
        .attr(
            "rotate_strategy",
            "What an edit does when the policy has five versions already, the most that RAM keeps: \
             delete the oldest that is not the default, or (`None`) fail.",
            |m| &mut m.rotate_strategy,
            |a| {
                a.default_value(ram::ROTATE.to_owned())
                    .local()
                    .validate(validators::one_of(&[ram::ROTATE, "None"]))
            },
        )
        .attr(
            "force",
            "Whether a destroy first detaches the policy from every role, user and group, also \
             where Terraform did not attach it. Without it such a destroy is an error.",
            |m| &mut m.force,
            |a| a.optional().local(),
        )
        .attr(
            "tags",
            "Tags of the policy.",
            |m| &mut m.tags,
            |a| a.optional().empty_is_null().validate(tags::rules()),
        )
        .attr(
            "policy_type",
            "`Custom`: the policy is the account's own.",
            |m| &mut m.policy_type,
            |a| a.computed().keep_prior().never_null(),
        )
        .attr(
            "default_version",
            "The version that is in effect, such as `v1`.",
            |m| &mut m.default_version,
            |a| a.computed().changes_with(&["policy_document"]).never_null(),
        )
        .attr(
            "create_time",
            "When the policy was made.",
            |m| &mut m.create_time,
            |a| a.computed().keep_prior(),
        )
        .attr(
            "tags_all",
            "All tags of the policy, those of the provider's `default_tags` included.",
            |m| &mut m.tags_all,
            |a| a.computed().changes_with(&["tags"]),
        )
        .timeouts(
            |m| &mut m.timeouts,
            TimeoutDefaults::all(ram_objects::TIMEOUT),
        )
    }

    fn identity() -> Option<Identity<RolePolicyModel>> {
        Some(Identity::<RolePolicyModel>::new(0).attr(
            "policy_name",
            "Name of the policy.",
            |m| &mut m.policy_name,
            ImportUse::Required,
        ))
    }

    async fn create(
        &self,
        call: &Call<'_, Client, RolePolicyModel>,
        plan: RolePolicyModel,
    ) -> Outcome<RolePolicyModel> {
        let client = &call.client().within(call.remaining());
        let request = create_request(&plan);
        let name = request.policy_name.clone();
        let policy = cloud::ram::create_policy(&client.cloud, &request)
            .await
            .map_err(|error| exists_or(&error, &name))?;
        let mut state = plan;
        apply(&mut state, &policy);
        call.checkpoint(state.clone());
        Ok(state)
    }

    async fn read(
        &self,
        call: &Call<'_, Client, RolePolicyModel>,
        mut state: RolePolicyModel,
    ) -> Outcome<Option<RolePolicyModel>> {
        let client = &call.client().within(call.remaining());
        let name = fields::required(&state.policy_name, "policy_name")?;
        let importing = state.id.is_null();
        let answer = cloud::ram::get_policy(&client.cloud, &name, ram::CUSTOM).await;
        let Some(found) = report::found(answer, "read the policy", &name)? else {
            return Ok(None);
        };
        let remote = cloud::ram::tags(&client.cloud, cloud::ram::POLICY, &found.policy.policy_name)
            .await
            .map_err(|error| report::failed("read the tags of the policy", &name, &error))?;
        state.tags = tags::own(&client.default_tags, &remote, &state.tags, &state.tags_all);
        state.tags_all = tags::all(&remote);
        // RAM finds a policy by its name in any case; an import takes over the right one.
        if importing {
            state.policy_name = Value::Known(found.policy.policy_name.clone());
        }
        state.description = fields::text(found.policy.description.as_deref());
        if let Some(document) = found.default_policy_version.policy_document {
            state.policy_document = Value::Known(document);
        }
        apply(&mut state, &found.policy);
        Ok(Some(state))
    }

    async fn update(
        &self,
        call: &Call<'_, Client, RolePolicyModel>,
        state: RolePolicyModel,
        plan: RolePolicyModel,
    ) -> Outcome<RolePolicyModel> {
        let client = &call.client().within(call.remaining());
        let name = fields::required(&state.policy_name, "policy_name")?;
        let mut done = RolePolicyModel {
            rotate_strategy: plan.rotate_strategy.clone(),
            force: plan.force,
            timeouts: plan.timeouts.clone(),
            ..state.clone()
        };
        if let Some(document) = fields::changed(&state.policy_document, &plan.policy_document) {
            let request = ram::CreatePolicyVersion {
                policy_name: name.clone(),
                policy_document: document,
                set_as_default: Some(true),
                rotate_strategy: fields::given(&plan.rotate_strategy),
            };
            let version = cloud::ram::create_policy_version(&client.cloud, &request)
                .await
                .map_err(|error| version_failed(&error, &name))?;
            done.policy_document = plan.policy_document.clone();
            done.default_version = Value::Known(version.version_id);
            call.checkpoint(done.clone());
        }
        if let Some(description) = fields::changed(&state.description, &plan.description) {
            let changed =
                cloud::ram::update_policy_description(&client.cloud, &name, &description).await;
            let policy = changed.map_err(|error| {
                report::failed("change the description of the policy", &name, &error)
            })?;
            if description.is_empty() && fields::text(policy.description.as_deref()).is_known() {
                call.warn(report::description_kept("policy", &name));
            }
            done.description = plan.description;
            call.checkpoint(done.clone());
        }
        cloud::ram::change_tags(
            &client.cloud,
            cloud::ram::POLICY,
            &name,
            &tags::plain(&state.tags_all),
            &tags::plain(&plan.tags_all),
        )
        .await
        .map_err(|error| report::failed("change the tags of the policy", &name, &error))?;
        done.tags = plan.tags;
        done.tags_all = plan.tags_all;
        Ok(done)
    }

    async fn delete(
        &self,
        call: &Call<'_, Client, RolePolicyModel>,
        state: RolePolicyModel,
    ) -> Outcome<()> {
        let name = fields::required(&state.policy_name, "policy_name")?;
        let client = &call.client().within(call.remaining());
        let force = state.force.unwrap_or(false);
        ram_objects::delete_policy(client, &name, force).await
    }

    fn import(&self, id: &str) -> Outcome<RolePolicyModel> {
        let form = "the policy's name, such as `TestIMMPolicy`.";
        Ok(RolePolicyModel {
            policy_name: Value::Known(fields::import_name(id, form, &rules::policy_name())?),
            ..RolePolicyModel::default()
        })
    }

    fn validate(&self, config: &RolePolicyModel) -> Diagnostics {
        documents::check(
            &config.policy_document,
            Options::part_of_a_role(),
            &Path::attribute("policy_document"),
        )
    }

    async fn plan(&self, client: Option<&Client>, plan: &mut Plan<RolePolicyModel>) {
        let Some(planned) = &mut plan.planned else {
            return prove(client, plan).await;
        };
        planned.id = planned.policy_name.clone();
        planned.policy_type = Value::Known(ram::CUSTOM.to_owned());
        planned.tags_all = Client::planned_tags(client, &planned.tags, &mut plan.diagnostics);
        prove(client, plan).await;
    }
}

/// Records the policy as it will be, and judges what hangs on it.
async fn prove(client: Option<&Client>, plan: &mut Plan<RolePolicyModel>) {
    let (Some(client), Some(policy)) = (client, plan.planned.as_ref().or(plan.prior.as_ref()))
    else {
        return;
    };
    let change = Change::between(plan.prior.as_ref(), plan.planned.as_ref());
    let _running = client.checks.walk.enter();
    if let Some(before) = left_behind(
        plan.prior.as_ref().map(|prior| &prior.policy_name),
        plan.planned.as_ref().map(|planned| &planned.policy_name),
    ) {
        client.checks.walk.policy(before, Planned::Gone);
        return;
    }
    client
        .checks
        .policy(
            &client.cloud,
            change,
            &policy.policy_name,
            &policy.policy_document,
            &calls(change, plan.prior.as_ref(), policy),
            &mut plan.diagnostics,
        )
        .await;
}

/// The actions of the calls that a change makes.
fn calls(
    change: Change,
    prior: Option<&RolePolicyModel>,
    planned: &RolePolicyModel,
) -> Vec<&'static str> {
    match (change, prior) {
        (Change::Create, _) => vec!["ram:CreatePolicy"],
        (Change::Destroy, _) => vec!["ram:DeletePolicy"],
        (Change::Update, Some(prior)) => {
            let mut actions = tags::actions(&prior.tags_all, &planned.tags_all);
            if prior.policy_document != planned.policy_document {
                actions.push("ram:CreatePolicyVersion");
            }
            if prior.description != planned.description {
                actions.push("ram:UpdatePolicyDescription");
            }
            actions
        }
        (Change::Update | Change::Nothing, _) => Vec::new(),
    }
}

fn create_request(plan: &RolePolicyModel) -> ram::CreatePolicy {
    ram::CreatePolicy {
        policy_name: fields::given(&plan.policy_name).unwrap_or_default(),
        policy_document: fields::given(&plan.policy_document).unwrap_or_default(),
        description: fields::given(&plan.description),
        tag: tags::as_list(&tags::plain(&plan.tags_all)),
    }
}

/// What only RAM knows.
fn apply(state: &mut RolePolicyModel, policy: &ram::Policy) {
    state.id = state.policy_name.clone();
    state.policy_type = Value::Known(ram::CUSTOM.to_owned());
    state.default_version = fields::text(policy.default_version.as_deref());
    state.create_time = fields::text(policy.create_date.as_deref());
}

fn exists_or(error: &Error, name: &str) -> Diagnostics {
    if error.is_already_exists() {
        return report::already_exists(error, "policy", RolePolicy::NAME, name)
            .at(Path::attribute("policy_name"))
            .into();
    }
    report::failed("create the policy", name, error)
}

fn version_failed(error: &Error, name: &str) -> Diagnostics {
    let verb = "add a version to the policy";
    if report::is(error, &["LimitExceeded.Policy.Version"]) {
        return report::hinted(
            verb,
            name,
            error,
            "The policy has five versions, the most that RAM keeps, and `rotate_strategy` is \
             \"None\". Leave `rotate_strategy` out, so that the oldest version that is not the \
             default makes room, or delete one.",
        )
        .at(Path::attribute("rotate_strategy"))
        .into();
    }
    report::failed(verb, name, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::fields::samples;

    fn sample() -> RolePolicyModel {
        RolePolicyModel {
            id: samples::text("TestPolicy"),
            policy_name: samples::text("TestPolicy"),
            policy_document: samples::text("{}"),
            description: samples::text("for tests"),
            rotate_strategy: samples::text("None"),
            force: Value::Known(true),
            tags: samples::tags("own"),
            policy_type: samples::text("Custom"),
            default_version: samples::text("v3"),
            create_time: samples::text("2026-01-02T03:04:05Z"),
            tags_all: samples::tags("all"),
            timeouts: samples::timeouts(),
        }
    }

    #[test]
    fn a_plan_becomes_one_request() {
        let plan = RolePolicyModel {
            description: Value::Null,
            ..sample()
        };
        assert_eq!(
            create_request(&plan),
            ram::CreatePolicy {
                policy_name: "TestPolicy".to_owned(),
                policy_document: "{}".to_owned(),
                description: None,
                tag: Some(vec![ram::Tag::new("all", "value")]),
            }
        );
    }

    #[test]
    fn the_clouds_answer_fills_what_was_unknown() {
        let mut state = RolePolicyModel {
            policy_name: samples::text("P"),
            default_version: Value::Unknown,
            ..RolePolicyModel::default()
        };
        let policy = ram::Policy {
            default_version: Some("v1".to_owned()),
            create_date: Some("2026-01-02T03:04:05Z".to_owned()),
            ..ram::Policy::default()
        };
        apply(&mut state, &policy);
        assert_eq!(state.id, samples::text("P"));
        assert_eq!(state.policy_type, samples::text("Custom"));
        assert_eq!(state.default_version, samples::text("v1"));
        assert_eq!(state.create_time, samples::text("2026-01-02T03:04:05Z"));
    }

    #[test]
    fn an_import_id_is_a_policy_name() {
        assert!(RolePolicy.import("TestPolicy").is_ok());
        assert!(RolePolicy.import("a_b").is_err());
        assert!(RolePolicy.import("").is_err());
    }
}
