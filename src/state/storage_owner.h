// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rows that say whose values are whose.

#include "sqlite.h"

#include <palyra/state/skill_storage.h>

#include <optional>

namespace palyra::state {

// The row of that owner, in the caller's transaction: of his publisher and skill id, known by a key that he has now, or
// by one that a rotation replaced while he was trusted all along. Orphaned or not.
Result<std::optional<std::int64_t>> find_owner(const Database& database, const StorageOwner& owner);

// In the caller's transaction for writing: finds or makes the row, brings its keys up to date, and marks every other
// owner of the skill id as orphaned. `now` is since 1970.
Result<std::int64_t> claim_owner(const Database& database, const StorageOwner& owner, std::chrono::milliseconds now);

}  // namespace palyra::state
