//! A panic is a bug, and must cost the user one operation and not the whole run.
//!
//! The hook writes a block that Terraform recognises as a crash and shows even where logging is
//! off; the call in which it happened answers with an error; the process goes on serving.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::fmt::Write as _;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::plugin::diagnostics::Diagnostic;

/// Terraform keeps a hundred lines of a crash.
const BACKTRACE_LINES: usize = 80;

thread_local! {
    /// Where the latest panic of this thread happened. The hook runs on the thread that panics, and
    /// so does the code that catches.
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From now on panics are written in the form that Terraform recognises.
pub fn install_hook(write: impl Fn(&[u8]) + Send + Sync + 'static) {
    std::panic::set_hook(Box::new(move |info| {
        let location = info.location().map(ToString::to_string);
        write(block(info, location.as_deref(), &Backtrace::force_capture()).as_bytes());
        LOCATION.with_borrow_mut(|slot| *slot = location);
    }));
}

/// The block: the first line decides whether the host takes it for a crash.
fn block(info: &PanicHookInfo<'_>, location: Option<&str>, backtrace: &Backtrace) -> String {
    let mut text = format!("panic: {}\n", one_line(message(info.payload())));
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("unnamed");
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "thread {name} at {}",
        location.unwrap_or("an unknown place")
    );
    for line in backtrace.to_string().lines().take(BACKTRACE_LINES) {
        let _ = writeln!(text, "{line}");
    }
    text
}

fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

fn one_line(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join(" ")
}

/// What is left of a call that panicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Panicked {
    location: Option<String>,
}

impl Panicked {
    /// What the user is told. The panic's own message is left to the block: it may quote data.
    pub(super) fn diagnostic(&self, rpc: &str) -> Diagnostic {
        let place = match &self.location {
            Some(location) => format!(" at {location}"),
            None => String::new(),
        };
        Diagnostic::error(
            "Provider Crashed",
            format!(
                "The provider crashed{place} while it answered {rpc}, so this operation did not \
                 finish and what it did is not known. Other operations go on. This is a bug in the \
                 provider: please report it, together with the block that begins with \"panic:\"."
            ),
        )
    }
}

/// Runs a future to its end or to its first panic.
pub(super) async fn catch<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut future = pin!(future);
    poll_fn(|context| {
        // After a panic the future is dropped and never polled again, so whatever it left half
        // done inside itself cannot be seen.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(_) => Poll::Ready(Err(Panicked {
                location: LOCATION.with_borrow_mut(Option::take),
            })),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_a_block_and_a_diagnostic() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let usual = std::panic::take_hook();
        install_hook(move |bytes| sink.lock().unwrap().extend_from_slice(bytes));
        let result: Result<(), _> = catch(async { panic!("first\nsecond") }).await;
        std::panic::set_hook(usual);

        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let block = text
            .lines()
            .skip_while(|line| *line != "panic: first second")
            .collect::<Vec<_>>();
        assert!(block.len() > 2, "{text}");
        assert!(block[1].contains("panic.rs:"), "{text}");

        let diagnostic = result.unwrap_err().diagnostic("ReadResource");
        assert!(diagnostic.detail.contains("panic.rs:"));
        assert!(diagnostic.detail.contains("ReadResource"));
        assert!(!diagnostic.detail.contains("second"));
    }

    #[tokio::test]
    async fn a_future_that_does_not_panic_is_left_alone() {
        let value = catch(async {
            tokio::task::yield_now().await;
            7
        })
        .await;
        assert_eq!(value, Ok(7));
    }
}
