//! The usual rules for values. Each knows how to say itself on the reference page and to say what
//! is wrong with a value.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::Validator;

/// Text of so many characters.
pub fn length(range: RangeInclusive<usize>) -> Validator<String> {
    let words = amount(*range.start(), *range.end(), "character");
    let expected = words.clone();
    Validator::new("Invalid Length", words, move |value: &String| {
        let count = value.chars().count();
        if range.contains(&count) {
            return Ok(());
        }
        Err(format!(
            "the value has {count} characters; it must have {expected}."
        ))
    })
}

/// A collection of so many elements.
pub fn size<T>(range: RangeInclusive<usize>) -> Validator<T>
where
    T: 'static,
    for<'a> &'a T: IntoIterator,
{
    let words = amount(*range.start(), *range.end(), "element");
    let expected = words.clone();
    Validator::new("Invalid Number Of Elements", words, move |value: &T| {
        let count = value.into_iter().count();
        if range.contains(&count) {
            return Ok(());
        }
        Err(format!(
            "there are {count} elements; there must be {expected}."
        ))
    })
}

/// Text made of certain characters only. `words` says which, as in "letters, digits and `-`".
pub fn characters(
    words: &'static str,
    allowed: impl Fn(char) -> bool + Send + Sync + 'static,
) -> Validator<String> {
    Validator::new(
        "Invalid Character",
        format!("{words} only"),
        move |value: &String| match value.chars().find(|c| !allowed(*c)) {
            None => Ok(()),
            Some(bad) => Err(format!(
                "the value holds `{}`; it may hold {words} only.",
                bad.escape_debug()
            )),
        },
    )
}

/// Text that begins with one of certain characters. `words` says which.
pub fn first_character(
    words: &'static str,
    allowed: impl Fn(char) -> bool + Send + Sync + 'static,
) -> Validator<String> {
    Validator::new(
        "Invalid First Character",
        format!("begins with {words}"),
        move |value: &String| match value.chars().next() {
            Some(first) if !allowed(first) => Err(format!(
                "the value begins with `{}`; it must begin with {words}.",
                first.escape_debug()
            )),
            _ => Ok(()),
        },
    )
}

/// One of a few texts, letter case counting.
pub fn one_of(values: &'static [&'static str]) -> Validator<String> {
    let words = match values {
        [] => "no value".to_owned(),
        [one] => format!("`{one}`"),
        [rest @ .., last] => format!(
            "{} or `{last}`",
            rest.iter()
                .map(|v| format!("`{v}`"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    let expected = words.clone();
    Validator::new("Invalid Value", words, move |value: &String| {
        if values.contains(&value.as_str()) {
            return Ok(());
        }
        let hint = match values.iter().find(|v| v.eq_ignore_ascii_case(value)) {
            Some(near) => format!(" Letter case counts: did you mean `{near}`?"),
            None => String::new(),
        };
        Err(format!("`{value}` is not {expected}.{hint}"))
    })
}

/// A number of a range, both ends included.
pub fn range<T>(range: RangeInclusive<T>) -> Validator<T>
where
    T: PartialOrd + Display + Send + Sync + 'static,
{
    let words = format!("{} to {}", range.start(), range.end());
    let expected = words.clone();
    Validator::new("Value Out Of Range", words, move |value: &T| {
        if range.contains(value) {
            return Ok(());
        }
        Err(format!("{value} is out of range; it must be {expected}."))
    })
}

/// A number that is not below a limit.
pub fn at_least<T>(limit: T) -> Validator<T>
where
    T: PartialOrd + Display + Send + Sync + 'static,
{
    let words = format!("{limit} or more");
    Validator::new("Value Out Of Range", words, move |value: &T| {
        if *value >= limit {
            return Ok(());
        }
        Err(format!("{value} is too small; it must be {limit} or more."))
    })
}

/// A rule for each element of a list or set.
pub fn each<T, E>(rule: Validator<E>) -> Validator<T>
where
    E: Display + 'static,
    T: 'static,
    for<'a> &'a T: IntoIterator<Item = &'a E>,
{
    let words = format!("each element: {}", rule.description);
    Validator::new(rule.summary, words, move |value: &T| {
        let refused: Vec<String> = value
            .into_iter()
            .filter_map(|element| {
                let why = (rule.check)(element).err()?;
                Some(format!("element `{element}`: {why}"))
            })
            .collect();
        if refused.is_empty() {
            Ok(())
        } else {
            Err(refused.join("\n"))
        }
    })
}

/// "1 to 64 characters", "at most 3 elements", "exactly 1 character".
fn amount(least: usize, most: usize, noun: &str) -> String {
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    if least == most {
        format!("exactly {least} {noun}{}", plural(least))
    } else if most == usize::MAX {
        format!("at least {least} {noun}{}", plural(least))
    } else if least == 0 {
        format!("at most {most} {noun}{}", plural(most))
    } else {
        format!("{least} to {most} {noun}s")
    }
}
