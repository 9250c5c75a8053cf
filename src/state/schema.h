// SPDX-License-Identifier: Apache-2.0
#pragma once
// The tables of trust.db, all of them, and whether a file has exactly these.

#include "sqlite.h"

namespace palyra::state {

inline constexpr std::int64_t kApplicationId = 0x50'4C'59'52;  // "PLYR", in the file's header
inline constexpr std::int64_t kSchemaVersion = 1;

// In an empty database, inside the caller's transaction.
Result<> create_schema(const Database& database);

// Order of checks: application id, schema version, the very statements of create_schema, the structure of every table
// and index but the log's (whose rows are checked by their digests; no start gets slower for its length).
// Errors: kStoreDamaged, kSchemaNewer.
Result<> check_schema(const Database& database);

}  // namespace palyra::state
