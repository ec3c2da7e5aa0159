//! `imm_role_policy`: a RAM policy that exists, of the account or of Alibaba Cloud.
//!
//! API: <https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-getpolicy>,
//! ListTagResources.

use crate::api::ram;
use crate::cloud;
use crate::plugin::author::{DataSource, Outcome, Query};
use crate::plugin::schema::{Schema, validators};
use crate::plugin::value::Value;
use crate::provider::fields;
use crate::provider::tags::{self, PlainTags, Tags};
use crate::provider::{Client, report, rules};

/// The data source.
#[derive(Debug)]
pub struct RolePolicy;

/// Arguments and results.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RolePolicyModel {
    id: Value<String>,
    policy_name: Value<String>,
    policy_type: Value<String>,
    policy_document: Value<String>,
    description: Value<String>,
    default_version: Value<String>,
    attachment_count: Value<i64>,
    create_time: Value<String>,
    update_time: Value<String>,
    tags: Value<Tags>,
}

impl DataSource for RolePolicy {
    type Client = Client;
    type Model = RolePolicyModel;

    const NAME: &'static str = "imm_role_policy";

    fn schema() -> Schema<RolePolicyModel> {
        Schema::<RolePolicyModel>::new(
            "A RAM policy that exists, of the account (`Custom`) or of Alibaba Cloud (`System`).",
        )
        .attr("id", "The policy's name.", |m| &mut m.id, |a| a.computed())
        .attr(
            "policy_name",
            "Name of the policy.",
            |m| &mut m.policy_name,
            |a| a.required().validate(rules::policy_name()),
        )
        .attr(
            "policy_type",
            "Whose policy it is.",
            |m| &mut m.policy_type,
            |a| {
                a.default_value(ram::CUSTOM.to_owned())
                    .validate(validators::one_of(&[ram::CUSTOM, ram::SYSTEM]))
            },
        )
        .attr(
            "policy_document",
            "The document of the version that is in effect, in JSON.",
            |m| &mut m.policy_document,
            |a| a.computed(),
        )
        .attr(
            "description",
            "What the policy is for.",
            |m| &mut m.description,
            |a| a.computed(),
        )
        .attr(
            "default_version",
            "The version that is in effect, such as `v1`.",
            |m| &mut m.default_version,
            |a| a.computed(),
        )
        .attr(
            "attachment_count",
            "How many users, groups and roles have the policy.",
            |m| &mut m.attachment_count,
            |a| a.computed(),
        )
        .attr(
            "create_time",
            "When the policy was made.",
            |m| &mut m.create_time,
            |a| a.computed(),
        )
        .attr(
            "update_time",
            "When the policy was changed last.",
            |m| &mut m.update_time,
            |a| a.computed(),
        )
        .attr(
            "tags",
            "Tags of the policy; a system policy has none.",
            |m| &mut m.tags,
            |a| a.computed(),
        )
    }

    async fn read(
        &self,
        query: &Query<'_, Client>,
        config: RolePolicyModel,
    ) -> Outcome<RolePolicyModel> {
        let client = query.client()?;
        let name = fields::required(&config.policy_name, "policy_name")?;
        let policy_type = config
            .policy_type
            .known()
            .map_or(ram::CUSTOM, String::as_str);
        let what = format!("{} policy", policy_type.to_ascii_lowercase());
        let answer = cloud::ram::get_policy(&client.cloud, &name, policy_type).await;
        let found = report::at("policy_name", report::there(answer, &what, &name))?;
        let tags = if policy_type == ram::CUSTOM {
            let policy = &found.policy.policy_name;
            cloud::ram::tags(&client.cloud, cloud::ram::POLICY, policy)
                .await
                .map_err(|error| report::failed("read the tags of the policy", &name, &error))?
        } else {
            PlainTags::new()
        };
        Ok(model(config, found, &tags))
    }
}

fn model(
    config: RolePolicyModel,
    found: ram::PolicyWithDocument,
    tags: &PlainTags,
) -> RolePolicyModel {
    let policy = found.policy;
    RolePolicyModel {
        id: Value::Known(policy.policy_name),
        policy_name: config.policy_name,
        policy_type: config.policy_type,
        policy_document: fields::text(found.default_policy_version.policy_document.as_deref()),
        description: fields::text(policy.description.as_deref()),
        default_version: fields::text(policy.default_version.as_deref()),
        attachment_count: policy.attachment_count.into(),
        create_time: fields::text(policy.create_date.as_deref()),
        update_time: fields::text(policy.update_date.as_deref()),
        tags: tags::all(tags),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::fields::samples;

    #[test]
    fn the_document_is_the_default_versions() {
        let config = RolePolicyModel {
            policy_name: samples::text("testpolicy"),
            ..RolePolicyModel::default()
        };
        let found = ram::PolicyWithDocument {
            policy: ram::Policy {
                policy_name: "TestPolicy".to_owned(),
                attachment_count: Some(2),
                default_version: Some("v4".to_owned()),
                ..ram::Policy::default()
            },
            default_policy_version: ram::PolicyVersion {
                policy_document: Some("{\"Version\":\"1\"}".to_owned()),
                ..ram::PolicyVersion::default()
            },
        };
        let model = model(config, found, &PlainTags::new());
        assert_eq!(model.policy_document, samples::text("{\"Version\":\"1\"}"));
        assert_eq!(model.policy_name, samples::text("testpolicy"));
        assert_eq!(model.id, samples::text("TestPolicy"));
        assert_eq!(model.attachment_count, Value::Known(2));
        assert_eq!(model.default_version, samples::text("v4"));
    }
}
