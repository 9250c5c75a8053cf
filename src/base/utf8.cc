// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/utf8.h>

#include <fmt/format.h>
#include <simdjson.h>

#include <iterator>

namespace palyra {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::optional<CodePoint> front_code_point(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return CodePoint{lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return std::nullopt;
  char32_t value = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) return std::nullopt;
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kSmallest[length] || surrogate || value > 0x10FFFF) return std::nullopt;
  return CodePoint{value, length};
}

// Every output passes here: 64 KiB in the time that code point by code point takes for two.
bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

bool is_deceptive(char32_t c) {
  const auto in = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  return c < 0x20 || in(0x7F, 0x9F) || c == 0xAD || c == 0x61C || in(0x200B, 0x200F) || in(0x2028, 0x202E) ||
         in(0x2060, 0x206F) || c == 0xFEFF || in(0xFFF9, 0xFFFB) || in(0xE0000, 0xE0FFF) || in(0xFDD0, 0xFDEF) ||
         (c & 0xFFFE) == 0xFFFE;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  constexpr std::string_view kCut = "…";
  std::string shown;
  while (!text.empty()) {
    const auto point = front_code_point(text);
    std::string piece;
    if (!point) {
      piece = fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else if (is_deceptive(point->value)) {
      piece = fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(point->value));
    } else {
      piece = text.substr(0, point->bytes);
    }
    if (shown.size() + piece.size() > max_bytes) return shown.append(kCut);
    shown += piece;
    text.remove_prefix(point ? point->bytes : 1);
  }
  return shown;
}

}  // namespace palyra
