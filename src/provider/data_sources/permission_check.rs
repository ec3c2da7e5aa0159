//! `imm_permission_check`: does a principal hold actions on resources, and what is missing.
//!
//! For preconditions, `check` blocks and `terraform test`. Reads the policies of the principal
//! (ListPoliciesForUser, ListGroupsForUser, ListPoliciesForGroup or ListPoliciesForRole, GetPolicy)
//! and evaluates them here; nothing is asked of the services that own the resources.

use std::collections::{BTreeMap, BTreeSet};

use crate::plugin::author::{DataSource, Outcome, Query};
use crate::plugin::diagnostics::Diagnostic;
use crate::plugin::schema::{Schema, Validator, validators};
use crate::plugin::value::{Path, Value};
use crate::policy::evaluate::{Context, Decision, Request};
use crate::provider::checks::caller::Caller;
use crate::provider::{Client, report};

/// The data source.
#[derive(Debug)]
pub struct PermissionCheck;

/// Arguments and results.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PermissionCheckModel {
    id: Value<String>,
    principal_arn: Value<String>,
    actions: Value<BTreeSet<String>>,
    resources: Value<BTreeSet<String>>,
    context: Value<BTreeMap<String, Vec<String>>>,
    allowed: Value<bool>,
    missing: Value<Vec<Missing>>,
    unread: Value<Vec<String>>,
}

/// A request that is not surely allowed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Missing {
    action: Value<String>,
    resource: Value<String>,
    decision: Value<String>,
    reason: Value<String>,
}

fn action() -> Validator<BTreeSet<String>> {
    Validator::new(
        "Invalid action",
        "actions such as `oss:GetObject`, without wildcards",
        |actions: &BTreeSet<String>| match actions
            .iter()
            .find(|action| !action.contains(':') || action.contains(['*', '?', ' ']))
        {
            Some(bad) => Err(format!(
                "{bad:?} is no action that a request can have; write one such as \"oss:GetObject\", \
                 without wildcards"
            )),
            None => Ok(()),
        },
    )
}

impl DataSource for PermissionCheck {
    type Client = Client;
    type Model = PermissionCheckModel;

    const NAME: &'static str = "imm_permission_check";

    fn schema() -> Schema<PermissionCheckModel> {
        Schema::<PermissionCheckModel>::new(
            "Whether a principal holds every action on every resource that is named, and what is \
             missing where it does not. The principal's policies are read and evaluated as RAM does; \
             session policies, control policies, policies of the resources themselves and grants \
             limited to a resource group cannot be read and are left out.",
        )
        .attr(
            "id",
            "The principal's ARN.",
            |m| &mut m.id,
            |a| a.computed(),
        )
        .attr(
            "principal_arn",
            "ARN of a user, role or role session of the provider's account. Defaults to the caller.",
            |m| &mut m.principal_arn,
            |a| a.optional().computed(),
        )
        .attr(
            "actions",
            "The actions, such as `oss:GetObject`.",
            |m| &mut m.actions,
            |a| a.required().validate(action()).validate(validators::size(1..=200)),
        )
        .attr(
            "resources",
            "ARNs of the resources, such as `acs:oss:*:*:my-bucket/key`.",
            |m| &mut m.resources,
            |a| a.required().validate(validators::size(1..=200)),
        )
        .attr(
            "context",
            "Condition keys of the request with their values, such as `acs:Service`. Keys that are \
             not given are unknown.",
            |m| &mut m.context,
            |a| a.optional(),
        )
        .attr(
            "allowed",
            "Whether everything is surely allowed.",
            |m| &mut m.allowed,
            |a| a.computed(),
        )
        .objects(
            "missing",
            "The requests that are not surely allowed.",
            |m| &mut m.missing,
            Schema::<Missing>::new("A request that is not surely allowed.")
                .attr("action", "The action.", |m| &mut m.action, |a| a.computed())
                .attr("resource", "The resource.", |m| &mut m.resource, |a| a.computed())
                .attr(
                    "decision",
                    "`ExplicitDeny`, `ImplicitDeny`, or `Unknown` where it hangs on condition keys or \
                     on policies that could not be read.",
                    |m| &mut m.decision,
                    |a| a.computed(),
                )
                .attr("reason", "Why.", |m| &mut m.reason, |a| a.computed()),
            |a| a.computed(),
        )
        .attr(
            "unread",
            "What of the principal's policies could not be read; empty where everything was.",
            |m| &mut m.unread,
            |a| a.computed(),
        )
    }

    async fn read(
        &self,
        query: &Query<'_, Client>,
        config: PermissionCheckModel,
    ) -> Outcome<PermissionCheckModel> {
        let client = &query.client()?.cloud;
        let failed = |error| report::failed("find out who", "the caller is", &error);
        let mut principal = Caller::read(client).await.map_err(failed)?;
        if let Value::Known(arn) = &config.principal_arn
            && *arn != principal.arn
        {
            principal = Caller::of(client, principal.account, arn.clone()).await;
            if principal.is_other() {
                return Err(Diagnostic::error(
                    "Invalid principal",
                    format!(
                        "{arn:?} is no user, role or role session of the account {}; write an ARN such \
                         as acs:ram::{}:role/TestIMMRole.",
                        principal.account, principal.account
                    ),
                )
                .at(Path::attribute("principal_arn"))
                .into());
            }
        }
        Ok(judged(&principal, config))
    }
}

/// The answer.
fn judged(principal: &Caller, config: PermissionCheckModel) -> PermissionCheckModel {
    let mut context = Context::open();
    for (key, values) in config.context.known().into_iter().flatten() {
        for value in values {
            context.add(key, value);
        }
    }
    let none = BTreeSet::new();
    let actions = config.actions.known().unwrap_or(&none);
    let resources = config.resources.known().unwrap_or(&none);
    let missing: Vec<Missing> = actions
        .iter()
        .flat_map(|action| resources.iter().map(move |resource| (action, resource)))
        .filter_map(|(action, resource)| {
            let request = Request::new(action, resource, context.clone());
            let verdict = principal.decide(&request);
            let (decision, reason) = match verdict.decision {
                Decision::Allow => return None,
                Decision::ImplicitDeny if !principal.missing.is_empty() => (
                    Decision::Unknown,
                    "no statement that could be read allows it".to_owned(),
                ),
                decision => (decision, verdict.reason),
            };
            Some(Missing {
                action: Value::Known(action.clone()),
                resource: Value::Known(resource.clone()),
                decision: Value::Known(decision.as_str().to_owned()),
                reason: Value::Known(reason),
            })
        })
        .collect();
    PermissionCheckModel {
        id: Value::Known(principal.arn.clone()),
        principal_arn: Value::Known(principal.arn.clone()),
        // A Deny that was not read could still take back what the rest allows.
        allowed: Value::Known(missing.is_empty() && principal.missing.is_empty()),
        missing: Value::Known(missing),
        unread: Value::Known(principal.missing.clone()),
        ..config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(actions: &[&str], resources: &[&str]) -> PermissionCheckModel {
        let set = |texts: &[&str]| Value::Known(texts.iter().map(|t| (*t).to_owned()).collect());
        PermissionCheckModel {
            actions: set(actions),
            resources: set(resources),
            ..PermissionCheckModel::default()
        }
    }

    const READER: &str = r#"{"Version":"1","Statement":[
        {"Effect":"Allow","Action":"oss:Get*","Resource":"acs:oss:*:*:media/*"}]}"#;

    #[test]
    fn what_is_missing_is_named_pair_by_pair() {
        let principal = Caller::for_tests(&[READER], &[]);
        let answer = judged(
            &principal,
            asked(&["oss:GetObject"], &["acs:oss:*:*:media/a"]),
        );
        assert_eq!(answer.allowed, Value::Known(true));
        assert_eq!(answer.missing, Value::Known(Vec::new()));

        let both = ["acs:oss:*:*:media/a", "acs:oss:*:*:other/a"];
        let answer = judged(&principal, asked(&["oss:GetObject"], &both));
        assert_eq!(answer.allowed, Value::Known(false));
        let missing = answer.missing.known().unwrap();
        assert_eq!(missing.len(), 1);
        assert_eq!(
            missing[0].resource,
            Value::Known("acs:oss:*:*:other/a".to_owned())
        );
        assert_eq!(missing[0].decision, Value::Known("ImplicitDeny".to_owned()));
    }

    #[test]
    fn what_was_not_read_leaves_the_answer_open() {
        let principal = Caller::for_tests(&[READER], &["its groups"]);
        let answer = judged(
            &principal,
            asked(&["oss:PutObject"], &["acs:oss:*:*:media/a"]),
        );
        assert_eq!(answer.allowed, Value::Known(false));
        assert_eq!(answer.unread, Value::Known(vec!["its groups".to_owned()]));
        let missing = answer.missing.known().unwrap();
        assert_eq!(missing[0].decision, Value::Known("Unknown".to_owned()));
    }

    #[test]
    fn wildcards_are_no_actions_of_a_request() {
        let refused = |text: &str| (action().check)(&BTreeSet::from([text.to_owned()])).is_err();
        assert!(refused("oss:*") && refused("GetObject") && !refused("oss:GetObject"));
    }
}
