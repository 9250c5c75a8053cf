// SPDX-License-Identifier: Apache-2.0
#pragma once
// The tables of a database file, all of them, and whether a file has exactly these: trust.db's, and those of other
// files of the state (storage_database.h).
//
// A version of the schema is never edited after a release. The next one is a step more: statements that make it of the
// version before. They never say RENAME: the text in the file must not depend on SQLite's release.

#include "sqlite.h"

#include <span>

namespace palyra::state {

inline constexpr std::int64_t kApplicationId = 0x50'4C'59'52;  // "PLYR", in the file's header
inline constexpr std::string_view kTrustDigestedTables[] = {"audit"};

struct Schema {
  std::span<const char* const> steps;  // the first makes version 1 of an empty database
  const char* file = "trust.db";
  std::int64_t application_id = kApplicationId;
  // Tables whose rows are checked by their digests, and not on every start.
  std::span<const std::string_view> digested = kTrustDigestedTables;

  [[nodiscard]] std::int64_t version() const { return static_cast<std::int64_t>(steps.size()); }
  // As it was at a version, 1 to this one.
  [[nodiscard]] Schema at(std::int64_t version) const {
    return {steps.first(static_cast<std::size_t>(version)), file, application_id, digested};
  }
};
// Of trust.db. Lives as long as the program. Tests have others.
const Schema& current_schema();

// In an empty database, inside the caller's transaction.
Result<> create_schema(const Database& database, const Schema& schema);

// The version of the file, 1 to that of `schema`. Errors: kStoreDamaged (another application's, or a version that never
// was), kSchemaNewer.
Result<std::int64_t> schema_version(const Database& database, const Schema& schema);

// Takes the steps from the file's version on, inside the caller's transaction.
Result<> upgrade_schema(const Database& database, const Schema& schema);

// Order of checks: those of schema_version, the very statements of create_schema, the structure of every table and
// index but the digested ones (no start gets slower for their length).
// Errors: kStoreDamaged (also: an older version), kSchemaNewer.
Result<> check_schema(const Database& database, const Schema& schema);

}  // namespace palyra::state
