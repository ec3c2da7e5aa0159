//! Roles and what is attached to them.

use serde::{Deserialize, Serialize};

use super::{AttachedPolicy, Empty, ListedTag, Tag};
use crate::api::nested;
use crate::api::operation::operations;

operations! {
    Ram;

    /// Creates a role. Repeated: `EntityAlreadyExists.Role`, whatever the content.
    Write CreateRole -> RoleAnswer {
        role_name: String = "RoleName",
        /// The trust policy, JSON.
        assume_role_policy_document: String = "AssumeRolePolicyDocument",
        description: Option<String> = "Description",
        /// Seconds, 3600 to 43200; 3600 where not given.
        max_session_duration: Option<i64> = "MaxSessionDuration",
        allow_console_login: Option<bool> = "AllowConsoleLogin",
        tag: Option<Vec<Tag>> = "Tag",
    }

    /// One role with its trust policy and without its tags.
    Read GetRole -> RoleAnswer {
        role_name: String = "RoleName",
    }

    /// Changes what is given and keeps the rest.
    IdempotentWrite UpdateRole -> RoleAnswer {
        role_name: String = "RoleName",
        new_assume_role_policy_document: Option<String> = "NewAssumeRolePolicyDocument",
        /// An empty text clears it.
        new_description: Option<String> = "NewDescription",
        /// Seconds.
        new_max_session_duration: Option<i64> = "NewMaxSessionDuration",
        new_allow_console_login: Option<bool> = "NewAllowConsoleLogin",
    }

    /// Deletes a role that has no policy attached.
    Write DeleteRole -> Empty {
        role_name: String = "RoleName",
    }

    /// Roles with their tags and without their trust policies.
    Read ListRoles -> RolePage {
        marker: Option<String> = "Marker",
        /// 1 to 1000; 100 where not given.
        max_items: Option<i64> = "MaxItems",
        /// Only roles that carry these tags.
        tag: Option<Vec<Tag>> = "Tag",
    }

    /// Attaches a policy. Repeated: `EntityAlreadyExists.Role.Policy`.
    Write AttachPolicyToRole -> Empty {
        policy_name: String = "PolicyName",
        /// `Custom` or `System`.
        policy_type: String = "PolicyType",
        role_name: String = "RoleName",
        resource_group_id: Option<String> = "ResourceGroupId",
    }

    /// Detaches a policy. Not attached: `EntityNotExist.Role.Policy`.
    Write DetachPolicyFromRole -> Empty {
        policy_name: String = "PolicyName",
        /// `Custom` or `System`.
        policy_type: String = "PolicyType",
        role_name: String = "RoleName",
        resource_group_id: Option<String> = "ResourceGroupId",
    }

    /// All policies of one role, in one answer.
    Read ListPoliciesForRole -> AttachedPolicies {
        role_name: String = "RoleName",
    }
}

/// The answer that holds one role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RoleAnswer {
    /// `Role`.
    pub role: Role,
}

/// A role, as far as an action shows it: `CreateRole` has no update date, `GetRole` no tags,
/// `ListRoles` no trust policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Role {
    /// `RoleId`, digits.
    pub role_id: String,
    /// `RoleName`, in the case it was created with.
    pub role_name: String,
    /// `Arn`, with the role name in lower case.
    pub arn: String,
    /// `Description`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `AssumeRolePolicyDocument`, JSON text, not necessarily as it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assume_role_policy_document: Option<String>,
    /// `CreateDate`, UTC, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
    /// `UpdateDate`, UTC, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_date: Option<String>,
    /// `MaxSessionDuration`, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_session_duration: Option<i64>,
    /// `AllowConsoleLogin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_console_login: Option<bool>,
    /// `IsServiceLinkedRole`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_service_linked_role: Option<bool>,
    /// `LatestDeletionTask`, of a service-linked role only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_deletion_task: Option<DeletionTask>,
    /// `RolePrincipalName`, the name with the account's domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_principal_name: Option<String>,
    /// `Tags.Tag[]`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "nested::tag")]
    pub tags: Option<Vec<ListedTag>>,
}

/// The last attempt to delete a service-linked role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeletionTask {
    /// `CreateDate`.
    pub create_date: String,
    /// `DeletionTaskId`.
    pub deletion_task_id: String,
}

/// One page of roles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RolePage {
    /// `IsTruncated`: more follow.
    #[serde(default)]
    pub is_truncated: bool,
    /// `Marker` of the next page, only where more follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// `Roles.Role[]`.
    #[serde(default, with = "nested::role")]
    pub roles: Vec<Role>,
}

/// What is attached to a role, a user or a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedPolicies {
    /// `Policies.Policy[]`.
    #[serde(default, with = "nested::policy")]
    pub policies: Vec<AttachedPolicy>,
}
