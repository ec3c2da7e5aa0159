//! Datasets of projects.

use rusqlite::{OptionalExtension as _, Row};

use crate::api::imm::{
    CreateDataset, Dataset, DatasetAnswer, DatasetPage, DeleteDataset, Empty, GetDataset,
    ListDatasets,
};
use crate::sandbox::clock;
use crate::sandbox::dispatch::{Action, Call};
use crate::sandbox::failure::Result;
use crate::sandbox::paging;

use super::projects;
use super::{
    BINDINGS, ENTITIES, FILES, RELATIONS, TOTAL_SIZE, already_exists, check_name, check_text,
    conflict, dataset_resource, filled, not_found, project_resource, too_many,
};

const LONGEST_DESCRIPTION: usize = 256;
const LONGEST_PREFIX: usize = 128;
const MOST_RESULTS: i64 = 200;

/// A dataset as it is kept.
pub(super) struct DatasetRow {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) max_bindings: i64,
    description: String,
    template_id: String,
    max_files: i64,
    max_entities: i64,
    max_relations: i64,
    max_total_size: i64,
    created: i64,
    updated: i64,
    bindings: i64,
}

const COLUMNS: &str = "SELECT d.id, d.name, d.description, d.template_id, d.max_bindings, \
                       d.max_files, d.max_entities, d.max_relations, d.max_total_size, d.created, \
                       d.updated, (SELECT count(*) FROM bindings b WHERE b.dataset_id = d.id) \
                       FROM datasets d";

fn read(row: &Row<'_>) -> rusqlite::Result<DatasetRow> {
    Ok(DatasetRow {
        id: row.get(0)?,
        name: row.get(1)?,
        description: row.get(2)?,
        template_id: row.get(3)?,
        max_bindings: row.get(4)?,
        max_files: row.get(5)?,
        max_entities: row.get(6)?,
        max_relations: row.get(7)?,
        max_total_size: row.get(8)?,
        created: row.get(9)?,
        updated: row.get(10)?,
        bindings: row.get(11)?,
    })
}

fn find(call: &Call<'_>, project: i64, name: &str) -> Result<Option<DatasetRow>> {
    Ok(call
        .db
        .prepare_cached(&format!(
            "{COLUMNS} WHERE d.project_id = ?1 AND d.name = ?2"
        ))?
        .query_row((project, name), read)
        .optional()?)
}

/// Looks a dataset up.
pub(super) fn get(call: &Call<'_>, project: i64, name: &str) -> Result<DatasetRow> {
    find(call, project, name)?.ok_or_else(|| not_found("dataset"))
}

fn show(project: &str, row: DatasetRow) -> Dataset {
    Dataset {
        project_name: project.to_owned(),
        dataset_name: row.name,
        description: filled(row.description),
        template_id: filled(row.template_id),
        create_time: Some(clock::beijing(row.created)),
        update_time: Some(clock::beijing(row.updated)),
        dataset_max_bind_count: Some(row.max_bindings),
        dataset_max_file_count: Some(row.max_files),
        dataset_max_entity_count: Some(row.max_entities),
        dataset_max_relation_count: Some(row.max_relations),
        dataset_max_total_file_size: Some(row.max_total_size),
        bind_count: Some(row.bindings),
        file_count: Some(0),
        total_file_size: Some(0),
    }
}

fn check_both(project: &str, dataset: &str) -> Result<()> {
    check_name("ProjectName", project)?;
    check_name("DatasetName", dataset)
}

impl Action for CreateDataset {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check_both(&self.project_name, &self.dataset_name)?;
        check_text(
            "Description",
            self.description.as_ref(),
            LONGEST_DESCRIPTION,
        )?;
        check_text("TemplateId", self.template_id.as_ref(), LONGEST_DESCRIPTION)?;
        BINDINGS.check(self.dataset_max_bind_count)?;
        FILES.check(self.dataset_max_file_count)?;
        ENTITIES.check(self.dataset_max_entity_count)?;
        RELATIONS.check(self.dataset_max_relation_count)?;
        TOTAL_SIZE.check(self.dataset_max_total_file_size)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![dataset_resource(
            call,
            &self.project_name,
            &self.dataset_name,
        )]
    }

    fn run(self, call: &Call<'_>) -> Result<DatasetAnswer> {
        let project = projects::get(call, &self.project_name)?;
        if find(call, project.id, &self.dataset_name)?.is_some() {
            return Err(already_exists("dataset"));
        }
        let datasets: i64 = call
            .db
            .prepare_cached("SELECT count(*) FROM datasets WHERE project_id = ?1")?
            .query_row([project.id], |row| row.get(0))?;
        if datasets >= project.max_datasets() {
            return Err(too_many());
        }
        call.db
            .prepare_cached(
                "INSERT INTO datasets (project_id, name, description, template_id, max_bindings, \
                 max_files, max_entities, max_relations, max_total_size, created, updated) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)",
            )?
            .execute((
                project.id,
                &self.dataset_name,
                self.description.unwrap_or_default(),
                self.template_id.unwrap_or_default(),
                self.dataset_max_bind_count.unwrap_or(BINDINGS.usual()),
                self.dataset_max_file_count.unwrap_or(FILES.usual()),
                self.dataset_max_entity_count.unwrap_or(ENTITIES.usual()),
                self.dataset_max_relation_count.unwrap_or(RELATIONS.usual()),
                self.dataset_max_total_file_size
                    .unwrap_or(TOTAL_SIZE.usual()),
                call.now,
            ))?;
        let row = get(call, project.id, &self.dataset_name)?;
        Ok(DatasetAnswer {
            dataset: show(&project.name, row),
        })
    }
}

impl Action for GetDataset {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check_both(&self.project_name, &self.dataset_name)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![dataset_resource(
            call,
            &self.project_name,
            &self.dataset_name,
        )]
    }

    fn run(self, call: &Call<'_>) -> Result<DatasetAnswer> {
        let project = projects::visible(call, &self.project_name)?;
        let row = get(call, project.id, &self.dataset_name)?;
        Ok(DatasetAnswer {
            dataset: show(&project.name, row),
        })
    }
}

impl Action for ListDatasets {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check_name("ProjectName", &self.project_name)?;
        paging::results(self.max_results, MOST_RESULTS)?;
        check_text("Prefix", self.prefix.as_ref(), LONGEST_PREFIX)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![project_resource(call, &self.project_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<DatasetPage> {
        let project = projects::visible(call, &self.project_name)?;
        let size = paging::results(self.max_results, MOST_RESULTS)?;
        let mut rows: Vec<DatasetRow> = call
            .db
            .prepare_cached(&format!(
                "{COLUMNS} WHERE d.project_id = ?1 AND d.name >= ?2 \
                 AND substr(d.name, 1, length(?3)) = ?3 ORDER BY d.name LIMIT ?4"
            ))?
            .query_map(
                (
                    project.id,
                    self.next_token.unwrap_or_default(),
                    self.prefix.unwrap_or_default(),
                    i64::try_from(size).map_or(i64::MAX, |size| size + 1),
                ),
                read,
            )?
            .collect::<rusqlite::Result<_>>()?;
        let next_token = rows.get(size).map(|row| row.name.clone());
        rows.truncate(size);
        Ok(DatasetPage {
            next_token,
            datasets: rows
                .into_iter()
                .map(|row| show(&project.name, row))
                .collect(),
        })
    }
}

impl Action for DeleteDataset {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check_both(&self.project_name, &self.dataset_name)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![dataset_resource(
            call,
            &self.project_name,
            &self.dataset_name,
        )]
    }

    fn run(self, call: &Call<'_>) -> Result<Empty> {
        let project = projects::get(call, &self.project_name)?;
        let row = get(call, project.id, &self.dataset_name)?;
        if row.bindings > 0 {
            return Err(conflict("cannot delete a dataset that has bindings"));
        }
        call.db
            .prepare_cached("DELETE FROM datasets WHERE id = ?1")?
            .execute([row.id])?;
        Ok(Empty {})
    }
}
