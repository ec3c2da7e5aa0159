//! Containment against brute force: the algorithm's answer, for random policies, is the one that
//! trying every request gives.
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

use policy_support::{Random, cases, naive, parse, seed, words};
use std::collections::BTreeSet;
use terraform_provider_imm::policy::ast::Document;
use terraform_provider_imm::policy::cover::{Coverage, covers};
use terraform_provider_imm::policy::evaluate::{Context, Decision, Request, evaluate};

/// Patterns of up to three symbols, and every word that they can tell apart.
struct Universe {
    patterns: Vec<String>,
    /// For each word the patterns that fit it.
    fits: Vec<Vec<bool>>,
}

impl Universe {
    fn new() -> Self {
        let patterns: Vec<String> = words(b"ab*?", 3)
            .into_iter()
            .map(|word| String::from_utf8(word).unwrap())
            .collect();
        // Three symbols can ask for two letters at each end and for a letter between them, so that
        // six letters show every combination; `z` is in no pattern.
        let distinct: BTreeSet<Vec<bool>> = words(b"abz", 6)
            .iter()
            .map(|word| {
                let fits = patterns.iter().map(|p| naive(p.as_bytes(), word));
                fits.collect()
            })
            .collect();
        Self {
            patterns,
            fits: distinct.into_iter().collect(),
        }
    }
}

/// A statement as lists of positions of patterns.
struct Model {
    allow: bool,
    names: (bool, Vec<usize>),
    resources: (bool, Vec<usize>),
}

fn model(random: &mut Random, universe: &Universe, allow: bool) -> Model {
    let list = |random: &mut Random| {
        let negated = random.chance(15);
        let length = 1 + random.below(3);
        let items = (0..length).map(|_| random.below(universe.patterns.len()));
        (negated, items.collect::<Vec<_>>())
    };
    Model {
        allow,
        names: list(random),
        resources: list(random),
    }
}

fn policy(random: &mut Random, universe: &Universe) -> Vec<Model> {
    let statements = 1 + random.below(4);
    (0..statements)
        .map(|index| {
            let allow = index == 0 || random.chance(70);
            model(random, universe, allow)
        })
        .collect()
}

fn text(policy: &[Model], universe: &Universe) -> String {
    let statements: Vec<String> = policy
        .iter()
        .map(|model| {
            let list = |items: &[usize], prefix: &str| {
                let quoted: Vec<String> = items
                    .iter()
                    .map(|item| format!("\"{prefix}{}\"", universe.patterns[*item]))
                    .collect();
                quoted.join(",")
            };
            format!(
                r#"{{"Effect":"{}","{}Action":[{}],"{}Resource":[{}]}}"#,
                if model.allow { "Allow" } else { "Deny" },
                if model.names.0 { "Not" } else { "" },
                list(&model.names.1, "oss:"),
                if model.resources.0 { "Not" } else { "" },
                list(&model.resources.1, "acs:oss:*:*:"),
            )
        })
        .collect();
    format!(
        r#"{{"Version":"1","Statement":[{}]}}"#,
        statements.join(",")
    )
}

/// For each kind of word, the statements in whose list it is.
fn kinds(
    policies: [&[Model]; 2],
    universe: &Universe,
    of: impl Fn(&Model) -> &(bool, Vec<usize>),
) -> BTreeSet<u32> {
    let lists: Vec<&(bool, Vec<usize>)> = policies.iter().flat_map(|p| p.iter()).map(of).collect();
    universe
        .fits
        .iter()
        .map(|fits| {
            lists
                .iter()
                .enumerate()
                .fold(0, |bits, (at, (negated, items))| {
                    let member = items.iter().any(|item| fits[*item]) != *negated;
                    bits | (u32::from(member) << at)
                })
        })
        .collect()
}

/// Whether every request that `need` allows, `have` allows: by trying all.
fn brute_force(have: &[Model], need: &[Model], universe: &Universe) -> bool {
    let policies = [need, have];
    let names = kinds(policies, universe, |model| &model.names);
    let resources = kinds(policies, universe, |model| &model.resources);
    let mask = |allow: bool, policy: &[Model], offset: usize| {
        let positions = policy.iter().enumerate().filter(|(_, m)| m.allow == allow);
        positions.fold(0_u32, |bits, (at, _)| bits | 1 << (at + offset))
    };
    let (need_allow, need_deny) = (mask(true, need, 0), mask(false, need, 0));
    let (have_allow, have_deny) = (mask(true, have, need.len()), mask(false, have, need.len()));
    let holds = |name: u32, resource: u32| {
        let about = name & resource;
        let allows = |allow: u32, deny: u32| about & deny == 0 && about & allow != 0;
        !allows(need_allow, need_deny) || allows(have_allow, have_deny)
    };
    // Other services are in no list at all, and so in every one that is turned round.
    let outside = |of: fn(&Model) -> bool| {
        let models = policies.iter().flat_map(|p| p.iter()).enumerate();
        models.fold(0, |bits, (at, model)| bits | (u32::from(of(model)) << at))
    };
    holds(
        outside(|model| model.names.0),
        outside(|model| model.resources.0),
    ) && names
        .iter()
        .all(|name| resources.iter().all(|resource| holds(*name, *resource)))
}

#[test]
fn the_algorithm_agrees_with_brute_force() {
    let (total, seed, threads) = (cases(100_000), seed(20_260_101), 4);
    let universe = Universe::new();
    let counts: Vec<(usize, usize)> = std::thread::scope(|scope| {
        let work: Vec<_> = (0..threads)
            .map(|thread| {
                let universe = &universe;
                scope.spawn(move || {
                    let mut random = Random::new(seed.wrapping_add(thread));
                    compare(&mut random, universe, total / 4)
                })
            })
            .collect();
        work.into_iter().map(|w| w.join().unwrap()).collect()
    });
    let contained: usize = counts.iter().map(|count| count.0).sum();
    let refuted: usize = counts.iter().map(|count| count.1).sum();
    println!("{contained} contained, {refuted} not, of {total}");
    assert!(
        contained * 10 > total && refuted * 10 > total,
        "both answers are common"
    );
}

/// Random pairs, both ways; how many were contained and how many not.
fn compare(random: &mut Random, universe: &Universe, total: usize) -> (usize, usize) {
    let (mut contained, mut refuted) = (0, 0);
    for case in 0..total {
        let have = policy(random, universe);
        let mut need = policy(random, universe);
        // Left to chance few are contained: often the needed policy is a part of the other.
        if random.chance(40) {
            need.clear();
            for model in have.iter().filter(|m| m.allow) {
                need.push(Model {
                    allow: true,
                    names: (
                        model.names.0,
                        model
                            .names
                            .1
                            .iter()
                            .map(|item| {
                                if random.chance(70) {
                                    *item
                                } else {
                                    random.below(universe.patterns.len())
                                }
                            })
                            .collect(),
                    ),
                    resources: (model.resources.0, model.resources.1.clone()),
                });
            }
            for _ in 0..random.below(3) {
                need.push(self::model(random, universe, false));
            }
        }
        let expected = brute_force(&have, &need, universe);
        let (have_text, need_text) = (text(&have, universe), text(&need, universe));
        let (have, need) = ([parse(&have_text)], [parse(&need_text)]);
        match covers(&have, &need) {
            Coverage::Yes => {
                assert!(
                    expected,
                    "case {case}: not contained\nhave {have_text}\nneed {need_text}"
                );
                contained += 1;
            }
            Coverage::No(witness) => {
                assert!(
                    !expected,
                    "case {case}: contained\nhave {have_text}\nneed {need_text}\n{witness:?}"
                );
                if case % 10 == 0 {
                    confirm(&have, &need, &witness.request);
                }
                refuted += 1;
            }
            Coverage::Unknown(why) => {
                panic!("case {case}: {why:?}\nhave {have_text}\nneed {need_text}");
            }
        }
    }
    (contained, refuted)
}

fn confirm(have: &[Document], need: &[Document], request: &Request) {
    assert_eq!(evaluate(need, request).decision, Decision::Allow);
    let refused = evaluate(have, request).decision;
    assert!(
        matches!(refused, Decision::ExplicitDeny | Decision::ImplicitDeny),
        "{refused:?}"
    );
}

const CODES: [&str; 4] = ["oss", "ram", "sts", "o*"];

fn field<'a>(random: &mut Random, options: &[&'a str]) -> &'a str {
    options[random.below(options.len())]
}

fn wide_statement(random: &mut Random, condition: bool) -> String {
    let effect = if random.chance(75) { "Allow" } else { "Deny" };
    let mut actions = Vec::new();
    for _ in 0..1 + random.below(2) {
        actions.push(match random.below(8) {
            0 => "\"*\"".to_owned(),
            1 => "\"*a*\"".to_owned(),
            2 => "\"ram:PassRole\"".to_owned(),
            3 => "\"sts:AssumeRole\"".to_owned(),
            _ => format!(
                "\"{}:{}\"",
                field(random, &CODES),
                field(
                    random,
                    &["*", "A", "Ab", "?", "A*", "*b", "PassRole", "AssumeRole"]
                )
            ),
        });
    }
    let mut resources = Vec::new();
    for _ in 0..1 + random.below(2) {
        resources.push(if random.chance(20) {
            "\"*\"".to_owned()
        } else {
            format!(
                "\"acs:{}:{}:{}:{}\"",
                field(random, &["oss", "ram", "*", "o?s", "ossvector"]),
                field(random, &["*", "", "r", "?", "?*"]),
                field(random, &["*", "", "1", "2", "1?*"]),
                field(random, &["*", "b", "b/*", "*:c", "B", "?", "b*c"])
            )
        });
    }
    let not = |random: &mut Random| if random.chance(12) { "Not" } else { "" };
    let condition = if condition && random.chance(60) {
        format!(",\"Condition\":{}", random_condition(random))
    } else {
        String::new()
    };
    format!(
        "{{\"Effect\":\"{effect}\",\"{}Action\":[{}],\"{}Resource\":[{}]{condition}}}",
        not(random),
        actions.join(","),
        not(random),
        resources.join(",")
    )
}

fn random_condition(random: &mut Random) -> String {
    let mut operators: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for _ in 0..1 + random.below(2) {
        let prefix = ["", "", "", "ForAnyValue:", "ForAllValues:"];
        let (operator, key, values): (&str, &str, &[&str]) = match random.below(8) {
            0 => (
                "StringEquals",
                "acs:Service",
                &["imm.aliyuncs.com", "ecs.aliyuncs.com"],
            ),
            1 => (
                "StringNotEquals",
                "acs:Service",
                &["imm.aliyuncs.com", "ecs.aliyuncs.com"],
            ),
            2 => (
                "IpAddress",
                "acs:SourceIp",
                &["10.0.0.0/8", "10.1.0.0/16", "11.0.0.1"],
            ),
            3 => ("NotIpAddress", "acs:SourceIp", &["10.0.0.0/8", "11.0.0.1"]),
            4 => ("StringLike", "oss:Prefix", &["a*", "ab", "b?"]),
            5 => ("StringNotLike", "oss:Prefix", &["a*", "ab"]),
            6 => ("StringEquals", "acs:RequestTag/t", &["x", "y"]),
            _ => ("StringNotEquals", "acs:RequestTag/t", &["x", "y"]),
        };
        let prefix = *random.pick(&prefix);
        let operator: &'static str = Box::leak(format!("{prefix}{operator}").into_boxed_str());
        if operators.iter().any(|(known, _, _)| *known == operator) {
            continue;
        }
        let mut list: Vec<&str> = Vec::new();
        for value in values {
            if list.is_empty() || random.chance(40) {
                list.push(value);
            }
        }
        operators.push((operator, key, list));
    }
    let parts: Vec<String> = operators
        .iter()
        .map(|(operator, key, values)| {
            let values: Vec<String> = values.iter().map(|v| format!("\"{v}\"")).collect();
            format!("\"{operator}\":{{\"{key}\":[{}]}}", values.join(","))
        })
        .collect();
    format!("{{{}}}", parts.join(","))
}

fn wide_policy(random: &mut Random, condition: bool) -> String {
    let statements: Vec<String> = (0..1 + random.below(3))
        .map(|_| wide_statement(random, condition))
        .collect();
    format!(
        r#"{{"Version":"1","Statement":[{}]}}"#,
        statements.join(",")
    )
}

/// Requests that can be made, without and with condition keys.
fn requests(vectors: bool, conditions: bool) -> Vec<Request> {
    let mut out = Vec::new();
    let names = ["A", "Ab", "b", "zz", "a", "za", "PassRole", "AssumeRole"];
    for code in ["oss", "ram", "sts", "ox", "zz"] {
        for name in names {
            let services: &[&str] = match code {
                "sts" => &["ram"],
                "oss" if vectors => &["oss", "ossvector"],
                other => &[other][..],
            };
            for service in services {
                for region in ["", "r", "zz"] {
                    for account in ["", "1", "12", "2"] {
                        for id in ["b", "b/", "b/z", "z:c", "B", "z", "bc", "bzc", "zz"] {
                            let action = format!("{code}:{name}");
                            let resource = format!("acs:{service}:{region}:{account}:{id}");
                            if !conditions {
                                out.push(Request::new(&action, &resource, Context::new()));
                                continue;
                            }
                            out.extend(
                                contexts(code, name)
                                    .into_iter()
                                    .map(|context| Request::new(&action, &resource, context)),
                            );
                        }
                    }
                }
            }
        }
    }
    out
}

fn contexts(code: &str, name: &str) -> Vec<Context> {
    let mut out = Vec::new();
    let services: &[&str] = if (code, name) == ("ram", "PassRole") {
        &["imm.aliyuncs.com", "ecs.aliyuncs.com", "zz"]
    } else {
        &[""]
    };
    let prefixes: &[&[&str]] = if code == "oss" {
        &[&[], &["ab"], &["zz", "bz"]]
    } else {
        &[&[]]
    };
    for service in services {
        for ip in ["10.1.2.3", "10.2.0.1", "11.0.0.1", "9.9.9.9"] {
            for prefix in prefixes {
                for tags in [&[][..], &["x"], &["y"], &["x", "y"], &["x", "z"]] {
                    let mut context = Context::new().with("acs:SourceIp", ip);
                    if !service.is_empty() {
                        context.add("acs:Service", service);
                    }
                    for value in *prefix {
                        context.add("oss:Prefix", value);
                    }
                    for value in tags {
                        context.add("acs:RequestTag/t", value);
                    }
                    out.push(context);
                }
            }
        }
    }
    out
}

/// Answers over several services and all fields, checked on a sample of requests: "yes" is never
/// refuted by one, "no" is confirmed by its own, and there is no third answer without conditions.
#[test]
fn services_and_fields() {
    let mut random = Random::new(seed(20_260_102));
    let mut counts = [0_usize; 2];
    let total = cases(20_000) / 10;
    let (plain, vectors) = (requests(false, false), requests(true, false));
    for case in 0..total {
        let (have_text, need_text) = (
            wide_policy(&mut random, false),
            wide_policy(&mut random, false),
        );
        let (have, need) = ([parse(&have_text)], [parse(&need_text)]);
        let named = have_text.contains("ossvector") || need_text.contains("ossvector");
        let requests = if named { &vectors } else { &plain };
        match covers(&have, &need) {
            Coverage::Yes => {
                for request in requests.iter().skip(case % 7).step_by(7) {
                    refute(&have, &need, request, case, &have_text, &need_text);
                }
                counts[0] += 1;
            }
            Coverage::No(witness) => {
                confirm(&have, &need, &witness.request);
                assert_possible(&witness.request, named);
                counts[1] += 1;
            }
            Coverage::Unknown(why) => {
                panic!("case {case}: {why:?}\nhave {have_text}\nneed {need_text}")
            }
        }
    }
    println!("{counts:?}");
    assert!(counts.iter().all(|count| *count > total / 50), "{counts:?}");
}

fn refute(
    have: &[Document],
    need: &[Document],
    request: &Request,
    case: usize,
    have_text: &str,
    need_text: &str,
) {
    if evaluate(need, request).decision == Decision::Allow {
        let held = evaluate(have, request).decision;
        assert_eq!(
            held,
            Decision::Allow,
            "case {case}: {request:?}\nhave {have_text}\nneed {need_text}"
        );
    }
}

/// A witness is a request that can be made.
fn assert_possible(request: &Request, vectors: bool) {
    let (code, name) = request.action.split_once(':').unwrap();
    assert!(
        !code.is_empty() && !name.is_empty() && !name.contains(':'),
        "{request:?}"
    );
    let fields: Vec<&str> = request.resource.splitn(5, ':').collect();
    assert_eq!(fields.len(), 5, "{request:?}");
    assert_eq!(fields[0], "acs");
    assert!(!fields[4].is_empty(), "{request:?}");
    let expected = if code == "sts" { "ram" } else { code };
    let vector = vectors && code == "oss" && fields[1] == "ossvector";
    assert!(fields[1] == expected || vector, "{request:?}");
    let pass_role = request.action.eq_ignore_ascii_case("ram:PassRole");
    for (key, values) in request.context.iter() {
        assert!(!values.is_empty());
        match key {
            "acs:Service" => assert!(pass_role && values.len() == 1, "{request:?}"),
            "oss:Prefix" => assert_eq!(code, "oss", "{request:?}"),
            _ => {}
        }
    }
}

/// The same with conditions, where the third answer is allowed.
#[test]
fn conditions() {
    let mut random = Random::new(seed(20_260_103));
    let total = cases(20_000) / 10;
    let mut counts = [0_usize; 3];
    let all = [requests(false, true), requests(true, true)];
    for case in 0..total {
        let have_text = wide_policy(&mut random, true);
        let need_text = if random.chance(30) {
            have_text.clone()
        } else {
            wide_policy(&mut random, true)
        };
        let (have, need) = ([parse(&have_text)], [parse(&need_text)]);
        let named = have_text.contains("ossvector") || need_text.contains("ossvector");
        let requests = &all[usize::from(named)];
        let coverage = covers(&have, &need);
        if have_text == need_text {
            assert_eq!(coverage, Coverage::Yes, "case {case}: {have_text}");
        }
        match coverage {
            Coverage::Yes => {
                for request in requests.iter().skip(case % 997).step_by(997) {
                    refute(&have, &need, request, case, &have_text, &need_text);
                }
                counts[0] += 1;
            }
            Coverage::No(witness) => {
                confirm(&have, &need, &witness.request);
                assert_possible(&witness.request, named);
                counts[1] += 1;
            }
            Coverage::Unknown(why) => {
                assert!(!why.keys.is_empty(), "case {case}: {why:?}");
                let conditional =
                    have_text.contains("Condition") || need_text.contains("Condition");
                assert!(conditional, "case {case}: {why:?}");
                counts[2] += 1;
            }
        }
    }
    println!("{counts:?}");
    assert!(
        counts[0] > total / 20 && counts[1] > total / 20,
        "{counts:?}"
    );
}
