//! The plugin as its host sees it: `process` drives the real binary, `services` the services alone
//! over an in-memory connection, with a provider that can be slow, loud and broken.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "a test fails loudly, measures real time and reads real files; benches share modules"
)]

mod child;
mod client;
mod process;
mod services;
