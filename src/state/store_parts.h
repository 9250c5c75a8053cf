// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an open StateStore holds, how it is read in one piece, and how it is changed in one piece.

#include "active_tools.h"
#include "audit_table.h"
#include "generation_file.h"
#include "object_store.h"
#include "run_anchor.h"
#include "schema.h"
#include "sqlite.h"

#include <palyra/base/directory.h>
#include <palyra/base/json.h>
#include <palyra/state/state_store.h>

namespace palyra::state {

inline constexpr const char* kDatabaseFile = "trust.db";

struct StoreParts {
  StateOptions options;
  Directory root;
  GenerationFile generation_file;
  ObjectStore objects;
  Database database;
  Schema schema;
  mutable ActiveTools active{};  // what find_active remembers

  [[nodiscard]] WallTime now() const { return options.clock->wall_seconds(); }
};

// What StateStore::open does, with another schema in tests. An older trust.db is migrated first (migration.h).
Result<std::unique_ptr<StoreParts>> open_parts(const StateOptions& options, const Schema& schema);

// Owned by us, written by nobody else. Errors: kStateNotPrivate.
Result<> check_private(const Directory& root);

// The head, the log's last row and every trust row, agreeing with each other.
struct Snapshot {
  Head head;
  skills::SkillTrustStore trust;
};
// In the caller's transaction. Errors: kStoreDamaged.
Result<Snapshot> load_rows(const Database& database);
// `floor` is the file `generation`: read before a transaction for reading began, but within one for writing, where
// nothing of this trust.db can be newer than what the transaction sees. Errors: kStoreDamaged.
Result<> check_generation(const Head& head, std::uint64_t floor);
// Both, of an open store. Errors: also kSchemaNewer (migrated by a newer program since this one opened it).
Result<Snapshot> load_snapshot(const StoreParts& parts, std::uint64_t floor);

// The one writer, from begin() to commit() or to its end, which undoes everything.
class Change {
 public:
  static Result<Change> begin(const StoreParts& parts);
  // In a transaction for writing that has begun. A recovery that put another trust.db in the place of this one while
  // the caller waited for the lock has raised the file `generation`. Errors: kStoreDamaged.
  static Result<Change> join(const StoreParts& parts, Transaction transaction);

  // The generation that this change makes.
  [[nodiscard]] std::uint64_t generation() const { return before_.head.generation + 1; }
  // To be changed in place; commit() writes what differs.
  [[nodiscard]] skills::SkillTrustStore& trust() { return trust_; }
  [[nodiscard]] const skills::SkillTrustStore& trust() const { return trust_; }
  [[nodiscard]] bool changes_trust() const { return trust_ != before_.trust; }
  // Errors: kStateChanged.
  [[nodiscard]] Result<> require_trust_generation(std::uint64_t expected) const;

  // `details` is an object; the anchors of the runs log are added to it.
  Result<> commit(std::string event, std::string subject, Json details);

 private:
  Change(const StoreParts& parts, Transaction transaction, Snapshot before)
      : parts_(&parts), transaction_(std::move(transaction)), before_(std::move(before)), trust_(before_.trust) {}

  const StoreParts* parts_;
  Transaction transaction_;
  Snapshot before_;
  skills::SkillTrustStore trust_;
  std::vector<RunAnchor> anchors_;
};

}  // namespace palyra::state
