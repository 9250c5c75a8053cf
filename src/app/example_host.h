// SPDX-License-Identifier: Apache-2.0
#pragma once
// The clock, the random bytes, the servers and the secrets of golden examples: the same in every run, on every machine.
// Source: docs/guest-abi.md, "Golden examples".

#include <palyra/base/clock.h>
#include <palyra/capability/http_port.h>
#include <palyra/capability/secret_port.h>
#include <palyra/crypto/sha256.h>
#include <palyra/host/random_source.h>
#include <palyra/skills/skill_manifest.h>

#include <optional>
#include <string>
#include <vector>

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

// One value for every secret that an example's requests may carry. It is nobody's, and no server is told it.
class StandInSecrets final : public capability::SecretPort {
 public:
  StandInSecrets();
  [[nodiscard]] const capability::SecretValue* find(const capability::SecretUse& /*secret*/) const override {
    return &value_;
  }
  // `target` as the guest asked for it: without the parameter that the host has put this secret into.
  [[nodiscard]] static std::string_view without(std::string_view target);

 private:
  capability::SecretValue value_;
};

// Gives each recorded reply once: of those to the same method and URL first the first. Connects to nothing. A request
// without one fails like one that finds no server.
class RecordedHttp final : public capability::HttpPort {
 public:
  // `replies` outlive it.
  explicit RecordedHttp(const std::vector<skills::RecordedReply>& replies);
  [[nodiscard]] Result<capability::HttpReply> exchange(const capability::HttpExchange& exchange) override;

  // The first request that nothing was recorded for, as "GET https://api.example.com/v1".
  [[nodiscard]] const std::optional<std::string>& missed() const { return missed_; }
  // What was recorded and not asked for, in the same form.
  [[nodiscard]] std::vector<std::string> unused() const;

 private:
  struct Recording {
    std::string request;
    const skills::RecordedReply* reply;  // null: it was given
  };
  std::vector<Recording> recordings_;
  std::optional<std::string> missed_;
};

}  // namespace palyra::app
