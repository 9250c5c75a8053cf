// SPDX-License-Identifier: Apache-2.0
#include "route.h"

#include "own_address.h"

#include <palyra/base/shell_quoted.h>
#include <palyra/base/utf8.h>
#include <palyra/capability/capability_names.h>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>

namespace palyra::egress {
namespace {

using capability::HttpExchange;

std::string_view refusal_here(const IpAddress& address) {
  const std::string_view refused = refusal_of(address);
  if (!refused.empty()) return refused;
  for (const auto& each : {std::optional(address), v4_inside(address)}) {
    if (!each) continue;
    const auto own = is_of_this_machine(*each);
    if (!own) return "perhaps an address of this machine: the system does not say";
    if (*own) return "an address of this machine";
  }
  return {};
}

Result<> judge(const HttpExchange& exchange, const IpAddress& address) {
  const std::string_view refused = refusal_here(address);
  if (refused.empty()) return {};
  auto error =
      fail(capability::kHttpAddressRefused, "{} leads to {}, which is {}", exchange.host, to_text(address), refused);
  return std::unexpected(std::move(error).error().with_next(
      "--allow-address " + shell_quoted(fmt::format("{}:{}={}", exchange.host, exchange.port,
                                                    to_text(Endpoint{.address = address, .port = exchange.port})))));
}

Result<> judge_all(const HttpExchange& exchange, const std::vector<IpAddress>& addresses) {
  for (const IpAddress& address : addresses) PALYRA_TRY(judge(exchange, address));
  return {};
}

std::vector<Endpoint> at_port(const std::vector<IpAddress>& addresses, std::uint16_t port) {
  std::vector<Endpoint> endpoints;
  endpoints.reserve(addresses.size());
  for (const IpAddress& address : addresses) endpoints.push_back({.address = address, .port = port});
  return endpoints;
}

// The spellings of IPv4 that resolvers and libcurl take for an address: 0x7f000001, 0x7f.1, ...
std::optional<IpAddress> disguised_address(const std::string& host) {
  in_addr found{};
  if (inet_aton(host.c_str(), &found) == 0) return std::nullopt;
  IpAddress address;
  std::memcpy(address.bytes.data(), &found, sizeof found);
  return address;
}

Result<Route> bound_route(const capability::AddressBinding& binding) {
  const auto address = parse_ip(binding.address);
  if (!address) {
    return fail(capability::kHttpUnusable, "the address that is bound to {}:{} is none: {}", binding.host, binding.port,
                printable(binding.address));
  }
  return Route{.endpoints = {{.address = *address, .port = binding.address_port}}, .proxy = {}, .bound = true};
}

Result<Route> proxy_route(const HttpExchange& exchange, const std::string& text, Resolver& resolver) {
  Proxy proxy = PALYRA_TRY(parse_proxy(text));
  if (const auto disguised = disguised_address(std::string(exchange.host))) {
    PALYRA_TRY(judge_all(exchange, {*disguised}));
  }
  std::vector<IpAddress> addresses;
  if (const auto address = parse_ip(proxy.host)) {
    addresses = {*address};
  } else {
    addresses =
        PALYRA_TRY(resolver.resolve(proxy.host, {.deadline = exchange.deadline, .cancelled = exchange.cancelled}));
  }
  return Route{.endpoints = at_port(addresses, proxy.port), .proxy = std::move(proxy), .bound = false};
}

}  // namespace

Result<Proxy> parse_proxy(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  const auto refused = [&] {
    return fail(capability::kHttpUnusable, "http.proxy is \"{}\", not http://host:port", printable(text));
  };
  if (!text.starts_with(kScheme)) return refused();
  std::string_view rest = text.substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return refused();
  Proxy proxy;
  proxy.host = rest.substr(0, colon);
  const std::string_view digits = rest.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), proxy.port);
  const bool is_port = error == std::errc{} && end == digits.data() + digits.size() && proxy.port != 0;
  const auto address = parse_ip(proxy.host);
  const bool is_host = capability::is_host_name(proxy.host) || (address && address->family == IpFamily::kV4);
  if (!is_port || !is_host) return refused();
  return proxy;
}

Result<Route> find_route(const HttpExchange& exchange, const std::string& proxy, Resolver& resolver) {
  if (exchange.binding != nullptr) return bound_route(*exchange.binding);
  if (is_metadata_name(exchange.host)) {
    return fail(capability::kHttpAddressRefused, "{} is the name of a cloud's metadata service", exchange.host);
  }
  if (!proxy.empty()) return proxy_route(exchange, proxy, resolver);
  const std::vector<IpAddress> addresses = PALYRA_TRY(
      resolver.resolve(std::string(exchange.host), {.deadline = exchange.deadline, .cancelled = exchange.cancelled}));
  PALYRA_TRY(judge_all(exchange, addresses));
  return Route{.endpoints = at_port(addresses, exchange.port), .proxy = {}, .bound = false};
}

}  // namespace palyra::egress
