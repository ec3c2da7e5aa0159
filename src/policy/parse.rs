//! Text to [`Document`], for evaluation and containment.
//!
//! Takes what RAM takes and a little more: elements outside the grammar are passed over, an operator
//! that RAM does not know becomes a clause that is neither true nor false, and a resource that is no
//! ARN matches nothing. What leaves the meaning open is refused: no JSON, a key written twice, a
//! missing or unreadable element. `validate` says the same with more words and a fix.

use std::collections::HashSet;
use std::fmt;

use super::ast::{
    Clause, Document, DocumentKind, Effect, Patterns, Principal, PrincipalKind, Statement, Text,
    escape_pointer,
};
use super::condition::Operator;
use super::json::{self, Kind, Lines, Node, Span};

/// One reason why a text is no policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseProblem {
    /// JSON pointer of the element; empty for the whole document and for text that is not JSON.
    pub pointer: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, as a clause.
    pub message: String,
}

/// Why a text is no policy document: at least one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The reasons, in the order of the text.
    pub problems: Vec<ParseProblem>,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "line {}, column {}", problem.line, problem.column)?;
            if !problem.pointer.is_empty() {
                write!(f, " ({})", problem.pointer)?;
            }
            write!(f, ": {}", problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for ParseError {}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// All reasons found, where the text has no one meaning.
    pub fn parse(text: &str, kind: DocumentKind) -> Result<Self, ParseError> {
        let parsed = json::parse(text);
        let lines = Lines::new(text);
        let problem = |span: Span, pointer: String, message: String| {
            let (line, column) = lines.locate(span.start);
            ParseProblem {
                pointer,
                line,
                column,
                message,
            }
        };
        if !parsed.errors.is_empty() {
            let problems = parsed.errors.into_iter();
            return Err(ParseError {
                problems: problems
                    .map(|error| problem(error.span, String::new(), error.message))
                    .collect(),
            });
        }
        let Some(root) = parsed.root else {
            return Err(ParseError {
                problems: vec![problem(
                    Span::default(),
                    String::new(),
                    "no value".to_owned(),
                )],
            });
        };
        let mut reader = Reader::default();
        let document = reader.document(&root, kind);
        match document {
            Some(document) if reader.problems.is_empty() => Ok(document),
            _ => Err(ParseError {
                problems: reader
                    .problems
                    .into_iter()
                    .map(|(span, pointer, message)| problem(span, pointer, message))
                    .collect(),
            }),
        }
    }

    /// Reads what can be read of a tree, statement by statement; a statement without a meaning of its
    /// own is left out. For checks that should say all they can of a faulty document.
    #[must_use]
    pub fn salvage(root: &Node, kind: DocumentKind) -> Self {
        let mut reader = Reader::default();
        reader.document(root, kind).unwrap_or(Self {
            kind,
            statements: Vec::new(),
        })
    }
}

#[derive(Default)]
struct Reader {
    problems: Vec<(Span, String, String)>,
}

impl Reader {
    fn say(&mut self, node: &Node, pointer: &str, message: impl Into<String>) {
        self.problems
            .push((node.span, pointer.to_owned(), message.into()));
    }

    /// Complains about keys that are written twice.
    fn distinct(&mut self, node: &Node, pointer: &str) {
        let mut seen = HashSet::new();
        for member in node.members().unwrap_or_default() {
            if !seen.insert(member.key.as_str()) {
                let at = Node {
                    kind: Kind::Null,
                    span: member.key_span,
                };
                let pointer = format!("{pointer}/{}", escape_pointer(&member.key));
                self.say(&at, &pointer, format!("`{}` is written twice", member.key));
            }
        }
    }

    fn document(&mut self, root: &Node, kind: DocumentKind) -> Option<Document> {
        if root.members().is_none() {
            let message = format!("the document is {}, not an object", root.describe());
            self.say(root, "", message);
            return None;
        }
        self.distinct(root, "");
        let Some(statement) = root.get("Statement") else {
            self.say(root, "", "the document has no Statement");
            return None;
        };
        let nodes = match &statement.kind {
            Kind::Array(items) => {
                let items = items.iter().enumerate();
                items
                    .map(|(index, node)| (format!("/Statement/{index}"), node))
                    .collect()
            }
            Kind::Object(_) => vec![("/Statement".to_owned(), statement)],
            _ => {
                let message = format!("Statement is {}, not a list", statement.describe());
                self.say(statement, "/Statement", message);
                return None;
            }
        };
        let statements = nodes
            .into_iter()
            .enumerate()
            .filter_map(|(index, (pointer, node))| self.statement(index, pointer, node, kind))
            .collect();
        Some(Document { kind, statements })
    }

    fn statement(
        &mut self,
        index: usize,
        pointer: String,
        node: &Node,
        kind: DocumentKind,
    ) -> Option<Statement> {
        if node.members().is_none() {
            let message = format!("the statement is {}, not an object", node.describe());
            self.say(node, &pointer, message);
            return None;
        }
        self.distinct(node, &pointer);
        let effect = match node.get("Effect").map(|n| (n, n.as_str())) {
            Some((_, Some("Allow"))) => Some(Effect::Allow),
            Some((_, Some("Deny"))) => Some(Effect::Deny),
            Some((node, _)) => {
                self.say(
                    node,
                    &format!("{pointer}/Effect"),
                    "Effect is neither Allow nor Deny",
                );
                None
            }
            None => {
                self.say(node, &pointer, "the statement has no Effect");
                None
            }
        };
        let actions = self.patterns(node, &pointer, "Action", "NotAction");
        if actions.is_none()
            && node
                .get("Action")
                .or_else(|| node.get("NotAction"))
                .is_none()
        {
            self.say(
                node,
                &pointer,
                "the statement has neither Action nor NotAction",
            );
        }
        let resources = self.patterns(node, &pointer, "Resource", "NotResource");
        let absent = node
            .get("Resource")
            .or_else(|| node.get("NotResource"))
            .is_none();
        if absent && kind == DocumentKind::Permission {
            self.say(
                node,
                &pointer,
                "the statement has neither Resource nor NotResource",
            );
        }
        let principals = match node.get("Principal") {
            Some(principal) => self.principals(principal, &format!("{pointer}/Principal")),
            None if kind == DocumentKind::Trust => {
                self.say(node, &pointer, "the statement has no Principal");
                None
            }
            None => None,
        };
        let condition = match node.get("Condition") {
            Some(condition) => self.condition(condition, &format!("{pointer}/Condition"))?,
            None => Vec::new(),
        };
        let complete = match kind {
            DocumentKind::Permission => resources.is_some(),
            DocumentKind::Trust => principals.is_some(),
        };
        if !complete {
            return None;
        }
        Some(Statement {
            index,
            pointer,
            span: node.span,
            effect: effect?,
            actions: actions?,
            resources: resources.filter(|_| kind == DocumentKind::Permission),
            principals: principals.filter(|_| kind == DocumentKind::Trust),
            condition,
        })
    }

    fn patterns(
        &mut self,
        statement: &Node,
        pointer: &str,
        positive: &str,
        negative: &str,
    ) -> Option<Patterns> {
        let (name, node, negated) = match (statement.get(positive), statement.get(negative)) {
            (Some(_), Some(node)) => {
                let message = format!("the statement has both {positive} and {negative}");
                self.say(node, &format!("{pointer}/{negative}"), message);
                return None;
            }
            (Some(node), None) => (positive, node, false),
            (None, Some(node)) => (negative, node, true),
            (None, None) => return None,
        };
        let pointer = format!("{pointer}/{name}");
        let (scalar, items) = self.texts(node, &pointer)?;
        Some(Patterns {
            negated,
            scalar,
            items,
        })
    }

    /// A string or a list of strings; whether it was the former.
    fn texts(&mut self, node: &Node, pointer: &str) -> Option<(bool, Vec<Text>)> {
        let nodes = match &node.kind {
            Kind::String(text) => {
                let text = Text {
                    value: text.clone(),
                    span: node.span,
                };
                return Some((true, vec![text]));
            }
            Kind::Array(items) => items,
            _ => {
                let message = format!(
                    "{} where a string or a list of them should be",
                    node.describe()
                );
                self.say(node, pointer, message);
                return None;
            }
        };
        let mut texts = Vec::with_capacity(nodes.len());
        let mut complete = true;
        for (index, node) in nodes.iter().enumerate() {
            match node.as_str() {
                Some(text) => texts.push(Text {
                    value: text.to_owned(),
                    span: node.span,
                }),
                None => {
                    let message = format!("{} where a string should be", node.describe());
                    self.say(node, &format!("{pointer}/{index}"), message);
                    complete = false;
                }
            }
        }
        complete.then_some((false, texts))
    }

    fn principals(&mut self, node: &Node, pointer: &str) -> Option<Vec<Principal>> {
        if node.as_str() == Some("*") {
            return Some(vec![Principal {
                kind: PrincipalKind::Anyone,
                who: Text {
                    value: "*".to_owned(),
                    span: node.span,
                },
                pointer: "/Principal".to_owned(),
            }]);
        }
        let Some(members) = node.members() else {
            let message = format!("Principal is {}, not an object", node.describe());
            self.say(node, pointer, message);
            return None;
        };
        self.distinct(node, pointer);
        let mut principals = Vec::new();
        for member in members {
            let below = format!("/{}", escape_pointer(&member.key));
            let (scalar, texts) = self.texts(&member.value, &format!("{pointer}{below}"))?;
            // A kind that RAM does not have names nobody.
            let Some(kind) = PrincipalKind::from_key(&member.key) else {
                continue;
            };
            principals.extend(texts.into_iter().enumerate().map(|(index, who)| Principal {
                kind,
                who,
                pointer: if scalar {
                    format!("/Principal{below}")
                } else {
                    format!("/Principal{below}/{index}")
                },
            }));
        }
        Some(principals)
    }

    fn condition(&mut self, node: &Node, pointer: &str) -> Option<Vec<Clause>> {
        let Some(operators) = node.members() else {
            let message = format!("Condition is {}, not an object", node.describe());
            self.say(node, pointer, message);
            return None;
        };
        self.distinct(node, pointer);
        let mut clauses = Vec::new();
        for operator in operators {
            let pointer = format!("{pointer}/{}", escape_pointer(&operator.key));
            let Some(keys) = operator.value.members() else {
                let message = format!(
                    "the operator holds {}, not an object",
                    operator.value.describe()
                );
                self.say(&operator.value, &pointer, message);
                return None;
            };
            self.distinct(&operator.value, &pointer);
            for key in keys {
                let pointer = format!("{pointer}/{}", escape_pointer(&key.key));
                let (scalar, values) = self.values(&key.value, &pointer)?;
                clauses.push(Clause {
                    operator_text: operator.key.clone(),
                    operator: Operator::parse(&operator.key),
                    key: Text {
                        value: key.key.clone(),
                        span: key.key_span,
                    },
                    values,
                    scalar,
                });
            }
        }
        Some(clauses)
    }

    /// Condition values; bare numbers and booleans are taken as their text.
    fn values(&mut self, node: &Node, pointer: &str) -> Option<(bool, Vec<Text>)> {
        let single = std::slice::from_ref(node);
        let (scalar, nodes) = match &node.kind {
            Kind::Array(items) => (false, items.as_slice()),
            _ => (true, single),
        };
        let mut values = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            let value = match &node.kind {
                Kind::String(text) | Kind::Number(text) => text.clone(),
                Kind::Bool(value) => value.to_string(),
                _ => {
                    let message = format!("{} where a value should be", node.describe());
                    let pointer = if scalar {
                        pointer.to_owned()
                    } else {
                        format!("{pointer}/{index}")
                    };
                    self.say(node, &pointer, message);
                    return None;
                }
            };
            values.push(Text {
                value,
                span: node.span,
            });
        }
        Some((scalar, values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str, kind: DocumentKind) -> Vec<String> {
        match Document::parse(text, kind) {
            Ok(_) => Vec::new(),
            Err(error) => error
                .problems
                .iter()
                .map(|p| format!("{} {}", p.pointer, p.message))
                .collect(),
        }
    }

    #[test]
    fn several_reasons_in_one_run() {
        let text = r#"{"Version":"1","Statement":[
            {"Effect":"allow","Action":"a:B","NotAction":"a:C","Resource":"*"},
            {"Effect":"Deny","Action":["a:B",1],"Resource":{}}, 3,
            {"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}]}"#;
        assert_eq!(
            problems(text, DocumentKind::Permission),
            [
                "/Statement/0/Effect Effect is neither Allow nor Deny",
                "/Statement/0/NotAction the statement has both Action and NotAction",
                "/Statement/1/Action/1 a number where a string should be",
                "/Statement/1/Resource an object where a string or a list of them should be",
                "/Statement/2 the statement is a number, not an object",
                "/Statement/3/Effect `Effect` is written twice",
            ]
        );
    }

    #[test]
    fn what_the_cloud_returned_is_not_refused() {
        let text = r#"{"Id":"x","Statement":{"Sid":"s","Effect":"Allow","Action":"*","Resource":"b",
            "Condition":{"BoolIfExists":{"acs:MFAPresent":true}},"Extra":[]}}"#;
        let document = Document::parse(text, DocumentKind::Permission).unwrap();
        assert_eq!(document.statements.len(), 1);
        assert_eq!(document.statements[0].condition[0].operator, None);
        assert_eq!(document.statements[0].condition[0].values[0].value, "true");
        assert_eq!(document.statements[0].pointer, "/Statement");
    }

    #[test]
    fn each_kind_needs_its_own_elements() {
        let permission = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let trust = r#"{"Statement":[{"Effect":"Allow","Action":"*","Principal":{"RAM":"acs:ram::1:root","X":"y"}}]}"#;
        assert!(problems(permission, DocumentKind::Permission).is_empty());
        assert!(problems(trust, DocumentKind::Trust).is_empty());
        assert_eq!(
            problems(permission, DocumentKind::Trust),
            ["/Statement/0 the statement has no Principal"]
        );
        assert_eq!(
            problems(trust, DocumentKind::Permission),
            ["/Statement/0 the statement has neither Resource nor NotResource"]
        );
    }

    #[test]
    fn places_are_lines_and_columns() {
        let text = "{\n  \"Statement\": [\n    {\"Effect\": \"No\"}\n  ]\n}";
        let error = Document::parse(text, DocumentKind::Permission).unwrap_err();
        assert_eq!((error.problems[0].line, error.problems[0].column), (3, 16));
        assert!(
            error
                .to_string()
                .starts_with("line 3, column 16 (/Statement/0/Effect): ")
        );
    }
}
