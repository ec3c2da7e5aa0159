//! What both ends of a cloud call must agree on: typed requests and answers, error documents,
//! parameter encoding and request signatures.
//!
//! Everything here is pure. Time and nonce come in as arguments; there is no I/O, and no knowledge
//! of Terraform, of policies or of who is calling. [`crate::cloud`] uses it to speak, the sandbox to
//! answer.
//!
//! A call is a struct that implements [`Operation`]. It knows its service, action and version, turns
//! itself into [`Params`], reads itself back from them, and names the type of its answer.

pub mod answer;
pub mod arn;
pub mod encoding;
pub mod error;
pub mod imm;
mod nested;
pub mod operation;
pub mod ram;
pub mod secret;
pub mod signature;
pub mod sts;

pub use encoding::Params;
pub use error::{ErrorDocument, ErrorKind};
pub use operation::{Kind, Operation, ParameterError, Placement, Service};
pub use secret::Secret;
