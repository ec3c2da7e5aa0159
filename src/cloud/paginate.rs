//! Lists that come in pages.

use std::fmt;

use super::client::Client;
use super::error::{Error, Kind};
use crate::api::{Operation, imm, ram};

/// A list action whose answer may be one of several pages.
pub trait Paged: Operation {
    /// What is listed.
    type Item: fmt::Debug + Send;

    /// Asks for the page of this token.
    fn turn_to(&mut self, token: String);

    /// The items of a page and the token of the next one, where there is one.
    fn split(page: Self::Output) -> (Vec<Self::Item>, Option<String>);
}

impl Client {
    /// All items of all pages.
    ///
    /// # Errors
    /// That of the page that failed; a service that gives one token twice would never end and is an
    /// error too.
    pub async fn list<O: Paged>(
        &self,
        region: Option<&str>,
        mut operation: O,
    ) -> Result<Vec<O::Item>, Error> {
        let mut items = Vec::new();
        let mut last = None;
        loop {
            let page = self.send(region, &operation).await?;
            let (more, token) = O::split(page);
            items.extend(more);
            let Some(token) = token.filter(|token| !token.is_empty()) else {
                return Ok(items);
            };
            if last.as_ref() == Some(&token) {
                return Err(Error::new(
                    Kind::Answer,
                    "the next page of the list is the same page again",
                )
                .with_call(O::SERVICE, O::ACTION, "the service", 1));
            }
            operation.turn_to(token.clone());
            last = Some(token);
        }
    }
}

/// Pages of RAM: `IsTruncated` and `Marker`. The others: `NextToken`.
macro_rules! paged {
    (marker: $($operation:ty, $list:ident: $item:ty;)+) => {$(
        impl Paged for $operation {
            type Item = $item;

            fn turn_to(&mut self, token: String) {
                self.marker = Some(token);
            }

            fn split(page: Self::Output) -> (Vec<$item>, Option<String>) {
                let next = if page.is_truncated { page.marker } else { None };
                (page.$list, next)
            }
        }
    )+};
    (token: $($operation:ty, $list:ident: $item:ty;)+) => {$(
        impl Paged for $operation {
            type Item = $item;

            fn turn_to(&mut self, token: String) {
                self.next_token = Some(token);
            }

            fn split(page: Self::Output) -> (Vec<$item>, Option<String>) {
                (page.$list, page.next_token)
            }
        }
    )+};
}

paged! { marker:
    ram::ListRoles, roles: ram::Role;
    ram::ListPolicies, policies: ram::Policy;
    ram::ListUsers, users: ram::User;
    ram::ListGroups, groups: ram::Group;
    ram::ListUsersForGroup, users: ram::User;
}

paged! { token:
    ram::ListTagResources, tag_resources: ram::TaggedResource;
    imm::ListProjects, projects: imm::Project;
    imm::ListDatasets, datasets: imm::Dataset;
    imm::ListBindings, bindings: imm::Binding;
    imm::ListAttachedOSSBuckets, attached_oss_buckets: imm::AttachedBucket;
    imm::ListTriggers, triggers: imm::Ingestion;
    imm::ListBatches, batches: imm::Ingestion;
}
