//! What the property tests of the policy language share: a generator that replays, a matcher that
//! follows the definition word for word, and random documents.

use terraform_provider_imm::policy::ast::{Document, DocumentKind};

/// A small generator with a good spread (SplitMix64). The same seed gives the same cases.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// How many cases to run: `POLICY_CASES` or what the test says.
pub fn cases(default: usize) -> usize {
    std::env::var("POLICY_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// The seed: `POLICY_SEED` or what the test says. Printed, so that a failure can be replayed.
pub fn seed(default: u64) -> u64 {
    let seed = std::env::var("POLICY_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default);
    println!("POLICY_SEED={seed}");
    seed
}

/// Whether a pattern fits a text, by the definition of the wildcards.
pub fn naive(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|skip| naive(rest, &text[skip..])),
        Some((b'?', rest)) => !text.is_empty() && naive(rest, &text[1..]),
        Some((symbol, rest)) => text.first() == Some(symbol) && naive(rest, &text[1..]),
    }
}

/// All texts over the letters with lengths from 1 to the limit.
pub fn words(letters: &[u8], longest: usize) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let mut last: Vec<Vec<u8>> = vec![Vec::new()];
    for _ in 0..longest {
        last = last
            .iter()
            .flat_map(|word| {
                letters.iter().map(|letter| {
                    let mut word = word.clone();
                    word.push(*letter);
                    word
                })
            })
            .collect();
        out.extend(last.iter().cloned());
    }
    out
}

pub fn parse(text: &str) -> Document {
    Document::parse(text, DocumentKind::Permission)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}
