//! `imm_service_role`: a RAM role that exists, with what is attached to it.
//!
//! API: <https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-getrole>,
//! ListTagResources, ListPoliciesForRole.

use std::collections::BTreeSet;

use crate::api::ram;
use crate::cloud;
use crate::plugin::author::{DataSource, Outcome, Query};
use crate::plugin::schema::Schema;
use crate::plugin::value::Value;
use crate::provider::fields;
use crate::provider::ram_objects;
use crate::provider::tags::{self, PlainTags, Tags};
use crate::provider::{Client, report, rules, trust};

/// The data source.
#[derive(Debug)]
pub struct ServiceRole;

/// Argument and results.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServiceRoleModel {
    id: Value<String>,
    role_name: Value<String>,
    arn: Value<String>,
    role_id: Value<String>,
    trusted_services: Value<BTreeSet<String>>,
    assume_role_policy_document: Value<String>,
    description: Value<String>,
    max_session_duration: Value<i64>,
    create_time: Value<String>,
    update_time: Value<String>,
    tags: Value<Tags>,
    policies: Value<Vec<AttachedPolicy>>,
}

/// A policy that is attached to the role.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AttachedPolicy {
    policy_name: Value<String>,
    policy_type: Value<String>,
    description: Value<String>,
    default_version: Value<String>,
    attach_date: Value<String>,
}

impl DataSource for ServiceRole {
    type Client = Client;
    type Model = ServiceRoleModel;

    const NAME: &'static str = "imm_service_role";

    fn schema() -> Schema<ServiceRoleModel> {
        Schema::<ServiceRoleModel>::new("A RAM role that exists, and the policies attached to it.")
            .attr("id", "The role's name.", |m| &mut m.id, |a| a.computed())
            .attr(
                "role_name",
                "Name of the role.",
                |m| &mut m.role_name,
                |a| a.required().validate(rules::existing_role_name()),
            )
            .attr(
                "arn",
                "The role's ARN, as RAM writes it: in lower case.",
                |m| &mut m.arn,
                |a| a.computed(),
            )
            .attr(
                "role_id",
                "The role's id.",
                |m| &mut m.role_id,
                |a| a.computed(),
            )
            .attr(
                "trusted_services",
                "Services that may assume the role.",
                |m| &mut m.trusted_services,
                |a| a.computed(),
            )
            .attr(
                "assume_role_policy_document",
                "The trust policy, in JSON.",
                |m| &mut m.assume_role_policy_document,
                |a| a.computed(),
            )
            .attr(
                "description",
                "What the role is for.",
                |m| &mut m.description,
                |a| a.computed(),
            )
            .attr(
                "max_session_duration",
                "Seconds that a session of the role may last.",
                |m| &mut m.max_session_duration,
                |a| a.computed(),
            )
            .attr(
                "create_time",
                "When the role was made.",
                |m| &mut m.create_time,
                |a| a.computed(),
            )
            .attr(
                "update_time",
                "When the role was changed last.",
                |m| &mut m.update_time,
                |a| a.computed(),
            )
            .attr(
                "tags",
                "Tags of the role.",
                |m| &mut m.tags,
                |a| a.computed(),
            )
            .objects(
                "policies",
                "Policies that are attached to the role.",
                |m| &mut m.policies,
                Schema::<AttachedPolicy>::new("A policy that is attached to the role.")
                    .attr(
                        "policy_name",
                        "Name of the policy.",
                        |m| &mut m.policy_name,
                        |a| a.computed(),
                    )
                    .attr(
                        "policy_type",
                        "`Custom` or `System`.",
                        |m| &mut m.policy_type,
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
                        "The version that is in effect.",
                        |m| &mut m.default_version,
                        |a| a.computed(),
                    )
                    .attr(
                        "attach_date",
                        "When the policy was attached.",
                        |m| &mut m.attach_date,
                        |a| a.computed(),
                    ),
                |a| a.computed(),
            )
    }

    async fn read(
        &self,
        query: &Query<'_, Client>,
        config: ServiceRoleModel,
    ) -> Outcome<ServiceRoleModel> {
        let client = query.client()?;
        let name = fields::required(&config.role_name, "role_name")?;
        let answer = cloud::ram::get_role(&client.cloud, &name).await;
        let role = report::at("role_name", report::there(answer, "role", &name))?;
        let tags = cloud::ram::tags(&client.cloud, cloud::ram::ROLE, &role.role_name)
            .await
            .map_err(|error| report::failed("read the tags of the role", &name, &error))?;
        let answer = cloud::ram::list_policies_for_role(&client.cloud, &role.role_name).await;
        let policies = report::there(answer, "policies of the role", &name)?;
        Ok(model(config, role, &tags, policies))
    }
}

fn model(
    config: ServiceRoleModel,
    role: ram::Role,
    tags: &PlainTags,
    policies: Vec<ram::AttachedPolicy>,
) -> ServiceRoleModel {
    let document = role.assume_role_policy_document.unwrap_or_default();
    ServiceRoleModel {
        id: Value::Known(role.role_name),
        role_name: config.role_name,
        arn: Value::Known(role.arn),
        role_id: Value::Known(role.role_id),
        trusted_services: Value::Known(trust::services(&document)),
        assume_role_policy_document: fields::text(Some(&document)),
        description: fields::text(role.description.as_deref()),
        max_session_duration: Value::Known(
            role.max_session_duration
                .unwrap_or(ram_objects::DEFAULT_SESSION_DURATION),
        ),
        create_time: fields::text(role.create_date.as_deref()),
        update_time: fields::text(role.update_date.as_deref()),
        tags: tags::all(tags),
        policies: Value::Known(
            policies
                .into_iter()
                .map(|policy| AttachedPolicy {
                    policy_name: Value::Known(policy.policy_name),
                    policy_type: Value::Known(policy.policy_type),
                    description: fields::text(policy.description.as_deref()),
                    default_version: fields::text(policy.default_version.as_deref()),
                    attach_date: fields::text(policy.attach_date.as_deref()),
                })
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::fields::samples;

    #[test]
    fn the_argument_keeps_its_spelling_and_the_id_has_the_right_one() {
        let config = ServiceRoleModel {
            role_name: samples::text("testrole"),
            ..ServiceRoleModel::default()
        };
        let role = ram::Role {
            role_name: "TestRole".to_owned(),
            assume_role_policy_document: Some(trust::document(&trust::imm_alone())),
            ..ram::Role::default()
        };
        let model = model(config, role, &PlainTags::new(), Vec::new());
        assert_eq!(model.role_name, samples::text("testrole"));
        assert_eq!(model.id, samples::text("TestRole"));
        assert_eq!(model.trusted_services, Value::Known(trust::imm_alone()));
        assert_eq!(model.max_session_duration, Value::Known(3600));
        assert_eq!(model.description, Value::Null);
        assert_eq!(model.policies, Value::Known(Vec::new()));
    }
}
