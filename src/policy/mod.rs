//! RAM's policy language: parse, print, compare, check, evaluate, and prove containment.
//!
//! Pure functions over text and values. No I/O, no clock, no Terraform, no HTTP; nothing here panics
//! and every algorithm has a bound on its work.

pub mod ast;
pub mod codes;
pub mod condition;
pub mod evaluate;
pub mod intervals;
pub mod json;
pub mod matching;
pub mod normalize;
pub mod parse;
pub mod print;

pub use normalize::equivalent;
