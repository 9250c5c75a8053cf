// SPDX-License-Identifier: Apache-2.0
#pragma once
// The runtime's side of one run: everything that a store, a trampoline or an epoch callback may reach. It lives on the
// invoking thread's stack and outlives the store.

#include "engine_handles.h"
#include "epoch_ticker.h"
#include "linked_module.h"

#include <palyra/base/sanitized.h>
#include <palyra/runtime/runtime.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

namespace palyra::runtime {

// The engine hands a memory from one call to the next under a lock of its own, which the thread sanitizer does not see.
// This stands for it: said after a call has a memory and before it gives it back. Nothing in other builds.
inline void note_memory_changes_hands() {
  if constexpr (kThreadSanitized) {
    static std::atomic<std::uint32_t> turns{0};
    turns.fetch_add(1, std::memory_order_acq_rel);
  }
}

class CallContext {
 public:
  CallContext(const Invocation& invocation, const EpochTicker& ticker);
  CallContext(const CallContext&) = delete;
  CallContext& operator=(const CallContext&) = delete;
  ~CallContext() = default;

  // Puts fuel, limiter, deadline and cancellation on a new store. Before anything is instantiated in it.
  Result<> arm(wasmtime_store_t& store);
  [[nodiscard]] bool cancelled() const { return cancel.requested(); }
  [[nodiscard]] bool deadline_passed() const { return ticker.published() >= deadline_tick; }

  const RunLimits limits;
  const EpochTicker& ticker;
  const Deadline deadline;
  const std::uint64_t deadline_tick;
  const Cancellation cancel;
  void* const host_state;
  palyra_rust_limiter_t limiter{};
  std::vector<std::uint64_t> calls;  // by BoundFunction::index

  std::uint64_t fuel_left = 0;  // while a host function runs
  std::optional<wasmtime_memory_t> memory;
  bool memory_looked_up = false;

  // Why the host ended the run: the run's outcome, or our own failure. Set once, and then the guest gets a trap.
  std::optional<Result<Outcome>> stop;

 private:
  static wasmtime_error_t* on_epoch(wasmtime_context_t* store, void* self, std::uint64_t* ticks_to_go,
                                    wasmtime_update_deadline_kind_t* kind) noexcept;
};

// From a guest's call of an import to the body of a host function and back.
class CallDispatcher {
 public:
  static wasm_trap_t* trampoline(void* bound_function, wasmtime_caller_t* caller, wasmtime_val_raw_t* values,
                                 std::size_t count) noexcept;

 private:
  static std::span<std::uint8_t> memory_of(CallContext& context, wasmtime_caller_t& caller);
  static HostReturn run(const HostFunction& function, HostCall& call, const wasmtime_val_raw_t* values);
};

}  // namespace palyra::runtime
