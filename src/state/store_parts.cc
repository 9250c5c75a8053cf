// SPDX-License-Identifier: Apache-2.0
#include "store_parts.h"

#include "trust_table.h"

#include <palyra/state/state_codes.h>

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

namespace palyra::state {

Result<> check_private(const Directory& root) {
  struct stat status{};
  if (::fstat(root.fd(), &status) != 0) return std::unexpected(file_error(errno, "inspect", root.path()));
  if (status.st_uid != ::geteuid()) {
    return fail(kStateNotPrivate, "'{}' belongs to the user {}, not to {}", root.path(), status.st_uid, ::geteuid());
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(kStateNotPrivate, "'{}' may be written by others (mode {:o})", root.path(), status.st_mode & 07777U);
  }
  return {};
}

Result<> check_generation(const Head& head, std::uint64_t floor) {
  if (head.generation >= floor) return {};
  return fail(kStoreDamaged, "trust.db is at generation {}, but {} was reached: it is an older copy", head.generation,
              floor);
}

Result<Snapshot> load_rows(const Database& database) {
  const Head head = PALYRA_TRY(load_head(database));
  const AuditRow last = PALYRA_TRY(load_last_audit_row(database, head));
  skills::SkillTrustStore trust = PALYRA_TRY(load_trust_rows(database));
  trust.set_generation(head.trust_generation);
  if (trust_digest(trust) != last.trust_sha256) {
    return fail(kStoreDamaged, "the trust rows are not those of the log's last row, {}", head.generation);
  }
  return Snapshot{.head = head, .trust = std::move(trust)};
}

Result<Snapshot> load_snapshot(const StoreParts& parts, std::uint64_t floor) {
  static_cast<void>(PALYRA_TRY(schema_version(parts.database, parts.schema)));
  Snapshot snapshot = PALYRA_TRY(load_rows(parts.database));
  PALYRA_TRY(check_generation(snapshot.head, floor));
  return snapshot;
}

Result<Change> Change::begin(const StoreParts& parts) {
  // Before the transaction, so that nobody waits for the disk of the runs log.
  std::vector<RunAnchor> anchors = collect_anchors(parts.root, parts.database);
  Change change = PALYRA_TRY(join(parts, PALYRA_TRY(Transaction::begin(parts.database, TransactionKind::kWrite))));
  change.anchors_ = std::move(anchors);
  return change;
}

Result<Change> Change::join(const StoreParts& parts, Transaction transaction) {
  const std::uint64_t floor = PALYRA_TRY(parts.generation_file.value());
  Snapshot before = PALYRA_TRY(load_snapshot(parts, floor));
  return Change(parts, std::move(transaction), std::move(before));
}

Result<> Change::require_trust_generation(std::uint64_t expected) const {
  if (before_.head.trust_generation == expected) return {};
  return fail(kStateChanged, "trust is at generation {} by now; the decision was made at {}",
              before_.head.trust_generation, expected);
}

Result<> Change::commit(std::string event, std::string subject, Json details) {
  if (!anchors_.empty()) details.set("runs", to_json(anchors_));
  if (changes_trust()) trust_.set_generation(before_.head.trust_generation + 1);
  PALYRA_TRY(save_trust_rows(parts_->database, before_.trust, trust_));
  AuditRow row{.generation = generation(),
               .time = parts_->now(),
               .actor = parts_->options.actor,
               .event = std::move(event),
               .subject = std::move(subject),
               .details = to_text(details),
               .trust_sha256 = trust_digest(trust_),
               .previous = before_.head.audit_digest,
               .digest = {}};
  row.digest = audit_digest(row);
  PALYRA_TRY(insert_audit_row(parts_->database, row));
  PALYRA_TRY(
      update_head(parts_->database,
                  {.generation = generation(), .trust_generation = trust_.generation(), .audit_digest = row.digest}));
  PALYRA_TRY(transaction_.commit());
  parts_->active.basis.reset();
  parts_->generation_file.raise_to(generation());
  return {};
}

}  // namespace palyra::state
