//! Which actions and resources a pattern fits.
//!
//! `*` stands for any text, `?` for one character. Actions are compared as plain text without letter
//! case. Resources are compared field by field, split at their first four colons, so that a wildcard
//! stays inside its field; an empty region or account in a pattern stands for any. Letter case counts
//! in the region, account and relative id of everything but RAM's own resources.

/// A character of a pattern or text, or one of the two wildcards.
pub type Symbol = u32;

/// `*`: any text. Beyond every character.
pub const STAR: Symbol = 0x11_0000;
/// `?`: one character. Beyond every character.
pub const ONE: Symbol = 0x11_0001;

/// A pattern, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Glob(Vec<Symbol>);

impl Glob {
    /// Reads a pattern. Every text is one.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self::from_symbols(pattern.chars().map(|character| match character {
            '*' => STAR,
            '?' => ONE,
            other => u32::from(other),
        }))
    }

    /// The pattern that fits everything.
    #[must_use]
    pub fn any() -> Self {
        Self(vec![STAR])
    }

    /// Reads symbols; neighbouring wildcards are put in one order, so that patterns which are written
    /// differently and fit the same differ less.
    pub fn from_symbols(symbols: impl IntoIterator<Item = Symbol>) -> Self {
        let mut out = Vec::new();
        let mut star = false;
        for symbol in symbols {
            match symbol {
                STAR => star = true,
                ONE => out.push(ONE),
                literal => {
                    if star {
                        out.push(STAR);
                        star = false;
                    }
                    out.push(literal);
                }
            }
        }
        if star {
            out.push(STAR);
        }
        Self(out)
    }

    /// The symbols.
    #[must_use]
    pub fn symbols(&self) -> &[Symbol] {
        &self.0
    }

    /// Whether the pattern fits everything.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.0 == [STAR]
    }

    /// Whether the pattern has no wildcard.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        !self.0.iter().any(|symbol| *symbol >= STAR)
    }

    /// How many `*` the pattern has.
    #[must_use]
    pub fn stars(&self) -> usize {
        self.0.iter().filter(|symbol| **symbol == STAR).count()
    }

    /// Whether the pattern fits the text.
    #[must_use]
    pub fn matches(&self, text: &[Symbol]) -> bool {
        fits(&self.0, text)
    }

    /// Whether the pattern fits the text.
    #[must_use]
    pub fn matches_str(&self, text: &str) -> bool {
        if self.is_any() {
            return true;
        }
        if text.is_ascii() {
            let text = text.as_bytes();
            return walk(
                |at| self.0.get(at).copied(),
                |at| text.get(at).map(|byte| Symbol::from(*byte)),
            );
        }
        let text: Vec<Symbol> = text.chars().map(u32::from).collect();
        self.matches(&text)
    }
}

/// Whether a pattern fits a text.
fn fits(pattern: &[Symbol], text: &[Symbol]) -> bool {
    walk(|at| pattern.get(at).copied(), |at| text.get(at).copied())
}

/// Walks the text once, going back to the last `*` at a mismatch: at most |pattern| × |text| steps.
fn walk(pattern: impl Fn(usize) -> Option<Symbol>, text: impl Fn(usize) -> Option<Symbol>) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        match (pattern(at), text(seen)) {
            (Some(STAR), _) => {
                back = Some((at + 1, seen));
                at += 1;
            }
            (Some(ONE), Some(_)) => {
                at += 1;
                seen += 1;
            }
            (Some(symbol), Some(letter)) if symbol == letter => {
                at += 1;
                seen += 1;
            }
            (None, None) => return true,
            (_, None) => return false,
            _ => match back {
                Some((resume, from)) => {
                    back = Some((resume, from + 1));
                    at = resume;
                    seen = from + 1;
                }
                None => return false,
            },
        }
    }
}

/// Whether a pattern fits a text, both as they are written; with or without letter case.
fn text_fits(pattern: &str, text: &str, fold: bool) -> bool {
    if pattern == "*" {
        return true;
    }
    if !pattern.is_ascii() || !text.is_ascii() {
        return if fold {
            Glob::new(&pattern.to_lowercase()).matches_str(&text.to_lowercase())
        } else {
            Glob::new(pattern).matches_str(text)
        };
    }
    let letter = |byte: u8| {
        Symbol::from(if fold {
            byte.to_ascii_lowercase()
        } else {
            byte
        })
    };
    walk(
        |at| {
            pattern.as_bytes().get(at).map(|byte| match byte {
                b'*' => STAR,
                b'?' => ONE,
                other => letter(*other),
            })
        },
        |at| text.as_bytes().get(at).map(|byte| letter(*byte)),
    )
}

/// Whether an action pattern fits an action.
#[must_use]
pub fn action_matches(pattern: &str, action: &str) -> bool {
    text_fits(pattern, action, true)
}

/// The five fields of a resource name: `acs`, service, region, account and relative id.
#[must_use]
pub fn arn_fields(arn: &str) -> Option<[&str; 5]> {
    let mut fields = arn.splitn(5, ':');
    Some([
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    ])
}

/// Whether a resource pattern is the lone `*`, however often the star is written.
#[must_use]
pub fn is_star(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

/// Whether resource names of this service are compared without letter case.
#[must_use]
pub fn ignores_case(service: &str) -> bool {
    service.eq_ignore_ascii_case("ram")
}

/// Whether a resource pattern fits a resource.
#[must_use]
pub fn resource_matches(pattern: &str, resource: &str) -> bool {
    if is_star(pattern) {
        return true;
    }
    let (Some(pattern), Some(resource)) = (arn_fields(pattern), arn_fields(resource)) else {
        return false;
    };
    let fold = ignores_case(resource[1]);
    let wide = |pattern: &str, text: &str| pattern.is_empty() || text_fits(pattern, text, fold);
    text_fits(pattern[0], resource[0], false)
        && text_fits(pattern[1], resource[1], true)
        && wide(pattern[2], resource[2])
        && wide(pattern[3], resource[3])
        && text_fits(pattern[4], resource[4], fold)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, word for word.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|skip| naive(rest, &text[skip..])),
            Some(('?', rest)) => !text.is_empty() && naive(rest, &text[1..]),
            Some((symbol, rest)) => text.first() == Some(symbol) && naive(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?é]{0,7}", text in "[abé]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            let expected = naive(&chars(&pattern), &chars(&text));
            prop_assert_eq!(Glob::new(&pattern).matches_str(&text), expected);
            prop_assert_eq!(text_fits(&pattern, &text, false), expected);
            prop_assert_eq!(text_fits(&pattern.to_uppercase(), &text, true), expected);
        }
    }

    #[test]
    fn long_patterns_take_no_exponential_time() {
        let pattern = "a*".repeat(200) + "b";
        assert!(!Glob::new(&pattern).matches_str(&"a".repeat(2000)));
    }

    #[test]
    fn actions_ignore_case() {
        assert!(action_matches("OSS:Get*", "oss:getobject"));
        assert!(action_matches("*", "oss:GetObject"));
        assert!(!action_matches("oss:Get?bjects", "oss:GetObject"));
    }

    #[test]
    fn wildcards_stay_in_their_field() {
        let fits = resource_matches;
        assert!(fits("*", "acs:oss:::b"));
        assert!(fits("acs:oss:*:*:a/*", "acs:oss:cn-x:1:a/b:c/d"));
        assert!(!fits("acs:oss:*:a/*", "acs:oss:*:1:a/x"), "four fields");
        assert!(
            !fits("acs:oss:*:*:b", "acs:oss:r:1:x:b"),
            "the id is one field"
        );
        assert!(!fits("acs:oss:*:b", "acs:oss:r:1:x:b"));
        assert!(!fits("acs:o*", "acs:oss:r:1:b"));
    }

    #[test]
    fn empty_region_or_account() {
        let fits = resource_matches;
        assert!(fits("acs:ram::1:role/x", "acs:ram:*:1:role/x"));
        assert!(fits("acs:ram:*:1:role/x", "acs:ram::1:role/x"));
        assert!(!fits("acs:ram:cn-*:1:role/x", "acs:ram::1:role/x"));
        assert!(fits("acs:oss:::b", "acs:oss:r:1:b"));
        assert!(
            !fits("acs:ram::2:role/x", "acs:ram::1:role/x"),
            "another account"
        );
        assert!(
            !fits("acs:ram::1:role/x", "acs:ram:::role/x"),
            "an account is not empty"
        );
        assert!(
            !fits("acs:ram:::", "acs:ram:::role/x"),
            "the relative id has no default"
        );
    }

    #[test]
    fn letter_case_of_resources() {
        let fits = resource_matches;
        assert!(fits("acs:RAM::1:role/MyRole", "acs:ram::1:role/myrole"));
        assert!(fits("acs:OSS:*:*:b/Key", "acs:oss:*:*:b/Key"));
        assert!(!fits("acs:oss:*:*:b/Key", "acs:oss:*:*:b/key"));
        assert!(fits("acs:*:*:*:role/MyRole", "acs:ram::1:role/myrole"));
    }
}
