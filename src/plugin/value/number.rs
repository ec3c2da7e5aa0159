//! Exact numbers.

use bigdecimal::BigDecimal;

/// A number of Terraform's: an exact decimal of any size, or an infinity.
///
/// Equality is by numeric value: `1.0` equals `1`, and the `f64` nearest to 0.1 does not equal 0.1.
#[derive(Debug, Clone, PartialEq)]
pub enum Number {
    /// A finite decimal.
    Finite(BigDecimal),
    /// Positive infinity, which only MessagePack can carry.
    Infinity,
    /// Negative infinity.
    NegativeInfinity,
}
