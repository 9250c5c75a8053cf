// SPDX-License-Identifier: Apache-2.0
//! JSON Schema 2020-12: compile once, judge documents, everything bounded before it runs.
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::{Value, json};

use crate::pattern_budget::{self, PatternLimits};
use crate::refused::{Refused, clip, refuse};
use crate::schema_cost::{self, Cost};
use crate::schema_graph::{Graph, GraphLimits};
use crate::strict_json::{self, Limits};

#[repr(C)]
pub struct SchemaLimits {
    pub json: Limits,
    pub max_evaluations_per_value: u64,
    pub max_pattern_bytes: u64,
    pub max_in_place_chain: u32,
    pub max_subschemas: u32,
}

#[repr(C)]
pub struct ValidateLimits {
    pub json: Limits,
    pub max_evaluations: u64,
    pub max_evaluations_for_list: u64,
    pub max_pattern_string_bytes: u64,
    pub max_pattern_strings_bytes: u64,
    pub max_pattern_bytes_for_list: u64,
    pub max_errors: u32,
}

pub struct Schema {
    validator: Validator,
    graph: Graph,
    cost: Cost,
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
    let graph = Graph::new(&value, &graph_limits)?;
    let cost = schema_cost::cost(&graph, limits.max_evaluations_per_value)?;
    // `regex()` is the linear-time engine. A size limit also makes every pattern compile now, not
    // when it is first used.
    let size = limits.max_pattern_bytes as usize;
    let patterns = PatternOptions::regex()
        .size_limit(size)
        .dfa_size_limit(size);
    let built = jsonschema::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .with_pattern_options(patterns)
        .should_validate_formats(false)
        .build(&value);
    match built {
        Ok(validator) => Ok(Schema {
            validator,
            graph,
            cost,
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

impl Schema {
    pub fn validate(&self, bytes: &[u8], limits: &ValidateLimits) -> Verdict {
        let parsed = match strict_json::parse(bytes, limits.json) {
            Ok(parsed) => parsed,
            Err(e) => return Verdict::BadJson(e),
        };
        let evaluations = self.cost.of(&parsed.values_at);
        let pattern_bytes = match self.affordable(&parsed.value, evaluations, limits) {
            Ok(bytes) => bytes,
            Err(e) => return Verdict::TooCostly(e),
        };
        if self.validator.is_valid(&parsed.value) {
            return Verdict::Conforms;
        }
        // The crate collects all errors of every branch before the first one can be read, and
        // asks a branch again for each branch around it.
        let matched = pattern_bytes.saturating_mul(self.graph.chain.into());
        if evaluations > limits.max_evaluations_for_list
            || matched > limits.max_pattern_bytes_for_list
        {
            return Verdict::DoesNotConform(json!([]));
        }
        let errors = self.validator.iter_errors(&parsed.value);
        let listed = errors.take(limits.max_errors as usize);
        Verdict::DoesNotConform(listed.map(|e| describe(&e)).collect())
    }

    /// The bytes that may be matched against patterns, when all of it is within the limits.
    fn affordable(
        &self,
        document: &Value,
        evaluations: u64,
        limits: &ValidateLimits,
    ) -> Result<u64, Refused> {
        if evaluations > limits.max_evaluations {
            let limit = limits.max_evaluations;
            let text = format!("may need {evaluations} evaluations, limit {limit}");
            return refuse("too_costly", text);
        }
        let patterns = PatternLimits {
            max_string: limits.max_pattern_string_bytes,
            max_sum: limits.max_pattern_strings_bytes,
        };
        pattern_budget::check(&self.graph, document, patterns)
    }
}
