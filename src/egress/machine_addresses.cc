// SPDX-License-Identifier: Apache-2.0
#include "machine_addresses.h"

#include <palyra/base/c_handle.h>

#include <cstring>
#include <ifaddrs.h>
#include <netinet/in.h>

namespace palyra::egress {

std::optional<std::vector<IpAddress>> machine_addresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return std::nullopt;
  const CHandle<ifaddrs, &freeifaddrs> owner(list);
  std::vector<IpAddress> addresses;
  for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr) continue;
    IpAddress address;
    if (at->ifa_addr->sa_family == AF_INET) {
      sockaddr_in v4{};
      std::memcpy(&v4, at->ifa_addr, sizeof v4);
      std::memcpy(address.bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
    } else if (at->ifa_addr->sa_family == AF_INET6) {
      sockaddr_in6 v6{};
      std::memcpy(&v6, at->ifa_addr, sizeof v6);
      address.family = IpFamily::kV6;
      std::memcpy(address.bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
    } else {
      continue;
    }
    addresses.push_back(address);
  }
  return addresses;
}

}  // namespace palyra::egress
