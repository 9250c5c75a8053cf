// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one run may use. All of it is set before the module is instantiated, so that a start function and `_initialize`
// run under it too.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace palyra::runtime {

struct RunLimits {
  // About one a guest instruction; a host call costs its price in the ABI table and one a byte moved.
  std::uint64_t fuel_budget = 10'000'000;
  // Over all linear memories, initial sizes included.
  std::uint64_t max_memory_bytes = std::uint64_t{64} << 20;
  // Over all tables, initial sizes included.
  std::uint64_t max_table_elements = 100'000;
  std::uint32_t max_instances = 256;
  // Counted from Invocation::started; at most a day, more is taken as a day.
  std::chrono::milliseconds wall_clock_timeout{30'000};
};

// One memory: multiple memories are off. Four tables: no real module needed more than two.
inline constexpr std::uint32_t kMaxMemories = 1;
inline constexpr std::uint32_t kMaxTables = 4;

// Stack for guest frames. A thread that invokes needs this much and 256 KiB more left.
inline constexpr std::uint32_t kMaxStackBytes = 512 * 1024;

// A text module for development; a binary one is limited by whoever reads it.
inline constexpr std::size_t kMaxWatBytes = std::size_t{16} << 20;

}  // namespace palyra::runtime
