//! A `sandbox serve` process on the database file of a workspace.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::workspace::PROVIDER;

/// A running server. Stopped when dropped.
#[derive(Debug)]
pub struct Sandbox {
    child: Child,
    /// `http://HOST:PORT`.
    pub url: String,
    /// The account.
    pub account_id: String,
    /// The root account's key.
    pub access_key_id: String,
    /// Its secret.
    pub access_key_secret: String,
}

impl Sandbox {
    /// Serves this database file, made where it is missing.
    pub fn serve(database: &Path) -> Self {
        Self::serve_with(database, &[])
    }

    /// The same, with more arguments.
    pub fn serve_with(database: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(PROVIDER)
            .args(["sandbox", "serve", "--listen", "127.0.0.1:0", "--db"])
            .arg(database)
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let Ok(greeting) = serde_json::from_str::<serde_json::Value>(&line) else {
            let status = child.wait();
            panic!("`sandbox serve` printed {line:?} and ended with {status:?}");
        };
        let field = |name: &str| {
            greeting[name]
                .as_str()
                .unwrap_or_else(|| panic!("no {name} in {line}"))
                .to_owned()
        };
        Self {
            child,
            url: field("url"),
            account_id: field("account_id"),
            access_key_id: field("access_key_id"),
            access_key_secret: field("access_key_secret"),
        }
    }

    /// Asks it to stop as a service manager would, and waits.
    pub fn stop(mut self) {
        self.terminate();
    }

    fn terminate(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
            let _ = kill(id, Signal::SIGTERM);
            let _ = self.child.wait();
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.terminate();
    }
}
