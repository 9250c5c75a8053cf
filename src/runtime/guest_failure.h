// SPDX-License-Identifier: Apache-2.0
#pragma once
// From what the engine says when a guest does not return to the outcome it means.

#include "engine_handles.h"

#include <palyra/base/error.h>
#include <palyra/runtime/outcome.h>

namespace palyra::runtime {

class CallContext;

// How one entry into the guest ended: both empty when it returned. The engine gives a trap for the traps of
// WebAssembly and an error for everything else, such as a stop by the host.
struct GuestFailure {
  WasmError error;
  WasmTrap trap;
  explicit operator bool() const { return error != nullptr || trap != nullptr; }
};

// In this order: what the host decided; fuel, deadline, stack and counts, which are their own reason; a refused growth,
// which is the likely reason of whatever came after; the trap itself. Errors: kEngineFailed, or the host function's
// own.
Result<Outcome> outcome_of(const GuestFailure& failure, CallContext& context);

}  // namespace palyra::runtime
