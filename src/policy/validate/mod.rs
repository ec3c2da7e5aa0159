//! The grammar of policy documents (`IMM2xx`), and what belongs into the other kind of document.
//!
//! Walks the JSON tree and looks at elements one by one; what a document means as a whole is for
//! `lint` to judge.

mod condition;
mod patterns;
mod principal;

use std::collections::HashMap;

use crate::policy::ast::{DocumentKind, escape_pointer};
use crate::policy::catalogue;
use crate::policy::codes::{Code, Severity};
use crate::policy::edit::Edit;
use crate::policy::finding::Draft;
use crate::policy::json::{self, Kind, Member, Node};

/// Characters that RAM takes in a custom policy.
pub const MOST_CHARACTERS: usize = 6144;

/// Looks at a tree.
pub(super) fn validate(root: &Node, kind: DocumentKind) -> Vec<Draft> {
    let mut validator = Validator {
        kind,
        drafts: Vec::new(),
    };
    validator.document(root);
    validator.drafts
}

/// Looks at a text's length.
pub(super) fn length(text: &str, kind: DocumentKind) -> Option<Draft> {
    let characters = text.chars().count();
    if characters <= MOST_CHARACTERS {
        return None;
    }
    let draft = Draft::new(
        Code::TooLong,
        json::Span::default(),
        "",
        format!("the document has {characters} characters, and RAM takes {MOST_CHARACTERS}"),
        "Write it without white space, use wildcards for long lists, or split it into several policies.",
    );
    Some(match kind {
        DocumentKind::Permission => draft.reprint(),
        // That there is a limit is known, its value is not.
        DocumentKind::Trust => draft.severity(Severity::Warning).reprint(),
    })
}

struct Validator {
    kind: DocumentKind,
    drafts: Vec<Draft>,
}

fn strings(list: &[&str]) -> Node {
    let items = list.iter().map(|text| Node::string(*text)).collect();
    Node::new(Kind::Array(items))
}

impl Validator {
    fn push(&mut self, draft: Draft) {
        self.drafts.push(draft);
    }

    fn wrong_type(&mut self, node: &Node, pointer: &str, what: &str, expected: &str) {
        let message = format!("{what} is {}, not {expected}", node.describe());
        let fix = format!("Write {expected}.");
        self.push(Draft::new(
            Code::MissingElement,
            node.span,
            pointer,
            message,
            fix,
        ));
    }

    fn missing(&mut self, node: &Node, pointer: &str, what: &str, fix: &str) -> Draft {
        let place = if pointer.is_empty() {
            "the document"
        } else {
            "the statement"
        };
        let message = format!("{place} has no {what}");
        // The place is the object's opening bracket, not its whole range.
        let span = json::Span {
            start: node.span.start,
            end: node.span.start + 1,
        };
        Draft::new(Code::MissingElement, span, pointer, message, fix)
    }

    fn duplicates(&mut self, members: &[Member], pointer: &str) {
        let mut seen: HashMap<&str, &Member> = HashMap::new();
        for member in members {
            let Some(first) = seen.get(member.key.as_str()) else {
                seen.insert(&member.key, member);
                continue;
            };
            let at = format!("{pointer}/{}", escape_pointer(&member.key));
            let message = format!("`{}` is written twice", member.key);
            let draft = Draft::new(
                Code::DuplicateKey,
                member.key_span,
                &at,
                message,
                format!("Keep one `{}`, with all that belongs to it.", member.key),
            );
            // Twice the same is easily mended.
            let draft = if first.value == member.value {
                draft.edit(Edit::Remove { pointer: at })
            } else {
                draft
            };
            self.push(draft);
        }
    }

    /// A key that the grammar does not have.
    fn unknown(
        &mut self,
        member: &Member,
        pointer: &str,
        siblings: &[Member],
        known: &[&str],
        place: &str,
    ) {
        let at = format!("{pointer}/{}", escape_pointer(&member.key));
        if matches!(member.key.as_str(), "Sid" | "Id") {
            let message = format!("`{}` is not an element of RAM's grammar", member.key);
            let fix = format!("Remove `{}`.", member.key);
            let draft = Draft::new(Code::SidOrId, member.key_span, &at, message, fix);
            self.push(draft.edit(Edit::Remove { pointer: at }));
            return;
        }
        let message = format!("`{}` is not an element of {place}", member.key);
        let near = near_element(&member.key, known);
        let draft =
            |fix: String| Draft::new(Code::UnknownElement, member.key_span, &at, &message, fix);
        let draft = match near {
            Some(near) if !siblings.iter().any(|m| m.key == near) => {
                let edit = Edit::Rename {
                    pointer: at.clone(),
                    key: near.to_owned(),
                };
                draft(format!("Did you mean `{near}`?")).edit(edit)
            }
            Some(near) => draft(format!("Did you mean `{near}`, which is there already?")),
            // To leave it out would turn its meaning round.
            None if member.key.starts_with("Not") => {
                draft("Say it with the elements of RAM's grammar.".to_owned())
            }
            None => draft(format!("Remove `{}`.", member.key)).edit(Edit::Remove {
                pointer: at.clone(),
            }),
        };
        self.push(draft);
    }

    fn document(&mut self, root: &Node) {
        let members = match &root.kind {
            Kind::Object(members) => members,
            Kind::String(text) => return self.encoded(root, text),
            Kind::Array(items) => return self.bare_list(root, items),
            _ => return self.wrong_type(root, "", "the document", "an object"),
        };
        self.duplicates(members, "");
        let known = ["Version", "Statement"];
        for member in members {
            if !known.contains(&member.key.as_str()) {
                self.unknown(member, "", members, &known, "a policy document");
            }
        }
        let misspelt = |name: &str| {
            members.iter().any(|m| {
                !known.contains(&m.key.as_str()) && near_element(&m.key, &known) == Some(name)
            })
        };
        match root.get("Version") {
            None if misspelt("Version") => {}
            None => {
                let draft = self.missing(root, "", "Version", "Add `\"Version\": \"1\"`.");
                self.push(draft.edit(Edit::Insert {
                    pointer: String::new(),
                    key: "Version".to_owned(),
                    value: Node::string("1"),
                    first: true,
                }));
            }
            Some(version) if version.as_str() == Some("1") => {}
            Some(version) => {
                let message = match version.as_str() {
                    Some(text) => format!("the Version is `{text}`, and RAM knows only `1`"),
                    None => format!(
                        "the Version is {}, and RAM knows only the string `1`",
                        version.describe()
                    ),
                };
                let draft = Draft::new(
                    Code::BadVersion,
                    version.span,
                    "/Version",
                    message,
                    "Write `\"Version\": \"1\"`.",
                );
                self.push(draft.edit(Edit::Replace {
                    pointer: "/Version".to_owned(),
                    value: Node::string("1"),
                }));
            }
        }
        match root.get("Statement") {
            None if misspelt("Statement") => {}
            None => {
                let draft = self.missing(root, "", "Statement", "Add `\"Statement\": [ … ]`.");
                self.push(draft);
            }
            Some(node) => self.statements(node),
        }
    }

    fn encoded(&mut self, root: &Node, text: &str) {
        let inner = json::parse(text);
        let draft = match inner.root {
            Some(inner_root) if inner_root.members().is_some() => Draft::new(
                Code::NotJson,
                root.span,
                "",
                "the document is JSON within a JSON string: it was encoded twice",
                "Pass the document itself: leave out one `jsonencode`.",
            )
            .edit(Edit::Replace {
                pointer: String::new(),
                value: inner_root,
            }),
            _ => Draft::new(
                Code::NotJson,
                root.span,
                "",
                "the document is a string, not a policy",
                "Write an object with Version and Statement.",
            ),
        };
        self.push(draft);
    }

    fn bare_list(&mut self, root: &Node, items: &[Node]) {
        let draft = Draft::new(
            Code::MissingElement,
            root.span,
            "",
            "the document is a list, not an object",
            "Write an object with Version and Statement.",
        );
        let has = |node: &Node, key: &str| node.get(key).is_some();
        let draft = match items {
            [only] if has(only, "Statement") => draft.edit(Edit::Replace {
                pointer: String::new(),
                value: only.clone(),
            }),
            [_, ..] if items.iter().all(|item| has(item, "Effect")) => draft.edit(Edit::Replace {
                pointer: String::new(),
                value: Node::object([("Version", Node::string("1")), ("Statement", root.clone())]),
            }),
            _ => draft,
        };
        self.push(draft);
    }

    fn statements(&mut self, node: &Node) {
        match &node.kind {
            Kind::Array(items) => {
                if items.is_empty() {
                    self.push(Draft::new(
                        Code::EmptyList,
                        node.span,
                        "/Statement",
                        "there is no statement in the document",
                        "Write a statement.",
                    ));
                }
                for (index, item) in items.iter().enumerate() {
                    self.statement(item, &format!("/Statement/{index}"));
                }
            }
            Kind::Object(_) => {
                let draft = Draft::new(
                    Code::LoneStatement,
                    node.span,
                    "/Statement",
                    "Statement is an object, not a list of them",
                    "Put the statement into brackets: `\"Statement\": [{ … }]`.",
                );
                self.push(draft.edit(Edit::Replace {
                    pointer: "/Statement".to_owned(),
                    value: Node::new(Kind::Array(vec![node.clone()])),
                }));
                self.statement(node, "/Statement");
            }
            _ => self.wrong_type(node, "/Statement", "Statement", "a list of objects"),
        }
    }

    fn statement(&mut self, node: &Node, pointer: &str) {
        let Some(members) = node.members() else {
            return self.wrong_type(node, pointer, "the statement", "an object");
        };
        self.duplicates(members, pointer);
        let known: &[&str] = match self.kind {
            DocumentKind::Permission => &[
                "Effect",
                "Action",
                "NotAction",
                "Resource",
                "NotResource",
                "Condition",
            ],
            DocumentKind::Trust => &["Effect", "Action", "NotAction", "Principal", "Condition"],
        };
        let has = |key: &str| node.get(key).is_some();
        let misspelt = |name: &str| {
            members.iter().any(|m| {
                !known.contains(&m.key.as_str()) && near_element(&m.key, known) == Some(name)
            })
        };
        let foreign_trust = self.kind == DocumentKind::Permission && has("Principal");
        for member in members {
            match (self.kind, member.key.as_str()) {
                (DocumentKind::Permission, "Principal") => {
                    self.principal_in_policy(member, node, pointer);
                }
                (DocumentKind::Trust, "Resource" | "NotResource") => {
                    let at = format!("{pointer}/{}", member.key);
                    let draft = Draft::new(
                        Code::TrustHasResource,
                        member.key_span,
                        &at,
                        format!("a trust policy has no {}", member.key),
                        format!("Remove `{}`: the resource is the role itself.", member.key),
                    );
                    self.push(draft.edit(Edit::Remove { pointer: at }));
                }
                (_, key) if !known.contains(&key) => {
                    let place = match self.kind {
                        DocumentKind::Permission => "a permission policy's statement",
                        DocumentKind::Trust => "a trust policy's statement",
                    };
                    self.unknown(member, pointer, members, known, place);
                }
                _ => {}
            }
        }
        match node.get("Effect") {
            None if misspelt("Effect") => {}
            None => {
                let fix = "Add `\"Effect\": \"Allow\"` or `\"Effect\": \"Deny\"`.";
                let draft = self.missing(node, pointer, "Effect", fix);
                self.push(draft);
            }
            Some(effect) => self.effect(effect, &format!("{pointer}/Effect")),
        }
        self.actions(node, pointer, misspelt("Action") || misspelt("NotAction"));
        match self.kind {
            DocumentKind::Permission => {
                let excused = misspelt("Resource") || misspelt("NotResource") || foreign_trust;
                self.resources(node, pointer, excused);
            }
            DocumentKind::Trust => match node.get("Principal") {
                None if misspelt("Principal") => {}
                None => {
                    let fix = "Add `\"Principal\": {\"Service\": [\"imm.aliyuncs.com\"]}`.";
                    let draft = self.missing(node, pointer, "Principal", fix);
                    self.push(draft);
                }
                Some(principal) => self.principal(principal, &format!("{pointer}/Principal")),
            },
        }
        if let Some(condition) = node.get("Condition") {
            self.condition(condition, &format!("{pointer}/Condition"));
        }
    }

    fn principal_in_policy(&mut self, member: &Member, statement: &Node, pointer: &str) {
        let at = format!("{pointer}/Principal");
        let resource = statement
            .get("Resource")
            .or_else(|| statement.get("NotResource"));
        let draft = if resource.is_some() {
            Draft::new(
                Code::PrincipalInPolicy,
                member.key_span,
                &at,
                "a permission policy names a Principal",
                "Remove `Principal`: the policy is for whom it is attached to.",
            )
            .edit(Edit::Remove { pointer: at })
        } else {
            Draft::new(
                Code::PrincipalInPolicy,
                member.key_span,
                &at,
                "this statement is one of a trust policy, with a Principal and without a Resource",
                "Write it into the role's trust policy, or name a Resource in place of the Principal.",
            )
        };
        self.push(draft);
    }

    fn effect(&mut self, node: &Node, pointer: &str) {
        let Some(text) = node.as_str() else {
            let message = format!(
                "the Effect is {}, and RAM knows `Allow` and `Deny`",
                node.describe()
            );
            let fix = "Write `\"Allow\"` or `\"Deny\"`.";
            return self.push(Draft::new(
                Code::BadEffect,
                node.span,
                pointer,
                message,
                fix,
            ));
        };
        if matches!(text, "Allow" | "Deny") {
            return;
        }
        let message = format!("the Effect is `{text}`, and RAM knows `Allow` and `Deny`");
        let draft = |fix: String| Draft::new(Code::BadEffect, node.span, pointer, &message, fix);
        let draft = match near_element(text, &["Allow", "Deny"]) {
            Some(near) => draft(format!("Write `\"{near}\"`.")).edit(Edit::Replace {
                pointer: pointer.to_owned(),
                value: Node::string(near),
            }),
            None => draft("Write `\"Allow\"` or `\"Deny\"`.".to_owned()),
        };
        self.push(draft);
    }
}

/// The element that was meant: the same in other letter case, in the plural, or mistyped.
fn near_element<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let same = known.iter().find(|name| {
        name.eq_ignore_ascii_case(key)
            || key
                .strip_suffix(['s', 'S'])
                .is_some_and(|single| name.eq_ignore_ascii_case(single))
    });
    same.copied()
        .or_else(|| catalogue::nearest(key, known.iter().copied()))
}
