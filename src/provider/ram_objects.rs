//! Roles and policies as resources and data sources see them: absent or there, and deleted for
//! certain.

use std::time::Duration;

use crate::api::ErrorKind;
use crate::api::ram::{AttachedPolicy, CUSTOM, Role};
use crate::cloud::{self, Error};
use crate::plugin::author::Outcome;
use crate::plugin::diagnostics::Diagnostics;
use crate::provider::{Client, report};

/// How long an operation may take unless its resource says otherwise.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Seconds that a session of a role may last where nothing is said.
pub(crate) const DEFAULT_SESSION_DURATION: i64 = 3600;

/// How often a deletion is tried while what hangs on the object is going away in the same run, and
/// how long it waits in between.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(2);

/// A role; `None` where it does not exist.
///
/// # Errors
/// When it cannot be read, a lack of permission included.
pub(crate) async fn role(client: &Client, name: &str) -> Outcome<Option<Role>> {
    let answer = cloud::ram::get_role(&client.cloud, name).await;
    report::found(answer, "read the role", name)
}

/// What is attached to a role; `None` where the role does not exist.
///
/// # Errors
/// When it cannot be read.
pub(crate) async fn policies_of_role(
    client: &Client,
    role: &str,
) -> Outcome<Option<Vec<AttachedPolicy>>> {
    let answer = cloud::ram::list_policies_for_role(&client.cloud, role).await;
    report::found(answer, "list the policies of the role", role)
}

/// Deletes a role; with `force` after everything is detached from it. A role that is gone is a
/// success.
///
/// # Errors
/// When the role may still exist.
pub(crate) async fn delete_role(client: &Client, name: &str, force: bool) -> Outcome<()> {
    let mut attempt = 1;
    loop {
        if force {
            // Once more in each round: somebody may have attached another meanwhile.
            cloud::ram::detach_all_policies(&client.cloud, name)
                .await
                .map_err(|error| report::failed("detach the policies of the role", name, &error))?;
        }
        let Err(error) = cloud::ram::delete_role(&client.cloud, name).await else {
            return Ok(());
        };
        if !error.is(ErrorKind::DeleteConflict) {
            return Err(report::failed("delete the role", name, &error));
        }
        if attempt >= ATTEMPTS {
            return Err(role_in_use(client, name, &error).await);
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

/// Deletes a custom policy and its versions; with `force` after it is detached from everybody. A
/// policy that is gone is a success.
///
/// # Errors
/// When the policy may still exist.
pub(crate) async fn delete_policy(client: &Client, name: &str, force: bool) -> Outcome<()> {
    let mut attempt = 1;
    loop {
        if force {
            cloud::ram::detach_policy_everywhere(&client.cloud, name)
                .await
                .map_err(|error| report::failed("detach the policy", name, &error))?;
        }
        let Err(error) = cloud::ram::delete_policy(&client.cloud, name).await else {
            return Ok(());
        };
        if !error.is(ErrorKind::DeleteConflict) {
            return Err(report::failed("delete the policy", name, &error));
        }
        if attempt >= ATTEMPTS {
            return Err(policy_in_use(client, name, &error).await);
        }
        attempt += 1;
        client.host.sleep(PAUSE).await;
    }
}

async fn policy_in_use(client: &Client, name: &str, error: &Error) -> Diagnostics {
    let entities = cloud::ram::list_entities_for_policy(&client.cloud, name, CUSTOM).await;
    let holders: Vec<String> = entities.map_or_else(
        |_| Vec::new(),
        |entities| {
            let roles = entities.roles.iter();
            let users = entities.users.iter();
            let groups = entities.groups.iter();
            roles
                .map(|role| format!("role {}", role.role_name))
                .chain(users.map(|user| format!("user {}", user.user_name)))
                .chain(groups.map(|group| format!("group {}", group.group_name)))
                .collect()
        },
    );
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
