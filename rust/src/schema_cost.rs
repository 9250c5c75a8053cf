// SPDX-License-Identifier: Apache-2.0
//! How often the subschemas of one schema can be applied to one value, in the worst case.
//!
//! An evaluation is a path from the root of the graph. V(s) is all that asking s about a value
//! does: its own keywords and V of its in-place subschemas, with multiplicity; with `unevaluated*`
//! also M(s). M(s) finds what the subschemas of s have evaluated: V(t) and M(t) of every in-place t.
//! W(s, d) is the largest load that asking s puts on one value d levels below:
//!     W(s, 0) = the loads in V(s)
//!     W(s, d) = the largest, over child labels k, of the sum, over V(s), of W(t, d-1) for every
//!               edge labelled k to t
//! A document with n_d values at depth d needs at most the sum of n_d × W(root, d). W of the first
//! levels is judged when a schema is compiled, the sum when a document is. (A maximum over all
//! levels would refuse every recursive union whose alternatives share a child key, and honest tools
//! have those.)
use std::collections::HashMap;

use crate::refused::{Refused, refuse};
use crate::schema_graph::{Graph, Node};
use crate::schema_load::Load;
use crate::strict_json::{LEVELS, Size};

/// What one node's in-place closure asks of its value and of the child level.
#[derive(Clone, Default)]
struct Below {
    here: Load,
    named: HashMap<u32, Load>,
    other: Load,
    any: Load,
    prefix: Vec<Load>,
    rest: Load,
    any_item: Load,
}

impl Below {
    fn add(&mut self, o: &Below, work: &mut u64) {
        *work += 1 + (o.named.len() + o.prefix.len()) as u64;
        self.here = self.here.plus(o.here);
        if !o.named.is_empty() || (o.other != Load::default() && !self.named.is_empty()) {
            for (k, v) in &mut self.named {
                *v = v.plus(o.named.get(k).copied().unwrap_or(o.other));
            }
            *work += self.named.len() as u64;
            let base = self.other;
            for (k, v) in &o.named {
                self.named.entry(*k).or_insert_with(|| base.plus(*v));
            }
        }
        self.other = self.other.plus(o.other);
        self.any = self.any.plus(o.any);
        for i in 0..self.prefix.len().max(o.prefix.len()) {
            let theirs = o.prefix.get(i).copied().unwrap_or(o.rest);
            if i < self.prefix.len() {
                self.prefix[i] = self.prefix[i].plus(theirs);
            } else {
                self.prefix.push(self.rest.plus(theirs));
            }
        }
        self.rest = self.rest.plus(o.rest);
        self.any_item = self.any_item.plus(o.any_item);
    }

    fn worst_child(&self) -> Load {
        let named = self.named.values().copied().fold(self.other, Load::max);
        let item = self.prefix.iter().copied().fold(self.rest, Load::max);
        Load::max(named.plus(self.any), item.plus(self.any_item))
    }
}

/// The most that a document can ask for.
#[derive(Default)]
pub struct Total {
    /// Weighed by what they take.
    pub evaluations: u64,
    /// Bytes of memory that keywords read which read all that is below a value.
    pub scanned: u64,
    pub errors: u64,
    /// Bytes of memory below the values that errors are about, each as often as it may have one.
    pub copied: u64,
}

/// W(root, d), saturating.
pub struct Cost {
    at: [Load; LEVELS],
}

impl Cost {
    pub fn of(&self, document: &Size) -> Total {
        let mut total = Total::default();
        // all that is at this level and below it, from the deepest level up
        let mut below = 0;
        for level in (0..=document.depth as usize).rev() {
            let (values, load) = (document.values_at[level], self.at[level]);
            below += document.memory_at[level];
            let add = |sum: &mut u64, n: u64, each: u32| {
                *sum = sum.saturating_add(n.saturating_mul(each.into()));
            };
            add(&mut total.evaluations, values, load.work);
            add(&mut total.scanned, below, load.scans);
            add(&mut total.errors, values, load.errors);
            add(&mut total.copied, below, load.errors);
        }
        total
    }
}

const JUDGED_LEVELS: usize = 4;
/// Steps to find the cost itself: under 50 milliseconds.
const MAX_WORK: u64 = 500_000;

struct Levels<'g> {
    graph: &'g Graph,
    labels: HashMap<&'g str, u32>,
    unevaluated: bool,
    work: u64,
}

fn sum(below: &[Load], targets: &[usize]) -> Load {
    let loads = targets.iter().map(|&t| below[t]);
    loads.fold(Load::default(), Load::plus)
}

impl Levels<'_> {
    /// The node's own part of V, without its in-place edges.
    fn own(&mut self, node: &Node, level: usize, below: &[Load]) -> Below {
        self.work += 1 + (node.named.len() + node.prefix.len()) as u64;
        let named = node.named.iter();
        // the names of an object's members are as many as the members
        let any = [&node.any, &node.any_left, &node.names];
        let any = any.map(|targets| sum(below, targets));
        Below {
            here: if level == 0 {
                node.load
            } else {
                Load::default()
            },
            named: named
                .map(|(k, &t)| (self.labels[k.as_str()], below[t]))
                .collect(),
            other: sum(below, &node.others),
            any: any.into_iter().fold(Load::default(), Load::plus),
            prefix: node.prefix.iter().map(|&t| below[t]).collect(),
            rest: sum(below, &node.rest),
            any_item: sum(below, &node.any_item),
        }
    }

    /// The node's own part of M: names are looked up, `contains` and `unevaluated*` asked again.
    fn own_again(node: &Node, level: usize, below: &[Load]) -> Below {
        Below {
            here: if level == 0 {
                node.load
            } else {
                Load::default()
            },
            any: sum(below, &node.any_left),
            any_item: sum(below, &node.any_item),
            ..Below::default()
        }
    }

    fn level(&mut self, level: usize, below: &[Load]) -> Result<Vec<Load>, Refused> {
        let graph = self.graph;
        let mut closures = vec![Below::default(); graph.nodes.len()];
        let again_count = if self.unevaluated {
            graph.nodes.len()
        } else {
            0
        };
        let mut again = vec![Below::default(); again_count];
        for &i in &graph.order {
            let node = &graph.nodes[i];
            let mut all = self.own(node, level, below);
            for &t in &node.in_place {
                all.add(&closures[t], &mut self.work);
            }
            if self.unevaluated {
                let mut marked = Self::own_again(node, level, below);
                for &t in &node.in_place {
                    marked.add(&closures[t], &mut self.work);
                    marked.add(&again[t], &mut self.work);
                }
                if node.unevaluated {
                    all.add(&marked, &mut self.work);
                }
                again[i] = marked;
            }
            if self.work > MAX_WORK {
                let text = "the evaluation count itself takes too long to find";
                return refuse("too_complex", text);
            }
            closures[i] = all;
        }
        let load = |b: &Below| if level == 0 { b.here } else { b.worst_child() };
        Ok(closures.iter().map(load).collect())
    }
}

pub fn cost(graph: &Graph, max_per_value: u64) -> Result<Cost, Refused> {
    let mut levels = Levels {
        graph,
        labels: HashMap::new(),
        unevaluated: graph.nodes.iter().any(|node| node.unevaluated),
        work: 0,
    };
    for key in graph.nodes.iter().flat_map(|n| n.named.keys()) {
        let next = levels.labels.len() as u32;
        levels.labels.entry(key).or_insert(next);
    }
    let mut below = vec![Load::default(); graph.nodes.len()]; // W(s, d-1)
    let mut at = [Load::default(); LEVELS];
    for level in 0..LEVELS {
        let next = levels.level(level, &below)?;
        at[level] = next[0];
        let n = u64::from(next[0].evaluations);
        if level < JUDGED_LEVELS && n > max_per_value {
            let text = format!(
                "a value {level} levels down may need {n} evaluations, limit {max_per_value}"
            );
            return refuse("too_costly", text);
        }
        if next[0].evaluations == u32::MAX || (level > 0 && next == below) {
            // No document may have a value here, or all levels below are the same.
            at[level..].fill(next[0]);
            break;
        }
        below = next;
    }
    Ok(Cost { at })
}
