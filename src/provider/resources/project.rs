//! `imm_project`: a project of IMM, API version 2020-09-30.
//!
//! API: <https://www.alibabacloud.com/help/en/imm/developer-reference/api-imm-2020-09-30-createproject>,
//! GetProject, UpdateProject, DeleteProject. There are no tag actions: tags travel with the project.
//!
//! An accepted update is visible only after up to five minutes, so an update waits for it: a plan
//! straight afterwards must not see the old values.

use std::time::Duration;

use crate::api::{ErrorKind, imm};
use crate::cloud::{self, Error, Kind};
use crate::plugin::author::{Call, Outcome, Plan, Resource};
use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::schema::{
    Attribute, Identity, ImportUse, Lens, Schema, TimeoutDefaults, Timeouts,
};
use crate::plugin::value::{Path, Value};
use crate::provider::checks::hooks;
use crate::provider::checks::judge::Subject;
use crate::provider::fields;
use crate::provider::tags::{self, Change, PlainTags, Tags};
use crate::provider::{Client, report, rules};

/// The resource.
#[derive(Debug)]
pub struct Project;

/// What state holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProjectModel {
    id: Value<String>,
    project_name: Value<String>,
    region: Value<String>,
    service_role: Value<String>,
    description: Value<String>,
    template_id: Value<String>,
    project_max_dataset_count: Value<i64>,
    dataset_max_bind_count: Value<i64>,
    dataset_max_file_count: Value<i64>,
    dataset_max_entity_count: Value<i64>,
    dataset_max_relation_count: Value<i64>,
    dataset_max_total_file_size: Value<i64>,
    tags: Value<Tags>,
    force_destroy: Value<bool>,
    create_time: Value<String>,
    project_queries_per_second: Value<i64>,
    engine_concurrency: Value<i64>,
    tags_all: Value<Tags>,
    timeouts: Timeouts,
}

/// The role that a project uses where none is named.
const DEFAULT_ROLE: &str = "AliyunIMMDefaultRole";
/// The template without operators: what a project has where none is named.
const EMPTY_TEMPLATE: &str = "Official:DefaultEmptyId";
/// How long a create or a read may take.
const TIMEOUT: Duration = Duration::from_secs(5 * 60);
/// How long an accepted update may stay invisible, with room to spare.
const UPDATE: Duration = Duration::from_secs(10 * 60);

const ID_FORM: &str = "`<project_name>` in the provider's region, or `<region>:<project_name>`, \
                       such as `cn-hangzhou:my-project`.";

/// A quota: the documented default, and what the API allows.
struct Quota {
    name: &'static str,
    description: &'static str,
    default: i64,
    most: i64,
    lens: Lens<ProjectModel, Value<i64>>,
    sent: Lens<imm::UpdateProject, Option<i64>>,
    found: fn(&imm::Project) -> Option<i64>,
}

const QUOTAS: &[Quota] = &[
    Quota {
        name: "project_max_dataset_count",
        description: "The most datasets that the project may have.",
        default: 1_000_000_000,
        most: 1_000_000_000,
        lens: |m| &mut m.project_max_dataset_count,
        sent: |r| &mut r.project_max_dataset_count,
        found: |p| p.project_max_dataset_count,
    },
    Quota {
        name: "dataset_max_bind_count",
        description: "The most bindings that one dataset may have.",
        default: 10,
        most: 10,
        lens: |m| &mut m.dataset_max_bind_count,
        sent: |r| &mut r.dataset_max_bind_count,
        found: |p| p.dataset_max_bind_count,
    },
    Quota {
        name: "dataset_max_file_count",
        description: "The most files that one dataset may have.",
        default: 100_000_000,
        most: 100_000_000,
        lens: |m| &mut m.dataset_max_file_count,
        sent: |r| &mut r.dataset_max_file_count,
        found: |p| p.dataset_max_file_count,
    },
    Quota {
        name: "dataset_max_entity_count",
        description: "The most entities that one dataset may have. Reserved: IMM does not enforce \
                      it yet.",
        default: 10_000_000_000,
        most: i64::MAX,
        lens: |m| &mut m.dataset_max_entity_count,
        sent: |r| &mut r.dataset_max_entity_count,
        found: |p| p.dataset_max_entity_count,
    },
    Quota {
        name: "dataset_max_relation_count",
        description: "The most relations that one dataset may have. Reserved: IMM does not enforce \
                      it yet.",
        default: 100_000_000_000,
        most: i64::MAX,
        lens: |m| &mut m.dataset_max_relation_count,
        sent: |r| &mut r.dataset_max_relation_count,
        found: |p| p.dataset_max_relation_count,
    },
    Quota {
        name: "dataset_max_total_file_size",
        description: "The most bytes that the files of one dataset may have together.",
        default: 90_000_000_000_000_000,
        most: i64::MAX,
        lens: |m| &mut m.dataset_max_total_file_size,
        sent: |r| &mut r.dataset_max_total_file_size,
        found: |p| p.dataset_max_total_file_size,
    },
];

impl Resource for Project {
    type Client = Client;
    type Model = ProjectModel;

    const NAME: &'static str = "imm_project";

    fn schema() -> Schema<ProjectModel> {
        let schema = Schema::<ProjectModel>::new(
            "A project of IMM, in today's API (2020-09-30). Projects of the retired 2017-09-06 API, \
             such as those of `alicloud_imm_project`, live apart: neither API sees the other's.\n\n\
             Whoever makes a project, or gives it another role, must hold `ram:PassRole` on the \
             role and every permission that the role has.",
        )
        .attr(
            "id",
            "`<region>:<project_name>`.",
            |m| &mut m.id,
            |a| a.computed().keep_prior().never_null(),
        )
        .attr(
            "project_name",
            "Name of the project, unique in account and region.",
            |m| &mut m.project_name,
            |a| a.required().replaces().validate(rules::project_name()),
        )
        .attr(
            "region",
            "The region of the project. Defaults to the provider's.",
            |m| &mut m.region,
            |a| {
                a.optional()
                    .computed()
                    .replaces()
                    .never_null()
                    .validate(rules::region())
            },
        )
        .attr(
            "service_role",
            "Name (not ARN) of the role that IMM assumes for the project.",
            |m| &mut m.service_role,
            |a| {
                a.default_value(DEFAULT_ROLE.to_owned())
                    .validate(rules::existing_role_name())
            },
        )
        .attr(
            "description",
            "What the project is for.",
            |m| &mut m.description,
            |a| {
                a.optional()
                    .empty_is_null()
                    .validate(rules::description(256))
            },
        )
        .attr(
            "template_id",
            "The workflow template of the project, such as `Official:ImageManagement`. Taken out \
             again, it becomes `Official:DefaultEmptyId`, the template without operators.",
            |m| &mut m.template_id,
            |a| a.optional().computed().keep_prior().validate(rules::not_empty()),
        );
        QUOTAS
            .iter()
            .fold(schema, |schema, quota| {
                schema.attr(quota.name, quota.description, quota.lens, |a| {
                    quota.attribute(a)
                })
            })
            .attr(
                "tags",
                "Tags of the project.",
                |m| &mut m.tags,
                |a| a.optional().empty_is_null().validate(tags::rules()),
            )
            .attr(
                "force_destroy",
                "Whether a destroy first deletes what is in the project: triggers, batches, \
                 bindings and datasets; buckets are detached. Without it the destroy of a project \
                 that is not empty is an error.",
                |m| &mut m.force_destroy,
                |a| a.optional().local(),
            )
            .attr(
                "create_time",
                "When the project was made.",
                |m| &mut m.create_time,
                |a| a.computed().keep_prior(),
            )
            .attr(
                "project_queries_per_second",
                "Calls that the project may make in a second. Only Alibaba Cloud can change it.",
                |m| &mut m.project_queries_per_second,
                |a| a.computed().keep_prior(),
            )
            .attr(
                "engine_concurrency",
                "Operators of the project that may run at once. Only Alibaba Cloud can change it.",
                |m| &mut m.engine_concurrency,
                |a| a.computed().keep_prior(),
            )
            .attr(
                "tags_all",
                "All tags of the project, those of the provider's `default_tags` included.",
                |m| &mut m.tags_all,
                |a| a.computed().changes_with(&["tags"]),
            )
            .timeouts(
                |m| &mut m.timeouts,
                TimeoutDefaults {
                    create: Some(TIMEOUT),
                    read: Some(TIMEOUT),
                    update: Some(UPDATE),
                    delete: Some(UPDATE),
                },
            )
    }

    fn identity() -> Option<Identity<ProjectModel>> {
        Some(
            Identity::<ProjectModel>::new(0)
                .attr(
                    "project_name",
                    "Name of the project.",
                    |m| &mut m.project_name,
                    ImportUse::Required,
                )
                .attr(
                    "region",
                    "Region of the project; the provider's where it is not given.",
                    |m| &mut m.region,
                    ImportUse::Optional,
                ),
        )
    }

    async fn create(
        &self,
        call: &Call<'_, Client, ProjectModel>,
        plan: ProjectModel,
    ) -> Outcome<ProjectModel> {
        let client = &call.client().within(call.remaining());
        let region = client.region_of(&plan.region);
        let request = create_request(&plan);
        let name = request.project_name.clone();
        let id = id(&region, &name);
        prove_before_write(call, &plan).await?;
        let project = cloud::imm::create_project(&client.cloud, Some(&region), &request)
            .await
            .map_err(|error| create_failed(&error, &name, &id))?;
        let mut state = plan;
        apply(&mut state, &region, &project);
        if !state.template_id.is_known() {
            state.template_id = fields::text(project.template_id.as_deref());
        }
        Ok(state)
    }

    async fn read(
        &self,
        call: &Call<'_, Client, ProjectModel>,
        state: ProjectModel,
    ) -> Outcome<Option<ProjectModel>> {
        let client = &call.client().within(call.remaining());
        let region = client.region_of(&state.region);
        let name = fields::required(&state.project_name, "project_name")?;
        let answer = cloud::imm::get_project(&client.cloud, Some(&region), &name).await;
        let found = report::found(answer, "read the project", &name)?;
        Ok(found.map(|project| from_cloud(&client.default_tags, state, &region, &project)))
    }

    async fn update(
        &self,
        call: &Call<'_, Client, ProjectModel>,
        state: ProjectModel,
        plan: ProjectModel,
    ) -> Outcome<ProjectModel> {
        let client = &call.client().within(call.remaining());
        let region = client.region_of(&state.region);
        let name = fields::required(&state.project_name, "project_name")?;
        let Some(request) = update_request(&name, state.clone(), plan.clone()) else {
            return Ok(plan);
        };
        if state.service_role != plan.service_role {
            prove_before_write(call, &plan).await?;
        }
        cloud::imm::update_project(&client.cloud, Some(&region), &request)
            .await
            .map_err(|error| report::failed("change the project", &name, &error))?;
        let pace = cloud::imm::VISIBLE;
        let shown = cloud::imm::wait_for_update(&client.cloud, Some(&region), &request, pace).await;
        let project = match shown {
            Ok(project) => project,
            Err(error) if error.kind() == Kind::Timeout => {
                let project = cloud::imm::get_project(&client.cloud, Some(&region), &name)
                    .await
                    .map_err(|error| report::failed("read the project", &name, &error))?;
                if !only_description_kept(&request, &project) {
                    return Err(never_shown(&error, &name));
                }
                call.warn(report::description_kept("project", &name));
                project
            }
            Err(error) => return Err(report::failed("change the project", &name, &error)),
        };
        let mut done = plan;
        apply(&mut done, &region, &project);
        if !done.template_id.is_known() {
            done.template_id = fields::text(project.template_id.as_deref());
        }
        Ok(done)
    }

    async fn delete(
        &self,
        call: &Call<'_, Client, ProjectModel>,
        state: ProjectModel,
    ) -> Outcome<()> {
        let client = &call.client().within(call.remaining());
        let region = client.region_of(&state.region);
        let name = fields::required(&state.project_name, "project_name")?;
        let force = state.force_destroy.unwrap_or(false);
        if force {
            cloud::imm::empty_project(&client.cloud, Some(&region), &name)
                .await
                .map_err(|error| report::failed("empty the project", &name, &error))?;
        }
        cloud::imm::delete_project(&client.cloud, Some(&region), &name)
            .await
            .map_err(|error| delete_failed(&error, &name, force))
    }

    fn import(&self, id: &str) -> Outcome<ProjectModel> {
        let (region, name) = match id.split_once(':') {
            Some((region, name)) => (Some(region), name),
            None => (None, id),
        };
        if let Some(region) = region
            && !rules::is_region(region)
        {
            let why = format!("{region:?} is no region id");
            return Err(fields::malformed_id(id, ID_FORM, &why));
        }
        (rules::project_name().check)(&name.to_owned())
            .map_err(|why| fields::malformed_id(id, ID_FORM, &why))?;
        Ok(ProjectModel {
            project_name: Value::Known(name.to_owned()),
            region: region.map(str::to_owned).into(),
            ..ProjectModel::default()
        })
    }

    async fn plan(&self, client: Option<&Client>, plan: &mut Plan<ProjectModel>) {
        let (Some(config), Some(planned)) = (&plan.config, &mut plan.planned) else {
            return prove(client, plan).await;
        };
        if config.region.is_null() {
            planned.region = match (client, &plan.prior) {
                (Some(client), _) => Value::Known(client.region.clone()),
                (None, Some(prior)) => prior.region.clone(),
                (None, None) => Value::Unknown,
            };
        }
        if let Some(prior) = &plan.prior {
            if prior.region != planned.region {
                plan.replaces.push(Path::attribute("region"));
            }
            if config.template_id.is_null() {
                planned.template_id = without_template(&prior.template_id);
            }
            if fields::given(&prior.description).is_some() && config.description.is_null() {
                plan.diagnostics.push(report::may_keep_description());
            }
        }
        planned.id = match (&planned.region, &planned.project_name) {
            (Value::Known(region), Value::Known(name)) => Value::Known(id(region, name)),
            _ => Value::Unknown,
        };
        planned.tags_all = Client::planned_tags(client, &planned.tags, &mut plan.diagnostics);
        prove(client, plan).await;
    }
}

/// Records the project as it will be, and judges it against its role and the caller.
async fn prove(client: Option<&Client>, plan: &mut Plan<ProjectModel>) {
    let (Some(client), Some(project)) = (client, plan.planned.as_ref().or(plan.prior.as_ref()))
    else {
        return;
    };
    let change = hooks::Change::between(plan.prior.as_ref(), plan.planned.as_ref());
    // A change of what only steers the provider makes no call.
    let change = match (change, &plan.prior) {
        (hooks::Change::Update, Some(prior))
            if update_request("", prior.clone(), project.clone()).is_none() =>
        {
            hooks::Change::Nothing
        }
        (change, _) => change,
    };
    let role_before = plan.prior.as_ref().map(|prior| &prior.service_role);
    let writes_role = plan.planned.is_some() && role_before != Some(&project.service_role);
    let _running = client.checks.walk.enter();
    client
        .checks
        .project(
            &client.cloud,
            change,
            &project.region,
            &project.project_name,
            &project.service_role,
            writes_role,
            &mut plan.diagnostics,
        )
        .await;
}

/// The same checks on the role as it is, right before the call that names it. Warnings are shown,
/// an error stops the call.
async fn prove_before_write(
    call: &Call<'_, Client, ProjectModel>,
    plan: &ProjectModel,
) -> Outcome<()> {
    let (Value::Known(project), Value::Known(role)) = (&plan.project_name, &plan.service_role)
    else {
        return Ok(());
    };
    let subject = Subject {
        project,
        role,
        writes_role: true,
    };
    let client = call.client();
    let mut found = Diagnostics::new();
    client
        .checks
        .judge_before_write(&client.cloud, subject, &mut found)
        .await;
    if found.has_errors() {
        return Err(found);
    }
    for warning in found {
        call.warn(warning);
    }
    Ok(())
}

impl Quota {
    fn attribute(&self, attribute: Attribute<i64>) -> Attribute<i64> {
        attribute
            .default_value(self.default)
            .validate(rules::quota(1, self.most))
    }
}

fn id(region: &str, name: &str) -> String {
    format!("{region}:{name}")
}

/// What a project without `template_id` in its configuration is planned to have: what it has, if
/// that is no template, else the one that is explicitly empty. There is no way to unset it.
fn without_template(prior: &Value<String>) -> Value<String> {
    match prior {
        Value::Known(template)
            if !["", "DefaultId", EMPTY_TEMPLATE].contains(&template.as_str()) =>
        {
            Value::Known(EMPTY_TEMPLATE.to_owned())
        }
        other => other.clone(),
    }
}

fn create_request(plan: &ProjectModel) -> imm::CreateProject {
    imm::CreateProject {
        project_name: fields::given(&plan.project_name).unwrap_or_default(),
        description: fields::given(&plan.description),
        service_role: fields::given(&plan.service_role),
        template_id: fields::given(&plan.template_id),
        project_max_dataset_count: plan.project_max_dataset_count.into_option(),
        dataset_max_bind_count: plan.dataset_max_bind_count.into_option(),
        dataset_max_file_count: plan.dataset_max_file_count.into_option(),
        dataset_max_entity_count: plan.dataset_max_entity_count.into_option(),
        dataset_max_relation_count: plan.dataset_max_relation_count.into_option(),
        dataset_max_total_file_size: plan.dataset_max_total_file_size.into_option(),
        tag: tags::as_list(&tags::plain(&plan.tags_all)),
    }
}

/// The call that makes of `state` what `plan` says, with changed fields only; `None` where nothing
/// of the project itself changes.
fn update_request(
    name: &str,
    mut state: ProjectModel,
    mut plan: ProjectModel,
) -> Option<imm::UpdateProject> {
    let nothing = imm::UpdateProject {
        project_name: name.to_owned(),
        ..imm::UpdateProject::default()
    };
    let mut request = imm::UpdateProject {
        // An empty text clears it.
        description: fields::changed(&state.description, &plan.description),
        service_role: fields::changed(&state.service_role, &plan.service_role),
        template_id: fields::changed(&state.template_id, &plan.template_id)
            .filter(|template| !template.is_empty()),
        ..nothing.clone()
    };
    for quota in QUOTAS {
        let after = *(quota.lens)(&mut plan);
        if *(quota.lens)(&mut state) != after {
            *(quota.sent)(&mut request) = after.into_option();
        }
    }
    let (before, after) = (tags::plain(&state.tags_all), tags::plain(&plan.tags_all));
    if !Change::between(&before, &after).is_empty() {
        // The whole new set; an empty list takes off the last one.
        request.tag = Some(tags::as_list(&after).unwrap_or_default());
    }
    (request != nothing).then_some(request)
}

/// Whether all of an accepted update shows, but that a description was not cleared.
fn only_description_kept(request: &imm::UpdateProject, found: &imm::Project) -> bool {
    let rest = imm::UpdateProject {
        description: None,
        ..request.clone()
    };
    request.description.as_deref() == Some("") && cloud::imm::shows(found, &rest)
}

/// What only IMM knows.
fn apply(state: &mut ProjectModel, region: &str, project: &imm::Project) {
    // An import takes over the letter case that IMM has.
    if state.create_time.is_null() || !state.project_name.is_known() {
        state.project_name = Value::Known(project.project_name.clone());
    }
    let name = state.project_name.clone().unwrap_or_default();
    state.id = Value::Known(id(region, &name));
    state.region = Value::Known(region.to_owned());
    state.create_time = fields::text(project.create_time.as_deref());
    state.project_queries_per_second = project.project_queries_per_second.into();
    state.engine_concurrency = project.engine_concurrency.into();
}

/// The state of a project that was read.
fn from_cloud(
    defaults: &PlainTags,
    mut state: ProjectModel,
    region: &str,
    project: &imm::Project,
) -> ProjectModel {
    apply(&mut state, region, project);
    state.service_role = fields::text(project.service_role.as_deref());
    state.description = fields::text(project.description.as_deref());
    state.template_id = fields::text(project.template_id.as_deref());
    for quota in QUOTAS {
        *(quota.lens)(&mut state) = (quota.found)(project).into();
    }
    let remote = tags::listed(project.tags.as_deref());
    state.tags = tags::own(defaults, &remote, &state.tags, &state.tags_all);
    state.tags_all = tags::all(&remote);
    state
}

fn create_failed(error: &Error, name: &str, id: &str) -> Diagnostics {
    let verb = "create the project";
    if error.is_already_exists() {
        return report::already_exists(error, "project", Project::NAME, id)
            .at(Path::attribute("project_name"))
            .into();
    }
    if error.is(ErrorKind::Quota) {
        return report::hinted(
            verb,
            name,
            error,
            "An account may have 100 projects in a region unless its quota was raised. Delete one, \
             or ask Alibaba Cloud for more; if a quota argument is outside its range, mend that.",
        )
        .into();
    }
    report::failed(verb, name, error)
}

/// An update was accepted and did not become visible.
fn never_shown(error: &Error, name: &str) -> Diagnostics {
    report::hinted(
        "see the change of the project",
        name,
        error,
        "IMM accepted the change, and documents that it may take five minutes to take effect. The \
         state keeps the old values, so that the next plan looks again. If it happens often, give \
         `timeouts { update }` more time.",
    )
    .into()
}

fn delete_failed(error: &Error, name: &str, force: bool) -> Diagnostics {
    let verb = "delete the project";
    if error.is(ErrorKind::Conflict) {
        let hint = if force {
            "Something was put into the project while it was being emptied, or holds what \
             `force_destroy` cannot delete, such as indexed files of a dataset. Delete that, and \
             run the destroy again."
        } else {
            "The project still holds datasets, bindings, triggers or batches. Delete them, or set \
             `force_destroy = true`, apply, and destroy again: the destroy then deletes them first."
        };
        return report::hinted(verb, name, error, hint).into();
    }
    report::failed(verb, name, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::fields::samples;

    fn sample() -> ProjectModel {
        ProjectModel {
            id: samples::text("cn-hangzhou:test-project"),
            project_name: samples::text("test-project"),
            region: samples::text("cn-hangzhou"),
            service_role: samples::text("TestRole"),
            description: samples::text("for tests"),
            template_id: samples::text("Official:ImageManagement"),
            project_max_dataset_count: Value::Known(1),
            dataset_max_bind_count: Value::Known(2),
            dataset_max_file_count: Value::Known(3),
            dataset_max_entity_count: Value::Known(4),
            dataset_max_relation_count: Value::Known(5),
            dataset_max_total_file_size: Value::Known(i64::MAX),
            tags: samples::tags("own"),
            force_destroy: Value::Known(true),
            create_time: samples::text("2026-01-02T03:04:05.678901234+08:00"),
            project_queries_per_second: Value::Known(100),
            engine_concurrency: Value::Known(101),
            tags_all: samples::tags("all"),
            timeouts: samples::timeouts(),
        }
    }

    #[test]
    fn nothing_changed_sends_nothing() {
        assert_eq!(update_request("p", sample(), sample()), None);
        let local = ProjectModel {
            force_destroy: Value::Known(false),
            ..sample()
        };
        assert_eq!(update_request("p", sample(), local), None);
    }

    #[test]
    fn only_what_changed_is_sent() {
        let plan = ProjectModel {
            description: Value::Null,
            dataset_max_bind_count: Value::Known(9),
            ..sample()
        };
        let request = update_request("p", sample(), plan).unwrap();
        assert_eq!(
            request,
            imm::UpdateProject {
                project_name: "p".to_owned(),
                description: Some(String::new()),
                dataset_max_bind_count: Some(9),
                ..imm::UpdateProject::default()
            }
        );
    }

    #[test]
    fn every_quota_travels_both_ways() {
        let mut state = ProjectModel::default();
        let request = update_request("p", ProjectModel::default(), sample()).unwrap();
        let project = imm::Project {
            project_max_dataset_count: request.project_max_dataset_count,
            dataset_max_bind_count: request.dataset_max_bind_count,
            dataset_max_file_count: request.dataset_max_file_count,
            dataset_max_entity_count: request.dataset_max_entity_count,
            dataset_max_relation_count: request.dataset_max_relation_count,
            dataset_max_total_file_size: request.dataset_max_total_file_size,
            ..imm::Project::default()
        };
        state = from_cloud(&PlainTags::new(), state, "cn-hangzhou", &project);
        for quota in QUOTAS {
            assert_eq!(
                (quota.lens)(&mut state),
                (quota.lens)(&mut sample()),
                "{}",
                quota.name
            );
            assert!((1..=quota.most).contains(&quota.default), "{}", quota.name);
        }
        let create = create_request(&sample());
        assert_eq!(create.dataset_max_total_file_size, Some(i64::MAX));
        assert_eq!(create.project_max_dataset_count, Some(1));
    }

    #[test]
    fn the_last_tag_is_taken_off_with_an_empty_list() {
        let plan = ProjectModel {
            tags: Value::Null,
            tags_all: Value::Known(Tags::new()),
            ..sample()
        };
        let request = update_request("p", sample(), plan).unwrap();
        assert_eq!(request.tag, Some(Vec::new()));
    }

    #[test]
    fn a_description_that_stays_is_told_from_an_update_that_does_not_show() {
        let request = imm::UpdateProject {
            description: Some(String::new()),
            dataset_max_bind_count: Some(9),
            ..imm::UpdateProject::default()
        };
        let mut found = imm::Project {
            description: Some("old".to_owned()),
            ..imm::Project::default()
        };
        assert!(!only_description_kept(&request, &found));
        found.dataset_max_bind_count = Some(9);
        assert!(only_description_kept(&request, &found));
        let other = imm::UpdateProject {
            description: Some("new".to_owned()),
            ..request
        };
        assert!(!only_description_kept(&other, &found));
    }

    #[test]
    fn a_template_taken_out_becomes_the_empty_one() {
        assert_eq!(
            without_template(&samples::text("Official:ImageManagement")),
            samples::text(EMPTY_TEMPLATE)
        );
        for kept in [
            Value::Null,
            samples::text("DefaultId"),
            samples::text(EMPTY_TEMPLATE),
        ] {
            assert_eq!(without_template(&kept), kept);
        }
    }

    #[test]
    fn import_ids_name_a_region_or_not() {
        let short = Project.import("my-project").unwrap();
        assert_eq!(short.region, Value::Null);
        let long = Project.import("cn-hangzhou:my-project").unwrap();
        assert_eq!(long.region, samples::text("cn-hangzhou"));
        assert_eq!(long.project_name, short.project_name);
        for bad in [
            "",
            ":",
            "hangzhou:p",
            "cn-hangzhou:",
            "cn-hangzhou:1p",
            "a:b:c",
        ] {
            assert!(Project.import(bad).is_err(), "{bad}");
        }
    }
}
