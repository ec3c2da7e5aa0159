//! The checks as functions of texts, for callers that have nothing but texts: provider functions, and
//! whoever embeds this library.

use std::fmt;

use super::ast::{Document, DocumentKind};
use super::cover::{Coverage, covers};
use super::evaluate::{Context, Request, Verdict, evaluate};
use super::finding::Finding;
use super::lint::{Options, lint};
use super::parse::ParseError;

/// Which of several texts is no policy document, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// Position in the list of texts, from 0.
    pub document: usize,
    /// Why.
    pub error: ParseError,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.document + 1;
        write!(
            f,
            "document {number} is not a permission policy: {}",
            self.error
        )
    }
}

impl std::error::Error for InputError {}

fn documents(texts: &[&str]) -> Result<Vec<Document>, InputError> {
    let texts = texts.iter().enumerate();
    texts
        .map(|(document, text)| {
            Document::parse(text, DocumentKind::Permission)
                .map_err(|error| InputError { document, error })
        })
        .collect()
}

/// Decides a request on permission policies taken together. Condition keys that are not given are
/// absent, but for those that every request carries, which are unknown.
///
/// # Errors
/// A text that is no permission policy.
pub fn policy_allows(
    policies: &[&str],
    action: &str,
    resource: &str,
    context: &[(&str, &str)],
) -> Result<Verdict, InputError> {
    let mut given = Context::new();
    for (key, value) in context {
        given.add(key, value);
    }
    let request = Request::new(action, resource, given);
    Ok(evaluate(&documents(policies)?, &request))
}

/// Whether some policies allow all that others allow.
///
/// # Errors
/// A text that is no permission policy; those of `need` are counted on from those of `have`.
pub fn policy_covers(have: &[&str], need: &[&str]) -> Result<Coverage, InputError> {
    let have = documents(have)?;
    let need = documents(need).map_err(|error| InputError {
        document: error.document + have.len(),
        ..error
    })?;
    Ok(covers(&have, &need))
}

/// All that is to be said of one document, permission or trust.
#[must_use]
pub fn policy_findings(document: &str, kind: DocumentKind) -> Vec<Finding> {
    lint(document, Options { kind, part: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::evaluate::Decision;

    const READ: &str =
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:Get*","Resource":"*"}]}"#;
    const ALL: &str =
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"}]}"#;

    #[test]
    fn texts_in_answers_out() {
        let verdict = policy_allows(&[READ], "oss:GetObject", "acs:oss:r:1:b/k", &[]).unwrap();
        assert_eq!(verdict.decision, Decision::Allow);
        assert_eq!(policy_covers(&[ALL], &[READ]), Ok(Coverage::Yes));
        assert!(matches!(
            policy_covers(&[READ], &[ALL]),
            Ok(Coverage::No(_))
        ));
        assert!(policy_findings(READ, DocumentKind::Permission).is_empty());
        assert!(!policy_findings(READ, DocumentKind::Trust).is_empty());
    }

    #[test]
    fn texts_that_are_no_policies_are_named() {
        let error = policy_covers(&[READ, ALL], &[READ, "{}"]).unwrap_err();
        assert_eq!(error.document, 3);
        assert_eq!(
            error.to_string(),
            "document 4 is not a permission policy: line 1, column 1: the document has no Statement"
        );
        assert!(policy_allows(&["x"], "a:B", "*", &[]).is_err());
    }
}
