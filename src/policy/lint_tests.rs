use super::*;
use crate::policy::codes::{Example, TABLE};

fn lines(text: &str, options: Options) -> Vec<String> {
    lint(text, options)
        .iter()
        .map(|f| {
            format!(
                "{} {} {}:{} {}",
                f.code, f.severity, f.line, f.column, f.pointer
            )
        })
        .collect()
}

#[test]
fn the_tables_examples_have_what_they_show_and_are_mended() {
    for entry in TABLE {
        let (options, bad, good) = match entry.example {
            Example::Policy { bad, good } => (Options::permission(), bad, good),
            Example::Trust { bad, good } => (Options::trust(), bad, good),
            Example::Configuration { .. } => continue,
        };
        let found = lint(bad, options);
        let own: Vec<_> = found.iter().filter(|f| f.code == entry.code).collect();
        assert!(!own.is_empty(), "{}: {found:?}", entry.id);
        for finding in own {
            assert_eq!(finding.severity, entry.severity, "{}", entry.id);
        }
        // Nothing else is wrong with the example.
        for finding in &found {
            assert!(
                finding.code == entry.code || finding.severity < Severity::Warning,
                "{}: {finding:?}",
                entry.id
            );
        }
        let left = lint(good, options);
        assert!(
            left.iter().all(|f| f.severity == Severity::Hint),
            "{}: {left:?}",
            entry.id
        );
    }
}

#[test]
fn the_seeds_sample_has_no_error() {
    let text = include_str!("../../tests/policies/good/vendor-sample/policy.json");
    let found = lint(text, Options::permission());
    assert!(
        found.iter().all(|f| f.severity == Severity::Hint),
        "{found:?}"
    );
    let pointers: Vec<&str> = found.iter().map(|f| f.pointer.as_str()).collect();
    assert_eq!(pointers, ["/Statement/0/Action/2", "/Statement/0/Action/5"]);
}

#[test]
fn several_findings_come_at_once_and_one_text_mends_them() {
    let text = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "a", "Effect": "allow", "Actions": ["oss:GetObject", "oss:PutObject"], "Resource": "b/*"},
  ]
}"#;
    let found = lint(text, Options::permission());
    assert_eq!(
        lines(text, Options::permission()),
        [
            "IMM203 error 2:14 /Version",
            "IMM212 warning 4:6 /Statement/0/Sid",
            "IMM204 error 4:28 /Statement/0/Effect",
            "IMM206 error 4:37 /Statement/0/Actions",
            "IMM207 error 4:96 /Statement/0/Resource",
            "IMM201 error 4:102 ",
        ]
    );
    let patched = found[0].patched.as_ref().unwrap();
    let left = lint(patched, Options::permission());
    assert!(
        left.iter().all(|f| f.severity < Severity::Error),
        "{patched}: {left:?}"
    );
}

#[test]
fn places_of_findings_in_texts_that_are_no_documents() {
    let policy = Options::permission();
    assert_eq!(lines("", policy), ["IMM201 error 1:1 "]);
    assert_eq!(lines("policies/mine.json", policy), ["IMM201 error 1:1 "]);
    assert!(
        lint("policies/mine.json", policy)[0]
            .fix
            .contains("file(\"policies/mine.json\")")
    );
    assert_eq!(lines("3", policy), ["IMM202 error 1:1 "]);
    let document = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}"#;
    let twice = serde_json::to_string(document).unwrap();
    let found = lint(&twice, policy);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].message.contains("encoded twice"),
        "{}",
        found[0].message
    );
    assert!(lint(found[0].patched.as_ref().unwrap(), policy).is_empty());
    let list = format!("[{document}]");
    let found = lint(&list, policy);
    assert!(lint(found[0].patched.as_ref().unwrap(), policy).is_empty());
}

#[test]
fn a_finding_reads_well() {
    let text =
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:*","Resource":"*"}]}"#;
    let found = lint(text, Options::permission());
    assert_eq!(
        found[0].render(),
        "IMM301 error: `ram:*` allows `ram:PassRole` without a condition on `acs:Service`.\n  \
         where:   line 1, column 56 (/Statement/0/Action)\n  \
         example: `ram:PassRole` on `acs:ram::1234567890123456:role/example-role` with acs:Service = some-other-service.aliyuncs.com is allowed.\n  \
         why:     Whoever holds it can hand the role to any service that runs code with it, and so take all that the role may do.\n  \
         fix:     Add `{\"Effect\": \"Deny\", \"Action\": \"ram:PassRole\", \"Resource\": \"*\", \"Condition\": {\"StringNotEquals\": {\"acs:Service\": \"imm.aliyuncs.com\"}}}` to Statement."
    );
    assert!(
        found[0]
            .headline()
            .starts_with("IMM301 at /Statement/0/Action: `ram:*` allows")
    );
}

#[test]
fn length_counts_characters_and_is_mended_by_printing() {
    let statement = r#"{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:é/*"}"#;
    let document = |count: usize, space: &str| {
        let statements = vec![statement; count].join(&format!(",{space}"));
        format!(r#"{{"Version":"1","Statement":[{statements}]}}"#)
    };
    assert!(lint(&document(60, ""), Options::permission()).is_empty());
    let spaced = document(60, &"\n".repeat(80));
    let found = lint(&spaced, Options::permission());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, Code::TooLong);
    let patched = found[0].patched.as_ref().unwrap();
    assert!(patched.chars().count() <= validate::MOST_CHARACTERS);
    let long = lint(&document(90, ""), Options::permission());
    assert_eq!((long.len(), &long[0].patched), (1, &None));
}

#[test]
fn large_texts_take_no_quadratic_time() {
    let keys: Vec<String> = (0..50_000).map(|i| format!(r#""k{i}":1"#)).collect();
    let many = format!(r#"{{"Version":"1","Statement":[],{}}}"#, keys.join(","));
    let found = lint(&many, Options::permission());
    assert!(found.iter().any(|f| f.code == Code::TooLong));
    assert!(found.len() <= MOST_FINDINGS + 1);
    let actions = vec![r#""oss:PutBucketAcl""#; 20_000].join(",");
    let long = format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":[{actions}],"Resource":[{actions}]}}]}}"#
    );
    assert!(lint(&long, Options::permission()).len() <= MOST_FINDINGS + 1);
    assert!(Document::parse(&long, DocumentKind::Permission).is_ok());
    let white = format!(
        "{{\"Version\":\"1\",{}\"Statement\":[]}}",
        " ".repeat(500_000)
    );
    let found = lint(&white, Options::permission());
    assert!(
        found
            .iter()
            .any(|f| f.code == Code::TooLong && f.patched.is_some())
    );
}
