//! Values in MessagePack, as `cty` reads and writes them.
//!
//! The type is not on the wire: both sides know it from the schema. Two things go beyond plain
//! MessagePack. An unknown value is an extension: of type 0 where nothing is known about it, of
//! type 12 with a map of refinements where something is. And a value whose type is "any" travels
//! as a pair of its type in JSON and the value.

mod read;
mod write;

pub use read::decode;
pub use write::encode;

/// The extension that carries refinements.
const REFINED: i8 = 12;

/// The longest body of refinements that Terraform accepts, in bytes.
const MAX_REFINEMENT: usize = 1024;

/// The longest prefix that is promised of a string, in bytes.
const MAX_PREFIX: usize = 256;

/// Keys of the map of refinements.
mod key {
    pub(super) const NULLNESS: i64 = 1;
    pub(super) const STRING_PREFIX: i64 = 2;
    pub(super) const NUMBER_LOWER: i64 = 3;
    pub(super) const NUMBER_UPPER: i64 = 4;
    pub(super) const LENGTH_LOWER: i64 = 5;
    pub(super) const LENGTH_UPPER: i64 = 6;
}
