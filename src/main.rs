//! Wires the command line; the one place that reads the process's arguments and exits.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use terraform_provider_imm::cli::sandbox::{SandboxArgs, run};
use terraform_provider_imm::host::Host;

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The embedded RAM, STS and IMM cloud
    Sandbox(SandboxArgs),
}

#[tokio::main]
#[expect(
    clippy::print_stderr,
    reason = "errors of the command line are for people"
)]
async fn main() -> ExitCode {
    let Command::Sandbox(args) = Cli::parse().command;
    match run(args, Host::system(), &mut std::io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error}");
            ExitCode::from(2)
        }
    }
}
