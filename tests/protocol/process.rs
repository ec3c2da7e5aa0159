//! The real binary, as a child process.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;
use terraform_provider_imm::plugin::proto::go_plugin::grpc_broker_client::GrpcBrokerClient;
use terraform_provider_imm::plugin::proto::go_plugin::grpc_controller_client::GrpcControllerClient;
use terraform_provider_imm::plugin::proto::go_plugin::grpc_stdio_client::GrpcStdioClient;
use terraform_provider_imm::plugin::proto::go_plugin::{ConnInfo, Empty};
use terraform_provider_imm::plugin::proto::health::HealthCheckRequest;
use terraform_provider_imm::plugin::proto::health::health_check_response::ServingStatus;
use terraform_provider_imm::plugin::proto::health::health_client::HealthClient;
use terraform_provider_imm::plugin::proto::tfplugin6 as tf;
use tokio::net::UnixStream;
use tokio::time::timeout;
use tonic::Code;
use tonic::transport::Channel;

use super::child::{Plugin, Start};
use super::client::{self, Identity};

/// Longer than anything that is expected to happen takes.
const LONG: Duration = Duration::from_secs(10);

/// Long enough for what must not happen to happen.
const SHORT: Duration = Duration::from_millis(200);

async fn shut_down(channel: Channel) {
    // The answer may be cut off by the end itself.
    let _ = GrpcControllerClient::new(channel).shutdown(Empty {}).await;
}

async fn schema(channel: Channel) -> tf::get_provider_schema::Response {
    client::provider(channel)
        .get_provider_schema(tf::get_provider_schema::Request {})
        .await
        .expect("a schema")
        .into_inner()
}

#[test]
fn without_the_cookie_it_is_no_plugin() {
    for start in [
        Start::plain().without("TF_PLUGIN_MAGIC_COOKIE"),
        Start::plain().with("TF_PLUGIN_MAGIC_COOKIE", "wrong"),
    ] {
        let output = start.command().output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(output.stdout, b"");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr.lines().count(), 2, "{stderr}");
        assert!(stderr.contains("terraform init"), "{stderr}");
    }
}

#[test]
fn version_6_is_announced_whatever_the_host_offers() {
    for versions in [Some("5,6"), Some("6,5"), Some("6"), Some("5"), None] {
        let start = match versions {
            Some(versions) => Start::plain().with("PLUGIN_PROTOCOL_VERSIONS", versions),
            None => Start::plain().without("PLUGIN_PROTOCOL_VERSIONS"),
        };
        let plugin = start.spawn();
        assert_eq!(plugin.fields()[..3], ["1", "6", "unix"], "{versions:?}");
        assert_eq!(plugin.fields()[4..], ["grpc", ""], "{versions:?}");
    }
}

#[test]
fn a_seventh_field_is_sent_on_request_only() {
    let plugin = Start::plain().with("PLUGIN_MULTIPLEX_GRPC", "true").spawn();
    assert_eq!(plugin.fields()[4..], ["grpc", "", "false"]);
}

#[test]
fn environments_that_no_host_sets_are_refused() {
    let output = Start::plain()
        .with("PLUGIN_MIN_PORT", "many")
        .command()
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("PLUGIN_MIN_PORT"), "{stderr}");
}

#[tokio::test]
async fn a_whole_life_with_mutual_tls() {
    let identity = Identity::new();
    let plugin = Start::encrypted(&identity.pem).spawn();
    assert_eq!(plugin.fields().len(), 6, "{}", plugin.line);
    assert!(!plugin.fields()[5].contains('='), "{}", plugin.line);
    let channel = client::encrypted(&plugin, &identity).await;

    let schema = schema(channel.clone()).await;
    let capabilities = schema.server_capabilities.unwrap();
    assert!(capabilities.plan_destroy);
    assert!(capabilities.get_provider_schema_optional);
    assert!(!capabilities.move_resource_state);
    assert!(!capabilities.generate_resource_config);

    let socket = plugin.socket();
    assert!(socket.metadata().unwrap().file_type().is_socket());
    shut_down(channel).await;
    let (code, stdout, _) = plugin.wait();
    assert_eq!(code, Some(0));
    assert_eq!(stdout, "", "nothing follows the handshake");
    assert!(!socket.exists());
}

#[tokio::test]
async fn both_versions_of_tls_work() {
    let identity = Identity::new();
    let plugin = Start::encrypted(&identity.pem).spawn();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let connector = client::tls(Some(&identity), plugin.certificate(), &[version]);
        let stream = client::connect_tls(plugin.socket(), connector).await;
        schema(client::channel(stream.unwrap()).await).await;
    }
}

/// Whether a server lets a client in that shows this certificate. With TLS 1.3 a client learns of
/// its refusal only when it reads.
async fn is_let_in(plugin: &Plugin, shown: Option<&Identity>) -> bool {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let connector = client::tls(shown, plugin.certificate(), &[version]);
        let Ok(mut stream) = client::connect_tls(plugin.socket(), connector).await else {
            continue;
        };
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        if stream.write_all(preface).await.is_err() {
            continue;
        }
        let read = timeout(LONG, stream.read_u8()).await;
        if read.expect("an answer or an end").is_ok() {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn nobody_else_is_let_in() {
    let identity = Identity::new();
    let plugin = Start::encrypted(&identity.pem).spawn();
    assert!(!is_let_in(&plugin, None).await);
    assert!(!is_let_in(&plugin, Some(&Identity::new())).await);
    // Refusals do not keep the right one out.
    assert!(is_let_in(&plugin, Some(&identity)).await);
}

#[tokio::test]
async fn connections_that_say_nothing_concern_nobody() {
    let identity = Identity::new();
    let plugin = Start::encrypted(&identity.pem).spawn();
    let _silent = UnixStream::connect(plugin.socket()).await.unwrap();
    for _ in 0..3 {
        drop(UnixStream::connect(plugin.socket()).await.unwrap());
    }
    schema(client::encrypted(&plugin, &identity).await).await;

    let plugin = Start::plain().spawn();
    let _silent = UnixStream::connect(plugin.socket()).await.unwrap();
    for _ in 0..3 {
        drop(UnixStream::connect(plugin.socket()).await.unwrap());
    }
    schema(client::plain(&plugin).await).await;
}

#[tokio::test]
async fn health_tells_of_the_plugin() {
    let plugin = Start::plain().spawn();
    let mut health = HealthClient::new(client::plain(&plugin).await);
    let request = |service: &str| HealthCheckRequest {
        service: service.to_owned(),
    };
    for service in ["plugin", ""] {
        let response = health.check(request(service)).await.unwrap();
        assert_eq!(response.get_ref().status(), ServingStatus::Serving);
    }
    let refusal = health.check(request("other")).await.unwrap_err();
    assert_eq!(refusal.code(), Code::NotFound);

    for (service, status) in [
        ("plugin", ServingStatus::Serving),
        ("other", ServingStatus::ServiceUnknown),
    ] {
        let mut watch = health.watch(request(service)).await.unwrap().into_inner();
        let first = timeout(LONG, watch.message()).await.unwrap().unwrap();
        assert_eq!(first.unwrap().status(), status);
        assert!(timeout(SHORT, watch.message()).await.is_err(), "it stays");
    }
}

#[tokio::test]
async fn broker_and_stdio_are_open_and_silent() {
    let plugin = Start::plain().spawn();
    let channel = client::plain(&plugin).await;
    let mut stdio = GrpcStdioClient::new(channel.clone())
        .stream_stdio(())
        .await
        .unwrap()
        .into_inner();
    let offers = tokio_stream::iter((0..1000).map(|service_id| ConnInfo {
        service_id,
        ..ConnInfo::default()
    }));
    let mut broker = GrpcBrokerClient::new(channel.clone())
        .start_stream(offers)
        .await
        .unwrap()
        .into_inner();
    schema(channel.clone()).await;
    assert!(timeout(SHORT, stdio.message()).await.is_err());
    assert!(timeout(SHORT, broker.message()).await.is_err());

    // Open streams do not keep the process from ending.
    let mut plugin = plugin;
    shut_down(channel).await;
    assert!(plugin.time_to_end() < Duration::from_secs(2));
}

#[test]
fn the_socket_is_where_the_host_wants_it() {
    let directory = tempfile::tempdir().unwrap();
    let group = directory.path().metadata().unwrap().gid();
    let plugin = Start::plain()
        .with("PLUGIN_UNIX_SOCKET_DIR", directory.path().to_str().unwrap())
        .with("PLUGIN_UNIX_SOCKET_GROUP", group.to_string())
        .spawn();
    assert_eq!(plugin.socket().parent(), Some(directory.path()));
    let metadata = plugin.socket().metadata().unwrap();
    assert_eq!(metadata.mode() & 0o777, 0o660);
    assert_eq!(metadata.gid(), group);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);

    plugin.signal(Signal::SIGTERM);
    assert_eq!(plugin.wait().0, Some(0));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn without_a_place_for_a_socket_it_takes_a_port_of_the_range() {
    let plugin = Start::plain().with("TMPDIR", "/nowhere/at/all").spawn();
    assert_eq!(plugin.fields()[2], "tcp", "{}", plugin.line);
    let address = plugin.fields()[3];
    let port: u16 = address.strip_prefix("127.0.0.1:").unwrap().parse().unwrap();
    assert!((10000..=25000).contains(&port), "{port}");
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    schema(client::channel(stream).await).await;
}

#[tokio::test]
async fn the_terminals_signals_are_the_hosts_affair() {
    let plugin = Start::plain().spawn();
    let channel = client::plain(&plugin).await;
    for signal in [Signal::SIGINT, Signal::SIGHUP, Signal::SIGINT] {
        plugin.signal(signal);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    schema(channel).await;
}

// The client must be able to say goodbye while the test waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_termination_ends_an_idle_process_at_once() {
    let mut plugin = Start::plain().spawn();
    let channel = client::plain(&plugin).await;
    let _stdio = GrpcStdioClient::new(channel.clone()).stream_stdio(()).await;
    schema(channel).await;
    let socket = plugin.socket();
    plugin.signal(Signal::SIGTERM);
    assert!(plugin.time_to_end() < Duration::from_secs(1));
    assert!(!socket.exists());
}

#[tokio::test]
async fn it_goes_on_serving_after_a_stop() {
    let plugin = Start::plain().spawn();
    let channel = client::plain(&plugin).await;
    let response = client::provider(channel.clone())
        .stop_provider(tf::stop_provider::Request {})
        .await
        .unwrap();
    assert_eq!(response.into_inner().error, "");
    schema(channel).await;
}

#[tokio::test]
async fn messages_of_a_hundred_megabytes_are_read() {
    let identity = Identity::new();
    let plugin = Start::encrypted(&identity.pem).spawn();
    let response = client::provider(client::encrypted(&plugin, &identity).await)
        .read_resource(tf::read_resource::Request {
            type_name: "imm_unheard_of".to_owned(),
            private: vec![7; 100 << 20],
            ..Default::default()
        })
        .await
        .unwrap();
    let diagnostics = response.into_inner().diagnostics;
    assert_eq!(
        diagnostics.len(),
        1,
        "an unknown type is told: {diagnostics:?}"
    );
}

#[tokio::test]
async fn logs_are_what_the_host_reads() {
    let plugin = Start::plain().with("TF_LOG", "TRACE").spawn();
    let channel = client::plain(&plugin).await;
    schema(channel.clone()).await;
    shut_down(channel).await;
    let (_, _, stderr) = plugin.wait();
    let lines: Vec<Value> = stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .collect();
    for line in &lines {
        let level = line["@level"].as_str().unwrap();
        assert!(["trace", "debug", "info", "warn", "error"].contains(&level));
        assert!(line["@message"].is_string() && line["@module"].is_string());
        let time = line["@timestamp"].as_str().unwrap();
        let shape: String = time
            .chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000000Z");
    }
    let served = lines
        .iter()
        .find(|line| line["@message"] == "Served request")
        .unwrap_or_else(|| panic!("no such line in {stderr}"));
    assert_eq!(served["tf_rpc"], "GetProviderSchema");
    assert_eq!(served["@module"], "sdk.proto");
    assert_eq!(
        served["tf_provider_addr"],
        "registry.terraform.io/imm-rs/imm"
    );
    assert!(served["tf_req_id"].is_string());
    assert!(served["tf_req_duration_ms"].is_u64());
}

#[tokio::test]
async fn nothing_is_logged_where_logs_are_off() {
    let plugin = Start::plain().with("TF_LOG", "OFF").spawn();
    let channel = client::plain(&plugin).await;
    schema(channel.clone()).await;
    shut_down(channel).await;
    let (code, stdout, stderr) = plugin.wait();
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), "", ""));
}

#[tokio::test]
async fn values_are_dumped_on_request() {
    let directory = tempfile::tempdir().unwrap();
    let plugin = Start::plain()
        .with(
            "TF_LOG_SDK_PROTO_DATA_DIR",
            directory.path().to_str().unwrap(),
        )
        .spawn();
    let null = tf::DynamicValue {
        msgpack: vec![0xc0],
        json: Vec::new(),
    };
    client::provider(client::plain(&plugin).await)
        .read_data_source(tf::read_data_source::Request {
            type_name: "imm_unheard_of".to_owned(),
            config: Some(null),
            provider_meta: Some(tf::DynamicValue::default()),
            client_capabilities: None,
        })
        .await
        .unwrap();
    let mut names: Vec<String> = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let endings: Vec<&str> = names
        .iter()
        .map(|name| {
            let (time, rest) = name.split_once('_').unwrap();
            assert!(time.parse::<u64>().is_ok(), "{name}");
            rest
        })
        .collect();
    assert_eq!(
        endings,
        [
            "ReadDataSource_Request_Config.msgpack",
            "ReadDataSource_Request_ProviderMeta.empty",
        ]
    );
    let bytes = std::fs::read(directory.path().join(&names[0])).unwrap();
    assert_eq!(bytes, [0xc0]);
}

#[tokio::test]
async fn an_unmanaged_process_serves_many_commands() {
    let start = Start::plain().without("TF_PLUGIN_MAGIC_COOKIE");
    let mut child = start.command().arg("-debug").spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let value = loop {
        let mut line = String::new();
        assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "it ends too early");
        if let Some(rest) = line.trim().strip_prefix("TF_REATTACH_PROVIDERS='") {
            break rest.strip_suffix('\'').unwrap().to_owned();
        }
    };
    let value: Value = serde_json::from_str(&value).unwrap();
    let reattach = &value["registry.terraform.io/imm-rs/imm"];
    assert_eq!(reattach["ProtocolVersion"], 6);
    assert_eq!(reattach["Test"], true);
    assert_eq!(reattach["Pid"], child.id());
    assert_eq!(reattach["Addr"]["Network"], "unix");
    let socket = Path::new(reattach["Addr"]["String"].as_str().unwrap());

    for _ in 0..2 {
        drop(UnixStream::connect(socket).await.unwrap());
        let channel = client::channel(UnixStream::connect(socket).await.unwrap()).await;
        schema(channel).await;
    }
    let id = i32::try_from(child.id()).unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!socket.exists());
}

#[test]
fn it_does_not_outlive_its_host() {
    // The shell stands for a host that dies without a word.
    let binary = env!("CARGO_BIN_EXE_terraform-provider-imm");
    let mut shell = std::process::Command::new("sh")
        .args(["-c", &format!("{binary} & sleep 0.3; kill -9 $$")])
        .env("TF_PLUGIN_MAGIC_COOKIE", super::child::COOKIE)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(shell.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let socket = Path::new(line.split('|').nth(3).unwrap());
    assert!(socket.exists());
    shell.wait().unwrap();

    // Its standard output ends when it does.
    let start = Instant::now();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert!(start.elapsed() < LONG);
    assert!(!socket.exists());
}

#[tokio::test]
async fn the_end_comes_at_once() {
    let identity = Identity::new();
    let mut plugin = Start::encrypted(&identity.pem).spawn();
    let channel = client::encrypted(&plugin, &identity).await;
    schema(channel.clone()).await;
    shut_down(channel).await;
    // The bar is a few milliseconds; this leaves room for a busy machine.
    assert!(plugin.time_to_end() < Duration::from_secs(1));
}
