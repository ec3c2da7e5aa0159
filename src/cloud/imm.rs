//! IMM calls that come out right also where an answer is lost.
//!
//! `region` is that of the provider where none is given.

use std::time::{Duration, SystemTime};

use super::client::Client;
use super::error::Error;
use super::ram::{absent_is_done, gone, same_text};
use super::settle::{Look, settle};
use super::wait::Pace;
use crate::api::imm::{
    CreateProject, DeleteBatch, DeleteBinding, DeleteDataset, DeleteProject, DeleteTrigger,
    DetachOSSBucket, GetBatch, GetProject, GetTrigger, ListAttachedOSSBuckets, ListBatches,
    ListBindings, ListDatasets, ListProjects, ListTriggers, Project, SuspendBatch, SuspendTrigger,
    Tag, UpdateProject,
};

/// How an accepted update is waited for: it may take five minutes to show.
pub const VISIBLE: Pace = Pace {
    first: Duration::from_millis(500),
    cap: Duration::from_secs(10),
    limit: Duration::from_secs(6 * 60),
};

/// How a trigger or a batch is waited for that was told to stop.
const STOPPED: Pace = Pace {
    first: Duration::from_millis(500),
    cap: Duration::from_secs(5),
    limit: Duration::from_secs(2 * 60),
};

/// How far the service's clock and ours may differ: it accepts no signature beyond.
const CLOCK_SKEW: Duration = Duration::from_secs(15 * 60);

/// One project, without statistics.
///
/// # Errors
/// [`Error::is_not_found`] where there is none.
pub async fn get_project(
    client: &Client,
    region: Option<&str>,
    project_name: &str,
) -> Result<Project, Error> {
    let operation = GetProject {
        project_name: project_name.to_owned(),
        with_statistics: None,
    };
    Ok(client.send(region, &operation).await?.project)
}

/// All projects of a region whose names begin so.
///
/// # Errors
/// That of the page that failed.
pub async fn list_projects(
    client: &Client,
    region: Option<&str>,
    prefix: Option<&str>,
) -> Result<Vec<Project>, Error> {
    let operation = ListProjects {
        max_results: Some(200),
        prefix: prefix.map(str::to_owned),
        ..ListProjects::default()
    };
    client.list(region, operation).await
}

/// Creates a project.
///
/// # Errors
/// [`Error::is_already_exists`] where there was one before.
pub async fn create_project(
    client: &Client,
    region: Option<&str>,
    operation: &CreateProject,
) -> Result<Project, Error> {
    let begin = client.host().now();
    settle(
        client,
        region,
        operation,
        |answer| answer.project,
        || async move {
            match get_project(client, region, &operation.project_name).await {
                Ok(project) if is_sent(&project, operation, begin) => Ok(Look::Done(project)),
                Ok(_) => Ok(Look::NotDone),
                Err(error) if error.is_not_found() => Ok(Look::NotDone),
                Err(error) => Err(error),
            }
        },
    )
    .await
}

fn is_sent(project: &Project, sent: &CreateProject, begin: SystemTime) -> bool {
    let created = project.create_time.as_deref();
    let created = created.and_then(|time| time.parse::<jiff::Timestamp>().ok());
    let begin = jiff::Timestamp::try_from(begin - CLOCK_SKEW).ok();
    // Where either is not a time, the rest of the comparison decides.
    let young = created.is_none_or(|created| begin.is_none_or(|begin| created >= begin));
    let same_description = same_text(project.description.as_deref(), sent.description.as_deref());
    young && same_description && shows(project, &as_update(sent))
}

/// The same arguments; an update has no others than a creation.
fn as_update(sent: &CreateProject) -> UpdateProject {
    let sent = sent.clone();
    UpdateProject {
        project_name: sent.project_name,
        description: sent.description,
        service_role: sent.service_role,
        template_id: sent.template_id,
        project_max_dataset_count: sent.project_max_dataset_count,
        dataset_max_bind_count: sent.dataset_max_bind_count,
        dataset_max_file_count: sent.dataset_max_file_count,
        dataset_max_entity_count: sent.dataset_max_entity_count,
        dataset_max_relation_count: sent.dataset_max_relation_count,
        dataset_max_total_file_size: sent.dataset_max_total_file_size,
        tag: sent.tag,
    }
}

/// Whether a project has everything that an update gives.
#[must_use]
pub fn shows(project: &Project, update: &UpdateProject) -> bool {
    let text = |is: &Option<String>, given: &Option<String>| {
        given.is_none() || same_text(is.as_deref(), given.as_deref())
    };
    let number = |is: Option<i64>, given: Option<i64>| given.is_none() || is == given;
    let tags = update.tag.as_ref().is_none_or(|given| {
        let are = project.tags.iter().flatten();
        let mut are: Vec<Tag> = are
            .map(|tag| Tag::new(&tag.tag_key, &tag.tag_value))
            .collect();
        let mut given = given.clone();
        are.sort();
        given.sort();
        are == given
    });
    tags && text(&project.description, &update.description)
        && text(&project.service_role, &update.service_role)
        && text(&project.template_id, &update.template_id)
        && number(
            project.project_max_dataset_count,
            update.project_max_dataset_count,
        )
        && number(
            project.dataset_max_bind_count,
            update.dataset_max_bind_count,
        )
        && number(
            project.dataset_max_file_count,
            update.dataset_max_file_count,
        )
        && number(
            project.dataset_max_entity_count,
            update.dataset_max_entity_count,
        )
        && number(
            project.dataset_max_relation_count,
            update.dataset_max_relation_count,
        )
        && number(
            project.dataset_max_total_file_size,
            update.dataset_max_total_file_size,
        )
}

/// Changes what is given of a project and returns what the service answers, which need not be visible
/// to reads yet: see [`wait_for_update`].
///
/// # Errors
/// [`Error::is_not_found`] where there is none.
pub async fn update_project(
    client: &Client,
    region: Option<&str>,
    operation: &UpdateProject,
) -> Result<Project, Error> {
    Ok(client.send(region, operation).await?.project)
}

/// Waits until reads show an accepted update.
///
/// # Errors
/// [`super::Kind::Timeout`] where they do not within `pace`, usually [`VISIBLE`].
pub async fn wait_for_update(
    client: &Client,
    region: Option<&str>,
    update: &UpdateProject,
    pace: Pace,
) -> Result<Project, Error> {
    let name = update.project_name.as_str();
    let what = format!("reads of the project `{name}` show the accepted update");
    client
        .wait_until(&what, pace, || async move {
            let project = get_project(client, region, name).await?;
            Ok(shows(&project, update).then_some(project))
        })
        .await
}

/// Deletes a project; one that is not there is done.
///
/// # Errors
/// [`crate::api::ErrorKind::Conflict`] while there is something in it; see [`empty_project`].
pub async fn delete_project(
    client: &Client,
    region: Option<&str>,
    project_name: &str,
) -> Result<(), Error> {
    let operation = DeleteProject {
        project_name: project_name.to_owned(),
    };
    let deleted = settle(
        client,
        region,
        &operation,
        |_| (),
        || async move { gone(get_project(client, region, project_name).await) },
    );
    absent_is_done(deleted.await)
}

/// Removes everything from a project that keeps it from being deleted: triggers and batches (running
/// ones are stopped first), bindings, datasets, and attached buckets. The buckets' objects stay.
///
/// # Errors
/// That of the first removal that fails, for instance of a dataset that still holds files; what was
/// removed before stays so.
pub async fn empty_project(
    client: &Client,
    region: Option<&str>,
    project_name: &str,
) -> Result<(), Error> {
    match empty_existing(client, region, project_name).await {
        Err(error) if error.is_not_found() => Ok(()),
        other => other,
    }
}

async fn empty_existing(
    client: &Client,
    region: Option<&str>,
    project_name: &str,
) -> Result<(), Error> {
    let project = || project_name.to_owned();
    let list = ListTriggers {
        project_name: project(),
        ..ListTriggers::default()
    };
    for trigger in client.list(region, list).await? {
        remove_trigger(client, region, project_name, &trigger.id, trigger.state).await?;
    }
    let list = ListBatches {
        project_name: project(),
        ..ListBatches::default()
    };
    for batch in client.list(region, list).await? {
        remove_batch(client, region, project_name, &batch.id, batch.state).await?;
    }
    let list = ListDatasets {
        project_name: project(),
        ..ListDatasets::default()
    };
    for dataset in client.list(region, list).await? {
        let list = ListBindings {
            project_name: project(),
            dataset_name: Some(dataset.dataset_name.clone()),
            ..ListBindings::default()
        };
        for binding in client.list(region, list).await? {
            let operation = DeleteBinding {
                project_name: project(),
                dataset_name: dataset.dataset_name.clone(),
                uri: binding.uri,
            };
            client.remove(region, &operation).await?;
        }
        let operation = DeleteDataset {
            project_name: project(),
            dataset_name: dataset.dataset_name,
        };
        client.remove(region, &operation).await?;
    }
    let list = ListAttachedOSSBuckets {
        project_name: project(),
        ..ListAttachedOSSBuckets::default()
    };
    for bucket in client.list(region, list).await? {
        let operation = DetachOSSBucket {
            oss_bucket: bucket.oss_bucket,
        };
        client.remove(region, &operation).await?;
    }
    Ok(())
}

const RUNNING: &str = "Running";

async fn remove_trigger(
    client: &Client,
    region: Option<&str>,
    project_name: &str,
    id: &str,
    state: Option<String>,
) -> Result<(), Error> {
    if state.as_deref() == Some(RUNNING) {
        let operation = SuspendTrigger {
            project_name: project_name.to_owned(),
            id: id.to_owned(),
        };
        client.stop(region, &operation).await?;
        let get = &GetTrigger {
            project_name: project_name.to_owned(),
            id: id.to_owned(),
        };
        let what = format!("the trigger `{id}` has stopped");
        client
            .wait_until(&what, STOPPED, || async move {
                stopped(
                    client
                        .send(region, get)
                        .await
                        .map(|answer| answer.trigger.state),
                )
            })
            .await?;
    }
    let operation = DeleteTrigger {
        project_name: project_name.to_owned(),
        id: id.to_owned(),
    };
    client.remove(region, &operation).await
}

async fn remove_batch(
    client: &Client,
    region: Option<&str>,
    project_name: &str,
    id: &str,
    state: Option<String>,
) -> Result<(), Error> {
    if state.as_deref() == Some(RUNNING) {
        let operation = SuspendBatch {
            project_name: project_name.to_owned(),
            id: id.to_owned(),
        };
        client.stop(region, &operation).await?;
        let get = &GetBatch {
            project_name: project_name.to_owned(),
            id: id.to_owned(),
        };
        let what = format!("the batch `{id}` has stopped");
        client
            .wait_until(&what, STOPPED, || async move {
                stopped(
                    client
                        .send(region, get)
                        .await
                        .map(|answer| answer.batch.state),
                )
            })
            .await?;
    }
    let operation = DeleteBatch {
        project_name: project_name.to_owned(),
        id: id.to_owned(),
    };
    client.remove(region, &operation).await
}

/// Whether a trigger or a batch has stopped, or is not there any more.
fn stopped(state: Result<Option<String>, Error>) -> Result<Option<()>, Error> {
    match state {
        Ok(state) => Ok((state.as_deref() != Some(RUNNING)).then_some(())),
        Err(error) if error.is_not_found() => Ok(Some(())),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::shows;
    use crate::api::imm::{ListedTag, Project, Tag, UpdateProject};

    #[test]
    fn an_update_shows_when_everything_given_is_there() {
        let project = Project {
            project_name: "p".into(),
            service_role: Some("r".into()),
            dataset_max_bind_count: Some(3),
            tags: Some(vec![
                ListedTag::from(Tag::new("b", "2")),
                ListedTag::from(Tag::new("a", "1")),
            ]),
            ..Project::default()
        };
        let nothing = UpdateProject::default();
        assert!(shows(&project, &nothing));
        let all = UpdateProject {
            // Cleared, and so not in the answer.
            description: Some(String::new()),
            service_role: Some("r".into()),
            dataset_max_bind_count: Some(3),
            tag: Some(vec![Tag::new("a", "1"), Tag::new("b", "2")]),
            ..UpdateProject::default()
        };
        assert!(shows(&project, &all));
        for other in [
            UpdateProject {
                description: Some("d".into()),
                ..nothing.clone()
            },
            UpdateProject {
                service_role: Some("s".into()),
                ..nothing.clone()
            },
            UpdateProject {
                dataset_max_bind_count: Some(4),
                ..nothing.clone()
            },
            UpdateProject {
                dataset_max_file_count: Some(4),
                ..nothing.clone()
            },
            UpdateProject {
                tag: Some(vec![]),
                ..nothing.clone()
            },
        ] {
            assert!(!shows(&project, &other), "{other:?}");
        }
    }
}
