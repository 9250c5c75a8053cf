// SPDX-License-Identifier: Apache-2.0
//! Which strings of a document may be matched against a regular expression, and how often.
//!
//! Linear-time matching still costs microseconds a byte for some patterns, so such strings are
//! bounded before the validator runs. The walk goes down the document and the schema's graph
//! together and assumes every branch: each alternative of `anyOf` and `$dynamicRef`, every
//! `patternProperties` for every key, `unevaluated*` for every child. It may refuse a document that
//! the validator would never have matched against; it never misses a match.
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::refused::{Refused, refuse};
use crate::schema_graph::{Graph, Node};

pub struct PatternLimits {
    /// Bytes of one string or key that is matched.
    pub max_string: u64,
    /// Sum of bytes, each string as often as it may be matched.
    pub max_sum: u64,
}

/// Nodes that apply to one value, each with the number of ways that lead to it.
type Active = Vec<(usize, u64)>;

struct Walk<'g> {
    graph: &'g Graph,
    position: Vec<usize>,
    limits: PatternLimits,
    sum: u64,
}

/// The sum of bytes that may be matched; refuses documents over the limits as `too_costly`.
pub fn check(graph: &Graph, document: &Value, limits: PatternLimits) -> Result<u64, Refused> {
    if !graph.meets_pattern[0] {
        return Ok(0);
    }
    let mut position = vec![0; graph.nodes.len()];
    for (at, &i) in graph.order.iter().enumerate() {
        position[i] = at;
    }
    let mut walk = Walk {
        graph,
        position,
        limits,
        sum: 0,
    };
    walk.value(document, &vec![(0, 1)])?;
    Ok(walk.sum)
}

/// Children that are asked again where `unevaluated*` stands beside them.
fn twice(node: &Node, times: u64) -> u64 {
    if node.unevaluated {
        times.saturating_mul(2)
    } else {
        times
    }
}

impl<'g> Walk<'g> {
    /// Adds the targets from which a pattern can be reached.
    fn enter(&self, into: &mut Active, targets: &[usize], times: u64) {
        let meets = |t: &&usize| self.graph.meets_pattern[**t];
        into.extend(targets.iter().filter(meets).map(|&t| (t, times)));
    }

    /// All nodes that apply where `entering` does, ways added up along in-place edges.
    fn closure(&self, entering: &Active) -> Vec<(&'g Node, u64)> {
        let graph = self.graph;
        let mut pending: BTreeMap<usize, u64> = BTreeMap::new();
        let add = |pending: &mut BTreeMap<usize, u64>, node: usize, times: u64| {
            let entry = pending.entry(self.position[node]).or_default();
            *entry = entry.saturating_add(times);
        };
        for &(node, times) in entering {
            add(&mut pending, node, times);
        }
        let mut out = Vec::new();
        // Predecessors have the higher position, so a node is taken when all ways to it are known.
        while let Some((position, times)) = pending.pop_last() {
            let node = &graph.nodes[graph.order[position]];
            // `unevaluated*` asks the subschemas again, once more for each of them around another
            let again = if node.unevaluated { graph.chain } else { 1 };
            for &t in &node.in_place {
                if graph.meets_pattern[t] {
                    add(&mut pending, t, times.saturating_mul(again.into()));
                }
            }
            out.push((node, times));
        }
        out
    }

    fn charge(&mut self, bytes: usize, times: u64) -> Result<(), Refused> {
        if times == 0 {
            return Ok(());
        }
        let bytes = bytes as u64;
        let limit = self.limits.max_string;
        if bytes > limit {
            let text = format!("a string of {bytes} bytes may meet a pattern, limit {limit}");
            return refuse("too_costly", text);
        }
        self.sum = self.sum.saturating_add(bytes.saturating_mul(times));
        let limit = self.limits.max_sum;
        if self.sum > limit {
            let text = format!("more than {limit} bytes of strings may meet patterns");
            return refuse("too_costly", text);
        }
        Ok(())
    }

    fn text(&mut self, text: &str, here: &[(&Node, u64)]) -> Result<(), Refused> {
        let times = here.iter().fold(0u64, |sum, (node, times)| {
            sum.saturating_add(times.saturating_mul(node.pattern))
        });
        self.charge(text.len(), times)
    }

    fn value(&mut self, value: &Value, entering: &Active) -> Result<(), Refused> {
        if entering.is_empty() {
            return Ok(());
        }
        let here = self.closure(entering);
        match value {
            Value::String(s) => self.text(s, &here),
            Value::Object(o) => self.object(o, &here),
            Value::Array(a) => self.array(a, &here),
            _ => Ok(()),
        }
    }

    fn object(&mut self, o: &Map<String, Value>, here: &[(&Node, u64)]) -> Result<(), Refused> {
        let matches = here.iter().fold(0u64, |sum, (node, times)| {
            sum.saturating_add(times.saturating_mul(node.key_patterns))
        });
        let mut names = Active::new();
        for (node, times) in here {
            self.enter(&mut names, &node.names, *times);
        }
        let names = self.closure(&names);
        for (key, child) in o {
            self.charge(key.len(), matches)?;
            self.text(key, &names)?;
            let mut below = Active::new();
            for (node, times) in here {
                match node.named.get(key) {
                    Some(&t) => self.enter(&mut below, &[t], *times),
                    None => self.enter(&mut below, &node.others, *times),
                }
                self.enter(&mut below, &node.any, *times);
                self.enter(&mut below, &node.any_left, twice(node, *times));
            }
            self.value(child, &below)?;
        }
        Ok(())
    }

    fn array(&mut self, a: &[Value], here: &[(&Node, u64)]) -> Result<(), Refused> {
        for (index, child) in a.iter().enumerate() {
            let mut below = Active::new();
            for (node, times) in here {
                match node.prefix.get(index) {
                    Some(&t) => self.enter(&mut below, &[t], *times),
                    None => self.enter(&mut below, &node.rest, *times),
                }
                self.enter(&mut below, &node.any_item, twice(node, *times));
            }
            self.value(child, &below)?;
        }
        Ok(())
    }
}
