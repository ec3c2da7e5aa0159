//! Ordered values of conditions (decimal numbers and points in time) and sets of ranges of them.

use std::cmp::Ordering;

/// A decimal number of any size, compared exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    /// Digits before the point, without leading zeros.
    whole: String,
    /// Digits after the point, without trailing zeros.
    fraction: String,
}

impl Decimal {
    /// Reads `-12.50`. No exponent: conditions are documented with plain decimals.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self {
            negative: negative && !zero,
            whole,
            fraction,
        })
    }

    /// The number as text.
    #[must_use]
    pub fn text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let whole = if self.whole.is_empty() {
            "0"
        } else {
            &self.whole
        };
        if self.fraction.is_empty() {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{}", self.fraction)
        }
    }

    /// The number, one just above it and one just below it.
    #[must_use]
    pub fn neighbours(&self) -> Vec<String> {
        let finer = |negative: bool| Self {
            negative,
            whole: self.whole.clone(),
            fraction: format!(
                "{}{}1",
                self.fraction,
                if self.fraction.is_empty() { "" } else { "0" }
            ),
        };
        // Away from zero by a little, and towards zero by way of the whole numbers beside it.
        let away = finer(self.negative).text();
        let towards = self.towards_zero();
        let mut out = vec![self.text(), away];
        out.extend(towards);
        out
    }

    fn towards_zero(&self) -> Option<String> {
        let sign = if self.negative { "-" } else { "" };
        if !self.fraction.is_empty() {
            let whole = if self.whole.is_empty() {
                "0"
            } else {
                &self.whole
            };
            return Some(format!("{sign}{whole}"));
        }
        if self.whole.is_empty() {
            return Some("-1".to_owned());
        }
        // One less than a whole number that is not zero: borrow from the right.
        let mut digits: Vec<u8> = self.whole.bytes().collect();
        for digit in digits.iter_mut().rev() {
            if *digit == b'0' {
                *digit = b'9';
            } else {
                *digit -= 1;
                break;
            }
        }
        let text: String = digits.into_iter().map(char::from).collect();
        let text = text.trim_start_matches('0');
        Some(if text.is_empty() {
            "0".to_owned()
        } else {
            format!("{sign}{text}")
        })
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        self.whole
            .len()
            .cmp(&other.whole.len())
            .then_with(|| self.whole.cmp(&other.whole))
            .then_with(|| self.fraction.cmp(&other.fraction))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A point in time: seconds since 1970 and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant {
    seconds: i64,
    nanos: u32,
}

impl Instant {
    /// Reads ISO 8601: `2026-01-31T23:59:59Z`, with a fraction, without seconds, with an offset such
    /// as `+08:00`, or the date alone.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = match text.split_once(['T', 't']) {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let mut parts = date.split('-');
        let year = number(parts.next()?, 4)?;
        let month = number(parts.next()?, 2)?;
        let day = number(parts.next()?, 2)?;
        if parts.next().is_some()
            || !(1..=12).contains(&month)
            || day < 1
            || day > month_days(year, month)
        {
            return None;
        }
        let midnight = days(year, month, day) * 86_400;
        let Some(time) = time else {
            return Some(Self {
                seconds: midnight,
                nanos: 0,
            });
        };
        let (clock, offset) = offset(time)?;
        let (clock, nanos) = match clock.split_once('.') {
            Some((clock, fraction)) => (clock, nanos(fraction)?),
            None => (clock, 0),
        };
        let mut parts = clock.split(':');
        let hour = number(parts.next()?, 2)?;
        let minute = number(parts.next()?, 2)?;
        let second = match parts.next() {
            Some(text) => number(text, 2)?,
            None => 0,
        };
        if parts.next().is_some() || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        Some(Self {
            seconds: midnight + hour * 3600 + minute * 60 + second - offset,
            nanos,
        })
    }

    /// The point in time as text.
    #[must_use]
    pub fn text(&self) -> String {
        let (day, second) = (
            self.seconds.div_euclid(86_400),
            self.seconds.rem_euclid(86_400),
        );
        let (year, month, date) = civil(day);
        let fraction = if self.nanos == 0 {
            String::new()
        } else {
            format!(".{:09}", self.nanos)
        };
        format!(
            "{year:04}-{month:02}-{date:02}T{:02}:{:02}:{:02}{fraction}Z",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }

    /// The point, the next second and the one before.
    #[must_use]
    pub fn neighbours(&self) -> Vec<String> {
        [0, 1, -1]
            .into_iter()
            .map(|step| {
                let moved = Self {
                    seconds: self.seconds + step,
                    nanos: self.nanos,
                };
                moved.text()
            })
            .filter(|text| Self::parse(text).is_some())
            .collect()
    }
}

fn number(text: &str, width: usize) -> Option<i64> {
    let digits = text.len() == width && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn nanos(fraction: &str) -> Option<u32> {
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nine: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    nine.parse().ok()
}

/// Splits the offset off the time; in seconds east of Greenwich.
fn offset(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let (clock, offset, sign) = match time.rsplit_once('+') {
        Some((clock, offset)) => (clock, offset, 1),
        None => time.rsplit_once('-').map(|(c, o)| (c, o, -1))?,
    };
    let (hours, minutes) = match offset.split_once(':') {
        Some(pair) => pair,
        None => offset.split_at_checked(2)?,
    };
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    (hours <= 23 && minutes <= 59).then_some((clock, sign * (hours * 3600 + minutes * 60)))
}

fn leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar. Years begin in March, so that the leap
/// day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The inverse of [`days`].
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

/// A range with open, closed or no ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval<T> {
    /// Least value and whether it belongs to the range.
    low: Option<(T, bool)>,
    /// Greatest value and whether it belongs to the range.
    high: Option<(T, bool)>,
}

impl<T: Ord + Clone> Interval<T> {
    /// Both ends included.
    pub fn between(low: T, high: T) -> Self {
        Self {
            low: Some((low, true)),
            high: Some((high, true)),
        }
    }

    /// Everything below, the end itself included or not.
    pub fn below(high: T, included: bool) -> Self {
        Self {
            low: None,
            high: Some((high, included)),
        }
    }

    /// Everything above, the end itself included or not.
    pub fn above(low: T, included: bool) -> Self {
        Self {
            low: Some((low, included)),
            high: None,
        }
    }

    fn contains(&self, value: &T) -> bool {
        let above = self
            .low
            .as_ref()
            .is_none_or(|(low, included)| value > low || (*included && value == low));
        let below = self
            .high
            .as_ref()
            .is_none_or(|(high, included)| value < high || (*included && value == high));
        above && below
    }

    fn low_cmp(&self, other: &Self) -> Ordering {
        match (&self.low, &other.low) {
            (None, None) => Ordering::Equal,
            (None, _) => Ordering::Less,
            (_, None) => Ordering::Greater,
            (Some((a, a_in)), Some((b, b_in))) => a.cmp(b).then(b_in.cmp(a_in)),
        }
    }

    fn high_cmp(&self, other: &Self) -> Ordering {
        match (&self.high, &other.high) {
            (None, None) => Ordering::Equal,
            (None, _) => Ordering::Greater,
            (_, None) => Ordering::Less,
            (Some((a, a_in)), Some((b, b_in))) => a.cmp(b).then(a_in.cmp(b_in)),
        }
    }

    /// Whether `next`, which begins no earlier, leaves no gap after this one.
    fn reaches(&self, next: &Self) -> bool {
        match (&self.high, &next.low) {
            (None, _) | (_, None) => true,
            (Some((high, high_in)), Some((low, low_in))) => {
                low < high || (low == high && (*high_in || *low_in))
            }
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        let (first, second) = if self.low_cmp(other) == Ordering::Greater {
            (other, self)
        } else {
            (self, other)
        };
        match (&first.high, &second.low) {
            (None, _) | (_, None) => true,
            (Some((high, high_in)), Some((low, low_in))) => {
                low < high || (low == high && *high_in && *low_in)
            }
        }
    }
}

/// A union of ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intervals<T>(Vec<Interval<T>>);

impl<T: Ord + Clone> FromIterator<Interval<T>> for Intervals<T> {
    fn from_iter<I: IntoIterator<Item = Interval<T>>>(ranges: I) -> Self {
        let mut ranges: Vec<_> = ranges.into_iter().collect();
        ranges.sort_by(Interval::low_cmp);
        let mut merged: Vec<Interval<T>> = Vec::new();
        for range in ranges {
            match merged.last_mut() {
                Some(last) if last.reaches(&range) => {
                    if range.high_cmp(last) == Ordering::Greater {
                        last.high = range.high;
                    }
                }
                _ => merged.push(range),
            }
        }
        Self(merged)
    }
}

impl<T: Ord + Clone> Intervals<T> {
    /// Whether a value is in one of the ranges.
    pub fn contains(&self, value: &T) -> bool {
        self.0.iter().any(|range| range.contains(value))
    }

    /// Whether every value here is there.
    pub fn within(&self, other: &Self) -> bool {
        self.0.iter().all(|range| {
            other.0.iter().any(|wide| {
                wide.low_cmp(range) != Ordering::Greater && wide.high_cmp(range) != Ordering::Less
            })
        })
    }

    /// Whether no value is in both.
    pub fn apart(&self, other: &Self) -> bool {
        !self.0.iter().any(|a| other.0.iter().any(|b| a.overlaps(b)))
    }

    /// Texts of values at and beside the ends.
    pub fn samples(&self, around: impl Fn(&T) -> Vec<String>) -> Vec<String> {
        self.0
            .iter()
            .flat_map(|range| [&range.low, &range.high])
            .flatten()
            .flat_map(|(point, _)| around(point))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_compare_by_value() {
        let parse = |text: &str| Decimal::parse(text).unwrap();
        for (less, more) in [
            ("-2", "-1"),
            ("-1", "0"),
            ("9", "10"),
            ("0.09", "0.1"),
            ("1", "1.0001"),
        ] {
            assert!(parse(less) < parse(more), "{less} {more}");
        }
        assert_eq!(parse("-0.0"), parse("0"));
        assert_eq!(parse("007.10"), parse("7.1"));
        for text in ["", "-", ".5", "5.", "1e3", " 1", "0x1", "1,0"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        for text in ["0", "1", "10", "-10", "0.5", "-3.25", "100"] {
            let point = parse(text);
            let around: Vec<_> = point.neighbours().iter().map(|t| parse(t)).collect();
            assert!(around.iter().any(|n| *n < point), "{text}: {around:?}");
            assert!(around.iter().any(|n| *n > point), "{text}: {around:?}");
        }
    }

    #[test]
    fn dates_are_points_in_time() {
        let parse = |text: &str| Instant::parse(text).unwrap();
        assert_eq!(parse("1970-01-01T00:00:00Z").seconds, 0);
        assert_eq!(parse("2000-03-01T00:00:00Z").seconds, 951_868_800);
        assert_eq!(
            parse("2019-08-12T17:00:00+08:00"),
            parse("2019-08-12T09:00:00Z")
        );
        assert_eq!(parse("2019-08-12T17:00+0800"), parse("2019-08-12T09:00Z"));
        assert_eq!(parse("2019-08-12"), parse("2019-08-12T00:00:00.000Z"));
        for text in [
            "2019-02-29T00:00:00Z",
            "2019-13-01",
            "2019-1-1",
            "soon",
            "2019-08-12T25:00:00Z",
            "2019-08-12T10:00:00",
            "2019-08-12T10:00:00.Z",
            "20190812",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
        for text in [
            "2024-02-29T23:59:59Z",
            "1969-12-31T00:00:01Z",
            "0001-01-01T00:00:00Z",
        ] {
            assert_eq!(parse(text).text(), text);
        }
    }

    #[test]
    fn ranges_merge_contain_and_part() {
        let set = |list: &[(i32, i32)]| -> Intervals<i32> {
            list.iter()
                .map(|(a, b)| Interval::between(*a, *b))
                .collect()
        };
        assert!(set(&[(1, 9)]).within(&set(&[(5, 10), (0, 5)])), "merged");
        assert!(!set(&[(1, 9)]).within(&set(&[(0, 4), (6, 10)])));
        assert!(set(&[(1, 2), (8, 9)]).apart(&set(&[(3, 7)])));
        assert!(!set(&[(1, 3)]).apart(&set(&[(3, 7)])));
        let below: Intervals<i32> = [Interval::below(5, false)].into_iter().collect();
        let above: Intervals<i32> = [Interval::above(5, true)].into_iter().collect();
        assert!(below.apart(&above));
        assert!(!below.contains(&5) && above.contains(&5));
        let both: Intervals<i32> = [Interval::above(5, true), Interval::below(5, false)]
            .into_iter()
            .collect();
        assert_eq!(both.0.len(), 1);
    }
}
