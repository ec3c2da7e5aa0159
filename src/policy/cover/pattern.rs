//! What containment needs to know of patterns: words that stand for many, and intersections.
//!
//! Let [`FRESH`] be a letter that no policy contains. A pattern without it can only fit such a letter
//! by a wildcard, so a word in which `*` is replaced by fresh letters is fitted by no more patterns
//! than any other word of the same length at that place. It follows that whether a pattern lies in a
//! union of others can be read off a few words: one where no pattern on the other side has a `?`,
//! else one for each combination of lengths that a run of `?` could tell apart.

use super::budget::{Budget, Exhausted};
use crate::policy::matching::{Glob, ONE, STAR, Symbol};

/// A letter that no pattern contains. Beyond every character and wildcard.
pub(super) const FRESH: Symbol = 0x11_0010;

/// Most patterns that an intersection may fall into.
const MOST_PARTS: usize = 64;

/// A text that may hold fresh letters.
pub(super) type Word = Vec<Symbol>;

/// The word of a pattern in which every wildcard is one fresh letter.
pub(super) fn generic(glob: &Glob) -> Word {
    let symbols = glob.symbols().iter();
    symbols
        .map(|symbol| if *symbol >= STAR { FRESH } else { *symbol })
        .collect()
}

/// Whether everything that `inner` fits, `outer` fits; for an `outer` without `?` the answer is exact,
/// else a `false` may be wrong.
pub(super) fn within(inner: &Glob, outer: &Glob) -> bool {
    if outer.is_any() || inner == outer {
        return true;
    }
    // A fresh letter may stand for more than one, which `?` does not fit.
    let star_then_one = inner.symbols().contains(&STAR) && outer.symbols().contains(&ONE);
    !star_then_one && outer.matches(&generic(inner))
}

/// Whether the two may have a word in common, judged by what is literal at both ends.
pub(super) fn may_meet(a: &Glob, b: &Glob) -> bool {
    let (a, b) = (a.symbols(), b.symbols());
    let clash = |mut pairs: Box<dyn Iterator<Item = (&Symbol, &Symbol)> + '_>| {
        pairs
            .find_map(|(a, b)| {
                if *a == STAR || *b == STAR {
                    Some(false)
                } else if *a == ONE || *b == ONE || a == b {
                    None
                } else {
                    Some(true)
                }
            })
            .unwrap_or(false)
    };
    !clash(Box::new(a.iter().zip(b))) && !clash(Box::new(a.iter().rev().zip(b.iter().rev())))
}

/// The largest number of `?` that the pattern has between two literals or ends.
pub(super) fn longest_gap(glob: &Glob) -> usize {
    let runs = glob.symbols().split(|symbol| *symbol < STAR);
    runs.map(|run| run.iter().filter(|symbol| **symbol == ONE).count())
        .max()
        .unwrap_or(0)
}

/// Words that stand for all that the fields, one pattern each, fit: each field's `*` has every number
/// of fresh letters up to one more than the field's gap. The first has the most.
pub(super) fn words<const N: usize>(
    fields: [&Glob; N],
    gaps: [usize; N],
    budget: &mut Budget,
) -> Result<Vec<[Word; N]>, Exhausted> {
    // One counter for each star: how many letters fewer than the most.
    let mut stars: Vec<(usize, usize)> = Vec::new();
    for (glob, gap) in fields.iter().zip(gaps) {
        for _ in glob.symbols().iter().filter(|s| **s == STAR) {
            let most = gap + 1;
            // Without a gap the generic word is enough.
            stars.push((most, if gap == 0 { 0 } else { most }));
        }
    }
    let mut fewer = vec![0; stars.len()];
    let mut out = Vec::new();
    loop {
        let mut lengths = stars
            .iter()
            .zip(&fewer)
            .map(|((most, _), less)| most - less);
        let word = fields.map(|glob| {
            let mut word = Word::with_capacity(glob.symbols().len());
            for symbol in glob.symbols() {
                match *symbol {
                    STAR => {
                        let length = lengths.next().unwrap_or(1);
                        word.extend(std::iter::repeat_n(FRESH, length));
                    }
                    ONE => word.push(FRESH),
                    literal => word.push(literal),
                }
            }
            word
        });
        budget.spend(16 + word.iter().map(Vec::len).sum::<usize>())?;
        out.push(word);
        let mut counters = fewer.iter_mut().zip(&stars);
        let stepped = counters.any(|(less, (_, most))| {
            if *less < *most {
                *less += 1;
                true
            } else {
                *less = 0;
                false
            }
        });
        if !stepped {
            return Ok(out);
        }
    }
}

/// Patterns that together fit exactly what both fit.
pub(super) fn intersect(a: &Glob, b: &Glob, budget: &mut Budget) -> Result<Vec<Glob>, Exhausted> {
    budget.spend(a.symbols().len() + b.symbols().len())?;
    if within(a, b) {
        return Ok(vec![a.clone()]);
    }
    if within(b, a) {
        return Ok(vec![b.clone()]);
    }
    if !may_meet(a, b) || a.is_literal() || b.is_literal() {
        // A literal fits what is within the other pattern, or it was found there already.
        let literal = [(a, b), (b, a)]
            .into_iter()
            .find(|(text, pattern)| text.is_literal() && pattern.matches(text.symbols()));
        return Ok(literal.map(|(text, _)| text.clone()).into_iter().collect());
    }
    let (a, b) = (a.symbols(), b.symbols());
    budget.spend(a.len().saturating_mul(b.len()).saturating_mul(8))?;
    // Row by row from the ends: the patterns of what is left of both.
    let mut below: Vec<Vec<Vec<Symbol>>> = Vec::new();
    for i in (0..=a.len()).rev() {
        let mut row: Vec<Vec<Vec<Symbol>>> = vec![Vec::new(); b.len() + 1];
        for j in (0..=b.len()).rev() {
            let down = || below.get(j).map(Vec::as_slice).unwrap_or_default();
            let right = || row.get(j + 1).map(Vec::as_slice).unwrap_or_default();
            let cross = || below.get(j + 1).map(Vec::as_slice).unwrap_or_default();
            let mut cell: Vec<Vec<Symbol>> = Vec::new();
            let mut put = |first: Option<Symbol>, rests: &[Vec<Symbol>]| {
                for rest in rests {
                    // Kept back to front.
                    let mut pattern = rest.clone();
                    if first != Some(STAR) || pattern.last() != Some(&STAR) {
                        pattern.extend(first);
                    }
                    if !cell.contains(&pattern) {
                        cell.push(pattern);
                    }
                }
            };
            match (a.get(i).copied(), b.get(j).copied()) {
                (None, None) => put(None, &[Vec::new()]),
                (Some(STAR), Some(STAR)) => {
                    put(Some(STAR), down());
                    put(Some(STAR), right());
                }
                (Some(STAR), other) => {
                    put(None, down());
                    if other.is_some() {
                        put(other, right());
                    }
                }
                (other, Some(STAR)) => {
                    put(None, right());
                    if other.is_some() {
                        put(other, down());
                    }
                }
                (Some(x), Some(y)) if x == y || y == ONE => put(Some(x), cross()),
                (Some(ONE), Some(y)) => put(Some(y), cross()),
                _ => {}
            }
            budget.spend(cell.iter().map(Vec::len).sum())?;
            if cell.len() > MOST_PARTS {
                return Err(Exhausted);
            }
            if let Some(place) = row.get_mut(j) {
                *place = cell;
            }
        }
        below = row;
    }
    let mut found: Vec<Glob> = below
        .into_iter()
        .next()
        .unwrap_or_default()
        .into_iter()
        .map(|symbols| Glob::from_symbols(symbols.into_iter().rev()))
        .collect();
    found.sort();
    found.dedup();
    budget.spend(found.len() * found.len() * 8)?;
    let widest: Vec<Glob> = found
        .iter()
        .enumerate()
        .filter(|(i, part)| {
            !found.iter().enumerate().any(|(j, other)| {
                *i != j && within(part, other) && (!within(other, part) || j < *i)
            })
        })
        .map(|(_, part)| part.clone())
        .collect();
    Ok(widest)
}

/// The parts of an action pattern: what its service code and its name may be. One for each place at
/// which the pattern can have the colon.
pub(super) fn split_action(glob: &Glob) -> Vec<(Glob, Glob)> {
    const COLON: Symbol = 0x3a;
    let symbols = glob.symbols();
    let colons = symbols.iter().filter(|symbol| **symbol == COLON).count();
    symbols
        .iter()
        .enumerate()
        .filter_map(|(at, symbol)| {
            let (before, after) = match *symbol {
                COLON if colons == 1 => (symbols.get(..at)?, symbols.get(at + 1..)?),
                ONE if colons == 0 => (symbols.get(..at)?, symbols.get(at + 1..)?),
                STAR if colons == 0 => (symbols.get(..=at)?, symbols.get(at..)?),
                _ => return None,
            };
            let glob = |symbols: &[Symbol]| Glob::from_symbols(symbols.iter().copied());
            Some((glob(before), glob(after)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all_words() -> Vec<Vec<Symbol>> {
        let mut out: Vec<Vec<Symbol>> = vec![Vec::new()];
        let mut last = out.clone();
        for _ in 0..6 {
            last = last
                .iter()
                .flat_map(|word| {
                    "abz".chars().map(|c| {
                        let mut word = word.clone();
                        word.push(u32::from(c));
                        word
                    })
                })
                .collect();
            out.extend(last.clone());
        }
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn intersections_fit_exactly_what_both_fit(a in "[ab*?]{0,4}", b in "[ab*?]{0,4}") {
            let (a, b) = (Glob::new(&a), Glob::new(&b));
            let parts = intersect(&a, &b, &mut Budget::new(u64::MAX)).unwrap();
            for word in all_words() {
                let both = a.matches(&word) && b.matches(&word);
                let any = parts.iter().any(|part| part.matches(&word));
                prop_assert_eq!(both, any, "{:?} of {:?}", word, parts);
            }
        }

        #[test]
        fn unions_are_decided_by_words(a in "[ab*?]{1,4}", others in prop::collection::vec("[ab*?]{0,4}", 1..4)) {
            let a = Glob::new(&a);
            let others: Vec<Glob> = others.iter().map(|text| Glob::new(text)).collect();
            let gap = others.iter().map(longest_gap).max().unwrap();
            let words = words([&a], [gap], &mut Budget::new(u64::MAX)).unwrap();
            let covered = |word: &[Symbol]| others.iter().any(|glob| glob.matches(word));
            let by_words = words.iter().all(|[word]| covered(word));
            let by_force = all_words().iter().filter(|word| a.matches(word)).all(|word| covered(word));
            prop_assert_eq!(by_words, by_force);
        }

        #[test]
        fn within_is_never_wrongly_true(a in "[ab*?]{0,4}", b in "[ab*?]{0,4}") {
            let (a, b) = (Glob::new(&a), Glob::new(&b));
            if within(&a, &b) {
                for word in all_words() {
                    prop_assert!(!a.matches(&word) || b.matches(&word));
                }
            }
        }
    }

    #[test]
    fn actions_split_at_every_colon_they_may_have() {
        let split = |text: &str| -> Vec<(String, String)> {
            let show = |glob: Glob| {
                let symbols = glob.symbols().iter();
                symbols
                    .map(|s| match *s {
                        STAR => '*',
                        ONE => '?',
                        other => char::from_u32(other).unwrap(),
                    })
                    .collect()
            };
            split_action(&Glob::new(text))
                .into_iter()
                .map(|(code, name)| (show(code), show(name)))
                .collect()
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(split("oss:Get*"), [pair("oss", "Get*")]);
        assert_eq!(split("*"), [pair("*", "*")]);
        assert_eq!(split("*:Get"), [pair("*", "Get")]);
        assert_eq!(split("o?x*y"), [pair("o", "x*y"), pair("o?x*", "*y")]);
        assert!(split("a:b:c").is_empty());
        assert!(split("GetObject").is_empty());
    }

    #[test]
    fn intersections_give_up_in_time() {
        let a = Glob::new(&("*a".repeat(60) + "*"));
        let b = Glob::new(&("*b".repeat(60) + "*"));
        assert!(intersect(&a, &b, &mut Budget::new(1_000_000)).is_err());
    }
}
