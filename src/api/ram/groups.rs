//! Groups and their members.

use serde::{Deserialize, Serialize};

use super::{AttachedPolicies, Empty, UserPage};
use crate::api::nested;
use crate::api::operation::operations;

operations! {
    Ram;

    /// Creates a group.
    Write CreateGroup -> GroupAnswer {
        group_name: String = "GroupName",
        comments: Option<String> = "Comments",
    }

    /// One group.
    Read GetGroup -> GroupAnswer {
        group_name: String = "GroupName",
    }

    /// Changes what is given. Not idempotent where it renames.
    Write UpdateGroup -> GroupAnswer {
        group_name: String = "GroupName",
        new_group_name: Option<String> = "NewGroupName",
        new_comments: Option<String> = "NewComments",
    }

    /// Deletes a group that has neither members nor policies.
    Write DeleteGroup -> Empty {
        group_name: String = "GroupName",
    }

    /// Groups.
    Read ListGroups -> GroupPage {
        marker: Option<String> = "Marker",
        /// 1 to 100; 100 where not given.
        max_items: Option<i64> = "MaxItems",
    }

    /// Adds a member.
    Write AddUserToGroup -> Empty {
        user_name: String = "UserName",
        group_name: String = "GroupName",
    }

    /// Removes a member.
    Write RemoveUserFromGroup -> Empty {
        user_name: String = "UserName",
        group_name: String = "GroupName",
    }

    /// Members; their items hold display name, join date and name only.
    Read ListUsersForGroup -> UserPage {
        group_name: String = "GroupName",
        marker: Option<String> = "Marker",
        /// 1 to 1000; 100 where not given.
        max_items: Option<i64> = "MaxItems",
    }

    /// What is attached to the group, in one answer.
    Read ListPoliciesForGroup -> AttachedPolicies {
        group_name: String = "GroupName",
    }

    /// Attaches a policy.
    Write AttachPolicyToGroup -> Empty {
        policy_name: String = "PolicyName",
        policy_type: String = "PolicyType",
        group_name: String = "GroupName",
        resource_group_id: Option<String> = "ResourceGroupId",
    }

    /// Detaches a policy.
    Write DetachPolicyFromGroup -> Empty {
        policy_name: String = "PolicyName",
        policy_type: String = "PolicyType",
        group_name: String = "GroupName",
        resource_group_id: Option<String> = "ResourceGroupId",
    }
}

/// The answer that holds one group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GroupAnswer {
    /// `Group`.
    pub group: Group,
}

/// A group, as far as an action shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Group {
    /// `GroupId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// `GroupName`.
    pub group_name: String,
    /// `Comments`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
    /// `CreateDate`, UTC, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
    /// `UpdateDate`; `CreateGroup` shows none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_date: Option<String>,
    /// `JoinDate`, of `ListGroupsForUser` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join_date: Option<String>,
}

/// One page of groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GroupPage {
    /// `IsTruncated`: more follow.
    #[serde(default)]
    pub is_truncated: bool,
    /// `Marker` of the next page, only where more follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// `Groups.Group[]`.
    #[serde(default, with = "nested::group")]
    pub groups: Vec<Group>,
}

/// The groups of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GroupList {
    /// `Groups.Group[]`.
    #[serde(default, with = "nested::group")]
    pub groups: Vec<Group>,
}
