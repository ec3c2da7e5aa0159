//! The Terraform plugin framework: everything a provider needs to speak plugin protocol 6, and
//! nothing about any cloud.
//!
//! | module | holds |
//! |---|---|
//! | [`value`] | types, values, paths; MessagePack and JSON codecs |
//! | [`diagnostics`] | what the user reads when something is wrong |
//! | [`schema`] | schemas as data, bound to a model struct; validators and plan modifiers |
//! | [`author`] | the traits that a provider, a resource and a data source implement |
//! | [`engine`] | one file per RPC, in native types: defaults, unknowns, semantic equality, … |
//! | [`proto`], `convert` | the generated wire types, and the way from them to native ones and back |
//! | [`server`] | the process: handshake, TLS, gRPC services, logs, panics, end |
//! | [`testing`] | a small Terraform core that drives an engine and knows the rules |
//!
//! This module may not name another top-level module of the crate, any policy, or any resource.

pub mod author;
mod convert;
pub mod diagnostics;
pub mod engine;
pub mod proto;
pub mod schema;
pub mod server;
#[doc(hidden)]
pub mod testing;
pub mod value;
