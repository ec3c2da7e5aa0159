//! Laws that hold for any policy, tried on random ones: order and repetition change nothing, a Deny
//! only takes away, containment is an order, and no text makes the checks stumble.
//!
//! `POLICY_CASES` sets the number of cases, `POLICY_SEED` the seed.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "tests may fail loudly and read the repository; each uses a part of what they share"
)]

mod policy_support;

use std::fs;
use std::path::Path;

use policy_support::{Random, cases, parse, seed};
use serde_json::{Value, json};
use terraform_provider_imm::policy::ast::{Document, DocumentKind};
use terraform_provider_imm::policy::codes::Code;
use terraform_provider_imm::policy::cover::{Coverage, covers};
use terraform_provider_imm::policy::equivalent;
use terraform_provider_imm::policy::evaluate::{Context, Decision, Request, evaluate};
use terraform_provider_imm::policy::json as tree;
use terraform_provider_imm::policy::lint::{Options, lint};
use terraform_provider_imm::policy::normalize::canonical;
use terraform_provider_imm::policy::print;

const ACTIONS: [&str; 12] = [
    "*",
    "oss:*",
    "oss:Get*",
    "oss:GetObject",
    "OSS:PutObject",
    "mns:*",
    "ram:PassRole",
    "ram:*Role",
    "ram:Get?ole",
    "imm:CreateProject",
    "sts:AssumeRole",
    "*:Get*",
];
const RESOURCES: [&str; 10] = [
    "*",
    "acs:oss:*:*:*",
    "acs:oss:*:*:a/*",
    "acs:oss:::a",
    "acs:oss:*:1:a?/*",
    "acs:ram:*:*:role/*",
    "acs:ram::1:role/Mine",
    "acs:mns:*:*:/topics/t/messages",
    "acs:*:*:*:*",
    "acs:imm:r:1:project/p",
];
const CONDITIONS: [&str; 8] = [
    r#"{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}"#,
    r#"{"StringNotEquals":{"acs:Service":["imm.aliyuncs.com"]}}"#,
    r#"{"IpAddress":{"acs:SourceIp":["10.0.0.0/8","11.0.0.1"]}}"#,
    r#"{"Bool":{"acs:SecureTransport":"true"}}"#,
    r#"{"StringLike":{"oss:Prefix":["a*","b"]}}"#,
    r#"{"DateLessThan":{"acs:CurrentTime":"2027-01-01T00:00:00Z"}}"#,
    r#"{"ForAllValues:StringEquals":{"acs:RequestTag/a":["x","y"]}}"#,
    r#"{"NumericLessThan":{"oss:object-remaining-retention-days":"5"},"StringLike":{"acs:UserAgent":"*"}}"#,
];

fn some(random: &mut Random, of: &[&str]) -> Value {
    let count = 1 + random.below(3);
    let items: Vec<Value> = (0..count)
        .map(|_| json!(of[random.below(of.len())]))
        .collect();
    match items.as_slice() {
        [only] if random.chance(50) => only.clone(),
        _ => Value::Array(items),
    }
}

fn statement(random: &mut Random, conditions: bool) -> Value {
    let effect = if random.chance(70) { "Allow" } else { "Deny" };
    let action = if random.chance(12) {
        "NotAction"
    } else {
        "Action"
    };
    let resource = if random.chance(8) {
        "NotResource"
    } else {
        "Resource"
    };
    let mut statement = json!({
        "Effect": effect,
        action: some(random, &ACTIONS),
        resource: some(random, &RESOURCES),
    });
    if conditions && random.chance(40) {
        let condition = CONDITIONS[random.below(CONDITIONS.len())];
        statement["Condition"] = serde_json::from_str(condition).unwrap();
    }
    statement
}

fn policy(random: &mut Random, conditions: bool) -> Vec<Value> {
    (0..1 + random.below(4))
        .map(|_| statement(random, conditions))
        .collect()
}

fn text(statements: &[Value]) -> String {
    json!({ "Version": "1", "Statement": statements }).to_string()
}

fn document(statements: &[Value]) -> [Document; 1] {
    [parse(&text(statements))]
}

fn requests() -> Vec<Request> {
    let mut out = Vec::new();
    let pairs = [
        ("oss:GetObject", "acs:oss:r:1:a/k"),
        ("oss:GetObject", "acs:oss:r:2:ab/k"),
        ("oss:PutObject", "acs:oss:r:1:a"),
        ("oss:ListObjects", "acs:oss:r:1:b"),
        ("mns:PublishMessage", "acs:mns:r:1:/topics/t/messages"),
        ("ram:PassRole", "acs:ram::1:role/mine"),
        ("ram:GetRole", "acs:ram::2:role/other"),
        ("imm:CreateProject", "acs:imm:r:1:project/p"),
        ("sts:AssumeRole", "acs:ram::1:role/mine"),
        ("ecs:GetThing", "acs:ecs:r:1:thing"),
    ];
    for (action, resource) in pairs {
        for ip in ["10.1.1.1", "9.9.9.9"] {
            for (time, secure) in [
                ("2026-06-01T00:00:00Z", "true"),
                ("2028-01-01T00:00:00Z", "false"),
            ] {
                let mut context = Context::new()
                    .with("acs:SourceIp", ip)
                    .with("acs:CurrentTime", time)
                    .with("acs:SecureTransport", secure)
                    .with("acs:UserAgent", "x");
                if action == "ram:PassRole" {
                    let imm = ip.starts_with("10");
                    context.add(
                        "acs:Service",
                        if imm {
                            "imm.aliyuncs.com"
                        } else {
                            "ecs.aliyuncs.com"
                        },
                    );
                }
                if action.starts_with("oss:") && secure == "true" {
                    context.add("oss:Prefix", "ab");
                }
                out.push(Request::new(action, resource, context));
            }
        }
    }
    out
}

fn shuffle<T>(random: &mut Random, items: &mut [T]) {
    for at in (1..items.len()).rev() {
        items.swap(at, random.below(at + 1));
    }
}

fn as_list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    }
}

/// The same policy in another form.
fn reworded(random: &mut Random, statements: &[Value]) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    for statement in statements {
        let mut changed = serde_json::Map::new();
        let mut members: Vec<(String, Value)> = statement
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        shuffle(random, &mut members);
        for (key, value) in members {
            let value = match key.as_str() {
                "Action" | "NotAction" | "Resource" | "NotResource" => {
                    let mut items = as_list(&value);
                    shuffle(random, &mut items);
                    if random.chance(30) {
                        items.push(items[0].clone());
                    }
                    if key.ends_with("Action") && random.chance(30) {
                        items[0] = json!(items[0].as_str().unwrap().to_uppercase());
                    }
                    match items.as_slice() {
                        [only] if random.chance(50) => only.clone(),
                        _ => Value::Array(items),
                    }
                }
                _ => value,
            };
            changed.insert(key, value);
        }
        out.push(Value::Object(changed));
        if random.chance(20) {
            out.push(statement.clone());
        }
    }
    shuffle(random, &mut out);
    out
}

/// The same policy in other statements: every list of actions taken apart.
fn split(statements: &[Value]) -> Vec<Value> {
    let mut out = Vec::new();
    for statement in statements {
        let Some(actions) = statement.get("Action") else {
            out.push(statement.clone());
            continue;
        };
        for action in as_list(actions) {
            let mut one = statement.clone();
            one["Action"] = action;
            out.push(one);
        }
    }
    out
}

#[test]
fn other_words_for_the_same_policy_are_equivalent_and_decide_alike() {
    let mut random = Random::new(seed(1));
    let requests = requests();
    for case in 0..cases(2_000) {
        let original = policy(&mut random, true);
        let other = reworded(&mut random, &original);
        let (a, b) = (text(&original), text(&other));
        assert!(equivalent(&a, &b), "case {case}:\n{a}\n{b}");
        assert_eq!(canonical(&a), canonical(&b));
        let parts = document(&split(&original));
        let (a, b) = (document(&original), document(&other));
        for request in &requests {
            let decision = evaluate(&a, request).decision;
            assert_eq!(decision, evaluate(&b, request).decision, "case {case}");
            assert_eq!(decision, evaluate(&parts, request).decision, "case {case}");
        }
        assert_eq!(
            covers(&a, &b),
            Coverage::Yes,
            "case {case}:\n{}",
            text(&original)
        );
        assert_eq!(
            covers(&b, &a),
            Coverage::Yes,
            "case {case}:\n{}",
            text(&original)
        );
        if !text(&original).contains("Condition") {
            assert_eq!(covers(&a, &parts), Coverage::Yes, "case {case}");
            assert_eq!(covers(&parts, &a), Coverage::Yes, "case {case}");
        }
    }
}

/// One change of one element, marked so that it cannot be undone by another statement.
#[test]
fn a_policy_with_one_thing_changed_is_another() {
    let mut random = Random::new(seed(2));
    for case in 0..cases(2_000) {
        let mut original = policy(&mut random, true);
        let at = random.below(original.len());
        original[at]["Action"] = json!(["mark:One", "mark:Two"]);
        if let Some(statement) = original[at].as_object_mut() {
            statement.remove("NotAction");
        }
        let mut changed = original.clone();
        match random.below(6) {
            0 => {
                let deny = original[at]["Effect"] == json!("Deny");
                changed[at]["Effect"] = json!(if deny { "Allow" } else { "Deny" });
            }
            1 => changed[at]["Action"] = json!(["mark:One"]),
            2 => changed[at]["Action"] = json!(["mark:One", "mark:Two", "mark:Three"]),
            3 => changed[at]["Condition"] = json!({"StringEquals": {"mark:Key": "v"}}),
            4 => {
                changed.remove(at);
            }
            _ => changed[at]["NotResource"] = json!("acs:mark:*:*:x"),
        }
        let (a, b) = (text(&original), text(&reworded(&mut random, &changed)));
        assert!(!equivalent(&a, &b), "case {case}:\n{a}\n{b}");
    }
}

#[test]
fn denies_take_away_and_allows_add() {
    let mut random = Random::new(seed(3));
    let requests = requests();
    for case in 0..cases(2_000) {
        let base = policy(&mut random, true);
        let mut more = base.clone();
        let mut extra = statement(&mut random, true);
        extra["Effect"] = json!("Allow");
        more.push(extra.clone());
        let mut less = base.clone();
        extra["Effect"] = json!("Deny");
        less.push(extra);
        let (base, more, less) = (document(&base), document(&more), document(&less));
        for request in &requests {
            let before = evaluate(&base, request).decision;
            let (with_allow, with_deny) = (
                evaluate(&more, request).decision,
                evaluate(&less, request).decision,
            );
            if before == Decision::ExplicitDeny {
                assert_eq!(
                    with_allow,
                    Decision::ExplicitDeny,
                    "case {case}: a Deny wins"
                );
                assert_eq!(with_deny, Decision::ExplicitDeny, "case {case}");
            }
            if before == Decision::Allow {
                assert_eq!(with_allow, Decision::Allow, "case {case}");
            }
            if before != Decision::Allow {
                assert_ne!(
                    with_deny,
                    Decision::Allow,
                    "case {case}: a Deny allows nothing"
                );
            }
        }
        assert_eq!(covers(&more, &base), Coverage::Yes, "case {case}");
        assert_eq!(covers(&base, &less), Coverage::Yes, "case {case}");
    }
}

#[test]
fn containment_is_an_order_and_agrees_with_single_requests() {
    let mut random = Random::new(seed(4));
    let requests = requests();
    let mut chains = 0;
    for case in 0..cases(3_000) {
        let a = policy(&mut random, true);
        let mut b = policy(&mut random, true);
        let mut c = policy(&mut random, true);
        if random.chance(60) {
            b = a.iter().filter(|_| random.chance(80)).cloned().collect();
            c = b.iter().filter(|_| random.chance(80)).cloned().collect();
        }
        let (a, b, c) = (document(&a), document(&b), document(&c));
        assert_eq!(
            covers(&a, &a),
            Coverage::Yes,
            "case {case}: everything covers itself"
        );
        let (ab, bc, ac) = (covers(&a, &b), covers(&b, &c), covers(&a, &c));
        if ab == Coverage::Yes && bc == Coverage::Yes {
            chains += 1;
            assert!(!matches!(ac, Coverage::No(_)), "case {case}: {ac:?}");
        }
        for (have, need, coverage) in [(&a, &b, &ab), (&b, &c, &bc), (&a, &c, &ac)] {
            match coverage {
                Coverage::Yes => {
                    for request in &requests {
                        let wanted = evaluate(need, request).decision;
                        let held = evaluate(have, request).decision;
                        assert!(
                            wanted != Decision::Allow || held == Decision::Allow,
                            "case {case}: {request:?}"
                        );
                    }
                }
                Coverage::No(witness) => {
                    assert_eq!(evaluate(need, &witness.request).decision, Decision::Allow);
                    let refused = evaluate(have, &witness.request);
                    assert!(matches!(
                        refused.decision,
                        Decision::ExplicitDeny | Decision::ImplicitDeny
                    ));
                    assert_eq!(refused, witness.refused);
                }
                Coverage::Unknown(why) => assert!(!why.keys.is_empty(), "case {case}: {why:?}"),
            }
        }
        // What helps one side helps, and what hurts the other side helps as well.
        if ab == Coverage::Yes {
            let mut extra = statement(&mut random, true);
            extra["Effect"] = json!("Allow");
            let more = [
                a[0].clone(),
                document(std::slice::from_ref(&extra))[0].clone(),
            ];
            assert_eq!(covers(&more, &b), Coverage::Yes, "case {case}");
            extra["Effect"] = json!("Deny");
            let less = [
                b[0].clone(),
                document(std::slice::from_ref(&extra))[0].clone(),
            ];
            assert_eq!(covers(&a, &less), Coverage::Yes, "case {case}");
        }
    }
    assert!(chains > 100, "{chains}");
}

/// Texts of the corpus, torn apart and put together at random.
fn mutated(random: &mut Random, texts: &[String]) -> String {
    let mut text: Vec<char> = texts[random.below(texts.len())].chars().collect();
    for _ in 0..1 + random.below(6) {
        let at = random.below(text.len() + 1);
        match random.below(6) {
            0 if !text.is_empty() => {
                text.remove(at.min(text.len() - 1));
            }
            1 => {
                let characters = [
                    '{', '}', '[', ']', '"', ',', ':', '\\', '*', '?', '\u{0}', 'é', '\n', '1',
                ];
                text.insert(at, *random.pick(&characters));
            }
            2 => text.truncate(at),
            3 => {
                let other: Vec<char> = texts[random.below(texts.len())].chars().collect();
                let from = random.below(other.len() + 1);
                let piece: Vec<char> = other[from..].iter().take(40).copied().collect();
                text.splice(at..at, piece);
            }
            4 if !text.is_empty() => {
                let end = (at + random.below(30)).min(text.len());
                text.drain(at.min(end)..end);
            }
            _ => {
                let words = [
                    "null",
                    "true",
                    "[]",
                    "{}",
                    "\"*\"",
                    "\"Effect\":\"Deny\",",
                    "1e9",
                    "\"\"",
                ];
                text.splice(at..at, random.pick(&words).chars());
            }
        }
    }
    text.into_iter().collect()
}

#[test]
fn no_text_makes_the_checks_stumble() {
    let mut random = Random::new(seed(5));
    let mut texts = Vec::new();
    for kind in ["bad", "good"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/policies")
            .join(kind);
        for case in fs::read_dir(folder).unwrap() {
            for file in ["policy.json", "trust.json"] {
                let path = case.as_ref().unwrap().path().join(file);
                texts.extend(
                    fs::read_to_string(path)
                        .ok()
                        .filter(|text| text.len() < 2_000),
                );
            }
        }
    }
    texts.sort();
    let requests = requests();
    let mut valid = 0;
    for case in 0..cases(3_000) {
        let text = mutated(&mut random, &texts);
        let value: Option<Value> = serde_json::from_str(&text).ok();
        let ours = tree::parse(&text);
        // A general library keeps one of two equal keys, this one keeps both.
        assert_eq!(
            value.is_some(),
            ours.errors.is_empty(),
            "case {case}: {text}"
        );
        if let Some(root) = ours.root.filter(|_| ours.errors.is_empty()) {
            valid += 1;
            for printed in [print::pretty(&root), print::compact(&root)] {
                assert_eq!(
                    tree::parse(&printed).root.as_ref(),
                    Some(&root),
                    "case {case}"
                );
            }
        }
        assert!(equivalent(&text, &text));
        for options in [Options::permission(), Options::trust()] {
            let found = lint(&text, options);
            // A pointer cannot tell two members of one name apart.
            let twice = found.iter().any(|f| f.code == Code::DuplicateKey);
            for finding in found {
                assert!(finding.line >= 1 && finding.column >= 1);
                if let Some(value) = value.as_ref().filter(|_| !twice) {
                    assert!(
                        value.pointer(&finding.pointer).is_some(),
                        "case {case}: {finding:?}\n{text}"
                    );
                }
            }
        }
        if let Ok(document) = Document::parse(&text, DocumentKind::Permission) {
            let documents = [document];
            if covers(&[], &documents) == Coverage::Yes {
                // Nothing covers it, so it allows nothing.
                for request in &requests {
                    let decision = evaluate(&documents, request).decision;
                    assert_ne!(decision, Decision::Allow, "case {case}: {text}");
                }
            }
        }
    }
    assert!(valid > 100, "{valid}");
}
