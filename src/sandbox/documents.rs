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
    let mut named = Vec::new();
    for statement in document.statements {
        for principal in statement.principals.into_iter().flatten() {
            match principal.kind {
                PrincipalKind::Ram => named.push(principal.who.value),
                PrincipalKind::Service | PrincipalKind::Federated => {}
                PrincipalKind::Anyone => {
                    return Err(malformed(
                        "Principal is a string, not an object with RAM, Service or Federated.",
                    ));
                }
            }
        }
    }
    Ok(named)
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

    /// A document with one statement of these elements.
    fn one(elements: &str) -> String {
        format!(r#"{{"Version":"1","Statement":[{{{elements}}}]}}"#)
    }

    #[test]
    fn permission_policies() {
        for good in [
            one(r#""Effect":"Allow","Action":["oss:Get*"],"Resource":"*",
                   "Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}"#),
            one(r#""Effect":"Deny","NotAction":"ram:*","NotResource":["acs:oss:*:*:b/*"]"#),
            r#"{"Version":"1","Statement":[]}"#.to_owned(),
            // Nothing says that RAM refuses these, though they do little.
            r#"{"Version":"1","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#
                .to_owned(),
            one(r#""Effect":"Allow","Action":"nosuch:Thing","Resource":"*""#),
            one(r#""Effect":"Allow","Action":"GetObject","Resource":"my-bucket/*""#),
            one(r#""Effect":"Allow","Action":[],"Resource":"acs:oss:b""#),
            one(r#""Sid":"s","Effect":"Allow","Action":"*","Resource":"*""#),
            one(r#""Effect":"Allow","Action":"*","Resource":"*",
                   "Condition":{"Bool":{"acs:SecureTransport":true},"DateLessThan":{"acs:CurrentTime":"soon"}}"#),
            // This is for its author to know, and no matter of grammar.
            one(r#""Effect":"Allow","Action":"ram:PassRole","Resource":"*""#),
        ] {
            permission(&good).unwrap_or_else(|failure| panic!("{good}: {}", failure.message));
        }
        for (bad, reason) in [
            (String::new(), "the text is empty"),
            ("{".to_owned(), "line 1"),
            ("[]".to_owned(), "a list, not an object"),
            (r#"{"Statement":[]}"#.to_owned(), "no Version"),
            (
                r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned(),
                "`2012-10-17`",
            ),
            (r#"{"Version":1,"Statement":[]}"#.to_owned(), "a number"),
            (r#"{"Version":"1"}"#.to_owned(), "no Statement"),
            (
                r#"{"Version":"1","Statement":[],"Comment":"c"}"#.to_owned(),
                "`Comment`",
            ),
            (
                one(r#""Effect":"allow","Action":"*","Resource":"*""#),
                "`allow`",
            ),
            (
                one(r#""Effect":"Allow","Resource":"*""#),
                "no Action or NotAction",
            ),
            (
                one(r#""Effect":"Allow","Action":"a","NotAction":"b","Resource":"*""#),
                "both Action and NotAction",
            ),
            (
                one(r#""Effect":"Allow","Action":7,"Resource":"*""#),
                "Action is a number",
            ),
            (one(r#""Effect":"Allow","Action":"*""#), "no Resource"),
            (
                one(r#""Effect":"Allow","Action":"*","Resource":"*","Effect":"Deny""#),
                "written twice",
            ),
            (
                one(
                    r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{"BoolIfExists":{"a":"b"}}"#,
                ),
                "`BoolIfExists`",
            ),
            (
                one(
                    r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEqual":{"a":"b"}}"#,
                ),
                "`StringEqual`",
            ),
            (
                one(r#""Effect":"Allow","Action":"*","Resource":"*","Principal":{"RAM":"*"}"#),
                "Principal",
            ),
        ] {
            let message = refused(permission(&bad));
            assert!(message.contains(reason), "{bad}: {message}");
        }
    }

    #[test]
    fn trust_policies() {
        let good = one(r#""Effect":"Allow","Action":"sts:AssumeRole",
               "Principal":{"Service":["imm.aliyuncs.com"],"RAM":["acs:ram::1:root","acs:ram::1:user/u"]}"#);
        assert_eq!(
            trust(&good).unwrap(),
            ["acs:ram::1:root", "acs:ram::1:user/u"]
        );
        // Whom a policy trusts, and with what, is not a matter of grammar.
        for good in [
            one(r#""Effect":"Allow","Action":"*","Principal":{"Service":"IMM.aliyuncs.com"}"#),
            one(r#""Effect":"Deny","Action":"sts:AssumeRole","Principal":{"RAM":"*"}"#),
        ] {
            trust(&good).unwrap_or_else(|failure| panic!("{good}: {}", failure.message));
        }
        for (bad, reason) in [
            ("", "no Principal"),
            (r#","Principal":"*""#, "not an object"),
            (r#","Principal":{"AWS":"*"}"#, "`AWS`"),
            (r#","Principal":{}"#, "names nobody"),
            (
                r#","Principal":{"RAM":"acs:ram::1:root"},"Resource":"*""#,
                "has no Resource",
            ),
        ] {
            let bad = one(&format!(
                r#""Effect":"Allow","Action":"sts:AssumeRole"{bad}"#
            ));
            let message = refused(trust(&bad));
            assert!(message.contains(reason), "{bad}: {message}");
        }
    }
}
