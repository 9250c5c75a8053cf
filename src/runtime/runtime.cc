// SPDX-License-Identifier: Apache-2.0
#include "call_context.h"
#include "engine.h"
#include "engine_handles.h"
#include "guest_failure.h"
#include "linked_module.h"

#include <palyra/base/check.h>
#include <palyra/runtime/runtime.h>

#include <array>
#include <charconv>
#include <optional>

namespace palyra::runtime {
namespace {

using EngineVersion = std::array<std::uint32_t, 3>;

std::optional<EngineVersion> parse_version(std::string_view text) {
  EngineVersion version{};
  for (std::size_t i = 0; i < version.size(); ++i) {
    const auto [next, status] = std::from_chars(text.data(), text.data() + text.size(), version[i]);
    if (status != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(next - text.data()));
    const bool last = i + 1 == version.size();
    if (last != text.empty() || (!last && text.front() != '.')) return std::nullopt;
    if (!last) text.remove_prefix(1);
  }
  return version;
}

// The export `name`, which link() has seen to be a function without parameters, with at most one result.
GuestFailure call_export(wasmtime_context_t* store, const wasmtime_instance_t& instance, std::string_view name,
                         wasmtime_val_raw_t& result) {
  wasmtime_extern_t item;
  PALYRA_CHECK(wasmtime_instance_export_get(store, &instance, name.data(), name.size(), &item));
  PALYRA_CHECK(item.kind == WASMTIME_EXTERN_FUNC);
  wasm_trap_t* trap = nullptr;
  WasmError error(wasmtime_func_call_unchecked(store, &item.of.func, &result, 1, &trap));
  return {.error = std::move(error), .trap = WasmTrap(trap)};
}

Result<Outcome> run_guest(wasmtime_context_t* store, const Invocation& invocation, CallContext& context) {
  wasmtime_instance_t instance;
  wasm_trap_t* trap = nullptr;
  WasmError error(wasmtime_instance_pre_instantiate(&invocation.module.pre(), store, &instance, &trap));
  if (const GuestFailure failure{.error = std::move(error), .trap = WasmTrap(trap)})
    return outcome_of(failure, context);

  wasmtime_val_raw_t result{};
  if (invocation.kind == EntryKind::kCore && invocation.module.has_initialize()) {
    if (const GuestFailure failure = call_export(store, instance, "_initialize", result)) {
      return outcome_of(failure, context);
    }
  }
  if (const GuestFailure failure = call_export(store, instance, invocation.entry, result)) {
    return outcome_of(failure, context);
  }
  return Returned{invocation.kind == EntryKind::kCore ? result.i32 : 0};
}

capability::RunRecord record_of(const wasmtime_context_t* store, const Invocation& invocation,
                                const CallContext& context) {
  capability::RunRecord record;
  std::uint64_t fuel_left = 0;
  PALYRA_CHECK(wasmtime_context_get_fuel(store, &fuel_left) == nullptr);
  record.fuel_used = context.limits.fuel_budget - fuel_left;
  record.peak_memory_bytes = context.limiter.memory_bytes;
  for (const BoundFunction& bound : invocation.module.bound()) {
    const std::uint64_t calls = context.calls[bound.index];
    if (calls == 0) continue;
    const capability::AbiFunction& row = *bound.function.abi;
    record.host_calls.push_back({.module = std::string(row.module), .name = std::string(row.name), .calls = calls});
  }
  return record;
}

Result<Run> run_in_store(const Invocation& invocation, CallContext& context, SteadyTime begun) {
  const WasmStore store(wasmtime_store_new(&invocation.module.engine().get(), &context, nullptr));
  PALYRA_TRY(context.arm(*store));
  wasmtime_context_t* const inner = wasmtime_store_context(store.get());
  auto guest_ended = run_guest(inner, invocation, context);
  note_memory_changes_hands();
  Outcome outcome = PALYRA_TRY(std::move(guest_ended));

  const SteadyTime ended = std::chrono::steady_clock::now();
  const bool finished = std::holds_alternative<Returned>(outcome) || std::holds_alternative<Exited>(outcome);
  if (finished && ended >= context.deadline.at()) outcome = TimedOut{};
  capability::RunRecord record = record_of(inner, invocation, context);
  record.duration = ended - begun;
  return Run{.outcome = std::move(outcome), .record = std::move(record)};
}

}  // namespace

EngineFacts engine_facts() {
  return {.version = palyra_rust_engine_version(), .features = palyra_rust_wasm_features()};
}

Result<> check_engine_version(std::string_view version) {
  const auto floor = parse_version(kEngineFloor);
  const auto have = parse_version(version);
  PALYRA_CHECK(floor.has_value());
  if (!have || (*have)[0] != (*floor)[0] || *have < *floor) {
    return fail(kEngineTooOld, "the WebAssembly engine is Wasmtime {}; {}.x from {} on is needed", version, (*floor)[0],
                kEngineFloor);
  }
  return {};
}

WasmRuntime::WasmRuntime(std::unique_ptr<Engine> engine, std::unique_ptr<Engine> pooled, PoolFacts facts)
    : engine_(std::move(engine)), pooled_(std::move(pooled)), pool_facts_(std::move(facts)) {}
WasmRuntime::~WasmRuntime() = default;

Result<std::unique_ptr<WasmRuntime>> WasmRuntime::create(const std::optional<PoolOptions>& pool) {
  PALYRA_TRY(check_engine_version(palyra_rust_engine_version()));
  std::unique_ptr<Engine> engine = PALYRA_TRY(Engine::create());
  std::unique_ptr<Engine> pooled;
  PoolFacts facts;
  if (pool) {
    std::unique_ptr<SwapWatch> watch = SwapWatch::begin();
    facts.kept = watch ? KeptPages::kFew : KeptPages::kNone;
    auto made = Engine::create_pooled(*pool, std::move(watch));
    facts.pooled = made.has_value();
    if (made) {
      pooled = *std::move(made);
    } else {
      facts.why_not = made.error().message();
    }
  }
  return std::unique_ptr<WasmRuntime>(new WasmRuntime(std::move(engine), std::move(pooled), std::move(facts)));
}

PoolFacts WasmRuntime::pool_facts() const {
  if (!pooled_ || !pooled_->is_retired()) return pool_facts_;
  return {.pooled = false, .kept = KeptPages::kNone, .why_not = "this machine may swap since the pool was made"};
}

std::uint64_t WasmRuntime::compatibility() const { return palyra_rust_engine_compatibility_hash(&engine_->get()); }

Result<Bytes> WasmRuntime::precompile(BytesView wasm, CompileInThisProcess /*token*/) const {
  wasm_byte_vec_t code{};
  if (const WasmError error(palyra_rust_engine_precompile(&engine_->get(), wasm.data(), wasm.size(), &code)); error) {
    return fail(kInvalidModule, "not a module that can be compiled: {}", message_of(*error));
  }
  const BytesView view = as_bytes(as_view(code));
  Bytes bytes(view.begin(), view.end());
  wasm_byte_vec_delete(&code);
  return bytes;
}

template <class Make>
Result<std::shared_ptr<const CompiledModule>> WasmRuntime::make_module(Make make) const {
  const auto made_in = [&](const Engine& engine) -> Result<std::shared_ptr<const CompiledModule>> {
    wasmtime_module_t* module = nullptr;
    if (const WasmError error(make(&engine.get(), &module)); error) {
      return fail(kEngineFailed, "{}", message_of(*error));
    }
    return std::make_shared<const CompiledModule>(WasmModule(module), engine);
  };
  if (pooled_ && !pooled_->is_retired()) {
    if (auto made = made_in(*pooled_)) return made;
  }
  return made_in(*engine_);
}

Result<std::shared_ptr<const CompiledModule>> WasmRuntime::load(const SealedFile& code) const {
  const std::string path = code.path();
  auto loaded = make_module([&](wasm_engine_t* engine, wasmtime_module_t** module) {
    return wasmtime_module_deserialize_file(engine, path.c_str(), module);
  });
  if (loaded) return loaded;
  return fail(kEngineFailed, "the engine does not take its own code: {}", loaded.error().message());
}

Result<std::shared_ptr<const LinkedModule>> WasmRuntime::link(std::shared_ptr<const CompiledModule> module,
                                                              std::span<const HostFunction> functions) const {
  return LinkedModule::create(std::move(module), functions);
}

Result<Run> WasmRuntime::invoke(const Invocation& invocation) const {
  PALYRA_TRY(invocation.module.check_entry(invocation.entry, invocation.kind));
  const Engine& engine = invocation.module.engine();
  if (engine.is_retired()) return invoke_elsewhere(invocation);
  {
    const EpochTicker::Running running(engine.ticker());
    const SteadyTime begun = std::chrono::steady_clock::now();
    CallContext context(invocation, engine.ticker());
    const Slot slot(engine.slots(), context.deadline, context.cancel);
    if (context.cancelled()) return Run{.outcome = Cancelled{}, .record = {}};
    if (!slot.is_taken()) return Run{.outcome = TimedOut{}, .record = {}};
    // Once more, as late as can be: what the slot's last call wrote may be there since swap came.
    if (!engine.is_retired()) return run_in_store(invocation, context, begun);
  }
  return invoke_elsewhere(invocation);
}

Result<Run> WasmRuntime::invoke_elsewhere(const Invocation& invocation) const {
  const LinkedModule* const copy = PALYRA_TRY(invocation.module.in(*engine_));
  return invoke({.module = *copy,
                 .entry = invocation.entry,
                 .kind = invocation.kind,
                 .limits = invocation.limits,
                 .host_state = invocation.host_state,
                 .started = invocation.started,
                 .cancel = invocation.cancel});
}

Result<std::shared_ptr<const CompiledModule>> InProcessCompiler::compile_until(const crypto::HashedView& wasm,
                                                                               const Until& /*until*/) const {
  auto made = runtime_.make_module([&](wasm_engine_t* engine, wasmtime_module_t** module) {
    return wasmtime_module_new(engine, wasm.bytes().data(), wasm.bytes().size(), module);
  });
  if (made) return made;
  // The static check has the better words for the same verdict.
  if (const auto described = describe_module(wasm.bytes(), DescribeInThisProcess{});
      !described && described.error().is(kFeatureDisabled)) {
    return std::unexpected(described.error());
  }
  return fail(kInvalidModule, "not a module that can be compiled: {}", made.error().message());
}

}  // namespace palyra::runtime
