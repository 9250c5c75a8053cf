// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use cases: what was changed here, when and by whom; and the whole log for somebody who checks it elsewhere.

#include <palyra/app/services.h>
#include <palyra/base/json.h>
#include <palyra/state/audit_row.h>

#include <optional>
#include <string>
#include <vector>

namespace palyra::app {

struct AuditQuery {
  std::string event;    // "trust.publisher_added", or "trust" for all that begin with `trust.`; empty: every event
  std::string subject;  // exactly, or of a skill its id alone; empty: every subject
  std::optional<WallTime> since{};
  std::size_t limit = 20;
};

// The newest first. Errors: those of state::StateStore::open and audit_rows.
Result<std::vector<state::AuditRow>> list_audit(const Services& services, const AuditQuery& query);

struct AuditExport {
  Json::Array rows;           // canonical: docs/formats/audit-log.md
  crypto::Sha256Digest head;  // digest of the last row
};
// One row a line.
std::string lines_of(const AuditExport& exported);

// From the first row, as it stands: verify_logs and whoever reads it judge it. Errors: those of state::StateStore::open
// and audit_rows.
Result<AuditExport> export_audit(const Services& services);

}  // namespace palyra::app
