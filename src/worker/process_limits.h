// SPDX-License-Identifier: Apache-2.0
#pragma once
// What this process gives up before it reads a byte of the module, and never gets back.

#include <cstdint>

namespace palyra::worker {

struct ProcessLimits {
  std::uint64_t cpu_seconds;
  std::uint64_t address_space_bytes;
};

// False: one of them could not be set, and the process must end.
bool give_up_privileges(const ProcessLimits& limits);

}  // namespace palyra::worker
