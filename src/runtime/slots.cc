// SPDX-License-Identifier: Apache-2.0
#include "slots.h"

#include <algorithm>

namespace palyra::runtime {

bool Slots::take(const Deadline& deadline, const Cancellation& cancel) {
  if (free_.try_acquire()) return true;
  while (!cancel.requested()) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= deadline.at()) return false;
    if (free_.try_acquire_until(cancel.possible() ? std::min(deadline.at(), now + kCancelPolling) : deadline.at())) {
      return true;
    }
  }
  return false;
}

}  // namespace palyra::runtime
