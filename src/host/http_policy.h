// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a request may look like and which rule decides on it: pure functions on text. docs/guest-abi.md 3.

#include <palyra/capability/capability.h>
#include <palyra/capability/grant_set.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace palyra::host {

inline constexpr std::size_t kMaxHttpTargetBytes = 4'096;

struct HttpOrigin {
  capability::HttpScheme scheme = capability::HttpScheme::kHttps;
  std::string host;
  std::uint16_t port = 443;
  friend bool operator==(const HttpOrigin&, const HttpOrigin&) = default;
};

HttpOrigin origin_of(const capability::HttpRule& rule);

// `scheme://host[:port]`, where a bare host means https. No user, path, address, upper case or final dot.
std::optional<HttpOrigin> parse_origin(std::string_view text);

// The path and query that go on the wire, or nothing. The path begins with `/` and keeps within RFC 3986; its dot
// segments are resolved, escapes of unreserved characters undone and others written in upper case. Refused: a path that
// climbs above the root, empty segments but the last, dot segments with parameters (`..;x`), fragments, backslashes,
// half escapes, and escaped dots, slashes, backslashes, control characters and escapes.
std::optional<std::string> normalise_target(std::string_view text);

// The path of a normalised target.
std::string_view path_of(std::string_view target);

// Of the rules of that origin whose prefix holds the path and which allow the method, the one with the longest prefix.
const capability::HttpRule* choose_rule(const capability::CapabilityGrantSet& grants, const HttpOrigin& origin,
                                        capability::HttpMethod method, std::string_view path);

// Visible ASCII, spaces and tabs.
bool is_header_value(std::string_view text);

// The field, in lower case, that a rule's secret fills; empty when there is none.
std::string secret_header(const capability::HttpRule& rule);

// Where `location`, in the answer to a request for `target`, leads: a normalised target of the same origin, or nothing.
std::optional<std::string> redirect_target(const HttpOrigin& origin, std::string_view target,
                                           std::string_view location);

// The method of the request after this status: GET after 303, and for a POST after 301 and 302; else the same.
capability::HttpMethod redirect_method(capability::HttpMethod method, int status);

bool is_redirect(int status);  // 301 302 303 307 308

}  // namespace palyra::host
