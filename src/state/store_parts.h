// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an open StateStore holds, how it is read in one piece, and how it is changed in one piece.

#include "audit_table.h"
#include "generation_file.h"
#include "object_store.h"
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

  [[nodiscard]] WallTime now() const { return options.clock->wall_seconds(); }
};

// Owned by us, written by nobody else. Errors: kStateNotPrivate.
Result<> check_private(const Directory& root);

// The head, the log's last row and every trust row, agreeing with each other.
struct Snapshot {
  Head head;
  skills::SkillTrustStore trust;
};
// In the caller's transaction. `floor` is the file `generation`, read before that transaction began.
// Errors: kStoreDamaged.
Result<Snapshot> load_snapshot(const Database& database, std::uint64_t floor);

// The one writer, from begin() to commit() or to its end, which undoes everything.
class Change {
 public:
  static Result<Change> begin(const StoreParts& parts);

  // The generation that this change makes.
  [[nodiscard]] std::uint64_t generation() const { return before_.head.generation + 1; }
  // To be changed in place; commit() writes what differs.
  [[nodiscard]] skills::SkillTrustStore& trust() { return trust_; }
  [[nodiscard]] bool changes_trust() const { return trust_ != before_.trust; }
  // Errors: kStateChanged.
  [[nodiscard]] Result<> require_trust_generation(std::uint64_t expected) const;

  // `details` is an object.
  Result<> commit(std::string event, std::string subject, const Json& details);

 private:
  Change(const StoreParts& parts, Transaction transaction, Snapshot before)
      : parts_(&parts), transaction_(std::move(transaction)), before_(std::move(before)), trust_(before_.trust) {}

  const StoreParts* parts_;
  Transaction transaction_;
  Snapshot before_;
  skills::SkillTrustStore trust_;
};

}  // namespace palyra::state
