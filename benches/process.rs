//! What a plugin's process costs, measured from outside: the time from its start to the handshake
//! and to its schema, the time it takes to end, and its memory. Prints medians; judges nothing.
//!
//! `cargo bench --bench process`, with another number of runs as its argument.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a bench is a test that prints, and shares the tests' host"
)]

#[path = "../tests/protocol/child.rs"]
mod child;
#[path = "../tests/protocol/client.rs"]
mod client;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use terraform_provider_imm::plugin::proto::go_plugin::Empty;
use terraform_provider_imm::plugin::proto::go_plugin::grpc_broker_client::GrpcBrokerClient;
use terraform_provider_imm::plugin::proto::go_plugin::grpc_controller_client::GrpcControllerClient;
use terraform_provider_imm::plugin::proto::go_plugin::grpc_stdio_client::GrpcStdioClient;
use terraform_provider_imm::plugin::proto::tfplugin6 as tf;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic_prost::ProstCodec;

use child::Start;
use client::Identity;

const RUNS: usize = 50;

fn main() {
    let runs = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(RUNS);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let identity = Identity::new();
    let start = Start::encrypted(&identity.pem);

    let empty = (0..runs).map(|_| empty_process()).collect();
    let mut samples = Samples::default();
    for run in 0..runs {
        runtime.block_on(life(&start, &identity, run % 2 == 1, &mut samples));
    }
    println!("medians of {runs} runs");
    print("a process that does nothing (/bin/true)", empty);
    print("spawn to handshake line", samples.handshake);
    print("spawn to schema, with mutual TLS", samples.schema);
    print("Shutdown to exit, idle", samples.exit_idle);
    print("Shutdown to exit, a call in flight", samples.exit_busy);
    samples.memory.sort_unstable();
    match samples.memory.get(samples.memory.len() / 2) {
        Some(kib) => println!("{:<44}{kib:>10} KiB", "resident memory after the schema"),
        None => println!("resident memory is not told on this system"),
    }
}

#[derive(Default)]
struct Samples {
    handshake: Vec<Duration>,
    schema: Vec<Duration>,
    exit_idle: Vec<Duration>,
    exit_busy: Vec<Duration>,
    memory: Vec<u64>,
}

/// One process, from its start to its end, the way Terraform reads a schema.
async fn life(start: &Start, identity: &Identity, busy: bool, samples: &mut Samples) {
    let mut command = start.command();
    let begin = Instant::now();
    let mut plugin = start.greet(command.spawn().expect("the plugin starts"));
    samples.handshake.push(begin.elapsed());

    let channel = client::encrypted(&plugin, identity).await;
    // go-plugin opens these two first.
    let _stdio = GrpcStdioClient::new(channel.clone())
        .stream_stdio(())
        .await
        .expect("a stream");
    let _broker = GrpcBrokerClient::new(channel.clone())
        .start_stream(tokio_stream::pending())
        .await
        .expect("a stream");
    client::provider(channel.clone())
        .get_provider_schema(tf::get_provider_schema::Request {})
        .await
        .expect("a schema");
    samples.schema.push(begin.elapsed());
    samples
        .memory
        .extend(child::resident_kib(plugin.child.id()));

    if busy {
        tokio::spawn(unfinished(channel.clone()));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let asked = Instant::now();
    let ended = tokio::task::spawn_blocking(move || {
        let status = plugin.child.wait();
        (asked.elapsed(), status)
    });
    // The answer may be cut off by the end itself.
    let _ = GrpcControllerClient::new(channel).shutdown(Empty {}).await;
    let (elapsed, status) = ended.await.expect("a thread");
    assert!(status.expect("a status").success());
    if busy {
        samples.exit_busy.push(elapsed);
    } else {
        samples.exit_idle.push(elapsed);
    }
}

/// A call whose request never ends.
async fn unfinished(channel: Channel) {
    let mut client = tonic::client::Grpc::new(channel);
    if client.ready().await.is_err() {
        return;
    }
    let request = tonic::Request::new(tokio_stream::pending::<tf::read_resource::Request>());
    let codec = ProstCodec::<_, tf::read_resource::Response>::default();
    let path = PathAndQuery::from_static("/tfplugin6.Provider/ReadResource");
    // It ends with the process.
    let _ = client.client_streaming(request, path, codec).await;
}

fn empty_process() -> Duration {
    let begin = Instant::now();
    let status = Command::new("/bin/true").stdin(Stdio::null()).status();
    assert!(status.expect("it starts").success());
    begin.elapsed()
}

fn print(what: &str, mut samples: Vec<Duration>) {
    samples.sort_unstable();
    let at = |percent: usize| {
        samples
            .get((samples.len().saturating_sub(1)) * percent / 100)
            .map_or(f64::NAN, |sample| sample.as_secs_f64() * 1000.0)
    };
    println!("{what:<44}{:>10.2} ms   (90 %: {:.2} ms)", at(50), at(90));
}
