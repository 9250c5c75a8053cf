// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a call is given in tests.

#include <palyra/capability/secret_port.h>
#include <palyra/host/call_state.h>
#include <palyra/host/random_source.h>

#include <fmt/core.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace palyra::testing {

// Bytes that count up from `first`: 7, 8, 9, ...
class CountingRandom final : public host::RandomSource {
 public:
  explicit CountingRandom(std::uint8_t first = 7) : next_(first) {}
  [[nodiscard]] bool fill(std::span<std::uint8_t> bytes) override {
    for (std::uint8_t& byte : bytes) byte = next_++;
    return !broken;
  }
  bool broken = false;

 private:
  std::uint8_t next_;
};

class MapAssets final : public host::AssetSource {
 public:
  void add(std::string name, std::string bytes) { assets_.emplace(std::move(name), std::move(bytes)); }
  [[nodiscard]] std::optional<BytesView> find(std::string_view name) const override {
    const auto found = assets_.find(name);
    return found == assets_.end() ? std::nullopt : std::optional(as_bytes(found->second));
  }
  [[nodiscard]] std::vector<std::string> names() const override {
    std::vector<std::string> names;
    names.reserve(assets_.size());
    for (const auto& [name, bytes] : assets_) names.push_back(name);
    return names;
  }

 private:
  std::map<std::string, std::string, std::less<>> assets_;
};

class MapSecrets final : public capability::SecretPort {
 public:
  void set(const std::string& name, std::string_view value,
           capability::Scanning scanning = capability::Scanning::kScanned) {
    values_.insert_or_assign(
        name, capability::SecretValue{.bytes = LockedBytes::copy_of(as_bytes(value)), .scanning = scanning});
  }
  [[nodiscard]] const capability::SecretValue* find(const capability::SecretUse& secret) const override {
    const auto found = values_.find(canonical_text(secret));
    return found == values_.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::string, capability::SecretValue> values_;
};

// Keeps what was passed on, as "1/10 text", and then does what the test wants.
class RecordedProgress final : public host::ProgressSink {
 public:
  void progress(const host::Progress& progress) override {
    seen.push_back(fmt::format("{}/{} {}", progress.done, progress.total, progress.text));
    if (then) then();
  }
  std::vector<std::string> seen;
  std::function<void()> then;
};

}  // namespace palyra::testing
