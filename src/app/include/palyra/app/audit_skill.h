// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: the static audit of a file, of an installed version, or of everything that could run here, under the
// operator's policy. Verifies, runs the golden examples, and measures; trusts nobody and pins nothing by looking.
// Source: docs/formats/audit-policy.md.

#include <palyra/app/run_examples.h>
#include <palyra/app/services.h>
#include <palyra/skills/audit.h>
#include <palyra/state/installed_version.h>

#include <optional>
#include <string>
#include <vector>

namespace palyra::app {

// The policy of `file`, else of policy.audit_file, else the defaults; what it leaves out is as the configuration says.
// Errors: those of read_file and skills::parse_audit_policy.
Result<skills::AuditPolicy> load_audit_policy(const Services& services, const std::optional<std::string>& file);

struct AuditSubject {
  const skills::Verification* verification = nullptr;
  const state::InstalledVersion* version = nullptr;  // null: of a file that was never installed
  const ExampleReport* examples = nullptr;           // null: they were not run
};

// With what `store` knows of the same skill and of publishers; without one, as on a machine that knows nothing.
// Errors: those of the store.
Result<skills::AuditReport> audit_verified(const Services& services, const state::StateStore* store,
                                           const AuditSubject& subject, const skills::AuditPolicy& policy);

struct AuditedSkill {
  std::string name;                                // of the file, or "acme.weather@1.2.0"
  std::optional<state::InstalledVersion> version;  // as it was before; absent: of a file
  std::optional<skills::AuditReport> report;       // absent: it could not be audited, `error` says why
  std::optional<Error> error;                      // also: it failed the audit, and could not be quarantined
  bool quarantined = false;                        // by this audit
};

// Whether a person means a file: it ends in ".palyra-skill" or holds a slash.
bool names_a_file(const std::string& selector);

// A file, or as select_version takes it. Errors: those of read_file, select_version and the state; of the worker when
// it could not look at the modules.
Result<AuditedSkill> audit_skill(const Services& services, const std::string& selector,
                                 const skills::AuditPolicy& policy);

enum class OnFailure : std::uint8_t { kReport, kQuarantine };

// Every version that runs or could run again without another promotion: active, superseded, disabled. With kQuarantine
// those that fail are quarantined, each in a change of its own whose reason names the checks; one that could not be
// audited is left alone. Errors: those of the state.
Result<std::vector<AuditedSkill>> audit_all(const Services& services, const skills::AuditPolicy& policy,
                                            OnFailure on_failure);

}  // namespace palyra::app
