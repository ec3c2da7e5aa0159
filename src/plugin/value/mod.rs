//! Terraform's types and values.
//!
//! Two views of a value exist. [`Dynamic`] is what travels: any value of any [`Type`], with nulls,
//! unknowns and their refinements at every depth. [`Value<T>`] is what a resource's model holds: a
//! Rust value of a known type that may be null or unknown.
//!
//! Numbers are exact ([`Number`]), strings are kept in Unicode NFC, sets compare without order.

mod dynamic;
mod number;
mod path;
mod typed;
mod types;

pub use dynamic::{Dynamic, Refinement};
pub use number::Number;
pub use path::{Path, Step};
pub use typed::{Field, Value, ValueError};
pub use types::{ObjectType, Type};

/// A value as it came from the wire, before a schema gives it a type: MessagePack, else JSON, else
/// null of the schema's type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoded {
    /// MessagePack bytes; preferred where not empty.
    pub msgpack: Vec<u8>,
    /// JSON bytes.
    pub json: Vec<u8>,
}
