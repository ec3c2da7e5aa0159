//! Actions and resources: their shape, and what a malformed one was meant to be.

use super::Validator;
use crate::policy::catalogue;
use crate::policy::codes::{Code, Severity};
use crate::policy::edit::Edit;
use crate::policy::finding::Draft;
use crate::policy::json::{Kind, Node};
use crate::policy::matching::{Glob, arn_fields, is_star};

impl Validator {
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

    pub(super) fn actions(&mut self, statement: &Node, pointer: &str, excused: bool) {
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
    pub(super) fn texts<'n>(
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

    pub(super) fn resources(&mut self, statement: &Node, pointer: &str, excused: bool) {
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
                if !Glob::new(acs).matches_str("acs") {
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
