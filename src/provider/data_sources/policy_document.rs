//! `imm_policy_document`: a RAM policy document, written as blocks. No remote object and no call.
//!
//! The blocks are those of `alicloud_ram_policy_document`, with `not_action` and `not_resource`; a
//! list of one element is written as the element itself, and the identifiers of a principal always
//! stay a list, as there.
//! Grammar: <https://www.alibabacloud.com/help/en/ram/user-guide/policy-structure-and-syntax>

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value as Json;

use crate::plugin::author::{DataSource, Outcome, Query};
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::schema::{Schema, Validator, validators};
use crate::plugin::value::{Path, Step, Value};
use crate::provider::{Client, rules};

/// The data source.
#[derive(Debug)]
pub struct PolicyDocument;

type Strings = Value<Vec<Value<String>>>;

/// Arguments and result.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PolicyDocumentModel {
    source_policy_documents: Strings,
    override_policy_documents: Strings,
    statement: Value<Vec<Statement>>,
    json: Value<String>,
}

/// One `statement` block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Statement {
    effect: Value<String>,
    action: Strings,
    not_action: Strings,
    resource: Strings,
    not_resource: Strings,
    principal: Value<Vec<Principal>>,
    condition: Value<Vec<Condition>>,
}

/// One `principal` block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Principal {
    entity: Value<String>,
    identifiers: Strings,
}

/// One `condition` block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Condition {
    operator: Value<String>,
    variable: Value<String>,
    values: Strings,
}

const OPERATORS: &[&str] = &[
    "Bool",
    "DateEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateNotEquals",
    "IpAddress",
    "NotIpAddress",
    "NumericEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericNotEquals",
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
];

fn operator() -> Validator<String> {
    Validator::new(
        "Unknown condition operator",
        "a condition operator of RAM, such as `StringEquals`; `ForAnyValue:` or `ForAllValues:` \
         may stand before it",
        |value: &String| {
            let operator = value
                .strip_prefix("ForAnyValue:")
                .or_else(|| value.strip_prefix("ForAllValues:"))
                .unwrap_or(value);
            if OPERATORS.contains(&operator) {
                return Ok(());
            }
            let near = OPERATORS
                .iter()
                .find(|known| known.eq_ignore_ascii_case(operator) || known.starts_with(operator));
            Err(match near {
                Some(near) => format!("RAM knows no operator {value:?}; did you mean {near:?}?"),
                None => format!(
                    "RAM knows no operator {value:?}; it knows {}",
                    OPERATORS.join(", ")
                ),
            })
        },
    )
}

fn not_empty() -> Validator<Vec<Value<String>>> {
    Validator::new(
        "Empty list",
        "at least one element",
        |values: &Vec<Value<String>>| {
            if values.is_empty() {
                return Err("the list is empty; name at least one, or leave it out".to_owned());
            }
            if values.iter().any(Value::is_null) {
                return Err("an element of the list is null; write a string".to_owned());
            }
            Ok(())
        },
    )
}

impl DataSource for PolicyDocument {
    type Client = Client;
    type Model = PolicyDocumentModel;

    const NAME: &'static str = "imm_policy_document";

    fn schema() -> Schema<PolicyDocumentModel> {
        Schema::<PolicyDocumentModel>::new(
            "A RAM policy document, written as blocks: a permission policy for `imm_role_policy`, \
             or (with `principal`) a trust policy for `imm_service_role`. Makes no call and needs \
             no configured provider.",
        )
        .attr(
            "source_policy_documents",
            "Documents whose statements come before those of the blocks.",
            |m| &mut m.source_policy_documents,
            |a| a.optional(),
        )
        .attr(
            "override_policy_documents",
            "Documents whose statements come last. One of them replaces each earlier statement \
             about the same actions, resources and principals, whatever its effect and conditions, \
             and is added where there is none.",
            |m| &mut m.override_policy_documents,
            |a| a.optional(),
        )
        .attr(
            "json",
            "The document: version `1`, compact, a list of one element written as the element.",
            |m| &mut m.json,
            |a| a.computed(),
        )
        .blocks(
            "statement",
            "A statement.",
            |m| &mut m.statement,
            statement(),
        )
    }

    fn validate(&self, config: &PolicyDocumentModel) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for (index, statement) in elements(&config.statement).iter().enumerate() {
            let path = Path::attribute("statement").join(Step::Index(position(index)));
            check(statement, &path, &mut diagnostics);
        }
        for (name, documents) in [
            ("source_policy_documents", &config.source_policy_documents),
            (
                "override_policy_documents",
                &config.override_policy_documents,
            ),
        ] {
            for (index, text) in elements(documents).iter().enumerate() {
                let path = Path::attribute(name).join(Step::Index(position(index)));
                if let Value::Known(text) = text
                    && let Err(why) = parse(text)
                {
                    diagnostics.push(Diagnostic::error("Invalid policy document", why).at(path));
                }
            }
        }
        diagnostics
    }

    async fn read(
        &self,
        _query: &Query<'_, Client>,
        config: PolicyDocumentModel,
    ) -> Outcome<PolicyDocumentModel> {
        let diagnostics = self.validate(&config);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let json = render(&config)
            .map_err(|why| Diagnostics::from(Diagnostic::error("Invalid policy document", why)))?;
        Ok(PolicyDocumentModel {
            json: Value::Known(json),
            ..config
        })
    }
}

fn statement() -> Schema<Statement> {
    Schema::<Statement>::new("A statement: exactly one of `action` and `not_action`; one of `resource` and `not_resource` in a permission policy, `principal` in a trust policy.")
        .attr("effect", "`Allow` or `Deny`.", |m| &mut m.effect, |a| {
            a.default_value("Allow".to_owned()).validate(validators::one_of(&["Allow", "Deny"]))
        })
        .attr(
            "action",
            "Actions, such as `oss:GetObject` or `oss:Get*`.",
            |m| &mut m.action,
            |a| a.optional().validate(not_empty()),
        )
        .attr(
            "not_action",
            "The statement is about every action but these.",
            |m| &mut m.not_action,
            |a| a.optional().validate(not_empty()),
        )
        .attr(
            "resource",
            "Resources, such as `acs:oss:*:*:my-bucket/*`.",
            |m| &mut m.resource,
            |a| a.optional().validate(not_empty()),
        )
        .attr(
            "not_resource",
            "The statement is about every resource but these. Today's pages of RAM no longer list \
             this element.",
            |m| &mut m.not_resource,
            |a| a.optional().validate(not_empty()),
        )
        .blocks(
            "principal",
            "Who is trusted (trust policies only).",
            |m| &mut m.principal,
            Schema::<Principal>::new("Who is trusted.")
                .attr(
                    "entity",
                    "`RAM`, `Service` or `Federated`.",
                    |m| &mut m.entity,
                    |a| a.required().validate(validators::one_of(&["RAM", "Service", "Federated"])),
                )
                .attr(
                    "identifiers",
                    "Names, such as `imm.aliyuncs.com`.",
                    |m| &mut m.identifiers,
                    |a| a.required().validate(not_empty()),
                ),
        )
        .blocks(
            "condition",
            "A condition. All conditions of a statement must hold.",
            |m| &mut m.condition,
            Schema::<Condition>::new("A condition.")
                .attr(
                    "operator",
                    "The operator, such as `StringEquals`.",
                    |m| &mut m.operator,
                    |a| a.required().validate(operator()),
                )
                .attr(
                    "variable",
                    "The condition key, such as `acs:Service`.",
                    |m| &mut m.variable,
                    |a| a.required(),
                )
                .attr(
                    "values",
                    "Values, of which one must match.",
                    |m| &mut m.values,
                    |a| a.required().validate(not_empty()),
                ),
        )
}

/// Refuses statements that no policy may hold. Unknown parts are let through.
fn check(statement: &Statement, path: &Path, diagnostics: &mut Diagnostics) {
    let mut refuse = |why: &str| {
        diagnostics.push(Diagnostic::error("Invalid statement", why).at(path.clone()));
    };
    match (statement.action.is_null(), statement.not_action.is_null()) {
        (true, true) => refuse("the statement names no action; write `action` or `not_action`"),
        (false, false) => refuse(
            "the statement has both `action` and `not_action`; a statement may have one of them, \
             so write two statements",
        ),
        _ => {}
    }
    let has_resource = !statement.resource.is_null();
    let has_not_resource = !statement.not_resource.is_null();
    if has_resource && has_not_resource {
        refuse(
            "the statement has both `resource` and `not_resource`; a statement may have one of \
             them, so write two statements",
        );
    }
    let principals = match &statement.principal {
        Value::Known(principals) => !principals.is_empty(),
        Value::Null => false,
        Value::Unknown => return,
    };
    if principals && (has_resource || has_not_resource) {
        refuse(
            "the statement has both a `principal` and a resource; a trust policy has no resource, \
             and a permission policy no principal",
        );
    }
    if !principals && !has_resource && !has_not_resource {
        refuse(
            "the statement names neither a resource nor a principal; write `resource` in a \
             permission policy, or a `principal` block in a trust policy",
        );
    }
}

/// A document as it is written: the keys in the order that people know.
#[derive(Debug, Serialize)]
struct Document {
    #[serde(rename = "Version")]
    version: &'static str,
    #[serde(rename = "Statement")]
    statements: Vec<Element>,
}

/// A statement as it is written. Elements that this provider does not know stay what they are.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Element {
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_action: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_resource: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Json>,
    #[serde(flatten)]
    rest: BTreeMap<String, Json>,
}

fn render(config: &PolicyDocumentModel) -> Result<String, String> {
    let mut statements = Vec::new();
    for text in known(&config.source_policy_documents) {
        statements.extend(parse(&text)?);
    }
    statements.extend(elements(&config.statement).iter().map(element));
    for text in known(&config.override_policy_documents) {
        for statement in parse(&text)? {
            merge(&mut statements, statement);
        }
    }
    if statements.is_empty() {
        return Err(
            "the document would have no statement; write a `statement` block, or name \
             `source_policy_documents`"
                .to_owned(),
        );
    }
    serde_json::to_string(&Document {
        version: "1",
        statements,
    })
    .map_err(|error| format!("the document could not be written: {error}"))
}

/// Puts a statement in the place of the first one about the same, drops the others about the same.
fn merge(statements: &mut Vec<Element>, statement: Element) {
    let about = subject(&statement);
    let mut replacement = Some(statement);
    statements.retain_mut(|earlier| {
        if subject(earlier) != about {
            return true;
        }
        match replacement.take() {
            Some(statement) => {
                *earlier = statement;
                true
            }
            None => false,
        }
    });
    statements.extend(replacement);
}

/// What a statement is about, without order, case of actions, or the form of lists.
fn subject(statement: &Element) -> [BTreeSet<String>; 5] {
    let set = |value: &Option<Json>, fold: bool| -> BTreeSet<String> {
        let text = |value: &Json| match value {
            Json::String(text) if fold => text.to_ascii_lowercase(),
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        match value {
            None => BTreeSet::new(),
            Some(Json::Array(values)) => values.iter().map(text).collect(),
            Some(value) => BTreeSet::from([text(value)]),
        }
    };
    let principals = match &statement.principal {
        Some(Json::Object(kinds)) => kinds
            .iter()
            .flat_map(|(kind, names)| {
                set(&Some(names.clone()), false)
                    .into_iter()
                    .map(move |name| format!("{kind}:{name}"))
            })
            .collect(),
        other => set(other, false),
    };
    [
        set(&statement.action, true),
        set(&statement.not_action, true),
        set(&statement.resource, false),
        set(&statement.not_resource, false),
        principals,
    ]
}

/// The statements of a document that somebody else wrote.
fn parse(text: &str) -> Result<Vec<Element>, String> {
    rules::json_syntax(text)?;
    let document: Json = serde_json::from_str(text)
        .map_err(|error| format!("the document could not be read: {error}"))?;
    let Json::Object(mut document) = document else {
        return Err(
            "the document is no JSON object; write {\"Version\":\"1\",\"Statement\":[…]}"
                .to_owned(),
        );
    };
    let statements = match document.remove("Statement") {
        Some(Json::Array(statements)) => statements,
        Some(statement @ Json::Object(_)) => vec![statement],
        _ => return Err("the document has no list named \"Statement\"".to_owned()),
    };
    statements
        .into_iter()
        .enumerate()
        .map(|(index, statement)| {
            let Json::Object(mut statement) = statement else {
                return Err(format!("/Statement/{index} of the document is no object"));
            };
            let mut take = |key: &str| statement.remove(key);
            Ok(Element {
                effect: take("Effect"),
                action: take("Action"),
                not_action: take("NotAction"),
                resource: take("Resource"),
                not_resource: take("NotResource"),
                principal: take("Principal"),
                condition: take("Condition"),
                rest: statement.into_iter().collect(),
            })
        })
        .collect()
}

/// A block as it is written.
fn element(statement: &Statement) -> Element {
    let mut principals: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for principal in elements(&statement.principal) {
        let Value::Known(entity) = &principal.entity else {
            continue;
        };
        add(
            principals.entry(entity.clone()).or_default(),
            &principal.identifiers,
        );
    }
    let mut conditions: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for condition in elements(&statement.condition) {
        let (Value::Known(operator), Value::Known(variable)) =
            (&condition.operator, &condition.variable)
        else {
            continue;
        };
        let keys = conditions.entry(operator.clone()).or_default();
        add(keys.entry(variable.clone()).or_default(), &condition.values);
    }
    Element {
        effect: Some(Json::from(
            statement.effect.known().map_or("Allow", String::as_str),
        )),
        action: list(&statement.action),
        not_action: list(&statement.not_action),
        resource: list(&statement.resource),
        not_resource: list(&statement.not_resource),
        principal: (!principals.is_empty()).then(|| {
            principals
                .into_iter()
                .map(|(entity, names)| (entity, Json::from(names)))
                .collect()
        }),
        condition: (!conditions.is_empty()).then(|| {
            conditions
                .into_iter()
                .map(|(operator, keys)| {
                    let keys: Json = keys
                        .into_iter()
                        .map(|(key, values)| (key, one_or_many(values)))
                        .collect();
                    (operator, keys)
                })
                .collect()
        }),
        rest: BTreeMap::new(),
    }
}

fn list(values: &Strings) -> Option<Json> {
    (!values.is_null()).then(|| one_or_many(known(values)))
}

fn one_or_many(mut values: Vec<String>) -> Json {
    match (values.len(), values.pop()) {
        (1, Some(value)) => Json::from(value),
        (_, last) => {
            values.extend(last);
            Json::from(values)
        }
    }
}

/// Adds the values that are not there yet.
fn add(values: &mut Vec<String>, more: &Strings) {
    for value in known(more) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
}

fn known(values: &Strings) -> Vec<String> {
    elements(values)
        .iter()
        .filter_map(|value| value.known().cloned())
        .collect()
}

fn elements<T>(values: &Value<Vec<T>>) -> &[T] {
    values.known().map_or(&[], Vec::as_slice)
}

fn position(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(values: &[&str]) -> Strings {
        Value::Known(
            values
                .iter()
                .map(|value| Value::Known((*value).to_owned()))
                .collect(),
        )
    }

    fn text(value: &str) -> Value<String> {
        Value::Known(value.to_owned())
    }

    fn allow(actions: &[&str], resources: &[&str]) -> Statement {
        Statement {
            effect: text("Allow"),
            action: strings(actions),
            resource: strings(resources),
            ..Statement::default()
        }
    }

    fn document(statements: Vec<Statement>) -> PolicyDocumentModel {
        PolicyDocumentModel {
            statement: Value::Known(statements),
            ..PolicyDocumentModel::default()
        }
    }

    #[test]
    fn single_elements_are_written_bare() {
        let json = render(&document(vec![allow(&["oss:Get*"], &["a", "b"])])).unwrap();
        assert_eq!(
            json,
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:Get*","Resource":["a","b"]}]}"#
        );
    }

    #[test]
    fn principals_stay_lists() {
        let trust = Statement {
            resource: Value::Null,
            principal: Value::Known(vec![Principal {
                entity: text("Service"),
                identifiers: strings(&["imm.aliyuncs.com"]),
            }]),
            ..allow(&["sts:AssumeRole"], &[])
        };
        assert_eq!(
            render(&document(vec![trust])).unwrap(),
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#
        );
    }

    #[test]
    fn conditions_of_one_key_are_one_list() {
        let condition = |operator: &str, variable: &str, values: &[&str]| Condition {
            operator: text(operator),
            variable: text(variable),
            values: strings(values),
        };
        let statement = Statement {
            condition: Value::Known(vec![
                condition("StringEquals", "acs:Service", &["imm.aliyuncs.com"]),
                condition("IpAddress", "acs:SourceIp", &["10.0.0.0/8"]),
                condition("IpAddress", "acs:SourceIp", &["10.0.0.0/8", "192.0.2.1"]),
            ]),
            ..allow(&["ram:PassRole"], &["*"])
        };
        assert!(render(&document(vec![statement])).unwrap().contains(
            r#""Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8","192.0.2.1"]},"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}"#
        ));
    }

    #[test]
    fn sources_come_first_and_overrides_replace_what_is_about_the_same() {
        let base = r#"{"Version":"1","Statement":[
            {"Effect":"Allow","Action":["RAM:PassRole"],"Resource":["*"]},
            {"Effect":"Deny","Action":"oss:Delete*","Resource":"*"}]}"#;
        let narrowed = r#"{"Version":"1","Statement":{"Effect":"Allow","Action":"ram:PassRole","Resource":"*",
            "Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}}"#;
        let config = PolicyDocumentModel {
            source_policy_documents: strings(&[base]),
            override_policy_documents: strings(&[narrowed]),
            ..document(vec![allow(&["mns:*"], &["*"])])
        };
        let json: Json = serde_json::from_str(&render(&config).unwrap()).unwrap();
        let actions: Vec<&Json> = json["Statement"]
            .as_array()
            .unwrap()
            .iter()
            .map(|statement| &statement["Action"])
            .collect();
        assert_eq!(actions, ["ram:PassRole", "oss:Delete*", "mns:*"]);
        assert!(json["Statement"][0]["Condition"].is_object());
    }

    #[test]
    fn elements_that_are_not_known_here_are_kept() {
        let config = PolicyDocumentModel {
            source_policy_documents: strings(&[
                r#"{"Statement":[{"Sid":"x","Effect":"Allow","Action":"a:b","Resource":"*"}]}"#,
            ]),
            ..PolicyDocumentModel::default()
        };
        assert!(render(&config).unwrap().contains(r#""Sid":"x""#));
    }

    #[test]
    fn statements_are_checked_and_unknown_parts_let_through() {
        let found = |statement: Statement| {
            PolicyDocument
                .validate(&document(vec![statement]))
                .into_iter()
                .map(|diagnostic| diagnostic.detail)
                .collect::<Vec<_>>()
        };
        assert!(found(allow(&["a:b"], &["*"])).is_empty());
        let both = Statement {
            not_action: strings(&["a:c"]),
            ..allow(&["a:b"], &["*"])
        };
        assert!(found(both)[0].contains("both `action` and `not_action`"));
        assert_eq!(found(Statement::default()).len(), 2);
        let unknown = Statement {
            action: Value::Unknown,
            principal: Value::Unknown,
            ..Statement::default()
        };
        assert!(found(unknown).is_empty());
        let trust_with_resource = Statement {
            principal: Value::Known(vec![Principal::default()]),
            ..allow(&["sts:AssumeRole"], &["*"])
        };
        assert!(found(trust_with_resource)[0].contains("a trust policy has no resource"));
    }

    #[test]
    fn broken_sources_are_named_by_place() {
        let config = PolicyDocumentModel {
            source_policy_documents: strings(&["{}", "{\n  \"Version\": 1,,}"]),
            ..PolicyDocumentModel::default()
        };
        let found: Vec<Diagnostic> = PolicyDocument.validate(&config).into_iter().collect();
        assert_eq!(found.len(), 2);
        assert!(found[1].detail.contains("line 2"), "{}", found[1].detail);
        assert_eq!(
            found[1].path,
            Some(Path::attribute("source_policy_documents").join(Step::Index(1)))
        );
    }

    #[test]
    fn operators_are_known_ones() {
        assert!((operator().check)(&"ForAllValues:StringEquals".to_owned()).is_ok());
        assert!(
            (operator().check)(&"StringEqual".to_owned())
                .unwrap_err()
                .contains("StringEquals")
        );
        assert!((operator().check)(&"BoolIfExists".to_owned()).is_err());
        assert!(OPERATORS.is_sorted());
    }
}
