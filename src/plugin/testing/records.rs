//! What the fake core keeps and tells.

use std::fmt;

use crate::plugin::diagnostics::Diagnostics;
use crate::plugin::value::{Dynamic, Path, ValueError};

/// What Terraform shows for a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    NoOp,
    /// `+`
    Create,
    /// `~`
    Update,
    /// `-/+`
    Replace,
    /// `-`
    Delete,
}

/// An object in the state.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// The type's whole name.
    pub type_name: String,
    /// What is stored.
    pub state: Dynamic,
    /// What the provider keeps beside it.
    pub private: Vec<u8>,
    /// Its identity, where it has one.
    pub identity: Option<Dynamic>,
    /// Whether its create failed half way; it is replaced then.
    pub tainted: bool,
}

/// A planned change.
#[derive(Debug, Clone)]
pub struct Change {
    /// The type's whole name.
    pub type_name: String,
    /// What Terraform would show.
    pub action: Action,
    /// The object before, refreshed.
    pub prior: Option<Instance>,
    /// What the author wrote; null for a destroy.
    pub config: Dynamic,
    /// What will be; null for a destroy.
    pub planned: Dynamic,
    /// Attributes whose change replaces the object.
    pub replaces: Vec<Path>,
    /// Messages, warnings only.
    pub warnings: Diagnostics,
    pub(super) private: Vec<u8>,
    pub(super) identity: Option<Dynamic>,
}

/// Why something did not come to its end.
#[derive(Clone)]
pub enum Failure {
    /// The provider said no.
    Refused {
        /// Why.
        diagnostics: Diagnostics,
        /// What is in the state all the same.
        state: Option<Box<Instance>>,
    },
    /// The provider broke a rule of Terraform's.
    Broken(Vec<String>),
}

impl Failure {
    /// The provider's messages; none where it broke a rule.
    #[must_use]
    pub fn diagnostics(&self) -> Diagnostics {
        match self {
            Self::Refused { diagnostics, .. } => diagnostics.clone(),
            Self::Broken(_) => Diagnostics::new(),
        }
    }

    /// What is in the state all the same.
    #[must_use]
    pub fn state(&self) -> Option<&Instance> {
        match self {
            Self::Refused { state, .. } => state.as_deref(),
            Self::Broken(_) => None,
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { diagnostics, state } => {
                writeln!(f, "the provider refused:")?;
                writeln!(f, "{diagnostics}")?;
                match state {
                    Some(state) => write!(f, "left in state: {:?}", state.state),
                    None => f.write_str("nothing is in the state"),
                }
            }
            Self::Broken(rules) => {
                writeln!(f, "rules of Terraform core are broken:")?;
                f.write_str(&rules.join("\n"))
            }
        }
    }
}

impl From<ValueError> for Failure {
    fn from(error: ValueError) -> Self {
        Self::Broken(vec![error.to_string()])
    }
}
