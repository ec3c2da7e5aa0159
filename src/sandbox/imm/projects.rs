//! Projects.

use rusqlite::{OptionalExtension as _, Row};
use serde::{Deserialize, Serialize};

use crate::api::imm::{
    CreateProject, DeleteProject, Empty, GetProject, ListProjects, ListedTag, Project,
    ProjectAnswer, ProjectPage, Tag, UpdateProject,
};
use crate::sandbox::clock;
use crate::sandbox::dispatch::{Action, Call};
use crate::sandbox::failure::{Failure, Result};
use crate::sandbox::paging;
use crate::sandbox::quota::Quota;
use crate::sandbox::ram::tags::{self, carries};

use super::{
    BINDINGS, ENTITIES, FILES, Limit, RELATIONS, TOTAL_SIZE, already_exists, check_name,
    check_role, check_text, filled, invalid, not_found, project_resource, service_role, too_many,
};

const DATASETS: Limit = Limit("ProjectMaxDatasetCount", 1_000_000_000, 1_000_000_000);
const LONGEST_DESCRIPTION: usize = 256;
const LONGEST_PREFIX: usize = 128;
const USUAL_ROLE: &str = "AliyunIMMDefaultRole";
const QUERIES_PER_SECOND: i64 = 100;
const ENGINE_CONCURRENCY: i64 = 100;
const MOST_RESULTS: i64 = 200;

/// What an update can change.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Values {
    description: String,
    service_role: String,
    template_id: String,
    max_datasets: i64,
    max_bindings: i64,
    max_files: i64,
    max_entities: i64,
    max_relations: i64,
    max_total_size: i64,
    updated: i64,
    tags: Vec<ListedTag>,
}

/// A project as it is kept.
#[derive(Debug, Clone)]
pub(super) struct ProjectRow {
    pub(super) id: i64,
    pub(super) name: String,
    created: i64,
    visible: i64,
    values: Values,
    /// What reads still show, and until when.
    shown: Option<String>,
    effective: i64,
}

impl ProjectRow {
    /// How many datasets it may have.
    pub(super) fn max_datasets(&self) -> i64 {
        self.values.max_datasets
    }

    fn owner(&self) -> String {
        self.id.to_string()
    }

    /// The values that reads show now.
    fn shown(&self, now: i64) -> Values {
        self.shown
            .as_deref()
            .filter(|_| self.effective > now)
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_else(|| self.values.clone())
    }
}

const COLUMNS: &str = "SELECT p.id, p.name, p.created, p.visible, p.shown, p.effective, \
                       p.description, p.service_role, p.template_id, p.max_datasets, \
                       p.max_bindings, p.max_files, p.max_entities, p.max_relations, \
                       p.max_total_size, p.updated FROM projects p";

fn read(row: &Row<'_>) -> rusqlite::Result<ProjectRow> {
    Ok(ProjectRow {
        id: row.get(0)?,
        name: row.get(1)?,
        created: row.get(2)?,
        visible: row.get(3)?,
        shown: row.get(4)?,
        effective: row.get(5)?,
        values: Values {
            description: row.get(6)?,
            service_role: row.get(7)?,
            template_id: row.get(8)?,
            max_datasets: row.get(9)?,
            max_bindings: row.get(10)?,
            max_files: row.get(11)?,
            max_entities: row.get(12)?,
            max_relations: row.get(13)?,
            max_total_size: row.get(14)?,
            updated: row.get(15)?,
            tags: Vec::new(),
        },
    })
}

fn find(call: &Call<'_>, name: &str) -> Result<Option<ProjectRow>> {
    let Some(mut row) = call
        .db
        .prepare_cached(&format!("{COLUMNS} WHERE p.region = ?1 AND p.name = ?2"))?
        .query_row((call.region, name), read)
        .optional()?
    else {
        return Ok(None);
    };
    row.values.tags = tags::list(call.db, "project", &row.owner())?;
    Ok(Some(row))
}

/// Looks a project up, in this region and in its own case. One that reads do not show yet is found,
/// too.
pub(super) fn get(call: &Call<'_>, name: &str) -> Result<ProjectRow> {
    find(call, name)?.ok_or_else(|| not_found("project"))
}

/// The same for reads.
pub(super) fn visible(call: &Call<'_>, name: &str) -> Result<ProjectRow> {
    get(call, name).and_then(|row| {
        if row.visible > call.now {
            Err(not_found("project"))
        } else {
            Ok(row)
        }
    })
}

/// Files are never indexed here, so their statistics are nought.
fn show(call: &Call<'_>, row: &ProjectRow, values: Values) -> Result<Project> {
    let datasets = call
        .db
        .prepare_cached("SELECT count(*) FROM datasets WHERE project_id = ?1")?
        .query_row([row.id], |row| row.get(0))?;
    Ok(Project {
        project_name: row.name.clone(),
        description: filled(values.description),
        service_role: filled(values.service_role),
        template_id: filled(values.template_id),
        create_time: Some(clock::beijing(row.created)),
        update_time: Some(clock::beijing(values.updated)),
        project_queries_per_second: Some(QUERIES_PER_SECOND),
        engine_concurrency: Some(ENGINE_CONCURRENCY),
        project_max_dataset_count: Some(values.max_datasets),
        dataset_max_bind_count: Some(values.max_bindings),
        dataset_max_file_count: Some(values.max_files),
        dataset_max_entity_count: Some(values.max_entities),
        dataset_max_relation_count: Some(values.max_relations),
        dataset_max_total_file_size: Some(values.max_total_size),
        dataset_count: Some(datasets),
        file_count: Some(0),
        total_file_size: Some(0),
        tags: (!values.tags.is_empty()).then_some(values.tags),
    })
}

fn check_tags(given: Option<&Vec<Tag>>) -> Result<()> {
    tags::check(given.map(Vec::as_slice).unwrap_or_default()).map_err(|_| invalid("Tag"))
}

/// Create and update have the same parameters, with the same rules.
macro_rules! check_values {
    ($request:ident) => {{
        check_name("ProjectName", &$request.project_name)?;
        check_text(
            "Description",
            $request.description.as_ref(),
            LONGEST_DESCRIPTION,
        )?;
        if let Some(role) = $request
            .service_role
            .as_deref()
            .filter(|role| !role.is_empty())
        {
            check_role(role)?;
        }
        check_text(
            "TemplateId",
            $request.template_id.as_ref(),
            LONGEST_DESCRIPTION,
        )?;
        check_tags($request.tag.as_ref())?;
        DATASETS.check($request.project_max_dataset_count)?;
        BINDINGS.check($request.dataset_max_bind_count)?;
        FILES.check($request.dataset_max_file_count)?;
        ENTITIES.check($request.dataset_max_entity_count)?;
        RELATIONS.check($request.dataset_max_relation_count)?;
        TOTAL_SIZE.check($request.dataset_max_total_file_size)
    }};
}

impl Action for CreateProject {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check_values!(self)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![project_resource(call, &self.project_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<ProjectAnswer> {
        let role = self
            .service_role
            .as_deref()
            .filter(|role| !role.is_empty())
            .unwrap_or(USUAL_ROLE);
        service_role::check(call, role)?;
        if find(call, &self.project_name)?.is_some() {
            return Err(already_exists("project"));
        }
        let projects: i64 = call
            .db
            .prepare_cached("SELECT count(*) FROM projects WHERE region = ?1")?
            .query_row([call.region], |row| row.get(0))?;
        if projects >= Quota::Projects.of(call.db)? {
            return Err(too_many());
        }
        let values = Values {
            description: self.description.unwrap_or_default(),
            service_role: role.to_owned(),
            template_id: self.template_id.unwrap_or_default(),
            max_datasets: self.project_max_dataset_count.unwrap_or(DATASETS.usual()),
            max_bindings: self.dataset_max_bind_count.unwrap_or(BINDINGS.usual()),
            max_files: self.dataset_max_file_count.unwrap_or(FILES.usual()),
            max_entities: self.dataset_max_entity_count.unwrap_or(ENTITIES.usual()),
            max_relations: self.dataset_max_relation_count.unwrap_or(RELATIONS.usual()),
            max_total_size: self
                .dataset_max_total_file_size
                .unwrap_or(TOTAL_SIZE.usual()),
            updated: call.now,
            tags: Vec::new(),
        };
        let id: i64 = call
            .db
            .prepare_cached(
                "INSERT INTO projects (region, name, description, service_role, template_id, \
                 max_datasets, max_bindings, max_files, max_entities, max_relations, \
                 max_total_size, created, updated, visible, shown, effective) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, ?13, NULL, 0) \
                 RETURNING id",
            )?
            .query_row(
                (
                    call.region,
                    &self.project_name,
                    &values.description,
                    &values.service_role,
                    &values.template_id,
                    values.max_datasets,
                    values.max_bindings,
                    values.max_files,
                    values.max_entities,
                    values.max_relations,
                    values.max_total_size,
                    call.now,
                    call.visible(),
                ),
                |row| row.get(0),
            )?;
        tags::put(
            call.db,
            "project",
            &id.to_string(),
            self.tag.as_deref().unwrap_or_default(),
        )?;
        let row = get(call, &self.project_name)?;
        let values = row.values.clone();
        Ok(ProjectAnswer {
            project: show(call, &row, values)?,
        })
    }
}

impl Action for UpdateProject {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check_values!(self)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![project_resource(call, &self.project_name)]
    }

    /// What is not given stays. The answer shows the new values; reads may go on showing the old ones
    /// for a while, where a fault asks for it.
    fn run(self, call: &Call<'_>) -> Result<ProjectAnswer> {
        if let Some(role) = self.service_role.as_deref().filter(|role| !role.is_empty()) {
            service_role::check(call, role)?;
        }
        let mut row = get(call, &self.project_name)?;
        let old = row.shown(call.now);
        let values = &mut row.values;
        let text = |field: &mut String, given: Option<String>| {
            if let Some(given) = given {
                *field = given;
            }
        };
        let number = |field: &mut i64, given: Option<i64>| {
            if let Some(given) = given {
                *field = given;
            }
        };
        text(&mut values.description, self.description);
        text(
            &mut values.service_role,
            self.service_role.filter(|role| !role.is_empty()),
        );
        text(&mut values.template_id, self.template_id);
        number(&mut values.max_datasets, self.project_max_dataset_count);
        number(&mut values.max_bindings, self.dataset_max_bind_count);
        number(&mut values.max_files, self.dataset_max_file_count);
        number(&mut values.max_entities, self.dataset_max_entity_count);
        number(&mut values.max_relations, self.dataset_max_relation_count);
        number(&mut values.max_total_size, self.dataset_max_total_file_size);
        values.updated = call.now;

        let effective = call.visible();
        let shown = (effective > call.now)
            .then(|| serde_json::to_string(&old))
            .transpose()
            .map_err(Failure::internal)?;
        call.db
            .prepare_cached(
                "UPDATE projects SET description = ?2, service_role = ?3, template_id = ?4, \
                 max_datasets = ?5, max_bindings = ?6, max_files = ?7, max_entities = ?8, \
                 max_relations = ?9, max_total_size = ?10, updated = ?11, shown = ?12, \
                 effective = ?13 WHERE id = ?1",
            )?
            .execute((
                row.id,
                &row.values.description,
                &row.values.service_role,
                &row.values.template_id,
                row.values.max_datasets,
                row.values.max_bindings,
                row.values.max_files,
                row.values.max_entities,
                row.values.max_relations,
                row.values.max_total_size,
                row.values.updated,
                shown,
                effective,
            ))?;
        if let Some(given) = self.tag {
            tags::clear(call.db, "project", &row.owner())?;
            tags::put(call.db, "project", &row.owner(), &given)?;
            row.values.tags = tags::list(call.db, "project", &row.owner())?;
        }
        let values = row.values.clone();
        Ok(ProjectAnswer {
            project: show(call, &row, values)?,
        })
    }
}

impl Action for GetProject {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check_name("ProjectName", &self.project_name)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![project_resource(call, &self.project_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<ProjectAnswer> {
        let row = visible(call, &self.project_name)?;
        let values = row.shown(call.now);
        Ok(ProjectAnswer {
            project: show(call, &row, values)?,
        })
    }
}

impl Action for ListProjects {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        paging::results(self.max_results, MOST_RESULTS)?;
        check_text("Prefix", self.prefix.as_ref(), LONGEST_PREFIX)?;
        check_tags(self.tag.as_ref())
    }

    fn resources(&self, _call: &Call<'_>) -> Vec<String> {
        vec!["*".to_owned()]
    }

    fn run(self, call: &Call<'_>) -> Result<ProjectPage> {
        let size = paging::results(self.max_results, MOST_RESULTS)?;
        let from = self.next_token.unwrap_or_default();
        let prefix = self.prefix.unwrap_or_default();
        let filter = tags::filter(self.tag.as_ref());
        let carries = carries!("project", "CAST(p.id AS TEXT)", "?5");
        let mut rows: Vec<ProjectRow> = call
            .db
            .prepare_cached(&format!(
                "{COLUMNS} WHERE p.region = ?1 AND p.name >= ?2 AND p.visible <= ?3 \
                 AND substr(p.name, 1, length(?4)) = ?4 AND {carries} ORDER BY p.name LIMIT ?6"
            ))?
            .query_map(
                (
                    call.region,
                    from,
                    call.now,
                    prefix,
                    filter,
                    i64::try_from(size).map_or(i64::MAX, |size| size + 1),
                ),
                read,
            )?
            .collect::<rusqlite::Result<_>>()?;
        let next_token = rows.get(size).map(|row| row.name.clone());
        rows.truncate(size);
        let mut projects = Vec::with_capacity(rows.len());
        for mut row in rows {
            row.values.tags = tags::list(call.db, "project", &row.owner())?;
            let values = row.shown(call.now);
            projects.push(show(call, &row, values)?);
        }
        Ok(ProjectPage {
            next_token,
            projects,
        })
    }
}

impl Action for DeleteProject {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check_name("ProjectName", &self.project_name)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![project_resource(call, &self.project_name)]
    }

    /// Datasets, triggers and batches stand in the way, and with datasets their bindings. Attached
    /// buckets do not: they are detached.
    fn run(self, call: &Call<'_>) -> Result<Empty> {
        let row = get(call, &self.project_name)?;
        let inside: i64 = call
            .db
            .prepare_cached(
                "SELECT (SELECT count(*) FROM datasets WHERE project_id = ?1) \
                 + (SELECT count(*) FROM ingestions WHERE project_id = ?1)",
            )?
            .query_row([row.id], |row| row.get(0))?;
        if inside > 0 {
            // The service's own words and spelling.
            return Err(Failure::new(
                400,
                "StatusConflict",
                "Message: cannot delete when sub resoures exist",
            ));
        }
        tags::clear(call.db, "project", &row.owner())?;
        call.db
            .prepare_cached("DELETE FROM attached_buckets WHERE project_id = ?1")?
            .execute([row.id])?;
        call.db
            .prepare_cached("DELETE FROM projects WHERE id = ?1")?
            .execute([row.id])?;
        Ok(Empty {})
    }
}
