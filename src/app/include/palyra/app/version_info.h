// SPDX-License-Identifier: Apache-2.0
#pragma once
// What this build is.

#include <string_view>

namespace palyra::app {

std::string_view palyra_version();  // "0.1.0"
// Of the source tree when it was configured, with "+" behind it when it had changes; "unknown" outside a checkout.
std::string_view palyra_commit();

}  // namespace palyra::app
