// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ownership of the engine's C objects, and their messages.

#include <palyra/base/c_handle.h>
#include <palyra/base/utf8.h>

#include <palyra_rust.h>
#include <wasmtime.h>

#include <string>
#include <string_view>

namespace palyra::runtime {

using WasmEngine = CHandle<wasm_engine_t, &wasm_engine_delete>;
using WasmModule = CHandle<wasmtime_module_t, &wasmtime_module_delete>;
using WasmLinker = CHandle<wasmtime_linker_t, &wasmtime_linker_delete>;
using WasmInstancePre = CHandle<wasmtime_instance_pre_t, &wasmtime_instance_pre_delete>;
using WasmStore = CHandle<wasmtime_store_t, &wasmtime_store_delete>;
using WasmError = CHandle<wasmtime_error_t, &wasmtime_error_delete>;
using WasmTrap = CHandle<wasm_trap_t, &wasm_trap_delete>;
using WasmFunctionType = CHandle<wasm_functype_t, &wasm_functype_delete>;

inline std::string_view as_view(const wasm_byte_vec_t& bytes) { return {bytes.data, bytes.size}; }

inline constexpr std::size_t kMaxMessageBytes = 1024;

// On one line, and printable: messages quote names of the module and span lines.
std::string message_of(const wasmtime_error_t& error);

}  // namespace palyra::runtime
