//! The corpus under `tests/policies`: one folder a case, with the document and what is to be said of
//! it. `tests/policies/README.md` says how the expectations are written.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may fail loudly and read the repository"
)]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use terraform_provider_imm::policy::codes::{Code, Example, Severity, TABLE};
use terraform_provider_imm::policy::finding::Finding;
use terraform_provider_imm::policy::lint::{Options, lint};

fn cases(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/policies")
        .join(kind);
    let mut cases: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    cases
}

fn all_cases() -> Vec<PathBuf> {
    let mut all = cases("bad");
    all.extend(cases("good"));
    all
}

fn name(case: &Path) -> String {
    case.file_name().unwrap().to_string_lossy().into_owned()
}

fn document(case: &Path) -> (String, Options) {
    for (file, options) in [
        ("policy.json", Options::permission()),
        ("trust.json", Options::trust()),
    ] {
        if let Ok(bytes) = fs::read(case.join(file)) {
            return (String::from_utf8(bytes).unwrap(), options);
        }
    }
    panic!("{} has no document", name(case));
}

fn expected(case: &Path) -> Value {
    let text = fs::read_to_string(case.join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn line(finding: &Finding, with_place: bool) -> String {
    let place = if with_place {
        format!(" {}:{}", finding.line, finding.column)
    } else {
        String::new()
    };
    format!(
        "{} {} {:?}{place}",
        finding.code, finding.severity, finding.pointer
    )
}

/// What is wrong with a case, if anything.
fn judge(case: &Path) -> Result<(), String> {
    let (text, options) = document(case);
    let expected = expected(case);
    let found: Vec<Finding> = lint(&text, options)
        .into_iter()
        .filter(|finding| finding.severity > Severity::Hint)
        .collect();
    let empty = Vec::new();
    let wanted = expected["findings"].as_array().unwrap_or(&empty);
    let also: Vec<&str> = expected["also"]
        .as_array()
        .unwrap_or(&empty)
        .iter()
        .map(|code| code.as_str().unwrap())
        .collect();
    let with_place = wanted.iter().any(|w| w.get("line").is_some());
    let mut want: Vec<String> = wanted
        .iter()
        .map(|w| {
            let text = |key: &str| w[key].as_str().unwrap();
            let place = match (w.get("line"), w.get("column")) {
                (Some(line), Some(column)) if with_place => format!(" {line}:{column}"),
                _ => String::new(),
            };
            format!(
                "{} {} {:?}{place}",
                text("code"),
                text("severity"),
                text("pointer")
            )
        })
        .collect();
    let mut surplus = Vec::new();
    for finding in &found {
        let exact = line(finding, with_place);
        let plain = line(finding, false);
        match want.iter().position(|w| *w == exact || *w == plain) {
            Some(at) => {
                want.remove(at);
            }
            None if also.contains(&finding.code.id()) => {}
            None => surplus.push(format!("{exact} ({})", finding.message)),
        }
    }
    if !want.is_empty() || !surplus.is_empty() {
        return Err(format!("missing {want:#?}\n  surplus {surplus:#?}"));
    }
    if expected["mended"].as_bool() == Some(true) {
        let code = wanted[0]["code"].as_str().unwrap();
        let finding = found.iter().find(|f| f.code.id() == code).unwrap();
        let Some(patched) = &finding.patched else {
            return Err("no mended document".to_owned());
        };
        let left = lint(patched, options);
        if left
            .iter()
            .any(|f| f.code.id() == code && f.severity > Severity::Hint)
        {
            return Err(format!("still there after mending: {patched}"));
        }
    }
    Ok(())
}

#[test]
fn every_case_gets_the_findings_that_are_expected() {
    let (bad, good) = (cases("bad"), cases("good"));
    assert!(good.len() >= 60 && bad.len() >= 150);
    let wrong: Vec<String> = bad
        .iter()
        .chain(&good)
        .filter_map(|case| {
            judge(case)
                .err()
                .map(|why| format!("{}: {why}", name(case)))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn good_documents_have_nothing_but_hints() {
    for case in cases("good") {
        let (text, options) = document(&case);
        for finding in lint(&text, options) {
            assert_eq!(
                finding.severity,
                Severity::Hint,
                "{}: {finding:?}",
                name(&case)
            );
        }
    }
}

#[test]
fn mended_documents_pass_the_check_that_they_failed() {
    for case in all_cases() {
        let (text, options) = document(&case);
        let found = lint(&text, options);
        let errors = |found: &[Finding]| {
            let errors = found.iter().filter(|f| f.severity == Severity::Error);
            errors.count()
        };
        let hopeless = found
            .iter()
            .filter(|f| f.severity == Severity::Error && f.patched.is_none())
            .count();
        for finding in &found {
            let Some(patched) = &finding.patched else {
                continue;
            };
            let left = lint(patched, options);
            let same = left
                .iter()
                .any(|f| f.code == finding.code && f.pointer == finding.pointer);
            let count = |list: &[Finding]| list.iter().filter(|f| f.code == finding.code).count();
            assert!(
                !same || count(&left) < count(&found),
                "{}: {} stays: {left:?}",
                name(&case),
                finding.code
            );
            assert!(
                errors(&left) <= hopeless,
                "{}: {patched}\n{left:?}",
                name(&case)
            );
            assert!(serde_json::from_str::<Value>(patched).is_ok());
        }
    }
}

#[test]
fn pointers_resolve_and_places_are_in_the_text() {
    for case in all_cases() {
        let (text, options) = document(&case);
        let value: Option<Value> = serde_json::from_str(&text).ok();
        let lines: Vec<&str> = text.split('\n').collect();
        for finding in lint(&text, options) {
            if let Some(value) = &value {
                assert!(
                    value.pointer(&finding.pointer).is_some(),
                    "{}: {}",
                    name(&case),
                    finding.pointer
                );
            }
            let line = lines[finding.line - 1];
            assert!(
                finding.column <= line.chars().count() + 1,
                "{}",
                name(&case)
            );
            assert!(
                finding.fix.ends_with(['.', '?']),
                "{}: {}",
                name(&case),
                finding.fix
            );
            assert!(!finding.message.ends_with('.'), "{}", finding.message);
            assert!(finding.render().contains(finding.code.id()));
            assert!(finding.headline().contains(&finding.pointer));
        }
    }
}

#[test]
fn every_rule_is_hit() {
    let mut hit: Vec<Code> = Vec::new();
    for case in all_cases() {
        let (text, options) = document(&case);
        hit.extend(lint(&text, options).into_iter().map(|f| f.code));
    }
    for entry in TABLE {
        if !matches!(entry.example, Example::Configuration { .. }) || entry.code == Code::TooLong {
            assert!(hit.contains(&entry.code), "{} is in no case", entry.id);
        }
    }
}
