//! JSON text to a tree that remembers where everything stood.
//!
//! A general JSON library says where the first mistake is and stops; people want all of them, and the
//! place of each element. The parser keeps going after a mistake by assuming what was most likely
//! meant, so the tree of a faulty text is a guess at its mended form. It knows nothing of policies.

use std::fmt;

/// Nesting beyond which a text is refused. RAM's grammar needs seven levels.
pub const MAX_DEPTH: usize = 32;

/// Mistakes after which a text is given up.
const MAX_ERRORS: usize = 20;

/// A range of bytes in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A value and where it stood.
#[derive(Debug, Clone)]
pub struct Node {
    /// The value.
    pub kind: Kind,
    /// Where it stood; empty for values that were not read from a text.
    pub span: Span,
}

/// The kinds of JSON values.
#[derive(Debug, Clone)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// A list.
    Array(Vec<Node>),
    /// Keys and values in the order of the text. Keys may repeat.
    Object(Vec<Member>),
}

/// One key of an object, with its value.
#[derive(Debug, Clone)]
pub struct Member {
    /// The key, unescaped.
    pub key: String,
    /// Where the key stood, quotes included.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// Two trees are equal if they hold the same values in the same order, wherever those stood.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Null, Kind::Null) => true,
            (Kind::Bool(a), Kind::Bool(b)) => a == b,
            (Kind::Number(a), Kind::Number(b)) | (Kind::String(a), Kind::String(b)) => a == b,
            (Kind::Array(a), Kind::Array(b)) => a == b,
            (Kind::Object(a), Kind::Object(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .zip(b)
                        .all(|(a, b)| a.key == b.key && a.value == b.value)
            }
            _ => false,
        }
    }
}

impl Node {
    /// A value that was not read from a text.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            span: Span::default(),
        }
    }

    /// A string that was not read from a text.
    #[must_use]
    pub fn string(text: impl Into<String>) -> Self {
        Self::new(Kind::String(text.into()))
    }

    /// An object that was not read from a text.
    #[must_use]
    pub fn object<K: Into<String>>(members: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::new(Kind::Object(
            members
                .into_iter()
                .map(|(key, value)| Member {
                    key: key.into(),
                    key_span: Span::default(),
                    value,
                })
                .collect(),
        ))
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The members of an object.
    #[must_use]
    pub fn members(&self) -> Option<&[Member]> {
        match &self.kind {
            Kind::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The value of an object's key; the last one where the key repeats.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let mut members = self.members()?.iter().rev();
        members.find(|member| member.key == key).map(|m| &m.value)
    }

    /// What kind of value this is, in words.
    #[must_use]
    pub fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::String(_) => "a string",
            Kind::Array(_) => "a list",
            Kind::Object(_) => "an object",
        }
    }
}

/// A mistake in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub fix: String,
    /// There is no doubt what was meant, so that the tree is as good as one without the mistake.
    pub obvious: bool,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message, self.fix)
    }
}

impl std::error::Error for SyntaxError {}

/// What came of a text.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The tree; a guess if there are errors, absent if no guess was possible.
    pub root: Option<Node>,
    /// The mistakes, in the order of the text. Empty exactly if the text is JSON.
    pub errors: Vec<SyntaxError>,
}

/// Finds lines and columns of byte offsets.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Remembers where the lines of the text begin.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0)
            .chain(breaks.map(|(offset, _)| offset + 1))
            .collect();
        Self { text, starts }
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    #[must_use]
    pub fn locate(&self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let before = self.text.get(start..offset);
        let column = before.map_or(offset.saturating_sub(start), |text| text.chars().count());
        (line, column + 1)
    }
}

/// Reads a text. Never fails: mistakes are in the answer.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        at: 0,
        errors: Vec::new(),
        stopped: false,
    };
    if text.starts_with('\u{feff}') {
        parser.slip(
            0,
            3,
            "the text starts with a byte order mark",
            "save it as UTF-8 without one",
        );
        parser.at = 3;
    }
    parser.space();
    if parser.peek().is_none() {
        parser.error(
            0,
            text.len(),
            "the text is empty",
            "write a policy document",
        );
        return Parsed {
            root: None,
            errors: parser.errors,
        };
    }
    let root = parser.value(0);
    parser.space();
    if root.is_some() && !parser.stopped && parser.peek().is_some() {
        let at = parser.at;
        parser.error(
            at,
            text.len(),
            "there is text after the end of the document",
            "remove it, or check for a bracket that closes too early",
        );
    }
    let root = if parser.stopped { None } else { root };
    Parsed {
        root,
        errors: parser.errors,
    }
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    errors: Vec<SyntaxError>,
    /// No sense can be made of the rest.
    stopped: bool,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn peek_at(&self, offset: usize) -> Option<u8> {
        self.bytes.get(self.at + offset).copied()
    }

    fn error(&mut self, start: usize, end: usize, message: impl Into<String>, fix: &str) {
        self.errors.push(SyntaxError {
            span: Span { start, end },
            message: message.into(),
            fix: fix.to_owned(),
            obvious: false,
        });
        if self.errors.len() >= MAX_ERRORS {
            self.stopped = true;
        }
    }

    /// A mistake after which there is no doubt what was meant.
    fn slip(&mut self, start: usize, end: usize, message: impl Into<String>, fix: &str) {
        self.error(start, end, message, fix);
        if let Some(error) = self.errors.last_mut() {
            error.obvious = true;
        }
    }

    /// The character here, for messages.
    fn character(&self) -> char {
        let rest = self.text.get(self.at..).unwrap_or_default();
        rest.chars().next().unwrap_or('\u{fffd}')
    }

    /// Skips white space, and comments after complaining about them.
    fn space(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'#') => self.comment(1, "\n"),
                Some(b'/') if self.peek_at(1) == Some(b'/') => self.comment(2, "\n"),
                Some(b'/') if self.peek_at(1) == Some(b'*') => self.comment(2, "*/"),
                _ => return,
            }
            if self.stopped {
                return;
            }
        }
    }

    fn comment(&mut self, opening: usize, closing: &str) {
        let start = self.at;
        let rest = self.text.get(start + opening..).unwrap_or_default();
        let end = match rest.find(closing) {
            Some(found) => start + opening + found + closing.len(),
            None => self.text.len(),
        };
        self.at = end;
        self.slip(start, end, "JSON has no comments", "remove the comment");
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        self.space();
        if self.stopped {
            return None;
        }
        let start = self.at;
        if depth >= MAX_DEPTH {
            self.error(
                start,
                start + 1,
                format!("nested deeper than {MAX_DEPTH} levels"),
                "a policy needs seven",
            );
            self.stopped = true;
            return None;
        }
        let kind = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"' | b'\'') => Kind::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => self.word(),
            Some(_) => {
                let message = format!("`{}` cannot begin a value", self.character());
                self.error(start, start + 1, message, "write a value here");
                self.stopped = true;
                return None;
            }
            None => {
                self.error(
                    start,
                    start,
                    "the text ends where a value should be",
                    "write the value",
                );
                self.stopped = true;
                return None;
            }
        };
        let span = Span {
            start,
            end: self.at,
        };
        Some(Node { kind, span })
    }

    /// After an element of a list or object: a comma, its absence or the end. True if more follows.
    fn separator(&mut self, close: u8, open_at: usize) -> bool {
        self.space();
        match self.peek() {
            Some(b',') => {
                let comma = self.at;
                self.at += 1;
                self.space();
                while self.peek() == Some(b',') && !self.stopped {
                    let at = self.at;
                    self.slip(at, at + 1, "a comma too many", "remove the comma");
                    self.at += 1;
                    self.space();
                }
                if self.peek() == Some(close) {
                    self.slip(
                        comma,
                        comma + 1,
                        "a comma before the closing bracket",
                        "remove the comma",
                    );
                    self.at += 1;
                    return false;
                }
                if self.peek().is_none() {
                    return self.unclosed(close, open_at);
                }
                true
            }
            Some(byte) if byte == close => {
                self.at += 1;
                false
            }
            None => self.unclosed(close, open_at),
            Some(b'"' | b'\'' | b'{' | b'[' | b'-' | b'0'..=b'9') => {
                let at = self.at;
                self.slip(at, at + 1, "a comma is missing before this", "add a comma");
                true
            }
            Some(byte) if byte.is_ascii_alphabetic() => {
                let at = self.at;
                self.slip(at, at + 1, "a comma is missing before this", "add a comma");
                true
            }
            Some(byte) => {
                let at = self.at;
                let message = format!(
                    "`{}` where a comma or `{}` should be",
                    self.character(),
                    char::from(close)
                );
                let wrong_bracket = matches!(byte, b'}' | b']');
                self.error(at, at + 1, message, "close what was opened last");
                if wrong_bracket {
                    // The closing bracket belongs to an outer level, or is the wrong one of the two.
                    self.at += 1;
                } else {
                    self.stopped = true;
                }
                false
            }
        }
    }

    fn unclosed(&mut self, close: u8, open_at: usize) -> bool {
        let message = format!("this bracket is never closed with `{}`", char::from(close));
        self.error(open_at, open_at + 1, message, "close it");
        false
    }

    fn array(&mut self, depth: usize) -> Option<Kind> {
        let open = self.at;
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Some(Kind::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if !self.separator(b']', open) {
                break;
            }
        }
        (!self.stopped).then_some(Kind::Array(items))
    }

    fn object(&mut self, depth: usize) -> Option<Kind> {
        let open = self.at;
        self.at += 1;
        let mut members = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Some(Kind::Object(members));
        }
        loop {
            self.space();
            let start = self.at;
            let key = match self.peek() {
                Some(b'"' | b'\'') => self.string()?,
                Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                    let key = self.bare();
                    self.slip(start, self.at, format!("`{key}` is not quoted"), "quote it");
                    key
                }
                Some(_) => {
                    let message = format!("`{}` where a key should be", self.character());
                    self.error(start, start + 1, message, "write a quoted key");
                    self.stopped = true;
                    return None;
                }
                None => {
                    self.unclosed(b'}', open);
                    break;
                }
            };
            let key_span = Span {
                start,
                end: self.at,
            };
            self.space();
            match self.peek() {
                Some(b':') => self.at += 1,
                Some(b'=') => {
                    let at = self.at;
                    self.slip(at, at + 1, "`=` after a key", "write a colon");
                    self.at += 1;
                }
                _ => {
                    let at = self.at;
                    let message = format!("no colon after the key `{key}`");
                    self.error(at, at, message, "write a colon and a value");
                    if !matches!(self.peek(), Some(b'"' | b'{' | b'[')) {
                        self.stopped = true;
                        return None;
                    }
                }
            }
            let value = self.value(depth + 1)?;
            members.push(Member {
                key,
                key_span,
                value,
            });
            if !self.separator(b'}', open) {
                break;
            }
        }
        (!self.stopped).then_some(Kind::Object(members))
    }

    fn bare(&mut self) -> String {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        {
            self.at += 1;
        }
        self.text.get(start..self.at).unwrap_or_default().to_owned()
    }

    fn word(&mut self) -> Kind {
        let start = self.at;
        let word = self.bare();
        match word.as_str() {
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            "null" => Kind::Null,
            _ => {
                let message = format!("`{word}` is not quoted");
                self.error(start, self.at, message, "quote it");
                Kind::String(word)
            }
        }
    }

    fn number(&mut self) -> Kind {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E'))
        {
            self.at += 1;
        }
        let text = self.text.get(start..self.at).unwrap_or_default().to_owned();
        if !is_number(&text) {
            let message = format!("`{text}` is not a JSON number");
            self.error(
                start,
                self.at,
                message,
                "write the number, or quote the text",
            );
            return Kind::String(text);
        }
        Kind::Number(text)
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        let quote = self.peek()?;
        self.at += 1;
        if quote == b'\'' {
            self.slip(
                start,
                start + 1,
                "a string in single quotes",
                "use double quotes",
            );
        }
        let mut out = String::new();
        loop {
            let run = self.at;
            while self
                .peek()
                .is_some_and(|b| b != quote && b != b'\\' && b >= 0x20)
            {
                self.at += 1;
            }
            out.push_str(self.text.get(run..self.at).unwrap_or_default());
            let at = self.at;
            match self.peek() {
                Some(b'\\') => self.escape(&mut out),
                Some(byte) if byte == quote => {
                    self.at += 1;
                    return Some(out);
                }
                Some(b'\n' | b'\r') => {
                    self.error(
                        start,
                        at,
                        "this string does not end on its line",
                        "close it, or write \\n for a line break",
                    );
                    self.stopped = true;
                    return None;
                }
                Some(byte) => {
                    let message = format!("a control character (0x{byte:02x}) in a string");
                    self.error(at, at + 1, message, "escape or remove it");
                    out.push(char::from(byte));
                    self.at += 1;
                }
                None => {
                    self.error(start, at, "this string never ends", "close it");
                    self.stopped = true;
                    return None;
                }
            }
            if self.stopped {
                return None;
            }
        }
    }

    fn escape(&mut self, out: &mut String) {
        let start = self.at;
        self.at += 1;
        let plain = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                self.unicode(start, out);
                return;
            }
            _ => {
                self.error(
                    start,
                    start + 1,
                    "a backslash that begins no escape",
                    "double it",
                );
                out.push('\\');
                return;
            }
        };
        self.at += 1;
        out.push(plain);
    }

    fn unicode(&mut self, start: usize, out: &mut String) {
        let first = self.hex();
        let code = match first {
            Some(high @ 0xd800..=0xdbff) => {
                let paired = self.peek() == Some(b'\\') && self.peek_at(1) == Some(b'u');
                let low = if paired {
                    self.at += 2;
                    self.hex()
                } else {
                    None
                };
                low.filter(|low| (0xdc00..=0xdfff).contains(low))
                    .map(|low| 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
            }
            other => other,
        };
        match code.and_then(char::from_u32) {
            Some(character) => out.push(character),
            None => {
                let end = self.at;
                self.error(
                    start,
                    end,
                    "an escape that stands for no character",
                    "write \\u and four hexadecimal digits",
                );
                out.push('\u{fffd}');
            }
        }
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

/// Whether the text is a number by JSON's grammar.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)))
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
