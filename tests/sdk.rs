//! The vendor's own SDKs against the sandbox: every action that is served, good and bad.
//!
//! The tests themselves are in `tests/sdk/`, in Python, since the SDKs are; this file brings the SDKs,
//! starts the real binary and insists that every action of its table was driven.

#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "a test has to touch files and processes to be one"
)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use terraform_provider_imm::sandbox::actions;

const REQUIREMENTS: &str = include_str!("sdk/requirements.txt");

/// A virtual environment with the SDKs of `requirements.txt`, made once and kept beside the build.
fn python() -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sdk");
    fs::create_dir_all(&root).unwrap();
    // Several test processes may come here at once; the others wait for the first.
    let lock = File::create(root.join("lock")).unwrap();
    lock.lock().unwrap();
    let venv = root.join("venv");
    let python = venv.join("bin/python");
    let stamp = root.join("stamp");
    if fs::read_to_string(&stamp).is_ok_and(|text| text == REQUIREMENTS) && python.exists() {
        return python;
    }
    let _absent = fs::remove_file(&stamp);
    must(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&venv),
    );
    let list = root.join("requirements.txt");
    fs::write(&list, REQUIREMENTS).unwrap();
    must(
        Command::new(&python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .arg("--requirement")
            .arg(&list),
    );
    fs::write(&stamp, REQUIREMENTS).unwrap();
    python
}

fn must(command: &mut Command) {
    let status = command
        .status()
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    assert!(status.success(), "{command:?} failed: {status}");
}

/// The real binary, serving; ended with the test.
struct Served {
    child: Child,
    line: String,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_terraform-provider-imm"))
            .args(["sandbox", "serve"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "no line was printed: {line:?}");
        Self { child, line }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[test]
fn the_sdks_drive_every_action() {
    let python = python();
    let scratch = tempfile::tempdir().unwrap();
    let db = scratch.path().join("sandbox.db");
    let served = Served::start(&["--db", db.to_str().unwrap(), "--quota", "projects=1000"]);
    let list: Vec<String> = actions()
        .map(|(service, action)| format!("{service}:{action}"))
        .collect();
    let output = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/run.py"))
        .env("SANDBOX_SERVER", &served.line)
        .env("SANDBOX_ACTIONS", list.join(","))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    println!("{text}");
}
