// SPDX-License-Identifier: Apache-2.0
#pragma once
// How long a caller waits for a step that another process takes.

#include <palyra/base/cancellation.h>
#include <palyra/base/clock.h>
#include <palyra/base/error.h>

namespace palyra::runtime {

// The caller's own deadline came before the step was done.
inline constexpr ErrorCode kCompileTimedOut{ErrorKind::kTimedOut, "run.compile_timed_out"};
inline constexpr ErrorCode kCompileCancelled{ErrorKind::kCancelled, "run.compile_cancelled"};

struct Until {
  SteadyTime deadline = SteadyTime::max();
  Cancellation cancel{};  // ends the wait within kCancelPolling
};

}  // namespace palyra::runtime
