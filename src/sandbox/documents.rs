//! What RAM looks at when a policy document is saved.
//!
//! One function for each of the two kinds of document. They refuse what is outside of RAM's grammar,
//! as the policy engine reads it, and nothing more: an unknown action, a resource that is no ARN or a
//! value that its operator cannot read is saved, since nothing says that RAM refuses them.

use crate::policy::ast::{Document, PrincipalKind};
use crate::policy::codes::{Code, Severity};
use crate::policy::lint::{Options, lint};

use super::failure::{Failure, Result};

/// The findings that stand for a breach of the grammar. A key that is written twice is among them,
/// for it leaves open what the document says.
const GRAMMAR: &[Code] = &[
    Code::NotJson,
    Code::MissingElement,
    Code::BadVersion,
    Code::BadEffect,
    Code::BothActionAndNotAction,
    Code::UnknownElement,
    Code::DuplicateKey,
    Code::PrincipalInPolicy,
    Code::TrustHasResource,
];

/// Checks a permission policy.
pub(crate) fn permission(document: &str) -> Result<()> {
    check(document, Options::permission()).map(|_| ())
}

/// Checks a trust policy, and returns the principals of the kind `RAM` that it names.
pub(crate) fn trust(document: &str) -> Result<Vec<String>> {
    let document = check(document, Options::trust())?;
    let principals = document
        .statements
        .into_iter()
        .flat_map(|statement| statement.principals.into_iter().flatten());
    Ok(principals
        .filter(|principal| principal.kind == PrincipalKind::Ram)
        .map(|principal| principal.who.value)
        .collect())
}

fn check(text: &str, options: Options) -> Result<Document> {
    let findings = lint(text, options);
    let breach = findings
        .iter()
        .find(|finding| finding.severity == Severity::Error && GRAMMAR.contains(&finding.code));
    if let Some(finding) = breach {
        let place = match finding.pointer.as_str() {
            "" => String::new(),
            pointer => format!(" ({pointer})"),
        };
        return Err(malformed(&format!(
            "{}, line {}, column {}{place}. {}",
            finding.message, finding.line, finding.column, finding.fix
        )));
    }
    // Whatever is saved can be read again.
    Document::parse(text, options.kind).map_err(|error| malformed(&format!("{error}.")))
}

fn malformed(reason: &str) -> Failure {
    Failure::ours(
        400,
        "MalformedPolicyDocument",
        format_args!("The policy document is malformed: {reason}"),
    )
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
