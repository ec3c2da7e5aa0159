//! Triggers and batches: two names of one object. Their writes send a form.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Empty;
use crate::api::operation::operations;

operations! {
    Imm;

    /// Creates a trigger.
    Write CreateTrigger(form) -> IngestionId {
        project_name: String = "ProjectName",
        /// `{"OSS": {…}}`.
        input: Value = "Input",
        actions: Vec<Value> = "Actions",
        service_role: String = "ServiceRole",
        notification: Option<Value> = "Notification",
        /// A free map for searching; not the tags of a resource.
        tags: Option<Value> = "Tags",
    }

    /// One trigger.
    Read GetTrigger -> TriggerAnswer {
        project_name: String = "ProjectName",
        id: String = "Id",
    }

    /// Triggers of a project.
    Read ListTriggers -> TriggerPage {
        project_name: String = "ProjectName",
        next_token: Option<String> = "NextToken",
        /// 0 to 100; 100 where not given.
        max_results: Option<i64> = "MaxResults",
        /// Only those in this state.
        state: Option<String> = "State",
    }

    /// Stops a running trigger, which has to be done before it can be deleted.
    Write SuspendTrigger(form) -> Empty {
        project_name: String = "ProjectName",
        id: String = "Id",
    }

    /// Starts a suspended or failed trigger.
    Write ResumeTrigger(form) -> Empty {
        project_name: String = "ProjectName",
        id: String = "Id",
    }

    /// Deletes a trigger that is not running.
    Write DeleteTrigger(form) -> Empty {
        project_name: String = "ProjectName",
        id: String = "Id",
    }

    /// Creates a batch.
    Write CreateBatch(form) -> IngestionId {
        project_name: String = "ProjectName",
        /// `{"OSS": {…}}`.
        input: Value = "Input",
        actions: Vec<Value> = "Actions",
        service_role: String = "ServiceRole",
        notification: Option<Value> = "Notification",
        /// A free map for searching; not the tags of a resource.
        tags: Option<Value> = "Tags",
    }

    /// One batch.
    Read GetBatch -> BatchAnswer {
        project_name: String = "ProjectName",
        id: String = "Id",
    }

    /// Batches of a project.
    Read ListBatches -> BatchPage {
        project_name: String = "ProjectName",
        next_token: Option<String> = "NextToken",
        /// 0 to 100; 100 where not given.
        max_results: Option<i64> = "MaxResults",
        /// Only those in this state.
        state: Option<String> = "State",
    }

    /// Stops a running batch, which has to be done before it can be deleted.
    Write SuspendBatch(form) -> Empty {
        project_name: String = "ProjectName",
        id: String = "Id",
    }

    /// Starts a suspended or failed batch.
    Write ResumeBatch(form) -> Empty {
        project_name: String = "ProjectName",
        id: String = "Id",
    }

    /// Deletes a batch that is not running.
    Write DeleteBatch(form) -> Empty {
        project_name: String = "ProjectName",
        id: String = "Id",
    }
}

/// The id of what was created.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct IngestionId {
    /// `Id`: `trigger-<uuid>` or `batch-<uuid>`.
    pub id: String,
}

/// The answer that holds one trigger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TriggerAnswer {
    /// `Trigger`.
    pub trigger: Ingestion,
}

/// The answer that holds one batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BatchAnswer {
    /// `Batch`.
    pub batch: Ingestion,
}

/// A trigger or a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Ingestion {
    /// `Id`.
    pub id: String,
    /// `State`: `Ready`, `Running`, `Failed`, `Suspended` or `Succeeded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// `Phase`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// `Input`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// `Actions[]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<Value>>,
    /// `Notification`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification: Option<Value>,
    /// `ServiceRole`, a role name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_role: Option<String>,
    /// `Tags`, a free map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Value>,
    /// `Error` of a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// `CreateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_time: Option<String>,
    /// `UpdateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_time: Option<String>,
}

/// One page of triggers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TriggerPage {
    /// `NextToken`, only where more follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `Triggers[]`.
    #[serde(default)]
    pub triggers: Vec<Ingestion>,
}

/// One page of batches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BatchPage {
    /// `NextToken`, only where more follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `Batches[]`.
    #[serde(default)]
    pub batches: Vec<Ingestion>,
}
