//! Acceptance: a real Terraform drives the real provider binary against the embedded sandbox.
//!
//! Every scenario asserts planned actions and resulting state, as data. `TERRAFORM_VERSIONS=all`
//! (or a list with commas) widens the versions; `ACCEPTANCE_KEEP=1` keeps the folders. As many
//! scenarios run at a time as the test runner has threads, each with one Terraform at a time.

#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    unreachable_pub,
    dead_code,
    reason = "tests may fail loudly, and touch the machine they run on"
)]

mod support;

#[path = "acceptance/agreement.rs"]
mod agreement;
#[path = "acceptance/builtin.rs"]
mod builtin;
#[path = "acceptance/checks.rs"]
mod checks;
#[path = "acceptance/data.rs"]
mod data;
#[path = "acceptance/documents.rs"]
mod documents;
#[path = "acceptance/drift.rs"]
mod drift;
#[path = "acceptance/examples.rs"]
mod examples;
#[path = "acceptance/failures.rs"]
mod failures;
#[path = "acceptance/imports.rs"]
mod imports;
#[path = "acceptance/lifecycle.rs"]
mod lifecycle;
#[path = "acceptance/order.rs"]
mod order;
#[path = "acceptance/provider.rs"]
mod provider;
#[path = "acceptance/seed.rs"]
mod seed;
