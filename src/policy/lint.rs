//! Everything that can be said of a document: the grammar, what its actions and keys can and cannot
//! match, who is trusted, who may pass a role on; and the mended document, checked by the same rules.

use super::ast::{Document, DocumentKind};
use super::codes::{Code, Severity};
use super::edit;
use super::finding::{Draft, Finding, Mend};
use super::json::{self, Lines, Node, SyntaxError};
use super::{actions, pass_role, print, trust, validate};

/// Rounds of mending. Every round mends one finding.
const MOST_ROUNDS: usize = 60;

/// Findings beyond which a document is not mended.
const MOST_FINDINGS: usize = 100;

/// Bytes beyond which a text gets no more than a look at its grammar: far more than RAM takes.
const MOST_BYTES: usize = 4 * validate::MOST_CHARACTERS;

/// How a document is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The grammar that it follows.
    pub kind: DocumentKind,
    /// It is one of several policies of a role, so that what it lacks may be in another
    /// (`IMM304` is then left to [`role_findings`](super::role_findings)).
    pub part: bool,
}

impl Options {
    /// A permission policy that stands alone.
    #[must_use]
    pub const fn permission() -> Self {
        Self {
            kind: DocumentKind::Permission,
            part: false,
        }
    }

    /// One of a role's permission policies.
    #[must_use]
    pub const fn part_of_a_role() -> Self {
        Self {
            kind: DocumentKind::Permission,
            part: true,
        }
    }

    /// A role's trust policy.
    #[must_use]
    pub const fn trust() -> Self {
        Self {
            kind: DocumentKind::Trust,
            part: false,
        }
    }
}

/// Looks at a text: the checks `IMM1xx` for trust policies, `IMM3xx` for permission policies and
/// `IMM2xx` for both. In the order of the text.
#[must_use]
pub fn lint(text: &str, options: Options) -> Vec<Finding> {
    let parsed = json::parse(text);
    if let Some(draft) = not_a_document(text, &parsed.errors) {
        return finish(text, vec![draft], None, options);
    }
    let mut drafts: Vec<Draft> = parsed.errors.iter().map(syntax).collect();
    // What was read past a mistake that leaves no doubt is worth a look as well.
    let sure = parsed.errors.iter().all(|error| error.obvious);
    let tree = parsed.root.as_ref();
    if let Some(root) = tree.filter(|_| sure) {
        drafts.extend(if text.len() <= MOST_BYTES {
            examine(root, options)
        } else {
            let mut found = validate::validate(root, options.kind);
            found.truncate(MOST_FINDINGS);
            found
        });
    } else if !sure {
        // The guess at the text is no ground to mend it.
        for draft in &mut drafts {
            draft.mend = Mend::Never;
        }
    }
    drafts.extend(validate::length(text, options.kind));
    finish(text, drafts, tree.filter(|_| sure), options)
}

/// All that can be said of a tree, without its text.
fn examine(root: &Node, options: Options) -> Vec<Draft> {
    let mut drafts = validate::validate(root, options.kind);
    let document = Document::salvage(root, options.kind);
    let complete = document.statements.len() == statements(root);
    match options.kind {
        DocumentKind::Permission => {
            actions::check(&document, &mut drafts);
            pass_role::check(&document, options.part || !complete, &mut drafts);
        }
        DocumentKind::Trust => {
            // Who is meant is not known where a principal cannot be read.
            let clear = !drafts.iter().any(|draft| {
                draft.severity == Severity::Error && draft.pointer.contains("/Principal")
            });
            let listed = root.get("Statement").is_some();
            trust::check(&document, root, listed && complete && clear, &mut drafts);
        }
    }
    drafts
}

/// How many statements the document should have.
fn statements(root: &Node) -> usize {
    match root.get("Statement").map(|node| &node.kind) {
        Some(json::Kind::Array(items)) => items.len(),
        Some(json::Kind::Object(_)) => 1,
        _ => 0,
    }
}

fn syntax(error: &SyntaxError) -> Draft {
    let mut fix: String = error.fix.clone();
    if let Some(first) = fix.get(..1).map(str::to_uppercase) {
        fix.replace_range(..1, &first);
    }
    fix.push('.');
    Draft::new(Code::NotJson, error.span, "", error.message.clone(), fix).reprint()
}

/// A text that was never meant to be JSON.
fn not_a_document(text: &str, errors: &[SyntaxError]) -> Option<Draft> {
    if errors.is_empty() {
        return None;
    }
    let trimmed = text.trim();
    let span = json::Span {
        start: text.len() - text.trim_start().len(),
        end: text.trim_end().len(),
    };
    let one_word = !trimmed.is_empty()
        && trimmed.len() <= 1024
        && !trimmed
            .contains(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | '[' | ']' | '"'));
    let file_like = trimmed.contains('/')
        || [".json", ".tftpl", ".tpl", ".txt"]
            .iter()
            .any(|suffix| trimmed.to_lowercase().ends_with(suffix));
    if one_word && file_like {
        return Some(Draft::new(
            Code::NotJson,
            span,
            "",
            format!("`{trimmed}` is the name of a file, not a policy document"),
            format!("Pass what is in the file: `file(\"{trimmed}\")`."),
        ));
    }
    // A document within quotes that were escaped by hand.
    if trimmed.starts_with("{\\\"") {
        return Some(Draft::new(
            Code::NotJson,
            json::Span {
                start: span.start + 1,
                end: span.start + 2,
            },
            "",
            "the quotes of the document are escaped, as if it stood within a string",
            "Remove the backslashes before the quotes.",
        ));
    }
    None
}

/// Adds places and mended documents.
fn finish(text: &str, drafts: Vec<Draft>, tree: Option<&Node>, options: Options) -> Vec<Finding> {
    let mended = tree.map(|root| {
        let rounds = if drafts.len() > MOST_FINDINGS || text.len() > MOST_BYTES {
            0
        } else {
            MOST_ROUNDS
        };
        Mended::new(root, &drafts, options, rounds)
    });
    let lines = Lines::new(text);
    let mut drafts = drafts;
    drafts.sort_by(|a, b| {
        (a.span.start, a.code, &a.pointer).cmp(&(b.span.start, b.code, &b.pointer))
    });
    drafts
        .into_iter()
        .map(|draft| {
            let (line, column) = lines.locate(draft.span.start);
            let patched = mended.as_ref().and_then(|mended| mended.of(&draft));
            Finding {
                code: draft.code,
                severity: draft.severity,
                message: draft.message,
                pointer: draft.pointer,
                line,
                column,
                example: draft.example,
                fix: draft.fix,
                patched,
            }
        })
        .collect()
}

/// The document with its errors mended, and with its warnings mended as well.
struct Mended {
    errors: Outcome,
    all: Outcome,
}

struct Outcome {
    text: String,
    /// What is still to be said of it.
    left: Vec<Draft>,
}

impl Mended {
    fn new(root: &Node, drafts: &[Draft], options: Options, rounds: usize) -> Self {
        let mend = |down_to| mend(root.clone(), drafts, options, down_to, rounds);
        Self {
            errors: mend(Severity::Error),
            all: mend(Severity::Hint),
        }
    }

    /// The mended document for a finding, if it no longer has the finding.
    fn of(&self, draft: &Draft) -> Option<String> {
        if draft.mend == Mend::Never {
            return None;
        }
        let outcome = if draft.severity == Severity::Error {
            &self.errors
        } else {
            &self.all
        };
        let gone = match draft.code {
            Code::TooLong => outcome.text.chars().count() <= validate::MOST_CHARACTERS,
            _ => !outcome.left.iter().any(|left| left.same(draft)),
        };
        gone.then(|| outcome.text.clone())
    }
}

/// Mends one finding after the other, worst first, each time looking at the whole again.
fn mend(
    mut root: Node,
    drafts: &[Draft],
    options: Options,
    down_to: Severity,
    rounds: usize,
) -> Outcome {
    let mut left: Vec<Draft> = drafts
        .iter()
        .filter(|draft| !matches!(draft.mend, Mend::Reprint))
        .cloned()
        .collect();
    let mut tried: Vec<Draft> = Vec::new();
    for _ in 0..rounds {
        let next = left
            .iter()
            .filter(|draft| draft.severity >= down_to && !tried.iter().any(|t| t.same(draft)))
            .filter(|draft| matches!(draft.mend, Mend::Edits(_)))
            .max_by_key(|draft| draft.severity);
        let Some(draft) = next.cloned() else { break };
        let Mend::Edits(edits) = &draft.mend else {
            break;
        };
        let mut changed = root.clone();
        if !edit::apply(&mut changed, edits) {
            tried.push(draft);
            continue;
        }
        let after = examine(&changed, options);
        // A change that trades one error for another, or leaves the finding, is none.
        let grave = |drafts: &[Draft]| {
            let errors = drafts.iter().filter(|d| d.severity == Severity::Error);
            errors.count()
        };
        let worse = grave(&after) > grave(&left)
            || (draft.severity != Severity::Error && grave(&after) > 0 && grave(&left) == 0);
        // List entries behind a removed one move up, so a finding of the same kind may come to stand
        // where this one stood; then fewer of them are left.
        let count = |drafts: &[Draft]| drafts.iter().filter(|d| d.code == draft.code).count();
        let stays = after.iter().any(|d| d.same(&draft)) && count(&after) >= count(&left);
        if worse || stays {
            tried.push(draft);
            continue;
        }
        root = changed;
        left = after;
    }
    let pretty = print::pretty(&root);
    let text = if pretty.chars().count() > validate::MOST_CHARACTERS {
        print::compact(&root)
    } else {
        pretty
    };
    Outcome { text, left }
}

#[cfg(test)]
#[path = "lint_tests.rs"]
mod tests;
