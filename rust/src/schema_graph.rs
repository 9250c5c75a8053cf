// SPDX-License-Identifier: Apache-2.0
//! A schema as a graph, and the rules on its identifiers and references.
//!
//! A node is a subschema. An edge either stays at the value (in place: `$ref`, `allOf`, `anyOf`,
//! `oneOf`, `not`, `if` …) or goes down to a child (`properties`, `items` …). What a judgement can
//! cost (`schema_cost`) and which strings a pattern may meet (`pattern_budget`) is read off it.
use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use crate::pattern_weight::PatternWeights;
use crate::refused::{Refused, clip, refuse};
use crate::schema_load::{self, Load};

#[derive(Default)]
pub struct Node {
    /// Cost of its own keywords.
    pub load: Load,
    pub in_place: Vec<usize>,
    /// It has `unevaluated*`, which asks the in-place subschemas again.
    pub unevaluated: bool,
    pub named: BTreeMap<String, usize>,
    /// additionalProperties: names that are not in `named`.
    pub others: Vec<usize>,
    /// patternProperties: any name.
    pub any: Vec<usize>,
    /// unevaluatedProperties: any name.
    pub any_left: Vec<usize>,
    /// propertyNames: applied to the keys of an object.
    pub names: Vec<usize>,
    pub prefix: Vec<usize>,
    /// items: behind `prefix`.
    pub rest: Vec<usize>,
    /// contains, unevaluatedItems.
    pub any_item: Vec<usize>,
    /// Weight of its `pattern`, 0 without one.
    pub pattern: u64,
    /// Weight of the regular expressions that one key is matched against.
    pub key_patterns: u64,
}

impl Node {
    fn targets(&self) -> impl Iterator<Item = usize> {
        let lists = [
            &self.in_place,
            &self.others,
            &self.any,
            &self.any_left,
            &self.names,
            &self.prefix,
            &self.rest,
            &self.any_item,
        ];
        lists
            .into_iter()
            .flatten()
            .chain(self.named.values())
            .copied()
    }
}

pub struct Graph {
    /// The root is node 0.
    pub nodes: Vec<Node>,
    /// Every in-place successor comes before its predecessor.
    pub order: Vec<usize>,
    /// Whether a node or one that it leads to matches strings or keys against patterns.
    pub meets_pattern: Vec<bool>,
    /// Longest in-place chain.
    pub chain: u32,
}

pub struct GraphLimits {
    pub max_subschemas: u32,
    /// Times the levels of a document it is the recursion of a validation.
    pub max_chain: u32,
}

const SCHEMA_MAPS: &[&str] = &[
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "dependentSchemas",
    "dependencies",
];
const SCHEMA_LISTS: &[&str] = &["allOf", "anyOf", "oneOf", "prefixItems"];
const SCHEMA_ONE: &[&str] = &[
    "not",
    "if",
    "then",
    "else",
    "additionalProperties",
    "propertyNames",
    "unevaluatedProperties",
    "items",
    "contains",
    "unevaluatedItems",
    "contentSchema",
    "additionalItems",
];
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Calls `f` for every position that holds a subschema directly below `m`.
fn each_subschema<'v>(m: &'v Map<String, Value>, mut f: impl FnMut(&'v Value)) {
    for k in SCHEMA_MAPS {
        if let Some(Value::Object(o)) = m.get(*k) {
            o.values().for_each(&mut f);
        }
    }
    for k in SCHEMA_LISTS {
        if let Some(Value::Array(a)) = m.get(*k) {
            a.iter().for_each(&mut f);
        }
    }
    for k in SCHEMA_ONE {
        if let Some(v) = m.get(*k) {
            f(v);
        }
    }
}

struct Builder<'v> {
    root: &'v Value,
    patterns: &'v PatternWeights,
    nodes: Vec<Node>,
    ids: HashMap<*const Value, usize>,
    todo: Vec<(&'v Value, usize)>,
    anchors: HashMap<&'v str, &'v Value>,
    max_nodes: usize,
}

impl<'v> Builder<'v> {
    fn too_many<T>(&self) -> Result<T, Refused> {
        refuse(
            "too_many_subschemas",
            format!("more than {}", self.max_nodes),
        )
    }

    fn id(&mut self, v: &'v Value) -> Result<usize, Refused> {
        if let Some(&i) = self.ids.get(&std::ptr::from_ref(v)) {
            return Ok(i);
        }
        let i = self.nodes.len();
        if i >= self.max_nodes {
            return self.too_many();
        }
        self.nodes.push(Node::default());
        self.ids.insert(v, i);
        self.todo.push((v, i));
        Ok(i)
    }

    fn ids(&mut self, values: impl IntoIterator<Item = &'v Value>) -> Result<Vec<usize>, Refused> {
        values.into_iter().map(|v| self.id(v)).collect()
    }

    fn target(&self, reference: &str) -> Result<&'v Value, Refused> {
        let decoded = percent_decode(reference.strip_prefix('#').unwrap_or(reference));
        let found = if decoded.is_empty() || decoded.starts_with('/') {
            self.root.pointer(&decoded)
        } else {
            self.anchors.get(decoded.as_str()).copied()
        };
        match found {
            Some(v) => Ok(v),
            None => refuse("unresolved_ref", format!("{:?}", clip(reference, 128))),
        }
    }

    /// The rules on identifiers. An inner `$id` starts another resource: "#/…" would then mean
    /// something else than this document.
    fn check_identifiers(&self, v: &Value, m: &Map<String, Value>) -> Result<(), Refused> {
        match m.get("$schema") {
            None => {}
            Some(Value::String(s)) if s.trim_end_matches('#') == DRAFT => {}
            Some(_) => return refuse("foreign_schema", "$schema must be 2020-12 or absent"),
        }
        if m.contains_key("$id") && !std::ptr::eq(v, self.root) {
            return refuse("inner_id", "$id below the root");
        }
        for k in ["$ref", "$dynamicRef"] {
            if let Some(Value::String(r)) = m.get(k)
                && !r.starts_with('#')
            {
                let text = format!(
                    "{k} {:?}: only references inside the document",
                    clip(r, 128)
                );
                return refuse("foreign_ref", text);
            }
        }
        Ok(())
    }

    /// First pass: identifiers and anchors, wherever a subschema can stand, used or not.
    fn scan(&mut self) -> Result<(), Refused> {
        let mut todo = vec![self.root];
        let mut seen = 0;
        while let Some(v) = todo.pop() {
            seen += 1;
            if seen > self.max_nodes {
                return self.too_many();
            }
            let Value::Object(m) = v else { continue };
            self.check_identifiers(v, m)?;
            for k in ["$anchor", "$dynamicAnchor"] {
                if let Some(Value::String(a)) = m.get(k)
                    && let Some(other) = self.anchors.insert(a, v)
                    && !std::ptr::eq(other, v)
                {
                    // Which one a reference means would be a matter of order.
                    let text = format!("two anchors {:?}", clip(a, 128));
                    return refuse("invalid_schema", text);
                }
            }
            each_subschema(m, |s| todo.push(s));
        }
        Ok(())
    }

    /// Second pass: the nodes that the root leads to.
    fn build(&mut self) -> Result<(), Refused> {
        self.id(self.root)?;
        while let Some((v, i)) = self.todo.pop() {
            let node = match v {
                Value::Object(m) => {
                    // A reference may lead to a place that `scan` does not know.
                    self.check_identifiers(v, m)?;
                    let mut node = self.own(m);
                    node.in_place = self.in_place(m)?;
                    self.children(m, &mut node)?;
                    node
                }
                _ => Node {
                    load: schema_load::BOOLEAN,
                    ..Node::default()
                },
            };
            self.nodes[i] = node;
        }
        Ok(())
    }

    /// A node without its edges.
    fn own(&self, m: &Map<String, Value>) -> Node {
        let has = |k: &str| u64::from(m.contains_key(k));
        let weight = |p: &str| self.patterns.of(p);
        let keys = match m.get("patternProperties") {
            Some(Value::Object(o)) => o.keys().map(|p| weight(p)).sum(),
            _ => 0,
        };
        // additionalProperties and unevaluatedProperties ask the patterns again
        let times = 1 + has("additionalProperties") + 2 * has("unevaluatedProperties");
        let pattern = m.get("pattern").and_then(Value::as_str);
        Node {
            load: schema_load::own(m),
            unevaluated: has("unevaluatedProperties") | has("unevaluatedItems") == 1,
            pattern: pattern.map_or(0, weight),
            key_patterns: keys * times,
            ..Node::default()
        }
    }

    fn in_place(&mut self, m: &'v Map<String, Value>) -> Result<Vec<usize>, Refused> {
        let mut all = Vec::new();
        // Anchors are unique, so a dynamic reference has one target too.
        for k in ["$ref", "$dynamicRef"] {
            if let Some(Value::String(r)) = m.get(k) {
                all.push(self.target(r)?);
            }
        }
        for k in ["allOf", "anyOf", "oneOf"] {
            if let Some(Value::Array(a)) = m.get(k) {
                all.extend(a);
            }
        }
        let branches = ["not", "if", "then", "else"];
        all.extend(branches.iter().filter_map(|k| m.get(*k)));
        for k in ["dependentSchemas", "dependencies"] {
            if let Some(Value::Object(o)) = m.get(k) {
                all.extend(o.values().filter(|s| !s.is_array()));
            }
        }
        self.ids(all)
    }

    fn children(&mut self, m: &'v Map<String, Value>, node: &mut Node) -> Result<(), Refused> {
        if let Some(Value::Object(o)) = m.get("properties") {
            for (k, s) in o {
                node.named.insert(k.clone(), self.id(s)?);
            }
        }
        if let Some(Value::Object(o)) = m.get("patternProperties") {
            node.any = self.ids(o.values())?;
        }
        if let Some(Value::Array(a)) = m.get("prefixItems") {
            node.prefix = self.ids(a)?;
        }
        node.any_left = self.ids(m.get("unevaluatedProperties"))?;
        node.others = self.ids(m.get("additionalProperties"))?;
        node.names = self.ids(m.get("propertyNames"))?;
        node.rest = self.ids(m.get("items"))?;
        let items = ["contains", "unevaluatedItems"];
        node.any_item = self.ids(items.iter().filter_map(|k| m.get(*k)))?;
        Ok(())
    }

    /// Every in-place successor before its predecessor; a cycle would never end.
    fn order(&self) -> Result<Vec<usize>, Refused> {
        const IN_PROGRESS: u8 = 1;
        const DONE: u8 = 2;
        let mut state = vec![0u8; self.nodes.len()];
        let mut out = Vec::with_capacity(self.nodes.len());
        for start in 0..self.nodes.len() {
            let mut stack = vec![(start, false)];
            while let Some((i, leaving)) = stack.pop() {
                if leaving {
                    state[i] = DONE;
                    out.push(i);
                    continue;
                }
                if state[i] == DONE {
                    continue;
                }
                state[i] = IN_PROGRESS;
                stack.push((i, true));
                for &t in &self.nodes[i].in_place {
                    match state[t] {
                        IN_PROGRESS => {
                            let text = "a subschema refers to itself in place";
                            return refuse("reference_loop", text);
                        }
                        DONE => {}
                        _ => stack.push((t, false)),
                    }
                }
            }
        }
        Ok(out)
    }

    fn longest_chain(&self, order: &[usize]) -> u32 {
        let mut depth = vec![1u32; self.nodes.len()];
        for &i in order {
            let successors = self.nodes[i].in_place.iter();
            depth[i] = 1 + successors.map(|&t| depth[t]).max().unwrap_or(0);
        }
        depth.into_iter().max().unwrap_or(0)
    }

    fn meets_pattern(&self) -> Vec<bool> {
        let mut sources = vec![Vec::new(); self.nodes.len()];
        let mut todo = Vec::new();
        for (i, node) in self.nodes.iter().enumerate() {
            node.targets().for_each(|t| sources[t].push(i));
            if node.pattern > 0 || node.key_patterns > 0 {
                todo.push(i);
            }
        }
        let mut meets = vec![false; self.nodes.len()];
        while let Some(i) = todo.pop() {
            if !std::mem::replace(&mut meets[i], true) {
                todo.extend(&sources[i]);
            }
        }
        meets
    }
}

impl Graph {
    pub fn new(
        schema: &Value,
        patterns: &PatternWeights,
        limits: &GraphLimits,
    ) -> Result<Graph, Refused> {
        let mut b = Builder {
            root: schema,
            patterns,
            nodes: Vec::new(),
            ids: HashMap::new(),
            todo: Vec::new(),
            anchors: HashMap::new(),
            max_nodes: limits.max_subschemas as usize,
        };
        b.scan()?;
        b.build()?;
        let order = b.order()?;
        let chain = b.longest_chain(&order);
        if chain > limits.max_chain {
            let text = format!("{chain} subschemas in place, limit {}", limits.max_chain);
            return refuse("chain_too_long", text);
        }
        let meets_pattern = b.meets_pattern();
        Ok(Graph {
            nodes: b.nodes,
            order,
            meets_pattern,
            chain,
        })
    }
}

fn percent_decode(s: &str) -> String {
    let b = s.as_bytes();
    let mut out = Vec::with_capacity(b.len());
    let mut i = 0;
    while i < b.len() {
        let digits = s
            .get(i + 1..i + 3)
            .filter(|h| b[i] == b'%' && h.bytes().all(|c| c.is_ascii_hexdigit()));
        match digits.map(|h| u8::from_str_radix(h, 16)) {
            Some(Ok(x)) => {
                out.push(x);
                i += 3;
            }
            _ => {
                out.push(b[i]);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
