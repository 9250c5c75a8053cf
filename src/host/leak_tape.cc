// SPDX-License-Identifier: Apache-2.0
#include "leak_tape.h"

#include <palyra/base/check.h>

#include <algorithm>
#include <bit>
#include <string.h>
#include <string_view>
#include <utility>

namespace palyra::host {
namespace {

constexpr std::uint32_t kHighSurrogate = 0xD800;
constexpr std::uint32_t kLowSurrogate = 0xDC00;
constexpr std::uint32_t kLastCodePoint = 0x10FFFF;

std::optional<std::uint32_t> hex_digit(std::optional<std::uint8_t> character) {
  if (!character) return std::nullopt;
  if (*character >= '0' && *character <= '9') return *character - std::uint32_t{'0'};
  const auto lower = static_cast<std::uint8_t>(*character | 0x20U);
  if (lower >= 'a' && lower <= 'f') return lower - std::uint32_t{'a'} + 10;
  return std::nullopt;
}

// The number that the newest `digits` characters are.
std::optional<std::uint32_t> hex_number(const LeakTape& tape, std::size_t digits) {
  std::uint32_t number = 0;
  for (std::size_t i = digits; i > 0; --i) {
    const auto digit = hex_digit(tape.last_literal(i - 1));
    if (!digit) return std::nullopt;
    number = number << 4U | *digit;
  }
  return number;
}

bool is_literal(const LeakTape& tape, std::size_t i, char character) {
  return tape.last_literal(i) == static_cast<std::uint8_t>(character);
}

// UTF-8; of a surrogate too, which three bytes can hold until the other half comes.
Unescaped code_point(std::size_t length, std::uint32_t value) {
  const auto tail = [value](unsigned shift) { return static_cast<std::uint8_t>(0x80U | (value >> shift & 0x3FU)); };
  const auto head = [value](unsigned mark, unsigned shift) { return static_cast<std::uint8_t>(mark | value >> shift); };
  if (value < 0x80) return {.length = length, .bytes = {head(0, 0)}, .count = 1};
  if (value < 0x800) return {.length = length, .bytes = {head(0xC0, 6), tail(0)}, .count = 2};
  if (value < 0x10000) return {.length = length, .bytes = {head(0xE0, 12), tail(6), tail(0)}, .count = 3};
  return {.length = length, .bytes = {head(0xF0, 18), tail(12), tail(6), tail(0)}, .count = 4};
}

// The high surrogate that was decoded into the three characters before the newest `after`.
std::optional<std::uint32_t> decoded_high_surrogate(const LeakTape& tape, std::size_t after) {
  std::array<std::uint32_t, 3> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = tape.last(after + 2 - i);
    if (!byte || !tape.is_decoded(after + 2 - i)) return std::nullopt;
    bytes.at(i) = *byte;
  }
  if (bytes[0] != 0xED || bytes[1] < 0xA0 || bytes[1] > 0xAF) return std::nullopt;
  return 0xD000U | (bytes[1] & 0x3FU) << 6U | (bytes[2] & 0x3FU);
}

std::optional<Unescaped> json_unicode(const LeakTape& tape) {
  constexpr std::size_t kLength = 6;
  if (!is_literal(tape, 5, '\\') || !is_literal(tape, 4, 'u')) return std::nullopt;
  const auto value = hex_number(tape, 4);
  if (!value) return std::nullopt;
  if (*value >= kLowSurrogate && *value < 0xE000) {
    if (const auto high = decoded_high_surrogate(tape, kLength)) {
      return code_point(kLength + 3, 0x10000 + ((*high - kHighSurrogate) << 10U) + (*value - kLowSurrogate));
    }
  }
  return code_point(kLength, *value);
}

// The body of `&body;`, newest character last.
std::optional<std::uint32_t> entity(std::string_view body) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kNames{
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
  for (const auto& [name, character] : kNames) {
    if (body == name) return static_cast<std::uint32_t>(character);
  }
  if (!body.starts_with('#')) return std::nullopt;
  body.remove_prefix(1);
  const bool is_hex = body.starts_with('x') || body.starts_with('X');
  if (is_hex) body.remove_prefix(1);
  if (body.empty()) return std::nullopt;
  std::uint32_t value = 0;
  for (const char each : body) {
    const auto digit = hex_digit(static_cast<std::uint8_t>(each));
    if (!digit || (!is_hex && *digit > 9)) return std::nullopt;
    value = value * (is_hex ? 16 : 10) + *digit;
    if (value > kLastCodePoint) return std::nullopt;
  }
  return value;
}

}  // namespace

LeakTape::LeakTape(std::size_t characters, Origins origins)
    : mask_(std::bit_ceil(characters + 2 * kMaxEscape) - 1), ring_(mask_ + 1) {
  if (origins == Origins::kKept) origins_.resize(mask_ + 1);
}

LeakTape::~LeakTape() { explicit_bzero(ring_.data(), ring_.size() * sizeof(ring_[0])); }

void LeakTape::append(std::uint16_t symbol, std::uint64_t origin) {
  hash_.roll(symbol & kSymbol, ring_[(size_ - WindowHash::kWindow) & mask_] & kSymbol);
  ring_[size_ & mask_] = symbol;
  if (!origins_.empty()) origins_[size_ & mask_] = origin;
  ++size_;
}

void LeakTape::push(std::uint8_t character, std::uint64_t origin) {
  append(static_cast<std::uint16_t>(character + 1U), origin);
}

void LeakTape::push_decoded(std::uint8_t character, std::uint64_t origin) {
  append(static_cast<std::uint16_t>((character + 1U) | kDecoded), origin);
}

void LeakTape::pop(std::size_t count) {
  PALYRA_CHECK(count <= kMaxEscape && count <= size_);
  for (std::size_t i = 0; i < count; ++i) ring_[--size_ & mask_] = 0;
  hash_ = {};
  for (std::size_t i = WindowHash::kWindow; i > 0; --i) hash_.roll(symbol(i - 1) & kSymbol, 0);
}

void LeakTape::become(const LeakTape& other) {
  std::ranges::copy(other.ring_, ring_.begin());
  std::ranges::copy(other.origins_, origins_.begin());
  size_ = other.size_;
  hash_ = other.hash_;
}

std::optional<std::uint8_t> LeakTape::last(std::size_t i) const {
  const std::uint16_t found = symbol(i) & kSymbol;
  if (i >= size() || found == 0) return std::nullopt;
  return static_cast<std::uint8_t>(found - 1);
}

std::optional<std::uint8_t> LeakTape::last_literal(std::size_t i) const {
  return is_decoded(i) ? std::nullopt : last(i);
}

std::uint64_t LeakTape::origin(std::size_t i) const { return origins_.empty() ? 0 : origins_[(size_ - 1 - i) & mask_]; }

std::optional<Unescaped> percent_escape(const LeakTape& tape) {
  if (!is_literal(tape, 2, '%')) return std::nullopt;
  const auto value = hex_number(tape, 2);
  if (!value) return std::nullopt;
  return Unescaped{.length = 3, .bytes = {static_cast<std::uint8_t>(*value)}, .count = 1};
}

std::optional<Unescaped> json_escape(const LeakTape& tape) {
  if (is_literal(tape, 1, '\\')) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    const auto letter = tape.last_literal(0);
    const std::size_t found = letter ? kLetters.find(static_cast<char>(*letter)) : std::string_view::npos;
    if (found == std::string_view::npos) return std::nullopt;
    return Unescaped{.length = 2, .bytes = {static_cast<std::uint8_t>(kMeant[found])}, .count = 1};
  }
  return json_unicode(tape);
}

std::optional<Unescaped> html_escape(const LeakTape& tape) {
  if (!is_literal(tape, 0, ';')) return std::nullopt;
  std::array<char, kMaxEscape> body{};
  std::size_t begin = body.size();
  for (std::size_t i = 1; i + 1 < kMaxEscape; ++i) {
    const auto character = tape.last_literal(i);
    if (!character) return std::nullopt;
    if (*character == '&') {
      const auto value = entity({body.data() + begin, body.size() - begin});
      if (!value) return std::nullopt;
      return code_point(i + 1, *value);
    }
    body.at(--begin) = static_cast<char>(*character);
  }
  return std::nullopt;
}

}  // namespace palyra::host
