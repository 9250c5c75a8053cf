// SPDX-License-Identifier: Apache-2.0
#include "http_policy.h"

#include <palyra/capability/capability_names.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace palyra::host {
namespace {

using capability::Capability;
using capability::CapabilityClass;
using capability::HttpMethod;
using capability::HttpRule;
using capability::HttpScheme;
using capability::lower_case;

bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
// RFC 3986 2.3, 3.3, 3.4
bool is_unreserved(char c) { return is_alphanumeric(c) || is_one_of(c, "-._~"); }
bool is_path_character(char c) { return is_unreserved(c) || is_one_of(c, "!$&'()*+,;=:@/"); }
// Square brackets are not in the grammar, but common: `filter[name]=x`.
bool is_query_character(char c) { return is_path_character(c) || is_one_of(c, "?[]"); }

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

// The byte that the escape at the front of `text` stands for.
std::optional<std::uint8_t> escaped_byte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  const auto high = hex_digit(text[1]);
  const auto low = hex_digit(text[2]);
  if (!high || !low) return std::nullopt;
  return static_cast<std::uint8_t>(*high * 16 + *low);
}

// Bytes that some server would read as the structure of the path even when they are escaped.
bool is_structure(std::uint8_t byte) {
  constexpr std::uint8_t kDelete = 0x7F;
  return byte < ' ' || byte == kDelete || byte == '.' || byte == '/' || byte == '\\';
}

// An escaped percent sign and two digits: an escape to whoever undoes escapes twice.
bool holds_nested_escape(std::string_view path) {
  constexpr std::string_view kPercent = "%25";
  for (std::size_t at = path.find(kPercent); at != std::string_view::npos; at = path.find(kPercent, at + 1)) {
    const std::string_view rest = path.substr(at + kPercent.size());
    if (rest.size() >= 2 && hex_digit(rest[0]) && hex_digit(rest[1])) return true;
  }
  return false;
}

// Undoes escapes of unreserved characters and writes others in upper case.
std::optional<std::string> plain_path(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string plain;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      if (!is_path_character(path[i])) return std::nullopt;
      plain += path[i];
      continue;
    }
    const auto byte = escaped_byte(path.substr(i));
    if (!byte || is_structure(*byte)) return std::nullopt;
    if (is_unreserved(static_cast<char>(*byte))) {
      plain += static_cast<char>(*byte);
    } else {
      plain += {'%', kHex[*byte >> 4U], kHex[*byte & 15U]};
    }
    i += 2;
  }
  if (holds_nested_escape(plain)) return std::nullopt;
  return plain;
}

bool is_query(std::string_view query) {
  for (std::size_t i = 0; i < query.size(); ++i) {
    if (query[i] != '%') {
      if (!is_query_character(query[i])) return false;
      continue;
    }
    if (!escaped_byte(query.substr(i))) return false;
    i += 2;
  }
  return true;
}

// RFC 3986 5.2.4 for a path without empty segments; nothing when it climbs above the root.
std::optional<std::string> resolve_dots(std::string_view path) {
  std::vector<std::string_view> segments;
  std::string_view rest = path.substr(1);
  while (true) {
    const std::size_t end = rest.find('/');
    const bool last = end == std::string_view::npos;
    const std::string_view segment = rest.substr(0, end);
    // Up to where some servers see a parameter, or a space, or what they cannot read.
    const std::string_view name = segment.substr(0, segment.find_first_of(";%"));
    const bool dots = name == "." || name == "..";
    if ((segment.empty() && !last) || (dots && name.size() != segment.size())) return std::nullopt;
    if (name == "..") {
      if (segments.empty()) return std::nullopt;
      segments.pop_back();
    }
    if (!dots) segments.push_back(segment);
    if (last) {
      if (dots) segments.emplace_back();  // `/a/.` and `/a/b/..` are `/a/`
      break;
    }
    rest.remove_prefix(end + 1);
  }
  std::string resolved;
  for (const std::string_view segment : segments) resolved.append("/").append(segment);
  return resolved;
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size();
  if (!whole || port == 0 || digits.front() == '0') return std::nullopt;
  return port;
}

constexpr std::string_view kHttpsMark = "https://";
constexpr std::string_view kHttpMark = "http://";

}  // namespace

HttpOrigin origin_of(const HttpRule& rule) { return {.scheme = rule.scheme, .host = rule.host, .port = rule.port}; }

std::optional<HttpOrigin> parse_origin(std::string_view text) {
  HttpOrigin origin;
  if (text.starts_with(kHttpsMark)) {
    text.remove_prefix(kHttpsMark.size());
  } else if (text.starts_with(kHttpMark)) {
    text.remove_prefix(kHttpMark.size());
    origin.scheme = HttpScheme::kHttp;
    origin.port = 80;
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) return std::nullopt;
    origin.port = *port;
  }
  origin.host = text.substr(0, colon);
  if (!capability::is_host_name(origin.host)) return std::nullopt;
  return origin;
}

std::optional<std::string> normalise_target(std::string_view text) {
  if (text.size() > kMaxHttpTargetBytes || !text.starts_with('/')) return std::nullopt;
  const std::size_t mark = text.find('?');
  const auto plain = plain_path(text.substr(0, mark));
  if (!plain) return std::nullopt;
  auto target = resolve_dots(*plain);
  if (!target) return std::nullopt;
  if (mark != std::string_view::npos) {
    if (!is_query(text.substr(mark + 1))) return std::nullopt;
    target->append(text.substr(mark));
  }
  return target;
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

const HttpRule* choose_rule(const capability::CapabilityGrantSet& grants, const HttpOrigin& origin, HttpMethod method,
                            std::string_view path) {
  const HttpRule* chosen = nullptr;
  for (const Capability& grant : grants.of(CapabilityClass::kHttp)) {
    const auto& rule = std::get<HttpRule>(grant);
    if (origin_of(rule) != origin || !rule.methods.contains(method) || !capability::path_holds(rule.path_prefix, path))
      continue;
    if (chosen == nullptr || rule.path_prefix.size() > chosen->path_prefix.size()) chosen = &rule;
  }
  return chosen;
}

bool is_header_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= ' ' && c < '\x7F') || c == '\t'; });
}

std::string secret_header(const HttpRule& rule) {
  constexpr std::string_view kHeader = "header:";
  if (!rule.secret) return {};
  const std::string& placement = rule.secret->placement;
  if (placement == "bearer" || placement == "basic") return "authorization";
  return placement.starts_with(kHeader) ? lower_case(std::string_view(placement).substr(kHeader.size()))
                                        : std::string();
}

std::optional<std::string> redirect_target(const HttpOrigin& origin, std::string_view target,
                                           std::string_view location) {
  location = location.substr(0, location.find('#'));
  const std::size_t scheme = location.find("://");
  const std::size_t structure = location.find_first_of("/?");
  if (scheme != std::string_view::npos && structure == scheme + 1) {
    const std::size_t end = location.find_first_of("/?", scheme + 3);
    if (parse_origin(lower_case(location.substr(0, end))) != origin) return std::nullopt;
    location = end == std::string_view::npos ? std::string_view() : location.substr(end);
    return normalise_target(location.starts_with('/') ? std::string(location) : "/" + std::string(location));
  }
  if (location.starts_with("//")) {
    return redirect_target(origin, target, std::string(to_text(origin.scheme)) + ":" + std::string(location));
  }
  const std::string_view path = path_of(target);
  if (location.empty()) return std::string(target);
  if (location.starts_with('/')) return normalise_target(location);
  if (location.starts_with('?')) return normalise_target(std::string(path) + std::string(location));
  if (location.find(':') < structure) return std::nullopt;  // another scheme
  return normalise_target(std::string(path.substr(0, path.rfind('/') + 1)) + std::string(location));
}

HttpMethod redirect_method(HttpMethod method, int status) {
  constexpr int kMoved = 301;
  constexpr int kFound = 302;
  constexpr int kSeeOther = 303;
  if (status == kSeeOther && method != HttpMethod::kHead) return HttpMethod::kGet;
  const bool rewritten = (status == kMoved || status == kFound) && method == HttpMethod::kPost;
  return rewritten ? HttpMethod::kGet : method;
}

bool is_redirect(int status) {
  constexpr std::array kStatuses{301, 302, 303, 307, 308};
  return std::ranges::find(kStatuses, status) != kStatuses.end();
}

}  // namespace palyra::host
