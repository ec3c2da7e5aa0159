//! A role as it will be: what is planned laid over what exists.
//!
//! What the plan says of an object wins; where it says nothing, the cloud is asked. What cannot be
//! read is unknown, never absent.

use crate::cloud::{self, Error};
use crate::policy::ast::{Document, DocumentKind};

use super::walk::{Known, Planned, PolicyKey, Walk};

/// Whether the role will be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It is planned here.
    Planned,
    /// It exists, and nothing is planned of it.
    Live,
    /// It is planned to go.
    Leaving,
    /// It neither exists nor is planned.
    Absent,
    /// That could not be read; why.
    Unreadable(String),
}

/// A policy on the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Granted {
    /// Which.
    pub(crate) policy: PolicyKey,
    /// The text of its document, or none where it is known only after apply or cannot be read.
    pub(crate) text: Option<String>,
}

impl Granted {
    /// The document, where its text is known and is one.
    pub(crate) fn document(&self) -> Option<Document> {
        Document::parse(self.text.as_deref()?, DocumentKind::Permission).ok()
    }
}

/// The role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoleView {
    /// Whether it will be there.
    pub(crate) presence: Presence,
    /// Its trust policy, where that is known.
    pub(crate) trust: Option<String>,
    /// What is attached to it, as far as is known.
    pub(crate) granted: Vec<Granted>,
    /// Whether [`RoleView::granted`] is all: nothing unread, nothing whose name is yet to come.
    pub(crate) whole: bool,
}

impl RoleView {
    /// The role after this plan.
    pub(crate) async fn planned(client: &cloud::Client, walk: &Walk, name: &str) -> Self {
        let planned = walk.planned_role(name);
        let created = matches!(&planned, Some(Planned::Will(role)) if role.created);
        let mut view = match planned {
            Some(Planned::Will(role)) => Self {
                presence: Presence::Planned,
                trust: match role.trust {
                    Known::Yes(text) => Some(text),
                    Known::NotYet => None,
                },
                granted: Vec::new(),
                whole: true,
            },
            Some(Planned::Gone) => {
                return Self {
                    presence: Presence::Leaving,
                    trust: None,
                    granted: Vec::new(),
                    whole: true,
                };
            }
            None => Self::trust_of(client, name).await,
        };
        if !matches!(view.presence, Presence::Planned | Presence::Live) {
            return view;
        }
        let (coming, going) = walk.planned_attachments(name);
        let mut keys = coming;
        if !created {
            match attached(client, name).await {
                Ok(live) => {
                    for key in live {
                        if !keys.iter().chain(&going).any(|other| other.same(&key)) {
                            keys.push(key);
                        }
                    }
                }
                Err(_) => view.whole = false,
            }
        }
        view.whole &= !walk.has_open_attachments();
        for policy in keys {
            let text = match walk.planned_policy(&policy) {
                Some(Planned::Will(planned)) => match planned.document {
                    Known::Yes(text) => Some(text),
                    Known::NotYet => None,
                },
                Some(Planned::Gone) => continue,
                None => document(client, &policy).await,
            };
            view.whole &= text.is_some();
            view.granted.push(Granted { policy, text });
        }
        view
    }

    /// The role as it is.
    pub(crate) async fn live(client: &cloud::Client, name: &str) -> Self {
        let mut view = Self::trust_of(client, name).await;
        if view.presence != Presence::Live {
            return view;
        }
        let Ok(keys) = attached(client, name).await else {
            view.whole = false;
            return view;
        };
        for policy in keys {
            let text = document(client, &policy).await;
            view.whole &= text.is_some();
            view.granted.push(Granted { policy, text });
        }
        view
    }

    async fn trust_of(client: &cloud::Client, name: &str) -> Self {
        let (presence, trust) = match cloud::ram::get_role(client, name).await {
            Ok(role) => (Presence::Live, role.assume_role_policy_document),
            Err(error) if error.is_not_found() => (Presence::Absent, None),
            Err(error) => (Presence::Unreadable(error.to_string()), None),
        };
        Self {
            presence,
            trust,
            granted: Vec::new(),
            whole: true,
        }
    }

    /// The documents that are known.
    pub(crate) fn documents(&self) -> Vec<Document> {
        self.granted.iter().filter_map(Granted::document).collect()
    }

    /// Whether the trust policy lets IMM assume the role; `None` where that is not known.
    pub(crate) fn trusts_imm(&self) -> Option<bool> {
        use crate::policy::evaluate::{Assumer, Context, Decision, evaluate_trust};
        let document = Document::parse(self.trust.as_deref()?, DocumentKind::Trust).ok()?;
        let imm = Assumer::Service(crate::provider::trust::IMM.to_owned());
        match evaluate_trust(&document, &imm, &Context::open()).decision {
            Decision::Allow => Some(true),
            Decision::ExplicitDeny | Decision::ImplicitDeny => Some(false),
            Decision::Unknown => None,
        }
    }
}

async fn attached(client: &cloud::Client, role: &str) -> Result<Vec<PolicyKey>, Error> {
    let listed = cloud::ram::list_policies_for_role(client, role).await;
    match listed {
        Ok(list) => Ok(list
            .iter()
            .map(|policy| PolicyKey::new(&policy.policy_type, &policy.policy_name))
            .collect()),
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

async fn document(client: &cloud::Client, policy: &PolicyKey) -> Option<String> {
    let answer = cloud::ram::get_policy(client, &policy.written, &policy.policy_type)
        .await
        .ok()?;
    answer.default_policy_version.policy_document
}
