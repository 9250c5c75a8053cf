// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bytes, owned and borrowed, and the two ways to look at text as bytes and bytes as text.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace palyra {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

inline BytesView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Says nothing about UTF-8: see utf8.h.
inline std::string_view as_text(BytesView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

inline Bytes to_bytes(std::string_view text) {
  const BytesView view = as_bytes(text);
  return {view.begin(), view.end()};
}

}  // namespace palyra
