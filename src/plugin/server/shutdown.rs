//! When and how the process ends.
//!
//! A plugin outlives every signal that its host's terminal sends: the host drives the end through
//! the controller service, so that calls in flight can still return what they reached.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::StartError;
use crate::host::Host;

/// How long calls in flight may still take once the end was asked for. Hosts kill a plugin after
/// two seconds, and ask only when they wait for nothing any more.
pub(super) const GRACE: Duration = Duration::from_millis(25);

/// How often an idle plugin looks whether its host is still there.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// The request to end, shared by all who may ask for it or must hear of it.
#[derive(Debug, Clone, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// Nobody has asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for the end.
    pub fn request(&self) {
        self.0.cancel();
    }

    /// Resolves when the end was asked for.
    pub fn requested(&self) -> impl Future<Output = ()> + Send + use<> {
        self.0.clone().cancelled_owned()
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
    let mut hung_up = handler(SignalKind::hangup())?;
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupted.recv() => {
                    if interrupt == Interrupt::Ends {
                        break;
                    }
                }
                _ = terminated.recv() => break,
                _ = hung_up.recv() => break,
            }
        }
        shutdown.request();
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
                shutdown.request();
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
