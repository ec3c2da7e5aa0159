//! Times as the services write them. The time itself always comes from the host.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::Offset;

/// One second in nanoseconds.
pub(crate) const SECOND: i64 = 1_000_000_000;

/// Nanoseconds since the epoch; times outside of what 64 bits hold are cut to the nearest.
pub(crate) fn nanos(time: SystemTime) -> i64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |n| -n),
    }
}

fn timestamp(nanos: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(nanos)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `2026-01-02T03:04:05Z`: RAM, STS, triggers and batches.
pub(crate) fn seconds(nanos: i64) -> String {
    timestamp(nanos).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2021-06-29T14:50:13.011643661+08:00`: IMM projects, datasets and bindings.
pub(crate) fn beijing(nanos: i64) -> String {
    Offset::constant(8)
        .to_datetime(timestamp(nanos))
        .strftime("%Y-%m-%dT%H:%M:%S%.f+08:00")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings() {
        let time = 1_624_949_413_011_643_661;
        assert_eq!(seconds(time), "2021-06-29T06:50:13Z");
        assert_eq!(beijing(time), "2021-06-29T14:50:13.011643661+08:00");
        assert_eq!(
            beijing(1_624_949_413_000_000_000),
            "2021-06-29T14:50:13+08:00"
        );
    }
}
