// SPDX-License-Identifier: Apache-2.0
#include "raw_wasmtime.h"

#include <palyra/base/check.h>
#include <palyra/runtime/runtime.h>

#include <palyra_rust.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace palyra::bench {
namespace {

constexpr std::string_view kModule = "palyra:skill/call@1.0.0";
constexpr std::string_view kMemory = "memory";
constexpr std::string_view kEntry = "run";

// What host functions find; of one call.
struct Call {
  BytesView input;
  Bytes output{};
  std::optional<wasmtime_memory_t> memory{};
};

Call& call_of(wasmtime_caller_t* caller) {
  return *static_cast<Call*>(wasmtime_context_get_data(wasmtime_caller_context(caller)));
}

std::span<std::uint8_t> memory_of(wasmtime_caller_t* caller, Call& call) {
  if (!call.memory) {
    wasmtime_extern_t item;
    PALYRA_CHECK(wasmtime_caller_export_get(caller, kMemory.data(), kMemory.size(), &item));
    call.memory = item.of.memory;
  }
  wasmtime_context_t* const context = wasmtime_caller_context(caller);
  return {wasmtime_memory_data(context, &*call.memory), wasmtime_memory_data_size(context, &*call.memory)};
}

std::size_t number(const wasmtime_val_raw_t& value) { return static_cast<std::uint32_t>(value.i32); }

wasm_trap_t* input_length(void* /*env*/, wasmtime_caller_t* caller, wasmtime_val_raw_t* values, std::size_t /*count*/) {
  values[0].i32 = static_cast<std::int32_t>(call_of(caller).input.size());
  return nullptr;
}

wasm_trap_t* input_read(void* /*env*/, wasmtime_caller_t* caller, wasmtime_val_raw_t* values, std::size_t /*count*/) {
  Call& call = call_of(caller);
  const std::span<std::uint8_t> memory = memory_of(caller, call);
  const std::size_t to = number(values[0]);
  const BytesView from = call.input.subspan(std::min(number(values[2]), call.input.size()));
  const std::size_t bytes = std::min(number(values[1]), from.size());
  PALYRA_CHECK(to <= memory.size() && bytes <= memory.size() - to);
  std::copy_n(from.begin(), bytes, memory.subspan(to).begin());
  values[0].i32 = static_cast<std::int32_t>(bytes);
  return nullptr;
}

wasm_trap_t* output_write(void* /*env*/, wasmtime_caller_t* caller, wasmtime_val_raw_t* values, std::size_t /*count*/) {
  Call& call = call_of(caller);
  const std::span<std::uint8_t> memory = memory_of(caller, call);
  const std::size_t from = number(values[0]);
  const std::size_t bytes = number(values[1]);
  PALYRA_CHECK(from <= memory.size() && bytes <= memory.size() - from);
  const auto written = memory.subspan(from, bytes);
  call.output.insert(call.output.end(), written.begin(), written.end());
  values[0].i32 = 0;
  return nullptr;
}

wasm_functype_t* type_of(std::size_t parameters) {
  std::vector<wasm_valtype_t*> types;
  for (std::size_t i = 0; i < parameters; ++i) types.push_back(wasm_valtype_new(WASM_I32));
  wasm_valtype_vec_t taken;
  wasm_valtype_vec_new(&taken, types.size(), types.data());
  wasm_valtype_t* result = wasm_valtype_new(WASM_I32);
  wasm_valtype_vec_t given;
  wasm_valtype_vec_new(&given, 1, &result);
  return wasm_functype_new(&taken, &given);
}

// As src/runtime/engine.cc makes it, with the pool that it makes for runtime::PoolOptions().
wasm_engine_t* make_engine(Interruption interruption) {
  wasm_config_t* config = wasm_config_new();
  const palyra_rust_engine_settings_t settings{.max_wasm_stack_bytes = runtime::kMaxStackBytes,
                                               .max_backtrace_frames = runtime::kMaxFrames,
                                               .parallel_compilation = false};
  PALYRA_CHECK(palyra_rust_config_apply(config, &settings) == PALYRA_RUST_OK);
  wasmtime_config_consume_fuel_set(config, interruption.fuel);
  wasmtime_config_epoch_interruption_set(config, interruption.epoch);
  const runtime::PoolOptions options;
  const bool keeps = runtime::kept_pages(runtime::swap_facts()) == runtime::KeptPages::kFew;
  const palyra_rust_pool_settings_t pool{.instances = options.slots,
                                         .max_tables = runtime::kMaxTables,
                                         .max_memory_bytes = options.max_memory_bytes,
                                         .max_table_elements = options.max_table_elements,
                                         .keep_resident_bytes = keeps ? runtime::kKeptBytes : 0};
  PALYRA_CHECK(palyra_rust_config_pool(config, &pool) == PALYRA_RUST_OK);
  wasm_engine_t* engine = nullptr;
  PALYRA_CHECK(palyra_rust_engine_new(config, &engine) == nullptr);
  return engine;
}

palyra_rust_limiter_t make_limiter() {
  const runtime::RunLimits limits;
  palyra_rust_limiter_t limiter{};
  limiter.memory_limit_bytes = limits.max_memory_bytes;
  limiter.table_limit_elements = limits.max_table_elements;
  limiter.max_instances = limits.max_instances;
  limiter.max_memories = runtime::kMaxMemories;
  limiter.max_tables = runtime::kMaxTables;
  return limiter;
}

}  // namespace

RawWasmtime::RawWasmtime(Interruption interruption)
    : interruption_(interruption), engine_(make_engine(interruption)), linker_(wasmtime_linker_new(engine_)) {
  define("input-length", 0, input_length);
  define("input-read", 3, input_read);
  define("output-write", 2, output_write);
}

RawWasmtime::~RawWasmtime() {
  wasmtime_linker_delete(linker_);
  wasm_engine_delete(engine_);
}

void RawWasmtime::define(std::string_view name, std::size_t parameters, wasmtime_func_unchecked_callback_t body) {
  wasm_functype_t* const type = type_of(parameters);
  PALYRA_CHECK(wasmtime_linker_define_func_unchecked(linker_, kModule.data(), kModule.size(), name.data(), name.size(),
                                                     type, body, nullptr, nullptr) == nullptr);
  wasm_functype_delete(type);
}

wasmtime_instance_pre_t* RawWasmtime::prepare(std::string_view wat) {
  wasmtime_instance_pre_t*& prepared = prepared_[wat];
  if (prepared != nullptr) return prepared;
  const auto wasm = runtime::parse_wat(wat);
  PALYRA_CHECK(wasm.has_value());
  wasmtime_module_t* module = nullptr;
  PALYRA_CHECK(wasmtime_module_new(engine_, wasm->data(), wasm->size(), &module) == nullptr);
  PALYRA_CHECK(wasmtime_linker_instantiate_pre(linker_, module, &prepared) == nullptr);
  wasmtime_module_delete(module);
  return prepared;
}

Bytes RawWasmtime::call(const wasmtime_instance_pre_t* prepared, BytesView input) const {
  constexpr std::uint64_t kFarTick = 1'000'000;
  palyra_rust_limiter_t limiter = make_limiter();
  Call call{.input = input};
  wasmtime_store_t* store = wasmtime_store_new(engine_, &call, nullptr);
  wasmtime_context_t* context = wasmtime_store_context(store);
  PALYRA_CHECK(palyra_rust_store_limiter(store, &limiter) == PALYRA_RUST_OK);
  if (interruption_.fuel) PALYRA_CHECK(wasmtime_context_set_fuel(context, runtime::RunLimits().fuel_budget) == nullptr);
  if (interruption_.epoch) wasmtime_context_set_epoch_deadline(context, kFarTick);
  wasmtime_instance_t instance;
  wasm_trap_t* trap = nullptr;
  PALYRA_CHECK(wasmtime_instance_pre_instantiate(prepared, context, &instance, &trap) == nullptr && trap == nullptr);
  wasmtime_extern_t item;
  PALYRA_CHECK(wasmtime_instance_export_get(context, &instance, kEntry.data(), kEntry.size(), &item));
  wasmtime_val_raw_t result{};
  PALYRA_CHECK(wasmtime_func_call_unchecked(context, &item.of.func, &result, 1, &trap) == nullptr && trap == nullptr);
  PALYRA_CHECK(result.i32 == 0);
  wasmtime_store_delete(store);
  return std::move(call.output);
}

}  // namespace palyra::bench
