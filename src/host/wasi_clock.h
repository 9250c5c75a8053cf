// SPDX-License-Identifier: Apache-2.0
#pragma once
// WASI's clocks, of 1 ms resolution, and waiting on them.

#include "wasi_memory.h"

#include <palyra/host/call_state.h>

#include <chrono>
#include <cstdint>
#include <limits>

namespace palyra::host {

inline constexpr std::uint64_t kNanosecondsPerMillisecond = 1'000'000;

enum class WasiClock : std::uint32_t { kRealtime = 0, kMonotonic = 1 };
inline bool is_wasi_clock(std::uint32_t id) { return id <= 1; }
// For any other: 2 and 3 are the processor time of a process and a thread, which guests are not shown.
inline Errno clock_error(std::uint32_t id) { return id <= 3 ? Errno::kNotsup : Errno::kInval; }

// Nanoseconds, at most 2^64-1; a time before 1970 is 0.
inline std::uint64_t to_nanoseconds(std::chrono::milliseconds time) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  if (time.count() < 0) return 0;
  const auto milliseconds = static_cast<std::uint64_t>(time.count());
  return milliseconds > kMost / kNanosecondsPerMillisecond ? kMost : milliseconds * kNanosecondsPerMillisecond;
}

inline std::uint64_t wasi_now(const CallState& state, WasiClock clock) {
  return to_nanoseconds(clock == WasiClock::kRealtime ? state.setup().clock.wall() : state.monotonic());
}

// witx/wasi_snapshot_preview1.witx, poll_oneoff.
runtime::HostReturn poll_oneoff(runtime::HostCall& call) noexcept;

}  // namespace palyra::host
