// SPDX-License-Identifier: Apache-2.0
#pragma once
// One row of the table `entry`: a value with the digest that says it is what was put.

#include "sqlite.h"

#include <palyra/capability/storage_port.h>

#include <optional>
#include <string_view>

namespace palyra::state {

// Of a value under `key` in the space of that number.
crypto::Sha256Digest entry_digest(std::int64_t space, std::string_view key, std::int64_t version, BytesView value);

// The value of a row whose columns `first` to `first` + 3 are key, version, digest, value. Errors: kStoreDamaged.
Result<capability::StoredValue> read_entry(const Statement& row, int first, std::int64_t space);

// What the row counts against limits.
constexpr std::int64_t entry_cost(std::size_t key_bytes, std::size_t value_bytes) {
  return capability::kStorageEntryBytes + static_cast<std::int64_t>(key_bytes + value_bytes);
}

}  // namespace palyra::state
