//! What names and texts may look like, and the error that each service gives where they do not.

use super::failure::{Failure, Result};

/// The alphabet and length of one kind of name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    longest: usize,
    extra: &'static str,
}

/// Role names: `.` and `-`.
pub(crate) const ROLE: Rule = Rule {
    longest: 64,
    extra: ".-",
};
/// Names of custom policies: `-` only.
pub(crate) const POLICY: Rule = Rule {
    longest: 128,
    extra: "-",
};
/// User names: `.`, `-` and `_`.
pub(crate) const USER: Rule = Rule {
    longest: 64,
    extra: ".-_",
};
/// Group names: `.`, `-` and `_`.
pub(crate) const GROUP: Rule = USER;

impl Rule {
    fn allows(self, letter: char) -> bool {
        letter.is_ascii_alphanumeric() || self.extra.contains(letter)
    }

    /// A name that is about to be given.
    pub(crate) fn given(self, parameter: &str, name: &str) -> Result<()> {
        self.check(parameter, name, |letter| self.allows(letter))
    }

    /// A name that is looked up. `_` is let through, since some roles that services make carry it.
    pub(crate) fn sought(self, parameter: &str, name: &str) -> Result<()> {
        self.check(parameter, name, |letter| {
            self.allows(letter) || letter == '_'
        })
    }

    fn check(self, parameter: &str, name: &str, allowed: impl Fn(char) -> bool) -> Result<()> {
        if name.is_empty() {
            return Err(Failure::missing(parameter));
        }
        if !name.chars().all(allowed) {
            return Err(Failure::new(
                400,
                format!("InvalidParameter.{parameter}.InvalidChars"),
                format!("The parameter - \"{parameter}\" contains invalid chars."),
            ));
        }
        if name.len() > self.longest {
            return Err(too_long(parameter));
        }
        Ok(())
    }
}

/// RAM's answer to a text that is longer, or shorter, than it may be.
pub(crate) fn too_long(parameter: &str) -> Failure {
    Failure::new(
        400,
        format!("InvalidParameter.{parameter}.Length"),
        format!("The parameter - \"{parameter}\" beyond the length limit."),
    )
}

/// A text of RAM's: at most so many characters.
pub(crate) fn text(parameter: &str, value: &str, longest: usize) -> Result<()> {
    if value.chars().count() > longest {
        return Err(too_long(parameter));
    }
    Ok(())
}

/// Whether IMM accepts this as the name of a project or dataset: 1 to 128 letters, digits, `-` and
/// `_`, the first a letter or `_`.
pub(crate) fn is_imm_name(name: &str) -> bool {
    let first = name.chars().next();
    first.is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_')
        && name.len() <= 128
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<()>) -> String {
        result.map_or_else(|failure| failure.code, |()| "ok".to_owned())
    }

    #[test]
    fn alphabets_and_lengths() {
        assert_eq!(code(ROLE.given("RoleName", "a.b-C9")), "ok");
        assert_eq!(
            code(ROLE.given("RoleName", "a_b")),
            "InvalidParameter.RoleName.InvalidChars"
        );
        assert_eq!(code(ROLE.sought("RoleName", "a_b")), "ok");
        assert_eq!(
            code(ROLE.sought("RoleName", "a/b")),
            "InvalidParameter.RoleName.InvalidChars"
        );
        assert_eq!(code(ROLE.given("RoleName", &"r".repeat(64))), "ok");
        assert_eq!(
            code(ROLE.given("RoleName", &"r".repeat(65))),
            "InvalidParameter.RoleName.Length"
        );
        assert_eq!(
            code(POLICY.given("PolicyName", "a.b")),
            "InvalidParameter.PolicyName.InvalidChars"
        );
        assert_eq!(
            code(USER.given("UserName", "ünal")),
            "InvalidParameter.UserName.InvalidChars"
        );
    }

    #[test]
    fn texts_are_counted_in_characters() {
        assert_eq!(code(text("Description", &"ü".repeat(1024), 1024)), "ok");
        assert_eq!(
            code(text("Description", &"ü".repeat(1025), 1024)),
            "InvalidParameter.Description.Length"
        );
    }

    #[test]
    fn imm_names() {
        for good in ["a", "_", "A-b_9", &"p".repeat(128)] {
            assert!(is_imm_name(good), "{good}");
        }
        for bad in ["", "9a", "-a", "a.b", "ä", &"p".repeat(129)] {
            assert!(!is_imm_name(bad), "{bad}");
        }
    }
}
