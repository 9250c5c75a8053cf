// SPDX-License-Identifier: Apache-2.0
#include "slots.h"

#include <algorithm>

namespace palyra::runtime {

bool Slots::take(const Deadline& deadline, const std::atomic<bool>* cancel) {
  constexpr std::chrono::milliseconds kCancelPolling{10};
  if (free_.try_acquire()) return true;
  while (cancel == nullptr || !cancel->load(std::memory_order_relaxed)) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= deadline.at()) return false;
    if (free_.try_acquire_until(cancel == nullptr ? deadline.at() : std::min(deadline.at(), now + kCancelPolling))) {
      return true;
    }
  }
  return false;
}

}  // namespace palyra::runtime
