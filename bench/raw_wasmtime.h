// SPDX-License-Identifier: Apache-2.0
#pragma once
// The measure that others are ratios to: a call made with Wasmtime's own C API, with the engine's settings, pool, fuel,
// epoch and limiter of ours, and nothing else. Its host functions copy bytes as those of the same name do, and look at
// nothing but the guest's memory. Nobody moves its epoch.

#include <palyra/base/bytes.h>

#include <wasmtime.h>

#include <cstddef>
#include <map>
#include <string_view>

namespace palyra::bench {

// What guests are interrupted by.
struct Interruption {
  bool fuel = true;
  bool epoch = true;
};

// Any thread may call; one prepares. What that gives lives as long as the process.
class RawWasmtime {
 public:
  explicit RawWasmtime(Interruption interruption = {});
  RawWasmtime(const RawWasmtime&) = delete;
  RawWasmtime& operator=(const RawWasmtime&) = delete;
  ~RawWasmtime();

  // Compiled and linked: to be instantiated at each call. The same text, which outlives this, gives the same module.
  wasmtime_instance_pre_t* prepare(std::string_view wat);
  // Makes a store, calls "run" and drops the store. `input` is what `input-read` reads; gives what was written.
  Bytes call(const wasmtime_instance_pre_t* prepared, BytesView input) const;

 private:
  void define(std::string_view name, std::size_t parameters, wasmtime_func_unchecked_callback_t body);

  const Interruption interruption_;
  wasm_engine_t* engine_ = nullptr;
  wasmtime_linker_t* linker_ = nullptr;
  std::map<std::string_view, wasmtime_instance_pre_t*> prepared_;
};

}  // namespace palyra::bench
