//! Values to MessagePack. Keys are sorted and numbers take their smallest exact form, so that equal
//! values have equal bytes (but for the order in which a set holds its elements).

use std::borrow::Cow;

use rmp::encode as raw;
use unicode_normalization::UnicodeNormalization as _;

use crate::plugin::value::dynamic::{same_attributes, wrong_length};
use crate::plugin::value::{
    Dynamic, MAX_DEPTH, Number, Refinement, Type, ValueError, is_nfc, order,
};

use super::{MAX_PREFIX, MAX_REFINEMENT, REFINED, key};

/// Nothing is known: an extension of type 0 with one byte.
const UNKNOWN: [u8; 3] = [0xd4, 0, 0];

/// Writes a value of this type.
///
/// # Errors
/// When the value is not of this type, or nests too deep to be read again.
pub fn encode(value: &Dynamic, ty: &Type) -> Result<Vec<u8>, ValueError> {
    let mut out = Vec::with_capacity(256);
    write(&mut out, value, ty, 0)?;
    Ok(out)
}

fn write(out: &mut Vec<u8>, value: &Dynamic, ty: &Type, depth: usize) -> Result<(), ValueError> {
    if depth > MAX_DEPTH {
        return Err(ValueError::new(format!(
            "the value nests deeper than {MAX_DEPTH} levels"
        )));
    }
    match (value, ty) {
        (Dynamic::Null, _) => nil(out),
        // Nothing can be promised where not even the type is known.
        (Dynamic::Unknown(_), Type::Dynamic) | (Dynamic::Unknown(None), _) => {
            out.extend_from_slice(&UNKNOWN);
        }
        (Dynamic::Unknown(Some(known)), ty) => unknown(out, known, ty)?,
        (Dynamic::Typed(typed), Type::Dynamic) => {
            let (ty, value) = &**typed;
            if *ty == Type::Dynamic {
                return write(out, value, ty, depth + 1);
            }
            raw::write_array_len(out, 2).map_err(unwritten)?;
            raw::write_bin(out, ty.to_json().as_bytes()).map_err(unwritten)?;
            write(out, value, ty, depth + 1)?;
        }
        (Dynamic::Bool(value), Type::Bool) => bool(out, *value),
        (Dynamic::Number(value), Type::Number) => number(out, value)?,
        (Dynamic::String(value), Type::String) => text(out, value)?,
        (Dynamic::List(elements), Type::List(element)) => {
            array_length(out, elements.len())?;
            for (index, value) in elements.iter().enumerate() {
                write(out, value, element, depth + 1).map_err(|e| e.in_element(index))?;
            }
        }
        (Dynamic::Set(elements), Type::Set(element)) => {
            let elements = order::unique_refs(elements);
            array_length(out, elements.len())?;
            for value in elements {
                write(out, value, element, depth + 1).map_err(ValueError::in_set)?;
            }
        }
        (Dynamic::Map(entries), Type::Map(element)) => {
            map_length(out, entries.len())?;
            for (key, value) in entries {
                text(out, key)?;
                write(out, value, element, depth + 1).map_err(|e| e.in_key(key))?;
            }
        }
        (Dynamic::Tuple(elements), Type::Tuple(types)) => {
            if elements.len() != types.len() {
                return Err(wrong_length(elements.len(), types.len()));
            }
            array_length(out, elements.len())?;
            for (index, (value, ty)) in elements.iter().zip(types).enumerate() {
                write(out, value, ty, depth + 1).map_err(|e| e.in_element(index))?;
            }
        }
        (Dynamic::Object(attributes), Type::Object(object)) => {
            same_attributes(attributes, &object.attributes)?;
            map_length(out, attributes.len())?;
            for ((name, value), ty) in attributes.iter().zip(object.attributes.values()) {
                text(out, name)?;
                write(out, value, ty, depth + 1).map_err(|e| e.in_attribute(name))?;
            }
        }
        (value, ty) => return Err(value.mismatch(ty)),
    }
    Ok(())
}

fn unknown(out: &mut Vec<u8>, known: &Refinement, ty: &Type) -> Result<(), ValueError> {
    known.conforms(ty)?;
    let mut body = Body::default();
    if let Some(null) = known.nullness {
        body.entry(key::NULLNESS, |out| {
            bool(out, null);
            Ok(())
        })?;
    }
    if let Some(prefix) = &known.string_prefix {
        // A shorter prefix promises less, and is true as well.
        let mut end = prefix.len().min(MAX_PREFIX);
        while !prefix.is_char_boundary(end) {
            end -= 1;
        }
        let prefix = prefix.get(..end).unwrap_or_default();
        body.entry(key::STRING_PREFIX, |out| text(out, prefix))?;
    }
    for (key, bound) in [
        (key::NUMBER_LOWER, &known.number_lower),
        (key::NUMBER_UPPER, &known.number_upper),
    ] {
        // An infinite bound promises nothing.
        if let Some((bound, inclusive)) = bound
            && bound.is_finite()
        {
            body.entry(key, |out| {
                array_length(out, 2)?;
                number(out, bound)?;
                bool(out, *inclusive);
                Ok(())
            })?;
        }
    }
    for (key, length) in [
        (key::LENGTH_LOWER, known.length_lower),
        (key::LENGTH_UPPER, known.length_upper),
    ] {
        if let Some(length) = length {
            body.entry(key, |out| integer(out, length))?;
        }
    }
    body.write(out)
}

/// The entries of a map of refinements, which together stay within what Terraform accepts.
#[derive(Default)]
struct Body {
    count: u32,
    entries: Vec<u8>,
}

impl Body {
    /// Adds an entry, or leaves it out where it would be too much: a promise fewer is no harm.
    fn entry(
        &mut self,
        key: i64,
        value: impl FnOnce(&mut Vec<u8>) -> Result<(), ValueError>,
    ) -> Result<(), ValueError> {
        let before = self.entries.len();
        integer(&mut self.entries, key)?;
        value(&mut self.entries)?;
        // The head of a map of fewer than sixteen entries is one byte.
        if self.entries.len() + 1 > MAX_REFINEMENT {
            self.entries.truncate(before);
        } else {
            self.count += 1;
        }
        Ok(())
    }

    fn write(self, out: &mut Vec<u8>) -> Result<(), ValueError> {
        if self.count == 0 {
            out.extend_from_slice(&UNKNOWN);
            return Ok(());
        }
        let length = length_u32(self.entries.len() + 1)?;
        raw::write_ext_meta(out, length, REFINED).map_err(unwritten)?;
        raw::write_map_len(out, self.count).map_err(unwritten)?;
        out.extend_from_slice(&self.entries);
        Ok(())
    }
}

fn nil(out: &mut Vec<u8>) {
    out.push(rmp::Marker::Null.to_u8());
}

fn bool(out: &mut Vec<u8>, value: bool) {
    let marker = if value {
        rmp::Marker::True
    } else {
        rmp::Marker::False
    };
    out.push(marker.to_u8());
}

fn integer(out: &mut Vec<u8>, value: i64) -> Result<(), ValueError> {
    raw::write_sint(out, value).map_err(unwritten)?;
    Ok(())
}

/// Whole numbers of 64 bits as integers, fractions as a float where it is exact, the rest as text.
fn number(out: &mut Vec<u8>, value: &Number) -> Result<(), ValueError> {
    if let Some(whole) = value.to_i64() {
        return integer(out, whole);
    }
    if (!value.is_finite() || !value.is_whole())
        && let Some(float) = value.to_f64()
    {
        return raw::write_f64(out, float).map_err(unwritten);
    }
    text(out, &value.to_string())
}

fn text(out: &mut Vec<u8>, value: &str) -> Result<(), ValueError> {
    let value = if is_nfc(value) {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(value.nfc().collect())
    };
    length_u32(value.len())?;
    raw::write_str(out, &value).map_err(unwritten)
}

fn array_length(out: &mut Vec<u8>, length: usize) -> Result<(), ValueError> {
    raw::write_array_len(out, length_u32(length)?).map_err(unwritten)?;
    Ok(())
}

fn map_length(out: &mut Vec<u8>, length: usize) -> Result<(), ValueError> {
    raw::write_map_len(out, length_u32(length)?).map_err(unwritten)?;
    Ok(())
}

fn length_u32(length: usize) -> Result<u32, ValueError> {
    u32::try_from(length).map_err(|_| ValueError::new("the value is larger than 4 GiB"))
}

/// Writing to memory does not fail; the signatures of `rmp` say that it may.
fn unwritten(error: raw::ValueWriteError) -> ValueError {
    ValueError::new(format!("the value cannot be written: {error}"))
}
