// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where an operator says that granted origins are.

#include <palyra/app/promote_skill.h>

#include <string>
#include <vector>

namespace palyra::app {

// What `texts` say (PlanPromotionRequest::allow_address), and for other granted origins what the replaced version has.
// By host and port. Errors: kPromoteAddress.
Result<std::vector<capability::AddressBinding>> allow_addresses(const PromotionPlan& plan,
                                                                const std::vector<std::string>& texts);

}  // namespace palyra::app
