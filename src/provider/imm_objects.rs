//! IMM's objects as resources and data sources see them.

use std::time::Duration;

use crate::api::Operation;
use crate::api::imm;
use crate::cloud::paginate::Paged;
use crate::plugin::author::{Call, Outcome};
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::schema::Model;
use crate::provider::{Client, report};

/// How long a read or a create may take.
pub const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// The code of an object that is not there.
pub const NOT_FOUND: &[&str] = &["ResourceNotFound"];

/// How long an accepted update is waited for: the documented five minutes and a little more.
const VISIBLE_WITHIN: Duration = Duration::from_secs(330);
/// What has to be left of an operation's time to report how it ended.
const RESERVE: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A project; `None` where it does not exist.
///
/// # Errors
/// When it cannot be read, a lack of permission included.
pub async fn project(
    client: &Client,
    region: &str,
    name: &str,
    with_statistics: bool,
) -> Outcome<Option<imm::Project>> {
    let call = imm::GetProject {
        project_name: name.to_owned(),
        with_statistics: with_statistics.then_some(true),
    };
    match client.cloud.send(Some(region), &call).await {
        Ok(answer) => Ok(Some(answer.project)),
        Err(error) if report::is(&error, NOT_FOUND) => Ok(None),
        Err(error) => Err(report::failed("read the project", name, &error)),
    }
}

/// All projects that the filter lets through, whatever the number of pages.
///
/// # Errors
/// When a page cannot be read.
pub async fn projects(
    client: &Client,
    region: &str,
    filter: imm::ListProjects,
) -> Outcome<Vec<imm::Project>> {
    client
        .cloud
        .list(Some(region), filter)
        .await
        .map_err(|error| report::failed("list the projects of", region, &error))
}

/// A project after an update.
#[derive(Debug)]
pub struct Shown {
    /// As it was read last.
    pub project: imm::Project,
    /// Arguments whose accepted values it did not show by then.
    pub missing: Vec<&'static str>,
}

/// Reads a project until it shows an accepted update, or time is up.
///
/// # Errors
/// When it cannot be read, or is gone.
pub async fn wait_until_visible<M: Model>(
    client: &Client,
    region: &str,
    name: &str,
    call: &Call<'_, Client, M>,
    missing: impl Fn(&imm::Project) -> Vec<&'static str>,
) -> Outcome<Shown> {
    let mut waited = Duration::ZERO;
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(project) = self::project(client, region, name, false).await? else {
            return Err(Diagnostic::error(
                "Project is gone",
                format!(
                    "The project {name} accepted a change and was then deleted by somebody else. \
                     Run the plan again."
                ),
            )
            .into());
        };
        let missing = missing(&project);
        let left = call.remaining().saturating_sub(RESERVE);
        if missing.is_empty() || waited >= VISIBLE_WITHIN || left.is_zero() {
            return Ok(Shown { project, missing });
        }
        let this = pause.min(left);
        client.host.sleep(this).await;
        waited += this;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// An update that was accepted and did not become visible.
pub fn never_shown(name: &str, missing: &[&str]) -> Diagnostics {
    Diagnostic::error(
        "Update is not visible",
        format!(
            "IMM accepted a change of the project {name}, but reads did not show the new {} in the \
             five minutes that IMM documents, or in the time that `timeouts {{ update }}` leaves. \
             The state keeps the old values; the next apply looks again.",
            missing.join(", ")
        ),
    )
    .into()
}

/// A trigger or a batch.
#[derive(Debug, Clone, Copy)]
enum Ingestion {
    Trigger,
    Batch,
}

impl Ingestion {
    fn word(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Batch => "batch",
        }
    }
}

/// Deletes everything in a project: triggers, batches, bindings, datasets; detaches its buckets.
/// A project that does not exist is empty.
///
/// # Errors
/// When something could not be deleted.
pub async fn empty_project<M: Model>(
    client: &Client,
    region: &str,
    name: &str,
    call: &Call<'_, Client, M>,
) -> Outcome<()> {
    let inside = Inside {
        client,
        region,
        project: name,
    };
    inside.delete_ingestions(Ingestion::Trigger, call).await?;
    inside.delete_ingestions(Ingestion::Batch, call).await?;
    inside.delete_datasets().await?;
    inside.detach_buckets().await
}

/// What is in one project.
struct Inside<'a> {
    client: &'a Client,
    region: &'a str,
    project: &'a str,
}

impl Inside<'_> {
    /// The answer of a call; `None` where what it is about is gone.
    async fn ask<O: Operation>(&self, verb: &str, what: &str, call: O) -> Outcome<Option<O::Output>> {
        match self.client.cloud.send(Some(self.region), &call).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if report::is(&error, NOT_FOUND) => Ok(None),
            Err(error) => {
                let what = format!("{what} in the project {}", self.project);
                Err(report::failed(verb, &what, &error))
            }
        }
    }

    /// The items of all pages; none where the project is gone.
    async fn list<O: Paged>(&self, what: &str, call: O) -> Outcome<Vec<O::Item>> {
        match self.client.cloud.list(Some(self.region), call).await {
            Ok(items) => Ok(items),
            Err(error) if report::is(&error, NOT_FOUND) => Ok(Vec::new()),
            Err(error) => {
                let what = format!("{what} of the project {}", self.project);
                Err(report::failed("list the", &what, &error))
            }
        }
    }

    async fn delete_ingestions<M: Model>(
        &self,
        kind: Ingestion,
        call: &Call<'_, Client, M>,
    ) -> Outcome<()> {
        let project_name = self.project.to_owned();
        let items = match kind {
            Ingestion::Trigger => {
                let list = imm::ListTriggers {
                    project_name,
                    ..imm::ListTriggers::default()
                };
                self.list("triggers", list).await?
            }
            Ingestion::Batch => {
                let list = imm::ListBatches {
                    project_name,
                    ..imm::ListBatches::default()
                };
                self.list("batches", list).await?
            }
        };
        for item in items {
            self.delete_ingestion(kind, &item, call).await?;
        }
        Ok(())
    }

    /// Deletes a trigger or a batch. A running one has to be suspended first.
    async fn delete_ingestion<M: Model>(
        &self,
        kind: Ingestion,
        item: &imm::Ingestion,
        call: &Call<'_, Client, M>,
    ) -> Outcome<()> {
        let project_name = self.project.to_owned();
        let id = item.id.clone();
        let what = format!("{} {id}", kind.word());
        if item.state.as_deref() == Some("Running") {
            match kind {
                Ingestion::Trigger => {
                    let call = imm::SuspendTrigger {
                        project_name: project_name.clone(),
                        id: id.clone(),
                    };
                    self.ask("suspend the", &what, call).await?;
                }
                Ingestion::Batch => {
                    let call = imm::SuspendBatch {
                        project_name: project_name.clone(),
                        id: id.clone(),
                    };
                    self.ask("suspend the", &what, call).await?;
                }
            }
            self.until_stopped(kind, &id, &what, call).await?;
        }
        match kind {
            Ingestion::Trigger => {
                let call = imm::DeleteTrigger { project_name, id };
                self.ask("delete the", &what, call).await?;
            }
            Ingestion::Batch => {
                let call = imm::DeleteBatch { project_name, id };
                self.ask("delete the", &what, call).await?;
            }
        }
        Ok(())
    }

    /// Waits until a trigger or batch is no longer running; the operation's own time bounds it.
    async fn until_stopped<M: Model>(
        &self,
        kind: Ingestion,
        id: &str,
        what: &str,
        call: &Call<'_, Client, M>,
    ) -> Outcome<()> {
        let mut pause = FIRST_PAUSE;
        loop {
            let (project_name, id) = (self.project.to_owned(), id.to_owned());
            let item = match kind {
                Ingestion::Trigger => {
                    let get = imm::GetTrigger { project_name, id };
                    self.ask("read the", what, get).await?.map(|a| a.trigger)
                }
                Ingestion::Batch => {
                    let get = imm::GetBatch { project_name, id };
                    self.ask("read the", what, get).await?.map(|a| a.batch)
                }
            };
            if item.is_none_or(|item| item.state.as_deref() != Some("Running")) {
                return Ok(());
            }
            if call.remaining() <= RESERVE {
                return Err(Diagnostic::error(
                    "Trigger or batch keeps running",
                    format!(
                        "The {what} of the project {} was told to stop and still runs. Give the \
                         destroy more time in the `timeouts` block, and run it again.",
                        self.project
                    ),
                )
                .into());
            }
            self.client.host.sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn delete_datasets(&self) -> Outcome<()> {
        let list = imm::ListDatasets {
            project_name: self.project.to_owned(),
            ..imm::ListDatasets::default()
        };
        for dataset in self.list("datasets", list).await? {
            let dataset_name = dataset.dataset_name;
            let list = imm::ListBindings {
                project_name: self.project.to_owned(),
                dataset_name: Some(dataset_name.clone()),
                ..imm::ListBindings::default()
            };
            for binding in self.list("bindings", list).await? {
                let what = format!("binding of {} to the dataset {dataset_name}", binding.uri);
                let call = imm::DeleteBinding {
                    project_name: self.project.to_owned(),
                    dataset_name: dataset_name.clone(),
                    uri: binding.uri,
                };
                self.ask("delete the", &what, call).await?;
            }
            let what = format!("dataset {dataset_name}");
            let call = imm::DeleteDataset {
                project_name: self.project.to_owned(),
                dataset_name,
            };
            self.ask("delete the", &what, call).await?;
        }
        Ok(())
    }

    async fn detach_buckets(&self) -> Outcome<()> {
        let list = imm::ListAttachedOSSBuckets {
            project_name: self.project.to_owned(),
            ..imm::ListAttachedOSSBuckets::default()
        };
        for bucket in self.list("attached buckets", list).await? {
            let what = format!("bucket {}", bucket.oss_bucket);
            let call = imm::DetachOSSBucket {
                oss_bucket: bucket.oss_bucket,
            };
            self.ask("detach the", &what, call).await?;
        }
        Ok(())
    }
}
