// SPDX-License-Identifier: Apache-2.0
#pragma once
// The checks of an audit, in groups. Each gives exactly one verdict a check id, whatever the verification came to.
// Source: docs/formats/audit-policy.md, "Checks".

#include <palyra/skills/audit.h>

#include <string>
#include <string_view>
#include <vector>

namespace palyra::skills {

using AuditChecks = std::vector<AuditCheck>;

AuditCheck audit_pass(std::string_view id, std::string message, Json details = {});
AuditCheck audit_warning(std::string_view id, std::string message, Json details = {});
AuditCheck audit_failure(std::string_view id, std::string message, Json details = {});
AuditCheck audit_not_run(std::string_view id, std::string why);

// "verification stopped at manifest: manifest.unknown_key", for what was not looked at.
std::string stop_reason(const Verification& verification);

// "a, b and 3 more", printable.
std::string name_some(const std::vector<std::string>& names);

// What the stages of the verification say.
void audit_stages(const AuditRequest& request, AuditChecks& checks);
// What the manifest asks for and how it speaks.
void audit_manifest(const AuditRequest& request, AuditChecks& checks);
// What the modules are. Those that were not read leave a check not_run, unless one that was read fails it.
void audit_modules(const AuditRequest& request, AuditChecks& checks);
// What is new against what is known here.
void audit_history(const AuditRequest& request, AuditChecks& checks);

}  // namespace palyra::skills
