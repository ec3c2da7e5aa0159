//! Trust policies: from the services that a role trusts to the document and back.
//!
//! This is bookkeeping for two attributes that say the same thing; judging a trust policy is the
//! policy engine's business.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// The service principal of IMM.
pub const IMM: &str = "imm.aliyuncs.com";

/// IMM and nobody else.
pub fn imm_alone() -> BTreeSet<String> {
    BTreeSet::from([IMM.to_owned()])
}

/// The document by which these services, and nobody else, may assume a role.
pub fn document(services: &BTreeSet<String>) -> String {
    // Written by hand, so that the keys come in the order that people know.
    let names: Vec<String> = services
        .iter()
        .map(|name| Value::from(name.as_str()).to_string())
        .collect();
    format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"Service":[{}]}}}}]}}"#,
        names.join(",")
    )
}

/// The services that the Allow statements of a document let assume a role. Empty where there are
/// none, or where the text is no document at all.
pub fn services(document: &str) -> BTreeSet<String> {
    let Ok(document) = serde_json::from_str::<Value>(document) else {
        return BTreeSet::new();
    };
    one_or_many(document.get("Statement"))
        .filter(|statement| statement.get("Effect") == Some(&json!("Allow")))
        .filter(|statement| assumes(statement))
        .filter_map(|statement| statement.get("Principal")?.get("Service"))
        .flat_map(|names| one_or_many(Some(names)))
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

/// Whether the statement is about `sts:AssumeRole`.
fn assumes(statement: &Value) -> bool {
    one_or_many(statement.get("Action"))
        .filter_map(Value::as_str)
        .any(|action| {
            let action = action.to_ascii_lowercase();
            matches!(action.as_str(), "*" | "sts:*" | "sts:assumerole")
        })
}

/// The elements of a list, or the value itself.
fn one_or_many(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (many, one) = match value {
        Some(Value::Array(elements)) => (elements.as_slice(), None),
        other => ([].as_slice(), other),
    };
    many.iter().chain(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_generated_document_names_what_it_was_made_from() {
        for names in [set(&[IMM]), set(&[IMM, "fc.aliyuncs.com"]), set(&["a\"b"])] {
            assert_eq!(services(&document(&names)), names);
        }
        assert_eq!(
            document(&set(&[IMM])),
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#
        );
    }

    #[test]
    fn scalars_and_lists_are_read_alike() {
        let document = r#"{"Version":"1","Statement":{"Effect":"Allow","Action":["sts:AssumeRole"],
            "Principal":{"Service":"imm.aliyuncs.com"}}}"#;
        assert_eq!(services(document), set(&[IMM]));
    }

    #[test]
    fn denials_and_other_principals_are_no_trusted_services() {
        let document = r#"{"Version":"1","Statement":[
            {"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"Service":["fc.aliyuncs.com"]}},
            {"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1:root"]}},
            {"Effect":"Allow","Action":"oss:GetObject","Principal":{"Service":["oss.aliyuncs.com"]}}]}"#;
        assert_eq!(services(document), set(&[]));
        assert_eq!(services("not JSON"), set(&[]));
    }
}
