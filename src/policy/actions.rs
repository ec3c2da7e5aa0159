//! What the actions, resources and condition keys of a permission policy can and cannot match
//! (`IMM209` to `IMM211`, `IMM222` to `IMM224`), as far as the catalogue vouches for it.

use super::ast::{Clause, Document, Statement, Text};
use super::catalogue::{self, Action, Confidence};
use super::codes::{Code, Severity};
use super::edit::Edit;
use super::finding::Draft;
use super::json::Node;
use super::matching::{Glob, action_matches, arn_fields, is_star};

/// Looks at every statement.
pub(super) fn check(document: &Document, drafts: &mut Vec<Draft>) {
    for statement in &document.statements {
        for (index, action) in statement.actions.items.iter().enumerate() {
            let pointer = statement.action_pointer(index);
            drafts.extend(unknown(action, &pointer));
            drafts.extend(unusual_case(action, &pointer));
        }
        never_matching(statement, drafts);
        for clause in &statement.condition {
            drafts.extend(undocumented_key(statement, clause));
            drafts.extend(never_carried(statement, clause));
        }
        regions(statement, drafts);
    }
}

/// Service code in lower case and name of an action pattern that names one known service.
fn known_service(text: &str) -> Option<(String, &str)> {
    let (code, name) = text.split_once(':')?;
    let code = code.to_lowercase();
    catalogue::knows(&code).then_some((code, name))
}

fn is_wild(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn replace(pointer: &str, value: impl Into<String>) -> Edit {
    Edit::Replace {
        pointer: pointer.to_owned(),
        value: Node::string(value),
    }
}

fn unknown(action: &Text, pointer: &str) -> Option<Draft> {
    let text = action.value.as_str();
    let (code, name) = known_service(text)?;
    if name.is_empty() || name.contains(|c: char| c == ':' || c.is_whitespace()) {
        return None;
    }
    let draft = |message: String, fix: String| {
        Draft::new(Code::UnknownAction, action.span, pointer, message, fix)
    };
    if is_wild(name) {
        let any = catalogue::of_service(&code).any(|row| action_matches(name, row.action));
        if any || !catalogue::is_complete(&code) {
            return None;
        }
        let message = format!("no action of {code} fits `{text}`");
        return Some(draft(
            message,
            format!("Write the names of {code}'s actions."),
        ));
    }
    if catalogue::lookup(&code, name).is_some() {
        return None;
    }
    if let Some(actions) = catalogue::alias(&code, name) {
        let list: Vec<String> = actions.iter().map(|a| format!("`{code}:{a}`")).collect();
        let message = format!(
            "`{text}` is a call, not an action: it is authorized through {}",
            list.join(" and ")
        );
        let draft = draft(message, format!("Write {}.", list.join(" and ")));
        return Some(match actions {
            [only] => draft.edit(replace(pointer, format!("{code}:{only}"))),
            _ => draft,
        });
    }
    let near = catalogue::did_you_mean(&code, name);
    if near.is_none() && !catalogue::is_complete(&code) {
        return None;
    }
    let message = format!("`{text}` is not a documented action");
    // Of a service whose list is not complete, a near name may be a new one.
    let draft = |message: String, fix: String| {
        let draft = draft(message, fix);
        if catalogue::is_complete(&code) {
            draft
        } else {
            draft.severity(Severity::Hint)
        }
    };
    Some(match near {
        Some(near) => draft(message, format!("Did you mean `{code}:{near}`?"))
            .edit(replace(pointer, format!("{code}:{near}"))),
        None => draft(message, format!("Write the name of an action of {code}.")),
    })
}

/// An action in letter case other than the documentation's.
pub(super) fn unusual_case(action: &Text, pointer: &str) -> Option<Draft> {
    let text = action.value.as_str();
    let (code, name) = known_service(text)?;
    let row = catalogue::lookup(&code, name)?;
    let usual = format!("{}:{}", row.service, row.action);
    if text == usual {
        return None;
    }
    let message = format!("`{text}` is documented as `{usual}`");
    let fix = format!("Write `{usual}`.");
    let draft = Draft::new(Code::ActionCase, action.span, pointer, message, fix);
    Some(draft.edit(replace(pointer, usual)))
}

/// What is known of an action pattern and a statement's resources.
enum Reach {
    /// It can match one of them, or nothing is known.
    Possible,
    /// It cannot, as far as this is known; one of the actions meant.
    Never(&'static Action, Confidence),
}

/// Service and relative id of a resource pattern.
fn resource_globs(text: &str) -> Option<(Glob, Glob)> {
    if is_star(text) {
        return Some((Glob::any(), Glob::any()));
    }
    let [acs, service, _, _, id] = arn_fields(text)?;
    if !Glob::new(acs).matches_str("acs") || service.is_empty() || id.is_empty() {
        return None;
    }
    Some((Glob::new(&service.to_lowercase()), Glob::new(id)))
}

fn reach(action: &str, resources: &[(Glob, Glob)]) -> Reach {
    let Some((code, name)) = known_service(action) else {
        return Reach::Possible;
    };
    let rows: Vec<&'static Action> = if is_wild(name) {
        catalogue::of_service(&code)
            .filter(|row| action_matches(name, row.action))
            .collect()
    } else {
        catalogue::lookup(&code, name).into_iter().collect()
    };
    let mut surest = Confidence::Documented;
    for row in &rows {
        let vouched = row.confidence != Confidence::Sdk && row.level_is_known();
        if !vouched
            || resources
                .iter()
                .any(|(service, id)| row.may_meet(service, id))
        {
            return Reach::Possible;
        }
        surest = surest.max(row.confidence);
    }
    match rows.first() {
        None => Reach::Possible,
        // Behind a wildcard there may be actions that nobody has listed.
        Some(row) if is_wild(name) => Reach::Never(row, surest.max(Confidence::Inferred)),
        Some(row) => Reach::Never(row, surest),
    }
}

fn never_matching(statement: &Statement, drafts: &mut Vec<Draft>) {
    let Some(list) = statement.resources.as_ref().filter(|list| !list.negated) else {
        return;
    };
    if statement.actions.negated || list.items.is_empty() {
        return;
    }
    let globs: Option<Vec<(Glob, Glob)>> = list.texts().map(resource_globs).collect();
    // A malformed resource has a finding of its own.
    let Some(globs) = globs else { return };
    let reached: Vec<Reach> = statement
        .actions
        .texts()
        .map(|text| reach(text, &globs))
        .collect();
    // A statement of which a part takes effect is how people, and the vendor, write policies.
    let idle = reached
        .iter()
        .all(|reach| matches!(reach, Reach::Never(_, Confidence::Documented)));
    let severity = if idle {
        Severity::Warning
    } else {
        Severity::Hint
    };
    let shown = match list.items.as_slice() {
        [only] => format!("`{}`", only.value),
        _ => "none of the resources here".to_owned(),
    };
    for (index, (item, reach)) in statement.actions.items.iter().zip(&reached).enumerate() {
        let Reach::Never(row, _) = reach else {
            continue;
        };
        let acts_on = row.resources.first().copied().unwrap_or("*");
        let what = if row.is_service_wide() {
            "the service as a whole".to_owned()
        } else {
            format!(
                "{} {}",
                article(row.level),
                row.level.replace('+', " and a ")
            )
        };
        let message = if list.items.len() == 1 {
            format!("`{}` acts on {what}, which {shown} never is", item.value)
        } else {
            format!("`{}` acts on {what}, and {shown} is one", item.value)
        };
        let fix = if row.is_service_wide() {
            format!("Allow `{}` in a statement on `*`.", item.value)
        } else {
            format!("Add a resource of the form `{acts_on}`.")
        };
        let pointer = statement.action_pointer(index);
        let draft = Draft::new(Code::ActionNeverMatches, item.span, &pointer, message, fix);
        let mut draft = draft.severity(severity);
        if idle && let Some(edits) = mended_resources(statement) {
            draft = draft.edits(edits);
        }
        drafts.push(draft);
    }
}

fn article(level: &str) -> &'static str {
    if level.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}

/// Other resources for a statement without any effect, of the same bucket or topic, under which all
/// its actions take effect.
fn mended_resources(statement: &Statement) -> Option<Vec<Edit>> {
    let list = statement.resources.as_ref()?;
    let ways: [fn(&str) -> Option<String>; 4] = [
        |text| text.strip_suffix("/*").map(str::to_owned),
        |text| Some(format!("{text}/*")),
        |text| Some(format!("{text}/messages")),
        |text| text.strip_suffix("/messages").map(str::to_owned),
    ];
    ways.iter().find_map(|way| {
        let changed: Option<Vec<String>> = list.texts().map(way).collect();
        let changed = changed?;
        let globs: Option<Vec<(Glob, Glob)>> =
            changed.iter().map(|text| resource_globs(text)).collect();
        let globs = globs?;
        let all = statement
            .actions
            .texts()
            .all(|text| matches!(reach(text, &globs), Reach::Possible));
        all.then(|| {
            let texts = changed.into_iter().enumerate();
            texts
                .map(|(index, text)| replace(&statement.resource_pointer(index), text))
                .collect()
        })
    })
}

/// Keys of every service, in the documented spelling.
const GLOBAL_KEYS: &[&str] = &[
    "acs:AccessId",
    "acs:CurrentTime",
    "acs:MFAPresent",
    "acs:PrincipalARN",
    "acs:PrincipalRDId",
    "acs:PrincipalRDPath",
    "acs:SecureTransport",
    "acs:Service",
    "acs:SourceIp",
    "acs:SourceVpc",
    "acs:UserAgent",
];

/// Keys followed by a tag's name.
const TAG_KEYS: &[&str] = &[
    "acs:RequestTag/",
    "acs:ResourceTag/",
    "oss:BucketTag/",
    "oss:ExistingObjectTag/",
    "oss:RequestObjectTag/",
];

/// Keys of OSS, RAM and STS that the catalogue's rows do not list.
const SERVICE_KEYS: &[&str] = &[
    "oss:AccessPointNetworkOrigin",
    "oss:DataAccessPointAccount",
    "oss:DataAccessPointArn",
    "oss:Delimiter",
    "oss:Prefix",
    "oss:object-remaining-retention-days",
    "oss:x-oss-acl",
    "oss:x-oss-object-acl",
    "oidc:aud",
    "oidc:iss",
    "oidc:sub",
    "ram:ServiceName",
    "ram:ServiceNames",
    "ram:TrustedPrincipalTypes",
    "saml:recipient",
    "sts:ExternalId",
];

fn undocumented_key(statement: &Statement, clause: &Clause) -> Option<Draft> {
    let key = clause.key.value.as_str();
    let lower = key.to_lowercase();
    let keys = || GLOBAL_KEYS.iter().chain(SERVICE_KEYS).copied();
    let tag = TAG_KEYS.iter().any(|prefix| {
        let prefix = prefix.to_lowercase();
        lower.len() > prefix.len() && lower.starts_with(&prefix)
    });
    if tag || keys().any(|known| known.eq_ignore_ascii_case(key)) {
        return None;
    }
    let prefix = lower.split_once(':').map(|(prefix, _)| prefix);
    let ours = match prefix {
        None | Some("acs" | "saml" | "oidc") => true,
        Some(service) => catalogue::knows(service),
    };
    if !ours {
        return None;
    }
    let pointer = statement.clause_pointer(clause);
    let near = catalogue::nearest(key, keys());
    let fix = match near {
        Some(near) => format!("Did you mean `{near}`?"),
        None => "Use a documented key, such as `acs:SourceIp`.".to_owned(),
    };
    let message = format!("`{key}` is not a documented condition key");
    let draft = Draft::new(
        Code::UnknownConditionKey,
        clause.key.span,
        &pointer,
        message,
        fix,
    );
    Some(match near {
        Some(near) => draft.edit(Edit::Rename {
            pointer,
            key: near.to_owned(),
        }),
        None => draft,
    })
}

/// Whether requests of an action pattern can carry a key; true where nothing says that they do not.
fn can_carry(action: &str, key: &str) -> bool {
    let lower = key.to_lowercase();
    if lower == "acs:service" {
        return action_matches(action, "ram:PassRole");
    }
    let Some((prefix, _)) = lower.split_once(':') else {
        return true;
    };
    if lower == "sts:externalid" || matches!(prefix, "saml" | "oidc") {
        return action_matches(action, "sts:AssumeRole");
    }
    if prefix == "acs" {
        return true;
    }
    let Some((code, name)) = action.split_once(':') else {
        return true;
    };
    if !Glob::new(&code.to_lowercase()).matches_str(prefix) {
        return false;
    }
    match catalogue::lookup(prefix, name) {
        Some(row) => row.carries(key) != Some(false),
        None => true,
    }
}

fn never_carried(statement: &Statement, clause: &Clause) -> Option<Draft> {
    if statement.actions.negated {
        return None;
    }
    let key = clause.key.value.as_str();
    let without: Vec<&str> = statement
        .actions
        .texts()
        .filter(|action| !can_carry(action, key))
        .collect();
    let first = without.first()?;
    let all = without.len() == statement.actions.items.len();
    // Only that another service's key is never carried is beyond doubt.
    let prefix = key.split_once(':').map(|(prefix, _)| prefix.to_lowercase());
    let foreign = prefix.as_deref() != Some("acs")
        && without.iter().all(|action| {
            action.split_once(':').is_some_and(|(code, _)| {
                !prefix
                    .as_deref()
                    .is_some_and(|prefix| Glob::new(&code.to_lowercase()).matches_str(prefix))
            })
        });
    let severity = if all && foreign {
        Severity::Warning
    } else {
        Severity::Hint
    };
    let who = match without.as_slice() {
        [only] => format!("`{only}`"),
        _ => format!("`{first}` and {} more here", without.len() - 1),
    };
    let negated = clause.operator.is_some_and(|op| op.negated);
    let effect = if negated {
        "so this clause always holds for it"
    } else {
        "so the statement never applies to it"
    };
    let message = format!("`{key}` is never carried by {who}, {effect}");
    let fix = if all {
        "Remove the key, or name the actions that carry it.".to_owned()
    } else {
        "Put the actions that carry the key into a statement of their own.".to_owned()
    };
    let pointer = statement.clause_pointer(clause);
    let draft = Draft::new(
        Code::KeyNeverCarried,
        clause.key.span,
        &pointer,
        message,
        fix,
    );
    Some(draft.severity(severity))
}

fn regions(statement: &Statement, drafts: &mut Vec<Draft>) {
    let Some(list) = &statement.resources else {
        return;
    };
    for (index, item) in list.items.iter().enumerate() {
        let Some([acs, service, region, account, id]) = arn_fields(&item.value) else {
            continue;
        };
        if !service.eq_ignore_ascii_case("oss") || region.is_empty() || is_star(region) {
            continue;
        }
        let mended = format!("{acs}:{service}:*:{account}:{id}");
        let pointer = statement.resource_pointer(index);
        let draft = Draft::new(
            Code::OssRegion,
            item.span,
            &pointer,
            format!(
                "`{}` names the region `{region}`, and OSS documents only `*`",
                item.value
            ),
            format!("Write `{mended}`."),
        );
        drafts.push(draft.edit(replace(&pointer, mended)));
    }
}
