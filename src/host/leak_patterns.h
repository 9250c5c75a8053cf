// SPDX-License-Identifier: Apache-2.0
#pragma once
// The spellings of secrets, as hashes of their last kWindow bytes; what a hash suggests is compared byte for byte.

#include <palyra/host/leak_scanner.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace palyra::host {

// Of the last kWindow symbols of a text. A symbol is a byte + 1; 0 stands before the beginning.
class WindowHash {
 public:
  static constexpr std::size_t kWindow = 16;

  void roll(std::uint64_t in, std::uint64_t out) { value_ = value_ * kMultiplier + in - out * kLeaves; }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  static constexpr std::uint64_t kMultiplier = 0x9E37'79B9'7F4A'7C15;
  static constexpr std::uint64_t kLeaves = [] {  // kMultiplier to the power of kWindow
    std::uint64_t power = 1;
    for (std::size_t i = 0; i < kWindow; ++i) power *= kMultiplier;
    return power;
  }();
  std::uint64_t value_ = 0;
};

enum class Spelling : std::uint8_t { kPlain, kPlusForSpace, kReversed, kBase64, kBase64Url, kHex };

// One way to write one secret. It never holds a byte of it.
struct LeakPattern {
  std::uint64_t hash = 0;
  std::size_t secret = 0;
  std::size_t length = 0;
  Spelling spelling = Spelling::kPlain;
  // Of base64: how many bytes of something else come before the secret in the group of three that it begins in. The
  // pattern is what does not depend on the bytes around the secret.
  std::uint8_t alignment = 0;

  // Character i, from 0 to length.
  [[nodiscard]] std::uint8_t character(BytesView value, std::size_t i) const;
};

// By hash.
class PatternTable {
 public:
  void add(const LeakPattern& pattern) { patterns_.push_back(pattern); }
  void finish();
  [[nodiscard]] bool may_hold(std::uint64_t hash) const {
    return (filter_[hash >> 54U] >> (hash >> 48U & 63U) & 1U) != 0;
  }
  [[nodiscard]] std::span<const LeakPattern> with(std::uint64_t hash) const;

 private:
  std::array<std::uint64_t, 1024> filter_{};  // of the upper 16 bits
  std::vector<LeakPattern> patterns_;         // ascending
};

class LeakPatterns {
 public:
  explicit LeakPatterns(std::span<const WatchedSecret> secrets);

  [[nodiscard]] bool empty() const { return longest_ == 0; }
  [[nodiscard]] std::size_t longest() const { return longest_; }  // characters
  [[nodiscard]] const PatternTable& spelled() const { return spelled_; }
  [[nodiscard]] const PatternTable& in_lower_case() const { return lower_case_; }  // hexadecimal

 private:
  void add(const LeakPattern& pattern);
  void add_all(std::size_t secret, BytesView value);

  PatternTable spelled_;
  PatternTable lower_case_;
  std::size_t longest_ = 0;
};

}  // namespace palyra::host
