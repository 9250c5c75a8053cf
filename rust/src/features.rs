// SPDX-License-Identifier: Apache-2.0
//! The WebAssembly features of a module, for the engine and for static validation alike.
use std::ffi::{CString, c_char};
use std::sync::LazyLock;

use wasmparser::WasmFeatures;

/// Everything else is off. FLOATS is a pseudo-feature. GC_TYPES is off because the engine's GC
/// support is: `reference-types` then means its encodings and funcref, no externref.
pub const FEATURES: WasmFeatures = WasmFeatures::FLOATS
    .union(WasmFeatures::MUTABLE_GLOBAL)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::EXTENDED_CONST);

/// The names in `set`, as the header spells them.
pub fn names(set: WasmFeatures) -> Vec<String> {
    set.difference(WasmFeatures::FLOATS)
        .iter_names()
        .map(|(name, _)| name.to_lowercase())
        .collect()
}

static NAMES: LazyLock<CString> =
    LazyLock::new(|| CString::new(names(FEATURES).join(" ")).unwrap_or_default());

#[unsafe(no_mangle)]
pub extern "C" fn palyra_rust_wasm_features() -> *const c_char {
    NAMES.as_ptr()
}
