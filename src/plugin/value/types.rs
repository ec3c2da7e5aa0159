//! Type constraints.

use std::collections::{BTreeMap, BTreeSet};

/// The type of a value, as `cty` and the protocol know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// An exact decimal number.
    Number,
    /// Text in Unicode NFC.
    String,
    /// Decided by the value itself ("any"); travels as a pair of type and value.
    Dynamic,
    /// Ordered, of one element type.
    List(Box<Type>),
    /// Unordered, of one element type, without duplicates.
    Set(Box<Type>),
    /// Text keys, of one element type.
    Map(Box<Type>),
    /// Ordered, of a fixed length, one type an element.
    Tuple(Vec<Type>),
    /// Named attributes, each of its own type.
    Object(ObjectType),
}

/// The attributes of an object type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectType {
    /// Name to type.
    pub attributes: BTreeMap<String, Type>,
    /// Names that an author may leave out (type constraints of function parameters only).
    pub optional: BTreeSet<String>,
}
