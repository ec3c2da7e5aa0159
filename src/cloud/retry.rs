//! When a call is repeated, and how long to wait before.
//!
//! Three things hold callers back. Each call has its own attempts and its own time. All calls share a
//! [`Budget`], so that a service that fails is not asked many times as often as usual. And all calls
//! of one action share a [`Gate`], so that one refusal for too many calls slows them all.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::host::Host;

/// How persistent a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Attempts where the service fails or does not answer. Throttling does not count.
    pub max_attempts: u32,
    /// Longest wait before the first repetition; doubles with each.
    pub base: Duration,
    /// The same where the service says that there are too many calls.
    pub throttled_base: Duration,
    /// Longest wait before any repetition.
    pub cap: Duration,
    /// No repetition begins later than this after the first attempt.
    pub max_elapsed: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_attempts: 6,
            base: Duration::from_millis(250),
            throttled_base: Duration::from_secs(1),
            cap: Duration::from_secs(20),
            max_elapsed: Duration::from_secs(5 * 60),
        }
    }
}

/// A random wait between nothing and `base` doubled `doublings` times, at most `cap` ("full jitter":
/// callers that failed together do not come back together).
#[must_use]
pub fn jitter(host: &Host, base: Duration, doublings: u32, cap: Duration) -> Duration {
    let limit = base
        .checked_mul(2_u32.saturating_pow(doublings.min(31)))
        .map_or(cap, |limit| limit.min(cap));
    limit.mul_f64(fraction(host))
}

/// A random number from 0 up to 1. Without randomness, the middle: spreading is a courtesy.
fn fraction(host: &Host) -> f64 {
    host.random::<4>().map_or(0.5, |bytes| {
        f64::from(u32::from_be_bytes(bytes)) / 4_294_967_296.0
    })
}

/// Credit for repetitions, shared by all calls of a client.
#[derive(Debug)]
pub struct Budget {
    credit: Mutex<f64>,
}

impl Budget {
    const FULL: f64 = 500.0;
    const PRICE: f64 = 5.0;
    const EARNED: f64 = 1.0;

    /// A full budget.
    #[must_use]
    pub fn new() -> Self {
        Self {
            credit: Mutex::new(Self::FULL),
        }
    }

    /// Pays for a repetition, or cannot.
    pub fn pay(&self) -> bool {
        let mut credit = self.credit.lock().unwrap_or_else(PoisonError::into_inner);
        let enough = *credit >= Self::PRICE;
        if enough {
            *credit -= Self::PRICE;
        }
        enough
    }

    /// A call that was answered earns some back.
    pub fn earn(&self) {
        let mut credit = self.credit.lock().unwrap_or_else(PoisonError::into_inner);
        *credit = (*credit + Self::EARNED).min(Self::FULL);
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new()
    }
}

/// Slows all calls of one action after one of them was throttled.
///
/// Until then it lets everything through. After it, nothing passes before the wait is over, and then
/// calls are spaced: the pace is halved by every further refusal and rises with every success, until
/// there is no need for one.
#[derive(Debug, Default)]
pub struct Gate {
    state: Mutex<Pace>,
}

#[derive(Debug, Default)]
struct Pace {
    /// Calls a second; no limit where there is none.
    rate: Option<f64>,
    /// When the next call may pass.
    next: Option<Instant>,
    /// When the pace was last lowered; refusals of calls that were already on their way do not count.
    lowered: Option<Instant>,
}

impl Gate {
    const FIRST_RATE: f64 = 8.0;
    const LOWEST_RATE: f64 = 0.5;
    const NO_LIMIT: f64 = 64.0;
    const RISE: f64 = 0.5;

    /// Takes a place and says how long to wait for it.
    pub fn enter(&self, now: Instant) -> Duration {
        let mut pace = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = pace.next.map_or(now, |next| next.max(now));
        if let Some(rate) = pace.rate {
            pace.next = Some(slot + Duration::from_secs_f64(1.0 / rate));
        }
        slot - now
    }

    /// How long it is until the next call may pass, without taking a place.
    pub fn open_in(&self, now: Instant) -> Duration {
        let pace = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        pace.next
            .map_or(Duration::ZERO, |next| next.saturating_duration_since(now))
    }

    /// A call was throttled: nobody passes for this long, and then more slowly.
    pub fn throttled(&self, now: Instant, wait: Duration) {
        let mut pace = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let open = now + wait;
        pace.next = Some(pace.next.map_or(open, |next| next.max(open)));
        let recent = pace
            .lowered
            .is_some_and(|lowered| now < lowered + Duration::from_secs(1));
        if !recent {
            pace.lowered = Some(now);
            pace.rate = Some(match pace.rate {
                None => Self::FIRST_RATE,
                Some(rate) => (rate / 2.0).max(Self::LOWEST_RATE),
            });
        }
    }

    /// A call was let through.
    pub fn passed(&self) {
        let mut pace = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rate) = pace.rate {
            let risen = rate + Self::RISE;
            pace.rate = (risen < Self::NO_LIMIT).then_some(risen);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{Budget, Gate, jitter};
    use crate::host::{Host, Replay};

    fn host() -> Host {
        Host::new(Replay::at(SystemTime::UNIX_EPOCH))
    }

    #[test]
    fn waits_are_random_doubling_and_capped() {
        let host = Host::system();
        let second = Duration::from_secs(1);
        for doublings in 0..40 {
            let wait = jitter(&host, second, doublings, 20 * second);
            assert!(wait < second * 2_u32.pow(doublings.min(5)));
            assert!(wait < 20 * second);
        }
        let different = (0..20).map(|_| jitter(&host, second, 0, second));
        assert!(different.collect::<std::collections::HashSet<_>>().len() > 10);
    }

    #[test]
    fn a_budget_runs_out_and_is_earned_back() {
        let budget = Budget::new();
        let mut paid = 0;
        while budget.pay() {
            paid += 1;
        }
        assert_eq!(paid, 100);
        for _ in 0..4 {
            budget.earn();
            assert!(!budget.pay());
        }
        budget.earn();
        assert!(budget.pay());
    }

    #[test]
    fn one_refusal_slows_every_caller() {
        let (host, gate) = (host(), Gate::default());
        let now = host.monotonic();
        assert_eq!(gate.enter(now), Duration::ZERO);
        assert_eq!(gate.enter(now), Duration::ZERO);
        gate.throttled(now, Duration::from_secs(2));
        // A second refusal of the same burst does not count again.
        gate.throttled(now, Duration::from_secs(1));
        let waits: Vec<u128> = (0..3).map(|_| gate.enter(now).as_millis()).collect();
        assert_eq!(waits, [2000, 2125, 2250]);
        let later = now + Duration::from_secs(3);
        gate.throttled(later, Duration::from_secs(1));
        let waits: Vec<u128> = (0..2).map(|_| gate.enter(later).as_millis()).collect();
        assert_eq!(waits, [1000, 1250]);
        for _ in 0..200 {
            gate.passed();
        }
        let much_later = later + Duration::from_secs(60);
        assert_eq!(gate.enter(much_later), Duration::ZERO);
        assert_eq!(gate.enter(much_later), Duration::ZERO);
    }
}
