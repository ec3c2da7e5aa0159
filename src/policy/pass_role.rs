//! Grants of `ram:PassRole` (`IMM3xx`): whether they are tied to the service that the role is for.
//!
//! A document is judged by what it allows as a whole, so that an Allow which a Deny takes back is no
//! finding: each suspicion is put to [`covers`], and only a grant with a request that shows it counts.

use super::ast::{Document, DocumentKind, Effect, Statement};
use super::catalogue;
use super::codes::Code;
use super::condition::{Lookup, Test, Truth};
use super::cover::{Coverage, Witness, covers};
use super::edit::Edit;
use super::evaluate::Request;
use super::finding::Draft;
use super::json::{Kind, Node, Span};
use super::matching::{Glob, action_matches, arn_fields, is_star};

/// The service principal of IMM.
pub const IMM: &str = "imm.aliyuncs.com";

/// A service that no policy names.
const STRANGER: &str = "some-other-service.aliyuncs.com";

/// The condition key of `ram:PassRole`.
const KEY: &str = "acs:Service";

/// Looks at a document. `part` says that what it lacks may be elsewhere.
pub(super) fn check(document: &Document, part: bool, drafts: &mut Vec<Draft>) {
    let suspects: Vec<&Statement> = document
        .statements
        .iter()
        .filter(|s| s.effect == Effect::Allow && reaches(s))
        .collect();
    let imm_granted = !suspects.is_empty() && grants(document, None, IMM).is_some();
    let before = drafts.len();
    for statement in suspects {
        drafts.extend(judge(document, statement, imm_granted));
    }
    let silent = drafts.len() == before;
    if !part && silent && !imm_granted {
        drafts.extend(missing(document));
    }
}

/// Whether the statement is about `ram:PassRole` on some role.
fn reaches(statement: &Statement) -> bool {
    let named = statement
        .actions
        .texts()
        .any(|p| action_matches(p, "ram:PassRole"));
    if named == statement.actions.negated {
        return false;
    }
    let Some(list) = &statement.resources else {
        return false;
    };
    let Some(row) = catalogue::lookup("ram", "PassRole") else {
        return false;
    };
    list.negated
        || list.texts().any(|text| {
            is_star(text)
                || arn_fields(text).is_some_and(|[_, service, _, _, id]| {
                    row.may_meet(&Glob::new(&service.to_lowercase()), &Glob::new(id))
                })
        })
}

/// The clauses on `acs:Service`.
fn service_tests(statement: &Statement) -> Vec<Test> {
    let clauses = statement.condition.iter();
    clauses
        .filter(|clause| clause.key.value.eq_ignore_ascii_case(KEY))
        .map(Test::new)
        .collect()
}

/// Whether the clauses on `acs:Service` let a service through.
fn admits(tests: &[Test], service: &str) -> Truth {
    let value = [service.to_owned()];
    tests.iter().fold(Truth::Yes, |truth, test| {
        truth.and(test.ask(Lookup::Values(&value)))
    })
}

/// A request by which the document, or one Allow of it, surely lets a role go to this service.
fn grants(document: &Document, only: Option<usize>, service: &str) -> Option<Box<Witness>> {
    let statements = document.statements.iter();
    let chosen = statements
        .filter(|s| s.effect == Effect::Deny || only.is_none_or(|index| s.index == index));
    let need = Document {
        kind: DocumentKind::Permission,
        statements: chosen.cloned().collect(),
    };
    // Everything but this.
    let text = format!(
        r#"{{"Version":"1","Statement":[
            {{"Effect":"Allow","NotAction":"ram:PassRole","Resource":"*"}},
            {{"Effect":"Allow","Action":"ram:PassRole","Resource":"*",
              "Condition":{{"StringNotEquals":{{"acs:Service":"{service}"}}}}}},
            {{"Effect":"Allow","Action":"*","NotResource":"acs:ram:*:*:role/*"}}]}}"#
    );
    let have = Document::parse(&text, DocumentKind::Permission).ok()?;
    match covers(&[have], &[need]) {
        Coverage::No(witness) => Some(witness),
        Coverage::Yes | Coverage::Unknown(_) => None,
    }
}

/// A request as a clause.
fn shown(request: &Request, verb: &str) -> String {
    let context: Vec<String> = request
        .context
        .iter()
        .map(|(key, values)| format!("{key} = {}", values.join(", ")))
        .collect();
    let context = if context.is_empty() {
        String::new()
    } else {
        format!(" with {}", context.join(" and "))
    };
    format!(
        "`{}` on `{}`{context} {verb}",
        request.action, request.resource
    )
}

fn condition() -> Node {
    Node::object([("StringEquals", Node::object([(KEY, Node::string(IMM))]))])
}

fn judge(document: &Document, statement: &Statement, imm_granted: bool) -> Option<Draft> {
    let tests = service_tests(statement);
    if tests.iter().any(Test::is_opaque) {
        return None;
    }
    let (fix, edits) = tie(statement);
    let (index, span) = place(statement);
    let action = statement.action_pointer(index);
    let named = match statement.actions.items.get(index) {
        Some(item) if !statement.actions.negated => format!("`{}`", item.value),
        _ => "NotAction".to_owned(),
    };
    if admits(&tests, STRANGER) == Truth::Yes {
        let witness = grants(document, Some(statement.index), STRANGER)?;
        let draft = if tests.is_empty() {
            let message = format!("{named} allows `ram:PassRole` without a condition on `{KEY}`");
            Draft::new(Code::PassRoleUnconditional, span, action, message, fix)
        } else {
            let (span, pointer) = clause_place(statement).unwrap_or((span, action));
            let message =
                format!("this condition on `{KEY}` lets services through that nobody named");
            Draft::new(Code::PassRoleVoidCondition, span, pointer, message, fix)
        };
        let example = shown(&witness.request, "is allowed");
        return Some(draft.example(example).edits(edits));
    }
    if admits(&tests, IMM) == Truth::No {
        let (service, witness) = others(statement)
            .into_iter()
            .find_map(|s| Some((s.clone(), grants(document, Some(statement.index), &s)?)))?;
        let (span, pointer) = clause_place(statement).unwrap_or((span, action));
        if imm_granted {
            return Some(too(span, &pointer, &service));
        }
        let message = format!("this lets roles go to `{service}`, and none to IMM");
        let mut request = witness.request;
        request.context = super::evaluate::Context::new().with(KEY, IMM);
        let draft = Draft::new(Code::PassRoleOtherServicesOnly, span, pointer, message, fix);
        let example = shown(&request, "is not allowed");
        return Some(draft.example(example).edits(edits));
    }
    let service = others(statement)
        .into_iter()
        .find(|s| grants(document, Some(statement.index), s).is_some())?;
    let (span, pointer) = clause_place(statement).unwrap_or((span, action));
    Some(too(span, &pointer, &service))
}

fn too(span: Span, pointer: &str, service: &str) -> Draft {
    Draft::new(
        Code::PassRoleOthersToo,
        span,
        pointer,
        format!("roles can be passed to `{service}` too"),
        format!("Name `{IMM}` alone, if the others are not meant."),
    )
}

/// The first action pattern that reaches `ram:PassRole`.
fn place(statement: &Statement) -> (usize, Span) {
    let items = statement.actions.items.iter().enumerate();
    let mut named = items.filter(|(_, item)| action_matches(&item.value, "ram:PassRole"));
    match named.next() {
        Some((index, item)) if !statement.actions.negated => (index, item.span),
        _ => {
            let first = statement.actions.items.first();
            (0, first.map_or(statement.span, |item| item.span))
        }
    }
}

fn clause_place(statement: &Statement) -> Option<(Span, String)> {
    let clause = statement
        .condition
        .iter()
        .find(|clause| clause.key.value.eq_ignore_ascii_case(KEY))?;
    Some((clause.key.span, statement.clause_pointer(clause)))
}

/// Services other than IMM that the statement's clauses on `acs:Service` let through.
fn others(statement: &Statement) -> Vec<String> {
    let tests = service_tests(statement);
    let mut services: Vec<String> = tests.iter().flat_map(Test::samples).collect();
    services.extend(
        ["ecs", "fc", "oos", "cloudmonitor", "eci", "log"]
            .map(|code| format!("{code}.aliyuncs.com")),
    );
    services.retain(|service| service != IMM && admits(&tests, service) == Truth::Yes);
    services
}

/// What to write, and the changes, to tie the statement's grant of `ram:PassRole` to IMM and leave
/// the rest of the statement alone.
fn tie(statement: &Statement) -> (String, Vec<Edit>) {
    let items = &statement.actions.items;
    let exact = |text: &str| text.eq_ignore_ascii_case("ram:PassRole");
    let by_wildcard = statement.actions.negated
        || items
            .iter()
            .any(|item| !exact(&item.value) && action_matches(&item.value, "ram:PassRole"));
    if by_wildcard {
        // A Deny of everything but IMM ties what a wildcard allows.
        let condition = [("StringNotEquals", Node::object([(KEY, Node::string(IMM))]))];
        let deny = Node::object([
            ("Effect", Node::string("Deny")),
            ("Action", Node::string("ram:PassRole")),
            ("Resource", Node::string("*")),
            ("Condition", Node::object(condition)),
        ]);
        let fix = format!(
            "Add `{{\"Effect\": \"Deny\", \"Action\": \"ram:PassRole\", \"Resource\": \"*\", \"Condition\": {{\"StringNotEquals\": {{\"{KEY}\": \"{IMM}\"}}}}}}` to Statement."
        );
        return (fix, vec![append(deny)]);
    }
    let wanted = format!("`\"Condition\": {{\"StringEquals\": {{\"{KEY}\": \"{IMM}\"}}}}`");
    if items.iter().all(|item| exact(&item.value)) {
        let there = !service_tests(statement).is_empty();
        let fix = if there {
            format!("Write {wanted} in its place.")
        } else {
            format!("Add {wanted} to the statement.")
        };
        return (fix, with_condition(statement));
    }
    // Named beside other actions: a statement of its own.
    let named = items.iter().enumerate().rev();
    let mut edits: Vec<Edit> = named
        .filter(|(_, item)| exact(&item.value))
        .map(|(index, _)| Edit::Remove {
            pointer: statement.action_pointer(index),
        })
        .collect();
    if let Some(resources) = &statement.resources {
        let name = if resources.negated {
            "NotResource"
        } else {
            "Resource"
        };
        let texts = resources.texts().map(Node::string).collect();
        edits.push(append(Node::object([
            ("Effect", Node::string("Allow")),
            ("Action", Node::string("ram:PassRole")),
            (name, Node::new(Kind::Array(texts))),
            ("Condition", condition()),
        ])));
    }
    let fix = format!("Move `ram:PassRole` into a statement of its own with {wanted}.");
    (fix, edits)
}

fn append(value: Node) -> Edit {
    Edit::Append {
        pointer: "/Statement".to_owned(),
        value,
    }
}

/// The clauses that are there on the key give way to the right one.
fn with_condition(statement: &Statement) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    for clause in &statement.condition {
        if !clause.key.value.eq_ignore_ascii_case(KEY) {
            continue;
        }
        let siblings = statement.condition.iter();
        let alone = siblings
            .filter(|other| other.operator_text == clause.operator_text)
            .count()
            == 1;
        let key = statement.clause_pointer(clause);
        let pointer = match key.rsplit_once('/') {
            Some((operator, _)) if alone => operator.to_owned(),
            _ => key,
        };
        edits.push(Edit::Remove { pointer });
    }
    edits.push(Edit::Insert {
        pointer: statement.pointer.clone(),
        key: "Condition".to_owned(),
        value: condition(),
        first: false,
    });
    edits
}

/// A policy that reads like a service role's and lets the role go nowhere.
fn missing(document: &Document) -> Option<Draft> {
    let documents = std::slice::from_ref(document);
    let like_a_role = super::needs::reads_objects(documents) && super::needs::publishes(documents);
    if !like_a_role {
        return None;
    }
    let first = document.statements.first()?;
    let grant = Node::object([
        ("Effect", Node::string("Allow")),
        ("Action", Node::string("ram:PassRole")),
        ("Resource", Node::string("*")),
        ("Condition", condition()),
    ]);
    let pointer = "/Statement".to_owned();
    let draft = Draft::new(
        Code::PassRoleMissing,
        first.span,
        &pointer,
        "the policy grants what IMM needs of OSS and MNS, but no `ram:PassRole` for IMM",
        format!(
            "Add `{{\"Effect\": \"Allow\", \"Action\": \"ram:PassRole\", \"Resource\": \"*\", \"Condition\": {{\"StringEquals\": {{\"{KEY}\": \"{IMM}\"}}}}}}` to Statement."
        ),
    );
    Some(draft.edit(append(grant)))
}
