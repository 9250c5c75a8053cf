// SPDX-License-Identifier: Apache-2.0
#pragma once
// Random bytes behind an interface, so that tests and golden examples can repeat them.

#include <cstddef>
#include <cstdint>
#include <span>

namespace palyra::host {

inline constexpr std::size_t kMaxRandomBytes = std::size_t{64} << 10;  // that a guest may ask for at once

class RandomSource {
 public:
  virtual ~RandomSource() = default;
  // False: the system gave none, and `bytes` hold nothing of worth.
  [[nodiscard]] virtual bool fill(std::span<std::uint8_t> bytes) = 0;
};

// The kernel's generator: getrandom(2).
class SystemRandom final : public RandomSource {
 public:
  [[nodiscard]] bool fill(std::span<std::uint8_t> bytes) override;
};

}  // namespace palyra::host
