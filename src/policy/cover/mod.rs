//! Containment: whether everything that some policies allow, others allow too.
//!
//! With `s` for a statement of the policies that need, `D` for their Denies, `C` for the Allows and
//! `E` for the Denies of those that should have it, the answer is yes if and only if every Allow `s`
//! lies in `D ∪ C`, and every `s ∩ e` lies in `D`. Both are one question, whether a region lies in a
//! union, and `region` decides it exactly for patterns of any form. Conditions are compared by
//! implication, which is sound but not complete, so there are three answers. A "no" carries a
//! request, and that request has been put to [`evaluate`](fn@evaluate) on both sides before anybody sees it.
//!
//! All work is counted; a question that would take too much is answered with "unknown".

mod account;
mod budget;
mod pattern;
mod region;
mod space;
mod witness;

use std::collections::BTreeSet;

pub use self::account::covers_in;
use self::budget::{Budget, Exhausted};
use self::region::{Cover, Point, meet_names, meet_resources, of_statement, uncovered};
use self::space::{Prepared, Side, Space, classes, codes, is_single, prepare};
use super::ast::{Document, Effect};
use super::condition::Test;
use super::evaluate::{Decision, Request, StatementRef, Verdict, evaluate};
use super::print;

/// Steps granted to one question: some ten milliseconds.
const STEPS: u64 = 1_200_000;

/// Uncovered points that are tried for a witness, for each statement.
const MOST_POINTS: usize = 4;

/// Whether one set of policies allows all that another allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coverage {
    /// It does.
    Yes,
    /// It does not, and here is a request that shows it.
    No(Box<Witness>),
    /// That could not be decided.
    Unknown(Undecided),
}

/// A request that one set of policies allows and another does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The request. Condition keys that it does not name are absent.
    pub request: Request,
    /// The statements of the first set that allow it.
    pub allowed_by: Vec<StatementRef>,
    /// What the second set says of it.
    pub refused: Verdict,
}

impl Witness {
    /// The statement that would grant what is missing: the one of the needed policies that allows the
    /// request, as compact JSON. None where a Deny stands in the way, which no statement can mend.
    #[must_use]
    pub fn remedy(&self, need: &[Document]) -> Option<String> {
        if self.refused.decision == Decision::ExplicitDeny {
            return None;
        }
        let at = self.allowed_by.first()?;
        let mut statements = need.get(at.document)?.statements.iter();
        let statement = statements.find(|statement| statement.index == at.index)?;
        Some(print::compact(&print::statement(statement)))
    }
}

/// Why a question of containment was not decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// The condition keys on which it hangs; empty if the work was too much.
    pub keys: Vec<String>,
    /// The statements of the needed policies in question.
    pub statements: Vec<StatementRef>,
    /// Why, as a clause.
    pub reason: String,
}

/// Whether `have` allows everything that `need` allows, each taken together.
///
/// Exact for documents without conditions; with conditions, "yes" and "no" are proved and the rest is
/// unknown. Every set of documents covers itself.
#[must_use]
pub fn covers(have: &[Document], need: &[Document]) -> Coverage {
    covers_within(have, need, STEPS)
}

/// [`covers`] with another bound on the work.
#[must_use]
pub fn covers_within(have: &[Document], need: &[Document], steps: u64) -> Coverage {
    // Shown at once, however much work the patterns would be.
    if need.iter().all(|document| have.contains(document))
        && have.iter().all(|document| need.contains(document))
    {
        return Coverage::Yes;
    }
    let mut budget = Budget::new(steps);
    match decide(have, need, &mut budget) {
        Ok(coverage) => coverage,
        Err(Exhausted) => Coverage::Unknown(Undecided {
            keys: Vec::new(),
            statements: Vec::new(),
            reason: format!("the patterns overlap in too many ways to follow within {steps} steps"),
        }),
    }
}

fn decide(
    have: &[Document],
    need: &[Document],
    budget: &mut Budget,
) -> Result<Coverage, Exhausted> {
    let prepared = prepare(have, need, budget)?;
    let mut open = Open {
        keys: BTreeSet::new(),
        statements: BTreeSet::new(),
        effort: Budget::new(STEPS),
    };
    for (code, resource_code) in codes(&prepared, budget)? {
        for class in classes(&code) {
            let mut space = Space::new(&prepared, &code, &resource_code, class, budget)?;
            if let Some(witness) = examine(&mut space, have, need, &mut open, budget)? {
                return Ok(Coverage::No(Box::new(witness)));
            }
        }
    }
    if open.statements.is_empty() {
        return Ok(Coverage::Yes);
    }
    let keys: Vec<String> = open.keys.into_iter().collect();
    let named: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    Ok(Coverage::Unknown(Undecided {
        reason: format!(
            "it depends on conditions that could neither be matched nor told apart, on {}",
            named.join(", ")
        ),
        keys,
        statements: open.statements.into_iter().collect(),
    }))
}

/// What could not be decided so far.
#[derive(Debug)]
struct Open {
    keys: BTreeSet<String>,
    statements: BTreeSet<StatementRef>,
    /// What is left for making requests of points; without it no point becomes a witness.
    effort: Budget,
}

/// Whether a request that satisfies all of the first surely satisfies all of the second.
fn implies(first: &[&Test], second: &[&Test]) -> bool {
    second.iter().all(|other| {
        let single = is_single(other.key());
        first.iter().any(|test| test.implies(other, single))
    })
}

/// Whether surely no request satisfies all of both.
fn exclude(first: &[&Test], second: &[&Test]) -> bool {
    first.iter().any(|test| {
        let single = is_single(test.key());
        second.iter().any(|other| test.excludes(other, single))
    })
}

fn examine(
    space: &mut Space<'_>,
    have: &[Document],
    need: &[Document],
    open: &mut Open,
    budget: &mut Budget,
) -> Result<Option<Witness>, Exhausted> {
    for index in 0..space.entries.len() {
        let Some(entry) = space.entries.get(index) else {
            continue;
        };
        if entry.prepared.side != Side::Need || entry.effect != Effect::Allow {
            continue;
        }
        let tests = entry.tests.clone();
        if exclude(&tests, &tests) {
            continue;
        }
        let failed = failures(space, index, &tests, Strictness::Prove, budget)?;
        if failed.is_empty() {
            continue;
        }
        for point in &failed {
            if let Some(witness) = witness::confirm(space, point, have, need, &mut open.effort) {
                return Ok(Some(witness));
            }
        }
        // Points that no condition could save.
        for point in failures(space, index, &tests, Strictness::Refute, budget)? {
            if let Some(witness) = witness::confirm(space, &point, have, need, &mut open.effort) {
                return Ok(Some(witness));
            }
        }
        remember(space, index, open);
    }
    Ok(None)
}

/// Notes what an undecided statement hangs on: every condition key in play where it is undecided.
fn remember(space: &Space<'_>, index: usize, open: &mut Open) {
    let of = |prepared: &Prepared<'_>| {
        let clauses = prepared.statement.condition.iter();
        clauses
            .map(|clause| clause.key.value.clone())
            .collect::<Vec<_>>()
    };
    if let Some(entry) = space.entries.get(index) {
        open.statements.insert(entry.prepared.at);
    }
    for entry in &space.entries {
        if !entry.tests.is_empty() {
            open.keys.extend(of(entry.prepared));
        }
    }
}

/// Which way a question errs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strictness {
    /// What is not found is covered: only what surely covers counts.
    Prove,
    /// What is found is not covered: whatever might cover counts.
    Refute,
}

/// Points of an Allow that are not covered, by this measure.
fn failures(
    space: &mut Space<'_>,
    index: usize,
    tests: &[&Test],
    strictness: Strictness,
    budget: &mut Budget,
) -> Result<Vec<Point>, Exhausted> {
    let covering = |tests: &[&Test], other: &[&Test]| match strictness {
        Strictness::Prove => implies(tests, other),
        Strictness::Refute => !exclude(tests, other),
    };
    budget.spend(space.entries.len() * 4)?;
    // Every Allow of the other side and every Deny of this side that holds wherever the Allow does.
    let mut cover = Cover::default();
    for (other, entry) in space.entries.iter().enumerate() {
        let counts = matches!(
            (entry.prepared.side, entry.effect),
            (Side::Have, Effect::Allow) | (Side::Need, Effect::Deny)
        );
        if counts && covering(tests, &entry.tests) {
            cover.add(space, other);
        }
    }
    cover.except(space, index);
    let (names, resources) = of_statement(space, index);
    let mut points = uncovered(space, &names, &resources, &cover, MOST_POINTS, budget)?;
    let enough = points.len() + MOST_POINTS;
    // Every Deny of the other side, where it bites.
    for other in 0..space.entries.len() {
        let Some(entry) = space.entries.get(other) else {
            continue;
        };
        if entry.prepared.side != Side::Have || entry.effect != Effect::Deny {
            continue;
        }
        let denying = entry.tests.clone();
        if exclude(tests, &denying) || exclude(&denying, &denying) {
            continue;
        }
        let both: Vec<&Test> = tests.iter().chain(&denying).copied().collect();
        let mut cover = Cover::default();
        for (third, entry) in space.entries.iter().enumerate() {
            let counts = (entry.prepared.side, entry.effect) == (Side::Need, Effect::Deny);
            if counts && covering(&both, &entry.tests) {
                cover.add(space, third);
            }
        }
        cover.except(space, index);
        cover.except(space, other);
        let (their_names, their_resources) = of_statement(space, other);
        let names = meet_names(&names, &their_names, budget)?;
        if names.is_empty() {
            continue;
        }
        let resources = meet_resources(&resources, &their_resources, budget)?;
        points.extend(uncovered(
            space,
            &names,
            &resources,
            &cover,
            MOST_POINTS,
            budget,
        )?);
        if points.len() >= enough {
            break;
        }
    }
    Ok(points)
}

/// Puts a request to both sides: a witness if one surely allows it and the other surely does not.
fn check(have: &[Document], need: &[Document], request: Request) -> Option<Witness> {
    let wanted = evaluate(need, &request);
    if wanted.decision != Decision::Allow {
        return None;
    }
    let refused = evaluate(have, &request);
    match refused.decision {
        Decision::ExplicitDeny | Decision::ImplicitDeny => Some(Witness {
            request,
            allowed_by: wanted.statements,
            refused,
        }),
        Decision::Allow | Decision::Unknown => None,
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
