//! The `timeouts` block and its durations.

use std::sync::Arc;
use std::time::Duration;

use super::bind::{Binding, mismatch};
use super::data::{
    AttributeData, AttributeType, Block, Modifiers, NestedBlock, Nesting, Probe, Rule,
    TimeoutDefaults,
};
use super::{Lens, Model};
use crate::plugin::value::{Dynamic, Type, Value};

/// What the author wrote in the `timeouts` block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeouts {
    /// Time for making the object.
    pub create: Value<String>,
    /// Time for reading it.
    pub read: Value<String>,
    /// Time for changing it.
    pub update: Value<String>,
    /// Time for removing it.
    pub delete: Value<String>,
    /// Whether the block was written at all.
    pub present: bool,
}

impl Timeouts {
    fn slot(&mut self, operation: &str) -> &mut Value<String> {
        match operation {
            "create" => &mut self.create,
            "read" => &mut self.read,
            "update" => &mut self.update,
            _ => &mut self.delete,
        }
    }
}

/// The block as data.
pub(super) fn block(defaults: TimeoutDefaults) -> NestedBlock {
    let attributes = defaults
        .operations()
        .into_iter()
        .map(|(operation, default)| AttributeData {
            name: operation.to_owned(),
            description: format!(
                "How long {} may take, as a duration such as `30s`, `5m` or `1h30m`. \
                 Defaults to `{}`.",
                match operation {
                    "create" => "making the object",
                    "read" => "reading the object",
                    "update" => "changing the object",
                    _ => "removing the object",
                },
                print_duration(default)
            ),
            ty: AttributeType::Plain(Type::String),
            required: false,
            optional: true,
            computed: false,
            sensitive: false,
            write_only: false,
            deprecated: None,
            default: None,
            rules: vec![Rule {
                description: "a duration greater than zero".to_owned(),
                summary: "Invalid Timeout",
                check: Arc::new(|value| match value {
                    Dynamic::String(text) => parse_duration(text).map(|_| ()),
                    _ => Ok(()),
                }),
            }],
            modifiers: Modifiers::default(),
            probe: Probe(Arc::new(|_| Ok(()))),
        })
        .collect();
    NestedBlock {
        name: "timeouts".to_owned(),
        nesting: Nesting::Single,
        min_items: 0,
        max_items: 0,
        block: Block {
            description: "How long each operation may take.".to_owned(),
            attributes,
            ..Block::default()
        },
    }
}

/// The block's way into a model and out of it.
pub(super) fn binding<M: Model>(lens: Lens<M, Timeouts>, defaults: TimeoutDefaults) -> Binding<M> {
    Binding {
        name: "timeouts",
        decode: Box::new(move |model, value| {
            let mut timeouts = Timeouts::default();
            match value {
                Dynamic::Null => {}
                Dynamic::Unknown(_) => {
                    timeouts.present = true;
                    for (operation, _) in defaults.operations() {
                        *timeouts.slot(operation) = Value::Unknown;
                    }
                }
                Dynamic::Object(mut attributes) => {
                    timeouts.present = true;
                    for (operation, _) in defaults.operations() {
                        *timeouts.slot(operation) = match attributes.remove(operation) {
                            None | Some(Dynamic::Null) => Value::Null,
                            Some(Dynamic::Unknown(_)) => Value::Unknown,
                            Some(Dynamic::String(text)) => Value::Known(text),
                            Some(other) => return Err(mismatch("a string", &other)),
                        };
                    }
                }
                other => return Err(mismatch("an object", &other)),
            }
            *lens(model) = timeouts;
            Ok(())
        }),
        encode: Box::new(move |model| {
            let timeouts = lens(model);
            if !timeouts.present {
                return Dynamic::Null;
            }
            Dynamic::Object(
                defaults
                    .operations()
                    .into_iter()
                    .map(|(operation, _)| {
                        let value = match std::mem::take(timeouts.slot(operation)) {
                            Value::Null => Dynamic::Null,
                            Value::Unknown => Dynamic::Unknown(None),
                            Value::Known(text) => Dynamic::String(text),
                        };
                        (operation.to_owned(), value)
                    })
                    .collect(),
            )
        }),
    }
}

/// Reads a duration as Go writes it: numbers with a unit, one after the other, as in `1h30m`,
/// `1.5h` or `300ms`. It must be greater than zero.
///
/// # Errors
/// Why the text is no such duration, and what one looks like.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = |why: &str| {
        Err(format!(
            "`{text}` is not a duration: {why}. Write numbers with a unit (`ms`, `s`, `m` or `h`), \
             such as `30s`, `5m` or `1h30m`."
        ))
    };
    let mut rest = text;
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return wrong("it is empty");
    }
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        rest = tail;
        if number.is_empty() {
            return wrong("a number is missing");
        }
        let nanos = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "" => return wrong("a unit is missing"),
            _ => return wrong("it has an unknown unit"),
        };
        match scale(number, nanos).and_then(|part| total.checked_add(part)) {
            Some(sum) => total = sum,
            None => return wrong("a number cannot be read or is too large"),
        }
    }
    // Go's durations are 64-bit nanoseconds, about 292 years.
    if i64::try_from(total.as_nanos()).is_err() {
        return wrong("it is too long");
    }
    if total.is_zero() {
        return wrong("it must be greater than zero");
    }
    Ok(total)
}

/// A decimal number of units, exactly, cut at nanoseconds.
fn scale(number: &str, nanos: u64) -> Option<Duration> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut total = u128::from(whole).checked_mul(u128::from(nanos))?;
    let mut unit = u128::from(nanos);
    for digit in fraction.chars() {
        unit /= 10;
        total = total.checked_add(u128::from(digit.to_digit(10)?) * unit)?;
    }
    Some(Duration::from_nanos(u64::try_from(total).ok()?))
}

/// The shortest such text for a duration: `1h30m`, `45s`, `300ms`.
#[must_use]
pub fn print_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let millis = duration.subsec_millis();
    let mut text = String::new();
    for (amount, unit) in [
        (seconds / 3600, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
        (u64::from(millis), "ms"),
    ] {
        if amount > 0 {
            text.push_str(&amount.to_string());
            text.push_str(unit);
        }
    }
    if text.is_empty() {
        text.push_str("0s");
    }
    text
}
