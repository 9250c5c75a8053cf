// SPDX-License-Identifier: Apache-2.0
//! The one Rust static library: the Wasmtime C API and the entry points it lacks (`engine`,
//! `limiter`), strict JSON, JSON Schema and static module facts. `include/palyra_rust.h` is its
//! documentation. No function unwinds into its caller.
#![allow(non_camel_case_types)]
#![allow(clippy::missing_safety_doc)] // the header says what callers must do

mod c_api;
mod engine;
mod features;
mod limiter;
mod module_facts;
mod pattern_budget;
mod pattern_weight;
mod producers;
mod refused;
mod schema;
mod schema_cost;
mod schema_graph;
mod schema_load;
mod simple_schema;
mod strict_json;
mod unique_items;

pub use wasmtime_c_api::*; // its functions are part of the archive
