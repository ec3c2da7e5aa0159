//! Terraform's types and values.
//!
//! Two views of a value exist. [`Dynamic`] is what travels: any value of any [`Type`], with nulls,
//! unknowns and their refinements at every depth. [`Value<T>`] is what a resource's model holds: a
//! Rust value of a known type that may be null or unknown.
//!
//! Numbers are exact ([`Number`]), strings are kept in Unicode NFC, sets compare without order.
//!
//! | module | holds |
//! |---|---|
//! | [`msgpack`] | the form in which values travel to and from Terraform |
//! | [`json`] | the form in which stored state reaches an upgrade |
//!
//! Knows nothing about schemas, RPCs or protobuf.

mod dynamic;
pub mod json;
pub mod msgpack;
mod number;
mod order;
mod path;
mod refinement;
mod typed;
mod types;

#[cfg(test)]
mod tests;

pub use dynamic::Dynamic;
pub use number::{MAX_DIGITS, Number};
pub use path::{Path, Step};
pub use refinement::Refinement;
pub use typed::{Field, Value, ValueError};
pub use types::{ObjectType, Type};

/// How deep values and types may nest. Types written by people stay far below; the bound keeps a
/// hostile message from exhausting the stack.
pub(in crate::plugin) const MAX_DEPTH: usize = 128;

/// A value as it came from the wire, before a schema gives it a type: MessagePack, else JSON, else
/// null of the schema's type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoded {
    /// MessagePack bytes; preferred where not empty.
    pub msgpack: Vec<u8>,
    /// JSON bytes.
    pub json: Vec<u8>,
}

impl Encoded {
    /// Reads the value as one of this type.
    ///
    /// # Errors
    /// When the bytes are malformed or hold a value of another type.
    pub fn decode(&self, ty: &Type) -> Result<Dynamic, ValueError> {
        if !self.msgpack.is_empty() {
            msgpack::decode(&self.msgpack, ty)
        } else if !self.json.is_empty() {
            json::decode(&self.json, ty, json::Unexpected::Refuse)
        } else {
            Ok(Dynamic::Null)
        }
    }

    /// Writes a value of this type, as MessagePack alone: Terraform does not take JSON everywhere.
    ///
    /// # Errors
    /// When the value is not of this type.
    pub fn from_dynamic(value: &Dynamic, ty: &Type) -> Result<Self, ValueError> {
        Ok(Self {
            msgpack: msgpack::encode(value, ty)?,
            json: Vec::new(),
        })
    }
}

/// The text in NFC; costs nothing where it is so already.
pub(in crate::plugin) fn nfc(text: String) -> String {
    if is_nfc(&text) {
        return text;
    }
    use unicode_normalization::UnicodeNormalization as _;
    text.nfc().collect()
}

/// Whether the text is surely in NFC; `false` may also mean that only a full normalisation tells.
fn is_nfc(text: &str) -> bool {
    use unicode_normalization::{IsNormalized, is_nfc_quick};
    text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes
}
