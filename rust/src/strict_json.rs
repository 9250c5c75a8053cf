// SPDX-License-Identifier: Apache-2.0
//! Strict JSON: one parser decides what a document is, with stable reasons.
//!
//! Refuses duplicate keys, depth over a limit, integers outside i64 and u64, numbers outside f64,
//! ill-formed UTF-8, lone surrogates, byte-order marks and trailing bytes, and what would take too
//! much memory. Measures the document, so that later work can be bounded.
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use crate::refused::{Refused, clip, refuse};

const NUMBER_OUT_OF_RANGE: &str = "number_out_of_range";

#[derive(Clone, Copy)]
#[repr(C)]
pub struct Limits {
    pub max_bytes: u64,
    pub max_values: u64,
    /// Of the parsed document.
    pub max_memory: u64,
    /// Of one object: finding a key's place among more is slow.
    pub max_members: u64,
    pub max_depth: u32,
}

/// Depths 0 (the root) to 64.
pub const LEVELS: usize = 65;

/// How large a document is.
pub struct Size {
    pub values_at: [u64; LEVELS],
    /// Bytes of memory, keys at the depth of their values.
    pub memory_at: [u64; LEVELS],
    /// Bytes of keys on the way to one value.
    pub longest_path: u64,
    pub depth: u32,
}

pub struct Parsed {
    pub value: Value,
    pub size: Size,
}

/// An integer that is rounded is at least this far from 0: it fits neither i64 nor u64.
const LEAST_ROUNDED: f64 = 9_223_372_036_854_775_808.0;
/// What a value takes in the array around it.
const VALUE_MEMORY: u64 = 32;
/// What an allocation takes beyond its bytes.
const ALLOCATION_MEMORY: u64 = 24;
/// A node of the tree that an object is: it holds 11 members, at least 5 when there are others.
const MEMBERS_MEMORY: u64 = 640;
const LEAST_MEMBERS: usize = 5;

pub struct State {
    values: Cell<u64>,
    memory: Cell<u64>,
    values_at: [Cell<u64>; LEVELS],
    memory_at: [Cell<u64>; LEVELS],
    longest_path: Cell<u64>,
    deepest: Cell<u32>,
    /// A number that may be an integer which was rounded.
    rounded: Cell<bool>,
    reason: Cell<Option<&'static str>>,
    limits: Limits,
}

impl State {
    pub fn new(limits: Limits) -> State {
        State {
            values: Cell::new(0),
            memory: Cell::new(0),
            values_at: [const { Cell::new(0) }; LEVELS],
            memory_at: [const { Cell::new(0) }; LEVELS],
            longest_path: Cell::new(0),
            deepest: Cell::new(0),
            rounded: Cell::new(false),
            reason: Cell::new(None),
            limits,
        }
    }

    pub fn size(&self) -> Size {
        Size {
            values_at: self.values_at.each_ref().map(Cell::get),
            memory_at: self.memory_at.each_ref().map(Cell::get),
            longest_path: self.longest_path.get(),
            depth: self.deepest.get(),
        }
    }

    /// Whether a number may be an integer that was rounded: then `refuse_big_integers` decides.
    pub fn rounded(&self) -> bool {
        self.rounded.get()
    }
}

/// A place in a document. Its methods measure, and refuse what is over a limit.
#[derive(Clone, Copy)]
pub struct Strict<'s> {
    state: &'s State,
    depth: u32,
    /// Bytes of keys on the way here.
    path: u64,
}

impl<'s> Strict<'s> {
    pub fn root(state: &'s State) -> Self {
        Strict {
            state,
            depth: 0,
            path: 0,
        }
    }

    fn stop<E: serde::de::Error>(&self, reason: &'static str, text: impl fmt::Display) -> E {
        self.state.reason.set(Some(reason));
        E::custom(text)
    }

    pub fn count<E: serde::de::Error>(&self) -> Result<(), E> {
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

    fn charge<E: serde::de::Error>(&self, bytes: u64) -> Result<(), E> {
        let memory = self.state.memory.get() + bytes;
        self.state.memory.set(memory);
        let at = &self.state.memory_at[(self.depth as usize).min(LEVELS - 1)];
        at.set(at.get() + bytes);
        let limit = self.state.limits.max_memory;
        if memory > limit {
            let text = format_args!("takes more than {limit} bytes of memory");
            return Err(self.stop("too_large", text));
        }
        Ok(())
    }

    pub fn text<E: serde::de::Error>(&self, text: &str) -> Result<(), E> {
        self.charge(ALLOCATION_MEMORY + text.len() as u64)
    }

    pub fn float<E: serde::de::Error>(&self, v: f64) -> Result<Number, E> {
        if v.abs() >= LEAST_ROUNDED {
            self.state.rounded.set(true);
        }
        match Number::from_f64(v) {
            Some(n) => Ok(n),
            None => Err(self.stop(NUMBER_OUT_OF_RANGE, "number out of range")),
        }
    }

    /// One more element of the array around here, behind `len` others in `capacity` places.
    pub fn element<E: serde::de::Error>(&self, len: usize, capacity: &mut usize) -> Result<(), E> {
        if len < *capacity {
            return Ok(());
        }
        // it starts with four and doubles
        let more = (*capacity).max(4);
        *capacity += more;
        self.charge(ALLOCATION_MEMORY + more as u64 * VALUE_MEMORY)
    }

    /// One more member of the object around here, behind `len` others.
    pub fn member<E: serde::de::Error>(&self, len: usize, key: &str) -> Result<(), E> {
        self.text(key)?;
        let limit = self.state.limits.max_members;
        if len as u64 == limit {
            let text = format_args!("more than {limit} members in an object");
            return Err(self.stop("too_many_values", text));
        }
        if len.is_multiple_of(LEAST_MEMBERS) {
            self.charge(MEMBERS_MEMORY)?;
        }
        Ok(())
    }

    pub fn below(self, key: &str) -> Self {
        let path = self.path + key.len() as u64 + 1;
        let longest = &self.state.longest_path;
        longest.set(longest.get().max(path));
        Strict { path, ..self }
    }

    pub fn deeper<E: serde::de::Error>(&self) -> Result<Self, E> {
        let limit = self.state.limits.max_depth.min(LEVELS as u32 - 1);
        if self.depth >= limit {
            let text = format_args!("nested more than {limit} levels");
            return Err(self.stop("too_deep", text));
        }
        let depth = self.depth + 1;
        let deepest = &self.state.deepest;
        deepest.set(deepest.get().max(depth));
        Ok(Strict { depth, ..*self })
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
        self.float(v).map(Value::Number)
    }

    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<Value, E> {
        self.text(v)?;
        Ok(Value::String(v.to_owned()))
    }

    fn visit_string<E: serde::de::Error>(self, v: String) -> Result<Value, E> {
        self.text(&v)?;
        Ok(Value::String(v))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut a: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut out = Vec::new();
        let mut capacity = 0;
        while let Some(v) = a.next_element_seed(inner)? {
            inner.element(out.len(), &mut capacity)?;
            out.push(v);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut a: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        // A sorted list makes a map in a fraction of the time that single insertions take.
        let mut members: Vec<(String, Value)> = Vec::new();
        while let Some(key) = a.next_key::<String>()? {
            inner.member(members.len(), &key)?;
            let value = a.next_value_seed(inner.below(&key))?;
            members.push((key, value));
        }
        if !members.is_sorted_by(|a, b| a.0 < b.0) {
            members.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            if let Some(pair) = members.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                let text = format_args!("duplicate key {:?}", clip(&pair[0].0, 64));
                return Err(self.stop("duplicate_key", text));
            }
        }
        Ok(Value::Object(members.into_iter().collect()))
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
    let state = State::new(limits);
    let mut d = serde_json::Deserializer::from_str(text);
    let parsed = Strict::root(&state)
        .deserialize(&mut d)
        .and_then(|v| d.end().map(|()| v));
    if parsed.is_err() || state.rounded() {
        refuse_big_integers(bytes)?;
    }
    match parsed {
        Ok(value) => Ok(Parsed {
            value,
            size: state.size(),
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
