//! What the provider adds to Terraform's own commands: the same command with the same number of
//! objects, once with `terraform_data`, which is built into Terraform, and once with
//! `imm_service_role` on an embedded sandbox.
//!
//! ```text
//! cargo bench --bench terraform
//! ```
//!
//! Both are measured in turn, in one run on one machine; the ratio is the number to compare.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a measuring program for a person, with a clock and files"
)]
#![allow(
    dead_code,
    unreachable_pub,
    reason = "the shared module also serves the tests"
)]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[path = "../tests/support/terraform.rs"]
mod terraform;

use terraform::{DEFAULT, Terraform, install_override};

type Fallible<T> = Result<T, Box<dyn Error>>;

/// Runs of each command with one object; the median counts.
const REPEATED: usize = 15;
/// Runs of each command with many objects.
const REPEATED_MANY: usize = 3;
/// How many are many.
const MANY: usize = 1000;

const BUILT_IN: &str = r#"resource "terraform_data" "this" {
  count = COUNT
  input = "object-${count.index}"
}
"#;

const OURS: &str = r#"terraform {
  required_providers {
    imm = {
      source = "imm-rs/imm"
    }
  }
}

resource "imm_service_role" "this" {
  count     = COUNT
  role_name = "object-${count.index}"
}
"#;

/// Set-ups of role, policy, attachment and project, as many objects together as are many.
const SET_UPS: &str = r#"terraform {
  required_providers {
    imm = {
      source = "imm-rs/imm"
    }
  }
}

provider "imm" {
  CHECKS
}

resource "imm_service_role" "this" {
  count     = COUNT
  role_name = "object-${count.index}"
}

resource "imm_role_policy" "this" {
  count       = COUNT
  policy_name = "object-${count.index}"

  policy_document = jsonencode({
    Version = "1"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["oss:GetObject", "oss:PutObject"]
        Resource = "acs:oss:*:*:media-${count.index}/*"
      },
      { Effect = "Allow", Action = "mns:PublishMessage", Resource = "*" },
      {
        Effect    = "Allow"
        Action    = "ram:PassRole"
        Resource  = "*"
        Condition = { StringEquals = { "acs:Service" = "imm.aliyuncs.com" } }
      },
    ]
  })
}

resource "imm_role_policy_attachment" "this" {
  count       = COUNT
  policy_name = imm_role_policy.this[count.index].policy_name
  role_name   = imm_service_role.this[count.index].role_name
}

resource "imm_project" "this" {
  count        = COUNT
  project_name = "object-${count.index}"
  service_role = imm_service_role.this[count.index].role_name
}
"#;

const OFF: &str = "plan_checks = { IMM1xx = \"off\", IMM2xx = \"off\", IMM3xx = \"off\", \
                   IMM4xx = \"off\", IMM5xx = \"off\" }";

fn main() -> Fallible<()> {
    // `cargo test --benches` runs this too; it is no test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let terraform = Terraform::of_version(DEFAULT)?;
    println!("Terraform {}, medians", terraform.version);

    let root = tempfile::tempdir()?;
    let setting = |name: &str, hcl: &str, count: usize| -> Fallible<Setting> {
        Setting::prepare(
            &terraform,
            &root.path().join(format!("{name}-{count}")),
            hcl,
            count,
        )
    };

    let (built_in, ours) = (setting("data", BUILT_IN, 1)?, setting("role", OURS, 1)?);
    let (base, with, _) = measure(&built_in, &ours, &["plan"], REPEATED, |_| Ok(()))?;
    println!(
        "plan of one object: {} against {}, {:+.0} ms (bar: +60 ms)",
        shown(with),
        shown(base),
        (with.as_secs_f64() - base.as_secs_f64()) * 1e3
    );

    let (built_in, ours) = (
        setting("data", BUILT_IN, MANY)?,
        setting("role", OURS, MANY)?,
    );
    report(
        "plan, all new",
        2.0,
        measure(&built_in, &ours, &["plan"], REPEATED_MANY, |_| Ok(()))?,
    );
    report(
        "apply, all new",
        1.5,
        measure(
            &built_in,
            &ours,
            &["apply", "-auto-approve"],
            REPEATED_MANY,
            Setting::forget,
        )?,
    );
    report(
        "plan, no change",
        2.0,
        measure(
            &built_in,
            &ours,
            &["plan", "-detailed-exitcode"],
            REPEATED_MANY,
            |_| Ok(()),
        )?,
    );
    let (off, on) = (
        setting("off", &SET_UPS.replace("CHECKS", OFF), MANY / 4)?,
        setting("on", &SET_UPS.replace("CHECKS", ""), MANY / 4)?,
    );
    let (without, with, _) = measure(&off, &on, &["plan"], REPEATED_MANY, |_| Ok(()))?;
    println!(
        "plan of {} set-ups, all new, with every check: {} against {} without, ratio {:.2}",
        MANY / 4,
        shown(with),
        shown(without),
        with.as_secs_f64() / without.as_secs_f64()
    );
    Ok(())
}

fn report(what: &str, bar: f64, (base, with, memory): (Duration, Duration, u64)) {
    println!(
        "{what}, {MANY} objects: {} against {}, ratio {:.2} (bar: {bar}); provider at most {} MiB",
        shown(with),
        shown(base),
        with.as_secs_f64() / base.as_secs_f64(),
        memory / 1024,
    );
}

fn shown(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{:.0} ms", time.as_secs_f64() * 1e3)
    } else {
        format!("{:.2} s", time.as_secs_f64())
    }
}

/// Median times of the command in both settings, and the provider's largest resident memory in
/// KiB. `before` each run puts the setting back.
fn measure(
    built_in: &Setting,
    ours: &Setting,
    arguments: &[&str],
    repeated: usize,
    before: impl Fn(&Setting) -> Fallible<()>,
) -> Fallible<(Duration, Duration, u64)> {
    let (mut base, mut with, mut memory) = (Vec::new(), Vec::new(), 0);
    for _ in 0..repeated {
        before(built_in)?;
        base.push(built_in.run(arguments)?.0);
        before(ours)?;
        let (time, peak) = ours.run(arguments)?;
        with.push(time);
        memory = memory.max(peak);
    }
    Ok((median(base), median(with), memory))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

struct Setting {
    terraform: Arc<Terraform>,
    folder: PathBuf,
}

impl Setting {
    fn prepare(
        terraform: &Arc<Terraform>,
        folder: &Path,
        hcl: &str,
        count: usize,
    ) -> Fallible<Self> {
        fs::create_dir_all(folder)?;
        fs::write(
            folder.join("main.tf"),
            hcl.replace("COUNT", &count.to_string()),
        )?;
        let provider = Path::new(env!("CARGO_BIN_EXE_terraform-provider-imm"));
        install_override(provider, &folder.join("override.tfrc"))?;
        Ok(Self {
            terraform: Arc::clone(terraform),
            folder: folder.to_owned(),
        })
    }

    /// Forgets everything that was made.
    fn forget(&self) -> Fallible<()> {
        for entry in fs::read_dir(&self.folder)? {
            let file = entry?.path();
            let name = file.file_name().and_then(|name| name.to_str());
            if name
                .is_some_and(|name| name.starts_with("terraform.tfstate") || name.contains(".db"))
            {
                fs::remove_file(file)?;
            }
        }
        Ok(())
    }

    /// Runs a command; its time, and the provider's largest resident memory in KiB.
    fn run(&self, arguments: &[&str]) -> Fallible<(Duration, u64)> {
        let mut command: Command = self.terraform.command(&self.folder);
        let out = self.folder.join("output");
        command
            .args(arguments)
            .args(["-input=false", "-no-color"])
            .env("TF_CLI_CONFIG_FILE", self.folder.join("override.tfrc"))
            .env("IMM_SANDBOX", self.folder.join("sandbox.db"))
            .stdout(fs::File::create(&out)?)
            .stderr(Stdio::inherit());
        let start = Instant::now();
        let mut child = command.spawn()?;
        let (status, memory) = watch(&mut child)?;
        let time = start.elapsed();
        if !status.success() {
            return Err(format!(
                "terraform {}: {status}\n{}",
                arguments.join(" "),
                fs::read_to_string(&out)?
            )
            .into());
        }
        Ok((time, memory))
    }
}

/// Waits for the end, and looks at the memory of the command's children meanwhile.
fn watch(child: &mut Child) -> Fallible<(ExitStatus, u64)> {
    let tasks = format!("/proc/{}/task", child.id());
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut memory = 0;
            while !ended.load(Ordering::Relaxed) {
                for thread in fs::read_dir(&tasks).into_iter().flatten().flatten() {
                    let ids = fs::read_to_string(thread.path().join("children"));
                    for id in ids.unwrap_or_default().split_whitespace() {
                        memory = memory.max(peak_memory(id).unwrap_or(0));
                    }
                }
                // Seldom enough to cost nothing: the peak is remembered by the kernel.
                thread::sleep(Duration::from_millis(10));
            }
            memory
        });
        let status = child.wait();
        ended.store(true, Ordering::Relaxed);
        Ok((status?, watcher.join().unwrap_or(0)))
    })
}

/// The largest resident memory of a process so far, in KiB.
fn peak_memory(id: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
