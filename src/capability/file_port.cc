// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/utf8.h>
#include <palyra/capability/file_port.h>

namespace palyra::capability {
namespace {

bool is_plain_text(std::string_view text) {
  while (!text.empty()) {
    const auto point = front_code_point(text);
    if (!point || point->value < 0x20 || (point->value >= 0x7F && point->value < 0xA0)) return false;
    text.remove_prefix(point->bytes);
  }
  return true;
}

}  // namespace

bool is_file_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxFileNameBytes && text != "." && text != ".." &&
         text.find_first_of("/\\") == std::string_view::npos && is_plain_text(text);
}

bool is_file_path(std::string_view text) {
  if (text.size() > kMaxFilePathBytes) return false;
  for (std::size_t segments = 1; segments <= kMaxFilePathSegments; ++segments) {
    const std::size_t slash = text.find('/');
    if (!is_file_name(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
  return false;
}

}  // namespace palyra::capability
