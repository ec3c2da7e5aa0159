//! What is proved at plan: broken set-ups fail there, on the right attribute, with their code; what
//! the message says mends them; and good ones are left alone.

use serde_json::Value;

use crate::support::hcl::{argument, chain, data, resource};
use crate::support::{Diagnostic, Sandbox, Workspace, over_versions, with_terraform};

const VERSIONS: [&str; 3] = ["1.6.6", "1.11.4", "1.15.5"];

/// One faulty document: its name, its text, the code of the error.
type Case = (&'static str, &'static str, &'static str);

const TRUST: &[Case] = &[
    (
        "t101",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["ecs.aliyuncs.com"]}}]}"#,
        "IMM101",
    ),
    (
        "t102",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}},{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["*"]}}]}"#,
        "IMM102",
    ),
    (
        "t103",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRoles","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#,
        "IMM103",
    ),
    (
        "t104",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}},{"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#,
        "IMM104",
    ),
    (
        "t106",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]},"Resource":"*"}]}"#,
        "IMM106",
    ),
    (
        "t201",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"],}}]}"#,
        "IMM201",
    ),
    (
        "t202",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}"#,
        "IMM202",
    ),
    (
        "t203",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#,
        "IMM203",
    ),
    (
        "t204",
        r#"{"Version":"1","Statement":[{"Effect":"allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#,
        "IMM204",
    ),
    (
        "t206",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principals":{"Service":["imm.aliyuncs.com"]}}]}"#,
        "IMM206",
    ),
];

const POLICIES: &[Case] = &[
    ("p201", "policy.json", "IMM201"),
    (
        "p201b",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject" "Resource":"*"}]}"#,
        "IMM201",
    ),
    (
        "p202",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject"}]}"#,
        "IMM202",
    ),
    ("p202b", r#"{"Version":"1","Statement":"all"}"#, "IMM202"),
    (
        "p202c",
        r#"{"Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}"#,
        "IMM202",
    ),
    (
        "p203",
        r#"{"Version":"2","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}"#,
        "IMM203",
    ),
    (
        "p204",
        r#"{"Version":"1","Statement":[{"Effect":"Permit","Action":"oss:GetObject","Resource":"*"}]}"#,
        "IMM204",
    ),
    (
        "p205",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","NotAction":"oss:PutObject","Resource":"*"}]}"#,
        "IMM205",
    ),
    (
        "p206",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Actions":"oss:GetObject","Action":"oss:PutObject","Resource":"*"}]}"#,
        "IMM206",
    ),
    (
        "p206b",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*","Condition":{"StringEqual":{"oss:Prefix":"a"}}}]}"#,
        "IMM206",
    ),
    (
        "p206c",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*","Condition":{"BoolIfExists":{"acs:MFAPresent":"true"}}}]}"#,
        "IMM206",
    ),
    (
        "p207",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"my-bucket/*"}]}"#,
        "IMM207",
    ),
    (
        "p207b",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"arn:acs:oss:*:*:b"}]}"#,
        "IMM207",
    ),
    (
        "p301",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:PassRole","Resource":"*"}]}"#,
        "IMM301",
    ),
    (
        "p301b",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["ram:PassRole"],"Resource":"acs:ram:*:*:role/media"}]}"#,
        "IMM301",
    ),
    (
        "p301c",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:*","Resource":"*"}]}"#,
        "IMM301",
    ),
    (
        "p301d",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        "IMM301",
    ),
    (
        "p301e",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","NotAction":"oss:DeleteObject","Resource":"*"}]}"#,
        "IMM301",
    ),
    (
        "p301f",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"RAM:Pass*","Resource":"*"}]}"#,
        "IMM301",
    ),
    (
        "p302",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"ecs.aliyuncs.com"}}}]}"#,
        "IMM302",
    ),
    (
        "p303",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringLike":{"acs:Service":"*"}}}]}"#,
        "IMM303",
    ),
    (
        "p303b",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringNotEquals":{"acs:Service":"ecs.aliyuncs.com"}}}]}"#,
        "IMM303",
    ),
];

/// A document as the resource that holds it.
fn holder(name: &str, text: &str) -> String {
    if name.starts_with('t') {
        resource(
            &format!("imm_service_role.{name}"),
            &[
                &format!("role_name = \"{name}\""),
                &argument("assume_role_policy_document", text),
            ],
        )
    } else {
        resource(
            &format!("imm_role_policy.{name}"),
            &[
                &format!("policy_name = \"{name}\""),
                &argument("policy_document", text),
            ],
        )
    }
}

/// The mended document in the text of a finding.
fn mended(diagnostic: &Diagnostic) -> Option<String> {
    let (_, document) = diagnostic.detail().split_once("The document mended:\n\n")?;
    let text: String = document.lines().map(str::trim_start).collect();
    serde_json::from_str::<Value>(&text).unwrap();
    Some(text)
}

fn has(diagnostics: &[Diagnostic], address: &str, code: &str, argument: &str) -> bool {
    diagnostics.iter().any(|diagnostic| {
        diagnostic.address() == address
            && diagnostic.detail().starts_with(code)
            && diagnostic.code().trim_start().starts_with(argument)
    })
}

fn shown(diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .iter()
        .map(|diagnostic| format!("{diagnostic}\n\n"))
        .collect()
}

#[test]
fn faulty_documents_fail_the_plan_and_are_mended_by_pasting() {
    over_versions(&VERSIONS, |terraform| {
        let workspace = Workspace::new(terraform);
        let cases = || TRUST.iter().chain(POLICIES);
        workspace.config(
            &cases()
                .map(|(name, text, _)| holder(name, text))
                .collect::<String>(),
        );
        let errors = workspace.plan_fails();
        let mut pasted = String::new();
        let mut left = Vec::new();
        for (name, _, code) in cases() {
            let (address, argument) = if name.starts_with('t') {
                (
                    format!("imm_service_role.{name}"),
                    "assume_role_policy_document",
                )
            } else {
                (format!("imm_role_policy.{name}"), "policy_document")
            };
            assert!(
                has(&errors, &address, code, argument),
                "{address} {code}\n{}",
                shown(&errors)
            );
            let finding = errors
                .iter()
                .find(|error| error.address() == address && error.detail().starts_with(code))
                .unwrap();
            match mended(finding) {
                Some(text) => pasted.push_str(&holder(name, &text)),
                None => left.push(*name),
            }
        }
        // What only the author knows cannot be pasted.
        assert!(left.len() <= 12, "without a mended document: {left:?}");
        workspace.config(&pasted);
        workspace.plan();
    });
}

#[test]
fn services_that_leave_imm_out_are_found_where_they_are_written() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.config(&resource(
            "imm_service_role",
            &[
                "role_name = \"media\"",
                "trusted_services = [\"ecs.aliyuncs.com\"]",
            ],
        ));
        let errors = workspace.plan_fails();
        assert!(
            has(
                &errors,
                "imm_service_role.this",
                "IMM101",
                "trusted_services"
            ),
            "{}",
            shown(&errors)
        );
        // Others beside IMM are a warning.
        workspace.config(&resource(
            "imm_service_role",
            &[
                "role_name = \"media\"",
                "trusted_services = [\"ecs.aliyuncs.com\", \"imm.aliyuncs.com\"]",
            ],
        ));
        let plan = workspace.plan();
        assert!(
            has(
                &plan.warnings,
                "imm_service_role.this",
                "IMM105",
                "trusted_services"
            ),
            "{}",
            shown(&plan.warnings)
        );
    });
}

#[test]
fn a_project_is_judged_by_its_own_configuration() {
    over_versions(&VERSIONS, |terraform| {
        let workspace = Workspace::new(terraform);
        let project = |name: &str, lines: &[&str]| {
            let called = format!("project_name = \"{name}\"");
            let mut all = vec![called.as_str()];
            all.extend(lines);
            resource(&format!("imm_project.{name}"), &all)
        };
        workspace.config(
            &[
                project(
                    "arn",
                    &["service_role = \"acs:ram::1234567890123456:role/media\""],
                ),
                project("low", &["dataset_max_bind_count = 0"]),
                project("high", &["dataset_max_bind_count = 11"]),
                project("files", &["dataset_max_file_count = 100000001"]),
                project("sets", &["project_max_dataset_count = 1000000001"]),
                resource("imm_project.name", &["project_name = \"1st\""]),
            ]
            .concat(),
        );
        let errors = workspace.plan_fails();
        for (address, code, argument) in [
            ("imm_project.arn", "IMM401", "service_role"),
            ("imm_project.low", "IMM405", "dataset_max_bind_count"),
            ("imm_project.high", "IMM405", "dataset_max_bind_count"),
            ("imm_project.files", "IMM405", "dataset_max_file_count"),
            ("imm_project.sets", "IMM405", "project_max_dataset_count"),
            ("imm_project.name", "IMM406", "project_name"),
        ] {
            let found = errors.iter().any(|error| {
                error.address() == address
                    && error.detail().contains(code)
                    && error.code().trim_start().starts_with(argument)
            });
            assert!(found, "{address} {code}\n{}", shown(&errors));
        }
    });
}

const UNTRUSTING: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["ecs.aliyuncs.com"]}}]}"#;
const TRUSTING: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#;

fn project_on(role: &str) -> String {
    resource(
        "imm_project",
        &[
            "project_name = \"media\"",
            &format!("service_role = \"{role}\""),
        ],
    )
}

#[test]
fn a_project_is_judged_against_the_role_that_exists() {
    over_versions(&VERSIONS, |terraform| {
        let workspace = Workspace::new(terraform);
        workspace.config("");
        workspace.plan();
        let cloud = Sandbox::serve(&workspace.database());
        cloud.ram(
            "CreateRole",
            &[
                ("RoleName", "Other"),
                ("AssumeRolePolicyDocument", UNTRUSTING),
            ],
        );
        workspace.config(&project_on("Other"));
        let errors = workspace.plan_fails();
        assert!(
            has(&errors, "imm_project.this", "IMM402", "service_role"),
            "{}",
            shown(&errors)
        );

        // Mended as the message says, the role still may do nothing.
        cloud.ram(
            "UpdateRole",
            &[
                ("RoleName", "Other"),
                ("NewAssumeRolePolicyDocument", TRUSTING),
            ],
        );
        let plan = workspace.plan();
        assert!(
            has(&plan.warnings, "imm_project.this", "IMM404", "service_role"),
            "{}",
            shown(&plan.warnings)
        );
        for policy in ["AliyunOSSFullAccess", "AliyunMNSFullAccess"] {
            cloud.ram(
                "AttachPolicyToRole",
                &[
                    ("RoleName", "Other"),
                    ("PolicyName", policy),
                    ("PolicyType", "System"),
                ],
            );
        }
        let plan = workspace.plan();
        assert!(
            !shown(&plan.warnings).contains("IMM404"),
            "{}",
            shown(&plan.warnings)
        );
        workspace.apply();
    });
}

#[test]
fn a_role_that_is_nowhere_is_a_warning_at_plan_and_an_error_at_the_write() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.config(&project_on("Nowhere"));
        let plan = workspace.plan();
        assert!(
            has(&plan.warnings, "imm_project.this", "IMM403", "service_role"),
            "{}",
            shown(&plan.warnings)
        );
        let errors = workspace.apply_fails();
        assert!(
            has(&errors, "imm_project.this", "IMM403", "service_role"),
            "{}",
            shown(&errors)
        );
        Sandbox::serve(&workspace.database()).assert_projects(&[]);
    });
}

/// A policy that grants the least that IMM needs, and nothing that is worth a word.
const ENOUGH: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject","oss:PutObject"],"Resource":"acs:oss:*:*:media/*"},{"Effect":"Allow","Action":"mns:PublishMessage","Resource":"*"},{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}]}"#;

/// Role, policy, attachment and project, the project tied to whatever is said.
fn graph(project_lines: &[&str]) -> String {
    let mut project = vec!["project_name = \"media\""];
    project.extend(project_lines);
    [
        resource("imm_service_role", &["role_name = \"media\""]),
        resource(
            "imm_role_policy",
            &[
                "policy_name = \"media\"",
                &argument("policy_document", ENOUGH),
            ],
        ),
        resource(
            "imm_role_policy_attachment",
            &[
                "policy_name = imm_role_policy.this.policy_name",
                "role_name   = imm_service_role.this.role_name",
            ],
        ),
        resource("imm_project", &project),
    ]
    .concat()
}

#[test]
fn a_set_up_that_is_all_new_is_clean_in_every_order() {
    over_versions(&VERSIONS, |terraform| {
        for lines in [
            // After the attachment, beside it, and without a reference at all.
            &[
                "service_role = imm_service_role.this.role_name",
                "depends_on = [imm_role_policy_attachment.this]",
            ][..],
            &["service_role = imm_service_role.this.role_name"],
            &["service_role = \"media\""],
        ] {
            let workspace = Workspace::new(terraform);
            workspace.config(&graph(lines));
            let plan = workspace.plan();
            assert!(
                plan.warnings.is_empty(),
                "{lines:?}\n{}",
                shown(&plan.warnings)
            );
        }
    });
}

#[test]
fn a_role_and_an_attachment_that_leave_are_missed() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let role = resource("imm_service_role", &["role_name = \"media\""]);
        workspace.deploy(&[role.as_str(), &project_on("media")].concat());
        // The project stays, and its role goes.
        workspace.config(&project_on("media"));
        let plan = workspace.plan();
        assert!(
            has(&plan.warnings, "imm_project.this", "IMM403", "service_role"),
            "{}",
            shown(&plan.warnings)
        );
    });
}

#[test]
fn what_is_known_only_at_apply_is_judged_then() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let role = |services: &str| {
            [
                resource("terraform_data", &[&format!("input = {services}")]),
                resource(
                    "imm_service_role",
                    &[
                        "role_name = \"media\"",
                        "trusted_services = [terraform_data.this.output]",
                    ],
                ),
                resource(
                    "imm_project",
                    &[
                        "project_name = \"media\"",
                        "service_role = imm_service_role.this.role_name",
                    ],
                ),
            ]
            .concat()
        };
        workspace.config(&role("\"ecs.aliyuncs.com\""));
        workspace.plan();
        let errors = workspace.apply_fails();
        assert!(
            errors
                .iter()
                .any(|error| error.address() == "imm_service_role.this"
                    && error.detail().starts_with("IMM101")),
            "{}",
            shown(&errors)
        );
        let cloud = Sandbox::serve(&workspace.database());
        cloud.assert_roles(&[]);
        workspace.config(&role("\"imm.aliyuncs.com\""));
        workspace.plan();
        workspace.apply();
    });
}

#[test]
fn severities_are_the_authors() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let everything = resource(
            "imm_role_policy",
            &[
                "policy_name = \"media\"",
                &argument(
                    "policy_document",
                    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:PassRole","Resource":"*"}]}"#,
                ),
            ],
        );
        let provider = |checks: &str| {
            workspace.write(
                "provider.tf",
                &format!("provider \"imm\" {{\n  region = \"cn-hangzhou\"\n  plan_checks = {{ {checks} }}\n}}\n"),
            );
        };
        workspace.config(&everything);
        provider("IMM301 = \"warn\"");
        let plan = workspace.plan();
        assert!(
            has(
                &plan.warnings,
                "imm_role_policy.this",
                "IMM301",
                "policy_document"
            ),
            "{}",
            shown(&plan.warnings)
        );
        provider("IMM3xx = \"off\"");
        assert!(workspace.plan().warnings.is_empty());
        workspace.apply();
        provider("IMM3xx = \"off\", IMM301 = \"error\"");
        let errors = workspace.plan_fails();
        assert!(
            has(&errors, "imm_role_policy.this", "IMM301", "policy_document"),
            "{}",
            shown(&errors)
        );
        provider("IMM999 = \"off\"");
        let errors = workspace.plan_fails();
        assert!(
            shown(&errors).contains("IMM301") && shown(&errors).contains("IMM5xx"),
            "{}",
            shown(&errors)
        );
    });
}

/// A user with these system policies; the workspace then acts as it.
fn act_as(workspace: &mut Workspace, cloud: &Sandbox, name: &str, policies: &[&str]) {
    cloud.ram("CreateUser", &[("UserName", name)]);
    for policy in policies {
        cloud.ram(
            "AttachPolicyToUser",
            &[
                ("UserName", name),
                ("PolicyName", policy),
                ("PolicyType", "System"),
            ],
        );
    }
    let answer = cloud.ram("CreateAccessKey", &[("UserName", name)]);
    let field = |field: &str| answer["AccessKey"][field].as_str().unwrap().to_owned();
    workspace.use_server(&cloud.url, &field("AccessKeyId"), &field("AccessKeySecret"));
}

fn ordered() -> String {
    graph(&[
        "service_role = imm_service_role.this.role_name",
        "depends_on = [imm_role_policy_attachment.this]",
    ])
}

#[test]
fn a_caller_without_the_rights_to_write_learns_it_at_plan() {
    over_versions(&VERSIONS, |terraform| {
        let mut workspace = Workspace::new(terraform);
        let cloud = Sandbox::serve(&workspace.database());
        act_as(
            &mut workspace,
            &cloud,
            "reader",
            &["AliyunIMMReadOnlyAccess", "AliyunRAMReadOnlyAccess"],
        );
        workspace.config(&ordered());
        let errors = workspace.plan_fails();
        // Terraform plans nothing that depends on what failed.
        for (address, argument) in [
            ("imm_service_role.this", "role_name"),
            ("imm_role_policy.this", "policy_name"),
        ] {
            assert!(
                has(&errors, address, "IMM501", argument),
                "{address}\n{}",
                shown(&errors)
            );
        }

        cloud.ram(
            "CreateRole",
            &[
                ("RoleName", "there"),
                ("AssumeRolePolicyDocument", TRUSTING),
            ],
        );
        workspace.config(
            &[
                resource(
                    "imm_role_policy_attachment",
                    &[
                        "policy_name = \"AliyunOSSReadOnlyAccess\"",
                        "policy_type = \"System\"",
                        "role_name = \"there\"",
                    ],
                ),
                project_on("there"),
            ]
            .concat(),
        );
        let errors = workspace.plan_fails();
        for (address, argument) in [
            ("imm_role_policy_attachment.this", "policy_name"),
            ("imm_project.this", "project_name"),
        ] {
            assert!(
                has(&errors, address, "IMM501", argument),
                "{address}\n{}",
                shown(&errors)
            );
        }
        assert!(
            has(&errors, "imm_project.this", "IMM502", "service_role"),
            "{}",
            shown(&errors)
        );
    });
}

#[test]
fn imm_full_access_does_not_cover_a_role_with_rights_of_its_own() {
    over_versions(&VERSIONS, |terraform| {
        let mut workspace = Workspace::new(terraform);
        let cloud = Sandbox::serve(&workspace.database());
        act_as(
            &mut workspace,
            &cloud,
            "media",
            &["AliyunIMMFullAccess", "AliyunRAMFullAccess"],
        );
        workspace.config(&ordered());
        let errors = workspace.plan_fails();
        assert!(
            has(&errors, "imm_project.this", "IMM503", "service_role"),
            "{}",
            shown(&errors)
        );
        let finding = errors
            .iter()
            .find(|error| error.detail().starts_with("IMM503"))
            .unwrap();
        assert!(
            finding.detail().contains("oss:") || finding.detail().contains("mns:"),
            "{finding}"
        );

        // With what the role has, the same plan is good and the apply goes through.
        for policy in ["AliyunOSSFullAccess", "AliyunMNSFullAccess"] {
            cloud.ram(
                "AttachPolicyToUser",
                &[
                    ("UserName", "media"),
                    ("PolicyName", policy),
                    ("PolicyType", "System"),
                ],
            );
        }
        let plan = workspace.plan();
        assert!(plan.warnings.is_empty(), "{}", shown(&plan.warnings));
        workspace.apply();
        workspace.plan().assert_no_changes();
    });
}

#[test]
fn a_caller_that_may_not_pass_the_role_learns_it_at_plan() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        let cloud = Sandbox::serve(&workspace.database());
        cloud.ram(
            "CreatePolicy",
            &[
                ("PolicyName", "projects"),
                ("PolicyDocument", r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["imm:*","oss:*","mns:*","sts:*"],"Resource":"*"},{"Effect":"Allow","Action":["ram:Get*","ram:List*"],"Resource":"*"},{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"ecs.aliyuncs.com"}}}]}"#),
            ],
        );
        cloud.ram(
            "CreateRole",
            &[
                ("RoleName", "media"),
                ("AssumeRolePolicyDocument", TRUSTING),
            ],
        );
        act_as(&mut workspace, &cloud, "media", &[]);
        // By a group, which counts like the user's own.
        cloud.ram("CreateGroup", &[("GroupName", "media")]);
        cloud.ram(
            "AddUserToGroup",
            &[("GroupName", "media"), ("UserName", "media")],
        );
        cloud.ram(
            "AttachPolicyToGroup",
            &[
                ("GroupName", "media"),
                ("PolicyName", "projects"),
                ("PolicyType", "Custom"),
            ],
        );
        workspace.config(&project_on("media"));
        let errors = workspace.plan_fails();
        assert!(
            has(&errors, "imm_project.this", "IMM502", "service_role"),
            "{}",
            shown(&errors)
        );
        assert!(!shown(&errors).contains("IMM501"), "{}", shown(&errors));
    });
}

#[test]
fn the_chain_of_the_other_scenarios_has_no_error() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.config(&chain());
        workspace.plan();
    });
}

/// A custom policy on a user, made as the root.
fn grant(cloud: &Sandbox, user: &str, policy: &str, document: &str) {
    cloud.ram(
        "CreatePolicy",
        &[("PolicyName", policy), ("PolicyDocument", document)],
    );
    cloud.ram(
        "AttachPolicyToUser",
        &[
            ("UserName", user),
            ("PolicyName", policy),
            ("PolicyType", "Custom"),
        ],
    );
}

#[test]
fn what_cannot_be_read_of_the_caller_is_said_once_and_is_no_error() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        let cloud = Sandbox::serve(&workspace.database());
        act_as(&mut workspace, &cloud, "blind", &[]);
        // May make roles, and may not read its own policies.
        grant(
            &cloud,
            "blind",
            "roles",
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["ram:CreateRole","ram:GetRole","ram:ListTagResources"],"Resource":"*"}]}"#,
        );
        workspace.config(
            &["one", "two", "three"]
                .map(|name| {
                    resource(
                        &format!("imm_service_role.{name}"),
                        &[&format!("role_name = \"{name}\"")],
                    )
                })
                .concat(),
        );
        let plan = workspace.plan();
        let told: Vec<_> = plan
            .warnings
            .iter()
            .filter(|warning| warning.detail().starts_with("IMM504"))
            .collect();
        assert_eq!(told.len(), 1, "{}", shown(&plan.warnings));
        assert!(
            told[0].detail().contains("ram:ListPoliciesForUser"),
            "{}",
            told[0]
        );
        workspace.apply();
        cloud.assert_roles(&["one", "three", "two"]);
    });
}

#[test]
fn a_session_of_a_role_has_the_rights_of_the_role() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        let cloud = Sandbox::serve(&workspace.database());
        let account = &cloud.account_id;
        cloud.ram("CreateUser", &[("UserName", "media")]);
        grant(
            &cloud,
            "media",
            "assume",
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}"#,
        );
        let answer = cloud.ram("CreateAccessKey", &[("UserName", "media")]);
        let key = |field: &str| answer["AccessKey"][field].as_str().unwrap().to_owned();
        let trust = format!(
            r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"RAM":["acs:ram::{account}:root"]}}}}]}}"#
        );
        cloud.ram(
            "CreateRole",
            &[
                ("RoleName", "Deployer"),
                ("AssumeRolePolicyDocument", &trust),
            ],
        );
        cloud.ram(
            "AttachPolicyToRole",
            &[
                ("RoleName", "Deployer"),
                ("PolicyName", "AliyunRAMReadOnlyAccess"),
                ("PolicyType", "System"),
            ],
        );
        let session = cloud.call_as(
            (&key("AccessKeyId"), &key("AccessKeySecret")),
            "2015-04-01",
            "AssumeRole",
            &[
                ("RoleArn", &format!("acs:ram::{account}:role/deployer")),
                ("RoleSessionName", "apply"),
            ],
        );
        let session = session.unwrap();
        let field = |field: &str| session["Credentials"][field].as_str().unwrap().to_owned();
        workspace.use_server(&cloud.url, &field("AccessKeyId"), &field("AccessKeySecret"));
        workspace.set("ALICLOUD_SECURITY_TOKEN", &field("SecurityToken"));
        workspace.config(&resource("imm_service_role", &["role_name = \"media\""]));
        let errors = workspace.plan_fails();
        assert!(
            has(&errors, "imm_service_role.this", "IMM501", "role_name"),
            "{}",
            shown(&errors)
        );
        assert!(
            shown(&errors).contains("assumed-role"),
            "{}",
            shown(&errors)
        );

        cloud.ram(
            "AttachPolicyToRole",
            &[
                ("RoleName", "Deployer"),
                ("PolicyName", "AliyunRAMFullAccess"),
                ("PolicyType", "System"),
            ],
        );
        workspace.plan();
        workspace.apply();
        cloud.assert_roles(&["Deployer", "media"]);
    });
}

#[test]
fn a_permission_check_names_what_is_missing() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        let cloud = Sandbox::serve(&workspace.database());
        act_as(
            &mut workspace,
            &cloud,
            "media",
            &["AliyunOSSReadOnlyAccess", "AliyunRAMReadOnlyAccess"],
        );
        workspace.config(
            &[
                data(
                    "imm_permission_check",
                    &[
                        "actions   = [\"oss:GetObject\", \"oss:PutObject\"]",
                        "resources = [\"acs:oss:*:*:media/a\"]",
                    ],
                ),
                "output \"allowed\" {\n  value = data.imm_permission_check.this.allowed\n}\n"
                    .to_owned(),
                "output \"missing\" {\n  value = data.imm_permission_check.this.missing\n}\n"
                    .to_owned(),
            ]
            .concat(),
        );
        workspace.plan();
        let state = workspace.apply();
        assert_eq!(state.output("allowed"), &Value::Bool(false));
        let missing = state.output("missing").as_array().unwrap();
        assert_eq!(missing.len(), 1);
        assert_eq!(missing[0]["action"], "oss:PutObject");
        assert_eq!(missing[0]["decision"], "ImplicitDeny");
    });
}

#[test]
fn rights_scoped_to_the_own_account_are_rights() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        let cloud = Sandbox::serve(&workspace.database());
        let account = &cloud.account_id;
        cloud.ram(
            "CreateRole",
            &[
                ("RoleName", "media"),
                ("AssumeRolePolicyDocument", TRUSTING),
            ],
        );
        cloud.ram(
            "CreatePolicy",
            &[("PolicyName", "media"), ("PolicyDocument", ENOUGH)],
        );
        cloud.ram(
            "AttachPolicyToRole",
            &[
                ("PolicyName", "media"),
                ("PolicyType", "Custom"),
                ("RoleName", "media"),
            ],
        );
        act_as(&mut workspace, &cloud, "scoped", &[]);
        let scoped = ["imm", "oss", "mns", "ram"].map(|service| {
            format!(
                r#"{{"Effect":"Allow","Action":"{service}:*","Resource":"acs:{service}:*:{account}:*"}}"#
            )
        });
        let document = format!(r#"{{"Version":"1","Statement":[{}]}}"#, scoped.join(","));
        grant(&cloud, "scoped", "scoped", &document);
        workspace.deploy(&project_on("media"));
    });
}

#[test]
fn a_plan_that_gives_the_caller_its_rights_is_no_error() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        let cloud = Sandbox::serve(&workspace.database());
        cloud.ram(
            "CreateRole",
            &[
                ("RoleName", "media"),
                ("AssumeRolePolicyDocument", TRUSTING),
            ],
        );
        act_as(&mut workspace, &cloud, "grows", &["AliyunRAMFullAccess"]);
        let policy = |actions: &str| {
            resource(
                "imm_role_policy",
                &[
                    "policy_name = \"grows\"",
                    &argument(
                        "policy_document",
                        &format!(
                            r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}]}}"#
                        ),
                    ),
                ],
            )
        };
        workspace.deploy(&policy("\"imm:Get*\""));
        cloud.ram(
            "AttachPolicyToUser",
            &[
                ("PolicyName", "grows"),
                ("PolicyType", "Custom"),
                ("UserName", "grows"),
            ],
        );
        let project = resource(
            "imm_project",
            &[
                "project_name = \"media\"",
                "service_role = \"media\"",
                "depends_on = [imm_role_policy.this]",
            ],
        );
        workspace.config(&[policy("\"imm:*\""), project].concat());
        workspace.plan();
        workspace.apply();
        cloud.assert_projects(&["media"]);
    });
}

#[test]
fn what_makes_no_call_needs_no_right() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        workspace.deploy(
            &[
                resource("imm_service_role", &["role_name = \"media\""]),
                project_on("media"),
            ]
            .concat(),
        );
        let cloud = Sandbox::serve(&workspace.database());
        act_as(
            &mut workspace,
            &cloud,
            "reader",
            &["AliyunIMMReadOnlyAccess", "AliyunRAMReadOnlyAccess"],
        );
        let role = |more: &[&str]| {
            let mut lines = vec!["role_name = \"media\""];
            lines.extend(more);
            resource("imm_service_role", &lines)
        };
        let timed = resource(
            "imm_project",
            &[
                "project_name = \"media\"",
                "service_role = \"media\"",
                "timeouts {\n    create = \"7m\"\n  }",
            ],
        );
        workspace.config(&[role(&[]), timed.clone()].concat());
        workspace.plan();
        workspace.apply();
        // A tag is a call of its own.
        workspace.config(&[role(&["tags = { a = \"b\" }"]), timed].concat());
        let errors = workspace.plan_fails();
        assert!(
            shown(&errors).contains("ram:TagResources"),
            "{}",
            shown(&errors)
        );
    });
}

#[test]
fn a_role_that_is_renamed_leaves_its_name() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.deploy(&resource("imm_service_role", &["role_name = \"old\""]));
        workspace.config(
            &[
                resource("imm_service_role", &["role_name = \"new\""]),
                project_on("old"),
            ]
            .concat(),
        );
        let plan = workspace.plan();
        assert!(
            has(&plan.warnings, "imm_project.this", "IMM403", "service_role"),
            "{}",
            shown(&plan.warnings)
        );
    });
}

#[test]
fn a_project_that_stays_misses_the_policy_that_goes() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        workspace.deploy(&ordered());
        let left = [
            resource("imm_service_role", &["role_name = \"media\""]),
            resource(
                "imm_project",
                &[
                    "project_name = \"media\"",
                    "service_role = imm_service_role.this.role_name",
                ],
            ),
        ];
        workspace.config(&left.concat());
        let plan = workspace.plan();
        let told = plan
            .warnings
            .iter()
            .filter(|warning| warning.detail().starts_with("IMM404"))
            .count();
        assert!(told >= 1, "{}", shown(&plan.warnings));
        workspace.apply();
        // Said once: the next plan changes nothing, and is quiet.
        assert!(workspace.plan().warnings.is_empty());
        workspace.destroy();
    });
}

#[test]
fn a_forced_destroy_needs_the_right_to_detach() {
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        workspace.deploy(&resource(
            "imm_service_role",
            &["role_name = \"media\"", "force = true"],
        ));
        let cloud = Sandbox::serve(&workspace.database());
        cloud.ram(
            "AttachPolicyToRole",
            &[
                ("RoleName", "media"),
                ("PolicyName", "AliyunOSSReadOnlyAccess"),
                ("PolicyType", "System"),
            ],
        );
        act_as(
            &mut workspace,
            &cloud,
            "breaker",
            &["AliyunRAMReadOnlyAccess"],
        );
        grant(
            &cloud,
            "breaker",
            "delete",
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:DeleteRole","Resource":"*"}]}"#,
        );
        workspace.config("");
        let errors = workspace.plan_fails();
        assert!(
            shown(&errors).contains("ram:DetachPolicyFromRole"),
            "{}",
            shown(&errors)
        );
    });
}
