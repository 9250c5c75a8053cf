// SPDX-License-Identifier: Apache-2.0
//! One record of a store's limits, of what it was granted and of the first refusal. The engine's
//! own limiter bounds each memory, not their sum, and forgets that it refused.
use std::mem::size_of;

use wasmtime_c_api::wasmtime::{Error, ResourceLimiter, Result, Store, Trap};
use wasmtime_c_api::{WasmtimeStoreData, wasmtime_store_t};

use crate::c_api::{OK, status};

const MEMORY: i32 = 1;
const TABLE: i32 = 2;

#[repr(C)]
pub struct Limiter {
    memory_limit_bytes: u64,
    table_limit_elements: u64,
    max_instances: u32,
    max_memories: u32,
    max_tables: u32,
    trap_on_refusal: bool,
    memory_bytes: u64,
    table_elements: u64,
    refused: i32,
    refused_asked: u64,
    refused_limit: u64,
}
const _: () = assert!(size_of::<Limiter>() == 72);
const _: () = assert!(size_of::<wasmtime_store_t>() == size_of::<Store<WasmtimeStoreData>>());

impl Limiter {
    fn refuse(&mut self, what: i32, asked: u64, limit: u64) -> Result<bool> {
        if self.refused == 0 {
            self.refused = what;
            self.refused_asked = asked;
            self.refused_limit = limit;
        }
        if self.trap_on_refusal {
            return Err(Trap::AllocationTooLarge.into());
        }
        Ok(false)
    }
}

/// Whether the rules of Wasm let it grow so far, whatever our limits: such a growth is not granted,
/// or it would count although it fails.
fn possible(desired: usize, maximum: Option<usize>) -> bool {
    maximum.is_none_or(|maximum| desired <= maximum)
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let asked = self.memory_bytes.saturating_add((desired - current) as u64);
        if asked > self.memory_limit_bytes {
            return self.refuse(MEMORY, asked, self.memory_limit_bytes);
        }
        if possible(desired, maximum) {
            self.memory_bytes = asked;
            return Ok(true);
        }
        Ok(false)
    }

    /// Comes without `memory_growing` when no memory could be so large, and after it when the
    /// system failed. What was granted stays counted: the two cannot be told apart here.
    fn memory_grow_failed(&mut self, _: Error) -> Result<()> {
        self.refuse(MEMORY, u64::MAX, self.memory_limit_bytes)
            .map(drop)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let asked = self
            .table_elements
            .saturating_add((desired - current) as u64);
        if asked > self.table_limit_elements {
            return self.refuse(TABLE, asked, self.table_limit_elements);
        }
        if possible(desired, maximum) {
            self.table_elements = asked;
            return Ok(true);
        }
        Ok(false)
    }

    fn table_grow_failed(&mut self, _: Error) -> Result<()> {
        self.refuse(TABLE, u64::MAX, self.table_limit_elements)
            .map(drop)
    }

    fn instances(&self) -> usize {
        self.max_instances as usize
    }

    fn memories(&self) -> usize {
        self.max_memories as usize
    }

    fn tables(&self) -> usize {
        self.max_tables as usize
    }
}

struct Shared(*mut Limiter);
// SAFETY: the record belongs to the thread that runs the store (header).
unsafe impl Send for Shared {}
unsafe impl Sync for Shared {}

impl Shared {
    fn get(&self) -> *mut Limiter {
        self.0
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn palyra_rust_store_limiter(
    store: *mut wasmtime_store_t,
    limiter: *mut Limiter,
) -> i32 {
    let store = unsafe { &mut *store.cast::<Store<WasmtimeStoreData>>() };
    let shared = Shared(limiter);
    status(|| {
        store.limiter(move |_| unsafe { &mut *shared.get() });
        OK
    })
}
