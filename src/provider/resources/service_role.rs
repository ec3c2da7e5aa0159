//! `imm_service_role`: a RAM role that IMM may assume.
//!
//! API: <https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-createrole>,
//! GetRole, UpdateRole, DeleteRole, TagResources.

use std::collections::BTreeSet;

use crate::api::ram;
use crate::cloud::{self, Error};
use crate::plugin::author::{Call, Outcome, Plan, Resource};
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::schema::{Identity, ImportUse, Schema, TimeoutDefaults, Timeouts};
use crate::plugin::value::{Path, Value};
use crate::policy;
use crate::policy::lint::Options;
use crate::provider::checks::documents;
use crate::provider::checks::hooks::{Change, left_behind};
use crate::provider::checks::walk::Planned;
use crate::provider::fields;
use crate::provider::ram_objects;
use crate::provider::tags::{self, Tags};
use crate::provider::{Client, report, rules, trust};

/// The resource.
#[derive(Debug)]
pub struct ServiceRole;

/// What state holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServiceRoleModel {
    id: Value<String>,
    role_name: Value<String>,
    trusted_services: Value<BTreeSet<String>>,
    assume_role_policy_document: Value<String>,
    description: Value<String>,
    max_session_duration: Value<i64>,
    force: Value<bool>,
    tags: Value<Tags>,
    arn: Value<String>,
    role_id: Value<String>,
    create_time: Value<String>,
    tags_all: Value<Tags>,
    timeouts: Timeouts,
}

impl Resource for ServiceRole {
    type Client = Client;
    type Model = ServiceRoleModel;

    const NAME: &'static str = "imm_service_role";

    fn schema() -> Schema<ServiceRoleModel> {
        Schema::<ServiceRoleModel>::new(
            "A RAM role that IMM (or the services you name) may assume. Attach policies to it with \
             `imm_role_policy_attachment`, and name it in the `service_role` of an `imm_project`.",
        )
        .attr(
            "id",
            "The role's name.",
            |m| &mut m.id,
            |a| a.computed().keep_prior().never_null(),
        )
        .attr(
            "role_name",
            "Name of the role, unique in the account.",
            |m| &mut m.role_name,
            |a| a.required().replaces().validate(rules::role_name()),
        )
        .attr(
            "trusted_services",
            "Services that may assume the role; `imm.aliyuncs.com` where neither this nor \
             `assume_role_policy_document` is given. With `assume_role_policy_document` it shows \
             the services that the document trusts.",
            |m| &mut m.trusted_services,
            |a| {
                a.optional()
                    .computed()
                    .changes_with(&["assume_role_policy_document"])
                    .validate(rules::services())
            },
        )
        .attr(
            "assume_role_policy_document",
            "The trust policy, in JSON, where `trusted_services` does not say enough. What it says is \
             checked at plan time (`IMM1xx`, `IMM2xx`).",
            |m| &mut m.assume_role_policy_document,
            |a| {
                a.optional()
                    .computed()
                    .changes_with(&["trusted_services"])
                    .never_null()
                    .equal_by(|a, b| policy::equivalent(a, b))
            },
        )
        .attr(
            "description",
            "What the role is for.",
            |m| &mut m.description,
            |a| {
                a.optional()
                    .empty_is_null()
                    .validate(rules::description(1024))
            },
        )
        .attr(
            "max_session_duration",
            "Seconds that a session of the role may last.",
            |m| &mut m.max_session_duration,
            |a| {
                a.default_value(ram_objects::DEFAULT_SESSION_DURATION)
                    .validate(rules::session_duration())
            },
        )
        .attr(
            "force",
            "Whether a destroy first detaches every policy from the role, also those that \
             Terraform did not attach. Without it such a destroy is an error.",
            |m| &mut m.force,
            |a| a.optional().local(),
        )
        .attr(
            "tags",
            "Tags of the role.",
            |m| &mut m.tags,
            |a| a.optional().empty_is_null().validate(tags::rules()),
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
            "create_time",
            "When the role was made.",
            |m| &mut m.create_time,
            |a| a.computed().keep_prior(),
        )
        .attr(
            "tags_all",
            "All tags of the role, those of the provider's `default_tags` included.",
            |m| &mut m.tags_all,
            |a| a.computed().changes_with(&["tags"]),
        )
        .timeouts(
            |m| &mut m.timeouts,
            TimeoutDefaults::all(ram_objects::TIMEOUT),
        )
    }

    fn identity() -> Option<Identity<ServiceRoleModel>> {
        Some(Identity::<ServiceRoleModel>::new(0).attr(
            "role_name",
            "Name of the role.",
            |m| &mut m.role_name,
            ImportUse::Required,
        ))
    }

    async fn create(
        &self,
        call: &Call<'_, Client, ServiceRoleModel>,
        plan: ServiceRoleModel,
    ) -> Outcome<ServiceRoleModel> {
        let client = &call.client().within(call.remaining());
        let request = create_request(&plan);
        let name = request.role_name.clone();
        let role = cloud::ram::create_role(&client.cloud, &request)
            .await
            .map_err(|error| exists_or(&error, &name))?;
        let mut state = plan;
        apply(&mut state, &role);
        call.checkpoint(state.clone());
        Ok(state)
    }

    async fn read(
        &self,
        call: &Call<'_, Client, ServiceRoleModel>,
        mut state: ServiceRoleModel,
    ) -> Outcome<Option<ServiceRoleModel>> {
        let client = &call.client().within(call.remaining());
        let name = fields::required(&state.role_name, "role_name")?;
        let importing = state.id.is_null();
        let Some(role) = ram_objects::role(client, &name).await? else {
            return Ok(None);
        };
        let remote = cloud::ram::tags(&client.cloud, cloud::ram::ROLE, &role.role_name)
            .await
            .map_err(|error| report::failed("read the tags of the role", &name, &error))?;
        state.tags = tags::own(&client.default_tags, &remote, &state.tags, &state.tags_all);
        state.tags_all = tags::all(&remote);
        // RAM finds a role by its name in any case; an import takes over the right one.
        if importing {
            state.role_name = Value::Known(role.role_name.clone());
        }
        state.description = fields::text(role.description.as_deref());
        state.max_session_duration = Value::Known(
            role.max_session_duration
                .unwrap_or(ram_objects::DEFAULT_SESSION_DURATION),
        );
        if let Some(document) = &role.assume_role_policy_document {
            state.trusted_services = Value::Known(trust::services(document));
            state.assume_role_policy_document = Value::Known(document.clone());
        }
        apply(&mut state, &role);
        Ok(Some(state))
    }

    async fn update(
        &self,
        call: &Call<'_, Client, ServiceRoleModel>,
        state: ServiceRoleModel,
        plan: ServiceRoleModel,
    ) -> Outcome<ServiceRoleModel> {
        let client = &call.client().within(call.remaining());
        let name = fields::required(&state.role_name, "role_name")?;
        let mut done = state.clone();
        done.force = plan.force;
        done.timeouts = plan.timeouts.clone();

        if let Some(request) = update_request(&name, &state, &plan) {
            let role = cloud::ram::update_role(&client.cloud, &request)
                .await
                .map_err(|error| report::failed("change the role", &name, &error))?;
            done.assume_role_policy_document = plan.assume_role_policy_document.clone();
            done.trusted_services = services_of(&plan);
            done.max_session_duration = plan.max_session_duration;
            done.description = plan.description.clone();
            call.checkpoint(done.clone());
            if fields::given(&plan.description).is_none()
                && fields::text(role.description.as_deref()).is_known()
            {
                call.warn(report::description_kept("role", &name));
            }
        }
        cloud::ram::change_tags(
            &client.cloud,
            cloud::ram::ROLE,
            &name,
            &tags::plain(&state.tags_all),
            &tags::plain(&plan.tags_all),
        )
        .await
        .map_err(|error| report::failed("change the tags of the role", &name, &error))?;
        done.tags = plan.tags;
        done.tags_all = plan.tags_all;
        Ok(done)
    }

    async fn delete(
        &self,
        call: &Call<'_, Client, ServiceRoleModel>,
        state: ServiceRoleModel,
    ) -> Outcome<()> {
        let name = fields::required(&state.role_name, "role_name")?;
        let client = &call.client().within(call.remaining());
        let force = state.force.unwrap_or(false);
        ram_objects::delete_role(client, &name, force).await
    }

    fn import(&self, id: &str) -> Outcome<ServiceRoleModel> {
        let form = "the role's name, such as `TestIMMRole`.";
        Ok(ServiceRoleModel {
            role_name: Value::Known(fields::import_name(id, form, &rules::role_name())?),
            ..ServiceRoleModel::default()
        })
    }

    fn validate(&self, config: &ServiceRoleModel) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        if config.trusted_services.known().is_some()
            && config.assume_role_policy_document.known().is_some()
        {
            diagnostics.push(
                Diagnostic::error(
                    "Two trust policies for one role",
                    "`trusted_services` and `assume_role_policy_document` say the same thing in \
                     two ways, and both are given; leave one of them out: the other is computed",
                )
                .at(Path::attribute("trusted_services")),
            );
        }
        diagnostics.extend(check_trust(config));
        diagnostics
    }

    async fn plan(&self, client: Option<&Client>, plan: &mut Plan<ServiceRoleModel>) {
        let (Some(config), Some(planned)) = (&plan.config, &mut plan.planned) else {
            return prove(client, plan).await;
        };
        plan_trust(config, plan.prior.as_ref(), planned);
        planned.id = planned.role_name.clone();
        planned.tags_all = Client::planned_tags(client, &planned.tags, &mut plan.diagnostics);
        prove(client, plan).await;
    }
}

/// Records the role as it will be, and judges what hangs on it.
async fn prove(client: Option<&Client>, plan: &mut Plan<ServiceRoleModel>) {
    let (Some(client), Some(role)) = (client, plan.planned.as_ref().or(plan.prior.as_ref())) else {
        return;
    };
    let change = Change::between(plan.prior.as_ref(), plan.planned.as_ref());
    let _running = client.checks.walk.enter();
    if let Some(before) = left_behind(
        plan.prior.as_ref().map(|prior| &prior.role_name),
        plan.planned.as_ref().map(|planned| &planned.role_name),
    ) {
        client.checks.walk.role(before, Planned::Gone);
        return;
    }
    client
        .checks
        .role(
            &client.cloud,
            change,
            &role.role_name,
            &role.assume_role_policy_document,
            &calls(change, plan.prior.as_ref(), role),
            &mut plan.diagnostics,
        )
        .await;
    if change == Change::Destroy && role.force == Value::Known(true) {
        client
            .checks
            .forced_destroy(&client.cloud, &role.role_name, &mut plan.diagnostics)
            .await;
    }
}

/// The actions of the calls that a change makes.
fn calls(
    change: Change,
    prior: Option<&ServiceRoleModel>,
    planned: &ServiceRoleModel,
) -> Vec<&'static str> {
    match (change, prior) {
        (Change::Create, _) => vec!["ram:CreateRole"],
        (Change::Destroy, _) => vec!["ram:DeleteRole"],
        (Change::Update, Some(prior)) => {
            let mut actions = tags::actions(&prior.tags_all, &planned.tags_all);
            if update_request("", prior, planned).is_some() {
                actions.push("ram:UpdateRole");
            }
            actions
        }
        (Change::Update | Change::Nothing, _) => Vec::new(),
    }
}

/// What the trust policy says in itself, at the attribute that the author wrote.
fn check_trust(config: &ServiceRoleModel) -> Diagnostics {
    let document = &config.assume_role_policy_document;
    if document.known().is_some() {
        let path = Path::attribute("assume_role_policy_document");
        return documents::check(document, Options::trust(), &path);
    }
    documents::check_services(
        &config.trusted_services,
        &Path::attribute("trusted_services"),
    )
}

/// Fills in whichever of the two forms of the trust policy the author left out.
fn plan_trust(
    config: &ServiceRoleModel,
    prior: Option<&ServiceRoleModel>,
    planned: &mut ServiceRoleModel,
) {
    if !config.assume_role_policy_document.is_null() {
        // Both written is refused elsewhere; here nothing is put over what the author wrote.
        if config.trusted_services.is_null() {
            planned.trusted_services = match &planned.assume_role_policy_document {
                Value::Known(document) => Value::Known(trust::services(document)),
                Value::Unknown | Value::Null => Value::Unknown,
            };
        }
        return;
    }
    if config.trusted_services.is_null() {
        planned.trusted_services = Value::Known(trust::imm_alone());
    }
    planned.assume_role_policy_document = match &planned.trusted_services {
        Value::Known(services) => {
            let document = trust::document(services);
            match prior.map(|prior| &prior.assume_role_policy_document) {
                Some(Value::Known(before)) if policy::equivalent(before, &document) => {
                    Value::Known(before.clone())
                }
                _ => Value::Known(document),
            }
        }
        Value::Unknown | Value::Null => Value::Unknown,
    };
}

/// The services that a role trusts. They follow from the document, also where the plan left them open
/// because the document changes and they do not.
fn services_of(plan: &ServiceRoleModel) -> Value<BTreeSet<String>> {
    match (&plan.trusted_services, &plan.assume_role_policy_document) {
        (Value::Known(_), _) | (_, Value::Null | Value::Unknown) => plan.trusted_services.clone(),
        (_, Value::Known(document)) => Value::Known(trust::services(document)),
    }
}

fn create_request(plan: &ServiceRoleModel) -> ram::CreateRole {
    ram::CreateRole {
        role_name: fields::given(&plan.role_name).unwrap_or_default(),
        assume_role_policy_document: fields::given(&plan.assume_role_policy_document)
            .unwrap_or_default(),
        description: fields::given(&plan.description),
        max_session_duration: plan.max_session_duration.known().copied(),
        tag: tags::as_list(&tags::plain(&plan.tags_all)),
        ..ram::CreateRole::default()
    }
}

/// The call that makes of `state` what `plan` says, with changed fields only; `None` where nothing
/// of the role itself changes.
fn update_request(
    name: &str,
    state: &ServiceRoleModel,
    plan: &ServiceRoleModel,
) -> Option<ram::UpdateRole> {
    let request = ram::UpdateRole {
        role_name: name.to_owned(),
        new_assume_role_policy_document: fields::changed(
            &state.assume_role_policy_document,
            &plan.assume_role_policy_document,
        ),
        // An empty text clears it.
        new_description: fields::changed(&state.description, &plan.description),
        new_max_session_duration: (state.max_session_duration != plan.max_session_duration)
            .then(|| plan.max_session_duration.known().copied())
            .flatten(),
        ..ram::UpdateRole::default()
    };
    let nothing = ram::UpdateRole {
        role_name: name.to_owned(),
        ..ram::UpdateRole::default()
    };
    (request != nothing).then_some(request)
}

/// What only RAM knows.
fn apply(state: &mut ServiceRoleModel, role: &ram::Role) {
    state.id = state.role_name.clone();
    state.arn = Value::Known(role.arn.clone());
    state.role_id = Value::Known(role.role_id.clone());
    state.create_time = fields::text(role.create_date.as_deref());
}

fn exists_or(error: &Error, name: &str) -> Diagnostics {
    if error.is_already_exists() {
        return report::already_exists(error, "role", ServiceRole::NAME, name)
            .at(Path::attribute("role_name"))
            .into();
    }
    report::failed("create the role", name, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::fields::samples;

    fn trusting(services: &[&str]) -> Value<BTreeSet<String>> {
        Value::Known(services.iter().map(|name| (*name).to_owned()).collect())
    }

    fn role() -> ServiceRoleModel {
        ServiceRoleModel {
            role_name: samples::text("TestRole"),
            assume_role_policy_document: samples::text(&trust::document(&trust::imm_alone())),
            description: samples::text("for tests"),
            max_session_duration: Value::Known(3600),
            tags_all: samples::tags("all"),
            ..ServiceRoleModel::default()
        }
    }

    /// What is planned of a configuration.
    fn planned(config: ServiceRoleModel, prior: Option<&ServiceRoleModel>) -> ServiceRoleModel {
        let mut planned = config.clone();
        plan_trust(&config, prior, &mut planned);
        planned
    }

    #[test]
    fn without_either_form_imm_alone_is_trusted() {
        let planned = planned(ServiceRoleModel::default(), None);
        assert_eq!(planned.trusted_services, trusting(&[trust::IMM]));
        assert_eq!(
            planned.assume_role_policy_document,
            samples::text(&trust::document(&trust::imm_alone()))
        );
    }

    #[test]
    fn each_form_is_computed_from_the_other() {
        let services = ServiceRoleModel {
            trusted_services: trusting(&["fc.aliyuncs.com"]),
            ..ServiceRoleModel::default()
        };
        let from_services = planned(services, None);
        let document = ServiceRoleModel {
            assume_role_policy_document: from_services.assume_role_policy_document.clone(),
            ..ServiceRoleModel::default()
        };
        assert_eq!(planned(document, None), from_services);
    }

    #[test]
    fn what_one_form_leaves_unknown_is_unknown_in_the_other() {
        let services = ServiceRoleModel {
            trusted_services: Value::Unknown,
            ..ServiceRoleModel::default()
        };
        assert!(
            planned(services, None)
                .assume_role_policy_document
                .is_unknown()
        );
        let document = ServiceRoleModel {
            assume_role_policy_document: Value::Unknown,
            ..ServiceRoleModel::default()
        };
        assert!(planned(document, None).trusted_services.is_unknown());
    }

    #[test]
    fn a_document_that_means_the_same_stays_as_the_cloud_wrote_it() {
        let prior = ServiceRoleModel {
            assume_role_policy_document: samples::text(
                r#"{"Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow",
                    "Principal":{"Service":"imm.aliyuncs.com"}}],"Version":"1"}"#,
            ),
            ..role()
        };
        let planned = planned(ServiceRoleModel::default(), Some(&prior));
        assert_eq!(
            planned.assume_role_policy_document,
            prior.assume_role_policy_document
        );
    }

    #[test]
    fn both_forms_at_once_are_an_error_where_both_are_known() {
        let both = ServiceRoleModel {
            trusted_services: trusting(&[trust::IMM]),
            ..role()
        };
        assert!(ServiceRole.validate(&both).has_errors());
        let perhaps = ServiceRoleModel {
            trusted_services: Value::Unknown,
            ..role()
        };
        assert!(ServiceRole.validate(&perhaps).is_empty());
    }

    #[test]
    fn only_what_changed_is_sent() {
        assert_eq!(update_request("TestRole", &role(), &role()), None);
        let plan = ServiceRoleModel {
            description: Value::Null,
            max_session_duration: Value::Known(7200),
            ..role()
        };
        assert_eq!(
            update_request("TestRole", &role(), &plan),
            Some(ram::UpdateRole {
                role_name: "TestRole".to_owned(),
                new_description: Some(String::new()),
                new_max_session_duration: Some(7200),
                ..ram::UpdateRole::default()
            })
        );
    }

    #[test]
    fn a_plan_becomes_one_request() {
        let request = create_request(&role());
        assert_eq!(request.role_name, "TestRole");
        assert_eq!(request.description.as_deref(), Some("for tests"));
        assert_eq!(request.max_session_duration, Some(3600));
        assert_eq!(request.tag, Some(vec![ram::Tag::new("all", "value")]));
        assert_eq!(
            request.assume_role_policy_document,
            trust::document(&trust::imm_alone())
        );
    }
}
