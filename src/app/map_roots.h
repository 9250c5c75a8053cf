// SPDX-License-Identifier: Apache-2.0
#pragma once
// The directories behind the filesystem roots of a promotion.

#include <palyra/app/promote_skill.h>
#include <palyra/app/services.h>

#include <string>
#include <vector>

namespace palyra::app {

// One for each filesystem root of `plan.grants`: as `texts` say ("NAME=DIR", "NAME=DIR:ro"), else as the version has it
// that `plan` replaces, else without a directory. Each directory is resolved and judged here, also one of before.
// Errors: kPromoteRoot.
Result<std::vector<state::MappedRoot>> map_roots(const Services& services, const PromotionPlan& plan,
                                                 const std::vector<std::string>& texts);

}  // namespace palyra::app
