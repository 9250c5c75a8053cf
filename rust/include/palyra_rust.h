// SPDX-License-Identifier: Apache-2.0
#pragma once
// The C face of the one Rust archive: what the Wasmtime C API lacks, strict JSON, JSON Schema and module facts.
//
// Common to all functions:
// - No pointer that is passed in is kept, except where "must outlive" says so. A (pointer, 0) pair may be null.
// - Nothing unwinds into the caller: a panic becomes PALYRA_RUST_PANIC, or a wasmtime_error_t that says so. A stack
//   overflow is fatal: call schema functions on threads with at least 1 MiB of stack.
// - Functions without a mutable handle among their parameters may be called from any thread at the same time.
// - Text is UTF-8. A report that a function fills belongs to the caller: give it back to palyra_rust_bytes_free. It is
//   left untouched when there is nothing to say.

#include <wasmtime.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Status and reports

enum {
  PALYRA_RUST_OK = 0,
  PALYRA_RUST_REFUSED = 1,     // the input breaks a rule; the report is {"reason", "text"}
  PALYRA_RUST_INVALID = 2,     // the document does not conform to the schema; the report is a list
  PALYRA_RUST_TOO_COSTLY = 3,  // judging the document could take too long; the report is {"reason", "text"}
  PALYRA_RUST_PANIC = 4,       // a bug in the archive; the report is {"reason": "internal", "text"}
};

typedef struct {
  uint8_t* data;
  size_t size;
} palyra_rust_bytes_t;

// Frees and empties `bytes`; one that is all zero is fine.
void palyra_rust_bytes_free(palyra_rust_bytes_t* bytes);

// ---- Versions

// "48.0.8": the version of Wasmtime in this archive. Static, zero-terminated.
const char* palyra_rust_engine_version(void);

// The WebAssembly features that modules may use, lower case, separated by spaces, in a fixed order: "mutable_global
// saturating_float_to_int ...". The engine and palyra_rust_module_describe share this list. Static, zero-terminated.
const char* palyra_rust_wasm_features(void);

// ---- Engine (docs/runtime.md, "Engine")

typedef struct {
  size_t max_wasm_stack_bytes;    // > 0, at most 2 MiB
  uint32_t max_backtrace_frames;  // frames kept of a trap, 0 = none: a backtrace costs microseconds
  bool parallel_compilation;      // compile one module on several threads
} palyra_rust_engine_settings_t;

// Sets every switch of `config` that decides what a module may do, whatever its default: exactly the features above,
// no GC, canonical NaNs, fuel and epochs on, signal-based traps with guards before and after each memory, Cranelift at
// full optimisation, no native unwind tables, no debug information, no profiler, no shared memory. Allocation strategy
// and memory reservation stay as they are.
// Returns PALYRA_RUST_OK or PALYRA_RUST_PANIC.
int32_t palyra_rust_config_apply(wasm_config_t* config, const palyra_rust_engine_settings_t* settings);

typedef struct {
  uint32_t instances;   // that live at one time; each with one memory
  uint32_t max_tables;  // of one instance
  size_t max_memory_bytes;
  size_t max_table_elements;   // of one table
  size_t keep_resident_bytes;  // of memory and of table that a slot keeps for its next instance, zeroed; not 0 needs
                               // palyra_rust_pagemap_scan_available()
} palyra_rust_pool_settings_t;

// Instances take their memories and tables from a pool that is made with the engine. A module that needs more than a
// slot has cannot be loaded then. Returns PALYRA_RUST_OK or PALYRA_RUST_PANIC.
int32_t palyra_rust_config_pool(wasm_config_t* config, const palyra_rust_pool_settings_t* settings);

// Whether the kernel tells which pages were written (ioctl PAGEMAP_SCAN, Linux 6.7). It does not tell of pages that
// were swapped out.
bool palyra_rust_pagemap_scan_available(void);

// Consumes `config`. Unlike wasm_engine_new_with_config, which aborts, it returns the error, which belongs to the
// caller; on success it returns null and `*out` is an engine for wasm_engine_delete.
wasmtime_error_t* palyra_rust_engine_new(wasm_config_t* config, wasm_engine_t** out);

// Native code of the module, for wasmtime_module_deserialize of an engine with the same compatibility hash; nothing of
// it is mapped to be run here. `*out` is the caller's, for wasm_byte_vec_delete; else the error is.
wasmtime_error_t* palyra_rust_engine_precompile(const wasm_engine_t* engine, const uint8_t* wasm, size_t size,
                                                wasm_byte_vec_t* out);

// Equal for engines that can load each other's compiled code: a part of a code cache's key. Stable between processes
// of one build of this archive; 0 after a panic.
uint64_t palyra_rust_engine_compatibility_hash(const wasm_engine_t* engine);

// ---- Limits of one store

enum {
  PALYRA_RUST_NOTHING_REFUSED = 0,
  PALYRA_RUST_MEMORY_REFUSED = 1,  // asked and limit in bytes over all memories
  PALYRA_RUST_TABLE_REFUSED = 2,   // asked and limit in elements over all tables
};

// Limits and what was used of them. The caller fills the first block and zeroes the rest. Read and written by the
// thread that runs the store only.
typedef struct {
  uint64_t memory_limit_bytes;  // sum over all memories of the store
  uint64_t table_limit_elements;
  uint32_t max_instances;
  uint32_t max_memories;
  uint32_t max_tables;
  bool trap_on_refusal;  // true: a refused growth traps; false: memory.grow and table.grow give -1

  // Granted so far. Memories and tables never shrink, so these are the peaks as well. A growth that was granted but
  // then failed in the system stays counted.
  uint64_t memory_bytes;
  uint64_t table_elements;

  // The first refusal. A growth within the limit, but beyond the maximum that the module itself declares, is none.
  int32_t refused;  // PALYRA_RUST_..._REFUSED
  uint64_t
      refused_asked;  // the sum it would have made; UINT64_MAX: more than any memory can hold, or the system failed
  uint64_t refused_limit;
} palyra_rust_limiter_t;

// Puts `store` under `limiter`, which must outlive it. Call it before anything is instantiated. Initial sizes count
// too: a module whose minimum is refused does not instantiate. The three counts fail an instantiation with an error
// (PALYRA_RUST_COUNT_LIMIT below).
// Returns PALYRA_RUST_OK or PALYRA_RUST_PANIC.
int32_t palyra_rust_store_limiter(wasmtime_store_t* store, palyra_rust_limiter_t* limiter);

// ---- Errors of the engine

enum {
  PALYRA_RUST_NOT_A_TRAP = -1,
  PALYRA_RUST_COUNT_LIMIT = -2,  // more instances, memories or tables than the store's limiter allows
};

// The wasmtime_trap_code_t of an error or trap, wherever it came from, or one of the two above.
int32_t palyra_rust_error_trap_code(const wasmtime_error_t* error);
int32_t palyra_rust_trap_trap_code(const wasm_trap_t* trap);

// ---- Strict JSON

typedef struct {
  uint64_t max_bytes;
  uint64_t max_values;   // of all kinds, keys not counted
  uint64_t max_memory;   // bytes that the parsed document takes, estimated from above
  uint64_t max_members;  // of one object
  uint32_t max_depth;    // of nested arrays and objects, at most 64; a scalar has depth 0
} palyra_rust_json_limits_t;

// One JSON document: UTF-8 without byte-order mark, no duplicate key, integers in -2^63 to 2^64-1, numbers within
// double, no lone surrogate, no trailing bytes.
// PALYRA_RUST_REFUSED, reasons: too_large not_utf8 syntax duplicate_key too_deep number_out_of_range too_many_values.
int32_t palyra_rust_json_check(const uint8_t* json, size_t size, const palyra_rust_json_limits_t* limits,
                               palyra_rust_bytes_t* report);

// ---- JSON Schema 2020-12 (docs/formats/skill-manifest.md, "Schemas are strangers' programs")

typedef struct palyra_rust_schema palyra_rust_schema_t;  // immutable; threads may share it

typedef struct {
  palyra_rust_json_limits_t json;      // of the schema's own text
  uint64_t max_evaluations_per_value;  // in the worst case, judged at depths 0 to 3
  uint64_t max_pattern_bytes;          // compiled size of one regular expression
  uint64_t max_patterns;               // different ones in the schema's text
  uint64_t max_pattern_text;           // their bytes, 16 times those of patterns with \p, \P or flags
  uint32_t max_in_place_chain;         // subschemas that apply to one value by way of each other
  uint32_t max_subschemas;
} palyra_rust_schema_limits_t;

typedef struct {
  palyra_rust_json_limits_t json;       // of the document
  uint64_t max_evaluations;             // values times worst-case evaluations, summed over depths; an evaluation weighs
                                        // 2 and more by its keywords, a unit is about 2.5 ns
  uint64_t max_scanned;                 // bytes of memory read by keywords that read all that is below a value
  uint64_t max_evaluations_for_list;    // above it a document that does not conform gets no list of errors
  uint64_t max_list_memory;             // bytes that all errors may take, listed or not; likewise
  uint64_t max_pattern_string_bytes;    // one string that may meet a `pattern`
  uint64_t max_pattern_strings_bytes;   // the sum of such strings, each as often as it may be matched, four times when
                                        // the pattern compiles to more than a quarter of max_pattern_bytes
  uint64_t max_pattern_bytes_for_list;  // that sum times the subschemas and values around it; above it, no list either
  uint32_t max_errors;                  // in the list, > 0
} palyra_rust_validate_limits_t;

// PALYRA_RUST_REFUSED, reasons: those of palyra_rust_json_check and not_a_schema foreign_schema foreign_ref
// unresolved_ref inner_id reference_loop chain_too_long too_many_subschemas too_costly too_complex invalid_schema
// (also look-around and back-references in a pattern, and patterns over the limit).
// On PALYRA_RUST_OK `*out` is a schema for palyra_rust_schema_delete, otherwise null.
int32_t palyra_rust_schema_compile(const uint8_t* json, size_t size, const palyra_rust_schema_limits_t* limits,
                                   palyra_rust_schema_t** out, palyra_rust_bytes_t* report);
void palyra_rust_schema_delete(palyra_rust_schema_t* schema);

// PALYRA_RUST_REFUSED: the document is not strict JSON, reasons as palyra_rust_json_check.
// PALYRA_RUST_TOO_COSTLY: reason too_costly. PALYRA_RUST_INVALID: [{"path", "keyword", "message"}], path a JSON pointer
// into the document; messages never quote values of the document. An empty list: too large to say where.
int32_t palyra_rust_schema_validate(const palyra_rust_schema_t* schema, const uint8_t* json, size_t size,
                                    const palyra_rust_validate_limits_t* limits, palyra_rust_bytes_t* report);

// ---- Module facts (docs/formats/skill-artifact.md, "Module admission")

// Caps on counts that a module declares, judged before the validator allocates in proportion to them.
typedef struct {
  uint32_t functions;  // imported plus defined
  uint32_t locals_per_function;
  uint32_t imports;
  uint32_t exports;
  uint32_t data_segments;
  uint32_t element_segments;
  uint32_t tables;        // imported plus defined
  uint64_t custom_bytes;  // all custom sections together
} palyra_rust_module_caps_t;

// Validates a core module under the features above, by the engine's own parser, and describes it without compiling.
// PALYRA_RUST_OK: `out` is an object with
//   "imports": [{"module", "name", "kind", "type"}], "exports": [{"name", "kind", "index", "type"}]
//     kind is "func", "table", "memory" or "global"; type is for functions a text such as "(i32 i64)->(i32)", for
//     globals "mut i32" or "i32", for imported tables and memories an object as below, for exported ones ""
//   "memories": [{"min", "max", "shared", "memory64"}] in pages, "tables": [{"min", "max", "element", "table64"}],
//     imported ones first, max is null or a number, "start": function index or null
//   counts: "types", "functions_imported", "functions_defined", "globals", "locals_max", "body_max", "code_bytes",
//     "data_segments", "data_passive", "data_bytes", "element_segments", "element_passive", "custom_sections",
//     "custom_bytes"
// PALYRA_RUST_REFUSED: `out` is {"reason", "text"}, reasons: not_wasm component over_cap invalid feature_disabled, the
// last with "feature": the name of a switched-off feature that the module uses, such as "simd".
int32_t palyra_rust_module_describe(const uint8_t* module, size_t size, const palyra_rust_module_caps_t* caps,
                                    palyra_rust_bytes_t* out);

#ifdef __cplusplus
}
// The archive asserts the same numbers.
static_assert(sizeof(palyra_rust_engine_settings_t) == 16 && sizeof(palyra_rust_limiter_t) == 72);
static_assert(sizeof(palyra_rust_json_limits_t) == 40 && sizeof(palyra_rust_schema_limits_t) == 80);
static_assert(sizeof(palyra_rust_validate_limits_t) == 104 && sizeof(palyra_rust_module_caps_t) == 40);
#endif
