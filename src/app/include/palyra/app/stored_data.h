// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use cases: what skills keep in storage, as the operator sees, exports and clears it. docs/cli.md, "palyra storage".

#include <palyra/app/consent.h>
#include <palyra/app/services.h>
#include <palyra/state/installed_version.h>
#include <palyra/state/stored_values.h>

#include <optional>
#include <string>
#include <vector>

namespace palyra::app {

// `skill` of all: a skill id, or `<id>#<number>` of orphaned values, as state::list_stored_skills shows it.
// Errors of all: state::kStorageNotFound, and those of state::SkillStorage.

struct StoredSkillKeys {
  state::StoredSkill skill;
  std::vector<state::StoredKey> keys;
};

Result<StoredSkillKeys> list_stored_keys(const Services& services, const std::string& skill);

struct StoredValueRequest {
  std::string skill;
  std::string prefix;
  std::string key;
};
Result<capability::StoredValue> read_stored(const Services& services, const StoredValueRequest& request);

struct StorageExport {
  std::size_t entries = 0;
  std::size_t size_bytes = 0;  // of the file
};
// One line of JSON for each value, by prefix and key: {"prefix","key","version","value"|"value_base64"}. `file` is made
// (0600), never overwritten. Errors: also those of write_file_atomic.
Result<StorageExport> export_stored(const Services& services, const std::string& skill, const std::string& file);

// What clearing would delete; nothing is changed.
struct ClearPlan {
  state::StoredSkill skill;
  std::optional<std::string> prefix;  // none: all prefixes, and the owner is forgotten
};
// Errors: also state::kStorageNotFound for a prefix without values.
Result<ClearPlan> plan_clear(const Services& services, const std::string& skill, std::optional<std::string> prefix);
// The bytes deleted, as limits count them. Errors: also kPromoteNotInteractive.
Result<std::int64_t> clear_stored(const Services& services, const ClearPlan& plan, ConsentForm consent);

// Deletes what the skill of this version keeps, when the version was promoted once and no other of the skill is left
// that is not removed. The bytes deleted.
Result<std::int64_t> purge_stored(const Services& services, const state::StateStore& store,
                                  const state::InstalledVersion& version);

}  // namespace palyra::app
