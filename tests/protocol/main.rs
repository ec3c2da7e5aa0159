//! The plugin as its host sees it: `process` drives the real binary, `services` the services alone
//! over an in-memory connection, with a provider that can be slow, loud and broken.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    dead_code,
    unreachable_pub,
    reason = "a test measures real time and reads real files; benches share the modules"
)]

mod child;
mod client;
mod process;
mod services;
