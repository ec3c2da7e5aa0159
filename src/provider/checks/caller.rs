//! Who the provider is and what it may do, read once and shared by the whole walk.
//!
//! A user's rights are its own policies and those of its groups; a role session's are those of its
//! role, which a session policy that nobody can read may narrow further. The root of an account may
//! do everything. Whatever could not be read is remembered: a refusal that a missing document could
//! turn is no finding. Grants limited to a resource group are not in RAM's lists.

use std::collections::BTreeSet;

use crate::api::Operation;
use crate::api::ram::{
    AttachedPolicy, ListGroupsForUser, ListPoliciesForGroup, ListPoliciesForUser,
};
use crate::cloud::{self, Error};
use crate::policy::ast::{Document, DocumentKind};
use crate::policy::cover::{Coverage, Witness, covers_in};
use crate::policy::equivalent;
use crate::policy::evaluate::{
    Authority, Context, Decision, Request, Verdict, authorize, evaluate,
};

use super::walk::{Known, Planned, PolicyKey, Walk};

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    Root,
    User(String),
    Role(String),
    /// Somebody whose policies RAM has no list for.
    Other,
}

/// The caller and its rights.
#[derive(Debug)]
pub(crate) struct Caller {
    /// The account.
    pub(crate) account: String,
    /// The ARN, for messages.
    pub(crate) arn: String,
    who: Who,
    documents: Vec<Document>,
    /// The policies that the documents are of, with their texts.
    policies: Vec<(PolicyKey, String)>,
    /// What could not be read, each a clause; empty where everything was.
    pub(crate) missing: Vec<String>,
}

/// Why something is refused, as far as is certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A statement of the caller's denies it.
    Denied,
    /// No statement of the caller's allows it.
    NotAllowed,
}

impl Caller {
    /// Asks who calls, and reads its policies.
    ///
    /// # Errors
    /// When even the identity cannot be read.
    pub(crate) async fn read(client: &cloud::Client) -> Result<Self, Error> {
        let identity = cloud::sts::caller_identity(client).await?;
        Ok(Self::of(client, identity.account_id, identity.arn).await)
    }

    /// Reads the policies of a user, a role or a role session of this account.
    pub(crate) async fn of(client: &cloud::Client, account: String, arn: String) -> Self {
        let who = who(&arn, &account);
        let mut caller = Self {
            account,
            arn,
            who: who.clone(),
            documents: Vec::new(),
            policies: Vec::new(),
            missing: Vec::new(),
        };
        let attached = match who {
            Who::Root => Vec::new(),
            Who::User(name) => caller.attached_to_user(client, &name).await,
            Who::Role(name) => {
                let listed = cloud::ram::list_policies_for_role(client, &name).await;
                caller.keep(
                    listed,
                    "ram:ListPoliciesForRole",
                    &format!("the policies of its role {name}"),
                )
            }
            Who::Other => {
                caller.missing.push(
                    "its policies: it is neither a user nor a role session of this account"
                        .to_owned(),
                );
                Vec::new()
            }
        };
        let mut seen = BTreeSet::new();
        for policy in attached {
            if seen.insert((policy.policy_type.clone(), policy.policy_name.clone())) {
                caller.add_policy(client, &policy).await;
            }
        }
        caller
    }

    /// What is decided on a request, as far as it is known.
    pub(crate) fn decide(&self, request: &Request) -> Verdict {
        authorize(
            &Authority {
                root: self.is_root(),
                identity: &self.documents,
                ..Authority::default()
            },
            request,
        )
    }

    async fn attached_to_user(
        &mut self,
        client: &cloud::Client,
        user: &str,
    ) -> Vec<AttachedPolicy> {
        let own = send(
            client,
            &ListPoliciesForUser {
                user_name: user.to_owned(),
            },
        )
        .await;
        let own = own.map(|answer| answer.policies);
        let mut attached = self.keep(own, "ram:ListPoliciesForUser", "its own policies");
        let groups = send(
            client,
            &ListGroupsForUser {
                user_name: user.to_owned(),
            },
        )
        .await;
        let groups = groups.map(|answer| answer.groups);
        for group in self.keep(groups, "ram:ListGroupsForUser", "its groups") {
            let name = group.group_name;
            let listed = send(
                client,
                &ListPoliciesForGroup {
                    group_name: name.clone(),
                },
            )
            .await;
            attached.extend(self.keep(
                listed.map(|answer| answer.policies),
                "ram:ListPoliciesForGroup",
                &format!("the policies of its group {name}"),
            ));
        }
        attached
    }

    async fn add_policy(&mut self, client: &cloud::Client, policy: &AttachedPolicy) {
        let name = &policy.policy_name;
        let what = format!("the policy {name} ({})", policy.policy_type);
        let read = cloud::ram::get_policy(client, name, &policy.policy_type).await;
        let text = match read {
            Ok(answer) => answer.default_policy_version.policy_document,
            Err(error) if error.is_not_found() => return,
            Err(error) => {
                self.missing
                    .push(unreadable(&what, "ram:GetPolicy", &error));
                return;
            }
        };
        match text
            .as_deref()
            .map(|text| Document::parse(text, DocumentKind::Permission))
        {
            Some(Ok(document)) => {
                self.documents.push(document);
                let key = PolicyKey::new(&policy.policy_type, name);
                self.policies.push((key, text.unwrap_or_default()));
            }
            Some(Err(_)) | None => self
                .missing
                .push(format!("{what}, whose document cannot be understood")),
        }
    }

    /// The elements of a list, or none and a note of what is missing.
    fn keep<T>(&mut self, listed: Result<Vec<T>, Error>, action: &str, what: &str) -> Vec<T> {
        listed.unwrap_or_else(|error| {
            self.missing.push(unreadable(what, action, &error));
            Vec::new()
        })
    }

    /// Whether it is somebody whose policies RAM has no list for.
    pub(crate) fn is_other(&self) -> bool {
        self.who == Who::Other
    }

    /// A user with these documents, of whom this could not be read.
    #[cfg(test)]
    pub(crate) fn for_tests(documents: &[&str], missing: &[&str]) -> Self {
        Self {
            account: "1".to_owned(),
            arn: "acs:ram::1:user/u".to_owned(),
            who: Who::User("u".to_owned()),
            documents: documents
                .iter()
                .filter_map(|text| Document::parse(text, DocumentKind::Permission).ok())
                .collect(),
            policies: Vec::new(),
            missing: missing.iter().map(|text| (*text).to_owned()).collect(),
        }
    }

    /// Whether a plan changes the policies of the caller, or may.
    pub(crate) fn changes_in(&self, walk: &Walk) -> bool {
        let edited = self
            .policies
            .iter()
            .any(|(key, text)| match walk.planned_policy(key) {
                None => false,
                Some(Planned::Gone) => true,
                Some(Planned::Will(planned)) => match planned.document {
                    Known::NotYet => true,
                    Known::Yes(document) => !equivalent(&document, text),
                },
            });
        let Who::Role(role) = &self.who else {
            return edited;
        };
        let (coming, going) = walk.planned_attachments(role);
        let has = |key: &PolicyKey| self.policies.iter().any(|(other, _)| other.same(key));
        edited
            || coming.iter().any(|key| !has(key))
            || going.iter().any(has)
            || walk.has_open_attachments()
    }

    /// Whether it is the root of the account.
    pub(crate) fn is_root(&self) -> bool {
        self.who == Who::Root
    }

    /// Whether this is certain to be refused, and how.
    pub(crate) fn refused(
        &self,
        action: &str,
        resource: &str,
        context: Context,
    ) -> Option<Refusal> {
        if self.is_root() {
            return None;
        }
        match evaluate(&self.documents, &Request::new(action, resource, context)).decision {
            Decision::ExplicitDeny => Some(Refusal::Denied),
            Decision::ImplicitDeny if self.missing.is_empty() => Some(Refusal::NotAllowed),
            Decision::ImplicitDeny | Decision::Allow | Decision::Unknown => None,
        }
    }

    /// A request that these documents allow and the caller certainly may not make.
    pub(crate) fn lacks(&self, role: &[Document]) -> Option<Witness> {
        if self.is_root() || !self.missing.is_empty() {
            return None;
        }
        match covers_in(&self.account, &self.documents, role) {
            Coverage::No(witness) => Some(*witness),
            Coverage::Yes | Coverage::Unknown(_) => None,
        }
    }
}

async fn send<O: Operation>(client: &cloud::Client, operation: &O) -> Result<O::Output, Error> {
    client.send(None, operation).await
}

fn unreadable(what: &str, action: &str, error: &Error) -> String {
    format!("{what}, which takes {action} ({error})")
}

fn who(arn: &str, account: &str) -> Who {
    let Some(id) = arn.strip_prefix(&format!("acs:ram::{account}:")) else {
        return Who::Other;
    };
    match id.split_once('/') {
        None if id == "root" => Who::Root,
        Some(("user", name)) => Who::User(name.to_owned()),
        Some(("role", name)) => Who::Role(name.to_owned()),
        Some(("assumed-role", session)) => match session.split_once('/') {
            Some((role, _)) => Who::Role(role.to_owned()),
            None => Who::Other,
        },
        _ => Who::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(who: Who, documents: &[&str], missing: &[&str]) -> Caller {
        Caller {
            who,
            ..Caller::for_tests(documents, missing)
        }
    }

    fn user() -> Who {
        Who::User("u".to_owned())
    }

    const READ_ONLY: &str = r#"{"Version":"1","Statement":[
        {"Effect":"Allow","Action":["imm:Get*","imm:List*"],"Resource":"*"}]}"#;

    #[test]
    fn an_arn_says_who_calls() {
        assert_eq!(who("acs:ram::1:root", "1"), Who::Root);
        assert_eq!(who("acs:ram::1:user/a/b", "1"), Who::User("a/b".to_owned()));
        assert_eq!(
            who("acs:ram::1:assumed-role/r/s", "1"),
            Who::Role("r".to_owned())
        );
        assert_eq!(who("acs:ram::2:root", "1"), Who::Other);
        assert_eq!(who("acs:ram::1:group/g", "1"), Who::Other);
    }

    #[test]
    fn root_is_refused_nothing() {
        let root = caller(Who::Root, &[], &[]);
        assert_eq!(
            root.refused(
                "imm:CreateProject",
                "acs:imm:r:1:project/p",
                Context::open()
            ),
            None
        );
        let all = Document::parse(
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
            DocumentKind::Permission,
        );
        assert_eq!(root.lacks(&[all.unwrap()]), None);
    }

    #[test]
    fn what_no_statement_allows_is_refused_only_if_everything_was_read() {
        let resource = "acs:imm:cn-hangzhou:1:project/p";
        let whole = caller(user(), &[READ_ONLY], &[]);
        assert_eq!(
            whole.refused("imm:CreateProject", resource, Context::open()),
            Some(Refusal::NotAllowed)
        );
        assert_eq!(
            whole.refused("imm:GetProject", resource, Context::open()),
            None
        );
        let partly = caller(user(), &[READ_ONLY], &["its groups"]);
        assert_eq!(
            partly.refused("imm:CreateProject", resource, Context::open()),
            None
        );
    }

    #[test]
    fn a_deny_is_certain_whatever_else_was_not_read() {
        let deny = r#"{"Version":"1","Statement":[
            {"Effect":"Deny","Action":"imm:*","Resource":"*"}]}"#;
        let partly = caller(user(), &[deny], &["its groups"]);
        assert_eq!(
            partly.refused(
                "imm:CreateProject",
                "acs:imm:r:1:project/p",
                Context::open()
            ),
            Some(Refusal::Denied)
        );
    }

    #[test]
    fn a_permission_that_the_role_has_and_the_caller_lacks_is_shown() {
        let role = Document::parse(
            r#"{"Version":"1","Statement":[
                {"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:b/*"}]}"#,
            DocumentKind::Permission,
        )
        .unwrap();
        let witness = caller(user(), &[READ_ONLY], &[])
            .lacks(std::slice::from_ref(&role))
            .unwrap();
        assert_eq!(witness.request.action, "oss:GetObject");
        assert!(
            witness.request.resource.contains(":b/"),
            "{}",
            witness.request.resource
        );
        assert_eq!(
            caller(user(), &[READ_ONLY], &["its groups"]).lacks(&[role]),
            None
        );
    }
}
