//! OSS buckets attached to projects: a bucket to one project at most.

use rusqlite::{OptionalExtension as _, Row};

use crate::api::imm::{
    AttachOSSBucket, AttachedBucket, BucketAttachment, BucketPage, DetachOSSBucket, Empty,
    GetOSSBucketAttachment, ListAttachedOSSBuckets,
};
use crate::sandbox::clock;
use crate::sandbox::dispatch::{Action, Call};
use crate::sandbox::failure::{Failure, Result};
use crate::sandbox::paging;

use super::{
    already_exists, check_name, check_text, filled, invalid, is_bucket, not_found,
    project_resource, projects,
};

const LONGEST_DESCRIPTION: usize = 128;
const MOST_RESULTS: i64 = 200;
const WHAT: &str = "OSSBucketAttachment";

struct BucketRow {
    bucket: String,
    project_id: i64,
    project: String,
    description: String,
    created: i64,
}

const COLUMNS: &str = "SELECT b.bucket, b.project_id, p.name, b.description, b.created \
                       FROM attached_buckets b JOIN projects p ON p.id = b.project_id";

fn read(row: &Row<'_>) -> rusqlite::Result<BucketRow> {
    Ok(BucketRow {
        bucket: row.get(0)?,
        project_id: row.get(1)?,
        project: row.get(2)?,
        description: row.get(3)?,
        created: row.get(4)?,
    })
}

fn find(call: &Call<'_>, bucket: &str) -> Result<Option<BucketRow>> {
    Ok(call
        .db
        .prepare_cached(&format!("{COLUMNS} WHERE b.region = ?1 AND b.bucket = ?2"))?
        .query_row((call.region, bucket), read)
        .optional()?)
}

/// Whether a bucket is attached to this very project.
pub(super) fn attached(call: &Call<'_>, bucket: &str, project: i64) -> Result<bool> {
    Ok(find(call, bucket)?.is_some_and(|row| row.project_id == project))
}

fn check_bucket(name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Failure::missing("OSSBucket"));
    }
    if !is_bucket(name) {
        return Err(invalid("OSSBucket"));
    }
    Ok(())
}

impl Action for AttachOSSBucket {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check_name("ProjectName", &self.project_name)?;
        check_bucket(&self.oss_bucket)?;
        check_text(
            "Description",
            self.description.as_ref(),
            LONGEST_DESCRIPTION,
        )
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![project_resource(call, &self.project_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<Empty> {
        let project = projects::get(call, &self.project_name)?;
        if find(call, &self.oss_bucket)?.is_some() {
            return Err(already_exists(WHAT));
        }
        call.db
            .prepare_cached(
                "INSERT INTO attached_buckets (region, bucket, project_id, description, created) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                call.region,
                &self.oss_bucket,
                project.id,
                self.description.unwrap_or_default(),
                call.now,
            ))?;
        Ok(Empty {})
    }
}

impl Action for DetachOSSBucket {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check_bucket(&self.oss_bucket)
    }

    fn resources(&self, _call: &Call<'_>) -> Vec<String> {
        vec!["*".to_owned()]
    }

    fn run(self, call: &Call<'_>) -> Result<Empty> {
        let row = find(call, &self.oss_bucket)?.ok_or_else(|| not_found(WHAT))?;
        call.db
            .prepare_cached("DELETE FROM attached_buckets WHERE region = ?1 AND bucket = ?2")?
            .execute((call.region, &row.bucket))?;
        Ok(Empty {})
    }
}

impl Action for GetOSSBucketAttachment {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check_bucket(&self.oss_bucket)
    }

    fn resources(&self, _call: &Call<'_>) -> Vec<String> {
        vec!["*".to_owned()]
    }

    fn run(self, call: &Call<'_>) -> Result<BucketAttachment> {
        let row = find(call, &self.oss_bucket)?.ok_or_else(|| not_found(WHAT))?;
        Ok(BucketAttachment {
            project_name: row.project,
            description: filled(row.description),
            create_time: Some(clock::beijing(row.created)),
            update_time: Some(clock::beijing(row.created)),
        })
    }
}

impl Action for ListAttachedOSSBuckets {
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        check_name("ProjectName", &self.project_name)?;
        paging::results(self.max_results, MOST_RESULTS).map(|_| ())
    }

    fn resources(&self, call: &Call<'_>) -> Vec<String> {
        vec![project_resource(call, &self.project_name)]
    }

    fn run(self, call: &Call<'_>) -> Result<BucketPage> {
        let project = projects::visible(call, &self.project_name)?;
        let size = paging::results(self.max_results, MOST_RESULTS)?;
        let mut rows: Vec<BucketRow> = call
            .db
            .prepare_cached(&format!(
                "{COLUMNS} WHERE b.project_id = ?1 AND b.bucket >= ?2 ORDER BY b.bucket LIMIT ?3"
            ))?
            .query_map(
                (
                    project.id,
                    self.next_token.unwrap_or_default(),
                    i64::try_from(size).map_or(i64::MAX, |size| size + 1),
                ),
                read,
            )?
            .collect::<rusqlite::Result<_>>()?;
        let next_token = rows.get(size).map(|row| row.bucket.clone());
        rows.truncate(size);
        Ok(BucketPage {
            next_token,
            attached_oss_buckets: rows
                .into_iter()
                .map(|row| AttachedBucket {
                    oss_bucket: row.bucket,
                    project_name: row.project,
                    owner_id: Some(call.account.to_owned()),
                    description: filled(row.description),
                    create_time: Some(clock::beijing(row.created)),
                    update_time: Some(clock::beijing(row.created)),
                })
                .collect(),
        })
    }
}
