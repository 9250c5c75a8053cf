// SPDX-License-Identifier: Apache-2.0
#include "own_address.h"

#include <palyra/base/unique_fd.h>

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

namespace palyra::egress {
namespace {

int bind_v4(int fd, const IpAddress& address) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  std::memcpy(&at.sin_addr, address.bytes.data(), sizeof at.sin_addr);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at);
}

int bind_v6(int fd, const IpAddress& address) {
  sockaddr_in6 at{};
  at.sin6_family = AF_INET6;
  std::memcpy(&at.sin6_addr, address.bytes.data(), sizeof at.sin6_addr);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at);
}

}  // namespace

std::optional<bool> is_of_this_machine(const IpAddress& address) {
  const bool is_v4 = address.family == IpFamily::kV4;
  const UniqueFd fd(::socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid() && errno == EAFNOSUPPORT) return false;  // nothing can be connected there either
  if (!fd.valid()) return std::nullopt;
  if ((is_v4 ? bind_v4(fd.get(), address) : bind_v6(fd.get(), address)) == 0) return true;
  if (errno == EADDRNOTAVAIL) return false;
  return std::nullopt;
}

}  // namespace palyra::egress
