//! `policy lint`, `policy eval` and `policy covers`: the checks without Terraform and without a
//! cloud, for a terminal, a pre-commit hook or CI.
//!
//! Reads files through [`Host`], writes to the writers it is given and returns the exit code: 0 for
//! yes, clean or Allow, 1 for no, errors found or a Deny, 2 for usage and I/O, 3 for unknown.

use std::fmt;
use std::io::{self, Read, Write};
use std::path::Path;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::host::Host;
use crate::policy::ast::{Document, DocumentKind};
use crate::policy::codes::Severity;
use crate::policy::cover::{Coverage, covers};
use crate::policy::evaluate::{Context, Decision, Request, StatementRef, evaluate};
use crate::policy::finding::Finding;
use crate::policy::lint::{Options, lint};

/// Exit code of a question answered with yes.
const YES: u8 = 0;
/// Exit code of a question answered with no.
const NO: u8 = 1;
/// Exit code of a question that could not be asked.
const FAILED: u8 = 2;
/// Exit code of a question without an answer.
const UNKNOWN: u8 = 3;

/// Arguments of `policy`.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check policy documents; exit code 1 if there are errors
    Lint(LintArgs),
    /// Decide a request; exit code 0 for Allow, 1 for a Deny, 3 if it cannot be said
    Eval(EvalArgs),
    /// Prove that some policies allow all that others allow; exit code 0 for yes, 1 for no, 3 if it
    /// cannot be said
    Covers(CoversArgs),
}

#[derive(Debug, Args)]
struct LintArgs {
    /// The documents are trust policies of roles, not permission policies
    #[arg(long)]
    trust: bool,
    /// Print one JSON value
    #[arg(long)]
    json: bool,
    /// Files to check; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

#[derive(Debug, Args)]
struct EvalArgs {
    /// Permission policies, taken together; `-` is standard input
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    policy: Vec<String>,
    /// The action, such as oss:GetObject
    #[arg(long, value_name = "ACTION")]
    action: String,
    /// The resource's ARN
    #[arg(long, value_name = "ARN")]
    resource: String,
    /// Condition keys that the request carries; a key may be given several values
    #[arg(long, num_args = 1.., value_name = "KEY=VALUE")]
    context: Vec<String>,
    /// Print one JSON value
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct CoversArgs {
    /// The policies that should allow everything, taken together; `-` is standard input
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    have: Vec<String>,
    /// The policies whose every permission is needed, taken together
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    need: Vec<String>,
    /// Print one JSON value
    #[arg(long)]
    json: bool,
}

/// Why a question could not be asked.
#[derive(Debug)]
enum PolicyError {
    Read { file: String, error: io::Error },
    NotText { file: String, offset: usize },
    Document { file: String, reason: String },
    Action(String),
    Context(String),
    Write(io::Error),
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { file, error } => write!(f, "{file} could not be read: {error}"),
            Self::NotText { file, offset } => {
                write!(f, "{file} is not UTF-8 text, from byte {offset} on")
            }
            Self::Document { file, reason } => write!(
                f,
                "{file} is not a policy document: {reason}; `policy lint` says more"
            ),
            Self::Action(text) => write!(
                f,
                "`{text}` is not an action of one request: write <service>:<Name>, such as \
                 oss:GetObject; for patterns there is `policy covers`"
            ),
            Self::Context(text) => {
                write!(f, "`{text}` is not a condition key: write KEY=VALUE")
            }
            Self::Write(error) => write!(f, "the answer could not be written: {error}"),
        }
    }
}

impl std::error::Error for PolicyError {}

impl From<io::Error> for PolicyError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// Does what the arguments ask for and returns the exit code.
pub fn run(
    arguments: PolicyArgs,
    host: &Host,
    input: &mut dyn Read,
    output: &mut dyn Write,
    errors: &mut dyn Write,
) -> u8 {
    let mut files = Files {
        host,
        input,
        standard: None,
    };
    let outcome = match arguments.command {
        Command::Lint(arguments) => run_lint(&arguments, &mut files, output),
        Command::Eval(arguments) => run_eval(&arguments, &mut files, output),
        Command::Covers(arguments) => run_covers(&arguments, &mut files, output),
    };
    match outcome.and_then(|code| output.flush().map(|()| code).map_err(Into::into)) {
        Ok(code) => code,
        // A reader that has seen enough, such as `head`, is no reason to complain.
        Err(PolicyError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => FAILED,
        Err(error) => {
            // Where nothing can be printed, the exit code still tells.
            let _ = writeln!(errors, "Error: {error}");
            FAILED
        }
    }
}

/// Files by name, and standard input, which is read once however often it is named.
struct Files<'a> {
    host: &'a Host,
    input: &'a mut dyn Read,
    standard: Option<Vec<u8>>,
}

impl Files<'_> {
    fn bytes(&mut self, file: &str) -> Result<Vec<u8>, PolicyError> {
        let failed = |error| PolicyError::Read {
            file: file.to_owned(),
            error,
        };
        if file != "-" {
            return self.host.read_file(Path::new(file)).map_err(failed);
        }
        if let Some(bytes) = &self.standard {
            return Ok(bytes.clone());
        }
        let mut bytes = Vec::new();
        self.input.read_to_end(&mut bytes).map_err(failed)?;
        self.standard = Some(bytes.clone());
        Ok(bytes)
    }

    fn text(&mut self, file: &str) -> Result<String, PolicyError> {
        String::from_utf8(self.bytes(file)?).map_err(|error| PolicyError::NotText {
            file: file.to_owned(),
            offset: error.utf8_error().valid_up_to(),
        })
    }

    fn documents(&mut self, names: &[String]) -> Result<Vec<Document>, PolicyError> {
        let mut documents = Vec::new();
        for file in names {
            let text = self.text(file)?;
            let document = Document::parse(&text, DocumentKind::Permission).map_err(|error| {
                PolicyError::Document {
                    file: file.clone(),
                    reason: error.to_string(),
                }
            })?;
            documents.push(document);
        }
        Ok(documents)
    }
}

fn print_json(value: &Value, output: &mut dyn Write) -> Result<(), PolicyError> {
    writeln!(output, "{value}")?;
    Ok(())
}

fn run_lint(
    arguments: &LintArgs,
    files: &mut Files<'_>,
    output: &mut dyn Write,
) -> Result<u8, PolicyError> {
    let options = if arguments.trust {
        Options::trust()
    } else {
        Options::permission()
    };
    let mut found: Vec<(&str, Finding)> = Vec::new();
    for file in &arguments.files {
        let text = files.text(file)?;
        let findings = lint(&text, options);
        found.extend(findings.into_iter().map(|finding| (file.as_str(), finding)));
    }
    let count = |severity| found.iter().filter(|(_, f)| f.severity == severity).count();
    let errors = count(Severity::Error);
    if arguments.json {
        let findings: Vec<Value> = found
            .iter()
            .map(|(file, finding)| finding_json(file, finding))
            .collect();
        print_json(&json!({ "findings": findings }), output)?;
    } else {
        for (file, finding) in &found {
            writeln!(output, "{file}: {}\n", finding.render())?;
        }
        let plural = |count: usize, word: &str| {
            format!("{count} {word}{}", if count == 1 { "" } else { "s" })
        };
        writeln!(
            output,
            "{}, {}, {} in {}",
            plural(errors, "error"),
            plural(count(Severity::Warning), "warning"),
            plural(count(Severity::Hint), "hint"),
            plural(arguments.files.len(), "file"),
        )?;
    }
    Ok(if errors == 0 { YES } else { NO })
}

fn finding_json(file: &str, finding: &Finding) -> Value {
    json!({
        "file": file,
        "code": finding.code.id(),
        "severity": finding.severity.as_str(),
        "message": finding.message,
        "pointer": finding.pointer,
        "line": finding.line,
        "column": finding.column,
        "example": finding.example,
        "fix": finding.fix,
        "patched": finding.patched,
    })
}

fn run_eval(
    arguments: &EvalArgs,
    files: &mut Files<'_>,
    output: &mut dyn Write,
) -> Result<u8, PolicyError> {
    let named = arguments.action.split_once(':');
    // A request is of one action; a pattern is a set of them, which `covers` is for.
    if arguments.action.contains(['*', '?'])
        || named.is_none_or(|(code, name)| code.is_empty() || name.is_empty())
    {
        return Err(PolicyError::Action(arguments.action.clone()));
    }
    let mut context = Context::new();
    for text in &arguments.context {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => context.add(key, value),
            _ => return Err(PolicyError::Context(text.clone())),
        }
    }
    let documents = files.documents(&arguments.policy)?;
    let request = Request::new(&arguments.action, &arguments.resource, context);
    let verdict = evaluate(&documents, &request);
    if arguments.json {
        let value = json!({
            "decision": verdict.decision.as_str(),
            "statements": references(&verdict.statements, &arguments.policy),
            "reason": verdict.reason,
        });
        print_json(&value, output)?;
    } else {
        writeln!(output, "{}: {}", verdict.decision.as_str(), verdict.reason)?;
        for at in &verdict.statements {
            writeln!(output, "  {}", place(at, &arguments.policy))?;
        }
    }
    Ok(match verdict.decision {
        Decision::Allow => YES,
        Decision::ExplicitDeny | Decision::ImplicitDeny => NO,
        Decision::Unknown => UNKNOWN,
    })
}

fn file_of<'a>(at: &StatementRef, files: &'a [String]) -> &'a str {
    files.get(at.document).map_or("", String::as_str)
}

fn place(at: &StatementRef, files: &[String]) -> String {
    format!("{}, statement {}", file_of(at, files), at.index)
}

fn references(statements: &[StatementRef], files: &[String]) -> Vec<Value> {
    let statements = statements.iter();
    statements
        .map(|at| json!({ "file": file_of(at, files), "index": at.index }))
        .collect()
}

fn run_covers(
    arguments: &CoversArgs,
    files: &mut Files<'_>,
    output: &mut dyn Write,
) -> Result<u8, PolicyError> {
    let have = files.documents(&arguments.have)?;
    let need = files.documents(&arguments.need)?;
    let coverage = covers(&have, &need);
    let (answer, reason, code) = match &coverage {
        Coverage::Yes => (
            "yes",
            "everything that is needed is allowed".to_owned(),
            YES,
        ),
        Coverage::No(witness) => {
            let allowing: Vec<String> = witness
                .allowed_by
                .iter()
                .map(|at| place(at, &arguments.need))
                .collect();
            let denying: Vec<String> = witness
                .refused
                .statements
                .iter()
                .map(|at| place(at, &arguments.have))
                .collect();
            let refused = if denying.is_empty() {
                "nothing in what there is allows it".to_owned()
            } else {
                format!("{} denies it", denying.join(" and "))
            };
            (
                "no",
                format!("it is needed by {}, and {refused}", allowing.join(" and ")),
                NO,
            )
        }
        Coverage::Unknown(undecided) => {
            let places: Vec<String> = undecided
                .statements
                .iter()
                .map(|at| place(at, &arguments.need))
                .collect();
            let reason = if places.is_empty() {
                undecided.reason.clone()
            } else {
                format!("{} (needed by {})", undecided.reason, places.join(" and "))
            };
            ("unknown", reason, UNKNOWN)
        }
    };
    let (request, remedy) = match &coverage {
        Coverage::No(witness) => (Some(&witness.request), witness.remedy(&need)),
        Coverage::Yes | Coverage::Unknown(_) => (None, None),
    };
    if arguments.json {
        let value = json!({
            "answer": answer,
            "witness": request.map(request_json),
            "remedy": remedy,
            "reason": reason,
        });
        print_json(&value, output)?;
    } else {
        writeln!(output, "{answer}: {reason}")?;
        if let Some(request) = request {
            writeln!(output, "  action:   {}", request.action)?;
            writeln!(output, "  resource: {}", request.resource)?;
            for (key, values) in request.context.iter() {
                writeln!(output, "  {key} = {}", values.join(", "))?;
            }
        }
        if let Some(remedy) = remedy {
            writeln!(output, "To have it, add the statement:\n  {remedy}")?;
        }
    }
    Ok(code)
}

fn request_json(request: &Request) -> Value {
    let context: Map<String, Value> = request
        .context
        .iter()
        .map(|(key, values)| (key.to_owned(), json!(values)))
        .collect();
    json!({
        "action": request.action,
        "resource": request.resource,
        "context": context,
    })
}
