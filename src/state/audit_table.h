// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rows of the audit log, and the one row of `state` that ends its chain.

#include "sqlite.h"

#include <palyra/state/audit_row.h>

#include <vector>

namespace palyra::state {

// Where the store stands.
struct Head {
  std::uint64_t generation = 0;
  std::uint64_t trust_generation = 0;
  crypto::Sha256Digest audit_digest;  // of the row `generation`
  friend bool operator==(const Head&, const Head&) = default;
};

Result<Head> load_head(const Database& database);
Result<> insert_head(const Database& database, const Head& head);
Result<> update_head(const Database& database, const Head& head);

Result<> insert_audit_row(const Database& database, const AuditRow& row);

// The row that `head` names, if it is the last one and has the digest that `head` and its own fields say.
// Errors: kStoreDamaged.
Result<AuditRow> load_last_audit_row(const Database& database, const Head& head);

Result<std::vector<AuditRow>> load_audit_rows(const Database& database);

// Row by row from the first to `head`. Errors: kAuditBroken, naming the first row that does not fit.
Result<> check_audit_chain(const Database& database, const Head& head);

}  // namespace palyra::state
