//! `imm_caller_identity`: who the provider's key belongs to.
//!
//! API: <https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-getcalleridentity>.

use crate::api::sts;
use crate::cloud;
use crate::plugin::author::{DataSource, Outcome, Query};
use crate::plugin::schema::Schema;
use crate::plugin::value::Value;
use crate::provider::fields;
use crate::provider::{Client, report};

/// The data source.
#[derive(Debug)]
pub struct CallerIdentity;

/// Results; there are no arguments.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CallerIdentityModel {
    id: Value<String>,
    account_id: Value<String>,
    arn: Value<String>,
    identity_type: Value<String>,
}

impl DataSource for CallerIdentity {
    type Client = Client;
    type Model = CallerIdentityModel;

    const NAME: &'static str = "imm_caller_identity";

    fn schema() -> Schema<CallerIdentityModel> {
        Schema::<CallerIdentityModel>::new(
            "Who the provider's key belongs to: the account itself, a RAM user, or a session of a \
             role. Needs no permission.",
        )
        .attr(
            "id",
            "The id of the principal.",
            |m| &mut m.id,
            |a| a.computed(),
        )
        .attr(
            "account_id",
            "The account, in digits.",
            |m| &mut m.account_id,
            |a| a.computed(),
        )
        .attr(
            "arn",
            "The ARN of the caller; that of a role session has `assumed-role` in it.",
            |m| &mut m.arn,
            |a| a.computed(),
        )
        .attr(
            "identity_type",
            "`Account`, `RAMUser` or `AssumedRoleUser`.",
            |m| &mut m.identity_type,
            |a| a.computed(),
        )
    }

    async fn read(
        &self,
        query: &Query<'_, Client>,
        _config: CallerIdentityModel,
    ) -> Outcome<CallerIdentityModel> {
        let caller = cloud::sts::caller_identity(&query.client()?.cloud)
            .await
            .map_err(|error| report::failed("ask who", "the caller is", &error))?;
        Ok(model(caller))
    }
}

fn model(caller: sts::CallerIdentity) -> CallerIdentityModel {
    // Answers of the oldest kind hold nothing but account, user and ARN.
    let identity_type = caller.identity_type.unwrap_or_else(|| {
        let kind = if caller.arn.ends_with(":root") {
            "Account"
        } else if caller.arn.contains(":assumed-role/") {
            "AssumedRoleUser"
        } else {
            "RAMUser"
        };
        kind.to_owned()
    });
    let principal = caller.principal_id.or(caller.user_id);
    CallerIdentityModel {
        id: Value::Known(principal.unwrap_or_else(|| caller.account_id.clone())),
        account_id: Value::Known(caller.account_id),
        arn: fields::text(Some(&caller.arn)),
        identity_type: Value::Known(identity_type),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::fields::samples;

    #[test]
    fn the_kind_of_caller_follows_from_the_arn_where_it_is_not_said() {
        let kind = |arn: &str| {
            model(sts::CallerIdentity {
                arn: arn.to_owned(),
                ..sts::CallerIdentity::default()
            })
            .identity_type
        };
        assert_eq!(kind("acs:ram::1:root"), samples::text("Account"));
        assert_eq!(kind("acs:ram::1:user/a"), samples::text("RAMUser"));
        assert_eq!(
            kind("acs:ram::1:assumed-role/r/s"),
            samples::text("AssumedRoleUser")
        );
    }
}
