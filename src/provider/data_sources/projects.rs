//! `imm_projects`: all projects of IMM in a region, by prefix and tags.
//!
//! API: <https://www.alibabacloud.com/help/en/imm/developer-reference/api-imm-2020-09-30-listprojects>,
//! read to the last page.

use crate::api::imm;
use crate::plugin::author::{DataSource, Outcome, Query};
use crate::plugin::schema::{Schema, validators};
use crate::plugin::value::Value;
use crate::provider::data_sources::project::{self, ProjectModel};
use crate::provider::tags::{self, Tags};
use crate::provider::{Client, report, rules};

/// The data source.
#[derive(Debug)]
pub struct Projects;

/// Arguments and results.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProjectsModel {
    id: Value<String>,
    region: Value<String>,
    prefix: Value<String>,
    tags: Value<Tags>,
    names: Value<Vec<String>>,
    projects: Value<Vec<ProjectModel>>,
}

impl DataSource for Projects {
    type Client = Client;
    type Model = ProjectsModel;

    const NAME: &'static str = "imm_projects";

    fn schema() -> Schema<ProjectsModel> {
        Schema::<ProjectsModel>::new(
            "All projects of IMM in a region, sorted by name, in today's API (2020-09-30).",
        )
        .attr("id", "The region.", |m| &mut m.id, |a| a.computed())
        .attr(
            "region",
            "The region of the projects. Defaults to the provider's.",
            |m| &mut m.region,
            |a| a.optional().computed().validate(rules::region()),
        )
        .attr(
            "prefix",
            "Only projects whose names begin so.",
            |m| &mut m.prefix,
            |a| a.optional().validate(validators::length(0..=128)),
        )
        .attr(
            "tags",
            "Only projects that have all of these tags.",
            |m| &mut m.tags,
            |a| a.optional().validate(tags::rules()),
        )
        .attr(
            "names",
            "The projects' names.",
            |m| &mut m.names,
            |a| a.computed(),
        )
        .objects(
            "projects",
            "The projects.",
            |m| &mut m.projects,
            project::results(
                Schema::<ProjectModel>::new("A project.")
                    .attr(
                        "project_name",
                        "Name of the project.",
                        |m| &mut m.project_name,
                        |a| a.computed(),
                    )
                    .attr(
                        "region",
                        "The region of the project.",
                        |m| &mut m.region,
                        |a| a.computed(),
                    ),
            ),
            |a| a.computed(),
        )
    }

    async fn read(
        &self,
        query: &Query<'_, Client>,
        config: ProjectsModel,
    ) -> Outcome<ProjectsModel> {
        let client = query.client()?;
        let region = client.region_of(&config.region);
        let filter = imm::ListProjects {
            prefix: config.prefix.known().cloned(),
            tag: tags::as_list(&tags::plain(&config.tags)),
            max_results: Some(200),
            ..imm::ListProjects::default()
        };
        let found = client
            .cloud
            .list(Some(&region), filter)
            .await
            .map_err(|error| report::failed("list the projects of", &region, &error))?;
        Ok(model(config, &region, found))
    }
}

fn model(config: ProjectsModel, region: &str, mut found: Vec<imm::Project>) -> ProjectsModel {
    found.sort_by(|a, b| a.project_name.cmp(&b.project_name));
    ProjectsModel {
        id: Value::Known(region.to_owned()),
        region: Value::Known(region.to_owned()),
        names: Value::Known(found.iter().map(|p| p.project_name.clone()).collect()),
        projects: Value::Known(found.iter().map(|p| project::model(region, p)).collect()),
        ..config
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::fields::samples;

    #[test]
    fn projects_are_sorted_by_name() {
        let named = |name: &str| imm::Project {
            project_name: name.to_owned(),
            ..imm::Project::default()
        };
        let model = model(
            ProjectsModel::default(),
            "cn-hangzhou",
            vec![named("b"), named("a")],
        );
        assert_eq!(model.names, samples::texts(&["a", "b"]));
        assert_eq!(model.projects.known().map(Vec::len), Some(2));
    }
}
