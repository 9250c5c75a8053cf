// SPDX-License-Identifier: Apache-2.0
#include "call_context.h"

#include <palyra/base/check.h>

#include <algorithm>

namespace palyra::runtime {
namespace {

// A run that can be cancelled looks up this often; others only at their deadline.
constexpr std::uint64_t kCancelTicks = 10;

// More than this is taken as this, so that no sum overflows.
constexpr std::chrono::milliseconds kLongestRun = std::chrono::hours(24);

}  // namespace

CallContext::CallContext(const Invocation& invocation, const EpochTicker& with_ticker)
    : limits(invocation.limits),
      ticker(with_ticker),
      deadline(invocation.started + std::min(invocation.limits.wall_clock_timeout, kLongestRun)),
      deadline_tick(with_ticker.tick_at(deadline.at())),
      cancel(invocation.cancel),
      host_state(invocation.host_state),
      limiter{.memory_limit_bytes = limits.max_memory_bytes,
              .table_limit_elements = limits.max_table_elements,
              .max_instances = limits.max_instances,
              .max_memories = kMaxMemories,
              .max_tables = kMaxTables,
              .trap_on_refusal = false,
              .memory_bytes = 0,
              .table_elements = 0,
              .refused = PALYRA_RUST_NOTHING_REFUSED,
              .refused_asked = 0,
              .refused_limit = 0},
      calls(invocation.module.bound().size()) {}

Result<> CallContext::arm(wasmtime_store_t& store) {
  wasmtime_context_t* context = wasmtime_store_context(&store);
  if (palyra_rust_store_limiter(&store, &limiter) != PALYRA_RUST_OK) {
    return fail(kEngineFailed, "cannot limit a store");
  }
  const WasmError error(wasmtime_context_set_fuel(context, limits.fuel_budget));
  if (error) return fail(kEngineFailed, "cannot give a store fuel: {}", message_of(*error));
  std::uint64_t ticks = ticker.ticks_until(deadline_tick);
  if (cancel.possible()) {
    ticks = std::min(ticks, kCancelTicks);
    wasmtime_store_epoch_deadline_callback(&store, &CallContext::on_epoch, this, nullptr);
  }
  wasmtime_context_set_epoch_deadline(context, ticks);
  return {};
}

wasmtime_error_t* CallContext::on_epoch(wasmtime_context_t* /*store*/, void* self, std::uint64_t* ticks_to_go,
                                        wasmtime_update_deadline_kind_t* kind) noexcept {
  CallContext& context = *static_cast<CallContext*>(self);
  const std::uint64_t ticks = context.ticker.ticks_until(context.deadline_tick);
  if (context.cancelled()) {
    context.stop = Outcome(Cancelled{});
  } else if (ticks == 0) {
    context.stop = Outcome(TimedOut{});
  } else {
    *ticks_to_go = std::min(ticks, kCancelTicks);
    *kind = WASMTIME_UPDATE_DEADLINE_CONTINUE;
    return nullptr;
  }
  return wasmtime_error_new("stopped by the host");
}

wasm_trap_t* CallDispatcher::trampoline(void* bound_function, wasmtime_caller_t* caller, wasmtime_val_raw_t* values,
                                        std::size_t /*count*/) noexcept {
  const auto& bound = *static_cast<const BoundFunction*>(bound_function);
  wasmtime_context_t* store = wasmtime_caller_context(caller);
  CallContext& context = *static_cast<CallContext*>(wasmtime_context_get_data(store));
  ++context.calls[bound.index];
  PALYRA_CHECK(wasmtime_context_get_fuel(store, &context.fuel_left) == nullptr);

  HostCall call(context, memory_of(context, *caller), context.host_state);
  const HostReturn answer = run(bound.function, call, values);

  PALYRA_CHECK(wasmtime_context_set_fuel(store, context.fuel_left) == nullptr);
  // A body that waited past the deadline must not be answered as if it had not.
  if (!context.stop && context.deadline_passed()) context.stop = Outcome(TimedOut{});
  if (context.stop) {
    constexpr std::string_view kStopped = "stopped by the host";
    return wasmtime_trap_new(kStopped.data(), kStopped.size());
  }
  switch (answer.kind_) {
    case HostReturn::Kind::kI32:
      PALYRA_CHECK(bound.function.abi->result == capability::ValueType::kI32);
      values[0].i32 = static_cast<std::int32_t>(answer.value_);
      break;
    case HostReturn::Kind::kI64:
      PALYRA_CHECK(bound.function.abi->result == capability::ValueType::kI64);
      values[0].i64 = answer.value_;
      break;
    case HostReturn::Kind::kNothing:
      PALYRA_CHECK(!bound.function.abi->result);
      break;
    case HostReturn::Kind::kStop:
      PALYRA_CHECK(context.stop.has_value());
      break;
  }
  return nullptr;
}

HostReturn CallDispatcher::run(const HostFunction& function, HostCall& call, const wasmtime_val_raw_t* values) {
  const capability::AbiFunction& row = *function.abi;
  for (std::size_t i = 0; i < row.parameters.size(); ++i) {
    call.arguments_[i] = row.parameters[i] == capability::ValueType::kI32 ? values[i].i32 : values[i].i64;
  }
  if (!call.charge(row.fuel)) return call.out_of_fuel();
  for (std::size_t k = 0; k < row.ranges.size(); ++k) {
    const capability::AbiRange& range = row.ranges[k];
    const std::uint32_t length =
        range.length < 0 ? range.fixed_bytes : call.u32(static_cast<std::size_t>(range.length));
    const auto slice = call.memory_.slice(call.u32(range.pointer), length);
    if (!slice) return call.out_of_bounds();
    call.ranges_[k] = *slice;
  }
  return function.body(call);
}

// Found once a run, at its first host call: a start function may call before the instance exists for the host.
std::span<std::uint8_t> CallDispatcher::memory_of(CallContext& context, wasmtime_caller_t& caller) {
  if (!context.memory_looked_up) {
    context.memory_looked_up = true;
    note_memory_changes_hands();
    wasmtime_extern_t found;
    constexpr std::string_view kName = "memory";
    if (wasmtime_caller_export_get(&caller, kName.data(), kName.size(), &found)) {
      if (found.kind == WASMTIME_EXTERN_MEMORY) context.memory = found.of.memory;
      wasmtime_extern_delete(&found);
    }
  }
  if (!context.memory) return {};
  wasmtime_context_t* store = wasmtime_caller_context(&caller);
  return {wasmtime_memory_data(store, &*context.memory), wasmtime_memory_data_size(store, &*context.memory)};
}

const Deadline& HostCall::deadline() const { return context_.deadline; }
bool HostCall::cancelled() const { return context_.cancelled(); }

bool HostCall::charge(std::uint64_t bytes) {
  if (bytes > context_.fuel_left) {
    context_.fuel_left = 0;
    return false;
  }
  context_.fuel_left -= bytes;
  return true;
}

HostReturn HostCall::stop(Result<Outcome> why) {
  if (!context_.stop) context_.stop = std::move(why);
  return {HostReturn::Kind::kStop, 0};
}

HostReturn HostCall::out_of_fuel() {
  return stop(Exhausted{.which = Resource::kFuel, .asked = 0, .limit = context_.limits.fuel_budget, .trap = {}});
}
HostReturn HostCall::out_of_bounds() {
  return stop(Trapped{.code = kGuestOutOfBounds,
                      .message = fmt::format("a range outside the guest's memory of {} bytes", memory_.size()),
                      .frames = {}});
}
HostReturn HostCall::deny(std::string_view message) { return stop(Denied{printable(message, kMaxMessageBytes)}); }
HostReturn HostCall::exit(std::uint32_t code) { return stop(Exited{code}); }
HostReturn HostCall::time_out() { return stop(TimedOut{}); }
HostReturn HostCall::cancel() { return stop(Cancelled{}); }
HostReturn HostCall::fail(Error error) { return stop(std::unexpected(std::move(error))); }

}  // namespace palyra::runtime
