// SPDX-License-Identifier: Apache-2.0
#pragma once
// Time behind an interface, so that tests and golden examples can set it.

#include <chrono>
#include <cstdint>
#include <string>

namespace palyra {

// Seconds since 1970-01-01T00:00:00Z.
struct WallTime {
  std::int64_t seconds = 0;
  friend constexpr auto operator<=>(const WallTime&, const WallTime&) = default;
};

// RFC 3339 in UTC: "2026-11-22T18:00:00Z"; "out of range" outside the years 0 to 9999.
std::string to_text(WallTime time);

// CLOCK_MONOTONIC; what every deadline is measured on.
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::chrono::milliseconds wall() const = 0;  // since 1970
  [[nodiscard]] virtual SteadyTime steady() const = 0;

  [[nodiscard]] WallTime wall_seconds() const { return {std::chrono::floor<std::chrono::seconds>(wall()).count()}; }
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::milliseconds wall() const override;
  [[nodiscard]] SteadyTime steady() const override;
};

}  // namespace palyra
