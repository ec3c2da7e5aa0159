//! Equality and a total order of values, and what makes a set a set.
//!
//! Text compares after NFC, numbers by numeric value, sets without order or duplicates. The order
//! itself has no meaning beyond being total and consistent with equality.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization as _;

use super::{Dynamic, is_nfc};

/// Sets up to this size are compared pair by pair, larger ones are sorted.
const SMALL: usize = 8;

impl PartialEq for Dynamic {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Unknown(left), Self::Unknown(right)) => left == right,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Number(left), Self::Number(right)) => left == right,
            (Self::String(left), Self::String(right)) => text_eq(left, right),
            (Self::List(left), Self::List(right)) | (Self::Tuple(left), Self::Tuple(right)) => {
                left == right
            }
            (Self::Set(left), Self::Set(right)) => set_eq(left, right),
            (Self::Map(left), Self::Map(right)) | (Self::Object(left), Self::Object(right)) => {
                map_eq(left, right)
            }
            (Self::Typed(left), Self::Typed(right)) => left == right,
            _ => false,
        }
    }
}

impl Eq for Dynamic {}

impl PartialOrd for Dynamic {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Dynamic {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Unknown(left), Self::Unknown(right)) => left.cmp(right),
            (Self::Bool(left), Self::Bool(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => left.cmp(right),
            (Self::String(left), Self::String(right)) => text_cmp(left, right),
            (Self::List(left), Self::List(right)) | (Self::Tuple(left), Self::Tuple(right)) => {
                left.cmp(right)
            }
            (Self::Set(left), Self::Set(right)) => canonical(left).cmp(&canonical(right)),
            (Self::Map(left), Self::Map(right)) | (Self::Object(left), Self::Object(right)) => {
                map_cmp(left, right)
            }
            (Self::Typed(left), Self::Typed(right)) => left.cmp(right),
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

fn rank(value: &Dynamic) -> u8 {
    match value {
        Dynamic::Null => 0,
        Dynamic::Unknown(_) => 1,
        Dynamic::Bool(_) => 2,
        Dynamic::Number(_) => 3,
        Dynamic::String(_) => 4,
        Dynamic::List(_) => 5,
        Dynamic::Set(_) => 6,
        Dynamic::Map(_) => 7,
        Dynamic::Tuple(_) => 8,
        Dynamic::Object(_) => 9,
        Dynamic::Typed(_) => 10,
    }
}

fn text_eq(left: &str, right: &str) -> bool {
    left == right || (!(is_nfc(left) && is_nfc(right)) && left.nfc().eq(right.nfc()))
}

fn text_cmp(left: &str, right: &str) -> Ordering {
    if left == right {
        Ordering::Equal
    } else if is_nfc(left) && is_nfc(right) {
        left.cmp(right)
    } else {
        left.nfc().cmp(right.nfc())
    }
}

fn map_eq(left: &BTreeMap<String, Dynamic>, right: &BTreeMap<String, Dynamic>) -> bool {
    if left.len() != right.len() {
        return false;
    }
    match (renormalised(left), renormalised(right)) {
        (None, None) => left == right,
        _ => map_cmp(left, right) == Ordering::Equal,
    }
}

fn map_cmp(left: &BTreeMap<String, Dynamic>, right: &BTreeMap<String, Dynamic>) -> Ordering {
    match (renormalised(left), renormalised(right)) {
        (None, None) => left.cmp(right),
        (left_again, right_again) => {
            let borrowed = |map: &BTreeMap<String, Dynamic>| -> Vec<(String, Dynamic)> {
                map.iter().map(|(k, v)| (k.clone(), v.clone())).collect()
            };
            left_again
                .unwrap_or_else(|| borrowed(left))
                .cmp(&right_again.unwrap_or_else(|| borrowed(right)))
        }
    }
}

/// The entries under keys in NFC and in order, where some key is not so already. Decoded values
/// never come here; a map that a provider built of foreign text may.
fn renormalised(map: &BTreeMap<String, Dynamic>) -> Option<Vec<(String, Dynamic)>> {
    if map.keys().all(|key| is_nfc(key)) {
        return None;
    }
    let again: BTreeMap<String, Dynamic> = map
        .iter()
        .map(|(key, value)| (key.nfc().collect(), value.clone()))
        .collect();
    Some(again.into_iter().collect())
}

/// The elements of a set in order, without duplicates.
fn canonical(elements: &[Dynamic]) -> Vec<&Dynamic> {
    let mut sorted: Vec<&Dynamic> = elements.iter().collect();
    sorted.sort();
    sorted.dedup_by(|left, right| left == right && left.is_wholly_known());
    sorted
}

fn set_eq(left: &[Dynamic], right: &[Dynamic]) -> bool {
    // Mostly the two come from one origin and have one order.
    left == right || canonical(left) == canonical(right)
}

/// For each element, whether an equal one stands before it. What is not wholly known is equal to
/// nothing: it may still turn out different. `None` where nothing is a duplicate.
fn duplicates(elements: &[Dynamic]) -> Option<Vec<bool>> {
    let mut duplicate = Vec::new();
    if elements.len() <= SMALL {
        for (index, element) in elements.iter().enumerate() {
            let before = elements.get(..index).unwrap_or_default();
            if before.contains(element) && element.is_wholly_known() {
                duplicate.resize(elements.len(), false);
                mark(&mut duplicate, index);
            }
        }
    } else {
        let mut sorted: Vec<(usize, &Dynamic)> = elements.iter().enumerate().collect();
        // A stable sort keeps the first of equals in front.
        sorted.sort_by(|left, right| left.1.cmp(right.1));
        for pair in sorted.windows(2) {
            if let [(_, left), (index, right)] = pair
                && left == right
                && right.is_wholly_known()
            {
                duplicate.resize(elements.len(), false);
                mark(&mut duplicate, *index);
            }
        }
    }
    (!duplicate.is_empty()).then_some(duplicate)
}

fn mark(flags: &mut [bool], index: usize) {
    if let Some(flag) = flags.get_mut(index) {
        *flag = true;
    }
}

/// The elements of a set without duplicates, in the order of their first occurrence.
pub(super) fn unique(elements: Vec<Dynamic>) -> Vec<Dynamic> {
    match duplicates(&elements) {
        None => elements,
        Some(duplicate) => elements
            .into_iter()
            .zip(duplicate)
            .filter_map(|(element, duplicate)| (!duplicate).then_some(element))
            .collect(),
    }
}

/// As [`unique`], by reference.
pub(super) fn unique_refs(elements: &[Dynamic]) -> Vec<&Dynamic> {
    match duplicates(elements) {
        None => elements.iter().collect(),
        Some(duplicate) => elements
            .iter()
            .zip(duplicate)
            .filter_map(|(element, duplicate)| (!duplicate).then_some(element))
            .collect(),
    }
}
