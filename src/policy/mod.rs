//! RAM's policy language: parse, print, compare, check, evaluate, and prove containment.
//!
//! Pure functions over text and values. No I/O, no clock, no Terraform, no HTTP; nothing here panics
//! and every algorithm has a bound on its work.

mod actions;
pub mod ast;
pub mod catalogue;
pub mod codes;
pub mod condition;
pub mod cover;
mod edit;
pub mod evaluate;
pub mod finding;
pub mod functions;
pub mod intervals;
pub mod json;
pub mod lint;
pub mod matching;
pub mod needs;
pub mod normalize;
pub mod parse;
pub mod pass_role;
pub mod print;
mod trust;
pub mod validate;

pub use functions::{policy_allows, policy_covers, policy_findings};
pub use needs::role_findings;
pub use normalize::equivalent;
