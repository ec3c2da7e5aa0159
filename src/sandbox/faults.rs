//! Misbehaviour on request: latency, throttling, server errors, lost answers, slow propagation.
//!
//! Faults live in the database, so that a test can put one into a file that another process serves.
//! Written as text a fault is `ACTION:KIND[=VALUE][:COUNT]`; without a count it stays until it is
//! removed, and `*` stands for every action:
//!
//! | kind | does |
//! |---|---|
//! | `latency=200ms` | waits before the request is looked at |
//! | `throttle`, `throttle=2s` | refuses with `Throttling.User`; with a value also sends `x-acs-retry-after` |
//! | `error=503` | refuses with that status, 500 to 599 |
//! | `drop-before` | closes the connection; nothing was done |
//! | `drop-after` | does it, then closes the connection without an answer |
//! | `delay=30s` | does it, but reads show it only later; at most 300 s |

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rusqlite::Connection;

use super::dispatch;
use super::failure::Failure;

/// Longest time that IMM documents for an update to become visible.
const LONGEST_DELAY: Duration = Duration::from_secs(300);

/// The actions whose effect reads can show later.
const DELAYABLE: &[&str] = &[
    "AttachPolicyToGroup",
    "AttachPolicyToRole",
    "AttachPolicyToUser",
    "CreatePolicy",
    "CreateProject",
    "CreateRole",
    "UpdateProject",
];

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The request waits before it is looked at.
    Latency(Duration),
    /// The request is refused with `Throttling.User`, with the time after which to try again, if any.
    Throttle(Option<Duration>),
    /// The request is refused with this status, 500 to 599.
    Error(u16),
    /// The connection is closed and nothing was done.
    DropBefore,
    /// Everything was done, and the connection is closed without an answer.
    DropAfter,
    /// Reads show the effect only after this time, at most 300 s.
    Delay(Duration),
}

/// One fault, for one action or all, so many times or until it is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    action: String,
    kind: FaultKind,
    count: Option<u32>,
}

/// A fault that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadFault(String);

impl fmt::Display for BadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadFault {}

impl Fault {
    /// A fault of one action, or of every action where `action` is `*`. Without a count it stays until
    /// it is removed.
    ///
    /// # Errors
    /// When no service has the action, the status is not a server error, the delay is over 300 s or
    /// the action has no effect that could be shown later, or the count is 0.
    pub fn new(action: &str, kind: FaultKind, count: Option<u32>) -> Result<Self, BadFault> {
        let bad = |reason: String| Err(BadFault(reason));
        if action != "*" && !dispatch::exists(action) {
            return bad(format!(
                "no service of the sandbox has an action `{action}`"
            ));
        }
        match kind {
            FaultKind::Error(status) if !(500..600).contains(&status) => {
                return bad(format!("{status} is not a server error; 500 to 599 are"));
            }
            FaultKind::Delay(delay) if delay > LONGEST_DELAY => {
                return bad("a delay is at most 300s".to_owned());
            }
            FaultKind::Delay(_) if !DELAYABLE.contains(&action) => {
                return bad(format!(
                    "`{action}` has no effect that can be delayed; these have: {}",
                    DELAYABLE.join(", ")
                ));
            }
            _ => {}
        }
        if count == Some(0) {
            return bad("a fault that happens 0 times is none".to_owned());
        }
        Ok(Self {
            action: action.to_owned(),
            kind,
            count,
        })
    }

    /// The action, or `*`.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// What goes wrong.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// How many times still; `None`: until it is removed.
    #[must_use]
    pub fn count(&self) -> Option<u32> {
        self.count
    }
}

fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => (text.strip_suffix('s')?, 1000),
    };
    let number: u32 = number.parse().ok()?;
    Some(Duration::from_millis(u64::from(number) * unit))
}

impl FromStr for Fault {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<Self, BadFault> {
        let bad = |reason: &str| BadFault(format!("`{text}` is not a fault: {reason}"));
        let mut parts = text.split(':');
        let (Some(action), Some(kind), count, None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(bad("write ACTION:KIND[=VALUE][:COUNT]"));
        };
        let count = match count {
            None => None,
            Some(count) => Some(
                count
                    .parse()
                    .map_err(|_| bad("the count is not a whole number"))?,
            ),
        };
        let (kind, value) = match kind.split_once('=') {
            Some((kind, value)) => (kind, Some(value)),
            None => (kind, None),
        };
        let time = || {
            value
                .and_then(duration)
                .ok_or_else(|| bad("its value is a time such as 200ms or 30s"))
        };
        let kind = match kind {
            "latency" => FaultKind::Latency(time()?),
            "throttle" => FaultKind::Throttle(value.map(|_| time()).transpose()?),
            "error" => FaultKind::Error(
                value
                    .and_then(|value| value.parse().ok())
                    .ok_or_else(|| bad("its value is a status such as 503"))?,
            ),
            "drop-before" if value.is_none() => FaultKind::DropBefore,
            "drop-after" if value.is_none() => FaultKind::DropAfter,
            "delay" => FaultKind::Delay(time()?),
            _ => {
                return Err(bad(
                    "the kinds are latency=TIME, throttle[=TIME], error=STATUS, drop-before, \
                     drop-after and delay=TIME",
                ));
            }
        };
        Self::new(action, kind, count).map_err(|error| bad(&error.0))
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn time(millis: Option<i64>) -> Duration {
    Duration::from_millis(millis.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
}

impl FaultKind {
    fn store(self) -> (&'static str, Option<i64>) {
        match self {
            Self::Latency(delay) => ("latency", Some(millis(delay))),
            Self::Throttle(after) => ("throttle", after.map(millis)),
            Self::Error(status) => ("error", Some(i64::from(status))),
            Self::DropBefore => ("drop-before", None),
            Self::DropAfter => ("drop-after", None),
            Self::Delay(delay) => ("delay", Some(millis(delay))),
        }
    }

    /// A kind that a newer release wrote is no fault of this one.
    fn load(kind: &str, amount: Option<i64>) -> Option<Self> {
        Some(match kind {
            "latency" => Self::Latency(time(amount)),
            "throttle" => Self::Throttle(amount.map(|_| time(amount))),
            "error" => Self::Error(u16::try_from(amount?).ok()?),
            "drop-before" => Self::DropBefore,
            "drop-after" => Self::DropAfter,
            "delay" => Self::Delay(time(amount)),
            _ => return None,
        })
    }
}

/// Puts a fault into the database.
pub(crate) fn add(db: &Connection, fault: &Fault) -> rusqlite::Result<()> {
    let (kind, amount) = fault.kind.store();
    db.execute(
        "INSERT INTO faults (action, kind, amount, remaining) VALUES (?1, ?2, ?3, ?4)",
        (&fault.action, kind, amount, fault.count),
    )?;
    Ok(())
}

/// The faults that are still to happen, oldest first.
pub(crate) fn list(db: &Connection) -> rusqlite::Result<Vec<Fault>> {
    let mut faults =
        db.prepare("SELECT action, kind, amount, remaining FROM faults ORDER BY id")?;
    let rows = faults.query_map([], |row| {
        let kind: String = row.get(1)?;
        Ok((row.get(0)?, kind, row.get(2)?, row.get(3)?))
    })?;
    let mut list = Vec::new();
    for row in rows {
        let (action, kind, amount, count) = row?;
        if let Some(kind) = FaultKind::load(&kind, amount) {
            list.push(Fault {
                action,
                kind,
                count,
            });
        }
    }
    Ok(list)
}

/// Removes every fault.
pub(crate) fn clear(db: &Connection) -> rusqlite::Result<()> {
    db.execute("DELETE FROM faults", [])?;
    Ok(())
}

/// What happens to one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Drawn {
    /// To wait before it is looked at.
    pub(crate) latency: Duration,
    /// The error that it gets instead of being carried out.
    pub(crate) refusal: Option<Failure>,
    /// Its connection is closed before it is carried out.
    pub(crate) drop_before: bool,
    /// Its connection is closed instead of an answer.
    pub(crate) drop_after: bool,
    /// How much later reads show what it does.
    pub(crate) delay: Duration,
}

/// Takes the faults of one request, and counts them down.
pub(crate) fn draw(db: &Connection, action: &str) -> rusqlite::Result<Drawn> {
    let mut found = db.prepare_cached(
        "SELECT id, kind, amount, remaining FROM faults WHERE action = ?1 OR action = '*' ORDER BY id",
    )?;
    let mut rows = found.query([action])?;
    let mut drawn = Drawn::default();
    let mut used: Vec<(i64, i64)> = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get(1)?;
        let Some(kind) = FaultKind::load(&kind, row.get(2)?) else {
            continue;
        };
        if let Some(remaining) = row.get::<_, Option<i64>>(3)? {
            used.push((row.get(0)?, remaining));
        }
        match kind {
            FaultKind::Latency(delay) => drawn.latency += delay,
            FaultKind::Throttle(after) => {
                let mut failure = Failure::new(
                    400,
                    "Throttling.User",
                    "Request was denied due to user flow control.",
                );
                failure.retry_after =
                    after.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
                drawn.refusal = Some(failure);
            }
            FaultKind::Error(status) => {
                let code = if status == 503 {
                    "ServiceUnavailable"
                } else {
                    "InternalError"
                };
                drawn.refusal = Some(Failure::ours(status, code, "A fault was asked for."));
            }
            FaultKind::DropBefore => drawn.drop_before = true,
            FaultKind::DropAfter => drawn.drop_after = true,
            FaultKind::Delay(delay) => drawn.delay = drawn.delay.max(delay),
        }
    }
    for (id, remaining) in used {
        if remaining <= 1 {
            db.execute("DELETE FROM faults WHERE id = ?1", [id])?;
        } else {
            db.execute(
                "UPDATE faults SET remaining = ?2 WHERE id = ?1",
                (id, remaining - 1),
            )?;
        }
    }
    Ok(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        text.parse::<Fault>().unwrap_err().to_string()
    }

    #[test]
    fn text_is_read() {
        let fault: Fault = "CreatePolicyVersion:drop-after:1".parse().unwrap();
        assert_eq!(fault.action(), "CreatePolicyVersion");
        assert_eq!(fault.kind(), FaultKind::DropAfter);
        assert_eq!(fault.count(), Some(1));

        let fault: Fault = "*:throttle=2s".parse().unwrap();
        assert_eq!(
            fault.kind(),
            FaultKind::Throttle(Some(Duration::from_secs(2)))
        );
        assert_eq!(fault.count(), None);

        let fault: Fault = "UpdateProject:delay=250ms:3".parse().unwrap();
        assert_eq!(fault.kind(), FaultKind::Delay(Duration::from_millis(250)));
    }

    #[test]
    fn nonsense_is_refused_with_the_reason() {
        assert!(error("CreateRole").contains("ACTION:KIND"));
        assert!(error("MakeRole:drop-before").contains("`MakeRole`"));
        assert!(error("CreateRole:slow").contains("latency=TIME"));
        assert!(error("CreateRole:latency").contains("200ms"));
        assert!(error("CreateRole:latency=5").contains("200ms"));
        assert!(error("CreateRole:error=404").contains("500 to 599"));
        assert!(error("CreateRole:drop-before:many").contains("count"));
        assert!(error("CreateRole:drop-before:0").contains("0 times"));
        assert!(error("CreateRole:drop-before:1:2").contains("ACTION:KIND"));
        assert!(error("UpdateProject:delay=301s").contains("300s"));
        assert!(error("GetRole:delay=1s").contains("UpdateProject"));
    }
}
