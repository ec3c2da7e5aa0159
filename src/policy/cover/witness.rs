//! From words to a request that can be made: real names, readable resources, condition keys that
//! tell the two sides apart.

use std::collections::{BTreeMap, BTreeSet};

use super::budget::{Budget, Exhausted};
use super::pattern::{FRESH, Word};
use super::region::Point;
use super::space::{Carriage, Class, Space, carriage, is_single};
use super::{Witness, check};
use crate::policy::ast::{Document, Effect};
use crate::policy::catalogue;
use crate::policy::condition::{Lookup, Test, Truth};
use crate::policy::evaluate::{Context, Request};
use crate::policy::matching::Symbol;

/// Combinations of condition values that are tried.
const MOST_COMBINATIONS: usize = 4096;

/// Names that are tried with a resource that they act on.
const MOST_NAMES: usize = 24;

/// Names that people know, tried before the rest of the catalogue.
const FAMILIAR: [&str; 12] = [
    "oss:GetObject",
    "oss:PutObject",
    "oss:DeleteObject",
    "oss:ListObjects",
    "oss:PutBucketAcl",
    "mns:PublishMessage",
    "mns:SendMessage",
    "imm:CreateProject",
    "imm:GetProject",
    "ram:GetRole",
    "ram:CreateRole",
    "ram:AttachPolicyToRole",
];

/// Services that stand for any that no document names.
const STRANGERS: [&str; 6] = ["ecs", "rds", "log", "vpc", "fc", "kms"];

/// Makes a request of a point and puts it to both sides; none if conditions or an operator that RAM
/// does not have keep the answer from being certain.
pub(super) fn confirm(
    space: &Space<'_>,
    point: &Point,
    have: &[Document],
    need: &[Document],
    effort: &mut Budget,
) -> Option<Witness> {
    let maker = Maker::new(space, point);
    let readable = maker.readable(need, effort).unwrap_or_default();
    readable
        .into_iter()
        .chain([maker.plain()])
        .find_map(|(action, resource)| {
            let context = solve(have, need, &action, &resource, effort).ok()??;
            check(have, need, Request::new(&action, &resource, context))
        })
}

struct Maker<'a> {
    space: &'a Space<'a>,
    point: &'a Point,
    /// A letter that no pattern contains, so that it does all that a fresh one does.
    letter: char,
}

impl<'a> Maker<'a> {
    fn new(space: &'a Space<'a>, point: &'a Point) -> Self {
        let mut used: BTreeSet<Symbol> = BTreeSet::new();
        let mut note = |symbols: &[Symbol]| used.extend(symbols.iter().copied());
        note(&point.name);
        note(&space.code);
        for entry in &space.entries {
            for glob in &entry.names {
                note(glob.symbols());
            }
            for fields in &entry.resources {
                for glob in fields {
                    note(glob.symbols());
                }
            }
            for text in entry.prepared.statement.actions.texts() {
                let text: Vec<Symbol> = text.to_lowercase().chars().map(u32::from).collect();
                note(&text);
            }
        }
        let letters = ('a'..='z').rev().chain('0'..='9').chain('\u{4e00}'..);
        let letter = letters
            .into_iter()
            .find(|letter| !used.contains(&u32::from(*letter)))
            .unwrap_or('z');
        Self {
            space,
            point,
            letter,
        }
    }

    /// The word with the filler for every run of fresh letters, or for every one of them.
    fn fill(word: &[Symbol], filler: &str, runs: bool) -> String {
        let mut out = String::new();
        let mut in_run = false;
        for symbol in word {
            if *symbol == FRESH {
                if !(runs && in_run) {
                    out.push_str(filler);
                }
                in_run = true;
            } else {
                in_run = false;
                out.extend(char::from_u32(*symbol));
            }
        }
        out
    }

    /// A request that fits exactly what the words fit.
    fn plain(&self) -> (String, String) {
        let letter = self.letter.to_string();
        let fill = |word: &Word| Self::fill(word, &letter, false);
        let [region, account, id] = &self.point.resource;
        (
            format!("{}:{}", fill(&self.space.code), fill(&self.point.name)),
            format!(
                "acs:{}:{}:{}:{}",
                fill(&self.space.resource_code),
                fill(region),
                fill(account),
                fill(id)
            ),
        )
    }

    /// Whether a name is in exactly the lists that the point's name is in.
    fn same_name(&self, name: &str, budget: &mut Budget) -> Result<bool, Exhausted> {
        let word: Word = name.to_lowercase().chars().map(u32::from).collect();
        let excepted = match self.space.class {
            Class::Only(only) => !name.eq_ignore_ascii_case(only),
            Class::Others(Some(exception)) => name.eq_ignore_ascii_case(exception),
            Class::Others(None) => false,
        };
        if excepted {
            return Ok(false);
        }
        for entry in &self.space.entries {
            budget.spend(entry.names.len() * 4)?;
            let any = |word: &[Symbol]| entry.names.iter().any(|glob| glob.matches(word));
            if any(&word) != any(&self.point.name) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The same for a field of the resource, whatever the other fields are.
    fn same_field(&self, at: usize, text: &str, budget: &mut Budget) -> Result<bool, Exhausted> {
        let fold = self.space.resource_code == self.ram();
        let text = if fold {
            text.to_lowercase()
        } else {
            text.to_owned()
        };
        let word: Word = text.chars().map(u32::from).collect();
        let Some(own) = self.point.resource.get(at) else {
            return Ok(false);
        };
        for entry in &self.space.entries {
            for fields in &entry.resources {
                budget.spend(4)?;
                let same = fields
                    .get(at)
                    .is_some_and(|glob| glob.matches(&word) == glob.matches(own));
                if !same {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn ram(&self) -> Word {
        "ram".chars().map(u32::from).collect()
    }

    /// Requests with names that people know, best first. They fit what the words fit.
    fn readable(
        &self,
        need: &[Document],
        budget: &mut Budget,
    ) -> Result<Vec<(String, String)>, Exhausted> {
        let stranger = self.space.code.contains(&FRESH);
        let code = if stranger {
            // Which services patterns of codes fit is asked again when the request is checked.
            let used = |code: &&str| {
                let prefix = format!("{code}:");
                let mut statements = need.iter().flat_map(|document| &document.statements);
                statements.any(|s| {
                    s.actions
                        .texts()
                        .any(|t| t.to_lowercase().starts_with(&prefix))
                })
            };
            STRANGERS
                .into_iter()
                .find(|code| !used(code))
                .unwrap_or("ecs")
                .to_owned()
        } else {
            Self::fill(&self.space.code, "x", false)
        };
        let resource_code = if stranger {
            code.clone()
        } else {
            Self::fill(&self.space.resource_code, "x", false)
        };
        let mut names: Vec<String> = Vec::new();
        let familiar = FAMILIAR.iter().filter_map(|action| action.split_once(':'));
        let familiar = familiar.filter(|(c, _)| *c == code).map(|(_, name)| name);
        let known = catalogue::of_service(&code).map(|row| row.action);
        // A name that a document writes in its own spelling.
        let statements = need.iter().flat_map(|document| &document.statements);
        let texts = statements.flat_map(|statement| statement.actions.texts());
        let written = texts.filter_map(|text| text.split_once(':'));
        let written = written
            .filter(|(service, name)| {
                service.eq_ignore_ascii_case(&code) && !name.contains(['*', '?'])
            })
            .map(|(_, name)| name);
        let begins: String = self
            .point
            .name
            .iter()
            .map_while(|symbol| char::from_u32(*symbol))
            .collect();
        let made = [
            Self::fill(&self.point.name, "Example", true),
            Self::fill(&self.point.name, &self.letter.to_string(), false),
        ];
        let made = made.iter().map(String::as_str);
        for name in familiar.chain(known).chain(written).chain(made) {
            let fits = name
                .get(..begins.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(&begins));
            if fits && self.same_name(name, budget)? {
                names.push(name.to_owned());
            }
            if names.len() >= MOST_NAMES {
                break;
            }
        }
        let region = self.field(0, &["", "cn-hangzhou"], budget)?;
        let account = self.field(1, &["1234567890123456"], budget)?;
        let mut out = Vec::new();
        let mut fallback = Vec::new();
        for name in &names {
            let templates = catalogue::lookup(&code, name).map(catalogue::Action::examples);
            let templates: Vec<String> = templates.into_iter().flatten().collect();
            let filled = Self::fill(&self.point.resource[2], "example", true);
            let fits = |id: &str| {
                catalogue::lookup(&code, name).is_none_or(|row| row.may_act_on(&resource_code, id))
            };
            let mut ids: Vec<&str> = templates.iter().map(String::as_str).collect();
            ids.push(&filled);
            for id in ids {
                if id.is_empty() || !self.same_field(2, id, budget)? {
                    continue;
                }
                let request = (
                    format!("{code}:{name}"),
                    format!("acs:{resource_code}:{region}:{account}:{id}"),
                );
                if fits(id) {
                    out.push(request);
                } else {
                    fallback.push(request);
                }
                break;
            }
            if out.len() >= 2 {
                break;
            }
        }
        fallback.truncate(2);
        out.extend(fallback);
        Ok(out)
    }

    /// A readable text for region or account.
    fn field(&self, at: usize, texts: &[&str], budget: &mut Budget) -> Result<String, Exhausted> {
        let Some(word) = self.point.resource.get(at) else {
            return Ok(String::new());
        };
        let readable = if word.as_slice() == [FRESH] {
            texts
        } else {
            &[]
        };
        // Only RAM's own names have no region.
        for text in readable {
            if text.is_empty() && self.space.resource_code != self.ram() {
                continue;
            }
            if self.same_field(at, text, budget)? {
                return Ok((*text).to_owned());
            }
        }
        Ok(Self::fill(word, &self.letter.to_string(), false))
    }
}

/// A statement that is about a request.
struct Candidate {
    needed: bool,
    effect: Effect,
    /// For each clause the place of its key, and its truth for each choice of the key's values.
    tests: Vec<(usize, Vec<Truth>)>,
}

/// Condition keys under which one side allows the request and the other does not.
fn solve(
    have: &[Document],
    need: &[Document],
    action: &str,
    resource: &str,
    effort: &mut Budget,
) -> Result<Option<Context>, Exhausted> {
    let Some((code, name)) = action.split_once(':') else {
        return Ok(None);
    };
    let (code, name) = (code.to_lowercase(), name.to_lowercase());
    let mut about = Vec::new();
    for (documents, needed) in [(need, true), (have, false)] {
        for statement in documents.iter().flat_map(|document| &document.statements) {
            let resources = statement.resources.as_ref().map_or(0, |r| r.items.len());
            effort.spend(40 * (statement.actions.items.len() + resources))?;
            if statement.resources.is_some() && statement.is_about(action, resource) {
                let tests: Vec<Test> = statement.condition.iter().map(Test::new).collect();
                about.push((needed, statement, tests));
            }
        }
    }
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut keys: Vec<(&str, Vec<&Test>)> = Vec::new();
    for (_, statement, tests) in &about {
        for (clause, test) in statement.condition.iter().zip(tests) {
            let place = *places.entry(test.key()).or_insert(keys.len());
            match keys.get_mut(place) {
                Some((_, tests)) => tests.push(test),
                None => keys.push((&clause.key.value, vec![test])),
            }
        }
    }
    let mut options: Vec<Vec<Vec<String>>> = Vec::new();
    for (_, tests) in &keys {
        let key = tests.first().map_or("", |test| test.key());
        options.push(choices(key, carriage(key, &code, &name), tests, effort)?);
    }
    let mut candidates = Vec::new();
    for (needed, statement, tests) in &about {
        let mut truths = Vec::new();
        for test in tests {
            let place = places.get(test.key()).copied().unwrap_or(0);
            let values = options.get(place).map(Vec::as_slice).unwrap_or_default();
            effort.spend(8 * values.len())?;
            let truth = values.iter().map(|values| test.ask(lookup(values)));
            truths.push((place, truth.collect()));
        }
        candidates.push(Candidate {
            needed: *needed,
            effect: statement.effect,
            tests: truths,
        });
    }
    let price = candidates.iter().map(|c| 2 + c.tests.len()).sum::<usize>();
    let mut picked: Vec<usize> = vec![0; options.len()];
    for _ in 0..MOST_COMBINATIONS {
        effort.spend(price)?;
        if tells_apart(&candidates, &picked) {
            let mut context = Context::new();
            for ((key, _), (at, values)) in keys.iter().zip(picked.iter().zip(&options)) {
                for value in values.get(*at).into_iter().flatten() {
                    context.add(key, value);
                }
            }
            return Ok(Some(context));
        }
        let stepped = picked.iter_mut().zip(&options).any(|(at, values)| {
            if *at + 1 < values.len() {
                *at += 1;
                true
            } else {
                *at = 0;
                false
            }
        });
        if !stepped {
            break;
        }
    }
    Ok(None)
}

fn lookup(values: &[String]) -> Lookup<'_> {
    if values.is_empty() {
        Lookup::Absent
    } else {
        Lookup::Values(values)
    }
}

/// Whether these choices make one side surely allow and the other surely not.
fn tells_apart(candidates: &[Candidate], picked: &[usize]) -> bool {
    let holds = |candidate: &Candidate| {
        candidate
            .tests
            .iter()
            .fold(Truth::Yes, |truth, (place, truths)| {
                let choice = picked.get(*place).copied().unwrap_or(0);
                truth.and(truths.get(choice).copied().unwrap_or(Truth::Unknown))
            })
    };
    let (mut wanted, mut allowed, mut denied) = (false, false, false);
    for candidate in candidates {
        match (candidate.needed, candidate.effect, holds(candidate)) {
            (_, _, Truth::No)
            | (true, Effect::Allow, Truth::Unknown)
            | (false, Effect::Deny, Truth::Unknown) => {}
            (true, Effect::Allow, Truth::Yes) => wanted = true,
            (true, Effect::Deny, _) => return false,
            (false, Effect::Deny, Truth::Yes) => denied = true,
            (false, Effect::Allow, _) => allowed = true,
        }
    }
    wanted && (denied || !allowed)
}

/// The values to try for a key: one of each kind that the clauses can tell apart.
fn choices(
    key: &str,
    carried: Carriage,
    tests: &[&Test],
    effort: &mut Budget,
) -> Result<Vec<Vec<String>>, Exhausted> {
    if carried == Carriage::Never {
        return Ok(vec![Vec::new()]);
    }
    let mut singles: Vec<String> = tests.iter().flat_map(|test| test.samples()).collect();
    singles.sort();
    singles.dedup();
    let others: &[&str] = match key {
        "acs:service" => &["some-other-service.aliyuncs.com"],
        "acs:sourceip" => &["203.0.113.7", "2001:db8::7"],
        "acs:currenttime" => &["2026-01-01T00:00:00Z"],
        "acs:securetransport" | "acs:mfapresent" => &["true", "false"],
        _ => &[
            "some-other-value",
            "203.0.113.7",
            "2026-01-01T00:00:00Z",
            "0",
        ],
    };
    singles.extend(others.iter().map(|text| (*text).to_owned()));
    let mut all: Vec<Vec<String>> = singles.iter().map(|value| vec![value.clone()]).collect();
    if carried == Carriage::Perhaps {
        all.push(Vec::new());
    }
    if !is_single(key) {
        for (index, a) in singles.iter().enumerate().take(12) {
            for b in singles.iter().take(index) {
                all.push(vec![b.clone(), a.clone()]);
            }
        }
    }
    effort.spend(8 * all.len() * tests.len())?;
    let mut seen: BTreeSet<Vec<bool>> = BTreeSet::new();
    all.retain(|values| {
        let answers = tests
            .iter()
            .map(|test| test.ask(lookup(values)) == Truth::Yes);
        seen.insert(answers.collect())
    });
    Ok(all)
}
