//! RAM's objects as resources and data sources see them: absent or there, and deleted for certain.

use std::time::Duration;

use crate::api::ram;
use crate::cloud::Error;
use crate::plugin::author::Outcome;
use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::value::Value;
use crate::provider::tags::{self, Change, MOST_TAGS, PlainTags, Tags};
use crate::provider::{Client, report};

/// How long an operation may take unless its resource says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Seconds that a session of a role may last where nothing is said.
pub const DEFAULT_SESSION_DURATION: i64 = 3600;

/// How often a deletion is tried again while what hangs on the object is going away in the same
/// run, and how long it waits in between.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(2);

/// What kind of object carries a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tagged {
    /// A role.
    Role,
    /// A custom policy.
    Policy,
}

impl Tagged {
    fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Policy => "policy",
        }
    }
}

const NO_ROLE: &[&str] = &["EntityNotExist.Role"];
const NO_POLICY: &[&str] = &["EntityNotExist.Policy"];

/// `None` where the service says with one of these codes that the object is not there.
fn found<T>(result: Result<T, Error>, absent: &[&str], verb: &str, what: &str) -> Outcome<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if report::is(&error, absent) => Ok(None),
        Err(error) => Err(report::failed(verb, what, &error)),
    }
}

/// A role; `None` where it does not exist.
///
/// # Errors
/// When it cannot be read, a lack of permission included.
pub async fn role(client: &Client, name: &str) -> Outcome<Option<ram::Role>> {
    let call = ram::GetRole {
        role_name: name.to_owned(),
    };
    let answer = client.cloud.send(None, &call).await;
    Ok(found(answer, NO_ROLE, "read the role", name)?.map(|answer| answer.role))
}

/// A policy with the document that is in effect; `None` where it does not exist.
///
/// # Errors
/// When it cannot be read.
pub async fn policy(
    client: &Client,
    name: &str,
    policy_type: &str,
) -> Outcome<Option<ram::PolicyWithDocument>> {
    let call = ram::GetPolicy {
        policy_name: name.to_owned(),
        policy_type: policy_type.to_owned(),
    };
    found(client.cloud.send(None, &call).await, NO_POLICY, "read the policy", name)
}

/// What is attached to a role; `None` where the role does not exist.
///
/// # Errors
/// When it cannot be read.
pub async fn policies_of_role(
    client: &Client,
    role: &str,
) -> Outcome<Option<Vec<ram::AttachedPolicy>>> {
    let call = ram::ListPoliciesForRole {
        role_name: role.to_owned(),
    };
    let answer = client.cloud.send(None, &call).await;
    let answer = found(answer, NO_ROLE, "list the policies of the role", role)?;
    Ok(answer.map(|answer| answer.policies))
}

/// All tags of one object.
///
/// # Errors
/// When they cannot be read.
pub async fn tags(client: &Client, kind: Tagged, name: &str) -> Outcome<PlainTags> {
    let call = ram::ListTagResources {
        resource_type: kind.word().to_owned(),
        resource_names: Some(vec![name.to_owned()]),
        ..ram::ListTagResources::default()
    };
    let listed = client.cloud.list(None, call).await.map_err(|error| {
        let what = format!("{} {name}", kind.word());
        report::failed("read the tags of the", &what, &error)
    })?;
    Ok(listed
        .into_iter()
        .filter(|tag| tag.resource_name.eq_ignore_ascii_case(name))
        .map(|tag| (tag.tag_key, tag.tag_value))
        .collect())
}

/// Makes the tags `after` of the tags `before`.
///
/// # Errors
/// When a call fails; part of the change may then have been made, which the next read shows.
pub async fn change_tags(
    client: &Client,
    kind: Tagged,
    name: &str,
    before: &Value<Tags>,
    after: &Value<Tags>,
) -> Outcome<()> {
    let change = Change::between(&tags::plain(before), &tags::plain(after));
    let what = format!("{} {name}", kind.word());
    for keys in change.remove.chunks(MOST_TAGS) {
        let call = ram::UntagResources {
            resource_type: kind.word().to_owned(),
            resource_names: vec![name.to_owned()],
            tag_keys: Some(keys.to_vec()),
            all: None,
        };
        if let Err(error) = client.cloud.send(None, &call).await {
            return Err(report::failed("take tags off the", &what, &error));
        }
    }
    let set = tags::as_list(&change.set).unwrap_or_default();
    for tags in set.chunks(MOST_TAGS) {
        let call = ram::TagResources {
            resource_type: kind.word().to_owned(),
            resource_names: vec![name.to_owned()],
            tag: tags.to_vec(),
        };
        if let Err(error) = client.cloud.send(None, &call).await {
            return Err(report::failed("tag the", &what, &error));
        }
    }
    Ok(())
}

/// Takes a policy off a role. An attachment that is gone already is a success; a missing policy is
/// one only where the role's own list agrees.
///
/// # Errors
/// When the policy may still be attached.
pub async fn detach_from_role(
    client: &Client,
    policy: &str,
    policy_type: &str,
    role: &str,
) -> Outcome<()> {
    let verb = "detach the policy";
    let what = format!("{policy} from the role {role}");
    let answer = client
        .cloud
        .detach_policy_from_role(policy, policy_type, role)
        .await;
    let error = match answer {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    if report::is(&error, &["EntityNotExist.Role.Policy", "EntityNotExist.Role"]) {
        return Ok(());
    }
    if report::is(&error, NO_POLICY) {
        let attached = policies_of_role(client, role).await?.unwrap_or_default();
        let still_there = attached.iter().any(|other| {
            other.policy_type == policy_type && other.policy_name.eq_ignore_ascii_case(policy)
        });
        if !still_there {
            return Ok(());
        }
    }
    Err(report::failed(verb, &what, &error))
}

/// Deletes a role; with `force` after everything is detached from it.
///
/// # Errors
/// When the role may still exist.
pub async fn delete_role(client: &Client, name: &str, force: bool) -> Outcome<()> {
    let mut attempt = 1;
    loop {
        if force {
            // Once more in each round: somebody may have attached another meanwhile.
            let Some(attached) = policies_of_role(client, name).await? else {
                return Ok(());
            };
            for policy in attached {
                detach_from_role(client, &policy.policy_name, &policy.policy_type, name).await?;
            }
        }
        let error = match client.cloud.delete_role(name).await {
            Ok(()) => return Ok(()),
            Err(error) if report::is(&error, NO_ROLE) => return Ok(()),
            Err(error) => error,
        };
        let in_use = report::is(
            &error,
            &["DeleteConflict.Role.Policy", "DeleteConflict.Policy.Role"],
        );
        if !in_use || attempt >= ATTEMPTS {
            return Err(if in_use {
                role_in_use(client, name, &error).await
            } else {
                report::failed("delete the role", name, &error)
            });
        }
        attempt += 1;
        client.host.sleep(PAUSE).await;
    }
}

async fn role_in_use(client: &Client, name: &str, error: &Error) -> Diagnostics {
    let attached: Vec<String> = match policies_of_role(client, name).await {
        Ok(attached) => attached
            .unwrap_or_default()
            .into_iter()
            .map(|policy| format!("{} ({})", policy.policy_name, policy.policy_type))
            .collect(),
        Err(_) => Vec::new(),
    };
    let what_hangs_on_it = if attached.is_empty() {
        "Policies are attached to it".to_owned()
    } else {
        format!("These policies are attached to it: {}", attached.join(", "))
    };
    report::hinted(
        "delete the role",
        name,
        error,
        &format!(
            "{what_hangs_on_it}. Destroy their attachments too (refer to the role in \
             `role_name = imm_service_role.<name>.role_name`, so that they go first), detach them, \
             or set `force = true` on an imm_service_role and apply that before the destroy."
        ),
    )
    .into()
}

/// Deletes a custom policy and its versions; with `force` after it is detached from everybody.
///
/// # Errors
/// When the policy may still exist.
pub async fn delete_policy(client: &Client, name: &str, force: bool) -> Outcome<()> {
    let mut attempt = 1;
    loop {
        if force && !detach_from_everybody(client, name).await? {
            return Ok(());
        }
        let error = match client.cloud.delete_policy(name, true).await {
            Ok(()) => return Ok(()),
            Err(error) if report::is(&error, NO_POLICY) => return Ok(()),
            Err(error) => error,
        };
        if report::is(&error, &["DeleteConflict.Policy.Version"]) && attempt < ATTEMPTS {
            // A version that was added while the others were deleted.
            delete_versions(client, name).await?;
            attempt += 1;
            continue;
        }
        let in_use = report::is(
            &error,
            &[
                "DeleteConflict.Policy.User",
                "DeleteConflict.Policy.Group",
                "DeleteConflict.Policy.Role",
                "DeleteConflict.Role.Policy",
            ],
        );
        if !in_use || attempt >= ATTEMPTS {
            return Err(if in_use {
                policy_in_use(client, name, &error).await
            } else {
                report::failed("delete the policy", name, &error)
            });
        }
        attempt += 1;
        client.host.sleep(PAUSE).await;
    }
}

/// Whom a custom policy is attached to; `None` where the policy does not exist.
async fn entities(client: &Client, name: &str) -> Outcome<Option<ram::PolicyEntities>> {
    let call = ram::ListEntitiesForPolicy {
        policy_name: name.to_owned(),
        policy_type: ram::CUSTOM.to_owned(),
    };
    let verb = "list whom the policy is attached to:";
    found(client.cloud.send(None, &call).await, NO_POLICY, verb, name)
}

/// Takes a custom policy off everybody; `false` where the policy does not exist.
async fn detach_from_everybody(client: &Client, name: &str) -> Outcome<bool> {
    let Some(entities) = entities(client, name).await? else {
        return Ok(false);
    };
    for role in entities.roles {
        detach_from_role(client, name, ram::CUSTOM, &role.role_name).await?;
    }
    for user in entities.users {
        let call = ram::DetachPolicyFromUser {
            policy_name: name.to_owned(),
            policy_type: ram::CUSTOM.to_owned(),
            user_name: user.user_name.clone(),
            ..ram::DetachPolicyFromUser::default()
        };
        let gone = &["EntityNotExist.User.Policy", "EntityNotExist.User"];
        let what = format!("{name} from the user {}", user.user_name);
        found(client.cloud.send(None, &call).await, gone, "detach the policy", &what)?;
    }
    for group in entities.groups {
        let call = ram::DetachPolicyFromGroup {
            policy_name: name.to_owned(),
            policy_type: ram::CUSTOM.to_owned(),
            group_name: group.group_name.clone(),
            ..ram::DetachPolicyFromGroup::default()
        };
        let gone = &["EntityNotExist.Group.Policy", "EntityNotExist.Group"];
        let what = format!("{name} from the group {}", group.group_name);
        found(client.cloud.send(None, &call).await, gone, "detach the policy", &what)?;
    }
    Ok(true)
}

/// Deletes every version of a custom policy but the default one.
async fn delete_versions(client: &Client, name: &str) -> Outcome<()> {
    let call = ram::ListPolicyVersions {
        policy_name: name.to_owned(),
        policy_type: ram::CUSTOM.to_owned(),
    };
    let verb = "list the versions of the policy";
    let Some(answer) = found(client.cloud.send(None, &call).await, NO_POLICY, verb, name)? else {
        return Ok(());
    };
    for version in answer.policy_versions {
        if version.is_default_version {
            continue;
        }
        let what = format!("{} of the policy {name}", version.version_id);
        let call = ram::DeletePolicyVersion {
            policy_name: name.to_owned(),
            version_id: version.version_id,
        };
        let gone = &["EntityNotExist.Policy.Version", "EntityNotExist.Policy"];
        found(client.cloud.send(None, &call).await, gone, "delete the version", &what)?;
    }
    Ok(())
}

async fn policy_in_use(client: &Client, name: &str, error: &Error) -> Diagnostics {
    let holders: Vec<String> = match entities(client, name).await {
        Ok(Some(entities)) => {
            let roles = entities.roles.iter().map(|r| format!("role {}", r.role_name));
            let users = entities.users.iter().map(|u| format!("user {}", u.user_name));
            let groups = entities.groups.iter().map(|g| format!("group {}", g.group_name));
            roles.chain(users).chain(groups).collect()
        }
        Ok(None) | Err(_) => Vec::new(),
    };
    let who = if holders.is_empty() {
        "It is attached to somebody".to_owned()
    } else {
        format!("It is attached to: {}", holders.join(", "))
    };
    report::hinted(
        "delete the policy",
        name,
        error,
        &format!(
            "{who}. Destroy the attachments too (refer to the policy in \
             `policy_name = imm_role_policy.<name>.policy_name`, so that they go first), detach \
             it, or set `force = true` and apply that before the destroy."
        ),
    )
    .into()
}
