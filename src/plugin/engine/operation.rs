//! How an author's operation is run: for how long, and what ends it early.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::values::member;
use crate::host::Host;
use crate::plugin::author::{BoxFuture, Outcome};
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::schema::{Block, parse_duration, print_duration};
use crate::plugin::value::Dynamic;

/// How long an operation may take that has no time of its own.
pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(20 * 60);

/// How long a write may still go on after Terraform said stop: a request in flight that comes to
/// its end leaves no doubt about what exists.
const SETTLE: Duration = Duration::from_secs(10);

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Configure,
    Plan,
    Create,
    Read,
    Update,
    Delete,
}

impl Operation {
    /// The name of its time in the `timeouts` block, where it has one there.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Configure | Self::Plan => None,
            Self::Create => Some("create"),
            Self::Read => Some("read"),
            Self::Update => Some("update"),
            Self::Delete => Some("delete"),
        }
    }

    fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Delete)
    }

    fn doing(self) -> &'static str {
        match self {
            Self::Configure => "configuring the provider",
            Self::Plan => "planning the change",
            Self::Create => "making the object",
            Self::Read => "reading the object",
            Self::Update => "changing the object",
            Self::Delete => "removing the object",
        }
    }

    /// How long it may take: what `values` (configuration or state) say, else the default.
    pub(super) fn timeout(self, block: &Block, values: &Dynamic) -> Duration {
        let (Some(defaults), Some(name)) = (block.timeouts, self.name()) else {
            return DEFAULT_TIMEOUT;
        };
        if let Dynamic::String(text) = member(member(values, "timeouts"), name)
            && let Ok(duration) = parse_duration(text)
        {
            return duration;
        }
        let default = match self {
            Self::Configure | Self::Plan => None,
            Self::Create => defaults.create,
            Self::Read => defaults.read,
            Self::Update => defaults.update,
            Self::Delete => defaults.delete,
        };
        default.unwrap_or(DEFAULT_TIMEOUT)
    }
}

/// Runs an operation to its end, to its deadline, or until Terraform says stop. A future that is
/// stopped is dropped; what it has recorded outlives it.
///
/// # Errors
/// The operation's own, which hold at least one error, or why it was ended.
pub(super) async fn run<T>(
    host: &Host,
    operation: Operation,
    timeout: Duration,
    token: &CancellationToken,
    work: BoxFuture<'_, Outcome<T>>,
) -> Outcome<T> {
    let mut work = std::pin::pin!(caught(operation, work));
    if token.is_cancelled() {
        return Err(interrupted(operation).into());
    }
    let ended = tokio::select! {
        biased;
        outcome = &mut work => Some(outcome),
        () = token.cancelled() => None,
        () = host.sleep(timeout) => return Err(timed_out(operation, timeout).into()),
    };
    let outcome = match ended {
        Some(outcome) => outcome,
        // Nothing is at stake where nothing is written.
        None if !operation.writes() => return Err(interrupted(operation).into()),
        None => tokio::select! {
            biased;
            outcome = &mut work => outcome,
            () = host.sleep(SETTLE) => return Err(interrupted(operation).into()),
        },
    };
    outcome.map_err(|mut diagnostics: Diagnostics| {
        if !diagnostics.has_errors() {
            diagnostics.push(super::core::provider_bug(format!(
                "{} failed without saying why",
                operation.doing()
            )));
        }
        diagnostics
    })
}

/// Turns a panic of the author's code into an error, so that what was recorded before it is not lost
/// with it. The panic hook has told the user already.
async fn caught<T>(operation: Operation, mut work: BoxFuture<'_, Outcome<T>>) -> Outcome<T> {
    poll_fn(move |context| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        polled.unwrap_or_else(|_| Poll::Ready(Err(panicked(operation).into())))
    })
    .await
}

fn panicked(operation: Operation) -> Diagnostic {
    super::core::provider_bug(format!("{} ended in a panic", operation.doing()))
}

fn timed_out(operation: Operation, timeout: Duration) -> Diagnostic {
    let mut detail = format!(
        "{} took longer than {}. {}",
        capital(operation.doing()),
        print_duration(timeout),
        aftermath(operation)
    );
    if let Some(name) = operation.name() {
        detail.push_str(&format!(
            " Where the resource has a `timeouts` block, its `{name}` argument allows more time."
        ));
    }
    Diagnostic::error("Operation Timed Out", detail)
}

fn interrupted(operation: Operation) -> Diagnostic {
    Diagnostic::error(
        "Operation Interrupted",
        format!(
            "{} was stopped because Terraform was interrupted. {}",
            capital(operation.doing()),
            aftermath(operation)
        ),
    )
}

fn aftermath(operation: Operation) -> &'static str {
    if operation.writes() {
        "What is known to exist by now is in the state, and the next apply goes on from there."
    } else {
        "Nothing was changed."
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
