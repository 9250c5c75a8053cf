// SPDX-License-Identifier: Apache-2.0
#pragma once
// What became of a guest. None of these is an Error: an Error says that the run could not be made at all.

#include <palyra/capability/run_record.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace palyra::runtime {

// The entry function returned. `value` is its result; 0 for one without a result.
struct Returned {
  std::int32_t value = 0;
};

// The guest ended itself through WASI's proc_exit.
struct Exited {
  std::uint32_t code = 0;
};

struct Frame {
  std::uint32_t function_index = 0;
  std::optional<std::uint64_t> module_offset;  // of the instruction, in bytes from the start of the module
  std::string function;                        // from the module's name section, printable; empty when it has none
};

struct Trapped {
  std::string_view code;      // "unreachable", "integer_divide_by_zero", ..., or kGuestOutOfBounds
  std::string message;        // printable
  std::vector<Frame> frames;  // innermost first, at most kMaxFrames
};
inline constexpr std::size_t kMaxFrames = 32;
// The trap code of a range that a guest passed to a host function and that leaves its memory.
inline constexpr std::string_view kGuestOutOfBounds = "guest_out_of_bounds";

enum class Resource : std::uint8_t { kFuel, kMemory, kTable, kInstances, kStack };
std::string_view to_text(Resource resource);  // "fuel", "memory", ...

// A limit was reached. A refused memory.grow or table.grow counts when the guest traps afterwards, not when it copes.
struct Exhausted {
  Resource which;
  std::uint64_t asked = 0;      // bytes or elements in all, 0 where the engine does not say
  std::uint64_t limit = 0;      // bytes, elements, instances or fuel
  std::optional<Trapped> trap;  // what the guest did after a refused growth
};

// The wall clock reached the deadline, in guest code or in a host function. Never reported early.
struct TimedOut {};

struct Cancelled {};

// The host ended the run because the guest used a capability it does not have.
struct Denied {
  std::string message;
};

using Outcome = std::variant<Returned, Exited, Trapped, Exhausted, TimedOut, Cancelled, Denied>;

struct Run {
  Outcome outcome;
  capability::RunRecord record;  // the runtime's part
};

}  // namespace palyra::runtime
