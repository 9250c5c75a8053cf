// SPDX-License-Identifier: Apache-2.0
//! The C face of strict JSON, JSON Schema and module facts, and what all C functions share.
use std::mem::size_of;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use crate::module_facts::{self, Caps};
use crate::refused::Refused;
use crate::schema::{self, Schema, SchemaLimits, ValidateLimits, Verdict};
use crate::strict_json::{self, Limits};

pub const OK: i32 = 0;
const REFUSED: i32 = 1;
const INVALID: i32 = 2;
const TOO_COSTLY: i32 = 3;
const PANIC: i32 = 4;

// The header asserts the same numbers.
const _: () = assert!(size_of::<Limits>() == 40 && size_of::<SchemaLimits>() == 80);
const _: () = assert!(size_of::<ValidateLimits>() == 104 && size_of::<Caps>() == 40);

/// Runs `f`; a panic becomes a status.
pub fn status(f: impl FnOnce() -> i32) -> i32 {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or(PANIC)
}

/// Bytes that Rust allocated; they come back through `palyra_rust_bytes_free`.
#[repr(C)]
pub struct OwnedBytes {
    data: *mut u8,
    size: usize,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn palyra_rust_bytes_free(bytes: *mut OwnedBytes) {
    let bytes = unsafe { &mut *bytes };
    if !bytes.data.is_null() {
        drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(bytes.data, bytes.size)) });
    }
    bytes.data = ptr::null_mut();
    bytes.size = 0;
}

pub unsafe fn slice<'a>(data: *const u8, size: usize) -> &'a [u8] {
    if size == 0 {
        &[]
    } else {
        unsafe { std::slice::from_raw_parts(data, size) }
    }
}

/// Runs `f` and hands its report to the caller; a panic is a report too.
unsafe fn reporting(report: *mut OwnedBytes, f: impl FnOnce() -> (i32, Option<String>)) -> i32 {
    let (code, text) = catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|_| {
        let text = r#"{"reason":"internal","text":"the Rust archive panicked"}"#;
        (PANIC, Some(text.to_owned()))
    });
    if let Some(text) = text
        && !report.is_null()
    {
        let bytes = text.into_bytes().into_boxed_slice();
        let size = bytes.len();
        let data = Box::into_raw(bytes).cast();
        unsafe { *report = OwnedBytes { data, size } };
    }
    code
}

fn refusal(e: &Refused) -> Option<String> {
    Some(serde_json::json!({"reason": e.reason, "text": e.text}).to_string())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn palyra_rust_json_check(
    json: *const u8,
    size: usize,
    limits: &Limits,
    report: *mut OwnedBytes,
) -> i32 {
    let bytes = unsafe { slice(json, size) };
    unsafe {
        reporting(report, || match strict_json::parse(bytes, *limits) {
            Ok(_) => (OK, None),
            Err(e) => (REFUSED, refusal(&e)),
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn palyra_rust_schema_compile(
    json: *const u8,
    size: usize,
    limits: &SchemaLimits,
    out: &mut *mut Schema,
    report: *mut OwnedBytes,
) -> i32 {
    let bytes = unsafe { slice(json, size) };
    *out = ptr::null_mut();
    unsafe {
        reporting(report, || match schema::compile(bytes, limits) {
            Ok(schema) => {
                *out = Box::into_raw(Box::new(schema));
                (OK, None)
            }
            Err(e) => (REFUSED, refusal(&e)),
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn palyra_rust_schema_delete(schema: *mut Schema) {
    if !schema.is_null() {
        let schema = unsafe { Box::from_raw(schema) };
        status(|| {
            drop(schema);
            OK
        });
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn palyra_rust_schema_validate(
    schema: &Schema,
    json: *const u8,
    size: usize,
    limits: &ValidateLimits,
    report: *mut OwnedBytes,
) -> i32 {
    let bytes = unsafe { slice(json, size) };
    unsafe {
        reporting(report, || match schema.validate(bytes, limits) {
            Verdict::Conforms => (OK, None),
            Verdict::DoesNotConform(list) => (INVALID, Some(list.to_string())),
            Verdict::BadJson(e) => (REFUSED, refusal(&e)),
            Verdict::TooCostly(e) => (TOO_COSTLY, refusal(&e)),
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn palyra_rust_module_describe(
    module: *const u8,
    size: usize,
    caps: &Caps,
    out: *mut OwnedBytes,
) -> i32 {
    let bytes = unsafe { slice(module, size) };
    unsafe {
        reporting(out, || match module_facts::describe(bytes, caps) {
            Ok(facts) => (OK, Some(facts.to_json().to_string())),
            Err(e) => (REFUSED, Some(module_facts::refusal(bytes, &e))),
        })
    }
}
