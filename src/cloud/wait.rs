//! Waiting until the cloud shows something.

use std::future::Future;
use std::time::Duration;

use super::client::Client;
use super::error::{Error, Kind};

/// How often to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Wait after the first look; grows by half with each.
    pub first: Duration,
    /// Longest wait between looks.
    pub cap: Duration,
    /// How long to go on.
    pub limit: Duration,
}

impl Client {
    /// Looks until there is something, at once and then ever less often.
    ///
    /// `what` is a clause for the error: "the project `p` shows the update".
    ///
    /// # Errors
    /// That of a look that fails, and [`Kind::Timeout`] when the time is over.
    pub async fn wait_until<T, F: Future<Output = Result<Option<T>, Error>>>(
        &self,
        what: &str,
        pace: Pace,
        mut look: impl FnMut() -> F,
    ) -> Result<T, Error> {
        let host = self.host();
        let begin = host.monotonic();
        let end = begin + pace.limit;
        let end = self.deadline().map_or(end, |deadline| deadline.min(end));
        let mut wait = pace.first;
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            let now = host.monotonic();
            if now >= end {
                let waited = now.saturating_duration_since(begin).as_secs();
                return Err(Error::new(
                    Kind::Timeout,
                    format!("{waited} seconds have passed without a sign that {what}"),
                ));
            }
            // The last look is at the very end.
            host.sleep(wait.min(end - now)).await;
            wait = wait.mul_f64(1.5).min(pace.cap);
        }
    }
}
