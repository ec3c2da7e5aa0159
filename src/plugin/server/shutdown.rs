//! When and how the process ends.
//!
//! A plugin outlives every signal that its host's terminal sends: the host drives the end through
//! the controller service, so that calls in flight can still return what they reached.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::StartError;
use crate::host::Host;

/// How long calls in flight may still take once the host asked for the end. Hosts kill a plugin
/// after two seconds, and ask only when they wait for nothing any more.
const GRACE: Duration = Duration::from_millis(25);

/// How long calls in flight may still take once the process was told to terminate: longer than the
/// engine lets a write settle after a stop. A signal to a whole process group reaches the host as
/// well, which then waits for the state that its calls return.
const TERMINATION_GRACE: Duration = Duration::from_secs(12);

/// How often an idle plugin looks whether its host is still there.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// The request to end, shared by all who may ask for it or must hear of it.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    asked: CancellationToken,
    at_once: CancellationToken,
}

impl Shutdown {
    /// Nobody has asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for the end, now.
    pub fn request(&self) {
        self.at_once.cancel();
        self.asked.cancel();
    }

    /// Asks for the end, as soon as what is in flight has come to its own.
    pub fn terminate(&self) {
        self.asked.cancel();
    }

    /// Resolves when the end was asked for.
    pub fn requested(&self) -> impl Future<Output = ()> + Send + use<> {
        self.asked.clone().cancelled_owned()
    }

    /// Resolves when calls that are still in flight have had their time.
    pub(super) async fn due(&self, host: &Host) {
        self.asked.cancelled().await;
        tokio::select! {
            () = self.at_once.cancelled() => host.sleep(GRACE).await,
            () = host.sleep(TERMINATION_GRACE) => {}
        }
    }
}

/// What an interrupt from the terminal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interrupt {
    /// Nothing: the host gets the same signal and decides.
    Ignored,
    /// The end: the process was started by hand.
    Ends,
}

/// Takes over the signals that would otherwise kill the process.
///
/// # Errors
/// When the system refuses a handler.
#[cfg(unix)]
pub(super) fn listen(shutdown: &Shutdown, interrupt: Interrupt) -> Result<(), StartError> {
    use tokio::signal::unix::{SignalKind, signal};
    let handler = |kind| {
        signal(kind)
            .map_err(|error| StartError::new(format!("no signal handler could be set up: {error}")))
    };
    let mut interrupted = handler(SignalKind::interrupt())?;
    let mut terminated = handler(SignalKind::terminate())?;
    // A terminal that hangs up is the host's affair too: it may have been told to survive that, and
    // where it dies of it, `follow_parent` notices.
    let _hung_up = match interrupt {
        Interrupt::Ignored => Some(handler(SignalKind::hangup())?),
        Interrupt::Ends => None,
    };
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        loop {
            let ends = tokio::select! {
                _ = interrupted.recv() => interrupt == Interrupt::Ends,
                _ = terminated.recv() => true,
            };
            match (ends, shutdown.asked.is_cancelled()) {
                (true, false) => shutdown.terminate(),
                // Somebody has lost patience.
                (true, true) => shutdown.request(),
                (false, _) => {}
            }
        }
    });
    Ok(())
}

/// Takes over the interrupt of the console.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub(super) fn listen(shutdown: &Shutdown, interrupt: Interrupt) -> Result<(), StartError> {
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if interrupt == Interrupt::Ends {
                shutdown.terminate();
            }
        }
    });
    Ok(())
}

/// Ends a plugin whose host died without saying so: no connection is left, and the process that
/// started it is no longer its parent. Otherwise it would stay for ever, with its socket file.
#[cfg(unix)]
pub(super) fn follow_parent(shutdown: &Shutdown, host: &Host, mut open: watch::Receiver<usize>) {
    use std::os::unix::process::parent_id;
    let (shutdown, host, parent) = (shutdown.clone(), host.clone(), parent_id());
    tokio::spawn(async move {
        while open.wait_for(|count| *count == 0).await.is_ok() {
            host.sleep(WATCH_INTERVAL).await;
            if *open.borrow() == 0 && parent_id() != parent {
                shutdown.request();
                break;
            }
        }
    });
}

/// Does nothing: a parent's death cannot be seen here.
#[cfg(not(unix))]
pub(super) fn follow_parent(_: &Shutdown, _: &Host, _: watch::Receiver<usize>) {
    let _ = WATCH_INTERVAL;
}
