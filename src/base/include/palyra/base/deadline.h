// SPDX-License-Identifier: Apache-2.0
#pragma once
// The moment by which a call must have ended. Everything that can wait takes one.

#include <palyra/base/clock.h>

#include <algorithm>
#include <chrono>

namespace palyra {

class Deadline {
 public:
  explicit Deadline(SteadyTime at) : at_(at) {}
  static Deadline after(const Clock& clock, std::chrono::milliseconds left) { return Deadline(clock.steady() + left); }

  [[nodiscard]] SteadyTime at() const { return at_; }
  [[nodiscard]] bool passed(const Clock& clock) const { return clock.steady() >= at_; }
  // Never negative; rounded down.
  [[nodiscard]] std::chrono::milliseconds left(const Clock& clock) const {
    return std::max(std::chrono::milliseconds(0),
                    std::chrono::duration_cast<std::chrono::milliseconds>(at_ - clock.steady()));
  }

 private:
  SteadyTime at_;
};

}  // namespace palyra
