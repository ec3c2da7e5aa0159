//! What the policy checks cost. Prints the median and the slowest of many runs; `cargo bench --bench
//! policy`.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark asks the machine's own clock, prints and may fail loudly"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use terraform_provider_imm::policy::ast::{Document, DocumentKind};
use terraform_provider_imm::policy::cover::{Coverage, covers};
use terraform_provider_imm::policy::equivalent;
use terraform_provider_imm::policy::evaluate::{Context, Request, evaluate};
use terraform_provider_imm::policy::lint::{Options, lint};

/// Characters that RAM takes in one policy.
const LIMIT: usize = 6144;

fn main() {
    println!("{:<58} {:>10} {:>10}", "", "median", "slowest");
    let need = full_size("need", "*", false);
    let have = full_size("have", "*", true);
    let (need_doc, have_doc) = ([parse(&need)], [parse(&have)]);
    println!(
        "documents of {} and {} characters",
        need.chars().count(),
        have.chars().count()
    );
    assert_eq!(covers(&have_doc, &need_doc), Coverage::Yes);
    measure("cover, 100 patterns a side, contained", 300, || {
        covers(&have_doc, &need_doc)
    });
    assert!(matches!(covers(&need_doc, &have_doc), Coverage::No(_)));
    measure("cover, 100 patterns a side, not contained", 300, || {
        covers(&need_doc, &have_doc)
    });
    measure("parse both and cover", 300, || {
        covers(&[parse(&have)], &[parse(&need)])
    });
    let marks = [parse(&full_size("need", "?*", false))];
    let wide = [parse(&full_size("have", "?*", true))];
    measure("cover, `?` in every pattern", 100, || covers(&wide, &marks));
    for (name, have, need) in hostile() {
        let (have, need) = ([parse(&have)], [parse(&need)]);
        let answer = match covers(&have, &need) {
            Coverage::Yes => "yes",
            Coverage::No(_) => "no",
            Coverage::Unknown(_) => "unknown",
        };
        measure(&format!("cover, {name} ({answer})"), 20, || {
            covers(&have, &need)
        });
    }
    measure("lint, 6 KB without findings", 300, || {
        lint(&need, Options::permission())
    });
    let faulty = need
        .replace("oss:Get", "oss:get")
        .replace("\"1\"", "\"2012-10-17\"");
    measure("lint, 6 KB with findings and a mended text", 20, || {
        lint(&faulty, Options::permission())
    });
    let administrator = need.replace("\"mns:SendMessage\"", "\"ram:*\"");
    measure(
        "lint, 6 KB with a wildcard grant of ram:PassRole",
        20,
        || lint(&administrator, Options::permission()),
    );
    let other = need.replace(",", ", ");
    measure("equivalent, 6 KB", 300, || equivalent(&need, &other));
    let request = Request::new(
        "oss:GetObject",
        "acs:oss:cn-hangzhou:1234567890123456:need-bucket-049/data/object",
        Context::new(),
    );
    measure("evaluate one request on 6 KB", 300, || {
        evaluate(&need_doc, &request)
    });
}

fn parse(text: &str) -> Document {
    match Document::parse(text, DocumentKind::Permission) {
        Ok(document) => document,
        Err(error) => panic!("{text}: {error}"),
    }
}

/// A document close to the limit with fifty patterns of actions and fifty of resources.
fn full_size(name: &str, star: &str, wide: bool) -> String {
    let services = ["oss", "mns", "imm", "ram", "log"];
    let verbs = [
        "Get", "List", "Put", "Create", "Delete", "Update", "Attach", "Detach", "Send", "Tag",
    ];
    let mut statements = Vec::new();
    for (part, service) in services.into_iter().enumerate() {
        let actions: Vec<String> = verbs
            .iter()
            .map(|verb| {
                if wide {
                    format!("\"{service}:{verb}{star}\"")
                } else {
                    format!("\"{service}:{verb}Thing{part}{star}\"")
                }
            })
            .collect();
        let resources: Vec<String> = (0..10)
            .map(|index| {
                let bucket = part * 10 + index;
                if wide {
                    format!("\"acs:{service}:*:*:need-bucket-{bucket:03}{star}\"")
                } else {
                    format!("\"acs:{service}:*:*:need-bucket-{bucket:03}/data/of/{name}/{star}\"")
                }
            })
            .collect();
        let mut actions = actions;
        if part == 1 && !wide {
            actions[8] = "\"mns:SendMessage\"".to_owned();
        }
        statements.push(format!(
            r#"{{"Effect":"Allow","Action":[{}],"Resource":[{}]}}"#,
            actions.join(","),
            resources.join(",")
        ));
    }
    let text = format!(
        r#"{{"Version":"1","Statement":[{}]}}"#,
        statements.join(",")
    );
    // Filled up as people do: with white space.
    let padding = LIMIT.saturating_sub(text.chars().count());
    format!("{}{}", text, " ".repeat(padding))
}

/// Documents of legal size that are as unpleasant as their author could make them.
fn hostile() -> Vec<(&'static str, String, String)> {
    let fill = |make: &dyn Fn(usize) -> String| {
        let mut statements: Vec<String> = Vec::new();
        loop {
            let next = make(statements.len());
            let length: usize = statements.iter().map(|s| s.len() + 1).sum();
            if length + next.len() + 40 > LIMIT {
                return format!(
                    r#"{{"Version":"1","Statement":[{}]}}"#,
                    statements.join(",")
                );
            }
            statements.push(next);
        }
    };
    let allow = |action: String, resource: String| {
        format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#)
    };
    let deny = |action: String, resource: String| {
        format!(r#"{{"Effect":"Deny","Action":"{action}","Resource":"{resource}"}}"#)
    };
    let letter = |index: usize| char::from(b'a' + u8::try_from(index % 26).unwrap_or(0));
    vec![
        (
            "overlapping stars and Denies",
            fill(&|i| {
                let pattern = format!("*{}*{}*", letter(i), letter(i * 7 + 1));
                if i % 2 == 0 {
                    allow(format!("oss:{pattern}"), format!("acs:oss:*:*:{pattern}"))
                } else {
                    deny(format!("oss:{pattern}"), format!("acs:oss:*:*:{pattern}"))
                }
            }),
            fill(&|i| {
                let pattern = format!("*{}*{}*", letter(i * 3), letter(i * 5 + 2));
                allow(format!("oss:{pattern}"), format!("acs:oss:*:*:{pattern}"))
            }),
        ),
        (
            "question marks of many lengths",
            fill(&|i| {
                allow(
                    format!("oss:{}*", "?".repeat(i % 20)),
                    format!("acs:oss:*:*:{}", "?*".repeat(i % 9 + 1)),
                )
            }),
            fill(&|i| {
                allow(
                    format!("oss:*{}*{}*", letter(i), letter(i + 1)),
                    format!(
                        "acs:oss:*:*:*{}*{}*{}*",
                        letter(i),
                        letter(i + 2),
                        letter(i + 4)
                    ),
                )
            }),
        ),
        (
            "complements of complements",
            fill(&|i| {
                format!(
                    r#"{{"Effect":"Allow","NotAction":["oss:*{}*","oss:{}*"],"NotResource":"acs:oss:*:*:*{}*"}}"#,
                    letter(i),
                    letter(i + 3),
                    letter(i + 5)
                )
            }),
            fill(&|i| allow("oss:*".to_owned(), format!("acs:oss:*:*:*{}*", letter(i)))),
        ),
        (
            "two long patterns",
            format!(
                r#"{{"Version":"1","Statement":[{},{}]}}"#,
                allow("oss:*".to_owned(), "*".to_owned()),
                deny(
                    "oss:*".to_owned(),
                    format!("acs:oss:*:*:{}", "*ab".repeat(1900))
                )
            ),
            format!(
                r#"{{"Version":"1","Statement":[{}]}}"#,
                allow(
                    "oss:*".to_owned(),
                    format!("acs:oss:*:*:{}", "*ba".repeat(1900))
                )
            ),
        ),
        (
            "conditions that nearly match",
            fill(&|i| {
                format!(
                    r#"{{"Effect":"Allow","Action":"oss:*","Resource":"*","Condition":{{"StringLike":{{"acs:UserAgent":"*{}*"}},"StringNotLike":{{"acs:RequestTag/{}":"{}*"}}}}}}"#,
                    letter(i),
                    letter(i),
                    letter(i)
                )
            }),
            fill(&|i| {
                format!(
                    r#"{{"Effect":"Allow","Action":"oss:*","Resource":"*","Condition":{{"StringLike":{{"acs:UserAgent":"*{}*"}},"StringLike ":{{"acs:RequestTag/{}":"*{}"}}}}}}"#,
                    letter(i + 1),
                    letter(i),
                    letter(i)
                )
            }),
        ),
        (
            "patterns of service codes",
            fill(&|i| {
                allow(
                    format!("*{}*:*", letter(i)),
                    format!("acs:*{}*:*:*:*", letter(i + 1)),
                )
            }),
            fill(&|i| allow(format!("*{}?*:*", letter(i + 2)), "*".to_owned())),
        ),
    ]
}

fn measure<T>(name: &str, runs: usize, mut work: impl FnMut() -> T) {
    for _ in 0..3 {
        black_box(work());
    }
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed()
        })
        .collect();
    times.sort();
    let show = |time: Duration| format!("{:.3} ms", time.as_secs_f64() * 1000.0);
    println!(
        "{name:<58} {:>10} {:>10}",
        show(times[times.len() / 2]),
        show(times[times.len() - 1])
    );
}
