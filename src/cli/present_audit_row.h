// SPDX-License-Identifier: Apache-2.0
#pragma once
// One row of the audit log, for `audit list` and `skills history`.

#include <palyra/base/json.h>
#include <palyra/state/audit_row.h>

#include <string>

namespace palyra::cli {

Json audit_row_json(const state::AuditRow& row);
// One line; verbosely a second one with the details.
std::string audit_row_text(const state::AuditRow& row, bool verbose);

}  // namespace palyra::cli
