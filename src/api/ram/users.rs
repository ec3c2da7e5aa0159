//! Users, their keys, and the login objects that a forced deletion removes.

use serde::{Deserialize, Serialize};

use super::{AttachedPolicies, Empty, GroupList};
use crate::api::nested;
use crate::api::operation::operations;
use crate::api::secret::{self, Secret};

operations! {
    Ram;

    /// Creates a user.
    Write CreateUser -> UserAnswer {
        user_name: String = "UserName",
        display_name: Option<String> = "DisplayName",
        mobile_phone: Option<String> = "MobilePhone",
        email: Option<String> = "Email",
        comments: Option<String> = "Comments",
    }

    /// One user.
    Read GetUser -> UserAnswer {
        user_name: String = "UserName",
    }

    /// Changes what is given. Not idempotent where it renames.
    Write UpdateUser -> UserAnswer {
        user_name: String = "UserName",
        new_user_name: Option<String> = "NewUserName",
        new_display_name: Option<String> = "NewDisplayName",
        new_mobile_phone: Option<String> = "NewMobilePhone",
        new_email: Option<String> = "NewEmail",
        new_comments: Option<String> = "NewComments",
    }

    /// Deletes a user that has nothing left.
    Write DeleteUser -> Empty {
        user_name: String = "UserName",
    }

    /// Users.
    Read ListUsers -> UserPage {
        marker: Option<String> = "Marker",
        /// 1 to 1000; 100 where not given.
        max_items: Option<i64> = "MaxItems",
    }

    /// The groups of a user, in one answer.
    Read ListGroupsForUser -> GroupList {
        user_name: String = "UserName",
    }

    /// What is attached to the user itself, in one answer.
    Read ListPoliciesForUser -> AttachedPolicies {
        user_name: String = "UserName",
    }

    /// Attaches a policy.
    Write AttachPolicyToUser -> Empty {
        policy_name: String = "PolicyName",
        policy_type: String = "PolicyType",
        user_name: String = "UserName",
        resource_group_id: Option<String> = "ResourceGroupId",
    }

    /// Detaches a policy.
    Write DetachPolicyFromUser -> Empty {
        policy_name: String = "PolicyName",
        policy_type: String = "PolicyType",
        user_name: String = "UserName",
        resource_group_id: Option<String> = "ResourceGroupId",
    }

    /// Creates a key. The secret is shown this once.
    Write CreateAccessKey(sensitive) -> AccessKeyAnswer {
        /// The caller where not given.
        user_name: Option<String> = "UserName",
    }

    /// Keys without their secrets.
    Read ListAccessKeys -> AccessKeyList {
        /// The caller where not given.
        user_name: Option<String> = "UserName",
    }

    /// Enables or disables a key.
    IdempotentWrite UpdateAccessKey -> Empty {
        /// The caller where not given.
        user_name: Option<String> = "UserName",
        user_access_key_id: String = "UserAccessKeyId",
        /// `Active` or `Inactive`.
        status: String = "Status",
    }

    /// Deletes a key.
    Write DeleteAccessKey -> Empty {
        /// The caller where not given.
        user_name: Option<String> = "UserName",
        user_access_key_id: String = "UserAccessKeyId",
    }

    /// The console login of a user.
    Read GetLoginProfile -> LoginProfileAnswer {
        user_name: String = "UserName",
    }

    /// Takes the console login away.
    Write DeleteLoginProfile -> Empty {
        user_name: String = "UserName",
    }

    /// Takes the MFA device away.
    Write UnbindMFADevice -> MfaDeviceAnswer {
        user_name: String = "UserName",
    }
}

/// The answer that holds one user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UserAnswer {
    /// `User`.
    pub user: User,
}

/// A user, as far as an action shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct User {
    /// `UserId`, digits; members of a group are listed without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// `UserName`.
    pub user_name: String,
    /// `DisplayName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// `MobilePhone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile_phone: Option<String>,
    /// `Email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `Comments`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
    /// `CreateDate`, UTC, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
    /// `UpdateDate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_date: Option<String>,
    /// `LastLoginDate`, of `GetUser` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login_date: Option<String>,
    /// `JoinDate`, of `ListUsersForGroup` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join_date: Option<String>,
}

/// One page of users.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UserPage {
    /// `IsTruncated`: more follow.
    #[serde(default)]
    pub is_truncated: bool,
    /// `Marker` of the next page, only where more follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// `Users.User[]`.
    #[serde(default, with = "nested::user")]
    pub users: Vec<User>,
}

/// The answer that holds a new key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccessKeyAnswer {
    /// `AccessKey`.
    pub access_key: NewAccessKey,
}

/// A new key with its secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NewAccessKey {
    /// `AccessKeyId`.
    pub access_key_id: String,
    /// `AccessKeySecret`.
    #[serde(serialize_with = "secret::expose")]
    pub access_key_secret: Secret,
    /// `Status`.
    pub status: String,
    /// `CreateDate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
}

/// The keys of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccessKeyList {
    /// `AccessKeys.AccessKey[]`.
    #[serde(default, with = "nested::access_key")]
    pub access_keys: Vec<AccessKey>,
}

/// A key without its secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccessKey {
    /// `AccessKeyId`.
    pub access_key_id: String,
    /// `Status`: `Active` or `Inactive`.
    pub status: String,
    /// `CreateDate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
}

/// The answer that holds a console login.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LoginProfileAnswer {
    /// `LoginProfile`.
    pub login_profile: LoginProfile,
}

/// A console login.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LoginProfile {
    /// `UserName`.
    pub user_name: String,
    /// `CreateDate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
    /// `MFABindRequired`.
    #[serde(rename = "MFABindRequired", default)]
    pub mfa_bind_required: bool,
    /// `PasswordResetRequired`.
    #[serde(default)]
    pub password_reset_required: bool,
}

/// The answer that holds the device that was taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MfaDeviceAnswer {
    /// `MFADevice`.
    #[serde(rename = "MFADevice")]
    pub mfa_device: MfaDevice,
}

/// An MFA device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MfaDevice {
    /// `SerialNumber`.
    pub serial_number: String,
}
