//! Containment inside one account.
//!
//! RAM asks a caller only for resources that exist in its own account: what a pattern says of another
//! account is of no consequence there, and a pattern that names the own account is as good as `*`.

use super::{Coverage, covers};
use crate::policy::ast::{Document, Patterns};
use crate::policy::matching::{Glob, arn_fields};

/// [`covers`] for resources of this account alone. A witness is in this account.
#[must_use]
pub fn covers_in(account: &str, have: &[Document], need: &[Document]) -> Coverage {
    let within = |documents: &[Document]| -> Vec<Document> {
        documents
            .iter()
            .map(|document| confined(document, account))
            .collect()
    };
    match covers(&within(have), &within(need)) {
        Coverage::No(mut witness) => {
            if let Some([acs, service, region, _, id]) = arn_fields(&witness.request.resource) {
                witness.request.resource = [acs, service, region, account, id].join(":");
            }
            Coverage::No(witness)
        }
        other => other,
    }
}

/// The document with the own account written as `*`, and without patterns of other accounts.
fn confined(document: &Document, account: &str) -> Document {
    let mut document = document.clone();
    for statement in &mut document.statements {
        if let Some(resources) = &mut statement.resources {
            confine(resources, account);
        }
    }
    document
}

fn confine(resources: &mut Patterns, account: &str) {
    resources.items.retain_mut(|item| {
        let Some([acs, service, region, owner, id]) = arn_fields(&item.value) else {
            return true;
        };
        let own = owner.is_empty() || Glob::new(owner).matches_str(account);
        if own {
            item.value = [acs, service, region, "*", id].join(":");
        }
        own
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::ast::DocumentKind;

    fn document(statement: &str) -> Document {
        let text = format!(r#"{{"Version":"1","Statement":[{statement}]}}"#);
        Document::parse(&text, DocumentKind::Permission).unwrap()
    }

    const PASS: &str = r#"{"Effect":"Allow","Action":"ram:PassRole","Resource":"*"}"#;

    #[test]
    fn a_grant_on_the_whole_own_account_is_a_grant_on_everything() {
        let own = document(
            r#"{"Effect":"Allow","Action":"ram:*","Resource":"acs:ram:*:1234567890123456:*"}"#,
        );
        let need = document(PASS);
        let have = std::slice::from_ref(&own);
        assert_eq!(
            covers_in("1234567890123456", have, std::slice::from_ref(&need)),
            Coverage::Yes
        );
        let Coverage::No(witness) = covers_in("42", have, &[need]) else {
            panic!("another account's grant is none");
        };
        assert!(
            witness.request.resource.starts_with("acs:ram::42:"),
            "{witness:?}"
        );
    }

    #[test]
    fn what_is_said_of_other_accounts_neither_gives_nor_asks() {
        let other = document(
            r#"{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:99:b/*"}"#,
        );
        assert_eq!(
            covers_in("1", &[], std::slice::from_ref(&other)),
            Coverage::Yes
        );
        let need =
            document(r#"{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:1:b/*"}"#);
        assert!(matches!(covers_in("1", &[other], &[need]), Coverage::No(_)));
    }
}
