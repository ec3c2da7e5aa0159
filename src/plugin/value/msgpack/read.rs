//! MessagePack to values. Trusts nothing that the bytes say about their own size.

use std::collections::BTreeMap;

use rmp::Marker;

use crate::plugin::value::dynamic::{missing_attribute, unexpected_attribute, wrong_length};
use crate::plugin::value::{
    Dynamic, MAX_DEPTH, Number, ObjectType, Refinement, Type, ValueError, nfc,
};

use super::{REFINED, key};

/// Most elements for which room is made before they are seen.
const MAX_RESERVED: usize = 1024;

/// Reads one value of this type that fills the bytes.
///
/// # Errors
/// When the bytes are malformed, hold a value of another type, or go on after it.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Dynamic, ValueError> {
    let mut reader = Reader { rest: bytes };
    let value = reader.value(ty, 0)?;
    if reader.rest.is_empty() {
        Ok(value)
    } else {
        Err(ValueError::new(format!(
            "{} bytes follow the value",
            reader.rest.len()
        )))
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, ty: &Type, depth: usize) -> Result<Dynamic, ValueError> {
        if depth > MAX_DEPTH {
            return Err(ValueError::new(format!(
                "the value nests deeper than {MAX_DEPTH} levels"
            )));
        }
        let marker = self.marker()?;
        if marker == Marker::Null {
            return Ok(Dynamic::Null);
        }
        if let Some(length) = self.extension_length(marker)? {
            return self.unknown(length, ty);
        }
        match ty {
            Type::Bool => match marker {
                Marker::True => Ok(Dynamic::Bool(true)),
                Marker::False => Ok(Dynamic::Bool(false)),
                other => Err(mismatch(ty, other)),
            },
            Type::Number => self.number(marker).map(Dynamic::Number),
            Type::String => Ok(Dynamic::String(self.text(marker, ty)?)),
            Type::List(element) => {
                let length = self.array_length(marker, ty)?;
                let elements = self.elements(length, element, depth, ValueError::in_element)?;
                Ok(Dynamic::List(elements))
            }
            Type::Set(element) => {
                let length = self.array_length(marker, ty)?;
                let elements = self.elements(length, element, depth, |e, _| e.in_set())?;
                Ok(Dynamic::set_of(elements))
            }
            Type::Map(element) => {
                let length = self.map_length(marker, ty)?;
                let mut entries = BTreeMap::new();
                for _ in 0..length {
                    let key = self.key()?;
                    let value = self
                        .value(element, depth + 1)
                        .map_err(|error| error.in_key(&key))?;
                    entries.insert(key, value);
                }
                Ok(Dynamic::Map(entries))
            }
            Type::Tuple(types) => {
                let length = self.array_length(marker, ty)?;
                if length != types.len() {
                    return Err(wrong_length(length, types.len()));
                }
                let elements = types
                    .iter()
                    .enumerate()
                    .map(|(index, ty)| self.value(ty, depth + 1).map_err(|e| e.in_element(index)));
                Ok(Dynamic::Tuple(elements.collect::<Result<_, _>>()?))
            }
            Type::Object(object) => {
                let length = self.map_length(marker, ty)?;
                self.object(length, object, depth)
            }
            Type::Dynamic => self.pair(marker, depth),
        }
    }

    fn elements(
        &mut self,
        length: usize,
        ty: &Type,
        depth: usize,
        locate: fn(ValueError, usize) -> ValueError,
    ) -> Result<Vec<Dynamic>, ValueError> {
        let mut elements = Vec::with_capacity(length.min(MAX_RESERVED));
        for index in 0..length {
            let element = self.value(ty, depth + 1);
            elements.push(element.map_err(|error| locate(error, index))?);
        }
        Ok(elements)
    }

    fn object(
        &mut self,
        length: usize,
        object: &ObjectType,
        depth: usize,
    ) -> Result<Dynamic, ValueError> {
        let mut attributes = BTreeMap::new();
        for _ in 0..length {
            let name = self.key()?;
            let ty = object
                .attributes
                .get(&name)
                .ok_or_else(|| unexpected_attribute(&name))?;
            let value = self
                .value(ty, depth + 1)
                .map_err(|error| error.in_attribute(&name))?;
            if attributes.contains_key(&name) {
                return Err(ValueError::new(format!(
                    "attribute {name:?} is there twice"
                )));
            }
            attributes.insert(name, value);
        }
        if attributes.len() == object.attributes.len() {
            return Ok(Dynamic::Object(attributes));
        }
        let mut names = object.attributes.keys();
        let missing = names.find(|name| !attributes.contains_key(*name));
        Err(missing_attribute(missing.map_or("", String::as_str)))
    }

    /// A type and a value of it.
    fn pair(&mut self, marker: Marker, depth: usize) -> Result<Dynamic, ValueError> {
        let length = self.array_length(marker, &Type::Dynamic)?;
        if length != 2 {
            return Err(ValueError::new(format!(
                "a value of any type must be a pair of type and value, not {length} parts"
            )));
        }
        let marker = self.marker()?;
        let length = match marker {
            Marker::Bin8 => usize::from(self.u8()?),
            Marker::Bin16 => usize::from(self.u16()?),
            Marker::Bin32 => self.length32()?,
            other => match self.text_length(other)? {
                Some(length) => length,
                None => {
                    return Err(ValueError::new(format!(
                        "the type of a value must be bytes, not {}",
                        describe(other)
                    )));
                }
            },
        };
        let ty = Type::from_json(self.take(length)?)?;
        let value = self.value(&ty, depth + 1)?;
        Ok(Dynamic::typed(ty, value))
    }

    /// An unknown value, of whatever extension type; its length has been read.
    fn unknown(&mut self, length: usize, ty: &Type) -> Result<Dynamic, ValueError> {
        let kind = self.u8()? as i8;
        let body = self.take(length)?;
        if kind != REFINED || length <= 1 || *ty == Type::Dynamic {
            return Ok(Dynamic::unknown());
        }
        let refinement = Reader { rest: body }.refinement(ty)?;
        Ok(Dynamic::refined(refinement))
    }

    fn refinement(&mut self, ty: &Type) -> Result<Refinement, ValueError> {
        let marker = self.marker()?;
        let Some(length) = self.map_length_of(marker)? else {
            return Err(ValueError::new(format!(
                "what is known about an unknown value must be a map, not {}",
                describe(marker)
            )));
        };
        let mut refinement = Refinement::default();
        for _ in 0..length {
            match self.integer()? {
                key::NULLNESS => {
                    refinement.nullness = Some(self.bool()?);
                }
                key::STRING_PREFIX => {
                    let marker = self.marker()?;
                    refinement.string_prefix = Some(self.text(marker, &Type::String)?);
                }
                key::NUMBER_LOWER => refinement.number_lower = Some(self.bound()?),
                key::NUMBER_UPPER => refinement.number_upper = Some(self.bound()?),
                key::LENGTH_LOWER => refinement.length_lower = Some(self.integer()?),
                key::LENGTH_UPPER => refinement.length_upper = Some(self.integer()?),
                _ => self.skip()?,
            }
        }
        refinement.conforms(ty)?;
        Ok(refinement)
    }

    /// A number and whether it is allowed itself.
    fn bound(&mut self) -> Result<(Number, bool), ValueError> {
        let marker = self.marker()?;
        if self.array_length(marker, &Type::Tuple(vec![Type::Number, Type::Bool]))? != 2 {
            return Err(ValueError::new(
                "a bound must be a number and whether it is included",
            ));
        }
        let marker = self.marker()?;
        Ok((self.number(marker)?, self.bool()?))
    }

    fn bool(&mut self) -> Result<bool, ValueError> {
        match self.marker()? {
            Marker::True => Ok(true),
            Marker::False => Ok(false),
            other => Err(mismatch(&Type::Bool, other)),
        }
    }

    fn integer(&mut self) -> Result<i64, ValueError> {
        let marker = self.marker()?;
        let number = self.number(marker)?;
        number
            .to_i64()
            .ok_or_else(|| ValueError::new("a whole number of 64 bits is required"))
    }

    fn number(&mut self, marker: Marker) -> Result<Number, ValueError> {
        let signed = match marker {
            Marker::FixPos(value) => i64::from(value),
            Marker::FixNeg(value) => i64::from(value),
            Marker::U8 => i64::from(self.u8()?),
            Marker::U16 => i64::from(self.u16()?),
            Marker::U32 => i64::from(u32::from_be_bytes(self.array()?)),
            Marker::U64 => return Ok(u64::from_be_bytes(self.array()?).into()),
            Marker::I8 => i64::from(i8::from_be_bytes(self.array()?)),
            Marker::I16 => i64::from(i16::from_be_bytes(self.array()?)),
            Marker::I32 => i64::from(i32::from_be_bytes(self.array()?)),
            Marker::I64 => i64::from_be_bytes(self.array()?),
            Marker::F32 => return float(f64::from(f32::from_be_bytes(self.array()?))),
            Marker::F64 => return float(f64::from_be_bytes(self.array()?)),
            other => match self.text_length(other)? {
                Some(length) => return self.utf8(length)?.parse(),
                None => return Err(mismatch(&Type::Number, other)),
            },
        };
        Ok(signed.into())
    }

    fn text(&mut self, marker: Marker, ty: &Type) -> Result<String, ValueError> {
        match self.text_length(marker)? {
            Some(length) => Ok(nfc(self.utf8(length)?.to_owned())),
            None => Err(mismatch(ty, marker)),
        }
    }

    fn key(&mut self) -> Result<String, ValueError> {
        let marker = self.marker()?;
        self.text(marker, &Type::String).map_err(|error| {
            ValueError::new(format!("a key is not as it must be: {}", error.message))
        })
    }

    fn utf8(&mut self, length: usize) -> Result<&'a str, ValueError> {
        std::str::from_utf8(self.take(length)?)
            .map_err(|_| ValueError::new("a string is not valid UTF-8"))
    }

    fn text_length(&mut self, marker: Marker) -> Result<Option<usize>, ValueError> {
        Ok(Some(match marker {
            Marker::FixStr(length) => usize::from(length),
            Marker::Str8 => usize::from(self.u8()?),
            Marker::Str16 => usize::from(self.u16()?),
            Marker::Str32 => self.length32()?,
            _ => return Ok(None),
        }))
    }

    fn array_length(&mut self, marker: Marker, ty: &Type) -> Result<usize, ValueError> {
        let length = match marker {
            Marker::FixArray(length) => usize::from(length),
            Marker::Array16 => usize::from(self.u16()?),
            Marker::Array32 => self.length32()?,
            other => return Err(mismatch(ty, other)),
        };
        // An element takes a byte at least.
        self.plausible(length)
    }

    fn map_length(&mut self, marker: Marker, ty: &Type) -> Result<usize, ValueError> {
        self.map_length_of(marker)?
            .ok_or_else(|| mismatch(ty, marker))
    }

    fn map_length_of(&mut self, marker: Marker) -> Result<Option<usize>, ValueError> {
        let length = match marker {
            Marker::FixMap(length) => usize::from(length),
            Marker::Map16 => usize::from(self.u16()?),
            Marker::Map32 => self.length32()?,
            _ => return Ok(None),
        };
        self.plausible(length).map(Some)
    }

    fn extension_length(&mut self, marker: Marker) -> Result<Option<usize>, ValueError> {
        Ok(Some(match marker {
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            Marker::Ext8 => usize::from(self.u8()?),
            Marker::Ext16 => usize::from(self.u16()?),
            Marker::Ext32 => self.length32()?,
            _ => return Ok(None),
        }))
    }

    /// Passes over one value of any kind. Counts what is still to come instead of recursing.
    fn skip(&mut self) -> Result<(), ValueError> {
        let mut pending: u64 = 1;
        while pending > 0 {
            pending -= 1;
            let marker = self.marker()?;
            let bytes = match marker {
                Marker::U8 | Marker::I8 => 1,
                Marker::U16 | Marker::I16 => 2,
                Marker::U32 | Marker::I32 | Marker::F32 => 4,
                Marker::U64 | Marker::I64 | Marker::F64 => 8,
                Marker::Bin8 => usize::from(self.u8()?),
                Marker::Bin16 => usize::from(self.u16()?),
                Marker::Bin32 => self.length32()?,
                Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => {
                    pending += self.array_length(marker, &Type::Dynamic)? as u64;
                    0
                }
                other => {
                    if let Some(length) = self.map_length_of(other)? {
                        pending += 2 * length as u64;
                        0
                    } else if let Some(length) = self.extension_length(other)? {
                        length + 1
                    } else {
                        self.text_length(other)?.unwrap_or(0)
                    }
                }
            };
            self.take(bytes)?;
        }
        Ok(())
    }

    fn plausible(&self, length: usize) -> Result<usize, ValueError> {
        if length > self.rest.len() {
            return Err(truncated());
        }
        Ok(length)
    }

    fn marker(&mut self) -> Result<Marker, ValueError> {
        self.u8().map(Marker::from_u8)
    }

    fn u8(&mut self) -> Result<u8, ValueError> {
        self.array().map(u8::from_be_bytes)
    }

    fn u16(&mut self) -> Result<u16, ValueError> {
        self.array().map(u16::from_be_bytes)
    }

    fn length32(&mut self) -> Result<usize, ValueError> {
        usize::try_from(u32::from_be_bytes(self.array()?)).map_err(|_| truncated())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ValueError> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(truncated)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], ValueError> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or_else(truncated)?;
        self.rest = rest;
        Ok(bytes)
    }
}

fn float(value: f64) -> Result<Number, ValueError> {
    Number::from_f64(value).ok_or_else(|| ValueError::new("NaN is not a number of Terraform's"))
}

fn truncated() -> ValueError {
    ValueError::new("the bytes end within the value")
}

fn mismatch(ty: &Type, marker: Marker) -> ValueError {
    ValueError::new(format!("{ty} is required, not {}", describe(marker)))
}

fn describe(marker: Marker) -> &'static str {
    match marker {
        Marker::Null => "null",
        Marker::True | Marker::False => "a bool",
        Marker::FixPos(_)
        | Marker::FixNeg(_)
        | Marker::U8
        | Marker::U16
        | Marker::U32
        | Marker::U64
        | Marker::I8
        | Marker::I16
        | Marker::I32
        | Marker::I64
        | Marker::F32
        | Marker::F64 => "a number",
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => "a string",
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => "bytes",
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => "an array",
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => "a map",
        Marker::FixExt1
        | Marker::FixExt2
        | Marker::FixExt4
        | Marker::FixExt8
        | Marker::FixExt16
        | Marker::Ext8
        | Marker::Ext16
        | Marker::Ext32 => "an unknown value",
        Marker::Reserved => "a byte that begins no value",
    }
}
