//! The requests of one service, as containment sees them: statements cut down to what they say there.
//!
//! Requests fall apart by service code, and a pattern that is `*` for every service becomes, within
//! one, a pattern of names and of the three fields of a resource. Within a service the one action
//! that carries keys of its own (`ram:PassRole`, `sts:AssumeRole`) is looked at apart from the rest,
//! so that a key is either carried or not and half of the conditions become constants.

use std::collections::{BTreeMap, BTreeSet};

use super::budget::{Budget, Exhausted};
use super::pattern::{Word, generic, intersect, longest_gap, split_action, words};
use crate::policy::ast::{Document, Effect, Statement};
use crate::policy::condition::{Lookup, Test, Truth};
use crate::policy::evaluate::{ALWAYS_CARRIED, StatementRef};
use crate::policy::matching::{Glob, STAR, Symbol, arn_fields, ignores_case, is_star};

/// Whose statement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Need,
    Have,
}

/// A statement with its patterns taken apart, before any service is chosen.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    pub(super) side: Side,
    pub(super) at: StatementRef,
    pub(super) statement: &'a Statement,
    /// Service code and name of every action pattern.
    actions: Vec<(Glob, Glob)>,
    resources: Vec<PreparedResource<'a>>,
    pub(super) tests: Vec<Test>,
}

#[derive(Debug)]
struct PreparedResource<'a> {
    /// None for `*`.
    service: Option<Glob>,
    fields: [&'a str; 3],
}

impl<'a> Prepared<'a> {
    pub(super) fn new(
        side: Side,
        document: usize,
        statement: &'a Statement,
        budget: &mut Budget,
    ) -> Result<Self, Exhausted> {
        let mut actions = Vec::new();
        for pattern in statement.actions.texts() {
            budget.spend(pattern.len())?;
            actions.extend(split_action(&Glob::new(&pattern.to_lowercase())));
        }
        let mut resources = Vec::new();
        let patterns = statement.resources.iter().flat_map(|list| list.texts());
        for pattern in patterns {
            budget.spend(pattern.len())?;
            if is_star(pattern) {
                resources.push(PreparedResource {
                    service: None,
                    fields: ["*", "*", "*"],
                });
            } else if let Some([acs, service, region, account, id]) = arn_fields(pattern)
                && Glob::new(acs).matches_str("acs")
            {
                let wide = |field: &'a str| if field.is_empty() { "*" } else { field };
                resources.push(PreparedResource {
                    service: Some(Glob::new(&service.to_lowercase())),
                    fields: [wide(region), wide(account), id],
                });
            }
        }
        Ok(Self {
            side,
            at: StatementRef {
                document,
                index: statement.index,
            },
            statement,
            actions,
            resources,
            tests: statement.condition.iter().map(Test::new).collect(),
        })
    }
}

/// Actions of a service that carry the same condition keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// The one action that carries keys of its own, by its name in lower case.
    Only(&'static str),
    /// All others; the exception, if there is one.
    Others(Option<&'static str>),
}

/// Whether requests carry a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carriage {
    Never,
    Perhaps,
    Always,
}

/// Whether requests for an action, by service code and name in lower case, carry a key in lower case.
pub(super) fn carriage(key: &str, code: &str, name: &str) -> Carriage {
    if key == "acs:service" {
        return if code == "ram" && name == "passrole" {
            Carriage::Always
        } else {
            Carriage::Never
        };
    }
    if ALWAYS_CARRIED.contains(&key) {
        return Carriage::Always;
    }
    match key.split_once(':') {
        None | Some(("acs", _)) => Carriage::Perhaps,
        Some(("sts", "externalid") | ("saml" | "oidc", _)) => {
            if code == "sts" && name == "assumerole" {
                Carriage::Perhaps
            } else {
                Carriage::Never
            }
        }
        Some((service, _)) if service == code => Carriage::Perhaps,
        Some(_) => Carriage::Never,
    }
}

/// Whether requests carry at most one value of a key (in lower case).
pub(super) fn is_single(key: &str) -> bool {
    ALWAYS_CARRIED.contains(&key)
        || matches!(
            key,
            "acs:service"
                | "acs:mfapresent"
                | "acs:sourcevpc"
                | "acs:accessid"
                | "acs:principalarn"
                | "sts:externalid"
        )
}

/// A set of statements.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn set(&mut self, index: usize) {
        let word = index / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (index % 64);
        }
    }

    pub(super) fn has(&self, index: usize) -> bool {
        let word = self.0.get(index / 64).copied().unwrap_or(0);
        word >> (index % 64) & 1 == 1
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    pub(super) fn all_meet(&self, b: &Self, c: &Self) -> bool {
        let pairs = self.0.iter().zip(&b.0).zip(&c.0);
        pairs.into_iter().any(|((a, b), c)| a & b & c != 0)
    }

    fn within(&self, other: &Self) -> bool {
        self.0
            .iter()
            .enumerate()
            .all(|(at, word)| word & !other.0.get(at).copied().unwrap_or(0) == 0)
    }
}

/// What a statement says in one space.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) prepared: &'a Prepared<'a>,
    pub(super) effect: Effect,
    pub(super) names: Vec<Glob>,
    pub(super) names_negated: bool,
    pub(super) resources: Vec<[Glob; 3]>,
    pub(super) resources_negated: bool,
    /// The clauses that are not constant here.
    pub(super) tests: Vec<&'a Test>,
}

impl Entry<'_> {
    /// Whether neither list is one of the Not forms.
    pub(super) fn is_positive(&self) -> bool {
        !self.names_negated && !self.resources_negated
    }
}

/// A word and the statements whose list, as written, fits it.
pub(super) type Sample<const N: usize> = (Bits, [Word; N]);

/// Requests of one service and class.
#[derive(Debug)]
pub(super) struct Space<'a> {
    /// The service code; with fresh letters where it stands for services that nobody names.
    pub(super) code: Word,
    /// The service code in the resource's ARN.
    pub(super) resource_code: Word,
    pub(super) class: Class,
    pub(super) entries: Vec<Entry<'a>>,
    name_gap: usize,
    resource_gaps: [usize; 3],
    name_samples: BTreeMap<Glob, Vec<Sample<1>>>,
    resource_samples: BTreeMap<[Glob; 3], Vec<Sample<3>>>,
}

impl<'a> Space<'a> {
    pub(super) fn new(
        prepared: &'a [Prepared<'a>],
        code: &[Symbol],
        resource_code: &[Symbol],
        class: Class,
        budget: &mut Budget,
    ) -> Result<Self, Exhausted> {
        let text = |word: &[Symbol]| -> String {
            let symbols = word.iter();
            symbols
                .map(|s| char::from_u32(*s).unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        };
        let code_text = text(code);
        let fold = ignores_case(&text(resource_code));
        let class_name = match class {
            Class::Only(name) => name,
            Class::Others(_) => "",
        };
        let mut entries = Vec::new();
        let mut name_gap = 0;
        let mut resource_gaps = [0; 3];
        for prepared in prepared {
            budget.spend(8 + prepared.actions.len() * 4 + prepared.resources.len() * 4)?;
            let mut names: Vec<Glob> = Vec::new();
            for (code_glob, name) in &prepared.actions {
                if code_glob.matches(code) {
                    names.push(name.clone());
                }
            }
            let names_negated = prepared.statement.actions.negated;
            if names.is_empty() && !names_negated {
                continue;
            }
            let mut resources: Vec<[Glob; 3]> = Vec::new();
            for resource in &prepared.resources {
                let fits = resource
                    .service
                    .as_ref()
                    .is_none_or(|service| service.matches(resource_code));
                if fits {
                    resources.push(resource.fields.map(|field| {
                        if fold {
                            Glob::new(&field.to_lowercase())
                        } else {
                            Glob::new(field)
                        }
                    }));
                }
            }
            let Some(list) = &prepared.statement.resources else {
                continue;
            };
            if resources.is_empty() && !list.negated {
                continue;
            }
            let Some(tests) = surviving(&prepared.tests, &code_text, class_name) else {
                continue;
            };
            name_gap = names.iter().map(longest_gap).fold(name_gap, usize::max);
            for (at, gap) in resource_gaps.iter_mut().enumerate() {
                let fields = resources.iter().filter_map(|fields| fields.get(at));
                *gap = fields.map(longest_gap).fold(*gap, usize::max);
            }
            entries.push(Entry {
                prepared,
                effect: prepared.statement.effect,
                names,
                names_negated,
                resources,
                resources_negated: list.negated,
                tests,
            });
        }
        Ok(Self {
            code: code.to_vec(),
            resource_code: resource_code.to_vec(),
            class,
            entries,
            name_gap,
            resource_gaps,
            name_samples: BTreeMap::new(),
            resource_samples: BTreeMap::new(),
        })
    }

    /// Whether the class leaves out this name.
    fn excepted(&self, name: &[Symbol]) -> bool {
        let is = |text: &str| name.iter().copied().eq(text.chars().map(u32::from));
        match self.class {
            Class::Only(only) => !is(only),
            Class::Others(Some(exception)) => is(exception),
            Class::Others(None) => false,
        }
    }

    /// The words that stand for the names of a pattern, none of them fitted by more lists than it
    /// need be.
    pub(super) fn names(
        &mut self,
        glob: &Glob,
        budget: &mut Budget,
    ) -> Result<Vec<Sample<1>>, Exhausted> {
        if let Some(known) = self.name_samples.get(glob) {
            return Ok(known.clone());
        }
        let found = match self.class {
            Class::Only(name) if glob.matches_str(name) => {
                vec![[name.chars().map(u32::from).collect()]]
            }
            Class::Only(_) => Vec::new(),
            Class::Others(_) => words([glob], [self.name_gap], budget)?,
        };
        let mut samples = Vec::new();
        for word in found {
            let [name] = &word;
            if name.is_empty() || self.excepted(name) {
                continue;
            }
            let mut bits = Bits::default();
            for (index, entry) in self.entries.iter().enumerate() {
                if matches_any(&entry.names, name, budget)? {
                    bits.set(index);
                }
            }
            samples.push((bits, word));
        }
        let samples = least(samples, budget)?;
        self.name_samples.insert(glob.clone(), samples.clone());
        Ok(samples)
    }

    /// The words that stand for the resources of a pattern.
    pub(super) fn resources(
        &mut self,
        globs: &[Glob; 3],
        budget: &mut Budget,
    ) -> Result<Vec<Sample<3>>, Exhausted> {
        if let Some(known) = self.resource_samples.get(globs) {
            return Ok(known.clone());
        }
        let [region, account, id] = globs;
        let found = words([region, account, id], self.resource_gaps, budget)?;
        let mut samples = Vec::new();
        for word in found {
            if word.last().is_none_or(Vec::is_empty) {
                continue;
            }
            let mut bits = Bits::default();
            for (index, entry) in self.entries.iter().enumerate() {
                for fields in &entry.resources {
                    budget.spend(4)?;
                    if fits_all(fields, &word, budget)? {
                        bits.set(index);
                        break;
                    }
                }
            }
            samples.push((bits, word));
        }
        let samples = least(samples, budget)?;
        self.resource_samples.insert(globs.clone(), samples.clone());
        Ok(samples)
    }
}

/// The clauses that are not constant for these actions; none if one of them never holds.
fn surviving<'a>(tests: &'a [Test], code: &str, name: &str) -> Option<Vec<&'a Test>> {
    let mut left = Vec::new();
    for test in tests {
        match carriage(test.key(), code, name) {
            Carriage::Never => match test.ask(Lookup::Absent) {
                Truth::No => return None,
                Truth::Yes => {}
                Truth::Unknown => left.push(test),
            },
            _ if test.never_holds() => return None,
            Carriage::Always if test.holds_for_any_value() => {}
            _ => left.push(test),
        }
    }
    Some(left)
}

fn matches_any(globs: &[Glob], word: &[Symbol], budget: &mut Budget) -> Result<bool, Exhausted> {
    for glob in globs {
        budget.spend(2)?;
        if fits(glob, word, budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a pattern fits a word, at a price that bounds the comparison's real cost.
fn fits(glob: &Glob, word: &[Symbol], budget: &mut Budget) -> Result<bool, Exhausted> {
    let symbols = glob.symbols();
    // Most patterns differ in the first letters already.
    if let (Some(a), Some(b)) = (symbols.first(), word.first())
        && *a < STAR
        && a != b
    {
        return Ok(false);
    }
    if glob.is_any() {
        return Ok(true);
    }
    budget.spend(word.len() / 8 * glob.stars())?;
    Ok(glob.matches(word))
}

fn fits_all(globs: &[Glob; 3], words: &[Word; 3], budget: &mut Budget) -> Result<bool, Exhausted> {
    // The relative id tells most apart.
    for (glob, word) in globs.iter().zip(words).rev() {
        if !fits(glob, word, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Drops samples that are fitted by all that another one is fitted by.
fn least<const N: usize>(
    samples: Vec<Sample<N>>,
    budget: &mut Budget,
) -> Result<Vec<Sample<N>>, Exhausted> {
    let mut kept: Vec<Sample<N>> = Vec::new();
    for sample in samples {
        budget.spend(kept.len())?;
        if kept.iter().any(|(bits, _)| bits.within(&sample.0)) {
            continue;
        }
        kept.retain(|(bits, _)| !sample.0.within(bits));
        kept.push(sample);
    }
    Ok(kept)
}

/// The service codes that can make a difference, as pairs of the action's and the resource's.
pub(super) fn codes(
    prepared: &[Prepared<'_>],
    budget: &mut Budget,
) -> Result<Vec<(Word, Word)>, Exhausted> {
    let mut literal: BTreeSet<Word> = BTreeSet::new();
    let mut patterns: BTreeSet<Glob> = BTreeSet::from([Glob::any()]);
    let mut vectors = false;
    let mut sort = |glob: &Glob| {
        if glob.is_literal() {
            literal.insert(glob.symbols().to_vec());
        } else {
            patterns.insert(glob.clone());
        }
    };
    let word = |text: &str| -> Word { text.chars().map(u32::from).collect() };
    for statement in prepared {
        for (code, _) in &statement.actions {
            sort(code);
        }
        for service in statement
            .resources
            .iter()
            .filter_map(|r| r.service.as_ref())
        {
            vectors |= service.symbols() == word("ossvector");
            sort(service);
        }
        for test in &statement.tests {
            let prefix = test.key().split_once(':').map(|(prefix, _)| prefix);
            let service = match prefix {
                Some("acs") if test.key() == "acs:service" => "ram",
                Some("saml" | "oidc") => "sts",
                None | Some("acs") => continue,
                Some(service) => service,
            };
            sort(&Glob::from_symbols(word(service)));
        }
    }
    // Where the action's code and the resource's differ, a service that nobody names is not like any
    // other that nobody names.
    sort(&Glob::new("ram"));
    sort(&Glob::new("sts"));
    if vectors {
        sort(&Glob::new("oss"));
    }
    // Closed under intersection, so that every way of fitting several of them has a pattern.
    let mut queue: Vec<Glob> = patterns
        .iter()
        .filter(|glob| !glob.is_any())
        .cloned()
        .collect();
    while let Some(next) = queue.pop() {
        for other in patterns.clone() {
            for part in intersect(&next, &other, budget)? {
                if part.is_literal() {
                    literal.insert(part.symbols().to_vec());
                } else if patterns.insert(part.clone()) {
                    queue.push(part);
                }
            }
        }
        budget.spend(patterns.len() * 16)?;
    }
    let gap = patterns.iter().map(longest_gap).max().unwrap_or(0);
    let mut all: BTreeSet<Word> = literal;
    for glob in &patterns {
        if gap == 0 {
            all.insert(generic(glob));
        } else {
            all.extend(words([glob], [gap], budget)?.into_iter().map(|[word]| word));
        }
    }
    let mut pairs = Vec::new();
    for code in all {
        if code.is_empty() {
            continue;
        }
        if code == word("sts") {
            pairs.push((code, word("ram")));
            continue;
        }
        if code == word("oss") && vectors {
            pairs.push((code.clone(), word("ossvector")));
        }
        pairs.push((code.clone(), code));
    }
    Ok(pairs)
}

/// The classes into which a service's actions fall, if it has an action with keys of its own.
pub(super) fn classes(code: &[Symbol]) -> Vec<Class> {
    for (service, name) in [("ram", "passrole"), ("sts", "assumerole")] {
        if code.iter().copied().eq(service.chars().map(u32::from)) {
            return vec![Class::Only(name), Class::Others(Some(name))];
        }
    }
    vec![Class::Others(None)]
}

/// Every statement of both sides, taken apart.
pub(super) fn prepare<'a>(
    have: &'a [Document],
    need: &'a [Document],
    budget: &mut Budget,
) -> Result<Vec<Prepared<'a>>, Exhausted> {
    let mut out = Vec::new();
    for (side, documents) in [(Side::Need, need), (Side::Have, have)] {
        for (index, document) in documents.iter().enumerate() {
            for statement in &document.statements {
                out.push(Prepared::new(side, index, statement, budget)?);
            }
        }
    }
    Ok(out)
}
