//! RAM calls that come out right also where an answer is lost.
//!
//! A creation that is refused with "already exists" after a lost answer is a success where the object
//! is the one that was sent and was made since the call began; otherwise the refusal stands. A
//! deletion of what is not there is done. An update of a policy never makes two versions.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::client::Client;
use super::error::Error;
use super::settle::{Look, settle};
use crate::api::ErrorKind;
use crate::api::ram::{
    AttachPolicyToRole, AttachedPolicy, CUSTOM, CreatePolicy, CreatePolicyVersion, CreateRole,
    DeletePolicy, DeletePolicyVersion, DeleteRole, DetachPolicyFromGroup, DetachPolicyFromRole,
    DetachPolicyFromUser, GetPolicy, GetRole, ListEntitiesForPolicy, ListPoliciesForRole,
    ListPolicyVersions, ListTagResources, Policy, PolicyEntities, PolicyVersion,
    PolicyWithDocument, Role, SetDefaultPolicyVersion, Tag, TagResources, UntagResources,
    UpdatePolicyDescription, UpdateRole,
};
use crate::api::signature::parse_time;

/// The `ResourceType` of roles in tag calls.
pub const ROLE: &str = "role";

/// The `ResourceType` of policies in tag calls.
pub const POLICY: &str = "policy";

/// How far the service's clock and ours may differ: it accepts no signature beyond.
const CLOCK_SKEW: Duration = Duration::from_secs(15 * 60);

/// Tags in one request.
const TAGS_A_REQUEST: usize = 20;

/// One role with its trust policy, without its tags.
///
/// # Errors
/// [`Error::is_not_found`] where there is none.
pub async fn get_role(client: &Client, role_name: &str) -> Result<Role, Error> {
    let operation = GetRole {
        role_name: role_name.to_owned(),
    };
    Ok(client.send(None, &operation).await?.role)
}

/// Creates a role.
///
/// # Errors
/// [`Error::is_already_exists`] where there was one before.
pub async fn create_role(client: &Client, operation: &CreateRole) -> Result<Role, Error> {
    let begin = client.host().now();
    settle(
        client,
        None,
        operation,
        |answer| answer.role,
        || async move {
            match get_role(client, &operation.role_name).await {
                Ok(role) if is_sent_role(&role, operation, begin) => Ok(Look::Done(role)),
                Ok(_) => Ok(Look::NotDone),
                Err(error) if error.is_not_found() => Ok(Look::NotDone),
                Err(error) => Err(error),
            }
        },
    )
    .await
}

fn is_sent_role(role: &Role, sent: &CreateRole, begin: SystemTime) -> bool {
    let document = role.assume_role_policy_document.as_deref();
    made_since(role.create_date.as_deref(), begin)
        && same_text(role.description.as_deref(), sent.description.as_deref())
        && same_json(document, &sent.assume_role_policy_document)
        && sent
            .max_session_duration
            .is_none_or(|sent| role.max_session_duration == Some(sent))
}

/// Changes what is given of a role.
///
/// # Errors
/// [`Error::is_not_found`] where there is none.
pub async fn update_role(client: &Client, operation: &UpdateRole) -> Result<Role, Error> {
    Ok(client.send(None, operation).await?.role)
}

/// Deletes a role; one that is not there is done.
///
/// # Errors
/// [`ErrorKind::DeleteConflict`] while a policy is attached.
pub async fn delete_role(client: &Client, role_name: &str) -> Result<(), Error> {
    let operation = DeleteRole {
        role_name: role_name.to_owned(),
    };
    let deleted = settle(
        client,
        None,
        &operation,
        |_| (),
        || async move { gone(get_role(client, role_name).await) },
    );
    absent_is_done(deleted.await)
}

/// The policies attached to a role.
///
/// # Errors
/// [`Error::is_not_found`] where there is no such role.
pub async fn list_policies_for_role(
    client: &Client,
    role_name: &str,
) -> Result<Vec<AttachedPolicy>, Error> {
    let operation = ListPoliciesForRole {
        role_name: role_name.to_owned(),
    };
    Ok(client.send(None, &operation).await?.policies)
}

/// Whether a policy is attached to a role; without regard to the case of the name, as the service
/// resolves it.
fn attached<'a>(
    policies: &'a [AttachedPolicy],
    policy_name: &str,
    policy_type: &str,
) -> Option<&'a AttachedPolicy> {
    policies.iter().find(|policy| {
        policy.policy_type == policy_type && policy.policy_name.eq_ignore_ascii_case(policy_name)
    })
}

/// Attaches a policy to a role.
///
/// # Errors
/// [`Error::is_already_exists`] where it was attached before.
pub async fn attach_policy_to_role(
    client: &Client,
    operation: &AttachPolicyToRole,
) -> Result<(), Error> {
    let begin = client.host().now();
    settle(
        client,
        None,
        operation,
        |_| (),
        || async move {
            let policies = list_policies_for_role(client, &operation.role_name).await?;
            let found = attached(&policies, &operation.policy_name, &operation.policy_type);
            let ours = found.is_some_and(|found| made_since(found.attach_date.as_deref(), begin));
            Ok(if ours { Look::Done(()) } else { Look::NotDone })
        },
    )
    .await
}

/// Detaches a policy from a role; one that is not attached is done.
///
/// # Errors
/// Where the policy is not found though it is attached, which is a wrong policy type.
pub async fn detach_policy_from_role(
    client: &Client,
    operation: &DetachPolicyFromRole,
) -> Result<(), Error> {
    let is_gone = || async move {
        let policies = match list_policies_for_role(client, &operation.role_name).await {
            Err(error) if error.is_not_found() => return Ok(true),
            policies => policies?,
        };
        Ok(attached(&policies, &operation.policy_name, &operation.policy_type).is_none())
    };
    let detached = settle(
        client,
        None,
        operation,
        |_| (),
        || async move {
            let gone: Result<bool, Error> = is_gone().await;
            gone.map(|gone| if gone { Look::Done(()) } else { Look::NotDone })
        },
    )
    .await;
    match detached {
        // Role and attachment are gone, or only the policy is, under this name and type.
        Err(error) if error.code() == "EntityNotExist.Policy" => match is_gone().await {
            Ok(true) => Ok(()),
            _ => Err(error),
        },
        other => absent_is_done(other),
    }
}

/// One policy with the document of its default version.
///
/// # Errors
/// [`Error::is_not_found`] where there is none of this name and type.
pub async fn get_policy(
    client: &Client,
    policy_name: &str,
    policy_type: &str,
) -> Result<PolicyWithDocument, Error> {
    let operation = GetPolicy {
        policy_name: policy_name.to_owned(),
        policy_type: policy_type.to_owned(),
    };
    client.send(None, &operation).await
}

/// Creates a custom policy.
///
/// # Errors
/// [`Error::is_already_exists`] where there was one before.
pub async fn create_policy(client: &Client, operation: &CreatePolicy) -> Result<Policy, Error> {
    let begin = client.host().now();
    settle(
        client,
        None,
        operation,
        |answer| answer.policy,
        || async move {
            match get_policy(client, &operation.policy_name, CUSTOM).await {
                Ok(found) if is_sent_policy(&found, operation, begin) => {
                    Ok(Look::Done(found.policy))
                }
                Ok(_) => Ok(Look::NotDone),
                Err(error) if error.is_not_found() => Ok(Look::NotDone),
                Err(error) => Err(error),
            }
        },
    )
    .await
}

fn is_sent_policy(found: &PolicyWithDocument, sent: &CreatePolicy, begin: SystemTime) -> bool {
    let document = found.default_policy_version.policy_document.as_deref();
    made_since(found.policy.create_date.as_deref(), begin)
        && same_text(
            found.policy.description.as_deref(),
            sent.description.as_deref(),
        )
        && same_json(document, &sent.policy_document)
}

/// Changes the description of a custom policy; an empty one clears it.
///
/// # Errors
/// [`Error::is_not_found`] where there is none.
pub async fn update_policy_description(
    client: &Client,
    policy_name: &str,
    description: &str,
) -> Result<Policy, Error> {
    let operation = UpdatePolicyDescription {
        policy_name: policy_name.to_owned(),
        new_description: description.to_owned(),
    };
    Ok(client.send(None, &operation).await?.policy)
}

/// The versions of a custom policy, with their documents.
///
/// # Errors
/// [`Error::is_not_found`] where there is no such policy.
pub async fn list_policy_versions(
    client: &Client,
    policy_name: &str,
) -> Result<Vec<PolicyVersion>, Error> {
    let operation = ListPolicyVersions {
        policy_name: policy_name.to_owned(),
        policy_type: CUSTOM.to_owned(),
    };
    Ok(client.send(None, &operation).await?.policy_versions)
}

/// Adds a version to a custom policy, once.
///
/// The versions are listed before, so that after a lost answer a new one with the document that was
/// sent is known for this call's own. A caller who may not list them is not stopped; then a lost
/// answer is the error.
///
/// # Errors
/// [`ErrorKind::Quota`] where there are five versions and none is rotated out.
pub async fn create_policy_version(
    client: &Client,
    operation: &CreatePolicyVersion,
) -> Result<PolicyVersion, Error> {
    let name = operation.policy_name.as_str();
    let before = match list_policy_versions(client, name).await {
        Ok(versions) => Some(versions),
        Err(error) if error.is(ErrorKind::Denied) => None,
        Err(error) => return Err(error),
    };
    let before = before.as_deref();
    settle(
        client,
        None,
        operation,
        |answer| answer.policy_version,
        || async move {
            let after = list_policy_versions(client, name).await?;
            // Not allowed before and allowed now: nothing is certain, and nothing is repeated.
            let Some(before) = before else {
                return Err(Error::new(
                    ErrorKind::Denied,
                    "the versions before the call are not known",
                ));
            };
            let new = after.into_iter().find(|version| {
                let document = version.policy_document.as_deref();
                before
                    .iter()
                    .all(|old| old.version_id != version.version_id)
                    && same_json(document, &operation.policy_document)
            });
            let Some(mut new) = new else {
                return Ok(Look::NotDone);
            };
            if operation.set_as_default == Some(true) && !new.is_default_version {
                set_default_policy_version(client, name, &new.version_id).await?;
                new.is_default_version = true;
            }
            Ok(Look::Done(new))
        },
    )
    .await
}

/// Makes a version of a custom policy its default.
///
/// # Errors
/// [`Error::is_not_found`] where there is no such version.
pub async fn set_default_policy_version(
    client: &Client,
    policy_name: &str,
    version_id: &str,
) -> Result<(), Error> {
    let operation = SetDefaultPolicyVersion {
        policy_name: policy_name.to_owned(),
        version_id: version_id.to_owned(),
    };
    client.send(None, &operation).await?;
    Ok(())
}

/// Deletes a version of a custom policy that is not the default; one that is not there is done.
///
/// # Errors
/// [`ErrorKind::DeleteConflict`] where it is the default.
pub async fn delete_policy_version(
    client: &Client,
    policy_name: &str,
    version_id: &str,
) -> Result<(), Error> {
    let operation = DeletePolicyVersion {
        policy_name: policy_name.to_owned(),
        version_id: version_id.to_owned(),
    };
    let deleted = settle(
        client,
        None,
        &operation,
        |_| (),
        || async move {
            match list_policy_versions(client, policy_name).await {
                Ok(versions) if versions.iter().any(|v| v.version_id == version_id) => {
                    Ok(Look::NotDone)
                }
                Ok(_) => Ok(Look::Done(())),
                Err(error) if error.is_not_found() => Ok(Look::Done(())),
                Err(error) => Err(error),
            }
        },
    );
    absent_is_done(deleted.await)
}

/// Deletes a custom policy with all its versions; one that is not there is done.
///
/// # Errors
/// [`ErrorKind::DeleteConflict`] while it is attached to anything.
pub async fn delete_policy(client: &Client, policy_name: &str) -> Result<(), Error> {
    let operation = DeletePolicy {
        policy_name: policy_name.to_owned(),
        cascading_delete: Some(true),
    };
    let deleted = settle(
        client,
        None,
        &operation,
        |_| (),
        || async move { gone(get_policy(client, policy_name, CUSTOM).await) },
    );
    absent_is_done(deleted.await)
}

/// Everything a policy is attached to.
///
/// # Errors
/// [`Error::is_not_found`] where there is no such policy.
pub async fn list_entities_for_policy(
    client: &Client,
    policy_name: &str,
    policy_type: &str,
) -> Result<PolicyEntities, Error> {
    let operation = ListEntitiesForPolicy {
        policy_name: policy_name.to_owned(),
        policy_type: policy_type.to_owned(),
    };
    client.send(None, &operation).await
}

/// Detaches every policy from a role.
///
/// # Errors
/// That of the first detachment that fails; what was detached before stays so.
pub async fn detach_all_policies(client: &Client, role_name: &str) -> Result<(), Error> {
    let policies = match list_policies_for_role(client, role_name).await {
        Err(error) if error.is_not_found() => return Ok(()),
        policies => policies?,
    };
    for policy in policies {
        let operation = DetachPolicyFromRole {
            policy_name: policy.policy_name,
            policy_type: policy.policy_type,
            role_name: role_name.to_owned(),
            resource_group_id: None,
        };
        detach_policy_from_role(client, &operation).await?;
    }
    Ok(())
}

/// Detaches a custom policy from every user, group and role.
///
/// # Errors
/// That of the first detachment that fails; what was detached before stays so.
pub async fn detach_policy_everywhere(client: &Client, policy_name: &str) -> Result<(), Error> {
    let entities = match list_entities_for_policy(client, policy_name, CUSTOM).await {
        Err(error) if error.is_not_found() => return Ok(()),
        entities => entities?,
    };
    for role in entities.roles {
        let operation = DetachPolicyFromRole {
            policy_name: policy_name.to_owned(),
            policy_type: CUSTOM.to_owned(),
            role_name: role.role_name,
            resource_group_id: None,
        };
        detach_policy_from_role(client, &operation).await?;
    }
    // A second detachment finds nothing to detach, so these two are simply repeated.
    for user in entities.users {
        let operation = DetachPolicyFromUser {
            policy_name: policy_name.to_owned(),
            policy_type: CUSTOM.to_owned(),
            user_name: user.user_name,
            resource_group_id: None,
        };
        client.remove(None, &operation).await?;
    }
    for group in entities.groups {
        let operation = DetachPolicyFromGroup {
            policy_name: policy_name.to_owned(),
            policy_type: CUSTOM.to_owned(),
            group_name: group.group_name,
            resource_group_id: None,
        };
        client.remove(None, &operation).await?;
    }
    Ok(())
}

/// The tags of a role or a policy ([`ROLE`], [`POLICY`]).
///
/// # Errors
/// As the service says where there is no such object.
pub async fn tags(
    client: &Client,
    resource_type: &str,
    name: &str,
) -> Result<BTreeMap<String, String>, Error> {
    let operation = ListTagResources {
        resource_type: resource_type.to_owned(),
        resource_names: Some(vec![name.to_owned()]),
        ..ListTagResources::default()
    };
    let tags = client.list(None, operation).await?;
    Ok(tags
        .into_iter()
        .map(|tag| (tag.tag_key, tag.tag_value))
        .collect())
}

/// Makes the tags of a role or a policy what is wanted, given what they are.
///
/// # Errors
/// That of the first request that fails; the others before it hold.
pub async fn change_tags(
    client: &Client,
    resource_type: &str,
    name: &str,
    are: &BTreeMap<String, String>,
    wanted: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let surplus: Vec<String> = are
        .keys()
        .filter(|key| !wanted.contains_key(*key))
        .cloned()
        .collect();
    for keys in surplus.chunks(TAGS_A_REQUEST) {
        let operation = UntagResources {
            resource_type: resource_type.to_owned(),
            resource_names: vec![name.to_owned()],
            tag_keys: Some(keys.to_vec()),
            all: None,
        };
        client.send(None, &operation).await?;
    }
    let missing: Vec<Tag> = wanted
        .iter()
        .filter(|(key, value)| are.get(*key) != Some(value))
        .map(|(key, value)| Tag::new(key, value))
        .collect();
    for tags in missing.chunks(TAGS_A_REQUEST) {
        let operation = TagResources {
            resource_type: resource_type.to_owned(),
            resource_names: vec![name.to_owned()],
            tag: tags.to_vec(),
        };
        client.send(None, &operation).await?;
    }
    Ok(())
}

/// "Not found" is what a deletion is for.
pub(super) fn absent_is_done(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.is_not_found() => Ok(()),
        other => other,
    }
}

/// What a read says about a deletion whose answer was lost.
pub(super) fn gone<T>(read: Result<T, Error>) -> Result<Look<()>, Error> {
    match read {
        Ok(_) => Ok(Look::NotDone),
        Err(error) if error.is_not_found() => Ok(Look::Done(())),
        Err(error) => Err(error),
    }
}

/// Whether an object is no older than a call, as far as two clocks can tell. An object without a date
/// counts as young: the rest of the comparison decides.
pub(super) fn made_since(date: Option<&str>, begin: SystemTime) -> bool {
    date.and_then(parse_time)
        .is_none_or(|date| date + CLOCK_SKEW >= begin)
}

/// An absent text and an empty one are the same.
pub(super) fn same_text(a: Option<&str>, b: Option<&str>) -> bool {
    a.unwrap_or_default() == b.unwrap_or_default()
}

/// The same text or the same JSON value; services may write a document anew.
fn same_json(a: Option<&str>, b: &str) -> bool {
    let Some(a) = a else { return false };
    let parse = |text| serde_json::from_str::<Value>(text).ok();
    a == b || parse(a).is_some_and(|value| parse(b) == Some(value))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{made_since, same_json, same_text};

    #[test]
    fn documents_are_compared_by_value() {
        assert!(same_json(
            Some("{\"a\":1,\"b\":2}"),
            "{ \"b\": 2, \"a\": 1 }"
        ));
        assert!(!same_json(Some("{\"a\":1}"), "{\"a\":2}"));
        assert!(same_json(Some("not json"), "not json"));
        assert!(!same_json(None, "{}"));
        assert!(!same_json(Some("x"), "y"));
    }

    #[test]
    fn older_objects_are_not_ours() {
        let begin = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400);
        assert!(made_since(Some("1970-01-02T00:00:05Z"), begin));
        assert!(made_since(Some("1970-01-01T23:50:00Z"), begin));
        assert!(!made_since(Some("1970-01-01T23:40:00Z"), begin));
        assert!(made_since(None, begin));
    }

    #[test]
    fn an_absent_text_is_an_empty_one() {
        assert!(same_text(None, Some("")));
        assert!(!same_text(None, Some("x")));
    }
}
