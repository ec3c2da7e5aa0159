//! Durations and the usual validators.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::plugin::schema::validators::*;
use crate::plugin::schema::{Validator, parse_duration, print_duration};

#[test]
fn durations_are_read_as_go_reads_them() {
    let cases = [
        ("1h30m", Duration::from_secs(5400)),
        ("1.5h", Duration::from_secs(5400)),
        ("30s", Duration::from_secs(30)),
        ("300ms", Duration::from_millis(300)),
        (".5s", Duration::from_millis(500)),
        ("1.s", Duration::from_secs(1)),
        ("1us2ns", Duration::from_nanos(1002)),
        ("2µs", Duration::from_micros(2)),
        ("1h1h", Duration::from_secs(7200)),
        ("0.1s", Duration::from_millis(100)),
        ("1.0000000001s", Duration::from_secs(1)),
        ("2562047h", Duration::from_secs(2_562_047 * 3600)),
    ];
    for (text, expected) in cases {
        assert_eq!(parse_duration(text), Ok(expected), "{text}");
    }
    let wrong = [
        ("", "it is empty"),
        ("5", "a unit is missing"),
        ("m", "a number is missing"),
        ("5 m", "unknown unit"),
        ("5d", "unknown unit"),
        ("-5m", "a number is missing"),
        ("0s", "greater than zero"),
        ("0.0000000001s", "greater than zero"),
        ("1.2.3s", "cannot be read"),
        (".s", "cannot be read"),
        ("99999999999999999999s", "cannot be read"),
        ("9999999999h", "too l"),
        ("2562048h", "too long"),
        ("５m", "a number is missing"),
    ];
    for (text, why) in wrong {
        let error = parse_duration(text).expect_err(text);
        assert!(error.contains(why), "{text}: {error}");
        assert!(error.contains("such as `30s`"), "{error}");
    }
}

#[test]
fn durations_are_printed_so_that_they_can_be_read() {
    for (millis, expected) in [
        (5_400_000, "1h30m"),
        (45_000, "45s"),
        (300, "300ms"),
        (3_600_000, "1h"),
        (61_001, "1m1s1ms"),
    ] {
        let duration = Duration::from_millis(millis);
        assert_eq!(print_duration(duration), expected);
        assert_eq!(parse_duration(expected), Ok(duration));
    }
    assert_eq!(print_duration(Duration::ZERO), "0s");
}

fn says<T>(rule: &Validator<T>, value: T) -> String {
    (rule.check)(&value).err().unwrap_or_default()
}

#[test]
fn rules_say_themselves_and_what_is_wrong() {
    let rule = length(1..=3);
    assert_eq!(rule.description, "1 to 3 characters");
    assert_eq!(says(&rule, "äöü".to_owned()), "");
    assert_eq!(
        says(&rule, String::new()),
        "the value has 0 characters; it must have 1 to 3 characters."
    );
    assert_eq!(length(0..=5).description, "at most 5 characters");
    assert_eq!(length(2..=usize::MAX).description, "at least 2 characters");
    assert_eq!(length(1..=1).description, "exactly 1 character");

    let rule = characters("letters and `-`", |c| c.is_ascii_alphabetic() || c == '-');
    assert_eq!(rule.description, "letters and `-` only");
    assert_eq!(says(&rule, "a-b".to_owned()), "");
    assert_eq!(
        says(&rule, "a\nb".to_owned()),
        "the value holds `\\n`; it may hold letters and `-` only."
    );

    let rule = first_character("a letter", |c| c.is_ascii_alphabetic());
    assert_eq!(
        says(&rule, "1a".to_owned()),
        "the value begins with `1`; it must begin with a letter."
    );
    assert_eq!(says(&rule, String::new()), "");

    let rule = one_of(&["Custom", "System"]);
    assert_eq!(rule.description, "`Custom` or `System`");
    assert_eq!(says(&rule, "System".to_owned()), "");
    assert_eq!(
        says(&rule, "custom".to_owned()),
        "`custom` is not `Custom` or `System`. Letter case counts: did you mean `Custom`?"
    );
    assert_eq!(one_of(&["a"]).description, "`a`");
    assert_eq!(one_of(&["a", "b", "c"]).description, "`a`, `b` or `c`");

    let rule = range(3600..=43200_i64);
    assert_eq!(rule.description, "3600 to 43200");
    assert_eq!(says(&rule, 3600), "");
    assert_eq!(
        says(&rule, 0),
        "0 is out of range; it must be 3600 to 43200."
    );
    assert_eq!(
        says(&at_least(1_i64), 0),
        "0 is too small; it must be 1 or more."
    );

    let rule = size::<BTreeSet<i64>>(1..=2);
    assert_eq!(rule.description, "1 to 2 elements");
    assert_eq!(
        says(&rule, BTreeSet::new()),
        "there are 0 elements; there must be 1 to 2 elements."
    );

    let rule = each::<Vec<String>, _>(length(1..=1));
    assert_eq!(rule.description, "each element: exactly 1 character");
    assert_eq!(says(&rule, vec!["a".to_owned()]), "");
    assert_eq!(
        says(&rule, vec!["a".into(), "bc".into(), String::new()])
            .lines()
            .count(),
        2
    );

    let rule = length(1..=1).titled("Wrong Name").coded("ABC1");
    assert_eq!(rule.summary, "Wrong Name");
    assert!(says(&rule, String::new()).starts_with("ABC1: the value has 0"));
}
