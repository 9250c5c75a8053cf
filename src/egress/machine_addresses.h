// SPDX-License-Identifier: Apache-2.0
#pragma once
// The addresses of this machine's own interfaces, under which its own services are reached. They may be global.

#include <palyra/egress/ip_address.h>

#include <vector>

namespace palyra::egress {

// nullopt: the system does not say.
std::optional<std::vector<IpAddress>> machine_addresses();

}  // namespace palyra::egress
