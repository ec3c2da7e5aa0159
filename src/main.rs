//! Wires the layers together and decides what the process is: a plugin that Terraform started, the
//! same under a developer's hand, or a command for a person.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::thread::available_parallelism;

use terraform_provider_imm::cli;
use terraform_provider_imm::host::Host;
use terraform_provider_imm::plugin::author::Provider;
use terraform_provider_imm::plugin::server::{self, StartError};
use tokio::runtime::{Builder, Runtime};

fn main() -> ExitCode {
    let host = Host::system();
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let code = match arguments.as_slice() {
        [] if server::started_by_host(&host) => plugin(Imm, &host, Serve::Managed),
        [] => {
            write_error(cli::introduction().as_bytes());
            1
        }
        [flag] if flag == "-debug" || flag == "--debug" => plugin(Imm, &host, Serve::Unmanaged),
        _ => cli::run(arguments, &host),
    };
    ExitCode::from(code)
}

enum Serve {
    Managed,
    Unmanaged,
}

/// Serves Terraform, and returns the exit code.
fn plugin<P: Provider>(provider: P, host: &Host, serve: Serve) -> u8 {
    server::install_panic_hook(write_error);
    server::install_logging(host, P::NAME, write_error);
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

/// TEMPORARY until `provider` has its type.
struct Imm;

#[derive(Default, Clone, PartialEq, Debug)]
struct Nothing;

impl Provider for Imm {
    type Config = Nothing;
    type Client = ();
    const NAME: &'static str = "imm";
    const ADDRESS: &'static str = "registry.terraform.io/imm-rs/imm";
    fn schema() -> terraform_provider_imm::plugin::schema::Schema<Nothing> {
        terraform_provider_imm::plugin::schema::Schema::new("nothing")
    }
    async fn configure(
        &self,
        _: Nothing,
        _: &str,
    ) -> terraform_provider_imm::plugin::author::Outcome<Option<()>> {
        Ok(Some(()))
    }
    fn resources(
        &self,
    ) -> &'static [&'static dyn terraform_provider_imm::plugin::author::AnyResource<()>] {
        &[]
    }
    fn data_sources(
        &self,
    ) -> &'static [&'static dyn terraform_provider_imm::plugin::author::AnyDataSource<()>] {
        &[]
    }
}
