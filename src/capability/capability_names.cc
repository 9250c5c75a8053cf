// SPDX-License-Identifier: Apache-2.0
#include <palyra/capability/capability_names.h>

#include <algorithm>
#include <array>
#include <string>

namespace palyra::capability {
namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }
bool is_visible(char c) { return c > ' ' && c < '\x7F'; }
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

// Calls `accept` with each part between separators; false as soon as one is not accepted.
template <class Accept>
bool every_part(std::string_view text, char separator, Accept accept) {
  while (true) {
    const std::size_t end = text.find(separator);
    const bool last = end == std::string_view::npos;
    if (!accept(text.substr(0, end), last)) return false;
    if (last) return true;
    text.remove_prefix(end + 1);
  }
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool is_portable_segment(std::string_view text) {
  return !text.empty() && text.size() <= 100 && text.back() != '.' && !is_device_name(text) &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || is_one_of(c, "._-"); });
}

// RFC 9110 5.6.2
bool is_token_character(char c) { return is_alphanumeric(c) || is_one_of(c, "!#$%&'*+-.^_`|~"); }
// RFC 3986 2.3
bool is_unreserved(char c) { return is_alphanumeric(c) || is_one_of(c, "-._~"); }

template <class Accept>
bool is_word(std::string_view text, Accept accept) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, accept);
}

}  // namespace

bool is_host_name(std::string_view text) {
  return text.size() <= 253 && every_part(text, '.', [](std::string_view label, bool last) {
           return is_label(label) && !(last && std::ranges::all_of(label, is_digit));
         });
}

bool is_path_prefix(std::string_view text) {
  if (!text.starts_with('/')) return false;
  if (!std::ranges::all_of(text, [](char c) { return is_visible(c) && !is_one_of(c, "?#%\\"); })) return false;
  return every_part(text.substr(1), '/', [](std::string_view segment, bool last) {
    return segment != "." && segment != ".." && (last || !segment.empty());
  });
}

bool path_holds(std::string_view prefix, std::string_view path) {
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || prefix.ends_with('/') || path[prefix.size()] == '/';
}

bool is_device_name(std::string_view segment) {
  std::string stem(segment.substr(0, segment.find('.')));
  std::ranges::transform(stem, stem.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  constexpr std::array<std::string_view, 4> kNames = {"CON", "PRN", "AUX", "NUL"};
  const bool numbered =
      stem.size() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")) && stem[3] >= '1' && stem[3] <= '9';
  return numbered || std::ranges::find(kNames, stem) != kNames.end();
}

bool is_portable_name(std::string_view text) {
  return text.size() <= 240 && std::ranges::count(text, '/') < 8 &&
         every_part(text, '/', [](std::string_view segment, bool) { return is_portable_segment(segment); });
}

bool is_storage_prefix(std::string_view text) {
  return text.ends_with('/') && is_portable_name(text.substr(0, text.size() - 1));
}

bool is_name(std::string_view text) {
  return is_word(text, [](char c) { return is_lower_or_digit(c) || is_one_of(c, "._:-"); });
}

bool is_secret_scope(std::string_view text) {
  if (text == "global") return true;
  return std::ranges::any_of(
      std::array<std::string_view, 3>{"skill:", "principal:", "channel:"},
      [text](std::string_view kind) { return text.starts_with(kind) && is_name(text.substr(kind.size())); });
}

bool is_header_name(std::string_view text) { return is_word(text, is_token_character); }

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

bool is_host_header(std::string_view name) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"accept-encoding", "connection", "content-length", "cookie2", "expect", "host", "http2-settings", "if-range",
       "keep-alive", "range", "te", "trailer", "transfer-encoding", "upgrade",
       // With which a request says that it is another one than a rule has judged.
       "x-http-method", "x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url"});
  const std::string lower = lower_case(name);
  return std::ranges::find(kNames, lower) != kNames.end() || lower.starts_with("proxy-");
}

bool is_secret_placement(std::string_view text) {
  if (text == "bearer" || text == "basic") return true;
  constexpr std::string_view kHeader = "header:";
  constexpr std::string_view kQuery = "query:";
  if (text.starts_with(kHeader)) {
    const std::string_view name = text.substr(kHeader.size());
    return is_header_name(name) && !is_host_header(name);
  }
  return text.starts_with(kQuery) && is_word(text.substr(kQuery.size()), is_unreserved);
}

}  // namespace palyra::capability
