//! One request against documents: allowed, denied, or not to be said.
//!
//! A request is a principal's action on a resource in a context of condition keys. Any Deny that
//! matches wins over every Allow; without an Allow nothing is allowed. Keys that the context leaves
//! open make clauses unknown, and an answer that depends on them is [`Decision::Unknown`], never a
//! guess.

use std::collections::BTreeMap;

use super::ast::{Clause, Document, Effect, Patterns, Principal, PrincipalKind, Statement};
use super::condition::{Lookup, Test, Truth};
use super::matching::{action_matches, arn_fields, resource_matches};

/// Keys that every request carries, so that they are unknown and not absent where nothing is said of
/// them. In lower case.
pub const ALWAYS_CARRIED: [&str; 4] = [
    "acs:currenttime",
    "acs:securetransport",
    "acs:sourceip",
    "acs:useragent",
];

/// What is known of a request's condition keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// By key in lower case: the key as it was given and its values. An empty list says that the
    /// request does not carry the key.
    values: BTreeMap<String, (String, Vec<String>)>,
    open: bool,
}

impl Context {
    /// Nothing is known: keys are absent, but for [`ALWAYS_CARRIED`], which are unknown.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing is known, and every key that is not given is unknown.
    #[must_use]
    pub fn open() -> Self {
        Self {
            values: BTreeMap::new(),
            open: true,
        }
    }

    /// Adds a value; a key may have several.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.add(key, value);
        self
    }

    /// Adds a value; a key may have several.
    pub fn add(&mut self, key: &str, value: &str) {
        let entry = self.values.entry(key.to_lowercase());
        let (_, values) = entry.or_insert_with(|| (key.to_owned(), Vec::new()));
        values.push(value.to_owned());
    }

    /// Says that the request does not carry the key.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        let nothing = (key.to_owned(), Vec::new());
        self.values.insert(key.to_lowercase(), nothing);
        self
    }

    /// What is known of a key.
    #[must_use]
    pub fn lookup(&self, key: &str) -> Lookup<'_> {
        let key = key.to_lowercase();
        match self.values.get(&key) {
            Some((_, values)) if values.is_empty() => Lookup::Absent,
            Some((_, values)) => Lookup::Values(values),
            None if self.open || ALWAYS_CARRIED.contains(&key.as_str()) => Lookup::Unknown,
            None => Lookup::Absent,
        }
    }

    /// The keys that have values, with these, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        let all = self.values.values();
        all.filter(|(_, values)| !values.is_empty())
            .map(|(key, values)| (key.as_str(), values.as_slice()))
    }
}

/// What somebody wants to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The action, `<code>:<Name>`.
    pub action: String,
    /// The resource's ARN.
    pub resource: String,
    /// The condition keys.
    pub context: Context,
}

impl Request {
    /// A request.
    #[must_use]
    pub fn new(action: &str, resource: &str, context: Context) -> Self {
        Self {
            action: action.to_owned(),
            resource: resource.to_owned(),
            context,
        }
    }
}

/// The answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Something allows it and nothing denies it.
    Allow,
    /// A statement denies it.
    ExplicitDeny,
    /// No statement allows it.
    ImplicitDeny,
    /// It depends on condition keys that are not known, or on an operator that RAM does not have.
    Unknown,
}

impl Decision {
    /// The decision as the command line prints it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::ExplicitDeny => "ExplicitDeny",
            Self::ImplicitDeny => "ImplicitDeny",
            Self::Unknown => "Unknown",
        }
    }
}

/// A statement of one of several documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementRef {
    /// Position in the list of documents, from 0.
    pub document: usize,
    /// Position in the document's list of statements, from 0.
    pub index: usize,
}

/// A decision and what led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The decision.
    pub decision: Decision,
    /// The statements that decided; for an unknown decision those that could.
    pub statements: Vec<StatementRef>,
    /// The condition keys on which an unknown decision depends.
    pub keys: Vec<String>,
    /// Why, as a clause.
    pub reason: String,
}

/// Whether the patterns fit, the Not forms included.
fn fits(patterns: &Patterns, matches: impl Fn(&str) -> bool) -> bool {
    patterns.texts().any(matches) != patterns.negated
}

/// Whether all clauses hold.
fn holds(condition: &[Clause], context: &Context) -> Truth {
    condition.iter().fold(Truth::Yes, |truth, clause| {
        if truth == Truth::No {
            return truth;
        }
        truth.and(Test::new(clause).ask(context.lookup(&clause.key.value)))
    })
}

impl Statement {
    /// Whether the statement is about this action and resource, whatever its condition says.
    #[must_use]
    pub fn is_about(&self, action: &str, resource: &str) -> bool {
        fits(&self.actions, |pattern| action_matches(pattern, action))
            && self.resources.as_ref().is_none_or(|resources| {
                fits(resources, |pattern| resource_matches(pattern, resource))
            })
    }
}

/// Decides a request on permission documents taken together.
#[must_use]
pub fn evaluate(documents: &[Document], request: &Request) -> Verdict {
    let matched = documents
        .iter()
        .enumerate()
        .flat_map(|(document, content)| {
            let about = content.statements.iter().filter(|statement| {
                statement.resources.is_some()
                    && statement.is_about(&request.action, &request.resource)
            });
            about.map(move |statement| (document, statement))
        });
    decide(matched, &request.context, &request.action)
}

/// Decides on the statements that are about a request.
fn decide<'a>(
    statements: impl Iterator<Item = (usize, &'a Statement)>,
    context: &Context,
    action: &str,
) -> Verdict {
    let (mut allows, mut denies) = (Vec::new(), Vec::new());
    let (mut maybe_allows, mut maybe_denies) = (Vec::new(), Vec::new());
    for (document, statement) in statements {
        let at = StatementRef {
            document,
            index: statement.index,
        };
        match (statement.effect, holds(&statement.condition, context)) {
            (_, Truth::No) => {}
            (Effect::Allow, Truth::Yes) => allows.push(at),
            (Effect::Deny, Truth::Yes) => denies.push(at),
            (Effect::Allow, Truth::Unknown) => maybe_allows.push((at, statement)),
            (Effect::Deny, Truth::Unknown) => maybe_denies.push((at, statement)),
        }
    }
    if !denies.is_empty() {
        return Verdict {
            decision: Decision::ExplicitDeny,
            statements: denies,
            keys: Vec::new(),
            reason: format!("a Deny matches `{action}` on this resource"),
        };
    }
    if allows.is_empty() && maybe_allows.is_empty() {
        return Verdict {
            decision: Decision::ImplicitDeny,
            statements: Vec::new(),
            keys: Vec::new(),
            reason: format!("no Allow matches `{action}` on this resource"),
        };
    }
    if maybe_denies.is_empty() && !allows.is_empty() {
        return Verdict {
            decision: Decision::Allow,
            statements: allows,
            keys: Vec::new(),
            reason: format!("an Allow matches `{action}` on this resource and no Deny does"),
        };
    }
    // With a sure Allow only the Denies are in question, without one both sides are.
    let mut open = maybe_denies;
    if allows.is_empty() {
        open.extend(maybe_allows);
    }
    let mut keys: Vec<String> = open
        .iter()
        .flat_map(|(_, statement)| &statement.condition)
        .filter(|clause| Test::new(clause).ask(context.lookup(&clause.key.value)) == Truth::Unknown)
        .map(|clause| clause.key.value.clone())
        .collect();
    keys.sort();
    keys.dedup();
    let mut statements: Vec<StatementRef> = open.into_iter().map(|(at, _)| at).collect();
    statements.extend(allows);
    statements.sort();
    Verdict {
        decision: Decision::Unknown,
        statements,
        reason: format!("it depends on {}", listed(&keys)),
        keys,
    }
}

/// `` `a`, `b` and `c` ``
fn listed(keys: &[String]) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// Who wants to assume a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assumer {
    /// A cloud service, by its principal, such as `imm.aliyuncs.com`.
    Service(String),
    /// A user or role, by account and ARN. The root identity of an account may not assume roles.
    Identity {
        /// The account's number.
        account: String,
        /// `acs:ram::<account>:user/<name>` or `acs:ram::<account>:role/<name>`.
        arn: String,
    },
    /// A session of an identity provider, by the provider's ARN.
    Federated(String),
}

impl Principal {
    /// Whether this principal means, or includes, the one who asks.
    #[must_use]
    pub fn includes(&self, assumer: &Assumer) -> bool {
        let who = self.who.value.as_str();
        match (self.kind, assumer) {
            (PrincipalKind::Anyone, _) => true,
            (PrincipalKind::Service, Assumer::Service(service)) => {
                super::matching::Glob::new(who).matches_str(service)
            }
            (PrincipalKind::Federated, Assumer::Federated(arn)) => resource_matches(who, arn),
            (PrincipalKind::Ram, Assumer::Identity { account, arn }) => {
                let whole = |fields: [&str; 5]| {
                    fields[4].eq_ignore_ascii_case("root")
                        && super::matching::Glob::new(fields[3]).matches_str(account)
                };
                arn_fields(who).is_some_and(whole) || resource_matches(who, arn)
            }
            _ => false,
        }
    }
}

/// Decides on a trust document whether somebody may assume the role.
#[must_use]
pub fn evaluate_trust(document: &Document, assumer: &Assumer, context: &Context) -> Verdict {
    evaluate_trust_for(document, |principal| principal.includes(assumer), context)
}

/// Decides on a trust document for whoever the closure says a principal includes.
pub(super) fn evaluate_trust_for(
    document: &Document,
    includes: impl Fn(&Principal) -> bool,
    context: &Context,
) -> Verdict {
    let about = document.statements.iter().filter(|statement| {
        fits(&statement.actions, |pattern| {
            action_matches(pattern, "sts:AssumeRole")
        }) && statement.principals.iter().flatten().any(&includes)
    });
    let mut verdict = decide(about.map(|s| (0, s)), context, "sts:AssumeRole");
    verdict.reason = verdict
        .reason
        .replace("on this resource", "by this principal");
    verdict
}

/// Everything that has a say in one request.
#[derive(Debug, Clone, Default)]
pub struct Authority<'a> {
    /// The caller is the root of the account that owns the resource.
    pub root: bool,
    /// Control policies of the resource directory, where they apply.
    pub control: Option<&'a [Document]>,
    /// The session policy, where the caller's session was made with one.
    pub session: Option<&'a [Document]>,
    /// The policies of the caller and its groups, or of its role, with the scope of the account.
    pub identity: &'a [Document],
    /// The same, with the scope of the resource's resource group.
    pub group_identity: &'a [Document],
    /// What the resource's own policy says, where it has one: a bucket's policy or, for
    /// `sts:AssumeRole`, the role's trust policy (see [`evaluate_trust`]).
    pub resource: Option<Verdict>,
}

/// Decides a request on everything that has a say in it.
///
/// `sts:AssumeRole` of a role with a trust verdict needs both sides to allow; anything else needs one
/// of identity and resource policy. An explicit Deny of any side wins. References to statements
/// count documents in the order control, session, identity, group identity; a resource verdict's
/// own references are left out unless it alone decided.
#[must_use]
pub fn authorize(authority: &Authority<'_>, request: &Request) -> Verdict {
    let simple = |decision, reason: &str| Verdict {
        decision,
        statements: Vec::new(),
        keys: Vec::new(),
        reason: reason.to_owned(),
    };
    if authority.root {
        return simple(Decision::Allow, "the account's root may do everything");
    }
    let mut offset = 0;
    let mut open: Option<Verdict> = None;
    for (documents, name) in [
        (authority.control, "control policies"),
        (authority.session, "session policy"),
    ] {
        let Some(documents) = documents else { continue };
        let mut verdict = shifted(evaluate(documents, request), offset);
        offset += documents.len();
        verdict.reason = format!("by the {name}, {}", verdict.reason);
        match verdict.decision {
            Decision::Allow => {}
            Decision::ExplicitDeny | Decision::ImplicitDeny => return verdict,
            Decision::Unknown => open = open.or(Some(verdict)),
        }
    }
    let account = shifted(evaluate(authority.identity, request), offset);
    offset += authority.identity.len();
    let identity = if account.decision == Decision::ImplicitDeny {
        shifted(evaluate(authority.group_identity, request), offset)
    } else {
        account
    };
    let combined = match &authority.resource {
        None => identity,
        Some(resource) => {
            let both = request.action.eq_ignore_ascii_case("sts:AssumeRole");
            combine(identity, resource.clone(), both)
        }
    };
    match (open, combined.decision) {
        // Whatever the open stage says, the rest refuses.
        (None, _) | (Some(_), Decision::ExplicitDeny | Decision::ImplicitDeny) => combined,
        (Some(open), _) => open,
    }
}

fn shifted(mut verdict: Verdict, offset: usize) -> Verdict {
    for at in &mut verdict.statements {
        at.document += offset;
    }
    verdict
}

fn combine(identity: Verdict, mut resource: Verdict, both: bool) -> Verdict {
    resource.statements.clear();
    resource.reason = format!("by the resource's own policy, {}", resource.reason);
    let of = |decision: Decision| {
        if identity.decision == decision {
            Some(identity.clone())
        } else if resource.decision == decision {
            Some(resource.clone())
        } else {
            None
        }
    };
    let order = if both {
        [
            Decision::ExplicitDeny,
            Decision::ImplicitDeny,
            Decision::Unknown,
            Decision::Allow,
        ]
    } else if identity.decision == Decision::Unknown || resource.decision == Decision::Unknown {
        // An unknown side may still be an explicit Deny.
        [
            Decision::ExplicitDeny,
            Decision::Unknown,
            Decision::Allow,
            Decision::ImplicitDeny,
        ]
    } else {
        [
            Decision::ExplicitDeny,
            Decision::Allow,
            Decision::Unknown,
            Decision::ImplicitDeny,
        ]
    };
    order.into_iter().find_map(of).unwrap_or(identity)
}

#[cfg(test)]
#[path = "evaluate_tests.rs"]
mod tests;
