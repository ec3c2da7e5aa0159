//! Whether a region, one pattern of names times one of resources, lies in a union of statements.

use super::budget::{Budget, Exhausted};
use super::pattern::{Word, intersect};
use super::space::{Bits, Sample, Space};
use crate::policy::matching::Glob;

/// Statements with a Not form beyond which a question is given up: each may double the work.
const MOST_COMPLEMENTS: usize = 128;

/// A name and a resource, as words.
#[derive(Debug, Clone)]
pub(super) struct Point {
    pub(super) name: Word,
    pub(super) resource: [Word; 3],
}

/// What a region is compared with.
#[derive(Debug, Clone, Default)]
pub(super) struct Cover {
    /// Statements without a Not form that cover what they are about.
    positive: Bits,
    /// Statements with one, by their position.
    complements: Vec<usize>,
    /// Names in these statements' lists count as covered.
    names: Bits,
    /// Resources in these statements' lists count as covered.
    resources: Bits,
}

impl Cover {
    /// Adds a statement.
    pub(super) fn add(&mut self, space: &Space<'_>, index: usize) {
        match space.entries.get(index) {
            Some(entry) if entry.is_positive() => self.positive.set(index),
            Some(_) => self.complements.push(index),
            None => {}
        }
    }

    /// Leaves out of the region what the statement's own Not forms leave out.
    pub(super) fn except(&mut self, space: &Space<'_>, index: usize) {
        if let Some(entry) = space.entries.get(index) {
            if entry.names_negated {
                self.names.set(index);
            }
            if entry.resources_negated {
                self.resources.set(index);
            }
        }
    }

    fn covers(&self, name: &Bits, resource: &Bits) -> bool {
        self.positive.all_meet(name, resource)
            || self.names.meets(name)
            || self.resources.meets(resource)
    }
}

/// The regions whose union is what a statement is about, its own exceptions aside.
pub(super) fn of_statement(space: &Space<'_>, index: usize) -> (Vec<Glob>, Vec<[Glob; 3]>) {
    let Some(entry) = space.entries.get(index) else {
        return (Vec::new(), Vec::new());
    };
    let names = if entry.names_negated {
        vec![Glob::any()]
    } else {
        entry.names.clone()
    };
    let resources = if entry.resources_negated {
        vec![[Glob::any(), Glob::any(), Glob::any()]]
    } else {
        entry.resources.clone()
    };
    (names, resources)
}

/// The regions that two lists of patterns have in common.
pub(super) fn meet_names(
    a: &[Glob],
    b: &[Glob],
    budget: &mut Budget,
) -> Result<Vec<Glob>, Exhausted> {
    let mut out: Vec<Glob> = Vec::new();
    for a in a {
        for b in b {
            for part in intersect(a, b, budget)? {
                if !out.contains(&part) {
                    out.push(part);
                }
            }
        }
        budget.spend(out.len())?;
    }
    Ok(out)
}

/// The same for resources, field by field.
pub(super) fn meet_resources(
    a: &[[Glob; 3]],
    b: &[[Glob; 3]],
    budget: &mut Budget,
) -> Result<Vec<[Glob; 3]>, Exhausted> {
    let mut out: Vec<[Glob; 3]> = Vec::new();
    for [a_region, a_account, a_id] in a {
        for [b_region, b_account, b_id] in b {
            let ids = intersect(a_id, b_id, budget)?;
            if ids.is_empty() {
                continue;
            }
            let regions = intersect(a_region, b_region, budget)?;
            let accounts = intersect(a_account, b_account, budget)?;
            for id in &ids {
                for region in &regions {
                    for account in &accounts {
                        let fields = [region.clone(), account.clone(), id.clone()];
                        budget.spend(16)?;
                        if !out.contains(&fields) {
                            out.push(fields);
                        }
                    }
                }
            }
        }
        budget.spend(out.len())?;
    }
    Ok(out)
}

/// Requests of a statement's region that nothing in the cover covers: at most `most` of them, none
/// exactly if the region is covered.
pub(super) fn uncovered(
    space: &mut Space<'_>,
    names: &[Glob],
    resources: &[[Glob; 3]],
    cover: &Cover,
    most: usize,
    budget: &mut Budget,
) -> Result<Vec<Point>, Exhausted> {
    let mut found = Vec::new();
    let mut by_resource: Vec<(&[Glob; 3], Vec<Sample<3>>)> = Vec::new();
    for fields in resources {
        by_resource.push((fields, space.resources(fields, budget)?));
    }
    if cover.complements.len() > MOST_COMPLEMENTS {
        return Err(Exhausted);
    }
    for name in names {
        let name_samples = space.names(name, budget)?;
        for (fields, resource_samples) in &by_resource {
            let rest = most.saturating_sub(found.len());
            let points = search(
                space,
                (name, fields),
                (&name_samples, resource_samples),
                cover,
                rest,
                budget,
            )?;
            found.extend(points);
            if found.len() >= most {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

fn search(
    space: &mut Space<'_>,
    region: (&Glob, &[Glob; 3]),
    samples: (&[Sample<1>], &[Sample<3>]),
    cover: &Cover,
    most: usize,
    budget: &mut Budget,
) -> Result<Vec<Point>, Exhausted> {
    let mut found = Vec::new();
    // The first complement that keeps a point from being uncovered; all of them if none is.
    let mut blocking: Option<usize> = None;
    let (names, resources) = samples;
    for (name_bits, [name]) in names {
        for (resource_bits, resource) in resources {
            budget.spend(2)?;
            if cover.covers(name_bits, resource_bits) {
                continue;
            }
            let blocker = cover.complements.iter().copied().find(|index| {
                space.entries.get(*index).is_some_and(|entry| {
                    name_bits.has(*index) != entry.names_negated
                        && resource_bits.has(*index) != entry.resources_negated
                })
            });
            match blocker {
                None => {
                    found.push(Point {
                        name: name.clone(),
                        resource: resource.clone(),
                    });
                    if found.len() >= most {
                        return Ok(found);
                    }
                }
                Some(index) => blocking = blocking.or(Some(index)),
            }
        }
    }
    let Some(index) = blocking else {
        return Ok(found);
    };
    if !found.is_empty() {
        return Ok(found);
    }
    // Every point that nothing else covers is in a complement. A point outside of this one has a name
    // that it leaves out or a resource that it leaves out.
    budget.spend(64)?;
    let Some(entry) = space.entries.get(index) else {
        return Ok(found);
    };
    let (list, name_list) = (entry.resources.clone(), entry.names.clone());
    let (names_negated, resources_negated) = (entry.names_negated, entry.resources_negated);
    let mut without = cover.clone();
    without.complements.retain(|other| *other != index);
    let by_name = if names_negated {
        let names = meet_names(std::slice::from_ref(region.0), &name_list, budget)?;
        (names, without.clone())
    } else {
        let mut cover = without.clone();
        cover.names.set(index);
        (vec![region.0.clone()], cover)
    };
    let own = std::slice::from_ref(region.1);
    found = uncovered(space, &by_name.0, own, &by_name.1, most, budget)?;
    if !found.is_empty() {
        return Ok(found);
    }
    let by_resource = if resources_negated {
        (meet_resources(own, &list, budget)?, without)
    } else {
        let mut cover = without;
        cover.resources.set(index);
        (own.to_vec(), cover)
    };
    let names = std::slice::from_ref(region.0);
    uncovered(space, names, &by_resource.0, &by_resource.1, most, budget)
}
