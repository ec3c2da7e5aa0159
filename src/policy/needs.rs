//! What IMM needs of a service role, and what a role's documents say together.

use super::ast::{Document, DocumentKind, Effect};
use super::codes::Code;
use super::cover::{Coverage, Witness, covers};
use super::evaluate::{Context, Request, Verdict, evaluate};
use super::pass_role::IMM;

/// One thing that IMM does with a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The action.
    pub action: &'static str,
    /// The resources that it acts on, as a pattern.
    pub resource: &'static str,
    /// What IMM does with it.
    pub purpose: &'static str,
}

/// The least that IMM needs of OSS and MNS, by its pages on custom permissions: to read and write
/// objects and to publish its messages, each on one resource at least.
pub const NEEDS: [Need; 3] = [
    Need {
        action: "oss:GetObject",
        resource: "acs:oss:*:*:*",
        purpose: "read the objects that it processes",
    },
    Need {
        action: "oss:PutObject",
        resource: "acs:oss:*:*:*",
        purpose: "write what comes of them",
    },
    Need {
        action: "mns:PublishMessage",
        resource: "acs:mns:*:*:*",
        purpose: "tell that a task has ended",
    },
];

/// A request of this action, on a resource that fits the pattern, which the documents surely allow.
///
/// None where they allow none, and where that could not be decided; [`allows_none`] tells the two apart.
#[must_use]
pub fn allows_some(documents: &[Document], action: &str, resource: &str) -> Option<Box<Witness>> {
    match some_coverage(documents, action, resource) {
        Coverage::No(witness) => Some(witness),
        Coverage::Yes | Coverage::Unknown(_) => None,
    }
}

/// Whether the documents surely allow no request of this action on any resource that fits.
#[must_use]
pub fn allows_none(documents: &[Document], action: &str, resource: &str) -> bool {
    some_coverage(documents, action, resource) == Coverage::Yes
}

/// Are the documents covered by everything but this?
fn some_coverage(documents: &[Document], action: &str, resource: &str) -> Coverage {
    let quoted = super::print::quoted;
    let text = format!(
        r#"{{"Version":"1","Statement":[
            {{"Effect":"Allow","NotAction":{},"Resource":"*"}},
            {{"Effect":"Allow","Action":"*","NotResource":{}}}]}}"#,
        quoted(action),
        quoted(resource)
    );
    match Document::parse(&text, DocumentKind::Permission) {
        Ok(rest) => covers(&[rest], documents),
        Err(_) => Coverage::Yes,
    }
}

pub(super) fn reads_objects(documents: &[Document]) -> bool {
    allows_some(documents, "oss:GetObject", "acs:oss:*:*:*").is_some()
}

pub(super) fn publishes(documents: &[Document]) -> bool {
    allows_some(documents, "mns:PublishMessage", "acs:mns:*:*:*").is_some()
}

/// Something to say of a role's policies taken together, beyond what each says alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleFinding {
    /// `IMM304` or `IMM404`.
    pub code: Code,
    /// What is wrong, as a clause.
    pub message: String,
    /// What to write, as a sentence.
    pub fix: String,
}

/// Looks at all permission policies of a service role of IMM together: whether they grant the least
/// that IMM needs (`IMM404`), and whether the role may be passed on to IMM (`IMM304`).
///
/// `role_arn` is the role's, if it is known. Says nothing where conditions leave it open.
#[must_use]
pub fn role_findings(documents: &[Document], role_arn: Option<&str>) -> Vec<RoleFinding> {
    let grants_nothing = !documents
        .iter()
        .flat_map(|document| &document.statements)
        .any(|statement| statement.effect == Effect::Allow);
    if grants_nothing {
        return vec![RoleFinding {
            code: Code::RolePowerless,
            message: "no policy of the role allows anything".to_owned(),
            fix: "Attach a policy that allows `oss:GetObject`, `oss:PutObject` and `mns:PublishMessage`."
                .to_owned(),
        }];
    }
    let mut findings = Vec::new();
    let lacking: Vec<&Need> = NEEDS
        .iter()
        .filter(|need| allows_none(documents, need.action, need.resource))
        .collect();
    if !lacking.is_empty() {
        let actions: Vec<String> = lacking.iter().map(|n| format!("`{}`", n.action)).collect();
        let purposes: Vec<&str> = lacking.iter().map(|n| n.purpose).collect();
        findings.push(RoleFinding {
            code: Code::RolePowerless,
            message: format!(
                "no policy of the role allows {}, with which IMM would {}",
                actions.join(", "),
                purposes.join(", and ")
            ),
            fix: format!(
                "Allow {} on the buckets and topics that are meant.",
                actions.join(", ")
            ),
        });
    }
    let role = role_arn.unwrap_or("acs:ram:*:*:role/*");
    let none = match role_arn {
        Some(arn) => {
            let context = Context::open().with("acs:Service", IMM);
            let verdict = evaluate(documents, &Request::new("ram:PassRole", arn, context));
            is_refusal(&verdict)
        }
        None => !passes_to_imm(documents, role),
    };
    if none && lacking.is_empty() {
        findings.push(RoleFinding {
            code: Code::PassRoleMissing,
            message: "no policy of the role allows `ram:PassRole` for IMM".to_owned(),
            fix: format!(
                "Allow `ram:PassRole` under `StringEquals` `acs:Service` = `{IMM}`; document conversion and transcoding need it."
            ),
        });
    }
    findings
}

fn is_refusal(verdict: &Verdict) -> bool {
    use super::evaluate::Decision;
    matches!(
        verdict.decision,
        Decision::ExplicitDeny | Decision::ImplicitDeny
    )
}

/// Whether the documents may allow some role to be passed to IMM.
fn passes_to_imm(documents: &[Document], role: &str) -> bool {
    let text = format!(
        r#"{{"Version":"1","Statement":[
            {{"Effect":"Allow","NotAction":"ram:PassRole","Resource":"*"}},
            {{"Effect":"Allow","Action":"ram:PassRole","Resource":"*",
              "Condition":{{"StringNotEquals":{{"acs:Service":"{IMM}"}}}}}},
            {{"Effect":"Allow","Action":"*","NotResource":{}}}]}}"#,
        super::print::quoted(role)
    );
    match Document::parse(&text, DocumentKind::Permission) {
        Ok(rest) => covers(&[rest], documents) != Coverage::Yes,
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(statements: &[&str]) -> Vec<Document> {
        statements
            .iter()
            .map(|statement| {
                let text = format!(r#"{{"Version":"1","Statement":[{statement}]}}"#);
                Document::parse(&text, DocumentKind::Permission).unwrap()
            })
            .collect()
    }

    fn codes(statements: &[&str], role: Option<&str>) -> Vec<&'static str> {
        let findings = role_findings(&documents(statements), role);
        findings.iter().map(|finding| finding.code.id()).collect()
    }

    const OBJECTS: &str =
        r#"{"Effect":"Allow","Action":["oss:Get*","oss:PutObject"],"Resource":"acs:oss:*:*:b/*"}"#;
    const MESSAGES: &str = r#"{"Effect":"Allow","Action":"mns:*","Resource":"*"}"#;
    const PASS: &str = r#"{"Effect":"Allow","Action":"ram:PassRole","Resource":"acs:ram:*:*:role/mine","Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}"#;

    #[test]
    fn documents_of_a_role_are_judged_together() {
        assert_eq!(codes(&[], None), ["IMM404"]);
        assert_eq!(
            codes(&[r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#], None),
            ["IMM404"]
        );
        assert_eq!(codes(&[OBJECTS, PASS], None), ["IMM404"]);
        assert_eq!(codes(&[OBJECTS, MESSAGES], None), ["IMM304"]);
        assert!(codes(&[OBJECTS, MESSAGES, PASS], None).is_empty());
        let mine = "acs:ram::1:role/Mine";
        assert!(codes(&[OBJECTS, MESSAGES, PASS], Some(mine)).is_empty());
        assert_eq!(
            codes(&[OBJECTS, MESSAGES, PASS], Some("acs:ram::1:role/other")),
            ["IMM304"]
        );
    }

    #[test]
    fn a_deny_takes_back_and_a_condition_leaves_open() {
        let deny = r#"{"Effect":"Deny","Action":"oss:PutObject","Resource":"*"}"#;
        let findings = role_findings(&documents(&[OBJECTS, MESSAGES, PASS, deny]), None);
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0].message.contains("`oss:PutObject`"),
            "{}",
            findings[0].message
        );
        assert!(
            !findings[0].message.contains("`oss:GetObject`"),
            "{}",
            findings[0].message
        );
        let perhaps = r#"{"Effect":"Deny","Action":"oss:PutObject","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":"false"}}}"#;
        assert!(codes(&[OBJECTS, MESSAGES, PASS, perhaps], None).is_empty());
    }
}
