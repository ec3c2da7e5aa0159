//! IMM 2020-09-30: projects, and what can be inside one.
//!
//! There is no region parameter: the region is the endpoint's. Lists are flat. Sizes reach 2^63 − 1
//! and are `i64` throughout. Tags are `Key`/`Value` in requests and `TagKey`/`TagValue` in answers.

mod datasets;
mod ingestion;
mod projects;

pub use datasets::*;
pub use ingestion::*;
pub use projects::*;

pub use super::ram::{Empty, ListedTag, Tag};
