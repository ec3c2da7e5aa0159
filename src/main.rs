//! The binary: wires the layers, reads the process environment and exits.

use std::process::ExitCode;

use terraform_provider_imm::{cli, host::Host};

fn main() -> ExitCode {
    ExitCode::from(cli::run(
        std::env::args_os().skip(1).collect(),
        &Host::system(),
    ))
}
