//! Who may assume a role (`IMM1xx`): whether IMM is trusted, and who else.

use super::ast::{Document, Effect, Principal, PrincipalKind, Statement, Text};
use super::catalogue;
use super::codes::{Code, Severity};
use super::edit::Edit;
use super::evaluate::{Assumer, Context, Decision, evaluate_trust, evaluate_trust_for};
use super::finding::Draft;
use super::json::{Kind, Node};
use super::matching::action_matches;
use super::pass_role::IMM;

/// Looks at a document. `complete` says that every statement could be read.
pub(super) fn check(document: &Document, root: &Node, complete: bool, drafts: &mut Vec<Draft>) {
    let mut explained = false;
    for statement in &document.statements {
        explained |= actions(statement, drafts);
        for principal in principals(statement) {
            explained |= spelling(statement, principal, drafts);
            wildcard(document, statement, principal, drafts);
        }
    }
    let imm = Assumer::Service(IMM.to_owned());
    let verdict = evaluate_trust(document, &imm, &Context::open());
    match verdict.decision {
        Decision::Allow => others(document, drafts),
        Decision::Unknown => {
            conditional(document, drafts);
            others(document, drafts);
        }
        Decision::ExplicitDeny if trusts(document) => cancelled(document, drafts),
        Decision::ExplicitDeny | Decision::ImplicitDeny => {
            if complete && !explained {
                drafts.push(untrusted(document, root));
            }
        }
    }
}

fn principals(statement: &Statement) -> impl Iterator<Item = &Principal> {
    statement.principals.iter().flatten()
}

/// Whether the statement is about `sts:AssumeRole`.
fn assumes(statement: &Statement) -> bool {
    let named = statement
        .actions
        .texts()
        .any(|pattern| action_matches(pattern, "sts:AssumeRole"));
    named != statement.actions.negated
}

fn includes_imm(principal: &Principal) -> bool {
    principal.includes(&Assumer::Service(IMM.to_owned()))
}

fn is_wild(principal: &Principal) -> bool {
    principal.kind == PrincipalKind::Anyone || principal.who.value.contains(['*', '?'])
}

fn pointer_of(statement: &Statement, principal: &Principal) -> String {
    format!("{}{}", statement.pointer, principal.pointer)
}

/// Whether some Allow trusts IMM, Denies aside.
fn trusts(document: &Document) -> bool {
    let allows = document.statements.iter();
    allows
        .filter(|s| s.effect == Effect::Allow && assumes(s))
        .any(|s| principals(s).any(includes_imm))
}

/// Complains of a statement about another action. True if IMM would be trusted with the right one.
fn actions(statement: &Statement, drafts: &mut Vec<Draft>) -> bool {
    let list = &statement.actions;
    let right = |text: &str| text.eq_ignore_ascii_case("sts:AssumeRole");
    if statement.effect == Effect::Deny || (!list.negated && list.texts().any(right)) {
        return false;
    }
    let name = if list.negated { "NotAction" } else { "Action" };
    let pointer = format!("{}/{name}", statement.pointer);
    let span = list.items.first().map_or(statement.span, |item| item.span);
    let reaches = assumes(statement);
    let shown = match list.items.as_slice() {
        [only] if !list.negated => format!("`{}`", only.value),
        _ => format!("this {name}"),
    };
    let message = if reaches {
        format!("{shown} takes in more than `sts:AssumeRole`, the one action of a trust policy")
    } else {
        format!("{shown} is not `sts:AssumeRole`, so the statement trusts nobody")
    };
    let fix = "Write `\"Action\": \"sts:AssumeRole\"`.";
    let draft = Draft::new(Code::WrongTrustAction, span, &pointer, message, fix);
    let replace = Edit::Replace {
        pointer: pointer.clone(),
        value: Node::string("sts:AssumeRole"),
    };
    let draft = if list.negated {
        let rename = Edit::Rename {
            pointer,
            key: "Action".to_owned(),
        };
        draft.edits(vec![replace, rename])
    } else {
        draft.edit(replace)
    };
    drafts.push(if reaches {
        draft.severity(Severity::Warning)
    } else {
        draft
    });
    !reaches && principals(statement).any(includes_imm)
}

/// Complains of a service principal in other letter case. True if it is IMM's.
fn spelling(statement: &Statement, principal: &Principal, drafts: &mut Vec<Draft>) -> bool {
    let text = principal.who.value.as_str();
    let usual = text.to_lowercase();
    if principal.kind != PrincipalKind::Service || text == usual {
        return false;
    }
    let pointer = pointer_of(statement, principal);
    let draft = Draft::new(
        Code::ServicePrincipalCase,
        principal.who.span,
        &pointer,
        format!("`{text}` is not the name of a service: they are in lower case"),
        format!("Write `{usual}`."),
    );
    let imm = usual == IMM;
    drafts.push(draft.edit(Edit::Replace {
        pointer,
        value: Node::string(usual),
    }));
    imm && statement.effect == Effect::Allow
}

/// The decision on everybody whom this principal means.
fn decision(document: &Document, principal: &Principal) -> Decision {
    let same = |other: &Principal| {
        other.kind == PrincipalKind::Anyone
            || (other.kind == principal.kind
                && (other.who.value == principal.who.value || other.who.value == "*"))
    };
    evaluate_trust_for(document, same, &Context::open()).decision
}

fn wildcard(
    document: &Document,
    statement: &Statement,
    principal: &Principal,
    drafts: &mut Vec<Draft>,
) {
    if statement.effect == Effect::Deny || !is_wild(principal) || !assumes(statement) {
        return;
    }
    let decision = decision(document, principal);
    if matches!(decision, Decision::ExplicitDeny | Decision::ImplicitDeny) {
        return;
    }
    let who = match principal.kind {
        PrincipalKind::Service => "any service".to_owned(),
        PrincipalKind::Federated => "any identity provider".to_owned(),
        PrincipalKind::Ram => "accounts, users or roles that nobody named".to_owned(),
        PrincipalKind::Anyone => "anybody".to_owned(),
    };
    let pointer = pointer_of(statement, principal);
    let message = format!("`{}` lets {who} assume the role", principal.who.value);
    let fix = format!("Write `\"Principal\": {{\"Service\": [\"{IMM}\"]}}`.");
    let draft = Draft::new(
        Code::WildcardPrincipal,
        principal.who.span,
        &pointer,
        message,
        fix,
    );
    // A condition may bind it to somebody after all.
    let severity = if decision == Decision::Unknown {
        Severity::Warning
    } else {
        Severity::Error
    };
    let example = match principal.kind {
        PrincipalKind::Service => "`some-other-service.aliyuncs.com` can assume the role",
        PrincipalKind::Federated => "a user of another identity provider can assume the role",
        PrincipalKind::Ram | PrincipalKind::Anyone => {
            "a user of another account can assume the role"
        }
    };
    let draft = draft.severity(severity).example(example);
    let rest: Vec<&Principal> = principals(statement).filter(|p| !is_wild(p)).collect();
    let imm_there = rest.iter().any(|p| includes_imm(p));
    drafts.push(if imm_there && principal.kind != PrincipalKind::Anyone {
        draft.edit(remove_principal(statement, principal, &pointer))
    } else if rest.is_empty() {
        draft.edit(Edit::Replace {
            pointer: format!("{}/Principal", statement.pointer),
            value: imm_principal(),
        })
    } else {
        draft
    });
}

fn imm_principal() -> Node {
    let list = Node::new(Kind::Array(vec![Node::string(IMM)]));
    Node::object([("Service", list)])
}

/// Takes one principal out of a statement that has others.
fn remove_principal(statement: &Statement, principal: &Principal, pointer: &str) -> Edit {
    let alone = principals(statement)
        .filter(|other| other.kind == principal.kind)
        .count()
        == 1;
    Edit::Remove {
        pointer: if alone {
            format!("{}/Principal/{}", statement.pointer, principal.kind.key())
        } else {
            pointer.to_owned()
        },
    }
}

fn others(document: &Document, drafts: &mut Vec<Draft>) {
    for statement in &document.statements {
        if statement.effect == Effect::Deny || !assumes(statement) {
            continue;
        }
        for principal in principals(statement) {
            let is_imm = principal.kind == PrincipalKind::Service
                && principal.who.value.eq_ignore_ascii_case(IMM);
            let refused = matches!(
                decision(document, principal),
                Decision::ExplicitDeny | Decision::ImplicitDeny
            );
            if is_imm || is_wild(principal) || refused {
                continue;
            }
            drafts.push(Draft::new(
                Code::OthersTrusted,
                principal.who.span,
                pointer_of(statement, principal),
                format!("`{}` is trusted beside IMM", principal.who.value),
                format!(
                    "Remove `{}`, if it is not meant to use the role.",
                    principal.who.value
                ),
            ));
        }
    }
}

/// The Denies that mean IMM.
fn denies(document: &Document) -> impl Iterator<Item = (&Statement, &Principal)> {
    document
        .statements
        .iter()
        .filter(|s| s.effect == Effect::Deny && assumes(s))
        .filter_map(|s| Some((s, principals(s).find(|p| includes_imm(p))?)))
}

fn cancelled(document: &Document, drafts: &mut Vec<Draft>) {
    for (statement, principal) in denies(document) {
        let pointer = pointer_of(statement, principal);
        let several = principals(statement).count() > 1;
        let draft = Draft::new(
            Code::DenyCancelsTrust,
            principal.who.span,
            &pointer,
            format!(
                "this Deny shuts `{IMM}` out, although it is trusted elsewhere in the document"
            ),
            if several {
                format!("Remove `{}` from this Deny.", principal.who.value)
            } else {
                "Remove this statement.".to_owned()
            },
        )
        .example(format!("`sts:AssumeRole` by `{IMM}` is denied"));
        let named = principal.who.value == IMM;
        drafts.push(if named && several {
            draft.edit(remove_principal(statement, principal, &pointer))
        } else if named {
            draft.edit(Edit::Remove {
                pointer: statement.pointer.clone(),
            })
        } else {
            draft
        });
    }
}

fn conditional(document: &Document, drafts: &mut Vec<Draft>) {
    for statement in document.statements.iter().filter(|s| assumes(s)) {
        let Some(clause) = statement.condition.first() else {
            continue;
        };
        if !principals(statement).any(includes_imm) {
            continue;
        }
        let (what, fix) = match statement.effect {
            Effect::Allow => (
                "IMM is trusted",
                "Trust IMM in a statement without a condition.",
            ),
            Effect::Deny => (
                "IMM is shut out",
                "Name those who are meant instead of IMM.",
            ),
        };
        drafts.push(Draft::new(
            Code::ConditionalTrust,
            clause.key.span,
            statement.clause_pointer(clause),
            format!("{what} under a condition on `{}`", clause.key.value),
            fix,
        ));
    }
}

/// Nobody trusts IMM, and nothing said so far explains why.
fn untrusted(document: &Document, root: &Node) -> Draft {
    let allows = || {
        document
            .statements
            .iter()
            .filter(|s| s.effect == Effect::Allow && assumes(s))
    };
    let example = format!("`sts:AssumeRole` by `{IMM}` is not allowed");
    for statement in allows() {
        for principal in principals(statement) {
            let Some((message, edits)) = meant_imm(statement, principal) else {
                continue;
            };
            return Draft::new(
                Code::ImmNotTrusted,
                principal.who.span,
                pointer_of(statement, principal),
                message,
                format!("Write `\"Service\": [\"{IMM}\"]`."),
            )
            .example(example)
            .edits(edits);
        }
    }
    let trusted: Vec<&Text> = allows().flat_map(principals).map(|p| &p.who).collect();
    let message = match trusted.as_slice() {
        [] => "the document trusts nobody".to_owned(),
        [only] => format!("the document trusts `{}` and not IMM", only.value),
        [first, rest @ ..] => format!(
            "the document trusts `{}` and {} more, but not IMM",
            first.value,
            rest.len()
        ),
    };
    let statement = root.get("Statement").unwrap_or(root);
    let grant = Node::object([
        ("Effect", Node::string("Allow")),
        ("Action", Node::string("sts:AssumeRole")),
        ("Principal", imm_principal()),
    ]);
    Draft::new(
        Code::ImmNotTrusted,
        statement.span,
        "/Statement",
        message,
        format!(
            "Add `{{\"Effect\": \"Allow\", \"Action\": \"sts:AssumeRole\", \"Principal\": {{\"Service\": [\"{IMM}\"]}}}}` to Statement."
        ),
    )
    .example(example)
    .edit(Edit::Append {
        pointer: "/Statement".to_owned(),
        value: grant,
    })
}

/// Whether a principal was meant to be IMM: misspelt, or listed under another kind.
fn meant_imm(statement: &Statement, principal: &Principal) -> Option<(String, Vec<Edit>)> {
    let text = principal.who.value.as_str();
    let pointer = pointer_of(statement, principal);
    if principal.kind == PrincipalKind::Service {
        let short = [
            "imm",
            "imm.aliyun.com",
            "imm.alibabacloud.com",
            "imm.amazonaws.com",
        ];
        let lower = text.trim().to_lowercase();
        let near = short.contains(&lower.as_str())
            || lower == IMM
            // Two letters off, other services have names of three letters too.
            || (catalogue::nearest(&lower, [IMM]).is_some() && lower.starts_with("imm"));
        return near.then(|| {
            let replace = Edit::Replace {
                pointer,
                value: Node::string(IMM),
            };
            (
                format!("`{text}` is not IMM, whose name is `{IMM}`"),
                vec![replace],
            )
        });
    }
    if !text.eq_ignore_ascii_case(IMM) {
        return None;
    }
    let message = format!(
        "`{text}` is a service, and is listed under {}",
        principal.kind.key()
    );
    let lone = principals(statement).count() == 1;
    let edits = if lone {
        vec![Edit::Replace {
            pointer: format!("{}/Principal", statement.pointer),
            value: imm_principal(),
        }]
    } else {
        vec![
            remove_principal(statement, principal, &pointer),
            Edit::Append {
                pointer: "/Statement".to_owned(),
                value: Node::object([
                    ("Effect", Node::string("Allow")),
                    ("Action", Node::string("sts:AssumeRole")),
                    ("Principal", imm_principal()),
                ]),
            },
        ]
    };
    Some((message, edits))
}
