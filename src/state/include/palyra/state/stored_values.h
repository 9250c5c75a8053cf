// SPDX-License-Identifier: Apache-2.0
#pragma once
// What skills keep in storage.db, as the operator looks at it: everybody's, orphaned values too.

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>
#include <palyra/capability/storage_port.h>
#include <palyra/state/skill_storage.h>
#include <palyra/state/storage_codes.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::state {

struct StoredPrefix {
  std::string prefix;
  std::int64_t entries = 0;
  std::int64_t used_bytes = 0;  // as limits count them
};

struct StoredSkill {
  std::int64_t owner = 0;  // its number here, which stays
  std::string publisher;
  std::string skill_id;
  std::optional<std::chrono::milliseconds> orphaned;  // since 1970: another publisher of this name has the id since
  std::vector<StoredPrefix> prefixes;                 // by name
};

// As commands take it: its id; of orphaned values, "<id>#<number>".
std::string name_of(const StoredSkill& skill);

struct StoredKey {
  std::string prefix;
  std::string key;
  std::int64_t version = 0;
  std::int64_t size_bytes = 0;  // of the value
};

// All below: `root` is the state directory; errors: also those of SkillStorage.

// By skill id and number. Checks the whole file, every index against its table. Empty when nobody keeps anything.
Result<std::vector<StoredSkill>> list_stored_skills(const std::string& root);

// `skill` is a skill id, or `<skill id>#<number>` for an orphaned owner of it. Errors: kStorageNotFound.
Result<StoredSkill> find_stored_skill(const std::string& root, std::string_view skill);

// By prefix and key. Empty for a number that is no owner's.
Result<std::vector<StoredKey>> list_stored_keys(const std::string& root, std::int64_t owner);
// Errors: kStorageNotFound.
Result<capability::StoredValue> read_stored(const std::string& root, std::int64_t owner, capability::StorageKey at);

struct ExportedValue {
  std::string prefix;
  std::string key;
  std::optional<capability::StoredValue> value;  // nothing: it is damaged
};
// Everything that the owner keeps, at one moment. By prefix and key.
Result<std::vector<ExportedValue>> export_stored(const std::string& root, std::int64_t owner);

// Deletes what this owner keeps, and no namesake. Its bytes, as limits count them.
Result<std::int64_t> purge_stored(const std::string& root, const StorageOwner& owner);

// Deletes what the owner keeps, below one prefix or at all; later versions go on counting. Its bytes, as limits count
// them.
Result<std::int64_t> clear_stored(const std::string& root, std::int64_t owner,
                                  const std::optional<std::string>& prefix = std::nullopt);

}  // namespace palyra::state
