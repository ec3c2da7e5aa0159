//! Wires the layers together and decides what the process is: a plugin that Terraform started, the
//! same under a developer's hand, or a command for a person.

use std::ffi::OsString;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitCode;
use std::thread::available_parallelism;

use terraform_provider_imm::cli;
use terraform_provider_imm::cloud::LocalServer;
use terraform_provider_imm::host::Host;
use terraform_provider_imm::plugin::author::{BoxFuture, Provider};
use terraform_provider_imm::plugin::server::{self, StartError};
use terraform_provider_imm::provider::{ImmProvider, RunningSandbox, SandboxLauncher};
use terraform_provider_imm::sandbox;
use tokio::runtime::{Builder, Runtime};

fn main() -> ExitCode {
    let host = Host::system();
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let code = match arguments.as_slice() {
        [] if server::started_by_host(&host) => plugin(&host, Serve::Managed),
        [] => {
            write_error(cli::introduction().as_bytes());
            1
        }
        [flag] if flag == "-debug" || flag == "--debug" => plugin(&host, Serve::Unmanaged),
        _ => cli::run(arguments, &host),
    };
    ExitCode::from(code)
}

enum Serve {
    Managed,
    Unmanaged,
}

/// Serves Terraform, and returns the exit code.
fn plugin(host: &Host, serve: Serve) -> u8 {
    server::install_panic_hook(write_error);
    server::install_logging(host, ImmProvider::NAME, write_error);
    let provider = ImmProvider::new(host.clone(), Embedded(host.clone()));
    let served = runtime().and_then(|runtime| {
        let stdout = &mut io::stdout();
        let served = runtime.block_on(async {
            match serve {
                Serve::Managed => server::serve(provider, host, stdout).await,
                Serve::Unmanaged => server::serve_unmanaged(provider, host, stdout).await,
            }
        });
        // Whatever still runs was given its time, and ends with the process.
        runtime.shutdown_background();
        served
    });
    match served {
        Ok(()) => 0,
        Err(error) => {
            write_error(format!("The provider cannot be served: {error}.\n").as_bytes());
            1
        }
    }
}

/// A few threads: calls wait for the network far more than they compute.
fn runtime() -> Result<Runtime, StartError> {
    let threads = available_parallelism().map_or(2, |count| count.get().clamp(2, 4));
    Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(|error| StartError::new(format!("no threads can be started: {error}")))
}

/// Standard error is Terraform's log, and a person's screen. Where it is closed nobody listens.
fn write_error(bytes: &[u8]) {
    let _ = io::stderr().lock().write_all(bytes);
}

/// Runs the embedded cloud inside the provider. Only here do both know of each other.
struct Embedded(Host);

impl SandboxLauncher for Embedded {
    fn launch<'a>(&'a self, path: &'a Path) -> BoxFuture<'a, Result<RunningSandbox, String>> {
        Box::pin(async move {
            let options = sandbox::Options::default();
            let sandbox = sandbox::Sandbox::open(path, options, self.0.clone())
                .await
                .map_err(|error| error.to_string())?;
            let server = sandbox::Server::start(sandbox, (Ipv4Addr::LOCALHOST, 0))
                .await
                .map_err(|error| format!("no port can be listened on: {error}"))?;
            let account = server.sandbox().account();
            Ok(RunningSandbox {
                server: LocalServer {
                    address: server.local_addr(),
                    region: server.sandbox().region().to_owned(),
                    access_key: account.access_key_id.clone(),
                    secret_key: account.access_key_secret.clone(),
                },
                guard: Box::new(server),
            })
        })
    }
}
