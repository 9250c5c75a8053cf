// SPDX-License-Identifier: Apache-2.0
//! What the Wasmtime C API lacks: every switch set explicitly, a fallible engine constructor, the
//! compatibility hash and the trap code of any error.
use std::ffi::c_char;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::{align_of, size_of};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmparser::WasmFeatures;
use wasmtime_c_api::wasmtime::{
    Config, Enabled, Engine, Error, Inlining, OptLevel, PoolingAllocationConfig, ProfilingStrategy,
    Strategy, Trap, WasmBacktraceDetails,
};
use wasmtime_c_api::{
    wasm_byte_vec_t, wasm_config_t, wasm_engine_t, wasm_trap_t, wasmtime_error_t,
};

use crate::c_api::{OK, slice, status};
use crate::features::FEATURES;

// The C API's handles are `repr(C)` with exactly this one field, which is private to it. The exact
// pin of the crate and these assertions guard the casts below.
macro_rules! same_layout {
    ($($a:ty => $b:ty),* $(,)?) => { const _: () = { $(
        assert!(size_of::<$a>() == size_of::<$b>());
        assert!(align_of::<$a>() == align_of::<$b>());
    )* }; };
}
same_layout! {
    wasm_config_t => Config,
    wasm_engine_t => Engine,
    wasmtime_error_t => Error,
    wasm_trap_t => Error,
}

#[unsafe(no_mangle)]
pub extern "C" fn palyra_rust_engine_version() -> *const c_char {
    concat!(env!("PALYRA_ENGINE_VERSION"), "\0").as_ptr().cast()
}

#[repr(C)]
pub struct EngineSettings {
    max_wasm_stack_bytes: usize,
    max_backtrace_frames: u32,
    parallel_compilation: bool,
}
const _: () = assert!(size_of::<EngineSettings>() == 16);

fn apply(config: &mut Config, settings: &EngineSettings) {
    config
        // What a module may be.
        .wasm_features(WasmFeatures::all(), false)
        .wasm_features(FEATURES, true)
        .gc_support(false)
        .shared_memory(false)
        // What a run may cost, and that it is the same everywhere.
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(settings.max_wasm_stack_bytes)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        // How accesses outside a memory are caught.
        .signals_based_traps(true)
        .guard_before_linear_memory(true)
        // How code is made.
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_debug_verifier(false)
        .compiler_inlining(Inlining::No)
        .parallel_compilation(settings.parallel_compilation)
        .memory_init_cow(true)
        .table_lazy_init(true)
        // What is kept for people who look at traps and processes. The address map serves the
        // function offsets of a backtrace.
        .wasm_backtrace_max_frames(NonZeroUsize::new(settings.max_backtrace_frames as usize))
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .generate_address_map(true)
        .native_unwind_info(false)
        .debug_info(false)
        .debug_symbols(false)
        .profiler(ProfilingStrategy::None);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn palyra_rust_config_apply(
    config: *mut wasm_config_t,
    settings: &EngineSettings,
) -> i32 {
    let config = unsafe { &mut *config.cast::<Config>() };
    status(|| {
        apply(config, settings);
        OK
    })
}

#[repr(C)]
pub struct PoolSettings {
    instances: u32,
    max_tables: u32,
    max_memory_bytes: usize,
    max_table_elements: usize,
    keep_resident_bytes: usize,
}
const _: () = assert!(size_of::<PoolSettings>() == 32);

fn pool(settings: &PoolSettings) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(settings.instances)
        .total_memories(settings.instances)
        .total_tables(settings.instances.saturating_mul(settings.max_tables))
        .total_component_instances(0)
        .total_stacks(0)
        .total_gc_heaps(0)
        .max_memories_per_module(1)
        .max_tables_per_module(settings.max_tables)
        .max_memory_size(settings.max_memory_bytes)
        .table_elements(settings.max_table_elements)
        .linear_memory_keep_resident(settings.keep_resident_bytes)
        .table_keep_resident(settings.keep_resident_bytes)
        .pagemap_scan(if settings.keep_resident_bytes == 0 {
            Enabled::No
        } else {
            Enabled::Yes
        });
    pool
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn palyra_rust_config_pool(
    config: *mut wasm_config_t,
    settings: &PoolSettings,
) -> i32 {
    let config = unsafe { &mut *config.cast::<Config>() };
    status(|| {
        config.allocation_strategy(pool(settings));
        OK
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn palyra_rust_pagemap_scan_available() -> bool {
    PoolingAllocationConfig::is_pagemap_scan_available()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn palyra_rust_engine_new(
    config: *mut wasm_config_t,
    out: *mut *mut wasm_engine_t,
) -> *mut wasmtime_error_t {
    let config = unsafe { Box::from_raw(config.cast::<Config>()) };
    let made = catch_unwind(AssertUnwindSafe(|| Engine::new(&config)))
        .unwrap_or_else(|_| Err(Error::msg("making the engine panicked")));
    match made {
        Ok(engine) => {
            unsafe { *out = Box::into_raw(Box::new(engine)).cast() };
            std::ptr::null_mut()
        }
        Err(error) => Box::into_raw(Box::new(wasmtime_error_t::from(error))),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn palyra_rust_engine_precompile(
    engine: *const wasm_engine_t,
    wasm: *const u8,
    size: usize,
    out: &mut wasm_byte_vec_t,
) -> *mut wasmtime_error_t {
    let engine = unsafe { &*engine.cast::<Engine>() };
    let wasm = unsafe { slice(wasm, size) };
    let made = catch_unwind(AssertUnwindSafe(|| engine.precompile_module(wasm)))
        .unwrap_or_else(|_| Err(Error::msg("the compiler panicked")));
    match made {
        Ok(code) => {
            out.set_buffer(code);
            std::ptr::null_mut()
        }
        Err(error) => Box::into_raw(Box::new(wasmtime_error_t::from(error))),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn palyra_rust_engine_compatibility_hash(
    engine: *const wasm_engine_t,
) -> u64 {
    let engine = unsafe { &*engine.cast::<Engine>() };
    catch_unwind(AssertUnwindSafe(|| {
        let mut hasher = DefaultHasher::new(); // fixed keys: stable for one standard library
        engine.precompile_compatibility_hash().hash(&mut hasher);
        hasher.finish()
    }))
    .unwrap_or(0)
}

const NOT_A_TRAP: i32 = -1;
const COUNT_LIMIT: i32 = -2;

fn trap_code(error: &Error) -> i32 {
    catch_unwind(AssertUnwindSafe(|| match error.downcast_ref::<Trap>() {
        Some(trap) => i32::from(*trap as u8),
        // The engine's error for this has no type of its own.
        None if error
            .root_cause()
            .to_string()
            .starts_with("resource limit exceeded: ") =>
        {
            COUNT_LIMIT
        }
        None => NOT_A_TRAP,
    }))
    .unwrap_or(NOT_A_TRAP)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn palyra_rust_error_trap_code(error: *const wasmtime_error_t) -> i32 {
    trap_code(unsafe { &*error.cast() })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn palyra_rust_trap_trap_code(trap: *const wasm_trap_t) -> i32 {
    trap_code(unsafe { &*trap.cast() })
}
