// SPDX-License-Identifier: Apache-2.0
#pragma once
// What ends a wait or a run before its deadline: flags that other threads set, of the caller who has gone or of
// whoever decided that the skill must stop.

#include <array>
#include <atomic>
#include <chrono>
#include <utility>

namespace palyra {

// How often a wait that can be cancelled looks up.
inline constexpr std::chrono::milliseconds kCancelPolling{10};

// The flags outlive it. Copied freely.
class Cancellation {
 public:
  Cancellation() = default;  // of what nobody can cancel
  // NOLINTNEXTLINE(google-explicit-constructor): a flag is one; null: nobody can cancel
  Cancellation(const std::atomic<bool>* flag) : flags_{flag, nullptr} {}
  // Of two: room for no third.
  Cancellation(const std::atomic<bool>* flag, const std::atomic<bool>* other) : flags_{flag, other} {
    if (flag == nullptr) std::swap(flags_[0], flags_[1]);
  }

  [[nodiscard]] bool possible() const { return flags_[0] != nullptr; }
  [[nodiscard]] bool requested() const { return is_set(flags_[0]) || is_set(flags_[1]); }

 private:
  static bool is_set(const std::atomic<bool>* flag) { return flag != nullptr && flag->load(std::memory_order_relaxed); }
  std::array<const std::atomic<bool>*, 2> flags_{};
};

}  // namespace palyra
