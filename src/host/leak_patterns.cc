// SPDX-License-Identifier: Apache-2.0
#include "leak_patterns.h"

#include <palyra/base/check.h>
#include <palyra/capability/secret_port.h>

#include <algorithm>
#include <string_view>

namespace palyra::host {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The first character of base64 that says nothing about the `alignment` bytes before the value.
std::size_t first_character(std::size_t alignment) { return (8 * alignment + 5) / 6; }

// Characters that say nothing about what is around a value of `size` bytes.
std::size_t core_length(std::size_t alignment, std::size_t size) {
  return 8 * (alignment + size) / 6 - first_character(alignment);
}

std::uint8_t base64_digit(BytesView value, std::size_t alignment, std::size_t i) {
  const std::size_t bit = 6 * (first_character(alignment) + i) - 8 * alignment;  // of the value
  const std::size_t byte = bit / 8;
  const auto high = static_cast<std::uint32_t>(value[byte]);
  const auto low = byte + 1 < value.size() ? static_cast<std::uint32_t>(value[byte + 1]) : 0U;
  return static_cast<std::uint8_t>((high << 8U | low) >> (10 - bit % 8) & 0x3FU);
}

// Whether the two alphabets spell the value differently.
bool needs_url_alphabet(BytesView value, std::size_t alignment) {
  for (std::size_t i = 0; i < core_length(alignment, value.size()); ++i) {
    if (base64_digit(value, alignment, i) >= 62) return true;
  }
  return false;
}

LeakPattern with_hash(LeakPattern pattern, BytesView value) {
  PALYRA_CHECK(pattern.length >= WindowHash::kWindow);
  WindowHash hash;
  for (std::size_t i = pattern.length - WindowHash::kWindow; i < pattern.length; ++i) {
    hash.roll(std::uint64_t{pattern.character(value, i)} + 1, 0);
  }
  pattern.hash = hash.value();
  return pattern;
}

}  // namespace

std::uint8_t LeakPattern::character(BytesView value, std::size_t i) const {
  switch (spelling) {
    case Spelling::kPlain:
      return value[i];
    case Spelling::kPlusForSpace:
      return value[i] == ' ' ? std::uint8_t{'+'} : value[i];
    case Spelling::kReversed:
      return value[value.size() - 1 - i];
    case Spelling::kBase64:
      return static_cast<std::uint8_t>(kBase64Digits[base64_digit(value, alignment, i)]);
    case Spelling::kBase64Url: {
      const std::uint8_t digit = base64_digit(value, alignment, i);
      if (digit == 62) return '-';
      return digit == 63 ? std::uint8_t{'_'} : static_cast<std::uint8_t>(kBase64Digits[digit]);
    }
    case Spelling::kHex:
      return static_cast<std::uint8_t>(kHexDigits[i % 2 == 0 ? value[i / 2] >> 4U : value[i / 2] & 0xFU]);
  }
  PALYRA_CHECK(false);
}

void PatternTable::finish() {
  std::ranges::sort(patterns_, {}, &LeakPattern::hash);
  for (const LeakPattern& pattern : patterns_)
    filter_[pattern.hash >> 54U] |= std::uint64_t{1} << (pattern.hash >> 48U & 63U);
}

std::span<const LeakPattern> PatternTable::with(std::uint64_t hash) const {
  const auto found = std::ranges::equal_range(patterns_, hash, {}, &LeakPattern::hash);
  return {found.begin(), found.end()};
}

LeakPatterns::LeakPatterns(std::span<const WatchedSecret> secrets) {
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    if (secrets[i].value.size() >= capability::kMinScannedSecretBytes) add_all(i, secrets[i].value);
  }
  spelled_.finish();
  lower_case_.finish();
}

void LeakPatterns::add(const LeakPattern& pattern) {
  (pattern.spelling == Spelling::kHex ? lower_case_ : spelled_).add(pattern);
  longest_ = std::max(longest_, pattern.length);
}

void LeakPatterns::add_all(std::size_t secret, BytesView value) {
  const auto pattern = [&](Spelling spelling, std::size_t length, std::uint8_t alignment = 0) {
    return with_hash({.hash = 0, .secret = secret, .length = length, .spelling = spelling, .alignment = alignment},
                     value);
  };
  add(pattern(Spelling::kPlain, value.size()));
  if (std::ranges::find(value, std::uint8_t{' '}) != value.end()) add(pattern(Spelling::kPlusForSpace, value.size()));
  add(pattern(Spelling::kReversed, value.size()));
  add(pattern(Spelling::kHex, 2 * value.size()));
  for (std::uint8_t alignment = 0; alignment < 3; ++alignment) {
    const std::size_t length = core_length(alignment, value.size());
    add(pattern(Spelling::kBase64, length, alignment));
    if (needs_url_alphabet(value, alignment)) add(pattern(Spelling::kBase64Url, length, alignment));
  }
}

}  // namespace palyra::host
