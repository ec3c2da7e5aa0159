//! Tests of the value layer.

mod bytes;
mod json;
mod model;
mod numbers;
mod properties;
mod shapes;

use super::{Dynamic, Number, Type};

/// Bytes from hexadecimal text with spaces.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).expect("a hexadecimal digit") as u8)
        .collect();
    assert_eq!(digits.len() % 2, 0, "{text}");
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

fn number(text: &str) -> Number {
    text.parse().expect("a number")
}

fn num(text: &str) -> Dynamic {
    Dynamic::Number(number(text))
}

fn string(text: &str) -> Dynamic {
    Dynamic::from(text)
}

fn ty(json: &str) -> Type {
    Type::from_json(json.as_bytes()).expect("a type")
}
