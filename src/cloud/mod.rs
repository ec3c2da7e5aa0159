//! The signed client: settings, credentials, endpoints, retries, and calls that come out right also
//! where an answer is lost.
//!
//! It knows the wire ([`crate::api`]) and the machine ([`crate::host`]), and nothing of Terraform, of
//! policies or of who answers.
//!
//! [`Config::resolve`] makes settings of what the user gave and of the environment, each with its
//! source. [`Client::send`] makes one call of any [`crate::api::Operation`]. The functions of [`ram`],
//! [`imm`] and [`sts`] are what callers want most of the time: they settle writes whose answer was
//! lost by reading back, and take a deletion of what is gone for done.

mod client;
pub mod config;
pub mod credentials;
pub mod endpoint;
pub mod env_names;
mod error;
pub mod imm;
pub mod paginate;
pub mod ram;
pub mod retry;
mod settle;
pub mod sts;
mod transport;
pub mod wait;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use client::Client;
pub use config::{Config, ConfigError, LocalServer, Settings};
pub use error::{Error, Kind};
