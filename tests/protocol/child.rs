//! The plugin's process, driven as go-plugin drives it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tempfile::TempDir;

pub const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// How a plugin is started: nothing of the test's own environment is passed on.
pub struct Start {
    environment: BTreeMap<String, String>,
    /// Goes with the last process, and whatever a killed one leaves behind with it.
    directory: Arc<TempDir>,
}

impl Start {
    /// As Terraform does it without encryption.
    pub fn plain() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let temporary = directory.path().to_str().expect("UTF-8").to_owned();
        Self {
            environment: BTreeMap::new(),
            directory: Arc::new(directory),
        }
        .with("TMPDIR", temporary)
        .with("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
        .with("PLUGIN_PROTOCOL_VERSIONS", "5,6")
        .with("PLUGIN_MIN_PORT", "10000")
        .with("PLUGIN_MAX_PORT", "25000")
    }

    /// As Terraform does it.
    pub fn encrypted(certificate_pem: &str) -> Self {
        Self::plain().with("PLUGIN_CLIENT_CERT", certificate_pem)
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    /// The process, before it has said anything.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terraform-provider-imm"));
        command
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// A process that has shaken hands.
    pub fn spawn(&self) -> Plugin {
        self.greet(self.command().spawn().expect("the plugin starts"))
    }

    /// Reads the handshake line of a process that has just been started.
    pub fn greet(&self, mut child: Child) -> Plugin {
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line is read");
        assert!(
            line.ends_with('\n'),
            "no handshake: {line:?}, {}",
            drain(child.stderr.take().expect("stderr is a pipe"))
        );
        line.pop();
        Plugin {
            child,
            stdout,
            line,
            _directory: Arc::clone(&self.directory),
        }
    }
}

/// A running plugin. Killed where a test forgets it.
pub struct Plugin {
    pub child: Child,
    stdout: BufReader<ChildStdout>,
    pub line: String,
    _directory: Arc<TempDir>,
}

impl Plugin {
    pub fn fields(&self) -> Vec<&str> {
        self.line.split('|').collect()
    }

    /// The socket's path.
    pub fn socket(&self) -> PathBuf {
        assert_eq!(self.fields()[2], "unix", "{}", self.line);
        PathBuf::from(self.fields()[3])
    }

    /// The server's certificate in DER.
    pub fn certificate(&self) -> Vec<u8> {
        STANDARD_NO_PAD
            .decode(self.fields()[5])
            .expect("base64 without padding")
    }

    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        let id = i32::try_from(self.child.id()).expect("a process id");
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), signal).expect("a signal is sent");
    }

    /// Waits for the end; returns the exit code, what else came on standard output, and standard
    /// error.
    pub fn wait(mut self) -> (Option<i32>, String, String) {
        let stderr = drain(self.child.stderr.take().expect("stderr is a pipe"));
        let mut stdout = String::new();
        self.stdout.read_to_string(&mut stdout).expect("text");
        let status = self.child.wait().expect("the process ends");
        (status.code(), stdout, stderr)
    }

    /// How long the process takes to end from now on.
    pub fn time_to_end(&mut self) -> Duration {
        let start = Instant::now();
        loop {
            if self.child.try_wait().expect("a status").is_some() {
                return start.elapsed();
            }
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "the process does not end"
            );
            std::thread::sleep(Duration::from_micros(100));
        }
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        // Where it has ended already there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn drain(mut source: impl Read) -> String {
    let mut text = String::new();
    source.read_to_string(&mut text).expect("text");
    text
}

/// Resident memory of a process in KiB, as Linux tells it.
pub fn resident_kib(process: u32) -> Option<u64> {
    let status =
        std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status"));
    status.ok()?.lines().find_map(|line| {
        line.strip_prefix("VmRSS:")?
            .trim()
            .strip_suffix(" kB")?
            .parse()
            .ok()
    })
}
