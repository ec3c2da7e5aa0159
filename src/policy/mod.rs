//! RAM's policy language: parse, print, compare, check, evaluate, and prove containment.
//!
//! Pure functions over text and values. No I/O, no clock, no Terraform, no HTTP; nothing here panics
//! and every algorithm has a bound on its work.

pub mod codes;
pub mod json;
pub mod normalize;

pub use normalize::equivalent;
