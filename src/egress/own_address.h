// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether an address is this machine's own, under which its own services are reached. It may be global.

#include <palyra/egress/ip_address.h>

#include <optional>

namespace palyra::egress {

// By asking the kernel for a socket under it, which counts every interface and every route to itself. nullopt: the
// kernel does not say. Where net.ipv4.ip_nonlocal_bind is set every address is this machine's.
std::optional<bool> is_of_this_machine(const IpAddress& address);

}  // namespace palyra::egress
