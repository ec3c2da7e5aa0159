//! The command line for people.

pub mod policy;

use std::ffi::OsString;
use std::io;

use clap::{Parser, Subcommand};

use crate::host::Host;

#[derive(Debug, Parser)]
#[command(name = "terraform-provider-imm", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check, evaluate and compare RAM policies
    Policy(policy::PolicyArgs),
}

/// Does what the arguments ask for (the binary's own name is not among them) and returns the exit
/// code.
#[must_use]
pub fn run(arguments: Vec<OsString>, host: &Host) -> u8 {
    let name = OsString::from("terraform-provider-imm");
    match Arguments::try_parse_from(std::iter::once(name).chain(arguments)) {
        Ok(arguments) => match arguments.command {
            Command::Policy(arguments) => policy::run(
                arguments,
                host,
                &mut io::stdin().lock(),
                &mut io::stdout().lock(),
                &mut io::stderr().lock(),
            ),
        },
        Err(error) => {
            let _ = error.print();
            u8::try_from(error.exit_code()).unwrap_or(2)
        }
    }
}
