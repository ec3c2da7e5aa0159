//! The actions of OSS, MNS, RAM, STS and IMM: on what kind of resource each acts, and which condition
//! keys it carries.
//!
//! The data is `actions.tsv`; every row names its sources and how far it can be trusted. Nothing is
//! known of other services, and nothing is said of them. [`reference()`] prints the reference page.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use super::matching::{Glob, ONE, STAR, Symbol, ignores_case};

/// How a row came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Named in the vendor's documentation.
    Documented,
    /// Concluded, or seen only in a sample or in a system policy.
    Inferred,
    /// An operation of the vendor's SDK; that an action of this name exists is assumed.
    Sdk,
}

/// One action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The service code.
    pub service: &'static str,
    /// The name, in the spelling of the documentation.
    pub action: &'static str,
    /// `read`, `list`, `write`, `permission`, `tagging` or `?`.
    pub access: &'static str,
    /// The kind of resource that it acts on, `+` between kinds where a call needs both; `?` if it is
    /// not known.
    pub level: &'static str,
    /// Templates of the resources' ARNs, `{x}` for any text.
    pub resources: Vec<&'static str>,
    /// The condition keys of its own; `/*` stands for any tag key.
    pub keys: Vec<&'static str>,
    /// Where the row comes from, by the tags of the reference page.
    pub source: &'static str,
    /// How far to trust it.
    pub confidence: Confidence,
    /// Service code and relative id of each template; none for one that is not an ARN.
    templates: Vec<Option<(&'static str, Vec<Symbol>)>>,
}

/// A part of a path, between slashes. Beyond every symbol of patterns.
const SEGMENT: Symbol = 0x11_0020;

impl Action {
    /// Whether it is known on which resources the action acts.
    #[must_use]
    pub fn level_is_known(&self) -> bool {
        self.level != "?" && self.level != "none" && !self.resources.is_empty()
    }

    /// Whether the action acts on the account or the service as a whole, so that only `*` fits.
    #[must_use]
    pub fn is_service_wide(&self) -> bool {
        self.level == "service"
    }

    /// Whether a pattern of resources can fit any resource that the action acts on. True where that
    /// is not known.
    #[must_use]
    pub fn may_meet(&self, service: &Glob, id: &Glob) -> bool {
        if !self.level_is_known() {
            return true;
        }
        let fold = self.service == "ram" || self.service == "sts";
        let folded_id = if fold { Some(folded(id)) } else { None };
        let id = folded_id.as_ref().unwrap_or(id);
        self.templates.iter().any(|template| match template {
            // Everything of the service, so nothing less than everything fits it.
            Some((code, template)) if template.as_slice() == [STAR] => {
                id.is_any() && service.matches_str(code)
            }
            Some((code, template)) => service.matches_str(code) && meets(template, id.symbols()),
            None => true,
        })
    }

    /// Whether the action can act on this very resource. True where that is not known.
    #[must_use]
    pub fn may_act_on(&self, service: &str, id: &str) -> bool {
        let literal = |text: &str| Glob::from_symbols(text.chars().map(u32::from));
        self.may_meet(&literal(service), &literal(id))
    }

    /// Relative ids of resources that the action acts on, as examples.
    #[must_use]
    pub fn examples(&self) -> Vec<String> {
        let templates = self.resources.iter();
        templates
            .filter(|template| !template.ends_with(":*"))
            .filter_map(|template| super::matching::arn_fields(template))
            .map(|[_, _, _, _, id]| {
                let mut out = String::new();
                let mut rest = id;
                while let Some((before, after)) = rest.split_once('{') {
                    let (name, after) = after.split_once('}').unwrap_or((after, ""));
                    out.push_str(before);
                    out.push_str("example-");
                    let name = name.to_lowercase();
                    out.push_str(name.strip_suffix("name").unwrap_or(&name));
                    rest = after;
                }
                out.push_str(rest);
                out.replace('*', "example")
            })
            .collect()
    }

    /// Whether the catalogue says that the action carries a key of its service. None where it does
    /// not say.
    #[must_use]
    pub fn carries(&self, key: &str) -> Option<bool> {
        let listed = self.keys.iter().any(|own| match own.strip_suffix('*') {
            Some(prefix) => starts_with(key, prefix),
            None => own.eq_ignore_ascii_case(key),
        });
        if listed {
            return Some(true);
        }
        // Nobody publishes which OSS calls carry no key; these two families are tied to their calls.
        let object_only = self.service == "oss" && self.level == "object";
        let documented = self.confidence == Confidence::Documented;
        let listing = ["oss:Prefix", "oss:Delimiter"];
        let acl = ["oss:x-oss-acl", "oss:x-oss-object-acl"];
        let tied = |keys: &[&str]| keys.iter().any(|own| own.eq_ignore_ascii_case(key));
        if documented && ((object_only && tied(&listing)) || (self.access == "read" && tied(&acl)))
        {
            return Some(false);
        }
        None
    }
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn folded(glob: &Glob) -> Glob {
    Glob::from_symbols(
        glob.symbols()
            .iter()
            .flat_map(|symbol| match char::from_u32(*symbol) {
                Some(character) => character.to_lowercase().map(u32::from).collect::<Vec<_>>(),
                None => vec![*symbol],
            }),
    )
}

/// Service code and relative id of a template.
fn template(service: &'static str, text: &'static str) -> Option<(&'static str, Vec<Symbol>)> {
    if text == "*" {
        return Some((service, vec![STAR]));
    }
    let [_, code, _, _, id] = super::matching::arn_fields(text)?;
    Some((code, template_symbols(id, ignores_case(code))))
}

fn template_symbols(id: &str, fold: bool) -> Vec<Symbol> {
    let mut out = Vec::new();
    let mut rest = id;
    let literal = |text: &str, out: &mut Vec<Symbol>| {
        let text = if fold {
            text.to_lowercase()
        } else {
            text.to_owned()
        };
        out.extend(
            text.chars()
                .map(|c| if c == '*' { STAR } else { u32::from(c) }),
        );
    };
    while let Some((before, after)) = rest.split_once('{') {
        literal(before, &mut out);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        // An object's key may hold slashes.
        out.push(if name == "object" { STAR } else { SEGMENT });
        rest = after;
    }
    literal(rest, &mut out);
    out
}

/// Whether a template and a pattern have a text in common. Row by row from the ends.
fn meets(template: &[Symbol], pattern: &[Symbol]) -> bool {
    const SLASH: Symbol = 0x2f;
    let mut below: Vec<bool> = Vec::new();
    for i in (0..=template.len()).rev() {
        let mut row = vec![false; pattern.len() + 1];
        for j in (0..=pattern.len()).rev() {
            let at = |row: &[bool], j: usize| row.get(j).copied().unwrap_or(false);
            let (down, right, cross) = (at(&below, j), at(&row, j + 1), at(&below, j + 1));
            let meets = match (template.get(i).copied(), pattern.get(j).copied()) {
                (None, None) => true,
                (None, Some(STAR)) => right,
                (None, Some(_)) => false,
                (Some(STAR), None) => down,
                (Some(STAR), Some(_)) => down || right,
                (Some(_), None) => false,
                (Some(_), Some(STAR)) => down || right,
                (Some(SEGMENT), Some(ONE)) => cross || right,
                (Some(SEGMENT), Some(symbol)) => symbol != SLASH && (cross || right),
                (Some(_), Some(ONE)) => cross,
                (Some(a), Some(b)) => a == b && cross,
            };
            if let Some(cell) = row.get_mut(j) {
                *cell = meets;
            }
        }
        below = row;
    }
    below.first().copied().unwrap_or(false)
}

/// The data file.
const DATA: &str = include_str!("actions.tsv");

static ACTIONS: LazyLock<Vec<Action>> = LazyLock::new(|| {
    let list = |text: &'static str, separator: char| -> Vec<&'static str> {
        let parts = text.split(separator).map(str::trim);
        parts
            .filter(|part| !part.is_empty() && *part != "?")
            .collect()
    };
    DATA.lines()
        .skip(1)
        .filter_map(|line| {
            let mut columns = line.split('\t');
            let mut next = || columns.next();
            let service = next()?;
            let (action, access, level) = (next()?, next()?, next()?);
            let resources = list(next()?, '|');
            let templates = resources.iter().map(|text| template(service, text));
            Some(Action {
                service,
                action,
                access,
                level,
                templates: templates.collect(),
                resources,
                keys: list(next()?, ','),
                source: next()?,
                confidence: match next()? {
                    "doc" => Confidence::Documented,
                    "sdk" => Confidence::Sdk,
                    _ => Confidence::Inferred,
                },
            })
        })
        .collect()
});

static INDEX: LazyLock<HashMap<String, usize>> = LazyLock::new(|| {
    let actions = ACTIONS.iter().enumerate();
    actions
        .map(|(at, row)| (format!("{}:{}", row.service, row.action.to_lowercase()), at))
        .collect()
});

/// Every action, sorted by service and name.
pub fn all() -> impl Iterator<Item = &'static Action> {
    ACTIONS.iter()
}

/// The actions of a service, by its code in lower case.
pub fn of_service(code: &str) -> impl Iterator<Item = &'static Action> {
    ACTIONS.iter().filter(move |row| row.service == code)
}

/// An action, in any letter case.
#[must_use]
pub fn lookup(service: &str, name: &str) -> Option<&'static Action> {
    let key = format!("{}:{}", service.to_lowercase(), name.to_lowercase());
    ACTIONS.get(*INDEX.get(&key)?)
}

/// Whether anything is known of the service.
#[must_use]
pub fn knows(service: &str) -> bool {
    SERVICES.iter().any(|(code, _)| *code == service)
}

/// Whether the list of a service's actions is complete, so that a name which is not in it is unknown
/// and not merely new.
#[must_use]
pub fn is_complete(service: &str) -> bool {
    SERVICES
        .iter()
        .any(|(code, complete)| *code == service && *complete)
}

/// The services, and whether their lists are complete.
const SERVICES: [(&str, bool); 5] = [
    ("imm", true),
    ("mns", false),
    ("oss", false),
    ("ram", false),
    ("sts", true),
];

/// Names of API calls that are authorized through other actions: service, call, and those.
const ALIASES: &[(&str, &str, &[&str])] = &[
    ("mns", "BatchDeleteMessage", &["DeleteMessage"]),
    ("mns", "BatchPeekMessage", &["PeekMessage"]),
    ("mns", "BatchReceiveMessage", &["ReceiveMessage"]),
    ("mns", "BatchSendMessage", &["SendMessage"]),
    ("oss", "DeleteBucketTags", &["DeleteBucketTagging"]),
    ("oss", "DeleteMultipleObjects", &["DeleteObject"]),
    ("oss", "GetBucket", &["ListObjects"]),
    ("oss", "GetBucketTags", &["GetBucketTagging"]),
    ("oss", "GetObjectMeta", &["GetObject"]),
    ("oss", "GetSymlink", &["GetObject"]),
    ("oss", "ImgSaveAs", &["PostProcessTask"]),
    ("oss", "InitiateMultipartUpload", &["PutObject"]),
    ("oss", "ListBucketInventory", &["GetBucketInventory"]),
    ("oss", "PostObject", &["PutObject"]),
    ("oss", "PutBucketTags", &["PutBucketTagging"]),
    ("oss", "SelectObject", &["GetObject"]),
];

/// The actions that authorize an API call of another name.
#[must_use]
pub fn alias(service: &str, name: &str) -> Option<&'static [&'static str]> {
    ALIASES
        .iter()
        .find(|(code, call, _)| *code == service && call.eq_ignore_ascii_case(name))
        .map(|(_, _, actions)| *actions)
}

/// The known action of a service whose name is nearest, if it is near.
#[must_use]
pub fn did_you_mean(service: &str, name: &str) -> Option<&'static str> {
    nearest(name, of_service(service).map(|row| row.action))
}

/// The candidate that differs least, by at most two typing mistakes and less than a third of the
/// text; letter case is no difference.
#[must_use]
pub fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (text.chars().count() / 3).min(2);
    let text = text.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (distance(&text, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, substitutions and swaps of neighbours between two texts.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let get = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let mut best = get(&above, j) + usize::from(x != y);
            best = best.min(get(&above, j + 1) + 1).min(get(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(get(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(usize::MAX)
}

/// What the source tags of the table stand for.
const SOURCES: &[(&str, &str)] = &[
    ("DOC", "vendor documentation of RAM, per-action pages"),
    (
        "DOC21",
        "vendor table \"RAM authentication\", which predates resource groups",
    ),
    (
        "FCDOC",
        "Function Compute documentation, OSS trigger policy",
    ),
    ("IMM17", "the vendor's SDK for IMM 2017-09-06"),
    ("IMMAPI", "single API pages of IMM"),
    ("IMMRAM", "IMM page \"RAM authorization\", first rows"),
    (
        "IMMROLE",
        "IMM pages on custom permissions of a service role",
    ),
    (
        "IMMSAMPLE",
        "IMM page \"Configure a service role\", sample policy",
    ),
    (
        "IMMSDK",
        "the vendor's SDK for IMM 2020-09-30; level guessed from the parameters",
    ),
    ("MNSAPI", "single API pages of SMQ"),
    ("MNSPOL", "SMQ page \"Permission policies and examples\""),
    ("MNSRAM", "SMQ page \"RAM authorization\", first rows"),
    ("MNSREF", "SMQ page \"Custom policies for SMQ\""),
    ("MNSSAMPLE", "SMQ sample policies"),
    ("MNSSDK", "the vendor's SDK for SMQ 2022-01-19"),
    ("MNSSIB", "sibling of a documented name"),
    ("MNSSYS", "system policies that name it"),
    ("OSSAPI", "single API pages of OSS that name the permission"),
    ("OSSKEYS", "a third party's digest of newer OSS pages"),
    ("OSSOTHER", "a public diagnosis script"),
    (
        "OSSREF",
        "OSS page \"OSS authorization syntax and elements\"",
    ),
    ("OSSSDK", "operation names of the vendor's OSS SDK"),
    ("OSSSYS", "system policies that name it"),
    ("RAMMOD", "a Terraform module of the vendor"),
    ("RAMSDK", "the vendor's SDK for RAM 2015-05-01"),
    ("RAMSYS", "the system policy AliyunRAMReadOnlyAccess"),
    ("STSDOC", "vendor documentation of STS"),
];

/// The reference page, as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut out = String::from(
        "# Actions\n\nWhat the checks know of actions. Nothing was tried against the live service. \
         `documented` rows are named in the vendor's documentation; `inferred` ones were concluded or \
         seen only in samples and system policies; `sdk` ones are operations of an SDK, and that an \
         action of that name exists is assumed. Actions of other services are left alone.\n",
    );
    for (code, complete) in SERVICES {
        let note = if complete {
            "The list is complete: other names are reported as unknown."
        } else {
            "The list is not complete: another name is reported only where it is close to one of these."
        };
        let _ = write!(
            out,
            "\n## {code}\n\n{note}\n\n| action | access | acts on | resource | condition keys | known from | confidence |\n|---|---|---|---|---|---|---|\n"
        );
        for row in of_service(code) {
            let code_list = |items: &[&str]| {
                let quoted: Vec<String> = items.iter().map(|item| format!("`{item}`")).collect();
                quoted.join(" ")
            };
            let confidence = match row.confidence {
                Confidence::Documented => "documented",
                Confidence::Inferred => "inferred",
                Confidence::Sdk => "sdk",
            };
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {} | {} | {} | {confidence} |",
                row.action,
                row.access,
                row.level,
                code_list(&row.resources),
                code_list(&row.keys),
                row.source.replace(',', ", "),
            );
        }
    }
    out.push_str("\n## Sources\n\n| tag | what |\n|---|---|\n");
    for (tag, what) in SOURCES {
        let _ = writeln!(out, "| {tag} | {what} |");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_names_known_sources() {
        assert_eq!(all().count(), DATA.lines().count() - 1);
        assert_eq!(INDEX.len(), ACTIONS.len(), "no name twice");
        for row in all() {
            assert!(knows(row.service), "{}", row.action);
            for tag in row.source.split(',') {
                assert!(SOURCES.iter().any(|(known, _)| *known == tag), "{tag}");
            }
        }
        let sorted = SOURCES.windows(2).all(|pair| pair[0].0 < pair[1].0);
        assert!(sorted);
    }

    #[test]
    fn aliases_lead_to_known_actions_and_hide_none() {
        for (service, call, actions) in ALIASES {
            assert!(
                lookup(service, call).is_none(),
                "{service}:{call} is itself an action"
            );
            for action in *actions {
                assert!(lookup(service, action).is_some(), "{service}:{action}");
            }
        }
    }

    fn may_meet(action: &str, arn: &str) -> bool {
        let (service, name) = action.split_once(':').unwrap();
        let [_, code, _, _, id] = crate::policy::matching::arn_fields(arn).unwrap();
        lookup(service, name)
            .unwrap()
            .may_meet(&Glob::new(code), &Glob::new(id))
    }

    #[test]
    fn levels() {
        for (action, arn, expected) in [
            ("oss:PutBucketLifecycle", "acs:oss:*:*:my-bucket/*", false),
            ("oss:PutBucketLifecycle", "acs:oss:*:*:my-bucket", true),
            ("oss:PutBucketLifecycle", "acs:oss:*:*:my-bucket*", true),
            ("oss:PutObject", "acs:oss:*:*:my-bucket", false),
            ("oss:PutObject", "acs:oss:*:*:my-bucket/*", true),
            ("oss:PutObject", "acs:oss:*:*:my-*", true),
            ("oss:PutObject", "acs:oss:*:*:my-bucket/a/b/c", true),
            ("oss:PutObject", "acs:mns:*:*:*", false),
            ("oss:ListBuckets", "acs:oss:*:*:my-bucket", false),
            ("oss:ListBuckets", "acs:oss:*:*:*", true),
            ("oss:CopyObject", "acs:oss:*:*:my-bucket", true),
            ("mns:PublishMessage", "acs:mns:*:*:/topics/t", false),
            ("mns:PublishMessage", "acs:mns:*:*:/topics/t/messages", true),
            ("mns:PublishMessage", "acs:mns:*:*:/topics/?/*", true),
            ("mns:ListQueue", "acs:mns:*:*:/queues/*", false),
            ("ram:PassRole", "acs:ram:*:*:role/*", true),
            ("ram:PassRole", "acs:ram:*:*:ROLE/x", true),
            ("ram:PassRole", "acs:ram:*:*:user/*", false),
            ("sts:AssumeRole", "acs:ram:*:*:role/x", true),
            ("imm:CreateProject", "acs:imm:*:*:project/p", true),
            (
                "imm:CreateProject",
                "acs:imm:*:*:project/p/dataset/d",
                false,
            ),
        ] {
            assert_eq!(may_meet(action, arn), expected, "{action} {arn}");
        }
    }

    #[test]
    fn examples_are_what_the_action_acts_on() {
        for row in all().filter(|row| row.level_is_known()) {
            for (template, id) in row
                .resources
                .iter()
                .filter(|t| t.contains(':'))
                .zip(row.examples())
            {
                let code = crate::policy::matching::arn_fields(template).unwrap()[1];
                assert!(row.may_act_on(code, &id), "{} {id}", row.action);
            }
        }
    }

    #[test]
    fn near_names() {
        assert_eq!(did_you_mean("oss", "GetObjct"), Some("GetObject"));
        assert_eq!(did_you_mean("oss", "getobjetc"), Some("GetObject"));
        assert_eq!(did_you_mean("imm", "CreateProjekt"), Some("CreateProject"));
        assert_eq!(did_you_mean("ram", "PasRole"), Some("PassRole"));
        assert_eq!(did_you_mean("oss", "Frobnicate"), None);
        assert_eq!(
            nearest("ab", ["ac"]),
            None,
            "short texts are near to everything"
        );
    }

    #[test]
    fn keys() {
        let carries = |action: &str, key: &str| {
            let (service, name) = action.split_once(':').unwrap();
            lookup(service, name).unwrap().carries(key)
        };
        assert_eq!(carries("oss:ListObjects", "oss:prefix"), Some(true));
        assert_eq!(carries("oss:GetObject", "oss:Prefix"), Some(false));
        assert_eq!(
            carries("oss:GetObject", "oss:ExistingObjectTag/team"),
            Some(true)
        );
        assert_eq!(carries("oss:ListObjectVersions", "oss:Prefix"), None);
        assert_eq!(carries("ram:PassRole", "acs:service"), Some(true));
    }
}
