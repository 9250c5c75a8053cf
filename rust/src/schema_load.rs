// SPDX-License-Identifier: Apache-2.0
//! What the keywords of one subschema ask of the machine, without the subschemas below it.
use serde_json::{Map, Value};

/// Counts, each from above; all arithmetic saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Subschemas that are asked about a value.
    pub evaluations: u32,
    /// The same weighed by what their keywords take, in units of about 2.5 nanoseconds.
    pub work: u32,
    /// Keywords that read a value with all that is below it (`uniqueItems`, `minLength` …).
    pub scans: u32,
    /// Errors that may be listed.
    pub errors: u32,
}

impl Load {
    pub fn plus(self, o: Load) -> Load {
        Load {
            evaluations: self.evaluations.saturating_add(o.evaluations),
            work: self.work.saturating_add(o.work),
            scans: self.scans.saturating_add(o.scans),
            errors: self.errors.saturating_add(o.errors),
        }
    }

    pub fn max(self, o: Load) -> Load {
        Load {
            evaluations: self.evaluations.max(o.evaluations),
            work: self.work.max(o.work),
            scans: self.scans.max(o.scans),
            errors: self.errors.max(o.errors),
        }
    }
}

/// `true` and `false`.
pub const BOOLEAN: Load = Load {
    evaluations: 1,
    work: 2,
    scans: 0,
    errors: 1,
};

/// Comparisons of keys, or scalars, that are an evaluation.
const COMPARISONS: u32 = 16;
/// Looking up one key.
const LOOKUP: u32 = 8;
/// Starting a match.
const MATCH: u32 = 24;
/// Dividing exactly by what is no integer.
const DIVISION: u32 = 400;
/// Making a set of what has been evaluated.
const EVALUATED_SET: u32 = 32;
/// Hashing against reading.
const HASH_SCANS: u32 = 4;
/// Bytes that are compared as fast as one scalar.
const TEXT_BYTES: usize = 64;

/// Scalars to compare a value with this one.
fn comparison(v: &Value) -> u32 {
    let text = |s: &str| (s.len() / TEXT_BYTES) as u32;
    match v {
        Value::String(s) => 1 + text(s),
        Value::Array(a) => a.iter().fold(1, |n, v| n + comparison(v)),
        Value::Object(o) => o
            .iter()
            .fold(1, |n, (k, v)| n + 2 + text(k) + comparison(v)),
        _ => 1,
    }
}

/// Scalars to choose among the values of `enum`: strings alone are hashed.
fn choice(options: &[Value]) -> u32 {
    if options.iter().all(Value::is_string) {
        return options.iter().map(comparison).max().unwrap_or(0);
    }
    options.iter().map(comparison).sum()
}

fn len(v: &Value) -> u32 {
    match v {
        Value::Array(a) => a.len() as u32,
        Value::Object(o) => o.len() as u32,
        _ => 0,
    }
}

pub fn own(m: &Map<String, Value>) -> Load {
    let mut load = BOOLEAN;
    for (keyword, v) in m {
        load = load.plus(of(keyword, v));
    }
    load
}

/// `n` things to compare, each of them `each` work.
fn compared(n: u32, each: u32) -> Load {
    Load {
        evaluations: n / COMPARISONS,
        work: n.saturating_mul(each),
        ..Load::default()
    }
}

fn of(keyword: &str, v: &Value) -> Load {
    let none = Load::default();
    let work = |work| Load {
        work,
        errors: 1,
        ..none
    };
    let scans = |scans| Load {
        scans,
        errors: 1,
        ..none
    };
    let error = Load { errors: 1, ..none };
    match keyword {
        "enum" => error.plus(compared(choice(v.as_array().map_or(&[], Vec::as_slice)), 1)),
        "const" => error.plus(compared(comparison(v), 1)),
        "properties" => compared(len(v), 0),
        "required" => Load {
            errors: len(v),
            ..compared(len(v), LOOKUP)
        },
        "dependentRequired" | "dependencies" => {
            let lists = v.as_object().into_iter().flat_map(Map::values);
            let names = lists.fold(len(v), |n, list| n.saturating_add(len(list)));
            Load {
                errors: names,
                ..compared(names, LOOKUP)
            }
        }
        "patternProperties" => Load {
            evaluations: len(v),
            work: MATCH.saturating_mul(len(v)),
            ..none
        },
        "pattern" => work(MATCH),
        "multipleOf" if v.is_f64() => work(DIVISION),
        "uniqueItems" if v == &Value::Bool(true) => scans(HASH_SCANS),
        "minLength" | "maxLength" => scans(1),
        "unevaluatedProperties" | "unevaluatedItems" => work(EVALUATED_SET),
        "dependentSchemas" => work(LOOKUP.saturating_mul(len(v))),
        "propertyNames" => work(LOOKUP),
        "type"
        | "minimum"
        | "maximum"
        | "exclusiveMinimum"
        | "exclusiveMaximum"
        | "multipleOf"
        | "minItems"
        | "maxItems"
        | "minProperties"
        | "maxProperties"
        | "additionalProperties"
        | "items"
        | "contains"
        | "allOf"
        | "anyOf"
        | "oneOf"
        | "not" => error,
        _ => none,
    }
}
