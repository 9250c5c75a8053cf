// SPDX-License-Identifier: Apache-2.0
#pragma once
// One event of the audit log, which stands in the transaction that made it true.

#include <palyra/base/bytes.h>
#include <palyra/base/clock.h>
#include <palyra/crypto/sha256.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace palyra::state {

// The event of StateStore::recover: its row stands above every generation that was seen, first of all or after others.
inline constexpr std::string_view kRecovered = "state.recovered";

struct AuditRow {
  std::uint64_t generation = 0;  // that the change made: 1, 2, 3, ...; only a recovery (below) leaves numbers out
  WallTime time;
  std::string actor;
  std::string event;                  // "trust.publisher_added", "skills.kept", "skills.promoted", ...
  std::string subject;                // a publisher, `<skill id>@<version>`, or a content root
  std::string details;                // one JSON object
  crypto::Sha256Digest trust_sha256;  // of all trust rows after the change
  crypto::Sha256Digest previous;      // digest of the row before; zeros in the first
  crypto::Sha256Digest digest;        // audit_digest of this one
  friend bool operator==(const AuditRow&, const AuditRow&) = default;
};

// SHA-256("palyra/audit/1\0" || fields in the order above up to `previous`): integers as u64 big-endian, texts and
// digests each as u64 length || bytes.
crypto::Sha256Digest audit_digest(const AuditRow& row);

}  // namespace palyra::state
