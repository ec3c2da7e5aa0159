//! Exact numbers.

use std::collections::HashSet;

use super::number;
use crate::plugin::value::{MAX_DIGITS, Number};

#[test]
fn equal_by_value() {
    for (left, right) in [
        ("1", "1.0"),
        ("1", "100e-2"),
        ("-0", "0"),
        ("0.0e5", "0"),
        ("0e999999999999999999999", "0"),
        ("1e3", "1000"),
        ("007", "7"),
        ("+5", "5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1E+2", "100"),
    ] {
        assert_eq!(number(left), number(right), "{left} and {right}");
        let both: HashSet<Number> = [number(left), number(right)].into();
        assert_eq!(both.len(), 1, "{left} and {right} hash alike");
    }
    let nearest = Number::from_f64(0.1).unwrap();
    assert_ne!(nearest, number("0.1"));
    assert!(nearest > number("0.1"));
    assert_eq!(Number::from_f64(-0.0), Some(number("0")));
    assert_eq!(Number::from_f64(f64::NAN), None);
}

#[test]
fn printed_plainly() {
    for (text, printed) in [
        ("1e3", "1000"),
        ("1.50", "1.5"),
        ("-0.0", "0"),
        ("1e-7", "0.0000001"),
        ("-12.34e1", "-123.4"),
        (
            "123456789012345678901234567890.5",
            "123456789012345678901234567890.5",
        ),
    ] {
        assert_eq!(number(text).to_string(), printed);
    }
    assert_eq!(
        Number::from_f64(1e23).unwrap().to_string(),
        "99999999999999991611392"
    );
    assert_eq!(Number::Infinity.to_string(), "inf");
    assert_eq!(Number::NegativeInfinity.to_string(), "-inf");
}

#[test]
fn every_float_is_exact() {
    for float in [
        0.1,
        -2.5,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        f64::from_bits(1),
        f64::EPSILON,
        1e308,
        9_223_372_036_854_775_808.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ] {
        let exact = Number::from_f64(float).unwrap();
        assert_eq!(exact.to_f64(), Some(float));
        if exact.is_finite() {
            assert_eq!(number(&exact.to_string()), exact);
        }
    }
    for text in ["0.1", "1e400", "-1e400", "1e-400", "9007199254740993"] {
        assert_eq!(number(text).to_f64(), None, "{text}");
    }
}

#[test]
fn whole_numbers_never_pass_a_float() {
    assert_eq!(
        number("9007199254740993").to_i64(),
        Some(9_007_199_254_740_993)
    );
    assert_eq!(number("9223372036854775807").to_i64(), Some(i64::MAX));
    assert_eq!(number("-9223372036854775808").to_i64(), Some(i64::MIN));
    assert_eq!(number("9223372036854775808").to_i64(), None);
    assert_eq!(number("18446744073709551615").to_u64(), Some(u64::MAX));
    assert_eq!(number("18446744073709551616").to_u64(), None);
    assert_eq!(number("-1").to_u64(), None);
    assert_eq!(number("1.5").to_i64(), None);
    assert_eq!(number("15e-1").to_i64(), None);
    assert_eq!(number("1500e-2").to_i64(), Some(15));
    assert_eq!(number("1e18").to_i64(), Some(1_000_000_000_000_000_000));
    assert_eq!(number("1e19").to_i64(), None);
    assert_eq!(number("1e16000").to_i64(), None);
    assert_eq!(number("1e-16000").to_i64(), None);
    assert_eq!(Number::Infinity.to_i64(), None);
    assert_eq!(Number::from(i64::MIN).to_i64(), Some(i64::MIN));
    assert_eq!(Number::from(u64::MAX).to_u64(), Some(u64::MAX));
}

#[test]
fn not_numbers() {
    for text in [
        "", "-", "+", ".", "e5", "1e", "1e+", "1e5.5", "1.2.3", "0x10", "1_000", " 1", "1 ", "--1",
        "inf", "NaN", "١", "1e--5",
    ] {
        let error = text.parse::<Number>().expect_err(text);
        assert!(error.message.contains("is not a number"), "{text}: {error}");
    }
    let long = "x".repeat(1_000_000);
    let error = long.parse::<Number>().unwrap_err();
    assert!(error.message.len() < 100);
}

#[test]
fn absurd_sizes_are_refused() {
    let most = MAX_DIGITS as usize;
    for text in [
        "1e999999999".to_owned(),
        "1e-999999999".to_owned(),
        "1e99999999999999999999999999".to_owned(),
        format!("1e{most}"),
        "1".repeat(most + 1),
        format!("0.{}1", "0".repeat(most)),
    ] {
        let error = text.parse::<Number>().expect_err("absurd");
        assert!(error.message.contains("digits"), "{error}");
    }
    for text in [
        "1".repeat(most),
        format!("1e{}", most - 1),
        format!("1e-{most}"),
        // Zeros that say nothing do not count.
        format!("{}1", "0".repeat(most + 1)),
        format!("1.{}", "0".repeat(most + 1)),
    ] {
        let number: Number = text.parse().expect("large, but not absurd");
        assert_eq!(number.to_string().parse::<Number>().as_ref(), Ok(&number));
    }
}

#[test]
fn ordered_by_value() {
    let ascending = [
        Number::NegativeInfinity,
        number("-1e400"),
        number("-2"),
        number("-1.5"),
        number("-1e-400"),
        number("0"),
        number("1e-16000"),
        number("0.1"),
        Number::from_f64(0.1).unwrap(),
        number("1"),
        number("9223372036854775807"),
        number("9223372036854775808"),
        number("1e16000"),
        Number::Infinity,
    ];
    for (i, left) in ascending.iter().enumerate() {
        for (j, right) in ascending.iter().enumerate() {
            assert_eq!(left.cmp(right), i.cmp(&j), "{left} and {right}");
        }
    }
}
