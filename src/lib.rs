//! `terraform-provider-imm`: a Terraform provider for the access side of Alibaba Cloud Intelligent
//! Media Management (IMM), with the plugin framework, the signed cloud client, the policy language
//! and the embedded cloud it is tested against.
//!
//! # Layers
//!
//! Arrows run down only. Nothing on one line knows anything else on the same line, and
//! `tests/layering.rs` fails where somebody forgets it.
//!
//! ```text
//! main.rs                                   wires everything; reads the environment; exits
//! provider/            cli/                 the IMM provider        the command line for people
//! plugin/   cloud/   sandbox/               Terraform framework     signed client    RAM + STS + IMM
//!             api/   policy/                wire types, signature (pure)   policy language (pure)
//!               host.rs                     clock, sleep, randomness, environment, files
//! ```
//!
//! # Where to start reading
//!
//! [`provider::resources`] shows what a resource looks like, [`plugin::author`] the traits it
//! implements, [`plugin::engine`] what the framework does with them, [`cloud`] how a call is made
//! and [`sandbox`] who answers it when there is no cloud.

pub mod api;
pub mod cli;
pub mod cloud;
pub mod host;
pub mod plugin;
pub mod policy;
pub mod provider;
pub mod sandbox;
