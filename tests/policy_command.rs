//! `policy lint`, `eval` and `covers` as a shell sees them: exit code, JSON, messages.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may fail loudly and write files"
)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

struct Answer {
    code: i32,
    out: String,
    err: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

fn run(arguments: &[&str], input: &str) -> Answer {
    let mut child = Command::new(env!("CARGO_BIN_EXE_terraform-provider-imm"))
        .arg("policy")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its arguments does not read its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Answer {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn document(statements: &str) -> String {
    format!(r#"{{"Version":"1","Statement":[{statements}]}}"#)
}

const READ: &str = r#"{"Effect":"Allow","Action":"oss:Get*","Resource":"acs:oss:*:*:b/*"}"#;
const ALL: &str = r#"{"Effect":"Allow","Action":"oss:*","Resource":"*"}"#;
const PASS: &str = r#"{"Effect":"Allow","Action":"ram:PassRole","Resource":"*"}"#;
const FULL_ACCESS: &str = r#"{"Effect":"Allow","Action":["imm:*","oss:ListBuckets","ram:ListRoles"],"Resource":"*"},
    {"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}"#;

fn sample() -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies/good/vendor-sample/policy.json");
    path.to_str().unwrap().to_owned()
}

#[test]
fn lint_tells_clean_from_faulty() {
    let folder = Folder::new();
    let good = folder.write("good.json", &document(READ));
    let bad = folder.write("bad.json", &document(PASS));
    let clean = run(&["lint", "--json", &good], "");
    assert_eq!((clean.code, clean.json()), (0, json!({ "findings": [] })));
    assert_eq!(run(&["lint", &sample()], "").code, 0, "hints are no errors");

    let faulty = run(&["lint", "--json", &good, &bad], "");
    assert_eq!(faulty.code, 1);
    let findings = faulty.json();
    let finding = &findings["findings"][0];
    assert_eq!(findings["findings"].as_array().unwrap().len(), 1);
    assert_eq!(finding["file"], bad);
    assert_eq!(finding["code"], "IMM301");
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["pointer"], "/Statement/0/Action");
    assert_eq!(
        (&finding["line"], &finding["column"]),
        (&json!(1), &json!(56))
    );
    for key in ["message", "fix", "patched"] {
        assert!(finding[key].is_string(), "{key}");
    }
    let patched = folder.write("patched.json", finding["patched"].as_str().unwrap());
    assert_eq!(run(&["lint", &patched], "").code, 0);

    let text = run(&["lint", &bad], "");
    assert_eq!(text.code, 1);
    assert!(
        text.out.starts_with(&format!("{bad}: IMM301 error: ")),
        "{}",
        text.out
    );
    assert!(
        text.out
            .ends_with("1 error, 0 warnings, 0 hints in 1 file\n"),
        "{}",
        text.out
    );
    assert!(text.err.is_empty());
}

#[test]
fn lint_reads_standard_input_and_trust_policies() {
    let trust = document(
        r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}"#,
    );
    assert_eq!(run(&["lint", "--trust", "-"], &trust).code, 0);
    let other = trust.replace("imm.", "ecs.");
    let answer = run(&["lint", "--trust", "--json", "-"], &other);
    assert_eq!(answer.code, 1);
    assert_eq!(answer.json()["findings"][0]["code"], "IMM101");
    assert_eq!(answer.json()["findings"][0]["file"], "-");
    let answer = run(&["lint", "--json", "-"], "{");
    assert_eq!(
        (answer.code, &answer.json()["findings"][0]["patched"]),
        (1, &Value::Null)
    );
}

#[test]
fn eval_decides() {
    let folder = Folder::new();
    let read = folder.write("read.json", &document(READ));
    let deny = folder.write(
        "deny.json",
        r#"{"Version":"1","Statement":{"Effect":"Deny","Action":"oss:*","Resource":"*","Condition":{"StringEquals":{"acs:RequestTag/a":["x"]}}}}"#,
    );
    let object = "acs:oss:cn-hangzhou:1:b/k";
    let ask = |context: &[&str]| {
        let mut arguments = vec![
            "eval",
            "--json",
            "--policy",
            &read,
            "--policy",
            &deny,
            "--action",
            "oss:GetObject",
            "--resource",
            object,
        ];
        for text in context {
            arguments.extend(["--context", text]);
        }
        run(&arguments, "")
    };
    let allowed = ask(&["acs:RequestTag/a=z", "acs:RequestTag/a=w=v"]);
    assert_eq!(allowed.code, 0);
    assert_eq!(allowed.json()["decision"], "Allow");
    assert_eq!(
        allowed.json()["statements"],
        json!([{ "file": read, "index": 0 }])
    );
    assert!(allowed.json()["reason"].is_string());
    // A repeated key has several values, and one is enough.
    let denied = ask(&["acs:RequestTag/a=z", "acs:RequestTag/a=x"]);
    assert_eq!(
        (denied.code, &denied.json()["decision"]),
        (1, &json!("ExplicitDeny"))
    );
    assert_eq!(
        denied.json()["statements"],
        json!([{ "file": deny, "index": 0 }])
    );

    let implicit = run(
        &[
            "eval",
            "--json",
            "--policy",
            &read,
            "--action",
            "oss:PutObject",
            "--resource",
            object,
        ],
        "",
    );
    assert_eq!(
        (implicit.code, &implicit.json()["decision"]),
        (1, &json!("ImplicitDeny"))
    );
    assert_eq!(implicit.json()["statements"], json!([]));

    let secure = document(&READ.replace(
        "\"Resource\"",
        r#""Condition":{"Bool":{"acs:SecureTransport":"true"}},"Resource""#,
    ));
    let arguments = [
        "eval",
        "--policy",
        "-",
        "--action",
        "oss:GetObject",
        "--resource",
        object,
    ];
    let unknown = run(&arguments, &secure);
    assert_eq!(unknown.code, 3);
    assert!(
        unknown
            .out
            .starts_with("Unknown: it depends on `acs:SecureTransport`\n"),
        "{}",
        unknown.out
    );
}

#[test]
fn covers_proves() {
    let folder = Folder::new();
    let read = folder.write("read.json", &document(READ));
    let all = folder.write("all.json", &document(ALL));
    let yes = run(&["covers", "--json", "--have", &all, "--need", &read], "");
    assert_eq!(
        (yes.code, &yes.json()["answer"], &yes.json()["witness"]),
        (0, &json!("yes"), &Value::Null)
    );

    let full = folder.write("full.json", &document(FULL_ACCESS));
    let no = run(
        &[
            "covers",
            "--json",
            "--have",
            &full,
            &read,
            "--need",
            &sample(),
        ],
        "",
    );
    assert_eq!((no.code, &no.json()["answer"]), (1, &json!("no")));
    let answer = no.json();
    let witness = &answer["witness"];
    let text = |key: &str| witness[key].as_str().unwrap();
    assert!(
        answer["remedy"].as_str().unwrap().contains("mns:*"),
        "{answer}"
    );
    assert_eq!(witness["context"], json!({}));
    for (file, code) in [(sample(), 0), (full.clone(), 1), (read.clone(), 1)] {
        let arguments = [
            "eval",
            "--policy",
            &file,
            "--action",
            text("action"),
            "--resource",
            text("resource"),
        ];
        assert_eq!(run(&arguments, "").code, code, "{file}");
    }

    let passing = folder.write("pass.json", &document(PASS));
    let no = run(
        &["covers", "--json", "--have", &full, "--need", &passing],
        "",
    );
    let service = &no.json()["witness"]["context"]["acs:Service"];
    assert!(
        service[0].as_str().unwrap() != "imm.aliyuncs.com",
        "{service}"
    );

    let opaque = document(&READ.replace(
        "\"Resource\"",
        r#""Condition":{"BoolIfExists":{"acs:MFAPresent":"true"}},"Resource""#,
    ));
    let unknown = run(
        &["covers", "--json", "--have", "-", "--need", &read],
        &opaque,
    );
    assert_eq!(
        (unknown.code, &unknown.json()["answer"]),
        (3, &json!("unknown"))
    );
    assert!(
        unknown.json()["reason"]
            .as_str()
            .unwrap()
            .contains("acs:MFAPresent")
    );

    let text = run(&["covers", "--have", &read, "--need", &all], "");
    assert_eq!(text.code, 1);
    assert!(text.out.starts_with("no: it is needed by "), "{}", text.out);
    assert!(text.out.contains("\n  action:   oss:"), "{}", text.out);
}

#[test]
fn what_cannot_be_asked_is_said_and_ends_with_two() {
    let folder = Folder::new();
    let read = folder.write("read.json", &document(READ));
    let broken = folder.write("broken.json", "{");
    let binary = folder.0.path().join("binary");
    fs::write(&binary, [0xff, 0xfe]).unwrap();
    let object = "acs:oss:cn-hangzhou:1:b/k";
    for (arguments, text) in [
        (
            vec!["lint", "/no/such/file"],
            "/no/such/file could not be read",
        ),
        (vec!["lint", binary.to_str().unwrap()], "is not UTF-8"),
        (vec!["lint"], "FILE"),
        (vec!["frobnicate"], "frobnicate"),
        (
            vec!["covers", "--have", &broken, "--need", &read],
            "is not a policy document",
        ),
        (vec!["covers", "--have", &read], "--need"),
        (
            vec![
                "eval",
                "--policy",
                &read,
                "--action",
                "GetObject",
                "--resource",
                object,
            ],
            "`GetObject` is not an action",
        ),
        (
            vec![
                "eval",
                "--policy",
                &read,
                "--action",
                "oss:GetObject",
                "--resource",
                object,
                "--context",
                "x",
            ],
            "`x` is not a condition key",
        ),
    ] {
        let answer = run(&arguments, "");
        assert_eq!(answer.code, 2, "{arguments:?}");
        assert!(answer.err.contains(text), "{arguments:?}: {}", answer.err);
        assert!(answer.out.is_empty(), "{arguments:?}: {}", answer.out);
    }
}
