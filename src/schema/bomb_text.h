// SPDX-License-Identifier: Apache-2.0
#pragma once
// How bombs are spelt.

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace palyra::schema {

inline constexpr std::size_t kDocument = 1024UZ * 1024;  // most families fill so much
inline constexpr std::size_t kLargestDocument = 8 * kDocument;

// item(0), item(1), …, item(count - 1), separated by commas.
template <typename Item>
std::string list(std::size_t count, Item item) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += i == 0 ? "" : ",";
    out += item(i);
  }
  return out;
}

inline std::string same(std::size_t count, std::string_view text) {
  return list(count, [text](std::size_t) { return text; });
}

// level(i, level(i - 1, … inner)), `times` times.
template <typename Level>
std::string nested(std::size_t times, std::string inner, Level level) {
  for (std::size_t i = 0; i < times; ++i) {
    inner = level(i, inner);
  }
  return inner;
}

// {"$ref": "#/$defs/0", "$defs": {"0": link(reference to 1), …, "<count>": last}}
template <typename Link>
std::string chain(std::size_t count, std::string_view last, Link link) {
  const std::string definitions = list(count, [&link](std::size_t i) {
    return fmt::format(R"("{}":{})", i, link(fmt::format(R"({{"$ref":"#/$defs/{}"}})", i + 1)));
  });
  return fmt::format(R"({{"$ref":"#/$defs/0","$defs":{{{}{}"{}":{}}}}})", definitions, count == 0 ? "" : ",", count,
                     last);
}

// An array of `element` that takes about `bytes`.
inline std::string filled(std::size_t bytes, std::string_view element) {
  return "[" + same(bytes / (element.size() + 1), element) + "]";
}

inline std::string quoted(std::size_t bytes, char character = 'a') { return '"' + std::string(bytes, character) + '"'; }

}  // namespace palyra::schema
