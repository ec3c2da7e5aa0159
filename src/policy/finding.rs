//! What a check has to say: what is wrong, where, an example of what fails, and what mends it.

use super::codes::{Code, Severity};
use super::edit::Edit;
use super::json::Span;

/// One thing to say about a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub code: Code,
    /// How grave it is here; at most what the code says.
    pub severity: Severity,
    /// What is wrong: clauses in lower case, without a full stop.
    pub message: String,
    /// JSON pointer of the element; empty for the whole document.
    pub pointer: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// A request that shows the harm, as a clause; where one was worked out.
    pub example: Option<String>,
    /// What to write, as a sentence.
    pub fix: String,
    /// The whole document with this finding mended, and every other that can be mended along with
    /// it; none where only the author knows what was meant.
    pub patched: Option<String>,
}

impl Finding {
    /// The finding for people: what, where, example, fix. Without the patched document.
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = format!(
            "{} {}: {}",
            self.code,
            self.severity,
            sentence(&self.message)
        );
        out.push_str(&format!(
            "\n  where:   line {}, column {}",
            self.line, self.column
        ));
        if !self.pointer.is_empty() {
            out.push_str(&format!(" ({})", self.pointer));
        }
        if let Some(example) = &self.example {
            out.push_str(&format!("\n  example: {}", sentence(example)));
        }
        out.push_str(&format!("\n  why:     {}", self.code.why()));
        out.push_str(&format!("\n  fix:     {}", self.fix));
        out
    }

    /// The finding in one sentence, with its code and pointer, for a diagnostic's heading.
    #[must_use]
    pub fn headline(&self) -> String {
        if self.pointer.is_empty() {
            format!("{}: {}", self.code, self.message)
        } else {
            format!("{} at {}: {}", self.code, self.pointer, self.message)
        }
    }
}

/// Clauses as a sentence.
fn sentence(clauses: &str) -> String {
    let mut characters = clauses.chars();
    let mut out: String = match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => return String::new(),
    };
    if !out.ends_with(['.', '!', '?']) {
        out.push('.');
    }
    out
}

/// How a finding would be mended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mend {
    /// Only the author knows.
    Never,
    /// By printing the tree again: the text was at fault, not the tree.
    Reprint,
    /// By these changes.
    Edits(Vec<Edit>),
}

/// A finding before its place is looked up and its mending is tried.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) code: Code,
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) pointer: String,
    pub(super) span: Span,
    pub(super) example: Option<String>,
    pub(super) fix: String,
    pub(super) mend: Mend,
}

impl Draft {
    pub(super) fn new(
        code: Code,
        span: Span,
        pointer: impl Into<String>,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            pointer: pointer.into(),
            span,
            example: None,
            fix: fix.into(),
            mend: Mend::Never,
        }
    }

    pub(super) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    pub(super) fn example(mut self, example: impl Into<String>) -> Self {
        self.example = Some(example.into());
        self
    }

    pub(super) fn edit(self, edit: Edit) -> Self {
        self.edits(vec![edit])
    }

    pub(super) fn edits(mut self, edits: Vec<Edit>) -> Self {
        self.mend = Mend::Edits(edits);
        self
    }

    pub(super) fn reprint(mut self) -> Self {
        self.mend = Mend::Reprint;
        self
    }

    /// Whether the two speak of the same thing.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.code == other.code
            && self.pointer == other.pointer
            && self.severity == other.severity
            && self.message == other.message
    }
}
