//! Values of any type.

use std::collections::BTreeMap;

use super::{Number, Type};

/// A value of any type, as it travels between Terraform and the provider.
///
/// A `Dynamic` does not carry its type: the schema does. The one exception is
/// [`Dynamic::Typed`], the content of an attribute whose type is [`Type::Dynamic`].
#[derive(Debug, Clone, PartialEq)]
pub enum Dynamic {
    /// No value.
    Null,
    /// Not known until apply; what is already known about it, if anything.
    Unknown(Option<Box<Refinement>>),
    /// A boolean.
    Bool(bool),
    /// An exact number.
    Number(Number),
    /// Text in NFC.
    String(String),
    /// Elements in order.
    List(Vec<Dynamic>),
    /// Elements without order or duplicates. `PartialEq` on `Dynamic` compares them as sets.
    Set(Vec<Dynamic>),
    /// Elements by key.
    Map(BTreeMap<String, Dynamic>),
    /// Elements of a fixed number.
    Tuple(Vec<Dynamic>),
    /// Attributes by name; every attribute of the type is present.
    Object(BTreeMap<String, Dynamic>),
    /// A value together with its type.
    Typed(Box<(Type, Dynamic)>),
}

/// What is known about an unknown value. Whatever a plan promises, apply must honour.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Refinement {
    /// `Some(false)`: the value will never be null.
    pub nullness: Option<bool>,
    /// The value is text beginning so.
    pub string_prefix: Option<String>,
    /// Lower bound of a number, and whether the bound itself is allowed.
    pub number_lower: Option<(Number, bool)>,
    /// Upper bound of a number, and whether the bound itself is allowed.
    pub number_upper: Option<(Number, bool)>,
    /// Least number of elements of a collection.
    pub length_lower: Option<i64>,
    /// Greatest number of elements of a collection.
    pub length_upper: Option<i64>,
}
