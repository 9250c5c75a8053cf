// SPDX-License-Identifier: Apache-2.0
//! How slow the regular expressions of a schema can be to match, and whether they may be built.
//!
//! Matching takes time in proportion to the text and, at worst, to the compiled program. A pattern
//! whose program fits in a quarter of the limit weighs 1, any other 4.
use std::collections::HashMap;

use jsonschema::{Draft, PatternOptions, Regex};
use serde_json::{Value, json};

use crate::refused::{Refused, refuse};

pub struct Limits {
    /// Of one compiled program.
    pub max_bytes: usize,
    /// Each takes memory, and time to build, in proportion to the limit of its size.
    pub max_patterns: usize,
    /// Of all; longer text that compiles to little is there to be expensive.
    pub max_text: usize,
}

/// Classes of Unicode, and letters of either case, take up to 0.3 milliseconds each to compile.
const COSTLY_TEXT: usize = 16;

pub struct PatternWeights {
    weights: HashMap<String, u64>,
}

pub fn options(size: usize) -> PatternOptions<Regex> {
    PatternOptions::regex()
        .size_limit(size)
        .dfa_size_limit(size)
}

fn builds(pattern: &str, size: usize) -> bool {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .with_pattern_options(options(size))
        .build(&json!({ "pattern": pattern }))
        .is_ok()
}

fn text_cost(pattern: &str) -> usize {
    let flags = pattern.contains("(?")
        && !pattern
            .split("(?")
            .skip(1)
            .all(|rest| rest.starts_with([':', 'P', '<']));
    let costly = flags || ["\\p", "\\P"].iter().any(|mark| pattern.contains(mark));
    pattern.len() * if costly { COSTLY_TEXT } else { 1 }
}

fn collect<'v>(v: &'v Value, found: &mut Vec<&'v str>) {
    match v {
        Value::Array(a) => a.iter().for_each(|v| collect(v, found)),
        Value::Object(o) => {
            if let Some(Value::String(p)) = o.get("pattern") {
                found.push(p);
            }
            if let Some(Value::Object(p)) = o.get("patternProperties") {
                found.extend(p.keys().map(String::as_str));
            }
            o.values().for_each(|v| collect(v, found));
        }
        _ => {}
    }
}

impl PatternWeights {
    /// Every pattern in the schema's text, used or not.
    pub fn new(schema: &Value, limits: &Limits) -> Result<PatternWeights, Refused> {
        let mut found = Vec::new();
        collect(schema, &mut found);
        found.sort_unstable();
        found.dedup();
        let bytes: usize = found.iter().map(|p| text_cost(p)).sum();
        let (max, max_text) = (limits.max_patterns, limits.max_text);
        if found.len() > max || bytes > max_text {
            let text = format!(
                "{} patterns of {bytes} bytes (counted 16 times with \\p, \\P or flags), limits {max} and {max_text}",
                found.len()
            );
            return refuse("too_costly", text);
        }
        let weigh = |p: &str| {
            if builds(p, limits.max_bytes / 4) {
                1
            } else {
                4
            }
        };
        let weights = found.iter().map(|p| (p.to_string(), weigh(p))).collect();
        Ok(PatternWeights { weights })
    }

    pub fn of(&self, pattern: &str) -> u64 {
        self.weights.get(pattern).copied().unwrap_or(4)
    }
}
