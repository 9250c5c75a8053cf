// SPDX-License-Identifier: Apache-2.0
#include "slots.h"

#include <algorithm>

namespace palyra::runtime {

bool Slots::try_take() {
  std::uint32_t free = free_.load();
  while (free != 0) {
    if (free_.compare_exchange_weak(free, free - 1)) return true;
  }
  return false;
}

bool Slots::take(const Deadline& deadline, const Cancellation& cancel) {
  return try_take() || wait_for_one(deadline, cancel);
}

// Sequentially consistent against give_back(): either that sees somebody waiting, or try_take() here sees the slot.
bool Slots::wait_for_one(const Deadline& deadline, const Cancellation& cancel) {
  std::unique_lock lock(mutex_);
  waiting_.fetch_add(1);
  bool taken = try_take();
  while (!taken && !cancel.requested()) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= deadline.at()) break;
    given_back_.wait_until(lock, cancel.possible() ? std::min(deadline.at(), now + kCancelPolling) : deadline.at());
    taken = try_take();
  }
  waiting_.fetch_sub(1);
  return taken;
}

void Slots::give_back() {
  free_.fetch_add(1);
  if (waiting_.load() == 0) return;
  const std::scoped_lock lock(mutex_);
  given_back_.notify_one();
}

}  // namespace palyra::runtime
