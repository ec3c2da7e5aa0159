//! Exact numbers.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::{BigInt, Sign};

use super::ValueError;

/// The most digits that a number may have when it is written without an exponent. Every finite
/// `f64` fits, and so does everything that Terraform computes with its 512 bits of mantissa at any
/// exponent that people use; `1e999999999` does not, and would need a gigabyte.
pub const MAX_DIGITS: u64 = 16_384;

/// A number of Terraform's: an exact decimal of any size, or an infinity.
///
/// Equality is by numeric value: `1.0` equals `1`, and the `f64` nearest to 0.1 does not equal 0.1.
/// Parsing and conversion bound a number to [`MAX_DIGITS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Number {
    /// A finite decimal.
    Finite(BigDecimal),
    /// Positive infinity, which only MessagePack can carry.
    Infinity,
    /// Negative infinity.
    NegativeInfinity,
}

impl Number {
    /// The exact value of a float; `None` for NaN, which is no value of Terraform's.
    #[must_use]
    pub fn from_f64(float: f64) -> Option<Self> {
        if float.is_nan() {
            return None;
        }
        if float.is_infinite() {
            return Some(if float > 0.0 {
                Self::Infinity
            } else {
                Self::NegativeInfinity
            });
        }
        let bits = float.to_bits();
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, exponent) = match (bits >> 52) & 0x7ff {
            0 => (fraction, -1074),
            biased => (fraction | (1 << 52), biased as i64 - 1075),
        };
        if mantissa == 0 {
            return Some(Self::from(0_i64));
        }
        let shift = mantissa.trailing_zeros();
        let (mantissa, exponent) = (mantissa >> shift, exponent + i64::from(shift));
        let magnitude = BigInt::from(mantissa);
        let signed = if float < 0.0 { -magnitude } else { magnitude };
        Some(Self::Finite(match u32::try_from(exponent) {
            Ok(left) => BigDecimal::from(signed << left),
            // m·2⁻ᵏ is m·5ᵏ·10⁻ᵏ.
            Err(_) => {
                let places = exponent.unsigned_abs() as u32;
                BigDecimal::new(signed * BigInt::from(5).pow(places), i64::from(places))
            }
        }))
    }

    /// The float that has exactly this value, if one has.
    #[must_use]
    pub fn to_f64(&self) -> Option<f64> {
        let decimal = match self {
            Self::Infinity => return Some(f64::INFINITY),
            Self::NegativeInfinity => return Some(f64::NEG_INFINITY),
            Self::Finite(decimal) => decimal,
        };
        let nearest: f64 = decimal.to_plain_string().parse().ok()?;
        let exact = nearest.is_finite() && Self::from_f64(nearest).as_ref() == Some(self);
        exact.then_some(nearest)
    }

    /// The value as a whole number of 64 bits with sign, if it is one.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        self.whole().and_then(|whole| i64::try_from(whole).ok())
    }

    /// The value as a whole number of 64 bits without sign, if it is one.
    #[must_use]
    pub fn to_u64(&self) -> Option<u64> {
        self.whole().and_then(|whole| u64::try_from(whole).ok())
    }

    /// Whether this is neither infinity.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        matches!(self, Self::Finite(_))
    }

    /// Whether this has no fraction; an infinity is not whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Finite(decimal) => is_whole(decimal),
            Self::Infinity | Self::NegativeInfinity => false,
        }
    }

    /// The value, if it is whole and small enough to be of any 64-bit type.
    fn whole(&self) -> Option<i128> {
        let Self::Finite(decimal) = self else {
            return None;
        };
        let (digits, scale) = decimal.as_bigint_and_scale();
        if scale == 0 {
            return i128::try_from(digits.as_ref()).ok();
        }
        if digits.sign() == Sign::NoSign {
            return Some(0);
        }
        if scale < 0 {
            let factor = u32::try_from(scale.unsigned_abs()).ok()?;
            return i128::try_from(digits.as_ref())
                .ok()?
                .checked_mul(10_i128.checked_pow(factor)?);
        }
        if !is_whole(decimal) {
            return None;
        }
        i128::try_from(decimal.with_scale(0).into_bigint_and_scale().0).ok()
    }
}

fn is_whole(decimal: &BigDecimal) -> bool {
    // Where there are more places than digits the value is a fraction; asking first keeps the
    // division away from scales that nothing bounds.
    let places = decimal.fractional_digit_count();
    places <= 0
        || decimal.sign() == Sign::NoSign
        || (u64::try_from(places).is_ok_and(|places| places < decimal.digits())
            && decimal.is_integer())
}

impl FromStr for Number {
    type Err = ValueError;

    /// Reads decimal notation with an optional sign, fraction and exponent.
    fn from_str(text: &str) -> Result<Self, ValueError> {
        // Nearly every number is a short whole one.
        if text.len() <= 18
            && let Ok(whole) = text.parse::<i64>()
        {
            return Ok(Self::from(whole));
        }
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || whole.len() + fraction.len() == 0 {
            return Err(malformed(text));
        }
        let exponent = match exponent {
            None => 0,
            Some(exponent) => {
                let magnitude = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
                if magnitude.is_empty() || !digits(magnitude) {
                    return Err(malformed(text));
                }
                // Digits that do not fit are a number of absurd size, refused below.
                let magnitude: i64 = magnitude.parse().unwrap_or(i64::MAX / 4);
                let magnitude = magnitude.min(i64::MAX / 4);
                if exponent.starts_with('-') {
                    -magnitude
                } else {
                    magnitude
                }
            }
        };
        let significant = format!("{whole}{fraction}");
        let trimmed = significant.trim_start_matches('0');
        if trimmed.is_empty() {
            return Ok(Self::from(0_i64));
        }
        let shortest = trimmed.trim_end_matches('0');
        let trailing = (trimmed.len() - shortest.len()) as i64;
        let scale = fraction.len() as i64 - exponent - trailing;
        let written = if scale < 0 {
            shortest.len() as u64 + scale.unsigned_abs()
        } else {
            (shortest.len() as u64).max(scale.unsigned_abs())
        };
        if written > MAX_DIGITS {
            return Err(ValueError::new(format!(
                "a number may not have more than {MAX_DIGITS} digits"
            )));
        }
        let magnitude: BigInt = shortest.parse().map_err(|_| malformed(text))?;
        let signed = if negative { -magnitude } else { magnitude };
        Ok(Self::Finite(BigDecimal::new(signed, scale)))
    }
}

fn malformed(text: &str) -> ValueError {
    let mut shown: String = text.chars().take(40).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    ValueError::new(format!("{shown:?} is not a number"))
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::Finite(BigDecimal::from(value))
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::Finite(BigDecimal::from(value))
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        Self::from(i64::from(value))
    }
}

impl From<u32> for Number {
    fn from(value: u32) -> Self {
        Self::from(i64::from(value))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By numeric value.
impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Finite(left), Self::Finite(right)) => left.cmp(right),
            (Self::Infinity, Self::Infinity) | (Self::NegativeInfinity, Self::NegativeInfinity) => {
                Ordering::Equal
            }
            (Self::Infinity, _) | (_, Self::NegativeInfinity) => Ordering::Greater,
            (Self::NegativeInfinity, _) | (_, Self::Infinity) => Ordering::Less,
        }
    }
}

/// By numeric value, as equality is.
impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Finite(decimal) => {
                state.write_u8(0);
                decimal.normalized().into_bigint_and_scale().hash(state);
            }
            Self::Infinity => state.write_u8(1),
            Self::NegativeInfinity => state.write_u8(2),
        }
    }
}

/// Plain decimal notation, never an exponent, without needless zeros; `inf` and `-inf`.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Infinity => f.write_str("inf"),
            Self::NegativeInfinity => f.write_str("-inf"),
            Self::Finite(decimal) if decimal.fractional_digit_count() == 0 => {
                fmt::Display::fmt(decimal.as_bigint_and_scale().0.as_ref(), f)
            }
            Self::Finite(decimal) => f.write_str(&decimal.normalized().to_plain_string()),
        }
    }
}
