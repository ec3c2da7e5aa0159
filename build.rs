//! Turns `proto/` into Rust, without a protobuf compiler on the machine.

use std::error::Error;

const SOURCES: [&str; 3] = [
    "proto/go_plugin.proto",
    "proto/health.proto",
    "proto/tfplugin6.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let descriptors = protox::compile(SOURCES, ["proto"])?;
    tonic_prost_build::configure()
        // Tests and benches drive the plugin through the clients; without `transport` they are
        // generic over the channel, so the plugin itself carries none of it.
        .build_client(true)
        .build_server(true)
        .build_transport(false)
        // Two runs of one build must give the same bytes.
        .btree_map(".")
        .compile_fds(descriptors)?;
    Ok(())
}
