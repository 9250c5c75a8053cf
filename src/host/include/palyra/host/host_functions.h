// SPDX-License-Identifier: Apache-2.0
#pragma once
// Everything a guest can call, bound to the rows of the ABI table.

#include <palyra/runtime/host_function.h>

#include <span>

namespace palyra::host {

// One function for each row of capability::abi_table(). Each expects the run's host_state to be a CallState. Static.
std::span<const runtime::HostFunction> host_functions();

}  // namespace palyra::host
