// SPDX-License-Identifier: Apache-2.0
//! Just enough JSON for arguments and answers.

use alloc::{format, string::String, vec::Vec};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The end, or no JSON.
    Nothing,
    Object,
    Array,
    String,
    Number,
    Boolean,
    Null,
}

/// A cursor over a document that the host has already checked, so it does not diagnose syntax: on anything unexpected
/// (a string where a number was asked for) `failed` is set, every later call returns nothing, and loops end.
pub struct Reader<'a> {
    rest: &'a [u8],
    pub failed: bool,
}

impl<'a> Reader<'a> {
    pub fn new(json: &'a [u8]) -> Self {
        Reader { rest: json, failed: false }
    }

    fn peek(&mut self) -> u8 {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
        self.rest.first().copied().unwrap_or(0)
    }

    fn take(&mut self, expected: u8) -> bool {
        let found = self.peek() == expected && !self.rest.is_empty();
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    fn fail(&mut self) {
        self.failed = true;
        self.rest = &[];
    }

    pub fn kind(&mut self) -> Kind {
        match self.peek() {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::String,
            b't' | b'f' => Kind::Boolean,
            b'n' => Kind::Null,
            b'-' | b'0'..=b'9' => Kind::Number,
            _ => Kind::Nothing,
        }
    }

    /// Steps into an object; then `member` moves to each member and gives its key, and the value must be read or
    /// skipped.
    pub fn object(&mut self) {
        if !self.take(b'{') {
            self.fail();
        }
    }

    pub fn member(&mut self) -> Option<String> {
        if self.failed || self.take(b'}') {
            return None;
        }
        self.take(b',');
        let key = self.string();
        if !self.take(b':') {
            self.fail();
        }
        (!self.failed).then_some(key)
    }

    /// Steps into an array; then `item` moves to each item.
    pub fn array(&mut self) {
        if !self.take(b'[') {
            self.fail();
        }
    }

    pub fn item(&mut self) -> bool {
        if self.failed || self.take(b']') {
            return false;
        }
        self.take(b',');
        if self.kind() == Kind::Nothing {
            self.fail();
        }
        !self.failed
    }

    pub fn string(&mut self) -> String {
        let mut bytes = Vec::new();
        if !self.take(b'"') {
            self.fail();
            return String::new();
        }
        loop {
            match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return String::from_utf8(bytes).unwrap_or_default();
                }
                [b'\\', rest @ ..] => {
                    self.rest = rest;
                    self.escape(&mut bytes);
                }
                [byte, rest @ ..] => {
                    bytes.push(*byte);
                    self.rest = rest;
                }
                [] => {
                    self.fail();
                    return String::new();
                }
            }
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) {
        let Some((&letter, rest)) = self.rest.split_first() else { return };
        self.rest = rest;
        let plain = match letter {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut point = self.hex4();
                if (0xD800..0xDC00).contains(&point) && self.rest.starts_with(b"\\u") {
                    self.rest = &self.rest[2..];
                    point = 0x10000 + ((point - 0xD800) << 10) + self.hex4().wrapping_sub(0xDC00);
                }
                let text = char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER);
                return bytes.extend_from_slice(text.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => other,
        };
        bytes.push(plain);
    }

    fn hex4(&mut self) -> u32 {
        let digits = self.rest.get(..4).and_then(|digits| core::str::from_utf8(digits).ok());
        let Some(point) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else {
            self.fail();
            return 0;
        };
        self.rest = &self.rest[4..];
        point
    }

    /// The characters of a number or a word.
    fn bare(&mut self) -> &'a str {
        self.peek();
        let is_bare = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'+' | b'.');
        let size = self.rest.iter().take_while(|c| is_bare(c)).count();
        let (word, rest) = self.rest.split_at(size);
        self.rest = rest;
        core::str::from_utf8(word).unwrap_or_default()
    }

    pub fn number(&mut self) -> f64 {
        self.bare().parse().unwrap_or_else(|_| {
            self.fail();
            0.0
        })
    }

    /// `2.0` and `2e3` are integers too, as JSON Schema counts them.
    pub fn integer(&mut self) -> i64 {
        let word = self.bare();
        if let Ok(value) = word.parse() {
            return value;
        }
        let number = word.parse().unwrap_or(f64::NAN);
        if number as i64 as f64 != number {
            self.fail();
        }
        number as i64
    }

    pub fn boolean(&mut self) -> bool {
        let word = self.bare();
        if word != "true" && word != "false" {
            self.fail();
        }
        word == "true"
    }

    /// Passes over one value of any kind and gives its text.
    pub fn skip(&mut self) -> &'a [u8] {
        self.peek();
        let all = self.rest;
        let mut depth = 0;
        loop {
            match self.peek() {
                b'"' => drop(self.string()),
                b'{' | b'[' => {
                    self.rest = &self.rest[1..];
                    depth += 1;
                }
                c @ (b'}' | b']' | b',' | b':') if depth > 0 => {
                    self.rest = &self.rest[1..];
                    depth -= usize::from(c == b'}' || c == b']');
                }
                _ if self.bare().is_empty() => self.fail(),
                _ => (),
            }
            if depth == 0 || self.failed {
                return &all[..all.len() - self.rest.len()];
            }
        }
    }
}

/// Commas and escapes are its business.
#[derive(Default)]
pub struct Writer {
    json: String,
    comma: bool,
}

impl Writer {
    pub fn text(&self) -> &str {
        &self.json
    }

    fn value(&mut self, json: &str, comma_after: bool) {
        if self.comma {
            self.json.push(',');
        }
        self.json.push_str(json);
        self.comma = comma_after;
    }

    fn end(&mut self, bracket: char) {
        self.json.push(bracket);
        self.comma = true;
    }

    pub fn begin_object(&mut self) {
        self.value("{", false);
    }
    pub fn end_object(&mut self) {
        self.end('}');
    }
    pub fn begin_array(&mut self) {
        self.value("[", false);
    }
    pub fn end_array(&mut self) {
        self.end(']');
    }

    pub fn key(&mut self, name: &str) {
        self.string(name);
        self.json.push(':');
        self.comma = false;
    }

    pub fn string(&mut self, text: &str) {
        self.value("\"", true);
        for c in text.chars() {
            match c {
                '"' | '\\' => self.json.extend(['\\', c]),
                '\0'..='\x1f' => self.json.push_str(&format!("\\u{:04x}", u32::from(c))),
                _ => self.json.push(c),
            }
        }
        self.json.push('"');
    }

    pub fn integer(&mut self, value: i64) {
        self.value(&format!("{value}"), true);
    }
    pub fn number(&mut self, value: f64) {
        self.value(&if value.is_finite() { format!("{value}") } else { "null".into() }, true);
    }
    pub fn boolean(&mut self, value: bool) {
        self.value(if value { "true" } else { "false" }, true);
    }
    pub fn null(&mut self) {
        self.value("null", true);
    }
    /// A value that is JSON already.
    pub fn raw(&mut self, json: &str) {
        self.value(json, true);
    }
}
