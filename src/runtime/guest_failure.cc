// SPDX-License-Identifier: Apache-2.0
#include "guest_failure.h"

#include "call_context.h"

#include <algorithm>
#include <array>
#include <utility>

namespace palyra::runtime {
namespace {

struct TrapText {
  std::string_view code;
  std::string_view message;
};

// By wasmtime_trap_code_t. Codes after these belong to proposals that are off.
constexpr std::array<TrapText, 10> kTraps{{
    {"stack_overflow", "the call stack is exhausted"},
    {"memory_out_of_bounds", "an access outside memory"},
    {"heap_misaligned", "an atomic access that is not aligned"},
    {"table_out_of_bounds", "an access outside a table"},
    {"indirect_call_to_null", "an indirect call of a null table element"},
    {"bad_signature", "an indirect call of a function of another type"},
    {"integer_overflow", "an integer overflow"},
    {"integer_divide_by_zero", "an integer division by zero"},
    {"bad_conversion_to_integer", "a conversion of a float that no integer can hold"},
    {"unreachable", "an unreachable instruction was executed"},
}};

std::vector<Frame> frames_of(const GuestFailure& failure) {
  wasm_frame_vec_t trace{};
  if (failure.trap) {
    wasm_trap_trace(failure.trap.get(), &trace);
  } else {
    wasmtime_error_wasm_trace(failure.error.get(), &trace);
  }
  std::vector<Frame> frames;
  for (std::size_t i = 0; i < std::min(trace.size, kMaxFrames); ++i) {
    const wasm_frame_t* frame = trace.data[i];
    const wasm_name_t* name = wasmtime_frame_func_name(frame);
    const std::size_t offset = wasm_frame_module_offset(frame);
    frames.push_back({.function_index = wasm_frame_func_index(frame),
                      .module_offset = offset == SIZE_MAX ? std::nullopt : std::optional<std::uint64_t>(offset),
                      .function = name == nullptr ? "" : printable(as_view(*name))});
  }
  wasm_frame_vec_delete(&trace);
  return frames;
}

Trapped trapped_by(std::size_t code, const GuestFailure& failure) {
  const TrapText text = code < kTraps.size() ? kTraps[code] : TrapText{"other", "a trap of the engine"};
  return {.code = text.code, .message = std::string(text.message), .frames = frames_of(failure)};
}

Outcome refusal_of(const palyra_rust_limiter_t& limiter, std::optional<Trapped> trap) {
  const bool of_memory = limiter.refused == PALYRA_RUST_MEMORY_REFUSED;
  return Exhausted{.which = of_memory ? Resource::kMemory : Resource::kTable,
                   .asked = limiter.refused_asked == UINT64_MAX ? 0 : limiter.refused_asked,
                   .limit = limiter.refused_limit,
                   .trap = std::move(trap)};
}

// One module makes one instance and at most one memory, so that any other count is one of tables.
Outcome count_refused(const RunLimits& limits) {
  if (limits.max_instances < 1) return Exhausted{.which = Resource::kInstances, .asked = 1, .limit = 0, .trap = {}};
  return Exhausted{.which = Resource::kTable, .asked = 0, .limit = kMaxTables, .trap = {}};
}

}  // namespace

std::string message_of(const wasmtime_error_t& error) {
  wasm_byte_vec_t bytes{};
  wasmtime_error_message(&error, &bytes);
  std::string line;
  for (const char c : as_view(bytes)) {
    const bool space = c == ' ' || c == '\n' || c == '\t';
    if (!space) line += c;
    if (space && !line.empty() && line.back() != ' ') line += ' ';
  }
  wasm_byte_vec_delete(&bytes);
  return printable(line, kMaxMessageBytes);
}

Result<Outcome> outcome_of(const GuestFailure& failure, CallContext& context) {
  if (context.stop) {
    Result<Outcome> outcome = std::move(*context.stop);
    if (outcome) {
      if (auto* trapped = std::get_if<Trapped>(&*outcome)) trapped->frames = frames_of(failure);
    }
    return outcome;
  }
  const std::int32_t code =
      failure.trap ? palyra_rust_trap_trap_code(failure.trap.get()) : palyra_rust_error_trap_code(failure.error.get());
  switch (code) {
    case WASMTIME_TRAP_CODE_OUT_OF_FUEL:
      return Exhausted{.which = Resource::kFuel, .asked = 0, .limit = context.limits.fuel_budget, .trap = {}};
    case WASMTIME_TRAP_CODE_INTERRUPT:
      return TimedOut{};
    case WASMTIME_TRAP_CODE_STACK_OVERFLOW:
      return Exhausted{.which = Resource::kStack, .asked = 0, .limit = kMaxStackBytes, .trap = {}};
    case PALYRA_RUST_COUNT_LIMIT:
      return count_refused(context.limits);
    default:
      break;
  }
  const bool refused = context.limiter.refused != PALYRA_RUST_NOTHING_REFUSED;
  if (code == PALYRA_RUST_NOT_A_TRAP) {
    if (refused) return refusal_of(context.limiter, std::nullopt);
    return fail(kEngineFailed, "the engine could not run the module: {}",
                failure.error ? message_of(*failure.error) : "a trap without a code");
  }
  Trapped trapped = trapped_by(static_cast<std::size_t>(code), failure);
  if (refused) return refusal_of(context.limiter, std::move(trapped));
  return trapped;
}

}  // namespace palyra::runtime
