// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where an exchange connects to: the decision on addresses, taken before there is a socket and kept for the moment
// when there is one.

#include <palyra/capability/http_port.h>
#include <palyra/egress/ip_address.h>
#include <palyra/egress/resolver.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::egress {

struct Proxy {
  std::string host;
  std::uint16_t port = 0;
};

// "http://host:port"; kHttpUnusable.
Result<Proxy> parse_proxy(std::string_view text);

struct Route {
  std::vector<Endpoint> endpoints;  // the only ones that a socket may be connected to
  std::optional<Proxy> proxy;       // the endpoints are its own
  bool bound = false;               // the endpoint is an operator's word
};

// An operator's binding decides without a look at the address. A proxy decides on names itself; what is an address in
// disguise (0x7f000001) is judged here even so. Otherwise every answer of the resolver is judged, and one that is
// refused refuses them all.
Result<Route> find_route(const capability::HttpExchange& exchange, const std::string& proxy, Resolver& resolver);

}  // namespace palyra::egress
