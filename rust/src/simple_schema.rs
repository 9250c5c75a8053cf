// SPDX-License-Identifier: Apache-2.0
//! Accepts most conforming documents of plain schemas without building a tree, in a tenth of the time.
//!
//! A schema is simple when it has no other keywords than those below, all in their plain form. The
//! document is judged while it is read, and counted exactly as the strict parser counts it. `None`
//! only ever means "ask the validator": for a document that does not conform or is not strict JSON,
//! for a member that the schema does not name (so that a bit for each name finds all duplicates) and
//! for a number that a double does not hold exactly.
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::strict_json::{Limits, Size, State, Strict};

/// Sets of types.
type Types = u8;
const NULL: Types = 1;
const BOOLEAN: Types = 1 << 1;
const INTEGER: Types = 1 << 2;
const NUMBER: Types = 1 << 3;
const STRING: Types = 1 << 4;
const ARRAY: Types = 1 << 5;
const OBJECT: Types = 1 << 6;
const ALL: Types = 0x7f;

/// A document that is not accepted is read again, which must not take long.
const MAX_BYTES: usize = 1 << 20;
/// All integers up to here are doubles.
const EXACT: u64 = 1 << 53;

struct Property {
    name: String,
    schema: SimpleSchema,
}

pub struct SimpleSchema {
    types: Types,
    /// Of a number, both included.
    least: f64,
    most: f64,
    /// Of a string, in characters, or of an array.
    lengths: (u64, u64),
    items_count: (u64, u64),
    /// Values of `enum`, sorted, when all are strings.
    choices: Option<Vec<String>>,
    items: Option<Box<SimpleSchema>>,
    /// By name, at most as many as a mask has bits.
    properties: Vec<Property>,
    required: u64,
}

const ANY: SimpleSchema = SimpleSchema {
    types: ALL,
    least: f64::NEG_INFINITY,
    most: f64::INFINITY,
    lengths: (0, u64::MAX),
    items_count: (0, u64::MAX),
    choices: None,
    items: None,
    properties: Vec::new(),
    required: 0,
};

static ANYTHING: SimpleSchema = ANY;

fn type_of(name: &Value) -> Option<Types> {
    match name.as_str()? {
        "null" => Some(NULL),
        "boolean" => Some(BOOLEAN),
        "integer" => Some(INTEGER),
        "number" => Some(INTEGER | NUMBER),
        "string" => Some(STRING),
        "array" => Some(ARRAY),
        "object" => Some(OBJECT),
        _ => None,
    }
}

fn types(v: &Value) -> Option<Types> {
    match v {
        Value::Array(names) => names.iter().try_fold(0, |all, n| Some(all | type_of(n)?)),
        _ => type_of(v),
    }
}

fn exact(v: &Value) -> Option<f64> {
    let n = v.as_number()?;
    let fits = |n: u64| n <= EXACT;
    let integer = n.is_i64() || n.is_u64();
    if integer && !n.as_i64().is_some_and(|n| fits(n.unsigned_abs())) {
        return None;
    }
    n.as_f64()
}

impl SimpleSchema {
    /// `None` when the validator is to judge all documents.
    pub fn new(schema: &Value) -> Option<SimpleSchema> {
        let Value::Object(m) = schema else {
            return (schema == &Value::Bool(true)).then_some(ANY);
        };
        let mut s = ANY;
        for (keyword, v) in m {
            s.add(keyword, v)?;
        }
        if let Some(names) = m.get("required") {
            s.require(names)?;
        }
        Some(s)
    }

    fn add(&mut self, keyword: &str, v: &Value) -> Option<()> {
        match keyword {
            "type" => self.types = types(v)?,
            "minimum" => self.least = exact(v)?,
            "maximum" => self.most = exact(v)?,
            "minLength" => self.lengths.0 = v.as_u64()?,
            "maxLength" => self.lengths.1 = v.as_u64()?,
            "minItems" => self.items_count.0 = v.as_u64()?,
            "maxItems" => self.items_count.1 = v.as_u64()?,
            "enum" => self.choices = Some(strings(v)?),
            "items" => self.items = Some(Box::new(SimpleSchema::new(v)?)),
            "properties" => self.properties = properties(v.as_object()?)?,
            // a member without a name in `properties` is never accepted
            "additionalProperties" => drop(v.as_bool()?),
            "required" => {}
            "$comment" | "title" | "description" | "default" | "examples" | "format"
            | "deprecated" | "readOnly" | "writeOnly" => {}
            "$schema" => drop(v.as_str()?),
            _ => return None,
        }
        Some(())
    }

    fn require(&mut self, names: &Value) -> Option<()> {
        for name in names.as_array()? {
            self.required |= 1 << self.find(name.as_str()?)?;
        }
        Some(())
    }

    fn find(&self, name: &str) -> Option<usize> {
        let properties = &self.properties;
        properties
            .binary_search_by(|p| p.name.as_str().cmp(name))
            .ok()
    }

    /// The size of a document, when it is strict JSON within the limits and conforms.
    pub fn accepts(&self, json: &[u8], limits: Limits) -> Option<Size> {
        if json.len() > MAX_BYTES || json.len() as u64 > limits.max_bytes {
            return None;
        }
        let text = std::str::from_utf8(json).ok()?;
        let state = State::new(limits);
        let mut d = serde_json::Deserializer::from_str(text);
        let root = Place {
            schema: self,
            strict: Strict::root(&state),
        };
        root.deserialize(&mut d).ok()?;
        d.end().ok()?;
        (!state.rounded()).then(|| state.size())
    }
}

fn strings(v: &Value) -> Option<Vec<String>> {
    let texts = v.as_array()?.iter();
    let texts = texts.map(|v| v.as_str().map(str::to_owned));
    let mut texts: Vec<String> = texts.collect::<Option<_>>()?;
    texts.sort_unstable();
    Some(texts)
}

fn properties(m: &Map<String, Value>) -> Option<Vec<Property>> {
    if m.len() > u64::BITS as usize {
        return None;
    }
    // its keys are sorted
    let all = m.iter().map(|(name, schema)| {
        Some(Property {
            name: name.clone(),
            schema: SimpleSchema::new(schema)?,
        })
    });
    all.collect()
}

/// A place in a document, and the schema that applies there.
#[derive(Clone, Copy)]
struct Place<'s> {
    schema: &'s SimpleSchema,
    strict: Strict<'s>,
}

fn check<E: Error>(fits: bool) -> Result<(), E> {
    if fits { Ok(()) } else { Err(E::custom("")) }
}

impl Place<'_> {
    /// A value of a type, and whether `enum` may take it.
    fn is<E: Error>(&self, one: Types) -> Result<(), E> {
        let free = self.schema.choices.is_none() || one == STRING;
        check(free && self.schema.types & one != 0)
    }

    fn within<E: Error>(&self, n: f64) -> Result<(), E> {
        check(self.schema.least <= n && n <= self.schema.most)
    }

    fn integer<E: Error>(&self, n: f64, magnitude: u64) -> Result<(), E> {
        self.is(INTEGER)?;
        check(magnitude <= EXACT)?;
        self.within(n)
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        self.strict.count()?;
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.is(NULL)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.is(BOOLEAN)
    }

    fn visit_i64<E: Error>(self, v: i64) -> Result<(), E> {
        self.integer(v as f64, v.unsigned_abs())
    }

    fn visit_u64<E: Error>(self, v: u64) -> Result<(), E> {
        self.integer(v as f64, v)
    }

    fn visit_f64<E: Error>(self, v: f64) -> Result<(), E> {
        self.strict.float(v)?;
        self.is(NUMBER)?;
        self.within(v)
    }

    fn visit_str<E: Error>(self, v: &str) -> Result<(), E> {
        self.strict.text(v)?;
        self.is(STRING)?;
        if let Some(choices) = &self.schema.choices {
            check(choices.binary_search_by(|c| c.as_str().cmp(v)).is_ok())?;
        }
        let (least, most) = self.schema.lengths;
        if least == 0 && v.len() as u64 <= most {
            return Ok(());
        }
        check((least..=most).contains(&(v.chars().count() as u64)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut a: A) -> Result<(), A::Error> {
        self.is(ARRAY)?;
        let strict = self.strict.deeper()?;
        let schema = self.schema.items.as_deref().unwrap_or(&ANYTHING);
        let (mut len, mut capacity) = (0, 0);
        while a.next_element_seed(Place { schema, strict })?.is_some() {
            strict.element(len, &mut capacity)?;
            len += 1;
        }
        let (least, most) = self.schema.items_count;
        check((least..=most).contains(&(len as u64)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut a: A) -> Result<(), A::Error> {
        self.is(OBJECT)?;
        let inner = self.strict.deeper()?;
        let mut seen = 0u64;
        while let Some((property, strict)) = a.next_key_seed(Name {
            schema: self.schema,
            strict: inner,
            before: seen.count_ones() as usize,
        })? {
            let bit = 1 << property;
            check(seen & bit == 0)?;
            seen |= bit;
            let schema = &self.schema.properties[property].schema;
            a.next_value_seed(Place { schema, strict })?;
        }
        check(seen & self.schema.required == self.schema.required)
    }
}

/// A key, which becomes a property's number and the place of its value.
struct Name<'s> {
    schema: &'s SimpleSchema,
    strict: Strict<'s>,
    /// Members before this one.
    before: usize,
}

impl<'de, 's> DeserializeSeed<'de> for Name<'s> {
    type Value = (usize, Strict<'s>);

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_str(self)
    }
}

impl<'s> Visitor<'_> for Name<'s> {
    type Value = (usize, Strict<'s>);

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        self.strict.member(self.before, key)?;
        let property = self.schema.find(key).ok_or_else(|| E::custom(""))?;
        Ok((property, self.strict.below(key)))
    }
}
