// SPDX-License-Identifier: Apache-2.0
#pragma once
// Addresses of the internet protocols, and which of them a skill's request may reach.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace palyra::egress {

enum class IpFamily : std::uint8_t { kV4, kV6 };

struct IpAddress {
  IpFamily family = IpFamily::kV4;
  std::array<std::uint8_t, 16> bytes{};  // of kV4 the first four
  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// `192.0.2.1`, `2001:db8::1`: the full forms only, without brackets and zones.
std::optional<IpAddress> parse_ip(std::string_view text);
std::string to_text(const IpAddress& address);
std::string to_text(const Endpoint& endpoint);  // "192.0.2.1:80", "[2001:db8::1]:80"

// Why a request must not go to the address: "loopback", "a private network", ...; empty when it may. Only global
// unicast may, judged by what is allowed, not by a list of what is known to be bad; an IPv4 address inside an IPv6 one
// (mapped, NAT64, ISATAP) is judged itself. Source: IANA's special-purpose registries, RFC 6890; docs/guest-abi.md 3.
std::string_view refusal_of(const IpAddress& address);

// The IPv4 address that a gateway makes of an IPv6 one (NAT64, ISATAP).
std::optional<IpAddress> v4_inside(const IpAddress& address);

// Names under which clouds offer credentials to whoever asks.
bool is_metadata_name(std::string_view host);

}  // namespace palyra::egress
