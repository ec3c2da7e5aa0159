//! IMM 2020-09-30: projects, and what is inside of them. The region is the host's.

mod bindings;
mod buckets;
mod datasets;
mod ingestions;
mod projects;
mod service_role;

use crate::api::arn;

use super::clock;
use super::dispatch::Call;
use super::failure::{Failure, Result};
use super::names;

/// How long the sandbox takes for a step that the service does in the background.
const TICK: i64 = 2 * clock::SECOND;

/// The ranges of the quotas that projects and datasets share: parameter, default, greatest value.
const BINDINGS: Limit = Limit("DatasetMaxBindCount", 10, 10);
const FILES: Limit = Limit("DatasetMaxFileCount", 100_000_000, 100_000_000);
const ENTITIES: Limit = Limit("DatasetMaxEntityCount", 10_000_000_000, i64::MAX);
const RELATIONS: Limit = Limit("DatasetMaxRelationCount", 100_000_000_000, i64::MAX);
const TOTAL_SIZE: Limit = Limit("DatasetMaxTotalFileSize", 90_000_000_000_000_000, i64::MAX);

/// A quota argument: its parameter, its default, the greatest value. The least is 1.
#[derive(Debug, Clone, Copy)]
struct Limit(&'static str, i64, i64);

impl Limit {
    fn check(self, given: Option<i64>) -> Result<()> {
        if (1..=self.2).contains(&given.unwrap_or(1)) {
            return Ok(());
        }
        Err(Failure::new(
            400,
            "LimitExceededError",
            format!("Message: input quota exceed the max value. {}", self.0),
        ))
    }

    fn usual(self) -> i64 {
        self.1
    }
}

/// A parameter whose value is not one.
pub(crate) fn invalid(parameter: &str) -> Failure {
    Failure::new(
        400,
        format!("Invalid{parameter}"),
        format!("Specified parameter {parameter} is not valid."),
    )
}

fn not_found(what: &str) -> Failure {
    Failure::new(
        404,
        "ResourceNotFound",
        format!("The specified resource {what} is not found."),
    )
}

fn already_exists(what: &str) -> Failure {
    Failure::new(
        400,
        "ResourceAlreadyExists",
        format!("The specified resource {what} already exists."),
    )
}

fn too_many() -> Failure {
    Failure::new(
        400,
        "LimitExceededError",
        "Message: resource count exceeds the limit",
    )
}

fn conflict(why: &str) -> Failure {
    Failure::ours(400, "StatusConflict", format_args!("Message: {why}"))
}

/// A name of a project or dataset that is about to be given, or is looked up: the rule is the same.
fn check_name(parameter: &str, name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Failure::missing(parameter));
    }
    if !names::is_imm_name(name) {
        return Err(invalid(parameter));
    }
    Ok(())
}

fn check_text(parameter: &str, text: Option<&String>, longest: usize) -> Result<()> {
    if text.is_some_and(|text| text.chars().count() > longest) {
        return Err(invalid(parameter));
    }
    Ok(())
}

/// The name of a role, never its ARN.
fn check_role(name: &str) -> Result<()> {
    names::ROLE
        .sought("ServiceRole", name)
        .map_err(|_| invalid("ServiceRole"))
}

/// Bucket names of OSS: 3 to 63 lower-case letters, digits and `-`, which is neither first nor last.
fn is_bucket(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// The ARN of something in this region.
fn resource(call: &Call<'_>, id: &str) -> String {
    format!("acs:imm:{}:{}:{id}", call.region, call.account)
}

fn project_resource(call: &Call<'_>, project: &str) -> String {
    arn::project(call.region, call.account, project)
}

fn dataset_resource(call: &Call<'_>, project: &str, dataset: &str) -> String {
    resource(call, &format!("project/{project}/dataset/{dataset}"))
}

/// Empty texts are not in an answer.
fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
