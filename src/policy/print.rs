//! Tree to JSON text, in the order of the tree.

use super::ast::{Clause, Document, Effect, Patterns, Principal, PrincipalKind, Statement};
use super::json::{Kind, Node};

/// A document as RAM's grammar writes it, in the order Version, Statement; Effect, Action, Resource or
/// Principal, Condition. Elements outside the grammar are gone.
#[must_use]
pub fn document(document: &Document) -> Node {
    let statements = document.statements.iter().map(statement).collect();
    Node::object([
        ("Version", Node::string("1")),
        ("Statement", Node::new(Kind::Array(statements))),
    ])
}

/// One statement of a document.
#[must_use]
pub fn statement(statement: &Statement) -> Node {
    let effect = match statement.effect {
        Effect::Allow => "Allow",
        Effect::Deny => "Deny",
    };
    let mut members = vec![("Effect", Node::string(effect))];
    members.push(patterns(&statement.actions, ["Action", "NotAction"]));
    if let Some(list) = &statement.principals {
        members.push(("Principal", principals(list)));
    }
    if let Some(list) = &statement.resources {
        members.push(patterns(list, ["Resource", "NotResource"]));
    }
    if !statement.condition.is_empty() {
        members.push(("Condition", condition(&statement.condition)));
    }
    Node::object(members)
}

fn strings<'a>(texts: impl Iterator<Item = &'a str>, scalar: bool) -> Node {
    let mut items: Vec<Node> = texts.map(Node::string).collect();
    match items.pop() {
        Some(only) if scalar && items.is_empty() => only,
        last => {
            items.extend(last);
            Node::new(Kind::Array(items))
        }
    }
}

fn patterns(list: &Patterns, names: [&'static str; 2]) -> (&'static str, Node) {
    let [positive, negative] = names;
    let name = if list.negated { negative } else { positive };
    (name, strings(list.texts(), list.scalar))
}

fn principals(list: &[Principal]) -> Node {
    if list.iter().any(|p| p.kind == PrincipalKind::Anyone) {
        return Node::string("*");
    }
    let kinds = [
        PrincipalKind::Ram,
        PrincipalKind::Service,
        PrincipalKind::Federated,
    ];
    let members = kinds.into_iter().filter_map(|kind| {
        let mut who = list
            .iter()
            .filter(|p| p.kind == kind)
            .map(|p| p.who.value.as_str())
            .peekable();
        who.peek()?;
        Some((kind.key(), strings(who, false)))
    });
    Node::object(members)
}

fn condition(clauses: &[Clause]) -> Node {
    let mut operators: Vec<(&str, Vec<(&str, Node)>)> = Vec::new();
    for clause in clauses {
        let values = clause.values.iter().map(|value| value.value.as_str());
        let member = (clause.key.value.as_str(), strings(values, clause.scalar));
        match operators
            .iter_mut()
            .find(|(name, _)| *name == clause.operator_text)
        {
            Some((_, members)) => members.push(member),
            None => operators.push((&clause.operator_text, vec![member])),
        }
    }
    let operators = operators.into_iter();
    Node::object(operators.map(|(name, members)| (name, Node::object(members))))
}

/// JSON with an indent of two spaces a level.
#[must_use]
pub fn pretty(node: &Node) -> String {
    let mut out = String::new();
    write(node, Some(0), &mut out);
    out
}

/// JSON without white space.
#[must_use]
pub fn compact(node: &Node) -> String {
    let mut out = String::new();
    write(node, None, &mut out);
    out
}

/// The text between quotes, as JSON writes it.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote(text, &mut out);
    out
}

fn write(node: &Node, indent: Option<usize>, out: &mut String) {
    match &node.kind {
        Kind::Null => out.push_str("null"),
        Kind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Kind::Number(text) => out.push_str(text),
        Kind::String(text) => quote(text, out),
        Kind::Array(items) => {
            let broken = indent.filter(|_| !items.is_empty());
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                newline(broken, 1, out);
                write(item, indent.map(|level| level + 1), out);
            }
            newline(broken, 0, out);
            out.push(']');
        }
        Kind::Object(members) => {
            let broken = indent.filter(|_| !members.is_empty());
            out.push('{');
            for (index, member) in members.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                newline(broken, 1, out);
                quote(&member.key, out);
                out.push(':');
                if indent.is_some() {
                    out.push(' ');
                }
                write(&member.value, indent.map(|level| level + 1), out);
            }
            newline(broken, 0, out);
            out.push('}');
        }
    }
}

fn newline(indent: Option<usize>, deeper: usize, out: &mut String) {
    if let Some(level) = indent {
        out.push('\n');
        for _ in 0..level + deeper {
            out.push_str("  ");
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if u32::from(control) < 0x20 => {
                out.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::ast::DocumentKind;
    use crate::policy::json;
    use proptest::prelude::*;

    fn tree() -> impl Strategy<Value = Node> {
        let leaf = prop_oneof![
            Just(Node::new(Kind::Null)),
            any::<bool>().prop_map(|b| Node::new(Kind::Bool(b))),
            any::<i64>().prop_map(|n| Node::new(Kind::Number(n.to_string()))),
            ".*".prop_map(Node::string),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4)
                    .prop_map(|items| Node::new(Kind::Array(items))),
                prop::collection::vec((".*", inner), 0..4).prop_map(Node::object),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(node in tree()) {
            for text in [pretty(&node), compact(&node)] {
                let parsed = json::parse(&text);
                prop_assert!(parsed.errors.is_empty(), "{text}: {:?}", parsed.errors);
                prop_assert_eq!(parsed.root.as_ref(), Some(&node));
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
            }
        }
    }

    #[test]
    fn a_document_survives_printing() {
        let permission = r#"{"Id":"x","Statement":{"Condition":{"Bool":{"acs:MFAPresent":[true]},"NullX":{"a:B":"c"}},
            "NotResource":["*"],"Effect":"Deny","NotAction":"a:*","Sid":"s"},"Version":"1"}"#;
        let trust = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["sts:AssumeRole"],
            "Principal":{"Service":"imm.aliyuncs.com","RAM":["acs:ram::1:root","acs:ram::2:root"]}}]}"#;
        for (text, kind) in [
            (permission, DocumentKind::Permission),
            (trust, DocumentKind::Trust),
        ] {
            let once = pretty(&document(&Document::parse(text, kind).unwrap()));
            let twice = pretty(&document(&Document::parse(&once, kind).unwrap()));
            assert_eq!(once, twice);
        }
        let document = document(&Document::parse(permission, DocumentKind::Permission).unwrap());
        assert_eq!(
            compact(&document),
            r#"{"Version":"1","Statement":[{"Effect":"Deny","NotAction":"a:*","NotResource":["*"],"Condition":{"Bool":{"acs:MFAPresent":["true"]},"NullX":{"a:B":"c"}}}]}"#
        );
        assert!(crate::policy::equivalent(
            trust,
            &pretty(&super::document(
                &Document::parse(trust, DocumentKind::Trust).unwrap()
            ))
        ));
    }

    #[test]
    fn layout() {
        let node = json::parse(r#"{"a":[],"b":{},"c":["x","y"],"d":1.50}"#)
            .root
            .unwrap();
        assert_eq!(
            pretty(&node),
            "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    \"x\",\n    \"y\"\n  ],\n  \"d\": 1.50\n}"
        );
        assert_eq!(compact(&node), r#"{"a":[],"b":{},"c":["x","y"],"d":1.50}"#);
    }
}
