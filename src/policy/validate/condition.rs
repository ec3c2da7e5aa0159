//! Condition blocks: operators, keys and values.

use super::{Validator, near_element};
use crate::policy::ast::escape_pointer;
use crate::policy::codes::{Code, Severity};
use crate::policy::condition::{Comparison, OPERATORS, Operator};
use crate::policy::edit::Edit;
use crate::policy::finding::Draft;
use crate::policy::json::{Kind, Member, Node};

impl Validator {
    pub(super) fn condition(&mut self, node: &Node, pointer: &str) {
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
