//! What RAM looks at when a policy document is saved.
//!
//! One function for each of the two kinds of document. They check the structure that RAM is known to
//! insist on, and nothing more: what a document means is not their business.

use serde_json::{Map, Value};

use super::failure::{Failure, Result};

/// Checks a permission policy.
pub(crate) fn permission(document: &str) -> Result<()> {
    for statement in statements(document)? {
        effect_and_action(&statement)?;
        if !statement.contains_key("Resource") && !statement.contains_key("NotResource") {
            return Err(malformed("a statement needs the element Resource"));
        }
        if statement.contains_key("Principal") {
            return Err(malformed(
                "a permission policy has no element Principal; trust policies have it",
            ));
        }
        for name in ["Resource", "NotResource"] {
            if let Some(value) = statement.get(name) {
                texts(name, value)?;
            }
        }
    }
    Ok(())
}

/// Checks a trust policy, and returns the principals of the kind `RAM` that it names.
pub(crate) fn trust(document: &str) -> Result<Vec<String>> {
    let mut named = Vec::new();
    for statement in statements(document)? {
        effect_and_action(&statement)?;
        let Some(Value::Object(principal)) = statement.get("Principal") else {
            return Err(malformed(
                "a statement of a trust policy needs the element Principal, an object",
            ));
        };
        if principal.is_empty() {
            return Err(malformed("the element Principal is empty"));
        }
        for (kind, value) in principal {
            if !matches!(kind.as_str(), "RAM" | "Service" | "Federated") {
                return Err(malformed(&format!(
                    "`{kind}` is not a kind of Principal; RAM, Service and Federated are"
                )));
            }
            let values = texts("Principal", value)?;
            if kind == "RAM" {
                named.extend(values);
            }
        }
    }
    Ok(named)
}

fn malformed(reason: &str) -> Failure {
    Failure::ours(
        400,
        "MalformedPolicyDocument",
        format_args!("The policy document is malformed: {reason}."),
    )
}

fn statements(document: &str) -> Result<Vec<Map<String, Value>>> {
    let parsed: Value = serde_json::from_str(document)
        .map_err(|error| malformed(&format!("it is not JSON ({error})")))?;
    let Value::Object(mut top) = parsed else {
        return Err(malformed("it is not a JSON object"));
    };
    match top.get("Version") {
        Some(Value::String(version)) if version == "1" => {}
        Some(_) => return Err(malformed("the element Version is not \"1\"")),
        None => return Err(malformed("the element Version is missing")),
    }
    let Some(Value::Array(list)) = top.remove("Statement") else {
        return Err(malformed("the element Statement, an array, is missing"));
    };
    list.into_iter()
        .map(|statement| match statement {
            Value::Object(statement) => Ok(statement),
            _ => Err(malformed("a statement is not an object")),
        })
        .collect()
}

fn effect_and_action(statement: &Map<String, Value>) -> Result<()> {
    match statement.get("Effect") {
        Some(Value::String(effect)) if matches!(effect.as_str(), "Allow" | "Deny") => {}
        _ => return Err(malformed("the element Effect is neither Allow nor Deny")),
    }
    match (statement.get("Action"), statement.get("NotAction")) {
        (Some(value), None) => texts("Action", value)?,
        (None, Some(value)) => texts("NotAction", value)?,
        (None, None) => {
            return Err(malformed(
                "add an Action or NotAction element to the statement",
            ));
        }
        (Some(_), Some(_)) => {
            return Err(malformed("a statement has both Action and NotAction"));
        }
    };
    let conditions = match statement.get("Condition") {
        None => return Ok(()),
        Some(Value::Object(conditions)) => conditions,
        Some(_) => return Err(malformed("the element Condition is not an object")),
    };
    for (operator, keys) in conditions {
        if operator.ends_with("IfExists") || operator == "Null" {
            return Err(malformed(&format!(
                "the condition operator `{operator}` is not supported (IfExists/Null)"
            )));
        }
        if !keys.is_object() {
            return Err(malformed(&format!(
                "the condition operator `{operator}` does not hold an object"
            )));
        }
    }
    Ok(())
}

/// A text, or a list of texts.
fn texts(element: &str, value: &Value) -> Result<Vec<String>> {
    let one = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        _ => Err(malformed(&format!(
            "the element {element} holds something that is not a text"
        ))),
    };
    match value {
        Value::Array(values) => values.iter().map(one).collect(),
        value => Ok(vec![one(value)?]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T: std::fmt::Debug>(result: Result<T>) -> String {
        let failure = result.unwrap_err();
        assert_eq!(
            (failure.status, failure.code.as_str()),
            (400, "MalformedPolicyDocument")
        );
        assert!(
            failure.message.ends_with("[sandbox]"),
            "{}",
            failure.message
        );
        failure.message
    }

    #[test]
    fn permission_policies() {
        let good = r#"{"Version":"1","Statement":[
            {"Effect":"Allow","Action":["oss:Get*"],"Resource":"*",
             "Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}},
            {"Effect":"Deny","NotAction":"ram:*","NotResource":["acs:oss:*:*:b/*"]}]}"#;
        permission(good).unwrap();
        for (bad, reason) in [
            ("", "not JSON"),
            ("[]", "not a JSON object"),
            (r#"{"Statement":[]}"#, "Version is missing"),
            (r#"{"Version":"2012-10-17","Statement":[]}"#, "not \"1\""),
            (r#"{"Version":1,"Statement":[]}"#, "not \"1\""),
            (r#"{"Version":"1"}"#, "Statement"),
            (
                r#"{"Version":"1","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
                "Statement",
            ),
            (
                r#"{"Version":"1","Statement":[{"Effect":"allow","Action":"*","Resource":"*"}]}"#,
                "Effect",
            ),
            (
                r#"{"Version":"1","Statement":[{"Effect":"Allow","Resource":"*"}]}"#,
                "add an Action or NotAction",
            ),
            (
                r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"a","NotAction":"b","Resource":"*"}]}"#,
                "both Action and NotAction",
            ),
            (
                r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":7,"Resource":"*"}]}"#,
                "not a text",
            ),
            (
                r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*"}]}"#,
                "Resource",
            ),
            (
                r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"BoolIfExists":{"a":"b"}}}]}"#,
                "IfExists/Null",
            ),
            (
                r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":{"RAM":"*"}}]}"#,
                "Principal",
            ),
        ] {
            let message = refused(permission(bad));
            assert!(message.contains(reason), "{bad}: {message}");
        }
    }

    #[test]
    fn trust_policies() {
        let good = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
            "Principal":{"Service":["imm.aliyuncs.com"],"RAM":["acs:ram::1:root","acs:ram::1:user/u"]}}]}"#;
        assert_eq!(
            trust(good).unwrap(),
            ["acs:ram::1:root", "acs:ram::1:user/u"]
        );
        for (bad, reason) in [
            (
                r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}"#,
                "Principal",
            ),
            (
                r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"}]}"#,
                "Principal",
            ),
            (
                r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}}]}"#,
                "`AWS`",
            ),
            (
                r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{}}]}"#,
                "empty",
            ),
        ] {
            let message = refused(trust(bad));
            assert!(message.contains(reason), "{bad}: {message}");
        }
    }
}
