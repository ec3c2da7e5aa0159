//! Rules for names, numbers and texts that hold before anything is asked of the cloud.
//!
//! Each message says what is wrong and what to write instead, and begins with its code where the
//! table of checks has one.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::plugin::schema::Validator;
use crate::policy::codes::Code;
use crate::policy::json::{self, Lines};

/// Whether every character is a letter, a digit, or one of `others`.
fn only(text: &str, others: &str) -> Option<char> {
    text.chars()
        .find(|c| !(c.is_ascii_alphanumeric() || others.contains(*c)))
}

/// Refuses names that are too long, empty, or hold another character.
fn name(what: &str, text: &str, longest: usize, others: &str, words: &str) -> Result<(), String> {
    let length = text.chars().count();
    if length == 0 {
        return Err(format!(
            "the {what} is empty; write 1 to {longest} characters"
        ));
    }
    if length > longest {
        return Err(format!(
            "the {what} has {length} characters; write at most {longest}"
        ));
    }
    match only(text, others) {
        Some(c) => Err(format!(
            "the {what} {text:?} holds the character {c:?}; only {words} are allowed"
        )),
        None => Ok(()),
    }
}

/// Names of roles that one can create.
///
/// `@` is let through: old pages of RAM list it, new ones do not, and only the service knows.
pub fn role_name() -> Validator<String> {
    Validator::new(
        "Invalid role name",
        "1 to 64 letters, digits, `.` and `-`",
        |text: &String| name("role name", text, 64, ".-@", "letters, digits, `.` and `-`"),
    )
    .coded(Code::BadName.id())
}

/// Names of roles that exist already, service-linked ones with their `_` among them. An ARN is
/// answered with the name that is in it.
pub fn existing_role_name() -> Validator<String> {
    Validator::new(
        "Role is not a role name",
        "the name of a role, not its ARN",
        |text: &String| match role_of_arn(text) {
            Some(role) => Err(format!(
                "{}: the name of the role is wanted, and {text:?} is an ARN; write {role:?}",
                Code::RoleIsArn.id()
            )),
            None => name(
                "role name",
                text,
                64,
                ".-@_",
                "letters, digits, `.`, `-` and `_`",
            )
            .map_err(|why| format!("{}: {why}", Code::BadName.id())),
        },
    )
}

/// Names of custom policies.
pub fn policy_name() -> Validator<String> {
    Validator::new(
        "Invalid policy name",
        "1 to 128 letters, digits and `-`",
        |text: &String| name("policy name", text, 128, "-", "letters, digits and `-`"),
    )
    .coded(Code::BadName.id())
}

/// Names of projects.
pub fn project_name() -> Validator<String> {
    Validator::new(
        "Invalid project name",
        "1 to 128 letters, digits, `-` and `_`, beginning with a letter or `_`",
        |text: &String| {
            name(
                "project name",
                text,
                128,
                "-_",
                "letters, digits, `-` and `_`",
            )?;
            match text.chars().next() {
                Some(first) if first.is_ascii_alphabetic() || first == '_' => Ok(()),
                _ => Err(format!(
                    "the project name {text:?} does not begin with a letter or `_`"
                )),
            }
        },
    )
    .coded(Code::BadName.id())
}

/// The role's name, where the text is an ARN.
fn role_of_arn(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("acs:")?;
    Some(rest.rsplit(['/', ':']).next().unwrap_or(rest))
}

/// Whole numbers within a range.
pub fn quota(least: i64, most: i64) -> Validator<i64> {
    Validator::new(
        "Number out of range",
        if most == i64::MAX {
            format!("at least {least}")
        } else {
            format!("{least} to {most}")
        },
        move |value: &i64| {
            if *value < least {
                Err(format!("{value} is less than {least}"))
            } else if *value > most {
                Err(format!(
                    "{value} is more than {most}, the most that IMM allows"
                ))
            } else {
                Ok(())
            }
        },
    )
    .coded(Code::OutOfRange.id())
}

/// Seconds that a session of a role may last.
pub fn session_duration() -> Validator<i64> {
    Validator::new(
        "Session duration out of range",
        "3600 to 43200",
        |value: &i64| {
            if (3600..=43200).contains(value) {
                Ok(())
            } else {
                Err(format!(
                    "a session may last from 3600 to 43200 seconds, and {value} is outside"
                ))
            }
        },
    )
    .coded(Code::OutOfRange.id())
}

/// Services that a role trusts: names such as `imm.aliyuncs.com`.
pub fn services() -> Validator<BTreeSet<String>> {
    Validator::new(
        "Invalid trusted service",
        "at least one service principal such as `imm.aliyuncs.com`, in lower case",
        |services: &BTreeSet<String>| {
            if services.is_empty() {
                return Err(
                    "a role that trusts no service is of no use to IMM; name at least one, or \
                     leave the argument out: it then is [\"imm.aliyuncs.com\"]"
                        .to_owned(),
                );
            }
            for service in services {
                if service.starts_with("acs:") {
                    return Err(format!(
                        "{service:?} is no service; write accounts, users and roles into \
                         `assume_role_policy_document`"
                    ));
                }
                if !service.ends_with(".aliyuncs.com") {
                    let lower = service.to_ascii_lowercase();
                    return Err(if lower.ends_with(".aliyuncs.com") {
                        format!("{service:?} is no service; in lower case it is: {lower:?}")
                    } else {
                        format!(
                            "{service:?} is no service; a service is named like \
                             \"imm.aliyuncs.com\""
                        )
                    });
                }
                if *service != service.to_ascii_lowercase() {
                    return Err(format!(
                        "{service:?} is not in lower case; write {:?}",
                        service.to_ascii_lowercase()
                    ));
                }
            }
            Ok(())
        },
    )
}

/// Descriptions of at most so many characters.
pub fn description(longest: usize) -> Validator<String> {
    Validator::new(
        "Invalid description",
        format!("at most {longest} characters"),
        move |text: &String| {
            let length = text.chars().count();
            if length > longest {
                Err(format!(
                    "the description has {length} characters; write at most {longest}"
                ))
            } else {
                Ok(())
            }
        },
    )
}

/// Text that says something.
pub fn not_empty() -> Validator<String> {
    Validator::new("Empty value", "not empty", |text: &String| {
        if text.trim().is_empty() {
            Err("the value is empty; write one, or leave the argument out".to_owned())
        } else {
            Ok(())
        }
    })
}

/// A region id.
pub fn region() -> Validator<String> {
    Validator::new(
        "Invalid region",
        "a region id such as `cn-hangzhou`",
        |text: &String| {
            if is_region(text) {
                Ok(())
            } else {
                Err(format!(
                    "{text:?} is no region id; write one such as \"cn-hangzhou\""
                ))
            }
        },
    )
}

/// A region id, or nothing: whoever passes an empty variable on to a provider block means that the
/// environment decides.
pub fn region_or_nothing() -> Validator<String> {
    let strict = region();
    let check = Arc::clone(&strict.check);
    Validator::new(strict.summary, strict.description, move |text: &String| {
        if text.is_empty() { Ok(()) } else { check(text) }
    })
}

/// Whether the text has the form of a region id.
pub fn is_region(text: &str) -> bool {
    text.contains('-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// Refuses what is not JSON, and says where: every mistake, one a line.
///
/// # Errors
/// Text for the user, with line and column.
pub fn json_syntax(text: &str) -> Result<(), String> {
    let parsed = json::parse(text);
    if parsed.errors.is_empty() {
        return Ok(());
    }
    let code = Code::NotJson.id();
    let one_word = !text.trim().is_empty() && !text.contains(['{', '}', '\n']);
    if one_word {
        return Err(format!(
            "{code}: {text:?} is not JSON (line 1, column 1); if it is the name of a file, write \
             file({text:?})"
        ));
    }
    let lines = Lines::new(text);
    let mistakes: Vec<String> = parsed
        .errors
        .iter()
        .map(|mistake| {
            let (line, column) = lines.locate(mistake.span.start);
            format!("{code}: line {line}, column {column}: {mistake}")
        })
        .collect();
    Err(mistakes.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T>(validator: &Validator<T>, value: T) -> String {
        (validator.check)(&value).expect_err("the value must be refused")
    }

    fn taken<T>(validator: &Validator<T>, value: T) {
        (validator.check)(&value).expect("the value must be taken");
    }

    #[test]
    fn names_are_checked_by_length_and_characters() {
        taken(&role_name(), "Test.IMM-Role1".to_owned());
        taken(&role_name(), "r".repeat(64));
        assert!(refused(&role_name(), "r".repeat(65)).contains("65"));
        assert!(refused(&role_name(), "a_b".to_owned()).contains("'_'"));
        assert!(refused(&role_name(), String::new()).contains("empty"));
        taken(&existing_role_name(), "AliyunServiceRoleForX_y".to_owned());
        taken(&policy_name(), "p".repeat(128));
        assert!(refused(&policy_name(), "a.b".to_owned()).contains("'.'"));
        assert!(refused(&policy_name(), "p".repeat(129)).contains("129"));
    }

    #[test]
    fn project_names_begin_with_a_letter_or_underscore() {
        for good in ["a", "_1", "A-b_c", "p0"] {
            taken(&project_name(), good.to_owned());
        }
        for bad in ["1a", "-a", "", "a b", "ä"] {
            assert!(
                refused(&project_name(), bad.to_owned()).contains("IMM406"),
                "{bad}"
            );
        }
    }

    #[test]
    fn an_arn_is_answered_with_the_name() {
        let text = refused(
            &existing_role_name(),
            "acs:ram::123:role/testimmrole".to_owned(),
        );
        assert!(
            text.contains("IMM401") && text.contains("write \"testimmrole\""),
            "{text}"
        );
        taken(&existing_role_name(), "AliyunIMMDefaultRole".to_owned());
    }

    #[test]
    fn services_are_named_as_ram_names_them() {
        let set = |name: &str| BTreeSet::from([name.to_owned()]);
        taken(&services(), set("imm.aliyuncs.com"));
        taken(&services(), set("123456@imm.aliyuncs.com"));
        assert!(refused(&services(), BTreeSet::new()).contains("leave the argument out"));
        assert!(refused(&services(), set("imm")).contains("imm.aliyuncs.com"));
        assert!(refused(&services(), set("IMM.aliyuncs.com")).contains("\"imm.aliyuncs.com\""));
        assert!(
            refused(&services(), set("acs:ram::1:root")).contains("assume_role_policy_document")
        );
    }

    #[test]
    fn quotas_are_exact_beyond_two_to_the_fifty_third() {
        taken(&quota(1, i64::MAX), i64::MAX);
        assert!(refused(&quota(1, 10), 11).contains("IMM405"));
        assert!(refused(&quota(1, 10), 0).contains("less than 1"));
    }

    #[test]
    fn json_errors_have_a_place() {
        assert!(json_syntax("{\"Version\": \"1\"}").is_ok());
        let text = json_syntax("{\n  \"Version\": \"1\",\n}").unwrap_err();
        assert!(
            text.contains("IMM201") && text.contains("line 2, column 17"),
            "{text}"
        );
        assert!(
            json_syntax("policy.json")
                .unwrap_err()
                .contains("file(\"policy.json\")")
        );
        assert!(json_syntax(" ").unwrap_err().contains("empty"));
    }

    #[test]
    fn regions_have_their_form() {
        for good in ["cn-hangzhou", "ap-southeast-1", "cn-beijing-gov-1"] {
            assert!(is_region(good), "{good}");
        }
        for bad in ["", "hangzhou", "CN-hangzhou", "-a", "a-", "cn_hangzhou"] {
            assert!(!is_region(bad), "{bad}");
        }
    }
}
