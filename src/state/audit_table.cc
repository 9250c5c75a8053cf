// SPDX-License-Identifier: Apache-2.0
#include "audit_table.h"

#include "canonical_record.h"
#include "generation_file.h"

#include <palyra/state/state_codes.h>

#include <algorithm>
#include <limits>

namespace palyra::state {
namespace {

constexpr std::string_view kSelectHead = "SELECT generation, trust_generation, audit_digest FROM state";
constexpr std::string_view kInsertHead =
    "INSERT INTO state (one, generation, trust_generation, audit_digest) VALUES (1, ?1, ?2, ?3)";
constexpr std::string_view kUpdateHead =
    "UPDATE state SET generation = ?1, trust_generation = ?2, audit_digest = ?3 WHERE one = 1";
constexpr std::string_view kInsertRow =
    "INSERT INTO audit (generation, time, actor, event, subject, details, trust_digest, previous, digest) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
constexpr std::string_view kSelectRowsFrom =
    "SELECT generation, time, actor, event, subject, details, trust_digest, previous, digest FROM audit "
    "WHERE generation >= ?1 ORDER BY generation";

Result<AuditRow> read_row(const Statement& row) {
  return AuditRow{.generation = PALYRA_TRY(row.natural(0)),
                  .time = {PALYRA_TRY(row.integer(1))},
                  .actor = PALYRA_TRY(row.text(2)),
                  .event = PALYRA_TRY(row.text(3)),
                  .subject = PALYRA_TRY(row.text(4)),
                  .details = PALYRA_TRY(row.text(5)),
                  .trust_sha256 = PALYRA_TRY(row.digest(6)),
                  .previous = PALYRA_TRY(row.digest(7)),
                  .digest = PALYRA_TRY(row.digest(8))};
}

}  // namespace

crypto::Sha256Digest audit_digest(const AuditRow& row) {
  using namespace std::string_view_literals;
  return CanonicalRecord("palyra/audit/1\0"sv)
      .add(row.generation)
      .add(row.time)
      .add(row.actor)
      .add(row.event)
      .add(row.subject)
      .add(row.details)
      .add(row.trust_sha256)
      .add(row.previous)
      .finish();
}

Result<Head> load_head(const Database& database) {
  Statement row = PALYRA_TRY(database.query(kSelectHead));
  if (!PALYRA_TRY(row.step())) return fail(kStoreDamaged, "the row of the generation is missing");
  Head head{.generation = PALYRA_TRY(row.natural(0)),
            .trust_generation = PALYRA_TRY(row.natural(1)),
            .audit_digest = PALYRA_TRY(row.digest(2))};
  if (std::max(head.generation, head.trust_generation) > kMaxGeneration) {
    return fail(kStoreDamaged, "trust.db is at generation {}, limit {}", head.generation, kMaxGeneration);
  }
  return head;
}

Result<> insert_head(const Database& database, const Head& head) {
  return database.run(kInsertHead, head.generation, head.trust_generation, head.audit_digest);
}

Result<> update_head(const Database& database, const Head& head) {
  return database.run(kUpdateHead, head.generation, head.trust_generation, head.audit_digest);
}

Result<> insert_audit_row(const Database& database, const AuditRow& row) {
  return database.run(kInsertRow, row.generation, row.time.seconds, row.actor, row.event, row.subject, row.details,
                      row.trust_sha256, row.previous, row.digest);
}

Result<AuditRow> load_last_audit_row(const Database& database, const Head& head) {
  Statement rows = PALYRA_TRY(database.query(kSelectRowsFrom, head.generation));
  if (!PALYRA_TRY(rows.step())) return fail(kStoreDamaged, "row {} of the log is missing", head.generation);
  AuditRow row = PALYRA_TRY(read_row(rows));
  if (row.generation != head.generation || row.digest != head.audit_digest || audit_digest(row) != row.digest) {
    return fail(kStoreDamaged, "the last row of the log, {}, was changed", head.generation);
  }
  if (PALYRA_TRY(rows.step())) return fail(kStoreDamaged, "the log goes on after row {}, the last", head.generation);
  return row;
}

Result<std::vector<AuditRow>> load_audit_rows(const Database& database) {
  std::vector<AuditRow> all;
  Statement rows = PALYRA_TRY(database.query(kSelectRowsFrom, std::uint64_t{0}));
  while (PALYRA_TRY(rows.step())) all.push_back(PALYRA_TRY(read_row(rows)));
  return all;
}

Result<> check_audit_chain(const Database& database, const Head& head) {
  Statement rows = PALYRA_TRY(database.query(kSelectRowsFrom, std::numeric_limits<std::int64_t>::min()));
  std::uint64_t last = 0;
  crypto::Sha256Digest previous;
  while (PALYRA_TRY(rows.step())) {
    const AuditRow row = PALYRA_TRY(read_row(rows));
    // That no row is left out shows in `previous`; the numbers only say it in better words.
    if (row.generation != last + 1 && (row.event != kRecovered || row.generation <= last)) {
      return fail(kAuditBroken, "row {} stands where {} should", row.generation, last + 1);
    }
    if (row.previous != previous) return fail(kAuditBroken, "row {} does not follow the one before it", row.generation);
    if (audit_digest(row) != row.digest) return fail(kAuditBroken, "row {} was edited", row.generation);
    last = row.generation;
    previous = row.digest;
  }
  if (last != head.generation || previous != head.audit_digest) {
    return fail(kAuditBroken, "the log ends with row {}, not with {}", last, head.generation);
  }
  return {};
}

}  // namespace palyra::state
