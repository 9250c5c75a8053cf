// SPDX-License-Identifier: Apache-2.0
//! How often the subschemas of one schema can be applied to one value, in the worst case.
//!
//! An evaluation is a path from the root of the graph. W(s, d) is the largest number of paths from
//! node s that end at one value d levels below:
//!     W(s, 0) = weight of the in-place closure of s, with multiplicity
//!     W(s, d) = the largest, over child labels k, of the sum, over the closure of s, of W(t, d-1)
//!               for every edge labelled k to t
//! A document with n_d values at depth d needs at most the sum of n_d × W(root, d) evaluations.
//! W of the first levels is judged when a schema is compiled, the sum when a document is. (A
//! maximum over all levels would refuse every recursive union whose alternatives share a child
//! key, and honest tools have those.)
use std::collections::HashMap;

use crate::refused::{Refused, refuse};
use crate::schema_graph::{Graph, Node};
use crate::strict_json::LEVELS;

/// What one node's in-place closure asks of the child level.
#[derive(Clone, Default, PartialEq)]
struct Below {
    here: u64,
    named: HashMap<u32, u64>,
    other: u64,
    any: u64,
    prefix: Vec<u64>,
    rest: u64,
    any_item: u64,
}

impl Below {
    fn add(&mut self, o: &Below, factor: u64, work: &mut u64) {
        let m = |a: u64, b: u64| a.saturating_add(b.saturating_mul(factor));
        *work += 1 + o.named.len() as u64 + o.prefix.len() as u64;
        self.here = m(self.here, o.here);
        if !o.named.is_empty() || (o.other != 0 && !self.named.is_empty()) {
            for (k, v) in &mut self.named {
                *v = m(*v, o.named.get(k).copied().unwrap_or(o.other));
            }
            *work += self.named.len() as u64;
            let base = self.other;
            for (k, v) in &o.named {
                self.named.entry(*k).or_insert_with(|| m(base, *v));
            }
        }
        self.other = m(self.other, o.other);
        self.any = m(self.any, o.any);
        for i in 0..self.prefix.len().max(o.prefix.len()) {
            let theirs = o.prefix.get(i).copied().unwrap_or(o.rest);
            if i < self.prefix.len() {
                self.prefix[i] = m(self.prefix[i], theirs);
            } else {
                self.prefix.push(m(self.rest, theirs));
            }
        }
        self.rest = m(self.rest, o.rest);
        self.any_item = m(self.any_item, o.any_item);
    }

    fn worst_child(&self) -> u64 {
        let named = self.named.values().copied().chain([self.other]).max();
        let object = named.unwrap_or(0).saturating_add(self.any);
        let item = self.prefix.iter().copied().chain([self.rest]).max();
        let array = item.unwrap_or(0).saturating_add(self.any_item);
        object.max(array)
    }

    fn total(&self) -> u64 {
        self.here.max(self.worst_child())
    }
}

/// W(root, d), saturating.
pub struct Cost {
    pub at: [u64; LEVELS],
}

impl Cost {
    /// Evaluations of a document with so many values at each depth.
    pub fn of(&self, values_at: &[u64; LEVELS]) -> u64 {
        let terms = self.at.iter().zip(values_at);
        terms.fold(0, |sum: u64, (w, n)| {
            sum.saturating_add(w.saturating_mul(*n))
        })
    }
}

const JUDGED_LEVELS: usize = 4;
/// Steps to find the cost itself: under a second.
const MAX_WORK: u64 = 20_000_000;

struct Levels<'g> {
    graph: &'g Graph,
    labels: HashMap<&'g str, u32>,
    work: u64,
}

impl Levels<'_> {
    /// The node's own part, without its in-place edges.
    fn own(&mut self, node: &Node, level: usize, below: &[u64]) -> Below {
        let sum = |v: &[usize]| v.iter().fold(0u64, |a, &t| a.saturating_add(below[t]));
        self.work += 1 + (node.named.len() + node.prefix.len()) as u64;
        let named = node.named.iter();
        Below {
            here: if level == 0 { node.weight } else { 0 },
            named: named
                .map(|(k, &t)| (self.labels[k.as_str()], below[t]))
                .collect(),
            other: sum(&node.others),
            // the names of an object's members are as many as the members
            any: sum(&node.any).saturating_add(sum(&node.names)),
            prefix: node.prefix.iter().map(|&t| below[t]).collect(),
            rest: sum(&node.rest),
            any_item: sum(&node.any_item),
        }
    }

    fn level(&mut self, level: usize, below: &[u64]) -> Result<Vec<u64>, Refused> {
        let graph = self.graph;
        let mut closure: Vec<Below> = vec![Below::default(); graph.nodes.len()];
        for &i in &graph.order {
            let node = &graph.nodes[i];
            let mut b = self.own(node, level, below);
            for choice in &node.in_place {
                // of several candidates the one that is worst now: they are alternatives
                let worst = choice.iter().max_by_key(|&&t| closure[t].total());
                b.add(
                    &closure[*worst.unwrap_or(&choice[0])],
                    node.factor,
                    &mut self.work,
                );
            }
            if self.work > MAX_WORK {
                let text = "the evaluation count itself takes too long to find";
                return refuse("too_complex", text);
            }
            closure[i] = b;
        }
        let count = |b: &Below| if level == 0 { b.here } else { b.worst_child() };
        Ok(closure.iter().map(count).collect())
    }
}

pub fn cost(graph: &Graph, max_per_value: u64) -> Result<Cost, Refused> {
    let mut levels = Levels {
        graph,
        labels: HashMap::new(),
        work: 0,
    };
    for key in graph.nodes.iter().flat_map(|n| n.named.keys()) {
        let next = levels.labels.len() as u32;
        levels.labels.entry(key).or_insert(next);
    }
    let mut below = vec![0; graph.nodes.len()]; // W(s, d-1)
    let mut out = Cost { at: [0; LEVELS] };
    for level in 0..LEVELS {
        let next = levels.level(level, &below)?;
        out.at[level] = next[0];
        if level < JUDGED_LEVELS && next[0] > max_per_value {
            let (n, limit) = (next[0], max_per_value);
            let text =
                format!("a value {level} levels down may need {n} evaluations, limit {limit}");
            return refuse("too_costly", text);
        }
        if level > 0 && next == below {
            out.at[level..].fill(next[0]);
            break;
        }
        below = next;
    }
    Ok(out)
}
