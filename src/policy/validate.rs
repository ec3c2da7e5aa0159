//! The grammar of policy documents (`IMM2xx`), and what belongs into the other kind of document.
//!
//! Walks the JSON tree and looks at elements one by one; what a document means as a whole is for
//! `lint` to judge.

use std::collections::HashMap;

use super::ast::{DocumentKind, PrincipalKind, escape_pointer};
use super::catalogue;
use super::codes::{Code, Severity};
use super::condition::{Comparison, OPERATORS, Operator};
use super::edit::Edit;
use super::finding::Draft;
use super::json::{self, Kind, Member, Node};
use super::matching::{arn_fields, is_star};

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

    fn both(&mut self, statement: &Node, pointer: &str, name: &str) -> bool {
        let not = format!("Not{name}");
        let (Some(_), Some(node)) = (statement.get(name), statement.get(&not)) else {
            return false;
        };
        self.push(Draft::new(
            Code::BothActionAndNotAction,
            node.span,
            format!("{pointer}/{not}"),
            format!("the statement has both {name} and {not}"),
            "Keep one of the two; to leave something out of an Allow, add a Deny for it.",
        ));
        true
    }

    fn actions(&mut self, statement: &Node, pointer: &str, excused: bool) {
        self.both(statement, pointer, "Action");
        let mut found = false;
        for name in ["Action", "NotAction"] {
            let Some(node) = statement.get(name) else {
                continue;
            };
            found = true;
            let pointer = format!("{pointer}/{name}");
            for (node, pointer, text) in self.texts(node, &pointer, name) {
                self.action(node, &pointer, text, statement);
            }
        }
        if !found && !excused {
            let fix = "Add `\"Action\": [ … ]`.";
            let draft = self.missing(statement, pointer, "Action or NotAction", fix);
            self.push(draft);
        }
    }

    /// The strings of a value that may be one or a list of them.
    fn texts<'n>(
        &mut self,
        node: &'n Node,
        pointer: &str,
        what: &str,
    ) -> Vec<(&'n Node, String, &'n str)> {
        match &node.kind {
            Kind::String(text) => vec![(node, pointer.to_owned(), text.as_str())],
            Kind::Array(items) => {
                if items.is_empty() {
                    self.push(Draft::new(
                        Code::EmptyList,
                        node.span,
                        pointer,
                        format!("{what} is an empty list"),
                        "Write at least one entry.",
                    ));
                }
                let mut out = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    let pointer = format!("{pointer}/{index}");
                    match item.as_str() {
                        Some(text) => out.push((item, pointer, text)),
                        None => {
                            let what = format!("an entry of {what}");
                            self.wrong_type(item, &pointer, &what, "a string");
                        }
                    }
                }
                out
            }
            _ => {
                self.wrong_type(node, pointer, what, "a string or a list of strings");
                Vec::new()
            }
        }
    }

    fn action(&mut self, node: &Node, pointer: &str, text: &str, statement: &Node) {
        if is_star(text) {
            return;
        }
        let replace = |value: String| Edit::Replace {
            pointer: pointer.to_owned(),
            value: Node::string(value),
        };
        let draft = |message: String, fix: String| {
            Draft::new(Code::ActionShape, node.span, pointer, message, fix)
        };
        if text.chars().any(char::is_whitespace) {
            let tidy: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            let message = format!("the action `{text}` holds white space");
            let draft = draft(message, format!("Write `{tidy}`."));
            return self.push(draft.edit(replace(tidy)));
        }
        let wild = text.contains(['*', '?']);
        match text.split_once(':') {
            Some((code, name)) if !code.is_empty() && !name.is_empty() && !name.contains(':') => {}
            // As plain text it may still fit an action from its end.
            None if wild && text.starts_with('*') => {
                let message = format!("the action `{text}` has no service code");
                let fix = "Write `<service>:<Name>`, with wildcards in the name.".to_owned();
                self.push(draft(message, fix).severity(Severity::Warning));
            }
            None => {
                let message = format!("the action `{text}` has no service code");
                let draft = match self.service_of(text, statement) {
                    Some(code) => {
                        let full = format!("{code}:{text}");
                        draft(message, format!("Write `{full}`.")).edit(replace(full))
                    }
                    None => draft(message, format!("Write `<service>:{text}`.")),
                };
                self.push(draft);
            }
            Some(_) => {
                let message = format!("the action `{text}` is not of the form `<service>:<Name>`");
                self.push(draft(
                    message,
                    "Write one service code, one colon and one name.".to_owned(),
                ));
            }
        }
    }

    /// The service that has an action of this name, if its resources leave no doubt.
    fn service_of(&self, name: &str, statement: &Node) -> Option<&'static str> {
        let resource = statement.get("Resource")?;
        let texts: Vec<&str> = match &resource.kind {
            Kind::Array(items) => items.iter().filter_map(Node::as_str).collect(),
            _ => resource.as_str().into_iter().collect(),
        };
        let mut services = catalogue::all()
            .filter(|row| row.action == name)
            .map(|row| row.service)
            .filter(|service| {
                texts.iter().all(|text| {
                    is_star(text) || arn_fields(text).is_some_and(|[_, code, ..]| code == *service)
                })
            });
        let only = services.next()?;
        services.next().is_none().then_some(only)
    }

    fn resources(&mut self, statement: &Node, pointer: &str, excused: bool) {
        self.both(statement, pointer, "Resource");
        let mut found = false;
        for name in ["Resource", "NotResource"] {
            let Some(node) = statement.get(name) else {
                continue;
            };
            found = true;
            let pointer = format!("{pointer}/{name}");
            if name == "NotResource" {
                self.push(Draft::new(
                    Code::NotResource,
                    node.span,
                    &pointer,
                    "NotResource is no longer listed in RAM's grammar",
                    "Name the resources in Resource, or allow them all and deny these in a second statement.",
                ));
            }
            for (node, pointer, text) in self.texts(node, &pointer, name) {
                self.resource(node, &pointer, text, statement);
            }
        }
        if !found && !excused {
            let fix = "Add `\"Resource\": \"*\"`, or the resources that are meant.";
            let draft = self.missing(statement, pointer, "Resource", fix);
            self.push(draft);
        }
    }

    fn resource(&mut self, node: &Node, pointer: &str, text: &str, statement: &Node) {
        if is_star(text) {
            return;
        }
        let message = match arn_fields(text) {
            Some([acs, service, region, account, id]) => {
                let odd = text.chars().any(char::is_whitespace) && text.trim() != text;
                if !super::matching::Glob::new(acs).matches_str("acs") {
                    format!("the resource `{text}` does not begin with `acs:`")
                } else if service.is_empty() {
                    format!("the resource `{text}` names no service")
                } else if id.is_empty() {
                    format!("the resource `{text}` names nothing after its account")
                } else if odd
                    || region.contains(char::is_whitespace)
                    || account.contains(char::is_whitespace)
                {
                    format!("the resource `{text}` holds white space")
                } else {
                    return;
                }
            }
            None => format!(
                "the resource `{text}` has {} of the five fields of an ARN",
                text.split(':').count()
            ),
        };
        let draft = |fix: String| Draft::new(Code::MalformedArn, node.span, pointer, &message, fix);
        let draft = match mended_arn(text, statement) {
            Some(arn) => draft(format!("Write `{arn}`.")).edit(Edit::Replace {
                pointer: pointer.to_owned(),
                value: Node::string(arn),
            }),
            None => draft("Write `acs:<service>:<region>:<account>:<name>`, with `*` for any region or account.".to_owned()),
        };
        self.push(draft);
    }

    fn principal(&mut self, node: &Node, pointer: &str) {
        let members = match &node.kind {
            Kind::Object(members) => members,
            // Who that is, is a question of trust, not of grammar.
            Kind::String(text) if text == "*" => return,
            Kind::String(text) if text.ends_with(".aliyuncs.com") => {
                let draft = Draft::new(
                    Code::MissingElement,
                    node.span,
                    pointer,
                    "Principal is a string, not an object",
                    format!("Write `{{\"Service\": [\"{text}\"]}}`."),
                );
                return self.push(draft.edit(Edit::Replace {
                    pointer: pointer.to_owned(),
                    value: Node::object([("Service", strings(&[text]))]),
                }));
            }
            _ => {
                return self.wrong_type(
                    node,
                    pointer,
                    "Principal",
                    "an object with RAM, Service or Federated",
                );
            }
        };
        self.duplicates(members, pointer);
        if members.is_empty() {
            self.push(
                Draft::new(
                    Code::MissingElement,
                    node.span,
                    pointer,
                    "Principal names nobody",
                    "Write `{\"Service\": [\"imm.aliyuncs.com\"]}`.",
                )
                .edit(Edit::Replace {
                    pointer: pointer.to_owned(),
                    value: Node::object([("Service", strings(&["imm.aliyuncs.com"]))]),
                }),
            );
        }
        for member in members {
            let at = format!("{pointer}/{}", escape_pointer(&member.key));
            let Some(kind) = PrincipalKind::from_key(&member.key) else {
                if member.key == "AWS" {
                    self.push(Draft::new(
                        Code::UnknownElement,
                        member.key_span,
                        &at,
                        "`AWS` is not a kind of principal",
                        "Accounts, users and roles are listed under `RAM`, as `acs:ram::<account>:root`.",
                    ));
                } else {
                    let kinds = ["RAM", "Service", "Federated"];
                    self.unknown(member, pointer, members, &kinds, "a Principal");
                }
                continue;
            };
            let what = format!("Principal.{}", member.key);
            for (node, pointer, text) in self.texts(&member.value, &at, &what) {
                if matches!(kind, PrincipalKind::Ram | PrincipalKind::Federated) {
                    self.identity(node, &pointer, text);
                }
            }
        }
    }

    /// The ARN of an account, user, role or identity provider.
    fn identity(&mut self, node: &Node, pointer: &str, text: &str) {
        // That IMM stands under the wrong kind is said where trust in IMM is looked for.
        if is_star(text) || text.eq_ignore_ascii_case(super::pass_role::IMM) {
            return;
        }
        let account_like = |account: &str| {
            !account.is_empty()
                && account
                    .chars()
                    .all(|c| c.is_ascii_digit() || matches!(c, '*' | '?'))
        };
        if let Some([acs, ram, _, account, id]) = arn_fields(text)
            && acs == "acs"
            && ram.eq_ignore_ascii_case("ram")
            && account_like(account)
            && !id.is_empty()
        {
            return;
        }
        let message =
            format!("the principal `{text}` is no ARN of an account, user, role or provider");
        let draft = |fix: String| Draft::new(Code::MalformedArn, node.span, pointer, &message, fix);
        let draft = if text.len() >= 8 && text.bytes().all(|b| b.is_ascii_digit()) {
            let arn = format!("acs:ram::{text}:root");
            draft(format!("Write `{arn}`.")).edit(Edit::Replace {
                pointer: pointer.to_owned(),
                value: Node::string(arn),
            })
        } else if text.ends_with(".aliyuncs.com") {
            draft("List service principals under `Service`.".to_owned())
        } else {
            draft("Write `acs:ram::<account>:root`, `…:user/<name>` or `…:role/<name>`.".to_owned())
        };
        self.push(draft);
    }

    fn condition(&mut self, node: &Node, pointer: &str) {
        let Some(operators) = node.members() else {
            return self.wrong_type(node, pointer, "Condition", "an object of operators");
        };
        self.duplicates(operators, pointer);
        for member in operators {
            let at = format!("{pointer}/{}", escape_pointer(&member.key));
            let operator = Operator::parse(&member.key);
            match operator {
                None => self.unknown_operator(member, &at, operators),
                Some(_) if member.key.contains(':') => {
                    self.push(Draft::new(
                        Code::SetQualifier,
                        member.key_span,
                        &at,
                        format!("RAM's operator table does not list `{}`", member.key),
                        "Use the operator without the prefix where one value is enough.",
                    ));
                }
                Some(_) => {}
            }
            let Some(keys) = member.value.members() else {
                let what = format!("the operator {}", member.key);
                self.wrong_type(&member.value, &at, &what, "an object of condition keys");
                continue;
            };
            self.duplicates(keys, &at);
            for key in keys {
                let at = format!("{at}/{}", escape_pointer(&key.key));
                self.values(key, &at, operator);
            }
        }
    }

    fn unknown_operator(&mut self, member: &Member, pointer: &str, siblings: &[Member]) {
        let name = member.key.as_str();
        let draft = |message: String, fix: String| {
            Draft::new(Code::UnknownElement, member.key_span, pointer, message, fix)
        };
        let base = name
            .strip_suffix("IfExists")
            .filter(|base| Operator::parse(base).is_some());
        if base.is_some() || name == "Null" {
            let message = format!(
                "RAM does not support operators like `{name}`, which ask whether a key is there"
            );
            let fix = match base {
                Some(base) => format!("Use `{base}`; where the key is absent it is false, or true if it is a negated operator."),
                None => "Remove it; an absent key makes a positive operator false and a negated one true.".to_owned(),
            };
            return self.push(draft(message, fix));
        }
        if name == "IpAddressIncludeBorder" {
            let message = format!("`{name}` is an operator of OSS that RAM's table does not list");
            let draft = draft(message, "Use `IpAddress`.".to_owned());
            return self.push(draft.severity(Severity::Warning));
        }
        let message = format!("`{name}` is not a condition operator");
        let (prefix, rest) = match name.split_once(':') {
            Some((prefix, rest)) => (Some(prefix), rest),
            None => (None, name),
        };
        let near = match prefix {
            None => near_operator(rest),
            Some(prefix) => {
                let sets = ["ForAnyValue", "ForAllValues"];
                let prefix = near_element(prefix, &sets);
                prefix
                    .zip(near_operator(rest))
                    .map(|(p, o)| format!("{p}:{o}"))
            }
        };
        let draft = match near {
            Some(near) if !siblings.iter().any(|m| m.key == near) => {
                let edit = Edit::Rename {
                    pointer: pointer.to_owned(),
                    key: near.clone(),
                };
                draft(message, format!("Did you mean `{near}`?")).edit(edit)
            }
            Some(near) => draft(
                message,
                format!("Did you mean `{near}`? It is there already; put the keys together."),
            ),
            None => draft(
                message,
                "Use one of RAM's operators, such as `StringEquals` or `StringLike`.".to_owned(),
            ),
        };
        self.push(draft);
    }

    fn values(&mut self, member: &Member, pointer: &str, operator: Option<Operator>) {
        let scalar = std::slice::from_ref(&member.value);
        let (nodes, list) = match &member.value.kind {
            Kind::Array(items) => (items.as_slice(), true),
            _ => (scalar, false),
        };
        if nodes.is_empty() {
            self.push(Draft::new(
                Code::EmptyList,
                member.value.span,
                pointer,
                format!("the condition key {} has no values", member.key),
                "Write at least one value.",
            ));
        }
        for (index, node) in nodes.iter().enumerate() {
            let pointer = if list {
                format!("{pointer}/{index}")
            } else {
                pointer.to_owned()
            };
            let text = match &node.kind {
                Kind::String(text) => text.clone(),
                Kind::Bool(value) => value.to_string(),
                Kind::Number(text) => text.clone(),
                _ => {
                    let what = format!("a value of {}", member.key);
                    self.wrong_type(node, &pointer, &what, "a string");
                    continue;
                }
            };
            if node.as_str().is_none() {
                let draft = Draft::new(
                    Code::RawScalar,
                    node.span,
                    &pointer,
                    format!(
                        "the condition value {text} is {}, not a string",
                        node.describe()
                    ),
                    format!("Write `\"{text}\"`."),
                );
                self.push(draft.edit(Edit::Replace {
                    pointer: pointer.clone(),
                    value: Node::string(text.clone()),
                }));
            }
            let Some(operator) = operator.filter(|op| !op.reads(&text)) else {
                continue;
            };
            let draft = Draft::new(
                Code::BadConditionValue,
                node.span,
                &pointer,
                format!("the operator cannot read `{text}`"),
                format!("Write {}.", operator.expects()),
            );
            // An OSS page lists these values for this key, against all others.
            let documented = member.key.eq_ignore_ascii_case("acs:SecureTransport")
                && matches!(text.to_lowercase().as_str(), "http" | "https");
            // A time without a zone, or in seconds, may be read by RAM in a way that no page tells.
            let time = matches!(operator.comparison, Comparison::Date(_))
                && (operator.reads(&format!("{text}Z"))
                    || text.bytes().all(|byte| byte.is_ascii_digit()));
            self.push(if documented || time {
                draft.severity(Severity::Warning)
            } else {
                draft
            });
        }
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

fn near_operator(name: &str) -> Option<String> {
    // Habits from another cloud.
    let translated = match name {
        "ArnEquals" => Some("StringEquals"),
        "ArnLike" => Some("StringLike"),
        "ArnNotEquals" => Some("StringNotEquals"),
        "ArnNotLike" => Some("StringNotLike"),
        "IPAddress" => Some("IpAddress"),
        "NotIPAddress" => Some("NotIpAddress"),
        _ => None,
    };
    let names: Vec<&str> = OPERATORS.iter().map(|row| row.0).collect();
    translated
        .or_else(|| near_element(name, &names))
        .map(str::to_owned)
}

/// What a malformed resource was meant to be, where there is little doubt.
fn mended_arn(text: &str, statement: &Node) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.contains(char::is_whitespace) {
        return None;
    }
    if arn_fields(text).is_some_and(|[acs, service, _, _, id]| {
        acs == "acs" && !service.is_empty() && !id.is_empty()
    }) {
        return Some(text.to_owned());
    }
    let fields: Vec<&str> = text.split(':').collect();
    match fields.as_slice() {
        // Another cloud's bucket: arn:aws:s3:::bucket/*
        ["arn", "aws", "s3", _, _, id] => Some(format!("acs:oss:*:*:{id}")),
        ["arn", "acs", rest @ ..] if rest.len() >= 4 => Some(format!("acs:{}", rest.join(":"))),
        [acs, service, region, account, rest @ ..]
            if acs.eq_ignore_ascii_case("acs") && !rest.is_empty() =>
        {
            let id = rest.join(":");
            (!id.is_empty() && !service.is_empty())
                .then(|| format!("acs:{service}:{region}:{account}:{id}"))
        }
        // A field was left out.
        ["acs", service, middle, id]
            if !service.is_empty() && !id.is_empty() && (middle.is_empty() || *middle == "*") =>
        {
            Some(format!("acs:{service}:*:*:{id}"))
        }
        ["acs", service, id] if !service.is_empty() && !id.is_empty() => {
            Some(format!("acs:{service}:*:*:{id}"))
        }
        // A bucket or object for actions of OSS.
        [id] => {
            let actions = statement.get("Action")?;
            let texts: Vec<&str> = match &actions.kind {
                Kind::Array(items) => items.iter().filter_map(Node::as_str).collect(),
                _ => actions.as_str().into_iter().collect(),
            };
            let oss = !texts.is_empty() && texts.iter().all(|text| text.starts_with("oss:"));
            oss.then(|| format!("acs:oss:*:*:{id}"))
        }
        _ => None,
    }
}
