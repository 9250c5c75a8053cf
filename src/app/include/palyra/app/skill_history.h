// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: everything that was ever decided here about one skill, from the audit log.

#include <palyra/app/services.h>
#include <palyra/state/audit_row.h>

#include <string>
#include <vector>

namespace palyra::app {

// Rows whose subject is the skill or one of its versions, and rows that name one in their details, as a revocation
// does; the oldest first. Errors: state::kSkillNotInstalled when there is none, those of the state.
Result<std::vector<state::AuditRow>> skill_history(const Services& services, const std::string& skill_id);

}  // namespace palyra::app
