//! A folder in which a real Terraform runs with the real provider.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::shown::{Diagnostic, Plan, State, diagnostics};
use super::terraform::{Terraform, install_mirror, install_override};

/// A command that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(180);

/// The provider under test.
pub const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-imm");

const REQUIRED: &str = r#"terraform {
  required_providers {
    imm = {
      source = "imm-rs/imm"
    }
  }
}
"#;

/// How Terraform finds the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Install {
    /// `dev_overrides`: no `init`, no lock file. Quick.
    Override,
    /// A filesystem mirror: `terraform init` installs it and writes the lock file.
    Mirror,
}

/// A folder with a configuration, a state and a sandbox of its own. Removed when dropped, unless
/// `ACCEPTANCE_KEEP` is set.
#[derive(Debug)]
pub struct Workspace {
    terraform: Arc<Terraform>,
    root: TempDir,
    variables: BTreeMap<String, String>,
    commands: AtomicUsize,
}

impl Workspace {
    /// A new folder; the provider is the sandbox's root account, on a database file of this folder.
    pub fn new(terraform: &Arc<Terraform>) -> Self {
        Self::installed(terraform, Install::Override)
    }

    /// The same, with this way to find the provider.
    pub fn installed(terraform: &Arc<Terraform>, install: Install) -> Self {
        let mut root = tempfile::Builder::new()
            .prefix("acceptance-")
            .tempdir()
            .unwrap();
        root.disable_cleanup(std::env::var_os("ACCEPTANCE_KEEP").is_some());
        let config = match install {
            Install::Override => {
                let config = root.path().join("override.tfrc");
                install_override(Path::new(PROVIDER), &config).unwrap();
                config
            }
            Install::Mirror => {
                install_mirror(Path::new(PROVIDER), &root.path().join("mirror")).unwrap()
            }
        };
        let mut workspace = Self {
            terraform: Arc::clone(terraform),
            root,
            variables: BTreeMap::new(),
            commands: AtomicUsize::new(0),
        };
        fs::create_dir(workspace.folder()).unwrap();
        fs::create_dir(workspace.logs()).unwrap();
        let database = workspace.database().display().to_string();
        workspace.set("TF_CLI_CONFIG_FILE", &config.display().to_string());
        workspace.set("IMM_SANDBOX", &database);
        workspace.write("required.tf", REQUIRED);
        workspace
    }

    /// The Terraform in use.
    pub fn terraform(&self) -> &Arc<Terraform> {
        &self.terraform
    }

    /// The folder of the configuration.
    pub fn folder(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// The sandbox's database file.
    pub fn database(&self) -> PathBuf {
        self.root.path().join("sandbox.db")
    }

    fn logs(&self) -> PathBuf {
        self.root.path().join("logs")
    }

    /// Sets a variable for every command that follows.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Takes a variable away again.
    pub fn unset(&mut self, name: &str) {
        self.variables.remove(name);
    }

    /// Writes a file of the configuration.
    pub fn write(&self, name: &str, content: &str) {
        fs::write(self.folder().join(name), content).unwrap();
    }

    /// Replaces the configuration.
    pub fn config(&self, hcl: &str) {
        self.write("main.tf", hcl);
    }

    /// Turns from the sandbox inside the provider to this server (a [`Sandbox`] or a proxy in front
    /// of one), with this key.
    ///
    /// [`Sandbox`]: super::Sandbox
    pub fn use_server(&mut self, url: &str, access_key_id: &str, access_key_secret: &str) {
        self.unset("IMM_SANDBOX");
        self.set("ALICLOUD_ACCESS_KEY", access_key_id);
        self.set("ALICLOUD_SECRET_KEY", access_key_secret);
        self.write(
            "provider.tf",
            &format!(
                r#"provider "imm" {{
  region = "cn-hangzhou"

  endpoints {{
    ram = "{url}"
    sts = "{url}"
    imm = "{url}"
  }}
}}
"#
            ),
        );
    }

    /// The bytes of the state file.
    pub fn state_file(&self) -> String {
        fs::read_to_string(self.folder().join("terraform.tfstate")).unwrap_or_default()
    }

    /// Starts a command.
    pub fn start<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Started<'_> {
        let number = self.commands.fetch_add(1, Ordering::Relaxed);
        let out = self.logs().join(format!("{number:02}.stdout"));
        let err = self.logs().join(format!("{number:02}.stderr"));
        let title = std::iter::once("terraform".to_owned())
            .chain(
                arguments
                    .iter()
                    .map(|argument| argument.as_ref().to_string_lossy().into_owned()),
            )
            .collect::<Vec<_>>()
            .join(" ");
        // Into files, not pipes: a provider left behind by a killed Terraform would keep a pipe
        // open, and whoever reads it would wait.
        let child = self
            .terraform
            .command(&self.folder())
            .args(arguments)
            .envs(&self.variables)
            .stdout(fs::File::create(&out).unwrap())
            .stderr(fs::File::create(&err).unwrap())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{title}: {error}"));
        Started {
            child,
            title,
            out,
            err,
            since: Instant::now(),
            done: false,
            workspace: self,
        }
    }

    /// Runs a command to its end, whatever that is.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Run {
        self.start(arguments).wait()
    }

    /// Runs a command that must succeed.
    #[track_caller]
    pub fn ok<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Run {
        let run = self.run(arguments);
        assert!(run.status.success(), "{run}");
        run
    }

    /// `terraform init`.
    #[track_caller]
    pub fn init(&self) -> Run {
        self.ok(&["init", "-input=false", "-no-color"])
    }

    /// Plans; must succeed.
    #[track_caller]
    pub fn plan(&self) -> Plan {
        self.plan_with(&[])
    }

    /// Plans with more arguments; must succeed.
    #[track_caller]
    pub fn plan_with(&self, more: &[&str]) -> Plan {
        let run = self.run_plan(more);
        assert!(
            matches!(run.status.code(), Some(0 | 2)),
            "the plan should succeed: {run}"
        );
        let shown = self.ok(&["show", "-json", "plan.bin"]);
        Plan {
            json: serde_json::from_str(&shown.stdout).unwrap_or_else(|error| {
                panic!("{error}: {shown}");
            }),
            warnings: run.warnings(),
            changes: run.status.code() == Some(2),
        }
    }

    /// Plans; must fail with errors.
    #[track_caller]
    pub fn plan_fails(&self) -> Vec<Diagnostic> {
        self.run_plan(&[]).errors()
    }

    fn run_plan(&self, more: &[&str]) -> Run {
        let mut arguments = vec![
            "plan",
            "-input=false",
            "-json",
            "-detailed-exitcode",
            "-out=plan.bin",
        ];
        arguments.extend(more);
        self.run(&arguments)
    }

    /// Applies the plan made last; must succeed. The state after it.
    #[track_caller]
    pub fn apply(&self) -> State {
        self.ok(&["apply", "-input=false", "-json", "plan.bin"]);
        self.state()
    }

    /// Applies the plan made last; must fail with errors.
    #[track_caller]
    pub fn apply_fails(&self) -> Vec<Diagnostic> {
        self.run(&["apply", "-input=false", "-json", "plan.bin"])
            .errors()
    }

    /// Writes the configuration, plans, applies, and checks that a second plan has nothing to do.
    #[track_caller]
    pub fn deploy(&self, hcl: &str) -> State {
        self.config(hcl);
        self.plan();
        let state = self.apply();
        self.plan().assert_no_changes();
        state
    }

    /// The state now.
    #[track_caller]
    pub fn state(&self) -> State {
        let shown = self.ok(&["show", "-json"]);
        State {
            json: serde_json::from_str(&shown.stdout).unwrap_or_else(|error| {
                panic!("{error}: {shown}");
            }),
        }
    }

    /// Imports an object; must succeed.
    #[track_caller]
    pub fn import(&self, address: &str, id: &str) -> State {
        self.ok(&["import", "-input=false", "-no-color", address, id]);
        self.state()
    }

    /// Forgets an object without touching it.
    #[track_caller]
    pub fn forget(&self, address: &str) {
        self.ok(&["state", "rm", address]);
    }

    /// Destroys everything; must succeed and leave an empty state.
    #[track_caller]
    pub fn destroy(&self) -> Run {
        let run = self.ok(&["destroy", "-input=false", "-auto-approve", "-json"]);
        assert_eq!(self.state().managed(), Vec::<String>::new());
        run
    }
}

/// A command on its way.
#[derive(Debug)]
pub struct Started<'a> {
    child: Child,
    title: String,
    out: PathBuf,
    err: PathBuf,
    since: Instant,
    done: bool,
    workspace: &'a Workspace,
}

impl Started<'_> {
    /// Waits for the end.
    pub fn wait(mut self) -> Run {
        let mut hung = false;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if self.since.elapsed() > PATIENCE {
                hung = true;
                self.kill_group();
            }
            thread::sleep(Duration::from_millis(5));
        };
        self.done = true;
        let run = Run {
            title: format!(
                "{} (Terraform {}, in {})",
                self.title,
                self.workspace.terraform.version,
                self.workspace.folder().display()
            ),
            status,
            stdout: fs::read_to_string(&self.out).unwrap_or_default(),
            stderr: fs::read_to_string(&self.err).unwrap_or_default(),
        };
        assert!(!hung, "still running after {PATIENCE:?}: {run}");
        run
    }

    /// Process ids of the provider processes that this command has started and not yet ended.
    pub fn providers(&self) -> Vec<i32> {
        let terraform = i32::try_from(self.child.id()).unwrap();
        let provider = fs::canonicalize(PROVIDER).unwrap();
        fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let id: i32 = entry.file_name().to_str()?.parse().ok()?;
                let status = fs::read_to_string(entry.path().join("stat")).ok()?;
                // After the name in parentheses: state, then the parent.
                let parent: i32 = status
                    .rsplit_once(')')?
                    .1
                    .split_whitespace()
                    .nth(1)?
                    .parse()
                    .ok()?;
                let program = fs::read_link(entry.path().join("exe")).ok()?;
                (parent == terraform && program == provider).then_some(id)
            })
            .collect()
    }

    /// Kills the provider processes of this command; how many there were.
    pub fn kill_providers(&self) -> usize {
        let ids = self.providers();
        for id in &ids {
            kill(Pid::from_raw(*id), Signal::SIGKILL).unwrap();
        }
        ids.len()
    }

    /// What a person does with Ctrl-C: an interrupt to the whole group.
    pub fn interrupt(&self) {
        let group = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        killpg(group, Signal::SIGINT).unwrap();
    }

    fn kill_group(&mut self) {
        let group = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        // It may be gone already.
        let _ = killpg(group, Signal::SIGKILL);
    }
}

impl Drop for Started<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.kill_group();
            let _ = self.child.wait();
        }
    }
}

/// A command that ended.
#[derive(Debug)]
pub struct Run {
    /// The command line, with the version of Terraform and the folder.
    pub title: String,
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: String,
    /// What it printed on the other stream.
    pub stderr: String,
}

impl Run {
    /// What it said in its JSON lines.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        diagnostics(&self.stdout)
    }

    /// What it warned of, but for the provider being a development version.
    pub fn warnings(&self) -> Vec<Diagnostic> {
        self.diagnostics()
            .into_iter()
            .filter(|diagnostic| {
                diagnostic.severity() == "warning"
                    && diagnostic.summary() != "Provider development overrides are in effect"
            })
            .collect()
    }

    /// The errors of a command that must have failed because of them.
    #[track_caller]
    pub fn errors(&self) -> Vec<Diagnostic> {
        assert_eq!(self.status.code(), Some(1), "it should fail: {self}");
        let errors: Vec<_> = self
            .diagnostics()
            .into_iter()
            .filter(|diagnostic| diagnostic.severity() == "error")
            .collect();
        assert!(!errors.is_empty(), "it failed without an error: {self}");
        errors
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.title)?;
        match (self.status.code(), self.status.signal()) {
            (Some(code), _) => writeln!(f, "exit code {code}")?,
            (None, signal) => writeln!(f, "ended by signal {signal:?}")?,
        }
        for diagnostic in self.diagnostics() {
            writeln!(f, "{diagnostic}")?;
        }
        writeln!(
            f,
            "--- stdout\n{}\n--- stderr\n{}",
            self.stdout, self.stderr
        )
    }
}
