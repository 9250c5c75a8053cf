// SPDX-License-Identifier: Apache-2.0
#include "display_text.h"

#include <palyra/base/utf8.h>

#include <algorithm>
#include <string>

namespace palyra::skills {
namespace {

bool in(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

// White space (Unicode 15, property White_Space) and the characters of no width.
bool is_invisible(char32_t c) {
  return c == 0x20 || in(c, 0x09, 0x0D) || c == 0x85 || c == 0xA0 || c == 0xAD || c == 0x1680 ||
         in(c, 0x2000, 0x200D) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x2060 ||
         c == 0x3000 || c == 0xFEFF;
}

bool is_bidi_control(char32_t c) {
  return c == 0x61C || c == 0x200E || c == 0x200F || in(c, 0x202A, 0x202E) || in(c, 0x2066, 0x2069);
}

bool is_refused(char32_t c, DisplayRule::Lines lines) {
  if ((c == '\n' || c == '\t') && lines == DisplayRule::Lines::kMany) return false;
  const bool control = c < 0x20 || in(c, 0x7F, 0x9F);
  const bool noncharacter = in(c, 0xFDD0, 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
  return control || noncharacter || c == 0x2028 || c == 0x2029 || is_bidi_control(c) || in(c, 0xE0000, 0xE007F) ||
         c == 0xFEFF;
}

std::u32string code_points(std::string_view text) {
  std::u32string points;
  while (const auto point = front_code_point(text)) {
    points += point->value;
    text.remove_prefix(point->bytes);
  }
  return points;
}

}  // namespace

Result<> check_display_text(std::string_view key, std::string_view text, const DisplayRule& rule) {
  const std::u32string points = code_points(text);
  if (std::ranges::all_of(points, is_invisible)) return fail(kManifestTextBlank, "\"{}\" is blank", key);
  if (points.size() > rule.max_characters) {
    return fail(kManifestTextLength, "\"{}\" has {} characters, limit {}", key, points.size(), rule.max_characters);
  }
  if (text.size() > rule.max_bytes) {
    return fail(kManifestTextLength, "\"{}\" has {} bytes, limit {}", key, text.size(), rule.max_bytes);
  }
  const auto bad = std::ranges::find_if(points, [&rule](char32_t c) { return is_refused(c, rule.lines); });
  if (bad != points.end()) {
    return fail(kManifestTextCharacter, "\"{}\" holds U+{:04X}, which is not allowed in text for people", key,
                static_cast<std::uint32_t>(*bad));
  }
  return {};
}

}  // namespace palyra::skills
