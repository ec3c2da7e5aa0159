//! The command line for people. Terraform never comes here: it starts the binary without
//! arguments, and a developer's `-debug` is served before arguments are parsed.
//!
//! One file a command, with its arguments and what it does; this one only chooses. A command
//! returns its exit code: 0 yes or clean, 1 no or errors found, 2 usage or I/O, 3 unknown.

pub mod policy;
pub mod sandbox;

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};

use clap::{Parser, Subcommand};

use crate::host::Host;

/// Exit code of a command that was not understood or could not do its work.
const FAILED: u8 = 2;

/// What a person is told who starts the binary as if it were a program.
#[must_use]
pub fn introduction() -> String {
    format!(
        "terraform-provider-imm {} is a plugin: Terraform starts it where a configuration uses the \
         provider imm-rs/imm.\nTo install it, list that provider under required_providers and run \
         terraform init; see terraform-provider-imm --help for what it does by itself.\n",
        env!("CARGO_PKG_VERSION")
    )
}

#[derive(Debug, Parser)]
#[command(
    name = "terraform-provider-imm",
    version,
    about = "The Terraform provider for the access side of Alibaba Cloud Intelligent Media \
             Management (IMM)",
    after_help = "With -debug it serves Terraform commands until it is interrupted, and prints the \
                  variable that makes them use it."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check, evaluate and compare RAM policies
    Policy(policy::PolicyArgs),
    /// Run the embedded RAM, STS and IMM cloud
    Sandbox(sandbox::SandboxArgs),
}

/// Does what the arguments ask for (the binary's own name is not among them) and returns the exit
/// code.
#[must_use]
pub fn run(arguments: Vec<OsString>, host: &Host) -> u8 {
    let name = OsString::from("terraform-provider-imm");
    let arguments = match Arguments::try_parse_from(std::iter::once(name).chain(arguments)) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version count as errors, go to standard output and mean success. Where
            // nothing can be printed, the exit code still tells.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(FAILED);
        }
    };
    match arguments.command {
        Command::Policy(arguments) => policy::run(
            arguments,
            host,
            &mut io::stdin(),
            &mut io::stdout(),
            &mut io::stderr(),
        ),
        Command::Sandbox(arguments) => {
            wait_for(sandbox::run(arguments, host.clone(), &mut io::stdout()))
        }
    }
}

/// Runs a command that needs a runtime to its end.
fn wait_for<E: fmt::Display>(command: impl Future<Output = Result<(), E>>) -> u8 {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("no threads can be started: {error}")),
    };
    match runtime.block_on(command) {
        Ok(()) => 0,
        Err(error) => failed(&error),
    }
}

/// Says why a command failed. Where that cannot be printed, the exit code still tells.
fn failed(error: &dyn fmt::Display) -> u8 {
    let _ = writeln!(io::stderr(), "Error: {error}");
    FAILED
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_introduction_has_two_lines() {
        assert_eq!(introduction().lines().count(), 2);
    }

    #[test]
    fn help_succeeds_and_nonsense_does_not() {
        let run = |arguments: &[&str]| {
            let arguments = arguments.iter().map(OsString::from).collect();
            run(arguments, &Host::system())
        };
        assert_eq!(run(&["--help"]), 0);
        assert_eq!(run(&["-h"]), 0);
        assert_eq!(run(&["--version"]), 0);
        assert_eq!(run(&["nonsense"]), FAILED);
        assert_eq!(run(&["--nonsense"]), FAILED);
        assert_eq!(run(&[]), FAILED);
    }
}
