// SPDX-License-Identifier: Apache-2.0
#pragma once
// The clock and the random bytes of golden examples: the same in every run, on every machine.
// Source: docs/guest-abi.md, "Golden examples".

#include <palyra/base/clock.h>
#include <palyra/crypto/sha256.h>
#include <palyra/host/random_source.h>

namespace palyra::app {

// Stands still.
class StoppedClock final : public Clock {
 public:
  StoppedClock(WallTime wall, SteadyTime steady) : wall_(wall), steady_(steady) {}
  [[nodiscard]] std::chrono::milliseconds wall() const override { return std::chrono::seconds(wall_.seconds); }
  [[nodiscard]] SteadyTime steady() const override { return steady_; }

 private:
  WallTime wall_;
  SteadyTime steady_;
};

// The stream SHA-256("palyra/example-random/1\0" || content root || u64 block), block 0, 1, 2, ... one behind another.
class ContentRandom final : public host::RandomSource {
 public:
  explicit ContentRandom(const crypto::Sha256Digest& content_root) : content_root_(content_root) {}
  [[nodiscard]] bool fill(std::span<std::uint8_t> bytes) override;

 private:
  crypto::Sha256Digest content_root_;
  std::uint64_t next_block_ = 0;
  crypto::Sha256Digest block_;
  std::size_t left_ = 0;  // bytes of block_, its last ones
};

}  // namespace palyra::app
