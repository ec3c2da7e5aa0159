//! Policies, their versions, and who they are attached to.

use serde::{Deserialize, Serialize};

use super::{Empty, ListedTag, Tag};
use crate::api::nested;
use crate::api::operation::operations;

/// The `RotateStrategy` that makes room by deleting the oldest version that is not the default.
pub const ROTATE: &str = "DeleteOldestNonDefaultVersionWhenLimitExceeded";

operations! {
    Ram;

    /// Creates a custom policy with `v1` as its default version.
    Write CreatePolicy -> PolicyAnswer {
        policy_name: String = "PolicyName",
        /// JSON.
        policy_document: String = "PolicyDocument",
        description: Option<String> = "Description",
        tag: Option<Vec<Tag>> = "Tag",
    }

    /// One policy and its default version.
    Read GetPolicy -> PolicyWithDocument {
        policy_name: String = "PolicyName",
        /// `Custom` or `System`.
        policy_type: String = "PolicyType",
    }

    /// Changes the description of a custom policy.
    IdempotentWrite UpdatePolicyDescription -> PolicyAnswer {
        policy_name: String = "PolicyName",
        /// An empty text clears it.
        new_description: String = "NewDescription",
    }

    /// Deletes a custom policy that is attached to nothing.
    Write DeletePolicy -> Empty {
        policy_name: String = "PolicyName",
        /// With all its versions; detaches nothing.
        cascading_delete: Option<bool> = "CascadingDelete",
    }

    /// Policies with their tags and without their documents.
    Read ListPolicies -> PolicyPage {
        /// Both types where not given.
        policy_type: Option<String> = "PolicyType",
        marker: Option<String> = "Marker",
        /// 1 to 1000; 100 where not given.
        max_items: Option<i64> = "MaxItems",
        /// Only policies that carry these tags.
        tag: Option<Vec<Tag>> = "Tag",
    }

    /// Adds a version. Every call adds one, also with a document that is already there.
    Write CreatePolicyVersion -> PolicyVersionAnswer {
        policy_name: String = "PolicyName",
        policy_document: String = "PolicyDocument",
        /// `false` where not given.
        set_as_default: Option<bool> = "SetAsDefault",
        /// `None` or [`ROTATE`].
        rotate_strategy: Option<String> = "RotateStrategy",
    }

    /// One version with its document.
    Read GetPolicyVersion -> PolicyVersionAnswer {
        policy_name: String = "PolicyName",
        policy_type: String = "PolicyType",
        /// `v1` and so on.
        version_id: String = "VersionId",
    }

    /// All versions with their documents, in one answer.
    Read ListPolicyVersions -> PolicyVersions {
        policy_name: String = "PolicyName",
        policy_type: String = "PolicyType",
    }

    /// Deletes a version that is not the default.
    Write DeletePolicyVersion -> Empty {
        policy_name: String = "PolicyName",
        version_id: String = "VersionId",
    }

    /// Makes a version the default, for every attachment at once.
    IdempotentWrite SetDefaultPolicyVersion -> Empty {
        policy_name: String = "PolicyName",
        version_id: String = "VersionId",
    }

    /// All users, groups and roles that a policy is attached to, in one answer.
    Read ListEntitiesForPolicy -> PolicyEntities {
        policy_name: String = "PolicyName",
        policy_type: String = "PolicyType",
    }
}

/// The answer that holds one policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyAnswer {
    /// `Policy`.
    pub policy: Policy,
}

/// A policy beside its default version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyWithDocument {
    /// `Policy`.
    pub policy: Policy,
    /// `DefaultPolicyVersion`, which has the document.
    pub default_policy_version: PolicyVersion,
}

/// A policy, as far as an action shows it. The document is never here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    /// `PolicyName`.
    pub policy_name: String,
    /// `PolicyType`: `Custom` or `System`.
    pub policy_type: String,
    /// `Description`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `DefaultVersion`, an id such as `v1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_version: Option<String>,
    /// `CreateDate`, UTC, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
    /// `UpdateDate`, UTC, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_date: Option<String>,
    /// `AttachmentCount`, over users, groups and roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment_count: Option<i64>,
    /// `Tags.Tag[]`, in lists only.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "nested::tag")]
    pub tags: Option<Vec<ListedTag>>,
}

/// One page of policies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyPage {
    /// `IsTruncated`: more follow.
    #[serde(default)]
    pub is_truncated: bool,
    /// `Marker` of the next page, only where more follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// `Policies.Policy[]`.
    #[serde(default, with = "nested::policy")]
    pub policies: Vec<Policy>,
}

/// The answer that holds one version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyVersionAnswer {
    /// `PolicyVersion`.
    pub policy_version: PolicyVersion,
}

/// All versions of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyVersions {
    /// `PolicyVersions.PolicyVersion[]`.
    #[serde(default, with = "nested::policy_version")]
    pub policy_versions: Vec<PolicyVersion>,
}

/// A version of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyVersion {
    /// `VersionId`, such as `v1`; never used twice for one policy.
    pub version_id: String,
    /// `IsDefaultVersion`.
    #[serde(default)]
    pub is_default_version: bool,
    /// `PolicyDocument`, JSON text, not necessarily as it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_document: Option<String>,
    /// `CreateDate`, UTC, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
}

/// A policy in the list of what is attached to somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedPolicy {
    /// `PolicyName`, as the policy spells it.
    pub policy_name: String,
    /// `PolicyType`.
    pub policy_type: String,
    /// `Description`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `DefaultVersion`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_version: Option<String>,
    /// `AttachDate`, UTC, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attach_date: Option<String>,
}

/// Everything that a policy is attached to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyEntities {
    /// `Groups.Group[]`.
    #[serde(default, with = "nested::group")]
    pub groups: Vec<AttachedGroup>,
    /// `Roles.Role[]`.
    #[serde(default, with = "nested::role")]
    pub roles: Vec<AttachedRole>,
    /// `Users.User[]`.
    #[serde(default, with = "nested::user")]
    pub users: Vec<AttachedUser>,
}

/// A user that a policy is attached to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedUser {
    /// `UserId`, digits.
    pub user_id: String,
    /// `UserName`.
    pub user_name: String,
    /// `DisplayName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// `AttachDate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attach_date: Option<String>,
}

/// A role that a policy is attached to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedRole {
    /// `RoleId`, digits.
    pub role_id: String,
    /// `RoleName`.
    pub role_name: String,
    /// `Arn`.
    pub arn: String,
    /// `Description`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `AttachDate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attach_date: Option<String>,
}

/// A group that a policy is attached to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedGroup {
    /// `GroupName`.
    pub group_name: String,
    /// `Comments`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
    /// `AttachDate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attach_date: Option<String>,
}
