//! Bindings of datasets to buckets. What they would index is not there, so they only look busy.

use rusqlite::{OptionalExtension as _, Row};

use crate::api::imm::{
    Binding, BindingAnswer, BindingPage, CreateBinding, DeleteBinding, Empty, GetBinding,
    ListBindings,
};
use crate::sandbox::clock;
use crate::sandbox::dispatch::{Action, Call};
use crate::sandbox::failure::{Failure, Result};
use crate::sandbox::paging;

use super::{
    TICK, already_exists, check_name, dataset_resource, datasets, invalid, is_bucket, not_found,
    project_resource, projects, too_many,
};

const MOST_RESULTS: i64 = 200;

struct BindingRow {
    dataset: String,
    uri: String,
    created: i64,
}

const COLUMNS: &str = "SELECT d.name, b.uri, b.created FROM bindings b \
                       JOIN datasets d ON d.id = b.dataset_id";

fn read(row: &Row<'_>) -> rusqlite::Result<BindingRow> {
    Ok(BindingRow {
        dataset: row.get(0)?,
        uri: row.get(1)?,
        created: row.get(2)?,
    })
}

/// Ready, then scanning what is there, then whatever comes.
fn show(call: &Call<'_>, project: &str, row: BindingRow) -> Binding {
    let age = call.now.saturating_sub(row.created);
    let (state, phase) = if age < TICK {
        ("Ready", None)
    } else if age < 3 * TICK {
        ("Running", Some("FullScanning"))
    } else {
        ("Running", Some("IncrementalScanning"))
    };
    Binding {
        project_name: project.to_owned(),
        dataset_name: row.dataset,
        uri: row.uri,
        state: Some(state.to_owned()),
        phase: phase.map(str::to_owned),
        reason: None,
        create_time: Some(clock::beijing(row.created)),
        update_time: Some(clock::beijing(row.created)),
    }
}

/// `oss://<bucket>` and nothing after it.
fn bucket(uri: &str) -> Option<&str> {
    uri.strip_prefix("oss://").filter(|name| is_bucket(name))
}

fn check(project: &str, dataset: &str, uri: &str) -> Result<()> {
    check_name("ProjectName", project)?;
    check_name("DatasetName", dataset)?;
    if uri.is_empty() {
        return Err(Failure::missing("URI"));
    }
    bucket(uri).map(|_| ()).ok_or_else(|| invalid("URI"))
}

fn get(call: &Call<'_>, dataset: i64, uri: &str) -> Result<BindingRow> {
    call.db
        .prepare_cached(&format!("{COLUMNS} WHERE b.dataset_id = ?1 AND b.uri = ?2"))?
        .query_row((dataset, uri), read)
        .optional()?
        .ok_or_else(|| not_found("binding"))
}

impl Action for CreateBinding {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check(&self.project_name, &self.dataset_name, &self.uri)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![dataset_resource(
            call,
            &self.project_name,
            &self.dataset_name,
        )]
    }

    fn run(self, call: &Call<'_>) -> Result<BindingAnswer> {
        let project = projects::get(call, &self.project_name)?;
        let dataset = datasets::get(call, project.id, &self.dataset_name)?;
        let (same, all): (i64, i64) = call
            .db
            .prepare_cached(
                "SELECT coalesce(sum(uri = ?2), 0), count(*) FROM bindings WHERE dataset_id = ?1",
            )?
            .query_row((dataset.id, &self.uri), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        if same > 0 {
            return Err(already_exists("binding"));
        }
        if all >= dataset.max_bindings {
            return Err(too_many());
        }
        call.db
            .prepare_cached("INSERT INTO bindings (dataset_id, uri, created) VALUES (?1, ?2, ?3)")?
            .execute((dataset.id, &self.uri, call.now))?;
        let row = get(call, dataset.id, &self.uri)?;
        Ok(BindingAnswer {
            binding: show(call, &project.name, row),
        })
    }
}

impl Action for GetBinding {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check(&self.project_name, &self.dataset_name, &self.uri)
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![dataset_resource(
            call,
            &self.project_name,
            &self.dataset_name,
        )]
    }

    fn run(self, call: &Call<'_>) -> Result<BindingAnswer> {
        let project = projects::visible(call, &self.project_name)?;
        let dataset = datasets::get(call, project.id, &self.dataset_name)?;
        let row = get(call, dataset.id, &self.uri)?;
        Ok(BindingAnswer {
            binding: show(call, &project.name, row),
        })
    }
}

impl Action for ListBindings {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check_name("ProjectName", &self.project_name)?;
        if let Some(dataset) = self.dataset_name.as_deref().filter(|name| !name.is_empty()) {
            check_name("DatasetName", dataset)?;
        }
        if let Some(token) = self.next_token.as_deref().filter(|token| !token.is_empty()) {
            token_parts(token)?;
        }
        paging::results(self.max_results, MOST_RESULTS).map(|_| ())
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        match self.dataset_name.as_deref().filter(|name| !name.is_empty()) {
            Some(dataset) => vec![dataset_resource(call, &self.project_name, dataset)],
            None => vec![project_resource(call, &self.project_name)],
        }
    }

    fn run(self, call: &Call<'_>) -> Result<BindingPage> {
        let project = projects::visible(call, &self.project_name)?;
        let size = paging::results(self.max_results, MOST_RESULTS)?;
        let wanted = self.dataset_name.unwrap_or_default();
        if !wanted.is_empty() {
            datasets::get(call, project.id, &wanted)?;
        }
        let token = self.next_token.unwrap_or_default();
        let (dataset, uri) = if token.is_empty() {
            ("", String::new())
        } else {
            token_parts(&token)?
        };
        let mut rows: Vec<BindingRow> = call
            .db
            .prepare_cached(&format!(
                "{COLUMNS} WHERE d.project_id = ?1 AND (?2 = '' OR d.name = ?2) \
                 AND (d.name, b.uri) >= (?3, ?4) ORDER BY d.name, b.uri LIMIT ?5"
            ))?
            .query_map(
                (
                    project.id,
                    wanted,
                    dataset,
                    uri,
                    i64::try_from(size).map_or(i64::MAX, |size| size + 1),
                ),
                read,
            )?
            .collect::<rusqlite::Result<_>>()?;
        let next_token = rows.get(size).map(|row| {
            let bucket = bucket(&row.uri).unwrap_or_default();
            format!("{}:{}:{bucket}", project.name, row.dataset)
        });
        rows.truncate(size);
        Ok(BindingPage {
            next_token,
            bindings: rows
                .into_iter()
                .map(|row| show(call, &project.name, row))
                .collect(),
        })
    }
}

/// Dataset and URI out of `project:dataset:bucket`.
fn token_parts(token: &str) -> Result<(&str, String)> {
    let mut parts = token.split(':');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(dataset), Some(bucket), None) => Ok((dataset, format!("oss://{bucket}"))),
        _ => Err(invalid("NextToken")),
    }
}

impl Action for DeleteBinding {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check(&self.project_name, &self.dataset_name, &self.uri)
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
        let dataset = datasets::get(call, project.id, &self.dataset_name)?;
        get(call, dataset.id, &self.uri)?;
        call.db
            .prepare_cached("DELETE FROM bindings WHERE dataset_id = ?1 AND uri = ?2")?
            .execute((dataset.id, &self.uri))?;
        Ok(Empty {})
    }
}
