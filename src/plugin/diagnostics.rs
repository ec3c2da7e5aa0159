//! What the user reads when something is wrong.
//!
//! A [`Diagnostics`] is a list and not an error value: warnings travel with success, and several
//! errors come at once.
//!
//! Knows paths and nothing else of values: whoever makes a message keeps secrets out of it.

use std::fmt;

use super::value::{Path, ValueError};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Stops the operation.
    Error,
    /// Is shown, and the operation goes on.
    Warning,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A short, constant title without a final period: Terraform groups warnings by it.
    pub summary: String,
    /// What was tried, why it failed, what to do.
    pub detail: String,
    /// The attribute at fault, where there is one.
    pub path: Option<Path>,
}

impl Diagnostic {
    /// An error.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            summary: summary.into(),
            detail: detail.into(),
            path: None,
        }
    }

    /// A warning.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            summary: summary.into(),
            detail: detail.into(),
            path: None,
        }
    }

    /// The same message, pointing at an attribute; at the object as a whole where the path is the
    /// root. (An empty path on the wire would take the source line from the message.)
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.path = (!path.is_root()).then_some(path);
        self
    }

    /// The same message, seen from the object in which `prefix` leads to the part that the message
    /// is about.
    #[must_use]
    pub fn under(self, prefix: &Path) -> Self {
        let path = match &self.path {
            Some(path) => path.under(prefix),
            None => prefix.clone(),
        };
        self.at(path)
    }

    /// Whether this is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// A value that cannot be used where it stands. Terraform has checked its type already; what is left
/// is mostly a null among the elements of a collection, or a fraction where only whole numbers are.
impl From<ValueError> for Diagnostic {
    fn from(error: ValueError) -> Self {
        let detail = format!("The value cannot be used here: {}.", error.message);
        Self::error("Unsuitable Value", detail).at(error.path)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "Error",
            Self::Warning => "Warning",
        })
    }
}

/// `Error: summary (at path): detail`, for logs and tests; Terraform lays messages out itself.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.severity, self.summary)?;
        if let Some(path) = &self.path {
            write!(f, " (at {path})")?;
        }
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

/// Messages in the order they were found, without duplicates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// No messages.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a message, unless the same one is there already.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if !self.0.contains(&diagnostic) {
            self.0.push(diagnostic);
        }
    }

    /// Adds an error.
    pub fn error(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Diagnostic::error(summary, detail));
    }

    /// Adds a warning.
    pub fn warning(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Diagnostic::warning(summary, detail));
    }

    /// Adds all messages of another list.
    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        for diagnostic in other {
            self.push(diagnostic);
        }
    }

    /// The same messages, seen from the object in which `prefix` leads to the part that they are
    /// about.
    #[must_use]
    pub fn under(self, prefix: &Path) -> Self {
        self.0.into_iter().map(|d| d.under(prefix)).collect()
    }

    /// Keeps the messages for which `keep` holds.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.0.retain(keep);
    }

    /// The errors.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter().filter(|d| d.is_error())
    }

    /// How many messages are errors.
    #[must_use]
    pub fn error_count(&self) -> usize {
        self.errors().count()
    }

    /// How many messages are warnings.
    #[must_use]
    pub fn warning_count(&self) -> usize {
        self.len() - self.error_count()
    }

    /// How many messages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether any message is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Diagnostic::is_error)
    }

    /// Whether there is no message at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The messages.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

/// One message a line.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(messages: I) -> Self {
        let mut list = Self::new();
        list.extend(messages);
        list
    }
}

impl From<ValueError> for Diagnostics {
    fn from(error: ValueError) -> Self {
        Diagnostic::from(error).into()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_are_dropped_in_order() {
        let mut list = Diagnostics::new();
        list.warning("B", "b");
        list.error("A", "a");
        list.extend(list.clone());
        list.push(Diagnostic::error("A", "a").at(Path::attribute("x")));
        assert_eq!(
            list.to_string(),
            "Warning: B: b\nError: A: a\nError: A (at x): a"
        );
        assert_eq!((list.error_count(), list.warning_count()), (2, 1));
    }

    #[test]
    fn a_prefix_reaches_every_message() {
        let inner = Diagnostics::from_iter([
            Diagnostic::error("A", "").at(Path::attribute("effect")),
            Diagnostic::error("B", ""),
        ]);
        let outer = inner.clone().under(&Path::attribute("statement").index(1));
        let paths: Vec<String> = outer
            .iter()
            .map(|d| d.path.as_ref().expect("a path").to_string())
            .collect();
        assert_eq!(paths, ["statement[1].effect", "statement[1]"]);
        assert_eq!(inner.clone().under(&Path::root()), inner);
    }

    #[test]
    fn an_empty_path_is_none() {
        assert_eq!(Diagnostic::error("A", "").at(Path::root()).path, None);
    }

    #[test]
    fn retain_filters() {
        let mut list =
            Diagnostics::from_iter([Diagnostic::error("A", ""), Diagnostic::warning("B", "")]);
        list.retain(Diagnostic::is_error);
        assert_eq!(list.to_string(), "Error: A");
        list.retain(|d| !d.is_error());
        assert!(list.is_empty() && !list.has_errors());
    }

    #[test]
    fn a_value_error_becomes_a_message_at_its_path() {
        let error = ValueError::new("bool is required, not a number").in_attribute("force");
        let list = Diagnostics::from(error);
        assert_eq!(list.len(), 1);
        let text = list.to_string();
        assert!(text.contains("(at force)") && text.contains("bool is required, not a number"));
    }
}
