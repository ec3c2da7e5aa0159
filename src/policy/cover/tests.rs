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

fn ask(have: &str, need: &str) -> Coverage {
    let (have, need) = (documents(&[have]), documents(&[need]));
    let coverage = covers(&have, &need);
    if let Coverage::No(witness) = &coverage {
        assert_eq!(evaluate(&need, &witness.request).decision, Decision::Allow);
        assert!(matches!(
            evaluate(&have, &witness.request).decision,
            Decision::ExplicitDeny | Decision::ImplicitDeny
        ));
    }
    coverage
}

#[track_caller]
fn yes(have: &str, need: &str) {
    let coverage = ask(have, need);
    assert_eq!(coverage, Coverage::Yes, "{have} covers {need}");
}

#[track_caller]
fn no(have: &str, need: &str) -> Request {
    match ask(have, need) {
        Coverage::No(witness) => witness.request,
        other => panic!("{have} does not cover {need}: {other:?}"),
    }
}

#[track_caller]
fn unknown(have: &str, need: &str) -> Undecided {
    match ask(have, need) {
        Coverage::Unknown(undecided) => undecided,
        other => panic!("{have} on {need} is open: {other:?}"),
    }
}

fn allow(actions: &str, resources: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":{resources}}}"#)
}

fn deny(actions: &str, resources: &str) -> String {
    format!(r#"{{"Effect":"Deny","Action":{actions},"Resource":{resources}}}"#)
}

fn under(statement: &str, condition: &str) -> String {
    let open = statement.strip_suffix('}').unwrap();
    format!(r#"{open},"Condition":{condition}}}"#)
}

const FULL_ACCESS: &str = r#"{"Effect":"Allow","Action":"imm:*","Resource":"*"},
    {"Effect":"Allow","Action":"oss:ListBuckets","Resource":"*"},
    {"Effect":"Allow","Action":"ram:ListRoles","Resource":"*"},
    {"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}"#;

#[test]
fn full_access_to_imm_does_not_hold_what_the_samples_role_holds() {
    let role = r#"{"Effect":"Allow","Action":["oss:GetObject","oss:PutObject","oss:ListObjects"],"Resource":"acs:oss:*:*:my-bucket/*"},
        {"Effect":"Allow","Action":"mns:PublishMessage","Resource":"*"},
        {"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}"#;
    let request = no(FULL_ACCESS, role);
    assert_eq!(request.action, "mns:PublishMessage");
    let with_mns = format!("{FULL_ACCESS},{}", allow(r#""mns:*""#, r#""*""#));
    let request = no(&with_mns, role);
    assert_eq!(request.action, "oss:GetObject");
    assert!(
        request.resource.starts_with("acs:oss:"),
        "{}",
        request.resource
    );
    assert!(
        request.resource.contains(":my-bucket/"),
        "{}",
        request.resource
    );
    let with_oss = format!(
        "{with_mns},{}",
        allow(r#""oss:*""#, r#""acs:oss:*:*:my-bucket*""#)
    );
    yes(&with_oss, role);
}

#[test]
fn patterns() {
    let any = r#""*""#;
    yes(&allow(r#""oss:*""#, any), &allow(r#""OSS:Get*""#, any));
    yes(
        &allow(any, any),
        &allow(r#"["oss:Get*","ecs:?un*"]"#, r#"["acs:oss:*:*:a","*"]"#),
    );
    assert_eq!(
        no(&allow(r#""oss:Get*""#, any), &allow(r#""oss:*""#, any)).action,
        "oss:PutObject"
    );
    // A union covers what none of its parts covers.
    yes(
        &allow(r#"["oss:Ge?*","oss:Ge"]"#, any),
        &allow(r#""oss:Ge*""#, any),
    );
    no(
        &allow(r#"["oss:Ge?*","oss:G"]"#, any),
        &allow(r#""oss:Ge*""#, any),
    );
    yes(
        &format!(
            "{},{}",
            allow(r#""oss:Get*""#, r#""acs:oss:*:*:a*""#),
            allow(r#""oss:G*""#, r#""acs:oss:*:*:b*""#)
        ),
        &allow(
            r#"["oss:Get?bject"]"#,
            r#"["acs:oss:*:*:ab/*","acs:oss:*:*:b"]"#,
        ),
    );
    // The two dimensions must be covered together.
    no(
        &format!(
            "{},{}",
            allow(r#""oss:Get*""#, r#""acs:oss:*:*:a""#),
            allow(r#""oss:Put*""#, r#""acs:oss:*:*:b""#)
        ),
        &allow(
            r#"["oss:Get*","oss:Put*"]"#,
            r#"["acs:oss:*:*:a","acs:oss:*:*:b"]"#,
        ),
    );
}

#[test]
fn fields_of_resources() {
    let oss = |id: &str| allow(r#""oss:GetObject""#, &format!(r#""{id}""#));
    yes(&oss("acs:oss:*:*:b/*"), &oss("acs:oss:::b/*"));
    yes(&oss("acs:oss:::b/*"), &oss("acs:oss:*:*:b/*"));
    yes(&oss("acs:oss:*:*:*"), &oss("*"));
    yes(&oss("acs:*:*:*:b"), &oss("acs:oss:*:*:b"));
    no(&oss("acs:oss:*:1:b"), &oss("acs:oss:*:*:b"));
    assert_eq!(
        no(&oss("acs:oss:?*:*:b"), &oss("acs:oss:*:*:b")).resource,
        "acs:oss::1234567890123456:b",
        "a region may be empty"
    );
    no(&oss("acs:oss:*:*:a"), &oss("acs:oss:*:*:A"));
    let ram = |id: &str| allow(r#""ram:GetRole""#, &format!(r#""{id}""#));
    yes(&ram("acs:ram::1:role/My*"), &ram("acs:ram:*:1:role/mYrole"));
    // A pattern that is no ARN matches nothing.
    yes(&oss("acs:oss:*:*:x"), &oss("my-bucket/*"));
    no(&oss("my-bucket/*"), &oss("acs:oss:*:*:my-bucket/*"));
    // A relative id is never empty, a name neither.
    yes(&oss("acs:oss:*:*:?*"), &oss("acs:oss:*:*:*"));
    yes(
        &allow(r#""oss:?*""#, r#""*""#),
        &allow(r#""oss:*""#, r#""*""#),
    );
}

#[test]
fn services() {
    let any = r#""*""#;
    yes(
        &allow(r#""oss:*""#, r#""acs:oss:*:*:*""#),
        &allow(r#""oss:*""#, any),
    );
    // Vectors count only where somebody names them.
    no(
        &allow(r#""oss:*""#, r#""acs:oss:*:*:*""#),
        &allow(r#""oss:*""#, r#"["acs:oss:*:*:*","acs:ossvector:*:*:*"]"#),
    );
    yes(
        &allow(r#""sts:*""#, r#""acs:ram:*:*:*""#),
        &allow(r#""sts:AssumeRole""#, any),
    );
    // A service that nobody names.
    let request = no(
        &allow(r#"["oss:*","ram:*","sts:*"]"#, any),
        &allow(any, any),
    );
    assert!(request.action.starts_with("ecs:"), "{}", request.action);
    // Patterns of service codes.
    no(&allow(r#""o?s:*""#, any), &allow(r#""os*:Get""#, any));
    yes(
        &allow(r#"["o*:*","*s:*"]"#, any),
        &allow(r#"["o*s:*","oss:*"]"#, any),
    );
    no(&allow(r#"["o?*:*"]"#, any), &allow(r#"["o*:*"]"#, any));
    yes(
        &allow(r#"["o?*:*","o:*"]"#, any),
        &allow(r#"["o*:*"]"#, any),
    );
    // A pattern without a colon may still fit whole actions.
    yes(
        &allow(r#""*Get*""#, any),
        &allow(r#"["oss:Get*","*:*Get"]"#, any),
    );
    no(&allow(r#""*Get*""#, any), &allow(r#""*:Put""#, any));
}

#[test]
fn not_forms() {
    let not_action =
        |list: &str| format!(r#"{{"Effect":"Allow","NotAction":{list},"Resource":"*"}}"#);
    let not_resource =
        |list: &str| format!(r#"{{"Effect":"Allow","Action":"oss:*","NotResource":{list}}}"#);
    yes(
        &not_action(r#""ram:*""#),
        &allow(r#"["oss:*","mns:Get*"]"#, r#""*""#),
    );
    assert!(
        no(&not_action(r#""ram:*""#), &allow(r#""*""#, r#""*""#))
            .action
            .starts_with("ram:")
    );
    yes(
        &not_action(r#""ram:*""#),
        &not_action(r#"["ram:*","ims:*"]"#),
    );
    no(
        &not_action(r#"["ram:*","ims:*"]"#),
        &not_action(r#""ram:*""#),
    );
    // Two complements cover what neither does.
    yes(
        &format!(
            "{},{}",
            not_action(r#""ram:Get*""#),
            not_action(r#""ram:Put*""#)
        ),
        &allow(r#""*""#, r#""*""#),
    );
    no(
        &format!(
            "{},{}",
            not_action(r#""ram:Get*""#),
            not_action(r#""ram:*Role""#)
        ),
        &allow(r#""*""#, r#""*""#),
    );
    yes(
        &not_resource(r#""acs:oss:*:*:a*""#),
        &allow(r#""oss:Get*""#, r#""acs:oss:*:*:b*""#),
    );
    no(
        &not_resource(r#""acs:oss:*:*:a*""#),
        &allow(r#""oss:Get*""#, r#""acs:oss:*:*:*b""#),
    );
    let request = no(
        &allow(r#""*""#, r#""acs:oss:*:*:a*""#),
        &not_resource(r#""acs:oss:*:*:a*""#),
    );
    assert!(!request.resource.ends_with(":a"), "{}", request.resource);
}

#[test]
fn denies() {
    let any = r#""*""#;
    let object = r#""acs:oss:*:*:b/*""#;
    let have = format!(
        "{},{}",
        allow(r#""oss:*""#, any),
        deny(r#""oss:Delete*""#, object)
    );
    yes(&have, &allow(r#""oss:Get*""#, any));
    yes(&have, &allow(r#""oss:*""#, r#""acs:oss:*:*:c/*""#));
    assert_eq!(
        no(&have, &allow(r#""oss:*""#, object)).action,
        "oss:DeleteObject"
    );
    // The needed policies' own Deny is taken off.
    yes(
        &have,
        &format!(
            "{},{}",
            allow(r#""oss:*""#, object),
            deny(r#""oss:De*""#, any)
        ),
    );
    no(
        &have,
        &format!(
            "{},{}",
            allow(r#""oss:*""#, object),
            deny(r#""oss:DeleteO*""#, any)
        ),
    );
    yes(
        &allow(r#""x:Y""#, any),
        &format!("{},{}", allow(any, any), deny(any, any)),
    );
    let not = r#"{"Effect":"Deny","NotAction":"oss:Get*","Resource":"*"}"#;
    yes(
        &allow(r#""oss:Get*""#, any),
        &format!("{},{not}", allow(any, any)),
    );
    no(
        &format!("{},{not}", allow(any, any)),
        &allow(r#"["oss:Get*","oss:Put*"]"#, any),
    );
}

#[test]
fn conditions_by_implication() {
    let all = allow(r#""oss:*""#, r#""*""#);
    let ip = |list: &str| {
        under(
            &all,
            &format!(r#"{{"IpAddress":{{"acs:SourceIp":{list}}}}}"#),
        )
    };
    yes(&all, &ip(r#""10.0.0.0/8""#));
    yes(
        &ip(r#"["10.0.0.0/8","11.0.0.0/8"]"#),
        &ip(r#"["10.1.0.0/16","11.2.3.4"]"#),
    );
    let request = no(
        &ip(r#"["10.0.0.0/8"]"#),
        &ip(r#"["10.1.0.0/16","11.2.3.4"]"#),
    );
    assert_eq!(request.context.iter().next().unwrap().1, ["11.2.3.4"]);
    no(&ip(r#""10.0.0.0/8""#), &all);
    let prefix =
        |op: &str, list: &str| under(&all, &format!(r#"{{"{op}":{{"oss:Prefix":{list}}}}}"#));
    yes(
        &prefix("StringLike", r#""a*""#),
        &prefix("StringEquals", r#"["ab","ac"]"#),
    );
    yes(
        &prefix("StringLike", r#"["a*","b*"]"#),
        &prefix("StringLike", r#"["ab*","b"]"#),
    );
    no(
        &prefix("StringLike", r#""a*""#),
        &prefix("StringEquals", r#"["ab","b"]"#),
    );
    yes(
        &prefix("StringNotEquals", r#"["a"]"#),
        &prefix("StringNotEquals", r#"["a","b"]"#),
    );
    no(
        &prefix("StringNotEquals", r#"["a","b"]"#),
        &prefix("StringNotEquals", r#"["a"]"#),
    );
    let time =
        |op: &str, at: &str| under(&all, &format!(r#"{{"{op}":{{"acs:CurrentTime":"{at}"}}}}"#));
    yes(
        &time("DateLessThan", "2027-01-01T00:00:00Z"),
        &time("DateLessThan", "2026-01-01T00:00:00Z"),
    );
    no(
        &time("DateLessThan", "2026-01-01T00:00:00Z"),
        &time("DateLessThan", "2027-01-01T00:00:00Z"),
    );
    // One value there is; several there may be.
    let tag = |op: &str, value: &str| {
        under(
            &all,
            &format!(r#"{{"{op}":{{"acs:RequestTag/a":"{value}"}}}}"#),
        )
    };
    no(&tag("StringNotEquals", "x"), &tag("StringEquals", "y"));
    let vpc = |op: &str, value: &str| {
        under(
            &all,
            &format!(r#"{{"{op}":{{"acs:SourceVpc":"{value}"}}}}"#),
        )
    };
    yes(&vpc("StringNotEquals", "x"), &vpc("StringEquals", "y"));
}

#[test]
fn conditions_of_denies() {
    let all = allow(r#""oss:*""#, r#""*""#);
    let insecure = under(
        &deny(r#""oss:*""#, r#""*""#),
        r#"{"Bool":{"acs:SecureTransport":"false"}}"#,
    );
    let both = format!("{all},{insecure}");
    yes(&both, &both);
    yes(&all, &both);
    let request = no(&both, &all);
    assert_eq!(request.context.iter().next().unwrap().1, ["false"]);
    let secure = under(&all, r#"{"Bool":{"acs:SecureTransport":"true"}}"#);
    yes(&both, &secure);
    yes(&secure, &secure);
}

#[test]
fn keys_that_an_action_never_carries() {
    let any = r#""*""#;
    let imm = r#"{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}"#;
    // On everything but ram:PassRole the condition is false.
    let wide = under(&allow(any, any), imm);
    let narrow = under(&allow(r#""ram:PassRole""#, any), imm);
    yes(&narrow, &wide);
    let request = no(
        &narrow,
        &under(
            &allow(r#""ram:PassRole""#, any),
            r#"{"StringLike":{"acs:Service":"*"}}"#,
        ),
    );
    assert_eq!(request.action, "ram:PassRole");
    assert_eq!(request.context.iter().count(), 1);
    // It is carried always, so that a pattern that fits everything is no condition.
    let any_service = under(
        &allow(r#""ram:PassRole""#, any),
        r#"{"StringLike":{"acs:Service":"*"}}"#,
    );
    yes(&any_service, &allow(r#""ram:PassRole""#, any));
    // A negated one is true there.
    let not = under(
        &allow(r#""ram:*""#, any),
        r#"{"StringNotEquals":{"acs:Service":"ecs.aliyuncs.com"}}"#,
    );
    yes(&not, &allow(r#""ram:GetRole""#, any));
    assert_eq!(no(&not, &allow(r#""ram:*""#, any)).action, "ram:PassRole");
    let oss_key = under(&allow(any, any), r#"{"StringLike":{"oss:Prefix":"*"}}"#);
    yes(&allow(r#""oss:*""#, any), &oss_key);
    no(&allow(r#""mns:*""#, any), &oss_key);
    // The service of a key is in play though no pattern names it.
    let foreign = under(&allow(any, any), r#"{"StringEquals":{"kms:tag/a":"b"}}"#);
    assert!(
        no(&allow(r#""oss:*""#, any), &foreign)
            .action
            .starts_with("kms:")
    );
    let external = under(
        &allow(r#""sts:*""#, any),
        r#"{"StringEquals":{"sts:ExternalId":"x"}}"#,
    );
    yes(&allow(r#""sts:AssumeRole""#, any), &external);
}

#[test]
fn what_cannot_be_decided_says_why() {
    let all = allow(r#""oss:*""#, r#""*""#);
    let opaque = under(&all, r#"{"BoolIfExists":{"acs:MFAPresent":"true"}}"#);
    yes(&opaque, &opaque);
    yes(&all, &opaque);
    let undecided = unknown(&opaque, &all);
    assert_eq!(undecided.keys, ["acs:MFAPresent"]);
    assert!(
        undecided.reason.contains("`acs:MFAPresent`"),
        "{}",
        undecided.reason
    );
    // Two halves that are whole only together.
    let prefix = |op: &str| under(&all, &format!(r#"{{"{op}":{{"acs:UserAgent":"a*"}}}}"#));
    let halves = format!("{},{}", prefix("StringLike"), prefix("StringNotLike"));
    assert_eq!(
        unknown(&halves, &all).statements,
        [StatementRef {
            document: 0,
            index: 0
        }]
    );
}

#[test]
fn the_work_is_bounded() {
    let hard = |letter: &str| {
        let patterns: Vec<String> = (0..40)
            .map(|i| format!(r#""oss:{}*""#, format!("*{letter}?").repeat(i % 7 + 3)))
            .collect();
        patterns.join(",")
    };
    let have = format!(
        "{},{}",
        allow(&format!("[{}]", hard("a")), r#""*""#),
        deny(&format!("[{}]", hard("b")), r#""*""#)
    );
    let need = allow(&format!("[{}]", hard("c")), r#""*""#);
    match covers_within(&documents(&[&have]), &documents(&[&need]), 100_000) {
        Coverage::Unknown(undecided) => {
            assert!(undecided.keys.is_empty());
            assert!(
                undecided.reason.contains("100000 steps"),
                "{}",
                undecided.reason
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_remedy_is_the_statement_that_is_missing() {
    let need = documents(&[&format!(
        "{},{}",
        allow(r#""mns:*""#, r#""*""#),
        allow(r#"["oss:GetObject"]"#, r#""acs:oss:*:*:b/*""#)
    )]);
    let have = documents(&[&allow(r#""mns:*""#, r#""*""#)]);
    let Coverage::No(witness) = covers(&have, &need) else {
        panic!()
    };
    let remedy = witness.remedy(&need).unwrap();
    assert_eq!(
        remedy,
        r#"{"Effect":"Allow","Action":["oss:GetObject"],"Resource":"acs:oss:*:*:b/*"}"#
    );
    let mended = documents(&[&format!("{},{remedy}", allow(r#""mns:*""#, r#""*""#))]);
    assert_eq!(covers(&mended, &need), Coverage::Yes);
    let denied = documents(&[&format!(
        "{},{}",
        allow(r#""*""#, r#""*""#),
        deny(r#""oss:*""#, r#""*""#)
    )]);
    let Coverage::No(witness) = covers(&denied, &need) else {
        panic!()
    };
    assert_eq!(witness.remedy(&need), None);
}

#[test]
fn several_documents_are_one() {
    let have = documents(&[
        &allow(r#""oss:Get*""#, r#""*""#),
        &allow(r#""oss:Put*""#, r#""*""#),
    ]);
    let need = documents(&[&allow(r#"["oss:GetObject","oss:PutObject"]"#, r#""*""#)]);
    assert_eq!(covers(&have, &need), Coverage::Yes);
    assert_eq!(covers(&[], &[]), Coverage::Yes);
    assert_eq!(covers(&have, &[]), Coverage::Yes);
    let Coverage::No(witness) = covers(&[], &have) else {
        panic!()
    };
    assert_eq!(
        witness.allowed_by,
        [StatementRef {
            document: 0,
            index: 0
        }]
    );
}
