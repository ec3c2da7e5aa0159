//! Datasets and their bindings to buckets.

use serde::{Deserialize, Serialize};

use super::Empty;
use crate::api::operation::operations;

operations! {
    Imm;

    /// Creates a dataset.
    Write CreateDataset -> DatasetAnswer {
        project_name: String = "ProjectName",
        dataset_name: String = "DatasetName",
        description: Option<String> = "Description",
        template_id: Option<String> = "TemplateId",
        dataset_max_bind_count: Option<i64> = "DatasetMaxBindCount",
        dataset_max_file_count: Option<i64> = "DatasetMaxFileCount",
        dataset_max_entity_count: Option<i64> = "DatasetMaxEntityCount",
        dataset_max_relation_count: Option<i64> = "DatasetMaxRelationCount",
        /// Bytes.
        dataset_max_total_file_size: Option<i64> = "DatasetMaxTotalFileSize",
    }

    /// One dataset.
    Read GetDataset -> DatasetAnswer {
        project_name: String = "ProjectName",
        dataset_name: String = "DatasetName",
        with_statistics: Option<bool> = "WithStatistics",
    }

    /// Datasets by name.
    Read ListDatasets -> DatasetPage {
        project_name: String = "ProjectName",
        next_token: Option<String> = "NextToken",
        /// 0 to 200; 100 where absent or 0.
        max_results: Option<i64> = "MaxResults",
        prefix: Option<String> = "Prefix",
    }

    /// Deletes a dataset that has neither files nor bindings.
    Write DeleteDataset -> Empty {
        project_name: String = "ProjectName",
        dataset_name: String = "DatasetName",
    }

    /// Binds a dataset to a bucket.
    Write CreateBinding -> BindingAnswer {
        project_name: String = "ProjectName",
        dataset_name: String = "DatasetName",
        /// `oss://<bucket>`.
        uri: String = "URI",
    }

    /// One binding.
    Read GetBinding -> BindingAnswer {
        project_name: String = "ProjectName",
        dataset_name: String = "DatasetName",
        uri: String = "URI",
    }

    /// Bindings of a dataset.
    Read ListBindings -> BindingPage {
        project_name: String = "ProjectName",
        dataset_name: Option<String> = "DatasetName",
        next_token: Option<String> = "NextToken",
        /// 0 to 200; 100 where absent or 0.
        max_results: Option<i64> = "MaxResults",
    }

    /// Removes a binding; what it indexed stays.
    Write DeleteBinding -> Empty {
        project_name: String = "ProjectName",
        dataset_name: String = "DatasetName",
        uri: String = "URI",
    }
}

/// The answer that holds one dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DatasetAnswer {
    /// `Dataset`.
    pub dataset: Dataset,
}

/// A dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Dataset {
    /// `ProjectName`.
    pub project_name: String,
    /// `DatasetName`.
    pub dataset_name: String,
    /// `Description`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `TemplateId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// `CreateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_time: Option<String>,
    /// `UpdateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_time: Option<String>,
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
    /// `BindCount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind_count: Option<i64>,
    /// `FileCount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_count: Option<i64>,
    /// `TotalFileSize`, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_file_size: Option<i64>,
}

/// One page of datasets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DatasetPage {
    /// `NextToken`, only where more follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `Datasets[]`.
    #[serde(default)]
    pub datasets: Vec<Dataset>,
}

/// The answer that holds one binding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BindingAnswer {
    /// `Binding`.
    pub binding: Binding,
}

/// A binding of a dataset to a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Binding {
    /// `ProjectName`.
    pub project_name: String,
    /// `DatasetName`.
    pub dataset_name: String,
    /// `URI`: `oss://<bucket>`.
    #[serde(rename = "URI")]
    pub uri: String,
    /// `State`: `Ready`, `Running`, `Stopped`, `Retrying`, `Failed` or `Deleted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// `Phase`: `FullScanning` or `IncrementalScanning`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// `Reason` of a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `CreateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_time: Option<String>,
    /// `UpdateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_time: Option<String>,
}

/// One page of bindings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BindingPage {
    /// `NextToken`, only where more follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `Bindings[]`.
    #[serde(default)]
    pub bindings: Vec<Binding>,
}
