//! A policy document as RAM reads it: statements, patterns, principals and conditions.
//!
//! The tree keeps what the text said, so that a finding can point at it; whether what it says makes
//! sense is for `validate` and `lint` to judge.

use super::condition::Operator;
use super::json::Span;

/// Which grammar a document follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// What the holder may do: Action and Resource, no Principal.
    Permission,
    /// Who may assume a role: Principal and the action `sts:AssumeRole`, no Resource.
    Trust,
}

/// What a statement does with a request that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Allows it, unless something denies it.
    Allow,
    /// Denies it, whatever allows it.
    Deny,
}

/// A piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What it says.
    pub value: String,
    /// Where it stood.
    pub span: Span,
}

/// The patterns of Action or Resource, or of their Not forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patterns {
    /// Written as NotAction or NotResource: matches what no pattern matches.
    pub negated: bool,
    /// Written as one string, not as a list.
    pub scalar: bool,
    /// The patterns.
    pub items: Vec<Text>,
}

impl Patterns {
    /// The patterns' texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(|item| item.value.as_str())
    }
}

/// Kinds of principals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// An account, user or role.
    Ram,
    /// A cloud service.
    Service,
    /// An identity provider.
    Federated,
    /// The bare `"*"`: whoever.
    Anyone,
}

impl PrincipalKind {
    /// The key under which principals of this kind are listed.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Ram => "RAM",
            Self::Service => "Service",
            Self::Federated => "Federated",
            Self::Anyone => "*",
        }
    }

    /// The kind listed under this key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        match key {
            "RAM" => Some(Self::Ram),
            "Service" => Some(Self::Service),
            "Federated" => Some(Self::Federated),
            _ => None,
        }
    }
}

/// Somebody who is trusted, or is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// What kind of somebody.
    pub kind: PrincipalKind,
    /// Who.
    pub who: Text,
    /// The JSON pointer, within the statement, of who.
    pub pointer: String,
}

/// One key of a condition: all clauses of a statement must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// The operator as it was written.
    pub operator_text: String,
    /// The operator, or none if it is not one of RAM's; the clause is then neither true nor false.
    pub operator: Option<Operator>,
    /// The condition key.
    pub key: Text,
    /// The values; one of them is enough.
    pub values: Vec<Text>,
    /// Written as one value, not as a list.
    pub scalar: bool,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Position in the list of statements, from 0.
    pub index: usize,
    /// Its JSON pointer.
    pub pointer: String,
    /// Where it stood.
    pub span: Span,
    /// What it does.
    pub effect: Effect,
    /// The actions.
    pub actions: Patterns,
    /// The resources; none in a trust policy.
    pub resources: Option<Patterns>,
    /// The principals; none in a permission policy.
    pub principals: Option<Vec<Principal>>,
    /// The condition.
    pub condition: Vec<Clause>,
}

impl Statement {
    /// The JSON pointer of a pattern of Action or NotAction.
    #[must_use]
    pub fn action_pointer(&self, item: usize) -> String {
        let name = if self.actions.negated {
            "NotAction"
        } else {
            "Action"
        };
        item_pointer(&self.pointer, name, self.actions.scalar, item)
    }

    /// The JSON pointer of a pattern of Resource or NotResource.
    #[must_use]
    pub fn resource_pointer(&self, item: usize) -> String {
        let (name, scalar) = match &self.resources {
            Some(resources) if resources.negated => ("NotResource", resources.scalar),
            Some(resources) => ("Resource", resources.scalar),
            None => ("Resource", true),
        };
        item_pointer(&self.pointer, name, scalar, item)
    }

    /// The JSON pointer of a clause's key.
    #[must_use]
    pub fn clause_pointer(&self, clause: &Clause) -> String {
        format!(
            "{}/Condition/{}/{}",
            self.pointer,
            escape_pointer(&clause.operator_text),
            escape_pointer(&clause.key.value)
        )
    }
}

fn item_pointer(statement: &str, name: &str, scalar: bool, item: usize) -> String {
    if scalar {
        format!("{statement}/{name}")
    } else {
        format!("{statement}/{name}/{item}")
    }
}

/// A key as it is written in a JSON pointer.
#[must_use]
pub fn escape_pointer(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The grammar that it follows.
    pub kind: DocumentKind,
    /// The statements, in the order of the text.
    pub statements: Vec<Statement>,
}
