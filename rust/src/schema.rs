// SPDX-License-Identifier: Apache-2.0
//! JSON Schema 2020-12: compile once, judge documents, everything bounded before it runs.
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::{Value, json};

use crate::pattern_budget::{self, PatternLimits};
use crate::pattern_weight::{self, PatternWeights};
use crate::refused::{Refused, clip, refuse};
use crate::schema_cost::{self, Cost, Total};
use crate::schema_graph::{Graph, GraphLimits};
use crate::simple_schema::SimpleSchema;
use crate::strict_json::{self, Limits, Size};
use crate::unique_items;

#[repr(C)]
pub struct SchemaLimits {
    pub json: Limits,
    pub max_evaluations_per_value: u64,
    pub max_pattern_bytes: u64,
    pub max_patterns: u64,
    pub max_pattern_text: u64,
    pub max_in_place_chain: u32,
    pub max_subschemas: u32,
}

#[repr(C)]
pub struct ValidateLimits {
    pub json: Limits,
    pub max_evaluations: u64,
    pub max_scanned: u64,
    pub max_evaluations_for_list: u64,
    pub max_list_memory: u64,
    pub max_pattern_string_bytes: u64,
    pub max_pattern_strings_bytes: u64,
    pub max_pattern_bytes_for_list: u64,
    pub max_errors: u32,
}

pub struct Schema {
    validator: Validator,
    graph: Graph,
    cost: Cost,
    simple: Option<SimpleSchema>,
}

pub enum Verdict {
    Conforms,
    /// A list of errors, empty when it would cost too much to make.
    DoesNotConform(Value),
    BadJson(Refused),
    TooCostly(Refused),
}

pub fn compile(bytes: &[u8], limits: &SchemaLimits) -> Result<Schema, Refused> {
    let value = strict_json::parse(bytes, limits.json)?.value;
    if !matches!(value, Value::Object(_) | Value::Bool(_)) {
        return refuse("not_a_schema", "a schema is an object or a boolean");
    }
    let graph_limits = GraphLimits {
        max_subschemas: limits.max_subschemas,
        max_chain: limits.max_in_place_chain,
    };
    let pattern_limits = pattern_weight::Limits {
        max_bytes: limits.max_pattern_bytes as usize,
        max_patterns: limits.max_patterns as usize,
        max_text: limits.max_pattern_text as usize,
    };
    let patterns = PatternWeights::new(&value, &pattern_limits)?;
    let graph = Graph::new(&value, &patterns, &graph_limits)?;
    let cost = schema_cost::cost(&graph, limits.max_evaluations_per_value)?;
    // A size limit also makes every pattern compile now, not when it is first used.
    let built = jsonschema::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .with_pattern_options(pattern_weight::options(pattern_limits.max_bytes))
        .with_keyword("uniqueItems", unique_items::keyword)
        .should_validate_formats(false)
        .build(&value);
    match built {
        Ok(validator) => Ok(Schema {
            validator,
            graph,
            cost,
            simple: SimpleSchema::new(&value),
        }),
        Err(e) => {
            let text = e.masked().to_string();
            let at = e.instance_path().as_str();
            let text = format!("{} at {:?}", clip(&text, 300), clip(at, 200));
            refuse("invalid_schema", text)
        }
    }
}

/// Without values of the document: they may be large or secret.
fn describe(e: &ValidationError) -> Value {
    json!({
        "path": clip(e.instance_path().as_str(), 256),
        "keyword": clip(e.kind().keyword(), 64),
        "message": clip(&e.masked().to_string(), 256),
    })
}

/// What one error takes without its path, and its path for each byte of keys.
const ERROR_MEMORY: u64 = 512;
const PATH_MEMORY: u64 = 2;

impl Schema {
    pub fn validate(&self, bytes: &[u8], limits: &ValidateLimits) -> Verdict {
        if self.accepts_at_once(bytes, limits) {
            return Verdict::Conforms;
        }
        self.judge(bytes, limits)
    }

    /// Only when `judge` would find the same.
    fn accepts_at_once(&self, bytes: &[u8], limits: &ValidateLimits) -> bool {
        // a simple schema has no pattern, so nothing else needs to be affordable
        let simple = self.simple.as_ref();
        let size = simple.and_then(|schema| schema.accepts(bytes, limits.json));
        size.is_some_and(|size| within_limits(&self.cost.of(&size), limits).is_ok())
    }

    fn judge(&self, bytes: &[u8], limits: &ValidateLimits) -> Verdict {
        let parsed = match strict_json::parse(bytes, limits.json) {
            Ok(parsed) => parsed,
            Err(e) => return Verdict::BadJson(e),
        };
        let total = self.cost.of(&parsed.size);
        let pattern_bytes = match self.affordable(&parsed.value, &total, limits) {
            Ok(bytes) => bytes,
            Err(e) => return Verdict::TooCostly(e),
        };
        if self.validator.is_valid(&parsed.value) {
            return Verdict::Conforms;
        }
        if !self.may_list(&total, &parsed.size, pattern_bytes, limits) {
            return Verdict::DoesNotConform(json!([]));
        }
        let errors = self.validator.iter_errors(&parsed.value);
        let listed = errors.take(limits.max_errors as usize);
        Verdict::DoesNotConform(listed.map(|e| describe(&e)).collect())
    }

    /// The crate collects all errors of every branch before the first one can be read, and asks a
    /// branch again for each branch around it.
    fn may_list(
        &self,
        total: &Total,
        size: &Size,
        pattern_bytes: u64,
        limits: &ValidateLimits,
    ) -> bool {
        let chain = u64::from(self.graph.chain);
        let around = chain.saturating_mul(u64::from(size.depth) + 1);
        let error = ERROR_MEMORY + size.longest_path.saturating_mul(PATH_MEMORY);
        // an error may hold a copy of the value it is about
        let memory = total
            .errors
            .saturating_mul(error)
            .saturating_add(total.copied);
        total.evaluations <= limits.max_evaluations_for_list
            && total.evaluations.saturating_mul(around) <= limits.max_evaluations
            && total.scanned.saturating_mul(around) <= limits.max_scanned
            && memory <= limits.max_list_memory
            && pattern_bytes.saturating_mul(around) <= limits.max_pattern_bytes_for_list
    }

    /// The bytes that may be matched against patterns, when all of it is within the limits.
    fn affordable(
        &self,
        document: &Value,
        total: &Total,
        limits: &ValidateLimits,
    ) -> Result<u64, Refused> {
        within_limits(total, limits)?;
        let patterns = PatternLimits {
            max_string: limits.max_pattern_string_bytes,
            max_sum: limits.max_pattern_strings_bytes,
        };
        pattern_budget::check(&self.graph, document, patterns)
    }
}

fn within_limits(total: &Total, limits: &ValidateLimits) -> Result<(), Refused> {
    let within = |n: u64, what: &str, limit: u64| {
        if n > limit {
            return refuse("too_costly", format!("may need {n} {what}, limit {limit}"));
        }
        Ok(())
    };
    within(total.evaluations, "evaluations", limits.max_evaluations)?;
    within(total.scanned, "bytes to be read again", limits.max_scanned)
}
