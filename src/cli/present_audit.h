// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reports of the static audit, for people and as JSON.

#include <palyra/base/json.h>
#include <palyra/skills/audit.h>

#include <string>

namespace palyra::cli {

// Of each check id, status, severity, message and details.
Json audit_json(const skills::AuditReport& report);

enum class AuditDetail : std::uint8_t {
  kFindings,  // what fails, warns or did not run, and how many pass
  kAll,
};
// Lines of a table, failures first, each with what to do about it.
std::string audit_text(const skills::AuditReport& report, AuditDetail detail);

}  // namespace palyra::cli
