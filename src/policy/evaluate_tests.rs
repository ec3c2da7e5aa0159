use super::*;
use crate::policy::ast::DocumentKind;

fn documents(texts: &[&str]) -> Vec<Document> {
    texts
        .iter()
        .map(|text| {
            let text = format!(r#"{{"Version":"1","Statement":[{text}]}}"#);
            Document::parse(&text, DocumentKind::Permission).unwrap()
        })
        .collect()
}

fn ask(statements: &[&str], action: &str, resource: &str, context: Context) -> Decision {
    evaluate(
        &documents(statements),
        &Request::new(action, resource, context),
    )
    .decision
}

const OBJECT: &str = "acs:oss:cn-x:1:b/k";

/// One Allow of everything under a condition.
fn under(condition: &str, context: Context) -> Decision {
    let statement =
        format!(r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}"#);
    ask(&[&statement], "oss:GetObject", OBJECT, context)
}

#[test]
fn a_deny_wins_and_nothing_is_allowed_by_itself() {
    let allow = r#"{"Effect":"Allow","Action":"oss:*","Resource":"*"}"#;
    let deny = r#"{"Effect":"Deny","Action":"oss:Put*","Resource":"acs:oss:*:*:b/*"}"#;
    let both = documents(&[deny, &format!("{allow},{deny}")]);
    let put = evaluate(
        &both,
        &Request::new("oss:PutObject", OBJECT, Context::new()),
    );
    assert_eq!(put.decision, Decision::ExplicitDeny);
    let at = |document, index| StatementRef { document, index };
    assert_eq!(put.statements, [at(0, 0), at(1, 1)]);
    let get = evaluate(
        &both,
        &Request::new("oss:getobject", OBJECT, Context::new()),
    );
    assert_eq!(get.decision, Decision::Allow);
    assert_eq!(get.statements, [at(1, 0)]);
    let other = evaluate(
        &both,
        &Request::new(
            "mns:SendMessage",
            "acs:mns:r:1:/queues/q/messages",
            Context::new(),
        ),
    );
    assert_eq!(other.decision, Decision::ImplicitDeny);
    assert!(other.statements.is_empty());
}

#[test]
fn not_action_and_not_resource_are_complements() {
    let not_action = r#"{"Effect":"Allow","NotAction":["ram:*","ims:*"],"Resource":"*"}"#;
    assert_eq!(
        ask(&[not_action], "oss:GetObject", OBJECT, Context::new()),
        Decision::Allow
    );
    assert_eq!(
        ask(
            &[not_action],
            "RAM:GetRole",
            "acs:ram::1:role/x",
            Context::new()
        ),
        Decision::ImplicitDeny
    );
    let not_resource = r#"{"Effect":"Allow","Action":"*","NotResource":"acs:oss:*:*:b/*"}"#;
    assert_eq!(
        ask(&[not_resource], "oss:GetObject", OBJECT, Context::new()),
        Decision::ImplicitDeny
    );
    assert_eq!(
        ask(
            &[not_resource],
            "oss:GetObject",
            "acs:oss:cn-x:1:c/k",
            Context::new()
        ),
        Decision::Allow
    );
    let empty = r#"{"Effect":"Allow","Action":[],"Resource":"*"}"#;
    assert_eq!(
        ask(&[empty], "oss:GetObject", OBJECT, Context::new()),
        Decision::ImplicitDeny
    );
}

#[test]
fn keys_that_are_not_given() {
    let yes = |key: &str| format!(r#"{{"StringLike":{{"{key}":"v"}}}}"#);
    let no = |key: &str| format!(r#"{{"StringNotLike":{{"{key}":"v"}}}}"#);
    // Absent: a positive operator is false, a negated one true.
    assert_eq!(
        under(&yes("oss:Prefix"), Context::new()),
        Decision::ImplicitDeny
    );
    assert_eq!(under(&no("oss:Prefix"), Context::new()), Decision::Allow);
    assert_eq!(
        under(&yes("acs:Service"), Context::new()),
        Decision::ImplicitDeny
    );
    // Carried by every request: unknown.
    for key in [
        "acs:CurrentTime",
        "acs:SourceIp",
        "acs:SecureTransport",
        "acs:UserAgent",
    ] {
        assert_eq!(under(&yes(key), Context::new()), Decision::Unknown, "{key}");
        assert_eq!(under(&no(key), Context::new()), Decision::Unknown, "{key}");
        assert_eq!(
            under(&yes(key), Context::new().with(key, "v")),
            Decision::Allow,
            "{key}"
        );
        assert_eq!(
            under(&yes(key), Context::new().without(key)),
            Decision::ImplicitDeny
        );
    }
    assert_eq!(
        under(&yes("oss:Prefix"), Context::open()),
        Decision::Unknown
    );
    // Key names have no case.
    assert_eq!(
        under(
            &yes("acs:useragent"),
            Context::new().with("ACS:UserAgent", "v")
        ),
        Decision::Allow
    );
}

#[test]
fn an_unknown_deny_matters_only_where_something_allows() {
    let deny = r#"{"Effect":"Deny","Action":"oss:*","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":"false"}}}"#;
    let allow = r#"{"Effect":"Allow","Action":"oss:Get*","Resource":"*"}"#;
    assert_eq!(
        ask(&[deny], "oss:GetObject", OBJECT, Context::new()),
        Decision::ImplicitDeny
    );
    let documents = documents(&[deny, allow]);
    let verdict = evaluate(
        &documents,
        &Request::new("oss:GetObject", OBJECT, Context::new()),
    );
    assert_eq!(verdict.decision, Decision::Unknown);
    assert_eq!(verdict.keys, ["acs:SecureTransport"]);
    assert_eq!(verdict.reason, "it depends on `acs:SecureTransport`");
    let put = evaluate(
        &documents,
        &Request::new("oss:PutObject", OBJECT, Context::new()),
    );
    assert_eq!(put.decision, Decision::ImplicitDeny);
}

#[test]
fn an_operator_that_ram_lacks_is_unknown() {
    for condition in [
        r#"{"BoolIfExists":{"acs:MFAPresent":"true"}}"#,
        r#"{"Null":{"acs:SourceVpc":"true"}}"#,
    ] {
        assert_eq!(
            under(condition, Context::new()),
            Decision::Unknown,
            "{condition}"
        );
    }
    // Unless another clause is false anyway.
    let condition = r#"{"Null":{"acs:A":"true"},"StringEquals":{"acs:B":"v"}}"#;
    assert_eq!(under(condition, Context::new()), Decision::ImplicitDeny);
}

#[test]
fn several_values() {
    let clause = |op: &str| format!(r#"{{"{op}":{{"k:K":["a","b"]}}}}"#);
    let with = |values: &[&str]| {
        let mut context = Context::new();
        for value in values {
            context.add("k:K", value);
        }
        context
    };
    let table: &[(&str, &[&str], bool)] = &[
        ("StringEquals", &["a"], true),
        ("StringEquals", &["c"], false),
        ("StringEquals", &["c", "b"], true),
        ("StringNotEquals", &["c"], true),
        ("StringNotEquals", &["a"], false),
        ("StringNotEquals", &["c", "b"], false),
        ("ForAnyValue:StringEquals", &["c", "b"], true),
        ("ForAnyValue:StringEquals", &[], false),
        ("ForAnyValue:StringNotEquals", &["c", "b"], true),
        ("ForAnyValue:StringNotEquals", &["a", "b"], false),
        ("ForAnyValue:StringNotEquals", &[], true),
        ("ForAllValues:StringEquals", &["a", "b"], true),
        ("ForAllValues:StringEquals", &["a", "c"], false),
        ("ForAllValues:StringEquals", &[], true),
        ("ForAllValues:StringNotEquals", &["c", "a"], false),
        ("ForAllValues:StringNotEquals", &["c", "d"], true),
    ];
    for (op, values, expected) in table {
        let got = under(&clause(op), with(values)) == Decision::Allow;
        assert_eq!(got, *expected, "{op} {values:?}");
    }
}

#[test]
fn every_operator_compares_what_it_says() {
    let table: &[(&str, &str, &str, bool)] = &[
        ("StringEquals", "a", "A", false),
        ("StringNotEquals", "a", "A", true),
        ("StringEqualsIgnoreCase", "a", "A", true),
        ("StringNotEqualsIgnoreCase", "a", "A", false),
        ("StringLike", "a*c?", "abbcd", true),
        ("StringLike", "a*", "Ab", false),
        ("StringNotLike", "a*", "Ab", true),
        ("NumericEquals", "1.0", "01", true),
        ("NumericNotEquals", "1", "2", true),
        ("NumericLessThan", "10", "9.99", true),
        ("NumericLessThan", "10", "10", false),
        ("NumericLessThanEquals", "10", "10.0", true),
        ("NumericGreaterThan", "-1", "0", true),
        ("NumericGreaterThanEquals", "5", "4.9", false),
        ("NumericEquals", "1", "one", false),
        ("NumericNotEquals", "1", "one", true),
        (
            "DateEquals",
            "2026-01-01T00:00:00Z",
            "2026-01-01T08:00:00+08:00",
            true,
        ),
        (
            "DateNotEquals",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:01Z",
            true,
        ),
        (
            "DateLessThan",
            "2026-01-01T00:00:00Z",
            "2025-12-31T23:59:59Z",
            true,
        ),
        (
            "DateLessThanEquals",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z",
            true,
        ),
        (
            "DateGreaterThan",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z",
            false,
        ),
        (
            "DateGreaterThanEquals",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z",
            true,
        ),
        ("Bool", "true", "true", true),
        ("Bool", "true", "false", false),
        ("IpAddress", "10.0.0.0/8", "10.255.0.1", true),
        ("IpAddress", "10.0.0.1", "10.0.0.2", false),
        ("IpAddress", "2001:db8::/32", "2001:db8:1::1", true),
        ("IpAddress", "0.0.0.0/0", "2001:db8::1", false),
        ("NotIpAddress", "10.0.0.0/8", "11.0.0.1", true),
        ("NotIpAddress", "10.0.0.0/8", "not an address", true),
        // A policy value that cannot be read never makes a clause true.
        ("DateLessThan", "soon", "2025-12-31T23:59:59Z", false),
        ("NotIpAddress", "10.0.0.0/33", "11.0.0.1", false),
    ];
    for (op, policy, request, expected) in table {
        let condition = format!(r#"{{"{op}":{{"k:K":"{policy}"}}}}"#);
        let got = under(&condition, Context::new().with("k:K", request)) == Decision::Allow;
        assert_eq!(got, *expected, "{op} {policy} {request}");
    }
    assert_eq!(
        table
            .iter()
            .map(|row| row.0)
            .collect::<std::collections::BTreeSet<_>>()
            .len(),
        21
    );
}

#[test]
fn the_seeds_pass_role() {
    let statement = r#"{"Effect":"Allow","Action":"ram:PassRole","Resource":"acs:ram:*:*:role/aliyunimmdefaultrole","Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}"#;
    let role = "acs:ram::123:role/AliyunIMMDefaultRole";
    let imm = Context::new().with("acs:Service", "imm.aliyuncs.com");
    let ecs = Context::new().with("acs:Service", "ecs.aliyuncs.com");
    assert_eq!(
        ask(&[statement], "ram:PassRole", role, imm),
        Decision::Allow
    );
    assert_eq!(
        ask(&[statement], "ram:PassRole", role, ecs),
        Decision::ImplicitDeny
    );
}

fn trust(text: &str) -> Document {
    let text = format!(r#"{{"Version":"1","Statement":[{text}]}}"#);
    Document::parse(&text, DocumentKind::Trust).unwrap()
}

#[test]
fn trust_documents() {
    let document = trust(
        r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"],"RAM":["acs:ram::1:root","acs:ram::2:user/bob","acs:ram::3:role/Admin"]}},
           {"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::1:user/eve"}}"#,
    );
    let identity = |account: &str, name: &str| Assumer::Identity {
        account: account.to_owned(),
        arn: format!("acs:ram::{account}:{name}"),
    };
    let decide = |assumer: Assumer| evaluate_trust(&document, &assumer, &Context::new()).decision;
    assert_eq!(
        decide(Assumer::Service("imm.aliyuncs.com".into())),
        Decision::Allow
    );
    assert_eq!(
        decide(Assumer::Service("IMM.aliyuncs.com".into())),
        Decision::ImplicitDeny
    );
    assert_eq!(
        decide(Assumer::Service("ecs.aliyuncs.com".into())),
        Decision::ImplicitDeny
    );
    assert_eq!(decide(identity("1", "user/alice")), Decision::Allow);
    assert_eq!(decide(identity("1", "user/eve")), Decision::ExplicitDeny);
    assert_eq!(decide(identity("2", "user/bob")), Decision::Allow);
    assert_eq!(decide(identity("2", "user/alice")), Decision::ImplicitDeny);
    assert_eq!(decide(identity("3", "role/admin")), Decision::Allow);
    assert_eq!(
        decide(Assumer::Federated("acs:ram::1:saml-provider/x".into())),
        Decision::ImplicitDeny
    );
    let external = trust(
        r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::1:root"},"Condition":{"StringEquals":{"sts:ExternalId":"s"}}}"#,
    );
    let user = identity("1", "user/alice");
    let with = Context::new().with("sts:ExternalId", "s");
    assert_eq!(
        evaluate_trust(&external, &user, &with).decision,
        Decision::Allow
    );
    assert_eq!(
        evaluate_trust(&external, &user, &Context::new()).decision,
        Decision::ImplicitDeny
    );
}

mod authorize {
    use super::*;

    const ALLOW: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    const DENY: &str = r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#;
    const NOTHING: &str = r#"{"Effect":"Allow","Action":"x:Y","Resource":"*"}"#;
    const MAYBE: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":"true"}}}"#;

    fn request() -> Request {
        Request::new("oss:GetObject", OBJECT, Context::new())
    }

    #[test]
    fn control_and_session_policies_only_narrow() {
        let identity = documents(&[ALLOW]);
        for (limit, expected) in [
            (ALLOW, Decision::Allow),
            (DENY, Decision::ExplicitDeny),
            (NOTHING, Decision::ImplicitDeny),
            (MAYBE, Decision::Unknown),
        ] {
            let limit = documents(&[limit]);
            for (control, session) in [(Some(&limit[..]), None), (None, Some(&limit[..]))] {
                let authority = Authority {
                    control,
                    session,
                    identity: &identity,
                    ..Authority::default()
                };
                assert_eq!(authorize(&authority, &request()).decision, expected);
            }
            // Nothing is gained from a policy that only narrows.
            let authority = Authority {
                session: Some(&limit),
                ..Authority::default()
            };
            assert!(matches!(
                authorize(&authority, &request()).decision,
                Decision::ImplicitDeny | Decision::ExplicitDeny
            ));
            let authority = Authority {
                root: true,
                control: Some(&limit),
                ..Authority::default()
            };
            assert_eq!(
                authorize(&authority, &request()).decision,
                Decision::Allow,
                "root"
            );
        }
    }

    #[test]
    fn the_resource_group_is_asked_only_where_the_account_says_nothing() {
        let (allow, deny, nothing) = (
            documents(&[ALLOW]),
            documents(&[DENY]),
            documents(&[NOTHING]),
        );
        let decide = |identity: &[Document], group_identity: &[Document]| {
            let authority = Authority {
                identity,
                group_identity,
                ..Authority::default()
            };
            authorize(&authority, &request()).decision
        };
        assert_eq!(
            decide(&allow, &deny),
            Decision::Allow,
            "the group's Deny is never reached"
        );
        assert_eq!(decide(&nothing, &deny), Decision::ExplicitDeny);
        assert_eq!(decide(&nothing, &allow), Decision::Allow);
        assert_eq!(decide(&deny, &allow), Decision::ExplicitDeny);
    }

    #[test]
    fn statements_are_counted_over_all_documents() {
        let (control, identity) = (documents(&[ALLOW, NOTHING]), documents(&[NOTHING, ALLOW]));
        let authority = Authority {
            control: Some(&control),
            identity: &identity,
            ..Authority::default()
        };
        let verdict = authorize(&authority, &request());
        assert_eq!(
            verdict.statements,
            [StatementRef {
                document: 3,
                index: 0
            }]
        );
    }

    #[test]
    fn assuming_a_role_needs_both_sides_and_a_bucket_needs_one() {
        let verdict = |decision| Verdict {
            decision,
            statements: Vec::new(),
            keys: Vec::new(),
            reason: String::new(),
        };
        let texts = [ALLOW, NOTHING, DENY, MAYBE];
        let sides = [
            Decision::Allow,
            Decision::ImplicitDeny,
            Decision::ExplicitDeny,
            Decision::Unknown,
        ];
        use Decision::{Allow as A, ExplicitDeny as D, ImplicitDeny as N, Unknown as U};
        let both = [[A, N, D, U], [N, N, D, N], [D, D, D, D], [U, N, D, U]];
        let either = [[A, A, D, U], [A, N, D, U], [D, D, D, D], [U, U, D, U]];
        for (row, text) in texts.iter().enumerate() {
            let identity = documents(&[text]);
            for (column, side) in sides.iter().enumerate() {
                for (action, table) in [("sts:AssumeRole", both), ("oss:GetObject", either)] {
                    let authority = Authority {
                        identity: &identity,
                        resource: Some(verdict(*side)),
                        ..Authority::default()
                    };
                    let request = Request::new(action, "acs:ram::1:role/r", Context::new());
                    assert_eq!(
                        authorize(&authority, &request).decision,
                        table[row][column],
                        "{action} {row} {column}"
                    );
                }
            }
        }
    }
}
