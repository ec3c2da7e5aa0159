//! Triggers and batches: two names of one object. Nothing is processed; only their states move.

use rusqlite::{OptionalExtension as _, Row};
use serde_json::Value;

use crate::api::imm::{
    BatchAnswer, BatchPage, CreateBatch, CreateTrigger, DeleteBatch, DeleteTrigger, Empty,
    GetBatch, GetTrigger, Ingestion, IngestionId, ListBatches, ListTriggers, ResumeBatch,
    ResumeTrigger, SuspendBatch, SuspendTrigger, TriggerAnswer, TriggerPage,
};
use crate::sandbox::clock;
use crate::sandbox::dispatch::{Action, Call};
use crate::sandbox::failure::{Failure, Result};
use crate::sandbox::ids;
use crate::sandbox::paging;

use super::{
    TICK, buckets, check_name, check_role, conflict, invalid, is_bucket, not_found,
    project_resource, projects, resource,
};

const MOST_RESULTS: i64 = 100;
const STATES: [&str; 5] = ["Ready", "Running", "Failed", "Suspended", "Succeeded"];

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Trigger,
    Batch,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Trigger => "Trigger",
            Self::Batch => "Batch",
        }
    }

    fn lower(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Batch => "batch",
        }
    }

    fn resource(self, call: &Call<'_>, project: &str) -> String {
        resource(call, &format!("project/{project}/{}/*", self.lower()))
    }
}

struct IngestionRow {
    id: String,
    input: String,
    actions: String,
    notification: Option<String>,
    tags: Option<String>,
    service_role: String,
    state: String,
    since: i64,
    created: i64,
    updated: i64,
}

const COLUMNS: &str = "SELECT id, input, actions, notification, tags, service_role, state, since, \
                       created, updated FROM ingestions";

fn read(row: &Row<'_>) -> rusqlite::Result<IngestionRow> {
    Ok(IngestionRow {
        id: row.get(0)?,
        input: row.get(1)?,
        actions: row.get(2)?,
        notification: row.get(3)?,
        tags: row.get(4)?,
        service_role: row.get(5)?,
        state: row.get(6)?,
        since: row.get(7)?,
        created: row.get(8)?,
        updated: row.get(9)?,
    })
}

/// The state that the clock has made of the kept one: what is ready runs after a tick, and a batch that
/// has run for two is done.
fn state(kind: Kind, kept: &str, age: i64) -> &'static str {
    let running = match kept {
        "Ready" => age - TICK,
        "Running" => age,
        "Suspended" => return "Suspended",
        _ => return "Failed",
    };
    if running < 0 {
        "Ready"
    } else if kind == Kind::Batch && running >= 2 * TICK {
        "Succeeded"
    } else {
        "Running"
    }
}

impl IngestionRow {
    fn state(&self, kind: Kind, now: i64) -> &'static str {
        state(kind, &self.state, now.saturating_sub(self.since))
    }

    fn show(self, kind: Kind, now: i64) -> Ingestion {
        let json = |text: &str| serde_json::from_str(text).ok();
        let state = self.state(kind, now);
        let phase = match (kind, state) {
            (Kind::Trigger, "Running") => Some("IncrementalScanning".to_owned()),
            (Kind::Batch, "Running") => Some("FullScanning".to_owned()),
            _ => None,
        };
        Ingestion {
            id: self.id,
            state: Some(state.to_owned()),
            phase,
            input: json(&self.input),
            actions: serde_json::from_str(&self.actions).ok(),
            notification: self.notification.as_deref().and_then(json),
            service_role: Some(self.service_role),
            tags: self.tags.as_deref().and_then(json),
            error: None,
            create_time: Some(clock::seconds(self.created)),
            update_time: Some(clock::seconds(self.updated)),
        }
    }
}

fn get(call: &Call<'_>, kind: Kind, project: i64, id: &str) -> Result<IngestionRow> {
    call.db
        .prepare_cached(&format!(
            "{COLUMNS} WHERE project_id = ?1 AND kind = ?2 AND id = ?3"
        ))?
        .query_row((project, kind.word(), id), read)
        .optional()?
        .ok_or_else(|| not_found(kind.lower()))
}

fn check_id(project: &str, id: &str) -> Result<()> {
    check_name("ProjectName", project)?;
    if id.is_empty() {
        return Err(Failure::missing("Id"));
    }
    Ok(())
}

/// What is to be created.
struct Order<'a> {
    kind: Kind,
    project: &'a str,
    input: &'a Value,
    actions: &'a [Value],
    service_role: &'a str,
    notification: Option<&'a Value>,
    tags: Option<&'a Value>,
}

impl Order<'_> {
    fn bucket(&self) -> Option<&str> {
        self.input
            .get("OSS")?
            .get("Bucket")?
            .as_str()
            .filter(|name| is_bucket(name))
    }

    fn check(&self) -> Result<()> {
        check_name("ProjectName", self.project)?;
        if self.bucket().is_none() {
            return Err(invalid("Input"));
        }
        let named = |action: &Value| {
            let name = action.get("Name").and_then(Value::as_str);
            name.is_some_and(|name| !name.is_empty())
        };
        if self.actions.is_empty() || !self.actions.iter().all(named) {
            return Err(invalid("Actions"));
        }
        if self.service_role.is_empty() {
            return Err(Failure::missing("ServiceRole"));
        }
        check_role(self.service_role)?;
        if self.notification.is_some_and(|value| !value.is_object()) {
            return Err(invalid("Notification"));
        }
        if self.tags.is_some_and(|value| !value.is_object()) {
            return Err(invalid("Tags"));
        }
        Ok(())
    }

    fn create(&self, call: &Call<'_>) -> Result<IngestionId> {
        let project = projects::get(call, self.project)?;
        if !buckets::attached(call, self.bucket().unwrap_or_default(), project.id)? {
            return Err(not_found("OSSBucketAttachment"));
        }
        let id = format!("{}-{}", self.kind.lower(), call.random(ids::uuid)?);
        let text = |value: Option<&Value>| value.map(Value::to_string);
        call.db
            .prepare_cached(
                "INSERT INTO ingestions (project_id, kind, id, input, actions, notification, tags, \
                 service_role, state, since, created, updated) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'Ready', ?9, ?9, ?9)",
            )?
            .execute((
                project.id,
                self.kind.word(),
                &id,
                self.input.to_string(),
                Value::Array(self.actions.to_vec()).to_string(),
                text(self.notification),
                text(self.tags),
                self.service_role,
                call.now,
            ))?;
        Ok(IngestionId { id })
    }
}

fn show(call: &Call<'_>, kind: Kind, project: &str, id: &str) -> Result<Ingestion> {
    let project = projects::visible(call, project)?;
    Ok(get(call, kind, project.id, id)?.show(kind, call.now))
}

fn check_list(project: &str, size: Option<i64>, wanted: Option<&String>) -> Result<()> {
    check_name("ProjectName", project)?;
    paging::results(size, MOST_RESULTS)?;
    match wanted.map(String::as_str).filter(|state| !state.is_empty()) {
        Some(state) if !STATES.contains(&state) => Err(invalid("State")),
        _ => Ok(()),
    }
}

/// The state follows from the clock, so it is filtered here and not by the database.
fn list(
    call: &Call<'_>,
    kind: Kind,
    project: &str,
    size: Option<i64>,
    token: Option<String>,
    wanted: Option<String>,
) -> Result<(Option<String>, Vec<Ingestion>)> {
    let project = projects::visible(call, project)?;
    let size = paging::results(size, MOST_RESULTS)?;
    let wanted = wanted.filter(|state| !state.is_empty());
    let rows: Vec<IngestionRow> = call
        .db
        .prepare_cached(&format!(
            "{COLUMNS} WHERE project_id = ?1 AND kind = ?2 AND id >= ?3 ORDER BY id"
        ))?
        .query_map((project.id, kind.word(), token.unwrap_or_default()), read)?
        .collect::<rusqlite::Result<_>>()?;
    let mut rows = rows.into_iter().filter(|row| {
        wanted
            .as_deref()
            .is_none_or(|state| state == row.state(kind, call.now))
    });
    let items = rows
        .by_ref()
        .take(size)
        .map(|row| row.show(kind, call.now))
        .collect();
    Ok((rows.next().map(|row| row.id), items))
}

fn suspend(call: &Call<'_>, kind: Kind, project: &str, id: &str) -> Result<Empty> {
    turn(call, kind, project, id, &["Running"], "Suspended")
}

fn resume(call: &Call<'_>, kind: Kind, project: &str, id: &str) -> Result<Empty> {
    turn(call, kind, project, id, &["Suspended", "Failed"], "Running")
}

fn turn(
    call: &Call<'_>,
    kind: Kind,
    project: &str,
    id: &str,
    from: &[&str],
    to: &str,
) -> Result<Empty> {
    let project = projects::get(call, project)?;
    let row = get(call, kind, project.id, id)?;
    let state = row.state(kind, call.now);
    if !from.contains(&state) {
        return Err(conflict(&format!(
            "a {} in state {state} cannot become {to}",
            kind.lower()
        )));
    }
    call.db
        .prepare_cached(
            "UPDATE ingestions SET state = ?4, since = ?5, updated = ?5 \
             WHERE project_id = ?1 AND kind = ?2 AND id = ?3",
        )?
        .execute((project.id, kind.word(), id, to, call.now))?;
    Ok(Empty {})
}

fn delete(call: &Call<'_>, kind: Kind, project: &str, id: &str) -> Result<Empty> {
    let project = projects::get(call, project)?;
    let row = get(call, kind, project.id, id)?;
    if row.state(kind, call.now) == "Running" {
        return Err(conflict(&format!(
            "a running {} cannot be deleted",
            kind.lower()
        )));
    }
    call.db
        .prepare_cached("DELETE FROM ingestions WHERE project_id = ?1 AND kind = ?2 AND id = ?3")?
        .execute((project.id, kind.word(), id))?;
    Ok(Empty {})
}

macro_rules! ingestions {
    ($(
        $kind:ident: $create:ident, $get:ident -> $answer:ident { $one:ident },
        $list:ident -> $page:ident { $many:ident }, $suspend:ident, $resume:ident, $delete:ident;
    )+) => {$(
        impl $create {
            fn order(&self) -> Order<'_> {
                Order {
                    kind: Kind::$kind,
                    project: &self.project_name,
                    input: &self.input,
                    actions: &self.actions,
                    service_role: &self.service_role,
                    notification: self.notification.as_ref(),
                    tags: self.tags.as_ref(),
                }
            }
        }

        impl Action for $create {
            fn check(&self, _call: &Call<'_>) -> Result<()> {
                self.order().check()
            }

            fn resources(&self, call: &Call<'_>) -> Vec<String> {
                vec![Kind::$kind.resource(call, &self.project_name)]
            }

            fn run(self, call: &Call<'_>) -> Result<IngestionId> {
                self.order().create(call)
            }
        }

        impl Action for $get {
            fn check(&self, _call: &Call<'_>) -> Result<()> {
                check_id(&self.project_name, &self.id)
            }

            fn resources(&self, call: &Call<'_>) -> Vec<String> {
                vec![Kind::$kind.resource(call, &self.project_name)]
            }

            fn run(self, call: &Call<'_>) -> Result<$answer> {
                Ok($answer {
                    $one: show(call, Kind::$kind, &self.project_name, &self.id)?,
                })
            }
        }

        impl Action for $list {
            fn check(&self, _call: &Call<'_>) -> Result<()> {
                check_list(&self.project_name, self.max_results, self.state.as_ref())
            }

            fn resources(&self, call: &Call<'_>) -> Vec<String> {
                vec![project_resource(call, &self.project_name)]
            }

            fn run(self, call: &Call<'_>) -> Result<$page> {
                let (next_token, $many) = list(
                    call,
                    Kind::$kind,
                    &self.project_name,
                    self.max_results,
                    self.next_token,
                    self.state,
                )?;
                Ok($page { next_token, $many })
            }
        }

        ingestions! { @turn $suspend, $kind, suspend; $resume, $kind, resume; $delete, $kind, delete; }
    )+};
    (@turn $($action:ident, $kind:ident, $verb:ident;)+) => {$(
        impl Action for $action {
            fn check(&self, _call: &Call<'_>) -> Result<()> {
                check_id(&self.project_name, &self.id)
            }

            fn resources(&self, call: &Call<'_>) -> Vec<String> {
                vec![Kind::$kind.resource(call, &self.project_name)]
            }

            fn run(self, call: &Call<'_>) -> Result<Empty> {
                $verb(call, Kind::$kind, &self.project_name, &self.id)
            }
        }
    )+};
}

ingestions! {
    Trigger: CreateTrigger, GetTrigger -> TriggerAnswer { trigger },
        ListTriggers -> TriggerPage { triggers }, SuspendTrigger, ResumeTrigger, DeleteTrigger;
    Batch: CreateBatch, GetBatch -> BatchAnswer { batch },
        ListBatches -> BatchPage { batches }, SuspendBatch, ResumeBatch, DeleteBatch;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_follow_the_clock() {
        use Kind::{Batch, Trigger};
        assert_eq!(state(Trigger, "Ready", 0), "Ready");
        assert_eq!(state(Trigger, "Ready", TICK), "Running");
        assert_eq!(state(Trigger, "Ready", 100 * TICK), "Running");
        assert_eq!(state(Batch, "Ready", 2 * TICK), "Running");
        assert_eq!(state(Batch, "Ready", 3 * TICK), "Succeeded");
        assert_eq!(state(Batch, "Running", 2 * TICK), "Succeeded");
        assert_eq!(state(Batch, "Suspended", 100 * TICK), "Suspended");
        assert_eq!(state(Trigger, "Failed", 0), "Failed");
    }
}
