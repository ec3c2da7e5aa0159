//! Request signatures: made by the client, checked by the sandbox, with one code for both.
//!
//! [`v3`] is ACS3-HMAC-SHA256, with the signature in a header. [`v1`] is the older HMAC-SHA1 of RPC
//! calls, with the signature among the parameters. [`recognise`] finds out which one a received
//! request uses and reads what it claims; [`Signed::verify`] proves it with the secret of the key,
//! and [`Signed::check_time`] holds its date against a clock. Nonces must be remembered, so they are
//! the server's to check.
//!
//! Both ends share this code, so an error in it would satisfy both: the vendor's vectors in `tests/`
//! are what keeps it honest.

mod received;
mod rejection;
pub mod v1;
pub mod v3;

use std::fmt::Write;
use std::time::{Duration, SystemTime};

pub use received::{Claims, Identity, Received, Scheme, Signed, Window, recognise};
pub use rejection::Rejection;

use super::secret::Secret;

/// What a call is signed with.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// The access key id; it is sent.
    pub id: &'a str,
    /// The access key secret; it is not.
    pub secret: &'a Secret,
    /// The session token of temporary credentials; it is sent.
    pub token: Option<&'a Secret>,
}

/// `yyyy-MM-ddTHH:mm:ssZ`, UTC: how both schemes write a time.
#[must_use]
pub fn format_time(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time)
        .unwrap_or_default()
        .strftime(TIME)
        .to_string()
}

/// Reads such a time, and nothing that only looks like it.
#[must_use]
pub fn parse_time(text: &str) -> Option<SystemTime> {
    let civil = jiff::civil::DateTime::strptime(TIME, text).ok()?;
    let time = jiff::tz::Offset::UTC.to_timestamp(civil).ok()?;
    if time.strftime(TIME).to_string() != text {
        return None;
    }
    let seconds = u64::try_from(time.as_second()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

const TIME: &str = "%Y-%m-%dT%H:%M:%SZ";

/// Minutes as a duration, where `std` has only seconds.
const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// Lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{format_time, hex, parse_time};

    #[test]
    fn times_come_back() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_739_000_000);
        assert_eq!(format_time(time), "2025-02-08T07:33:20Z");
        assert_eq!(parse_time("2025-02-08T07:33:20Z"), Some(time));
        // Parts of a second are cut.
        assert_eq!(
            format_time(time + Duration::from_millis(999)),
            "2025-02-08T07:33:20Z"
        );
    }

    #[test]
    fn other_spellings_are_no_times() {
        for text in [
            "",
            "2025-02-08T07:33:20",
            "2025-02-08T07:33:20.1Z",
            "2025-02-08 07:33:20Z",
            "2025-2-8T07:33:20Z",
            "2025-02-08T7:33:20Z",
            "2025-02-08T07:33:20+00:00",
            "2025-02-30T07:33:20Z",
            "2025-02-08T07:33:20Z ",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn hexadecimal_is_lower_case() {
        assert_eq!(hex(&[0, 10, 255]), "000aff");
    }
}
