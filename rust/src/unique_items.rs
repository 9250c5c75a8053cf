// SPDX-License-Identifier: Apache-2.0
//! `uniqueItems` in time and memory proportional to the array, whatever its items are.
//!
//! The crate hashes without a key, and [[1]], [1] and [[], 1] alike: a document can be written whose
//! items all collide. Here the key is random, and structure is hashed too.
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Number, Value};

struct UniqueItems {
    wanted: bool,
}

type Factory<'a> = Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>>;

/// A value of the wrong type is refused by the meta-schema.
pub fn keyword<'a>(_: &'a Map<String, Value>, value: &'a Value, _: Location) -> Factory<'a> {
    let wanted = value == &Value::Bool(true);
    Ok(Box::new(UniqueItems { wanted }))
}

impl<'i> Keyword<'i> for UniqueItems {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) {
            return Ok(());
        }
        Err(ValidationError::custom("value has non-unique elements"))
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        match instance {
            Value::Array(items) if self.wanted => is_unique(items),
            _ => true,
        }
    }
}

/// A number as the schema language sees it: 1 and 1.0 are the same.
#[derive(Hash, PartialEq)]
enum Exact {
    Integer(i128),
    Fraction(u64),
}

fn exact(n: &Number) -> Exact {
    let integer = n.as_i64().map(i128::from).or(n.as_u64().map(i128::from));
    match (integer, n.as_f64()) {
        (Some(i), _) => Exact::Integer(i),
        // 2^65 and above: no integer that was written as one reaches it
        (None, Some(f)) if f.fract() == 0.0 && f.abs() < 3.6e19 => Exact::Integer(f as i128),
        (None, f) => Exact::Fraction(f.unwrap_or(0.0).to_bits()),
    }
}

fn hash(v: &Value, h: &mut impl Hasher) {
    match v {
        Value::Null => h.write_u8(0),
        Value::Bool(b) => h.write_u8(1 + u8::from(*b)),
        Value::Number(n) => {
            h.write_u8(3);
            exact(n).hash(h);
        }
        Value::String(s) => {
            h.write_u8(4);
            s.hash(h);
        }
        Value::Array(a) => {
            h.write_u8(5);
            h.write_usize(a.len());
            a.iter().for_each(|v| hash(v, h));
        }
        Value::Object(o) => {
            // its keys are sorted
            h.write_u8(6);
            h.write_usize(o.len());
            for (k, v) in o {
                k.hash(h);
                hash(v, h);
            }
        }
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => exact(a) == exact(b),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let same =
                |((k, a), (l, b)): ((&String, &Value), (&String, &Value))| k == l && equal(a, b);
            a.len() == b.len() && a.iter().zip(b).all(same)
        }
        _ => a == b,
    }
}

fn is_unique(items: &[Value]) -> bool {
    let key = RandomState::new();
    let hashed = |v| {
        let mut h = key.build_hasher();
        hash(v, &mut h);
        h.finish()
    };
    let mut order: Vec<(u64, &Value)> = items.iter().map(|v| (hashed(v), v)).collect();
    order.sort_unstable_by_key(|(hash, _)| *hash);
    // Items of one hash are equal, but for one pair in 2^64.
    let same = |pair: &[(u64, &Value)]| pair[0].0 == pair[1].0 && equal(pair[0].1, pair[1].1);
    !order.windows(2).any(same)
}
