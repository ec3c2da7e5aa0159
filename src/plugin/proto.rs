//! The generated wire types, servers and clients: the one place that includes them.
//!
//! `convert` turns the messages into native types and back, `server` implements the services, and
//! the tests drive the plugin through the clients. Nobody else may name this module.
#![allow(
    clippy::allow_attributes_without_reason,
    clippy::all,
    missing_debug_implementations,
    missing_docs,
    rust_2018_idioms,
    unreachable_pub,
    reason = "generated from proto/"
)]

/// Terraform's plugin protocol.
pub mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}

/// go-plugin's broker, controller and stdio services.
pub mod go_plugin {
    tonic::include_proto!("plugin");
}

/// gRPC's health service.
pub mod health {
    tonic::include_proto!("grpc.health.v1");
}
