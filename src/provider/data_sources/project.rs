//! `imm_project`: a project of IMM that exists, with its statistics.
//!
//! API: <https://www.alibabacloud.com/help/en/imm/developer-reference/api-imm-2020-09-30-getproject>.

use crate::api::imm;
use crate::plugin::author::{DataSource, Outcome, Query};
use crate::plugin::schema::Schema;
use crate::plugin::value::Value;
use crate::provider::fields;
use crate::provider::tags::{self, Tags};
use crate::provider::{Client, report, rules};

/// The data source.
#[derive(Debug)]
pub struct Project;

/// Arguments and results; an element of `imm_projects` has the same.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProjectModel {
    pub(super) id: Value<String>,
    pub(super) project_name: Value<String>,
    pub(super) region: Value<String>,
    with_statistics: Value<bool>,
    service_role: Value<String>,
    description: Value<String>,
    template_id: Value<String>,
    project_max_dataset_count: Value<i64>,
    dataset_max_bind_count: Value<i64>,
    dataset_max_file_count: Value<i64>,
    dataset_max_entity_count: Value<i64>,
    dataset_max_relation_count: Value<i64>,
    dataset_max_total_file_size: Value<i64>,
    project_queries_per_second: Value<i64>,
    engine_concurrency: Value<i64>,
    dataset_count: Value<i64>,
    file_count: Value<i64>,
    total_file_size: Value<i64>,
    create_time: Value<String>,
    update_time: Value<String>,
    tags: Value<Tags>,
}

impl DataSource for Project {
    type Client = Client;
    type Model = ProjectModel;

    const NAME: &'static str = "imm_project";

    fn schema() -> Schema<ProjectModel> {
        let schema = Schema::<ProjectModel>::new(
            "A project of IMM that exists, in today's API (2020-09-30), with its statistics.",
        )
        .attr(
            "project_name",
            "Name of the project.",
            |m| &mut m.project_name,
            |a| a.required().validate(rules::project_name()),
        )
        .attr(
            "region",
            "The region of the project. Defaults to the provider's.",
            |m| &mut m.region,
            |a| a.optional().computed().validate(rules::region()),
        )
        .attr(
            "with_statistics",
            "Whether `file_count` and `total_file_size` are asked for. IMM keeps them for datasets \
             made before 2025-12-20 only.",
            |m| &mut m.with_statistics,
            |a| a.default_value(true),
        )
        .attr(
            "file_count",
            "Files in all datasets; null without statistics.",
            |m| &mut m.file_count,
            |a| a.computed(),
        )
        .attr(
            "total_file_size",
            "Bytes of the files in all datasets; null without statistics.",
            |m| &mut m.total_file_size,
            |a| a.computed(),
        );
        results(schema)
    }

    async fn read(&self, query: &Query<'_, Client>, config: ProjectModel) -> Outcome<ProjectModel> {
        let client = query.client()?;
        let region = client.region_of(&config.region);
        let name = fields::required(&config.project_name, "project_name")?;
        let statistics = config.with_statistics.unwrap_or(true);
        let call = imm::GetProject {
            project_name: name.clone(),
            with_statistics: statistics.then_some(true),
        };
        let answer = client.cloud.send(Some(&region), &call).await;
        let what = format!("project in the region {region}");
        let project = report::at("project_name", report::there(answer, &what, &name))?.project;
        let mut found = model(&region, &project);
        found.project_name = config.project_name;
        found.with_statistics = config.with_statistics;
        if statistics {
            found.file_count = project.file_count.into();
            found.total_file_size = project.total_file_size.into();
        }
        Ok(found)
    }
}

/// What both data sources show of a project.
pub(super) fn results(schema: Schema<ProjectModel>) -> Schema<ProjectModel> {
    schema
        .attr(
            "id",
            "`<region>:<project_name>`.",
            |m| &mut m.id,
            |a| a.computed(),
        )
        .attr(
            "service_role",
            "Name of the role that IMM assumes for the project.",
            |m| &mut m.service_role,
            |a| a.computed(),
        )
        .attr(
            "description",
            "What the project is for.",
            |m| &mut m.description,
            |a| a.computed(),
        )
        .attr(
            "template_id",
            "The workflow template of the project.",
            |m| &mut m.template_id,
            |a| a.computed(),
        )
        .attr(
            "project_max_dataset_count",
            "The most datasets that the project may have.",
            |m| &mut m.project_max_dataset_count,
            |a| a.computed(),
        )
        .attr(
            "dataset_max_bind_count",
            "The most bindings that one dataset may have.",
            |m| &mut m.dataset_max_bind_count,
            |a| a.computed(),
        )
        .attr(
            "dataset_max_file_count",
            "The most files that one dataset may have.",
            |m| &mut m.dataset_max_file_count,
            |a| a.computed(),
        )
        .attr(
            "dataset_max_entity_count",
            "The most entities that one dataset may have.",
            |m| &mut m.dataset_max_entity_count,
            |a| a.computed(),
        )
        .attr(
            "dataset_max_relation_count",
            "The most relations that one dataset may have.",
            |m| &mut m.dataset_max_relation_count,
            |a| a.computed(),
        )
        .attr(
            "dataset_max_total_file_size",
            "The most bytes that the files of one dataset may have together.",
            |m| &mut m.dataset_max_total_file_size,
            |a| a.computed(),
        )
        .attr(
            "project_queries_per_second",
            "Calls that the project may make in a second.",
            |m| &mut m.project_queries_per_second,
            |a| a.computed(),
        )
        .attr(
            "engine_concurrency",
            "Operators of the project that may run at once.",
            |m| &mut m.engine_concurrency,
            |a| a.computed(),
        )
        .attr(
            "dataset_count",
            "Datasets that the project has.",
            |m| &mut m.dataset_count,
            |a| a.computed(),
        )
        .attr(
            "create_time",
            "When the project was made.",
            |m| &mut m.create_time,
            |a| a.computed(),
        )
        .attr(
            "update_time",
            "When the project was changed last.",
            |m| &mut m.update_time,
            |a| a.computed(),
        )
        .attr(
            "tags",
            "Tags of the project.",
            |m| &mut m.tags,
            |a| a.computed(),
        )
}

pub(super) fn model(region: &str, project: &imm::Project) -> ProjectModel {
    ProjectModel {
        id: Value::Known(format!("{region}:{}", project.project_name)),
        project_name: Value::Known(project.project_name.clone()),
        region: Value::Known(region.to_owned()),
        with_statistics: Value::Null,
        service_role: fields::text(project.service_role.as_deref()),
        description: fields::text(project.description.as_deref()),
        template_id: fields::text(project.template_id.as_deref()),
        project_max_dataset_count: project.project_max_dataset_count.into(),
        dataset_max_bind_count: project.dataset_max_bind_count.into(),
        dataset_max_file_count: project.dataset_max_file_count.into(),
        dataset_max_entity_count: project.dataset_max_entity_count.into(),
        dataset_max_relation_count: project.dataset_max_relation_count.into(),
        dataset_max_total_file_size: project.dataset_max_total_file_size.into(),
        project_queries_per_second: project.project_queries_per_second.into(),
        engine_concurrency: project.engine_concurrency.into(),
        dataset_count: project.dataset_count.into(),
        file_count: Value::Null,
        total_file_size: Value::Null,
        create_time: fields::text(project.create_time.as_deref()),
        update_time: fields::text(project.update_time.as_deref()),
        tags: tags::all(&tags::listed(project.tags.as_deref())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::fields::samples;

    #[test]
    fn numbers_and_texts_come_through() {
        let project = imm::Project {
            project_name: "p".to_owned(),
            description: Some(String::new()),
            dataset_max_total_file_size: Some(i64::MAX),
            dataset_count: Some(0),
            tags: Some(vec![imm::Tag::new("k", "v").into()]),
            ..imm::Project::default()
        };
        let model = model("cn-shanghai", &project);
        assert_eq!(model.id, samples::text("cn-shanghai:p"));
        assert_eq!(model.description, Value::Null);
        assert_eq!(model.dataset_max_total_file_size, Value::Known(i64::MAX));
        assert_eq!(model.dataset_count, Value::Known(0));
        assert!(
            model
                .tags
                .known()
                .is_some_and(|tags| tags.contains_key("k"))
        );
    }
}
