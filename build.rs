//! Turns `proto/` into Rust, without a protobuf compiler on the machine.

use std::error::Error;

use tonic_prost_build::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    settings().compile_fds(protox::compile(
        ["proto/go_plugin.proto", "proto/health.proto"],
        ["proto"],
    )?)?;
    // Calls that nobody wrote a method for answer `Unimplemented`, which is how Terraform is told
    // that a provider lacks a feature.
    settings()
        .generate_default_stubs(true)
        .compile_fds(protox::compile(["proto/tfplugin6.proto"], ["proto"])?)?;
    Ok(())
}

fn settings() -> Builder {
    tonic_prost_build::configure()
        // Tests and benches drive the plugin through the clients; without `transport` they are
        // generic over the channel, so the plugin itself carries none of it.
        .build_client(true)
        .build_server(true)
        .build_transport(false)
        // Two runs of one build must give the same bytes.
        .btree_map(".")
}
