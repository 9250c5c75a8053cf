// SPDX-License-Identifier: Apache-2.0
#include <palyra/egress/ip_address.h>

#include <fmt/core.h>

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>

namespace palyra::egress {
namespace {

struct Network {
  std::string_view address;
  unsigned bits;
  std::string_view is;
};

// What is not global unicast. The last two stand in allowed space.
constexpr auto kRefusedV4 = std::to_array<Network>({
    {"0.0.0.0", 8, "this network"},
    {"10.0.0.0", 8, "a private network"},
    {"100.64.0.0", 10, "a carrier's private network"},
    {"127.0.0.0", 8, "loopback"},
    {"169.254.0.0", 16, "link-local"},
    {"172.16.0.0", 12, "a private network"},
    {"192.0.0.0", 24, "reserved for protocols"},
    {"192.0.2.0", 24, "reserved for documentation"},
    {"192.88.99.0", 24, "a 6to4 relay"},
    {"192.168.0.0", 16, "a private network"},
    {"198.18.0.0", 15, "reserved for benchmarks"},
    {"198.51.100.0", 24, "reserved for documentation"},
    {"203.0.113.0", 24, "reserved for documentation"},
    {"224.0.0.0", 3, "multicast or reserved"},
    {"168.63.129.16", 32, "a cloud's metadata service"},
});

constexpr Network kGlobalV6{"2000::", 3, ""};
constexpr auto kRefusedV6 = std::to_array<Network>({
    {"2001::", 23, "reserved for protocols"},  // Teredo among them
    {"2001:db8::", 32, "reserved for documentation"},
    {"2002::", 16, "6to4"},
    {"3fff::", 20, "reserved for documentation"},
});
constexpr Network kMapped{"::ffff:0:0", 96, ""};
constexpr Network kNat64{"64:ff9b::", 96, ""};

constexpr std::size_t kV4Bytes = 4;
constexpr std::size_t kV6Bytes = 16;

std::size_t bytes_in(const IpAddress& address) { return address.family == IpFamily::kV4 ? kV4Bytes : kV6Bytes; }

bool is_in(const IpAddress& address, const Network& network) {
  const auto base = parse_ip(network.address);
  if (!base || base->family != address.family) return false;
  unsigned bits = network.bits;
  for (std::size_t i = 0; i < bytes_in(address) && bits > 0; ++i) {
    const unsigned here = std::min(bits, 8U);
    const unsigned mask = 0xFFU << (8U - here) & 0xFFU;
    if (((address.bytes[i] ^ base->bytes[i]) & mask) != 0) return false;
    bits -= here;
  }
  return true;
}

template <std::size_t N>
std::string_view find_in(const IpAddress& address, const std::array<Network, N>& networks) {
  const auto found = std::ranges::find_if(networks, [&](const Network& network) { return is_in(address, network); });
  return found == networks.end() ? std::string_view() : found->is;
}

// The last four bytes, as an IPv4 address.
IpAddress inner_v4(const IpAddress& address) {
  IpAddress inner;
  std::copy_n(address.bytes.begin() + (kV6Bytes - kV4Bytes), kV4Bytes, inner.bytes.begin());
  return inner;
}

// RFC 5214 6.1: interface identifiers ::0:5efe:a.b.c.d and ::200:5efe:a.b.c.d.
bool is_isatap(const IpAddress& address) {
  constexpr std::size_t kIdentifier = 8;
  constexpr std::uint8_t kUniversal = 0x02;
  const auto* const id = &address.bytes[kIdentifier];
  return (id[0] & ~kUniversal) == 0 && id[1] == 0 && id[2] == 0x5E && id[3] == 0xFE;
}

std::string_view refusal_of_v6(const IpAddress& address) {
  if (is_in(address, kMapped)) return "an IPv4 address in disguise";
  if (is_in(address, kNat64)) return refusal_of(inner_v4(address));
  if (!is_in(address, kGlobalV6)) return "not global unicast";
  const std::string_view refused = find_in(address, kRefusedV6);
  if (!refused.empty()) return refused;
  return is_isatap(address) ? refusal_of(inner_v4(address)) : std::string_view();
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  IpAddress address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) return address;
  address.family = IpFamily::kV6;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::string to_text(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  const int family = address.family == IpFamily::kV4 ? AF_INET : AF_INET6;
  return inet_ntop(family, address.bytes.data(), text, sizeof text) == nullptr ? "" : text;
}

std::string to_text(const Endpoint& endpoint) {
  const std::string address = to_text(endpoint.address);
  return endpoint.address.family == IpFamily::kV4 ? fmt::format("{}:{}", address, endpoint.port)
                                                  : fmt::format("[{}]:{}", address, endpoint.port);
}

std::string_view refusal_of(const IpAddress& address) {
  return address.family == IpFamily::kV4 ? find_in(address, kRefusedV4) : refusal_of_v6(address);
}

std::optional<IpAddress> v4_inside(const IpAddress& address) {
  if (address.family == IpFamily::kV4 || !(is_in(address, kNat64) || is_isatap(address))) return std::nullopt;
  return inner_v4(address);
}

bool is_metadata_name(std::string_view host) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"instance-data", "instance-data.ec2.internal", "metadata", "metadata.goog", "metadata.google.internal"});
  return std::ranges::find(kNames, host) != kNames.end();
}

}  // namespace palyra::egress
