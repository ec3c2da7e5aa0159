//! Projects and the OSS buckets attached to them.

use serde::{Deserialize, Serialize};

use super::{Empty, ListedTag, Tag};
use crate::api::operation::operations;

operations! {
    Imm;

    /// Creates a project.
    Write CreateProject -> ProjectAnswer {
        /// 1 to 128 characters.
        project_name: String = "ProjectName",
        /// 1 to 256 characters.
        description: Option<String> = "Description",
        /// The name of a role, not its ARN; `AliyunIMMDefaultRole` where not given.
        service_role: Option<String> = "ServiceRole",
        template_id: Option<String> = "TemplateId",
        project_max_dataset_count: Option<i64> = "ProjectMaxDatasetCount",
        dataset_max_bind_count: Option<i64> = "DatasetMaxBindCount",
        dataset_max_file_count: Option<i64> = "DatasetMaxFileCount",
        dataset_max_entity_count: Option<i64> = "DatasetMaxEntityCount",
        dataset_max_relation_count: Option<i64> = "DatasetMaxRelationCount",
        /// Bytes.
        dataset_max_total_file_size: Option<i64> = "DatasetMaxTotalFileSize",
        tag: Option<Vec<Tag>> = "Tag",
    }

    /// Changes what is given and keeps the rest. Reads may show the old values for five minutes.
    IdempotentWrite UpdateProject -> ProjectAnswer {
        project_name: String = "ProjectName",
        description: Option<String> = "Description",
        service_role: Option<String> = "ServiceRole",
        template_id: Option<String> = "TemplateId",
        project_max_dataset_count: Option<i64> = "ProjectMaxDatasetCount",
        dataset_max_bind_count: Option<i64> = "DatasetMaxBindCount",
        dataset_max_file_count: Option<i64> = "DatasetMaxFileCount",
        dataset_max_entity_count: Option<i64> = "DatasetMaxEntityCount",
        dataset_max_relation_count: Option<i64> = "DatasetMaxRelationCount",
        /// Bytes.
        dataset_max_total_file_size: Option<i64> = "DatasetMaxTotalFileSize",
        /// The whole new set of tags.
        tag: Option<Vec<Tag>> = "Tag",
    }

    /// One project.
    Read GetProject -> ProjectAnswer {
        project_name: String = "ProjectName",
        /// Counts files, too.
        with_statistics: Option<bool> = "WithStatistics",
    }

    /// Projects by name.
    Read ListProjects -> ProjectPage {
        next_token: Option<String> = "NextToken",
        /// 0 to 200; 100 where absent or 0.
        max_results: Option<i64> = "MaxResults",
        prefix: Option<String> = "Prefix",
        /// Only projects that carry these tags.
        tag: Option<Vec<Tag>> = "Tag",
    }

    /// Deletes a project that has nothing left in it.
    Write DeleteProject -> Empty {
        project_name: String = "ProjectName",
    }

    /// Attaches a bucket to a project. A bucket has at most one.
    Write AttachOSSBucket -> Empty {
        project_name: String = "ProjectName",
        oss_bucket: String = "OSSBucket",
        /// 1 to 128 characters.
        description: Option<String> = "Description",
    }

    /// Detaches a bucket from whatever project it is attached to.
    Write DetachOSSBucket -> Empty {
        oss_bucket: String = "OSSBucket",
    }

    /// Which project a bucket is attached to.
    Read GetOSSBucketAttachment -> BucketAttachment {
        oss_bucket: String = "OSSBucket",
    }

    /// The buckets of a project.
    Read ListAttachedOSSBuckets -> BucketPage {
        project_name: String = "ProjectName",
        next_token: Option<String> = "NextToken",
        /// 1 to 200; 100 where not given.
        max_results: Option<i64> = "MaxResults",
    }
}

/// The answer that holds one project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProjectAnswer {
    /// `Project`.
    pub project: Project,
}

/// A project. Texts that are empty are not in the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Project {
    /// `ProjectName`.
    pub project_name: String,
    /// `Description`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `ServiceRole`, a role name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_role: Option<String>,
    /// `TemplateId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// `CreateTime`, RFC 3339 with nanoseconds and an offset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_time: Option<String>,
    /// `UpdateTime`, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_time: Option<String>,
    /// `ProjectQueriesPerSecond`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_queries_per_second: Option<i64>,
    /// `EngineConcurrency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_concurrency: Option<i64>,
    /// `ProjectMaxDatasetCount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_max_dataset_count: Option<i64>,
    /// `DatasetMaxBindCount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_max_bind_count: Option<i64>,
    /// `DatasetMaxFileCount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_max_file_count: Option<i64>,
    /// `DatasetMaxEntityCount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_max_entity_count: Option<i64>,
    /// `DatasetMaxRelationCount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_max_relation_count: Option<i64>,
    /// `DatasetMaxTotalFileSize`, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_max_total_file_size: Option<i64>,
    /// `DatasetCount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_count: Option<i64>,
    /// `FileCount`; means something with statistics only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_count: Option<i64>,
    /// `TotalFileSize`, bytes; means something with statistics only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_file_size: Option<i64>,
    /// `Tags[]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<ListedTag>>,
}

/// One page of projects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProjectPage {
    /// `NextToken`, only where more follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `Projects[]`.
    #[serde(default)]
    pub projects: Vec<Project>,
}

/// Where a bucket is attached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BucketAttachment {
    /// `ProjectName`.
    pub project_name: String,
    /// `Description`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `CreateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_time: Option<String>,
    /// `UpdateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_time: Option<String>,
}

/// One page of attached buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BucketPage {
    /// `NextToken`, only where more follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `AttachedOSSBuckets[]`.
    #[serde(rename = "AttachedOSSBuckets", default)]
    pub attached_oss_buckets: Vec<AttachedBucket>,
}

/// A bucket attached to a project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedBucket {
    /// `OSSBucket`.
    #[serde(rename = "OSSBucket")]
    pub oss_bucket: String,
    /// `ProjectName`.
    pub project_name: String,
    /// `OwnerId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// `Description`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `CreateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_time: Option<String>,
    /// `UpdateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_time: Option<String>,
}
