//! The vendor's own SDKs against the sandbox: every action that is served, good and bad.
//!
//! The tests themselves are in `tests/sdk/`, in Python, since the SDKs are; this file brings the SDKs,
//! starts the real binary and insists that every action of its table was driven.

#![expect(
    clippy::disallowed_methods,
    reason = "a test has to touch files and processes to be one"
)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
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

fn refused(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_terraform-provider-imm"))
        .args(["sandbox", "serve"])
        .args(arguments)
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
    assert_eq!(output.stdout, b"", "{arguments:?} printed something");
    error
}

#[test]
fn bad_arguments_end_with_2_and_say_why() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name).to_str().unwrap().to_owned();
    let said = refused(&["--quota", "project=3"]);
    assert!(
        said.contains("projects") && said.contains("roles"),
        "{said}"
    );
    let said = refused(&["--quota", "projects=many"]);
    assert!(said.contains("many"), "{said}");
    let said = refused(&["--fault", "CreateRole:explode"]);
    assert!(said.contains("drop-after"), "{said}");
    let said = refused(&["--access-key-id", "k"]);
    assert!(said.contains("--access-key-secret"), "{said}");
    let said = refused(&["--account-id", "me"]);
    assert!(said.contains("`me`") && said.lines().count() == 1, "{said}");
    let said = refused(&["--region", "cn hangzhou"]);
    assert!(said.contains("`cn hangzhou`"), "{said}");
    let said = refused(&["--db", &path("missing/sandbox.db")]);
    assert!(
        said.contains("does not exist") && said.lines().count() == 1,
        "{said}"
    );
    fs::write(
        path("text"),
        "not a database, but long enough to be read as one".repeat(99),
    )
    .unwrap();
    let said = refused(&["--db", &path("text")]);
    assert!(said.contains("is not a sandbox database"), "{said}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let said = refused(&["--listen", &taken.local_addr().unwrap().to_string()]);
    assert!(said.contains("cannot listen"), "{said}");
    let said = refused(&["--listen", "nowhere"]);
    assert!(said.contains("`nowhere`"), "{said}");
}

#[test]
fn a_signal_ends_it_well_and_the_file_keeps_the_account() {
    let scratch = tempfile::tempdir().unwrap();
    let db = scratch.path().join("sandbox.db");
    let db = db.to_str().unwrap();
    let mut lines = Vec::new();
    for signal in ["-TERM", "-INT"] {
        let mut served = Served::start(&["--db", db]);
        must(Command::new("kill").args([signal, &served.child.id().to_string()]));
        let status = served.child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "after kill {signal}");
        let line: serde_json::Value = serde_json::from_str(&served.line).unwrap();
        let url = line.get("url").unwrap().as_str().unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        let mut left = String::new();
        if let Some(out) = served.child.stdout.as_mut() {
            out.read_to_string(&mut left).unwrap();
        }
        assert_eq!(left, "", "more than one line was printed");
        lines.push((
            line.get("account_id").cloned(),
            line.get("access_key_id").cloned(),
            line.get("access_key_secret").cloned(),
        ));
        assert!(lines.last().unwrap().0.is_some());
        assert!(lines.last().unwrap().2.is_some());
    }
    assert_eq!(
        lines.first(),
        lines.last(),
        "the second server has other keys"
    );
    // A clean end leaves one file.
    let files = fs::read_dir(scratch.path()).unwrap().count();
    assert_eq!(files, 1);
    let said = refused(&["--db", db, "--account-id", "42"]);
    assert!(
        said.contains("belongs to somebody else") && said.contains("42"),
        "{said}"
    );
    let said = refused(&[
        "--db",
        db,
        "--access-key-id",
        "k",
        "--access-key-secret",
        "hunter2",
    ]);
    assert!(said.contains("access key"), "{said}");
    assert!(
        !said.contains("hunter2"),
        "the secret is in the error: {said}"
    );
}
