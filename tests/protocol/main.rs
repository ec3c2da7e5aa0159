//! The plugin as its host sees it: `process` drives the real binary, `services` the services alone
//! over an in-memory connection, with a provider that can be slow, loud and broken.
#![cfg(unix)]
#![expect(
    clippy::disallowed_methods,
    reason = "a test measures real time and reads real files"
)]

mod child;
mod client;
mod process;
