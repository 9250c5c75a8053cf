// SPDX-License-Identifier: Apache-2.0
#pragma once
// The directories behind the filesystem roots that are granted.

#include <palyra/app/services.h>
#include <palyra/state/installed_version.h>

#include <string>
#include <vector>

namespace palyra::app {

// One for each filesystem root of `grants`: as `texts` say ("NAME=DIR", "NAME=DIR:ro"), else as `before` has it, else
// without a directory. Each directory is resolved and judged here, also one of before. Errors: kPromoteRoot.
Result<std::vector<state::MappedRoot>> map_roots(const Services& services, const capability::CapabilityGrantSet& grants,
                                                 const std::vector<state::MappedRoot>& before,
                                                 const std::vector<std::string>& texts);

}  // namespace palyra::app
