// SPDX-License-Identifier: Apache-2.0
#pragma once
// The measure that others are ratios to: a call made with Wasmtime's own C API, with the engine's settings, fuel, epoch
// and limiter of ours, and nothing else. Its host functions copy bytes as those of the same name do, and look at
// nothing but the guest's memory.

#include <palyra/base/bytes.h>

#include <wasmtime.h>

#include <string_view>

namespace palyra::bench {

// For one thread; what `prepare` gives lives as long as the process.
class RawWasmtime {
 public:
  RawWasmtime();
  RawWasmtime(const RawWasmtime&) = delete;
  RawWasmtime& operator=(const RawWasmtime&) = delete;
  ~RawWasmtime();

  // Compiled and linked: to be instantiated at each call.
  wasmtime_instance_pre_t* prepare(std::string_view wat);
  // Makes a store, calls "run" and drops the store. `input` is what `input-read` reads; gives what was written.
  Bytes call(const wasmtime_instance_pre_t* prepared, BytesView input);

 private:
  // What host functions find; of the call that runs.
  struct Call {
    wasmtime_memory_t memory{};
    BytesView input;
    Bytes output;
  };
  static wasm_trap_t* input_length(void* env, wasmtime_caller_t*, wasmtime_val_raw_t* values, std::size_t);
  static wasm_trap_t* input_read(void* env, wasmtime_caller_t* caller, wasmtime_val_raw_t* values, std::size_t);
  static wasm_trap_t* output_write(void* env, wasmtime_caller_t* caller, wasmtime_val_raw_t* values, std::size_t);
  void define(std::string_view name, std::size_t parameters, wasmtime_func_unchecked_callback_t body);

  wasm_engine_t* engine_ = nullptr;
  wasmtime_linker_t* linker_ = nullptr;
  Call call_;
};

}  // namespace palyra::bench
