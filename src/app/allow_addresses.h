// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where an operator, or the developer of a skill, says that granted origins are.

#include <palyra/base/error.h>
#include <palyra/capability/grant_set.h>
#include <palyra/capability/http_port.h>

#include <string>
#include <vector>

namespace palyra::app {

// What `texts` say (PlanPromotionRequest::allow_address), and for other granted origins what `before` has. By host and
// port. Errors: kPromoteAddress.
Result<std::vector<capability::AddressBinding>> allow_addresses(const capability::CapabilityGrantSet& grants,
                                                                const std::vector<capability::AddressBinding>& before,
                                                                const std::vector<std::string>& texts);

}  // namespace palyra::app
