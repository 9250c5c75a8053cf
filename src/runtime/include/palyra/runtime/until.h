// SPDX-License-Identifier: Apache-2.0
#pragma once
// How long a caller waits for a step that another process takes.

#include <palyra/base/clock.h>
#include <palyra/base/error.h>

#include <atomic>

namespace palyra::runtime {

// The caller's own deadline came before the step was done.
inline constexpr ErrorCode kCompileTimedOut{ErrorKind::kTimedOut, "run.compile_timed_out"};
inline constexpr ErrorCode kCompileCancelled{ErrorKind::kCancelled, "run.compile_cancelled"};

struct Until {
  SteadyTime deadline = SteadyTime::max();
  // Set by another thread to end the wait within about ten milliseconds; may be null.
  const std::atomic<bool>* cancel = nullptr;
};

}  // namespace palyra::runtime
