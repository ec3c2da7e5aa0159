//! How parameters become text: percent-encoding, query strings, forms, and JSON inside a parameter.
//!
//! One rule serves signing and sending: letters, digits and `-_.~` stay, every other byte of the
//! UTF-8 text becomes `%XX` in upper case. What others send differs (`+` for a space, a literal `*`),
//! so reading takes every spelling and is strict only about what has no reading at all.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Percent-encodes one name or value.
#[must_use]
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Why a query or a form cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// A `%` that two hexadecimal digits do not follow.
    Percent,
    /// The decoded bytes are not UTF-8.
    Utf8,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Percent => "a percent sign without two hexadecimal digits after it",
            Self::Utf8 => "text that is not UTF-8 after decoding",
        })
    }
}

impl std::error::Error for DecodeError {}

/// Decodes one name or value: `+` is a space, `%XX` a byte.
///
/// # Errors
/// When a percent sign stands without its digits, or the bytes are not UTF-8. Both are refused rather
/// than guessed, because a signature must not cover two readings of one text.
pub fn decode(text: &str) -> Result<String, DecodeError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || {
                    rest.next()
                        .and_then(|byte| char::from(byte).to_digit(16))
                        .and_then(|digit| u8::try_from(digit).ok())
                        .ok_or(DecodeError::Percent)
                };
                digit()? << 4 | digit()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| DecodeError::Utf8)
}

/// Parameters of a call, in order, names not necessarily unique.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// No parameters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one at the end.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// The first value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Whether there is a value of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds all of the other's at the end.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Without the ones of this name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(key, _)| key != name);
        self
    }

    /// `name=value&…` in order, encoded: what is sent as a query or as a form.
    #[must_use]
    pub fn to_form(&self) -> String {
        join(self.iter())
    }

    /// The same, sorted by name and then by value before encoding: what is signed.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut pairs: Vec<_> = self.iter().collect();
        pairs.sort_unstable();
        join(pairs.into_iter())
    }

    /// Reads a query or a form. Empty pieces are skipped; a name without `=` has an empty value.
    ///
    /// # Errors
    /// See [`decode`].
    pub fn from_form(text: &str) -> Result<Self, DecodeError> {
        text.split('&')
            .filter(|piece| !piece.is_empty())
            .map(|piece| {
                let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
                Ok((decode(name)?, decode(value)?))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// Names only: values may be long, and some are secret.
impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(|(name, _)| name))
            .finish()
    }
}

impl FromIterator<(String, String)> for Params {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

fn join<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.extend(utf8_percent_encode(name, ENCODED));
        text.push('=');
        text.extend(utf8_percent_encode(value, ENCODED));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{DecodeError, Params, decode, encode};

    fn params(pairs: &[(&str, &str)]) -> Params {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(encode("aZ09-_.~"), "aZ09-_.~");
        assert_eq!(
            encode(" *'()!/+%中"),
            "%20%2A%27%28%29%21%2F%2B%25%E4%B8%AD"
        );
    }

    #[test]
    fn every_spelling_is_read() {
        assert_eq!(decode("a+b%20c%2a*~").as_deref(), Ok("a b c**~"));
        assert_eq!(decode("%"), Err(DecodeError::Percent));
        assert_eq!(decode("%4"), Err(DecodeError::Percent));
        assert_eq!(decode("%zz"), Err(DecodeError::Percent));
        assert_eq!(decode("%+1"), Err(DecodeError::Percent));
        assert_eq!(decode("%ff"), Err(DecodeError::Utf8));
    }

    #[test]
    fn sorted_by_name_then_value_before_encoding() {
        let given = params(&[
            ("b", ""),
            ("A", "2"),
            ("A", "1"),
            ("A.1", "x"),
            ("A-1", "y"),
        ]);
        assert_eq!(given.canonical(), "A=1&A=2&A-1=y&A.1=x&b=");
        // `é` sorts after `z` by code unit, though its encoded form begins with `%`.
        assert_eq!(
            params(&[("é", "1"), ("z", "2")]).canonical(),
            "z=2&%C3%A9=1"
        );
    }

    #[test]
    fn forms_come_back() {
        let given = params(&[("k", "a b&c=d"), ("empty", ""), ("k", "again")]);
        assert_eq!(Params::from_form(&given.to_form()), Ok(given));
        assert_eq!(
            Params::from_form("a&&b=c=d"),
            Ok(params(&[("a", ""), ("b", "c=d")]))
        );
    }
}
