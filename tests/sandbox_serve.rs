//! `sandbox serve` as a process: arguments, signals, and what is left after it was killed.

#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "a test has to touch files and processes to be one"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use terraform_provider_imm::api::signature::{Key, v3};
use terraform_provider_imm::api::{Operation, Secret, imm, ram};
use terraform_provider_imm::host::Host;

/// The real binary, serving; ended with the test.
struct Served {
    child: Child,
    line: Value,
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
        let mut out = BufReader::new(child.stdout.as_mut().unwrap());
        out.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "no line was printed: {line:?}");
        let line = serde_json::from_str(&line).unwrap();
        Self { child, line }
    }

    fn field(&self, name: &str) -> &str {
        self.line[name].as_str().unwrap()
    }

    /// Sends a signed call; the status, or nothing where no answer came.
    fn call<A: Operation>(&self, number: usize, call: &A) -> Option<u16> {
        let address = self.field("url").strip_prefix("http://").unwrap();
        let query = call.params();
        let secret = Secret::new(self.field("access_key_secret"));
        let signed = v3::sign(
            &v3::Request {
                method: "POST",
                path: "/",
                query: &query,
                host: address,
                action: A::ACTION,
                version: A::VERSION,
                content_type: None,
                body: b"",
            },
            &Key {
                id: self.field("access_key_id"),
                secret: &secret,
                token: None,
            },
            Host::system().now(),
            &format!("{}-{}-{number}", self.child.id(), A::ACTION),
        );
        let mut text = format!("POST /?{} HTTP/1.1\r\n", query.to_form());
        for (name, value) in &signed.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("content-length: 0\r\nconnection: close\r\n\r\n");
        let mut stream = TcpStream::connect(address).ok()?;
        stream.write_all(text.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.split(' ').nth(1)?.parse().ok()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn must(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?} failed: {status}");
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
    let said = refused(&["--lenient", "pass-role", "passrole"]);
    assert!(
        said.contains("`passrole`") && said.contains("hold-permissions") && said.contains("all"),
        "{said}"
    );
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
        let url = served.field("url");
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        let mut left = String::new();
        if let Some(out) = served.child.stdout.as_mut() {
            out.read_to_string(&mut left).unwrap();
        }
        assert_eq!(left, "", "more than one line was printed");
        lines.push(
            ["account_id", "access_key_id", "access_key_secret"]
                .map(|name| served.field(name).to_owned()),
        );
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

/// Killed in the middle of writing, again and again: whatever was answered is there afterwards.
#[test]
fn a_killed_server_loses_nothing_that_it_answered() {
    let scratch = tempfile::tempdir().unwrap();
    let db = scratch.path().join("sandbox.db");
    let db = db.to_str().unwrap();
    let mut answered = Vec::new();
    for round in 0..3 {
        let served = Served::start(&["--db", db, "--quota", "roles=1000000"]);
        let pid = served.child.id().to_string();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(300));
            must(Command::new("kill").args(["-KILL", &pid]));
        });
        for number in 0.. {
            let name = format!("role-{round}-{number}");
            let made = served.call(
                number,
                &ram::CreateRole {
                    role_name: name.clone(),
                    assume_role_policy_document: "{\"Version\":\"1\",\"Statement\":[]}".into(),
                    ..Default::default()
                },
            );
            match made {
                Some(status) => assert_eq!(status, 200, "{name}"),
                None => break,
            }
            answered.push(name);
        }
        killer.join().unwrap();
    }
    assert!(answered.len() > 3, "next to nothing was written");
    let served = Served::start(&["--db", db]);
    for (number, name) in answered.iter().enumerate() {
        let role_name = name.clone();
        let status = served.call(number, &ram::GetRole { role_name });
        assert_eq!(status, Some(200), "{name} is lost");
    }
}

#[test]
fn checks_are_lenient_where_that_is_asked_for_and_stay_so() {
    let scratch = tempfile::tempdir().unwrap();
    let db = scratch.path().join("sandbox.db");
    let db = db.to_str().unwrap();
    let status = |number, arguments: &[&str]| {
        let served = Served::start(&[&["--db", db], arguments].concat());
        served.call(
            number,
            &imm::CreateProject {
                project_name: format!("p{number}"),
                ..Default::default()
            },
        )
    };
    // The usual role does not exist.
    assert_eq!(status(1, &[]), Some(400));
    assert_eq!(
        status(2, &["--lenient", "role-trust", "pass-role"]),
        Some(400)
    );
    assert_eq!(status(3, &["--lenient", "all"]), Some(200));
    assert_eq!(status(4, &[]), Some(200));
    assert_eq!(status(5, &["--strict", "role-exists"]), Some(400));
    assert_eq!(
        status(6, &["--lenient", "all", "--strict", "role-exists"]),
        Some(400)
    );
    assert_eq!(status(7, &["--lenient", "role-exists"]), Some(200));
}
