//! A green plan applies, and a red plan would have failed: random callers, roles and policies are
//! planned, then applied with every check off, and the sandbox has the last word.
//!
//! `AGREEMENT_CASES` is how many (12), `AGREEMENT_SEED` where they begin (1); the same seed makes the
//! same cases.

use crate::support::hcl::resource;
use crate::support::{Sandbox, Workspace, with_terraform};

/// A small generator of numbers, so that a seed replays.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // Xorshift, of Marsaglia.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.roll(all.len())]
    }

    /// Each with a chance of one in two.
    fn some<'a>(&mut self, all: &[&'a str]) -> Vec<&'a str> {
        all.iter().copied().filter(|_| self.roll(2) == 0).collect()
    }
}

const TRUSTED: &[&str] = &[
    "imm.aliyuncs.com",
    "imm.aliyuncs.com",
    "imm.aliyuncs.com",
    "ecs.aliyuncs.com",
];

/// What a role may do.
const ROLE: &[&str] = &[
    r#"{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:media/*"}"#,
    r#"{"Effect":"Allow","Action":["oss:Get*","oss:PutObject"],"Resource":["acs:oss:*:*:media","acs:oss:*:*:media/*"]}"#,
    r#"{"Effect":"Allow","Action":"mns:*","Resource":"*"}"#,
    r#"{"Effect":"Deny","Action":"oss:GetObject","Resource":"acs:oss:*:*:media/private/*"}"#,
    r#"{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}"#,
];

/// What a caller may do.
const CALLER: &[&str] = &[
    r#"{"Effect":"Allow","Action":"imm:*","Resource":"*"}"#,
    r#"{"Effect":"Allow","Action":["imm:CreateProject","imm:GetProject"],"Resource":"acs:imm:*:*:project/media*"}"#,
    r#"{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}"#,
    r#"{"Effect":"Allow","Action":"ram:PassRole","Resource":"acs:ram:*:*:role/media-*","Condition":{"StringLike":{"acs:Service":"imm.*"}}}"#,
    r#"{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"ecs.aliyuncs.com"}}}"#,
    r#"{"Effect":"Allow","Action":"oss:*","Resource":"*"}"#,
    r#"{"Effect":"Allow","Action":"oss:*","Resource":"acs:oss:*:*:media*"}"#,
    r#"{"Effect":"Allow","Action":"mns:*","Resource":"*"}"#,
    r#"{"Effect":"Deny","Action":"oss:GetObject","Resource":"acs:oss:*:*:media/private/*"}"#,
    r#"{"Effect":"Deny","Action":"imm:CreateProject","Resource":"acs:imm:*:*:project/media-3"}"#,
];

/// What every caller has, so that its rights can be read whole.
const READS: &str = r#"{"Effect":"Allow","Action":["ram:Get*","ram:List*"],"Resource":"*"}"#;

fn document(statements: &[&str]) -> String {
    format!(
        r#"{{"Version":"1","Statement":[{}]}}"#,
        statements.join(",")
    )
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

#[test]
fn plans_and_the_cloud_agree() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        let cloud = Sandbox::serve(&workspace.database());
        let seed = number("AGREEMENT_SEED", 1);
        let cases = number("AGREEMENT_CASES", 12);
        let mut seen = [0_u64; 2];
        for case in seed..seed + cases {
            let mut dice = Dice(case.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
            let name = format!("media-{case}");
            let trust = format!(
                r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"Service":["{}"]}}}}]}}"#,
                dice.pick(TRUSTED)
            );
            let role = dice.some(ROLE);
            let caller = dice.some(CALLER);
            cloud.ram(
                "CreateRole",
                &[("RoleName", &name), ("AssumeRolePolicyDocument", &trust)],
            );
            if !role.is_empty() {
                let policy = format!("role-{case}");
                cloud.ram(
                    "CreatePolicy",
                    &[
                        ("PolicyName", &policy),
                        ("PolicyDocument", &document(&role)),
                    ],
                );
                cloud.ram(
                    "AttachPolicyToRole",
                    &[
                        ("PolicyName", &policy),
                        ("PolicyType", "Custom"),
                        ("RoleName", &name),
                    ],
                );
            }
            let policy = format!("caller-{case}");
            let mut statements = caller.clone();
            statements.push(READS);
            cloud.ram(
                "CreatePolicy",
                &[
                    ("PolicyName", &policy),
                    ("PolicyDocument", &document(&statements)),
                ],
            );
            cloud.ram("CreateUser", &[("UserName", &name)]);
            cloud.ram(
                "AttachPolicyToUser",
                &[
                    ("PolicyName", &policy),
                    ("PolicyType", "Custom"),
                    ("UserName", &name),
                ],
            );
            let key = cloud.ram("CreateAccessKey", &[("UserName", &name)]);
            let field = |field: &str| key["AccessKey"][field].as_str().unwrap().to_owned();
            let (id, secret) = (field("AccessKeyId"), field("AccessKeySecret"));

            let _ = std::fs::remove_file(workspace.folder().join("terraform.tfstate"));
            workspace.config(&resource(
                "imm_project",
                &[
                    &format!("project_name = \"{name}\""),
                    &format!("service_role = \"{name}\""),
                ],
            ));
            workspace.use_server(&cloud.url, &id, &secret);
            let planned = workspace.run(&["plan", "-input=false", "-json"]);
            let green = planned.status.success();

            // The same with every check off: nothing but the cloud refuses.
            let provider = std::fs::read_to_string(workspace.folder().join("provider.tf")).unwrap();
            workspace.write(
                "provider.tf",
                &provider.replacen(
                    "{\n",
                    "{\n  plan_checks = { IMM1xx = \"off\", IMM2xx = \"off\", IMM3xx = \"off\", IMM4xx = \"off\", IMM5xx = \"off\" }\n",
                    1,
                ),
            );
            let applied = workspace.run(&["apply", "-input=false", "-auto-approve", "-json"]);
            // Reading the project back is another right than making it.
            let made = !cloud.imm("ListProjects", &[("Prefix", &name)])["Projects"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|project| project["ProjectName"] == name.as_str())
                .collect::<Vec<_>>()
                .is_empty();
            assert_eq!(
                green, made,
                "case {case} (AGREEMENT_SEED={case} AGREEMENT_CASES=1): the plan says {green}, the cloud {made}\n\
                 trust: {trust}\nrole: {role:#?}\ncaller: {caller:#?}\n{planned}\n{applied}"
            );
            seen[usize::from(green)] += 1;
        }
        if cases >= 12 {
            assert!(
                seen.iter().all(|count| *count > 0),
                "the cases are all alike: {seen:?}"
            );
        }
    });
}
