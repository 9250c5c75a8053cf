// SPDX-License-Identifier: Apache-2.0
//! Strict JSON: one parser decides what a document is, with stable reasons.
//!
//! Refuses duplicate keys, depth over a limit, integers outside i64 and u64, numbers outside f64,
//! ill-formed UTF-8, lone surrogates, byte-order marks and trailing bytes. Counts values per depth,
//! so that later work can be bounded.
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::refused::{Refused, clip, refuse};

const NUMBER_OUT_OF_RANGE: &str = "number_out_of_range";

#[derive(Clone, Copy)]
#[repr(C)]
pub struct Limits {
    pub max_bytes: u64,
    pub max_values: u64,
    pub max_depth: u32,
}

/// Depths 0 (the root) to 64.
pub const LEVELS: usize = 65;

pub struct Parsed {
    pub value: Value,
    pub values_at: [u64; LEVELS],
}

struct State {
    values: Cell<u64>,
    values_at: [Cell<u64>; LEVELS],
    reason: Cell<Option<&'static str>>,
    limits: Limits,
}

#[derive(Clone, Copy)]
struct Strict<'s> {
    state: &'s State,
    depth: u32,
}

impl Strict<'_> {
    fn stop<E: serde::de::Error>(&self, reason: &'static str, text: impl fmt::Display) -> E {
        self.state.reason.set(Some(reason));
        E::custom(text)
    }

    fn count<E: serde::de::Error>(&self) -> Result<(), E> {
        let values = self.state.values.get() + 1;
        self.state.values.set(values);
        let at = &self.state.values_at[(self.depth as usize).min(LEVELS - 1)];
        at.set(at.get() + 1);
        let limit = self.state.limits.max_values;
        if values > limit {
            let text = format_args!("more than {limit} values");
            return Err(self.stop("too_many_values", text));
        }
        Ok(())
    }

    fn deeper<E: serde::de::Error>(&self) -> Result<Self, E> {
        let limit = self.state.limits.max_depth.min(LEVELS as u32 - 1);
        if self.depth >= limit {
            let text = format_args!("nested more than {limit} levels");
            return Err(self.stop("too_deep", text));
        }
        Ok(Strict {
            state: self.state,
            depth: self.depth + 1,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Value, D::Error> {
        self.count()?;
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Value, E> {
        match Number::from_f64(v) {
            Some(n) => Ok(Value::Number(n)),
            None => Err(self.stop(NUMBER_OUT_OF_RANGE, "number out of range")),
        }
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::String(v.to_owned()))
    }

    fn visit_string<E>(self, v: String) -> Result<Value, E> {
        Ok(Value::String(v))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut a: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut out = Vec::new();
        while let Some(v) = a.next_element_seed(inner)? {
            out.push(v);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut a: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut out = Map::new();
        while let Some(key) = a.next_key::<String>()? {
            match out.entry(key) {
                serde_json::map::Entry::Occupied(e) => {
                    let text = format_args!("duplicate key {:?}", clip(e.key(), 64));
                    return Err(self.stop("duplicate_key", text));
                }
                serde_json::map::Entry::Vacant(e) => {
                    e.insert(a.next_value_seed(inner)?);
                }
            }
        }
        Ok(Value::Object(out))
    }
}

/// serde_json turns an integer that fits neither i64 nor u64 silently into a rounded f64, so that
/// two different integers compare equal. This lexical pass refuses them. It needs no full grammar:
/// outside strings, a run that starts with '-' or a digit is a number token in every document that
/// the parser accepts later.
fn refuse_big_integers(b: &[u8]) -> Result<(), Refused> {
    let mut i = 0;
    while i < b.len() {
        match b[i] {
            b'"' => {
                i += 1;
                while i < b.len() && b[i] != b'"' {
                    i += if b[i] == b'\\' { 2 } else { 1 };
                }
                i += 1;
            }
            b'-' | b'0'..=b'9' => {
                let start = i;
                i += 1;
                let in_number =
                    |c: &u8| matches!(c, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
                i += b[i..].iter().take_while(|c| in_number(c)).count();
                refuse_big_integer(&b[start..i], start)?;
            }
            _ => i += 1,
        }
    }
    Ok(())
}

fn refuse_big_integer(token: &[u8], at: usize) -> Result<(), Refused> {
    if token.len() <= 18 || !token[1..].iter().all(u8::is_ascii_digit) {
        return Ok(());
    }
    let text = std::str::from_utf8(token).unwrap_or("");
    if text.parse::<i64>().is_err() && text.parse::<u64>().is_err() {
        let text = format!("integer outside -2^63 to 2^64-1 at byte {at}");
        return refuse(NUMBER_OUT_OF_RANGE, text);
    }
    Ok(())
}

pub fn parse(bytes: &[u8], limits: Limits) -> Result<Parsed, Refused> {
    if bytes.len() as u64 > limits.max_bytes {
        let text = format!("{} bytes, limit {}", bytes.len(), limits.max_bytes);
        return refuse("too_large", text);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(t) => t,
        Err(e) => {
            let text = format!("ill-formed UTF-8 at byte {}", e.valid_up_to());
            return refuse("not_utf8", text);
        }
    };
    refuse_big_integers(bytes)?;
    let state = State {
        values: Cell::new(0),
        values_at: [const { Cell::new(0) }; LEVELS],
        reason: Cell::new(None),
        limits,
    };
    let start = Strict {
        state: &state,
        depth: 0,
    };
    let mut d = serde_json::Deserializer::from_str(text);
    match start.deserialize(&mut d).and_then(|v| d.end().map(|()| v)) {
        Ok(value) => Ok(Parsed {
            value,
            values_at: state.values_at.each_ref().map(Cell::get),
        }),
        Err(e) => {
            let text = e.to_string();
            let by_parser = if text.starts_with("number out of range") {
                NUMBER_OUT_OF_RANGE
            } else {
                "syntax"
            };
            refuse(state.reason.get().unwrap_or(by_parser), clip(&text, 200))
        }
    }
}
