// SPDX-License-Identifier: Apache-2.0
#include "storage_entry.h"

#include "canonical_record.h"

#include <palyra/base/utf8.h>
#include <palyra/state/state_codes.h>

namespace palyra::state {

using std::string_view_literals::operator""sv;

crypto::Sha256Digest entry_digest(std::int64_t space, std::string_view key, std::int64_t version, BytesView value) {
  CanonicalRecord record("palyra/storage-entry/1\0"sv);
  record.add(static_cast<std::uint64_t>(space)).add(key).add(static_cast<std::uint64_t>(version)).add(value);
  return record.finish();
}

Result<capability::StoredValue> read_entry(const Statement& row, int first, std::int64_t space) {
  const std::string key = PALYRA_TRY(row.text(first));
  capability::StoredValue found{.value = PALYRA_TRY(row.blob(first + 3)),
                                .version = PALYRA_TRY(row.integer(first + 1))};
  if (PALYRA_TRY(row.digest(first + 2)) != entry_digest(space, key, found.version, found.value)) {
    return fail(kStoreDamaged, "the value under '{}' is not the one that was put", printable(key));
  }
  return found;
}

}  // namespace palyra::state
