//! From an action's name to the code that carries it out: the table of everything that is served, and
//! the steps that every action goes through.

use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;

use crate::api::{Operation, ParameterError, Params, Service, imm, ram, sts};
use crate::host::Host;
use crate::policy::evaluate::Context;

use super::authorize::{Caller, Question, authorize};
use super::clock;
use super::failure::{Failure, Result};

/// What an action needs to know beside its own parameters. Everything that it changes is in one
/// transaction, which is undone where it fails.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The database, inside the request's transaction.
    pub(crate) db: &'a Connection,
    /// Randomness.
    pub(crate) host: &'a Host,
    /// The time of the request, in nanoseconds since the epoch.
    pub(crate) now: i64,
    /// The account's number.
    pub(crate) account: &'a str,
    /// The region, for services that have one.
    pub(crate) region: &'a str,
    /// Who calls.
    pub(crate) caller: &'a Caller,
    /// The condition keys that every request carries.
    pub(crate) context: &'a Context,
    /// How much later reads show the effect.
    pub(crate) delay: Duration,
}

impl Call<'_> {
    /// The time from which reads show what this call makes; 0 is at once, whatever clocks do.
    pub(crate) fn visible(&self) -> i64 {
        match i64::try_from(self.delay.as_nanos()) {
            Ok(0) => 0,
            Ok(delay) => self.now.saturating_add(delay),
            Err(_) => i64::MAX,
        }
    }

    /// The time cut to whole seconds, as RAM writes it.
    pub(crate) fn second(&self) -> i64 {
        self.now - self.now.rem_euclid(clock::SECOND)
    }

    /// The condition keys of this call: what every request carries, and these.
    pub(crate) fn context_with(&self, own: &[(&'static str, Vec<String>)]) -> Context {
        let mut context = self.context.clone();
        for (key, values) in own {
            for value in values {
                context.add(key, value);
            }
        }
        context
    }

    /// Fresh randomness, or the sandbox's own failure.
    pub(crate) fn random<T>(&self, make: impl FnOnce(&Host) -> std::io::Result<T>) -> Result<T> {
        make(self.host).map_err(|error| {
            Failure::internal(format_args!("The system gave no randomness: {error}."))
        })
    }
}

/// An action that the sandbox carries out.
pub(crate) trait Action: Operation {
    /// Whether it is called without a signature.
    const ANONYMOUS: bool = false;
    /// Whether policies have no say in it.
    const FREE: bool = false;

    /// Checks the form of the parameters, without a look at what exists.
    fn check(&self, _call: &Call<'_>) -> Result<()> {
        Ok(())
    }

    /// The ARNs that it touches, as policies name them.
    fn resources(&self, call: &Call<'_>) -> Vec<String>;

    /// Condition keys of its own, with their values.
    fn context(&self, _call: &Call<'_>) -> Result<Vec<(&'static str, Vec<String>)>> {
        Ok(Vec::new())
    }

    /// Carries it out.
    fn run(self, call: &Call<'_>) -> Result<Self::Output>;
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// The service.
    pub(crate) service: Service,
    /// The action's name.
    pub(crate) action: &'static str,
    /// Whether it is called without a signature.
    pub(crate) anonymous: bool,
    /// All steps from parameters to the answer's fields.
    pub(crate) serve: fn(&Params, &Call<'_>) -> Result<Value>,
}

const fn entry<A: Action>() -> Entry {
    Entry {
        service: A::SERVICE,
        action: A::ACTION,
        anonymous: A::ANONYMOUS,
        serve: serve::<A>,
    }
}

fn serve<A: Action>(params: &Params, call: &Call<'_>) -> Result<Value> {
    let request = A::from_params(params).map_err(|error| match error {
        ParameterError::Missing(name) => Failure::missing(name),
        ParameterError::Malformed(name) => malformed(A::SERVICE, name),
    })?;
    request.check(call)?;
    if !A::FREE {
        authorize(
            call,
            &Question {
                service: A::SERVICE,
                action: &format!("{}:{}", A::SERVICE.code(), A::ACTION),
                resources: &request.resources(call),
                context: &request.context(call)?,
            },
        )?;
    }
    let output = request.run(call)?;
    serde_json::to_value(output)
        .map_err(|error| Failure::internal(format_args!("The answer has no JSON form: {error}.")))
}

fn malformed(service: Service, name: &str) -> Failure {
    match service {
        Service::Imm => super::imm::invalid(name),
        Service::Ram | Service::Sts => Failure::ours(
            400,
            format!("InvalidParameter.{name}"),
            format_args!("The parameter {name} does not have the form of its type."),
        ),
    }
}

/// Everything that is served, by service and name.
const TABLE: &[Entry] = &[
    entry::<ram::AddUserToGroup>(),
    entry::<ram::AttachPolicyToGroup>(),
    entry::<ram::AttachPolicyToRole>(),
    entry::<ram::AttachPolicyToUser>(),
    entry::<ram::CreateAccessKey>(),
    entry::<ram::CreateGroup>(),
    entry::<ram::CreatePolicy>(),
    entry::<ram::CreatePolicyVersion>(),
    entry::<ram::CreateRole>(),
    entry::<ram::CreateUser>(),
    entry::<ram::DeleteAccessKey>(),
    entry::<ram::DeleteGroup>(),
    entry::<ram::DeleteLoginProfile>(),
    entry::<ram::DeletePolicy>(),
    entry::<ram::DeletePolicyVersion>(),
    entry::<ram::DeleteRole>(),
    entry::<ram::DeleteUser>(),
    entry::<ram::DetachPolicyFromGroup>(),
    entry::<ram::DetachPolicyFromRole>(),
    entry::<ram::DetachPolicyFromUser>(),
    entry::<ram::GetGroup>(),
    entry::<ram::GetLoginProfile>(),
    entry::<ram::GetPolicy>(),
    entry::<ram::GetPolicyVersion>(),
    entry::<ram::GetRole>(),
    entry::<ram::GetUser>(),
    entry::<ram::ListAccessKeys>(),
    entry::<ram::ListEntitiesForPolicy>(),
    entry::<ram::ListGroups>(),
    entry::<ram::ListGroupsForUser>(),
    entry::<ram::ListPolicies>(),
    entry::<ram::ListPoliciesForGroup>(),
    entry::<ram::ListPoliciesForRole>(),
    entry::<ram::ListPoliciesForUser>(),
    entry::<ram::ListPolicyVersions>(),
    entry::<ram::ListRoles>(),
    entry::<ram::ListTagResources>(),
    entry::<ram::ListUsers>(),
    entry::<ram::ListUsersForGroup>(),
    entry::<ram::RemoveUserFromGroup>(),
    entry::<ram::SetDefaultPolicyVersion>(),
    entry::<ram::TagResources>(),
    entry::<ram::UnbindMFADevice>(),
    entry::<ram::UntagResources>(),
    entry::<ram::UpdateAccessKey>(),
    entry::<ram::UpdateGroup>(),
    entry::<ram::UpdatePolicyDescription>(),
    entry::<ram::UpdateRole>(),
    entry::<ram::UpdateUser>(),
    entry::<sts::AssumeRole>(),
    entry::<sts::AssumeRoleWithOIDC>(),
    entry::<sts::GetCallerIdentity>(),
    entry::<imm::AttachOSSBucket>(),
    entry::<imm::CreateBatch>(),
    entry::<imm::CreateBinding>(),
    entry::<imm::CreateDataset>(),
    entry::<imm::CreateProject>(),
    entry::<imm::CreateTrigger>(),
    entry::<imm::DeleteBatch>(),
    entry::<imm::DeleteBinding>(),
    entry::<imm::DeleteDataset>(),
    entry::<imm::DeleteProject>(),
    entry::<imm::DeleteTrigger>(),
    entry::<imm::DetachOSSBucket>(),
    entry::<imm::GetBatch>(),
    entry::<imm::GetBinding>(),
    entry::<imm::GetDataset>(),
    entry::<imm::GetOSSBucketAttachment>(),
    entry::<imm::GetProject>(),
    entry::<imm::GetTrigger>(),
    entry::<imm::ListAttachedOSSBuckets>(),
    entry::<imm::ListBatches>(),
    entry::<imm::ListBindings>(),
    entry::<imm::ListDatasets>(),
    entry::<imm::ListProjects>(),
    entry::<imm::ListTriggers>(),
    entry::<imm::ResumeBatch>(),
    entry::<imm::ResumeTrigger>(),
    entry::<imm::SuspendBatch>(),
    entry::<imm::SuspendTrigger>(),
    entry::<imm::UpdateProject>(),
];

/// The row of an action of a version.
pub(crate) fn find(version: &str, action: &str) -> Option<&'static Entry> {
    TABLE
        .iter()
        .find(|entry| entry.action == action && entry.service.version() == version)
}

/// Whether some service has an action of this name.
pub(crate) fn exists(action: &str) -> bool {
    TABLE.iter().any(|entry| entry.action == action)
}

/// Every action that is served, with its service: what a test of all of them has to cover.
pub fn actions() -> impl Iterator<Item = (Service, &'static str)> {
    TABLE.iter().map(|entry| (entry.service, entry.action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_has_no_doubles() {
        let keys: Vec<_> = actions().collect();
        assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
        assert!(find("2015-05-01", "CreateRole").is_some());
        assert!(find("2015-04-01", "CreateRole").is_none());
    }
}
