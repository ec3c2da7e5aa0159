//! Tags of roles and policies.

use serde::{Deserialize, Serialize};

use super::Empty;
use crate::api::operation::operations;

operations! {
    Ram;

    /// Sets tags; other tags stay.
    IdempotentWrite TagResources -> Empty {
        /// `role` or `policy`.
        resource_type: String = "ResourceType",
        /// Names, at most 50.
        resource_names: Vec<String> = "ResourceNames",
        /// At most 20.
        tag: Vec<Tag> = "Tag",
    }

    /// Removes tags.
    IdempotentWrite UntagResources -> Empty {
        /// `role` or `policy`.
        resource_type: String = "ResourceType",
        /// Names, at most 50.
        resource_names: Vec<String> = "ResourceNames",
        /// At most 20.
        tag_keys: Option<Vec<String>> = "TagKeys",
        /// Removes every tag.
        all: Option<bool> = "All",
    }

    /// Tags of resources, one element for each tag.
    Read ListTagResources -> TagResourcePage {
        /// `role` or `policy`.
        resource_type: String = "ResourceType",
        /// Names, at most 50.
        resource_names: Option<Vec<String>> = "ResourceNames",
        /// Only resources that carry these, at most 20.
        tag: Option<Vec<Tag>> = "Tag",
        next_token: Option<String> = "NextToken",
        /// 1 to 100.
        page_size: Option<i64> = "PageSize",
    }
}

/// A tag as requests spell it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// `Key`, at most 128 characters.
    #[serde(default)]
    pub key: String,
    /// `Value`, at most 256 characters.
    #[serde(default)]
    pub value: String,
}

impl Tag {
    /// A tag.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value: value.into(),
        }
    }
}

/// A tag as answers spell it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListedTag {
    /// `TagKey`.
    pub tag_key: String,
    /// `TagValue`.
    #[serde(default)]
    pub tag_value: String,
}

impl From<Tag> for ListedTag {
    fn from(tag: Tag) -> Self {
        Self {
            tag_key: tag.key,
            tag_value: tag.value,
        }
    }
}

/// One page of tags; the list is flat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagResourcePage {
    /// `NextToken`, only where more follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `TagResources[]`.
    #[serde(default)]
    pub tag_resources: Vec<TaggedResource>,
}

/// One tag of one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TaggedResource {
    /// `ResourceName`.
    pub resource_name: String,
    /// `ResourceType`.
    pub resource_type: String,
    /// `TagKey`.
    pub tag_key: String,
    /// `TagValue`.
    #[serde(default)]
    pub tag_value: String,
}
