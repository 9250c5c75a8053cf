// SPDX-License-Identifier: Apache-2.0
#include "skill_directories.h"

#include <palyra/app/stored_data.h>
#include <palyra/base/file.h>
#include <palyra/base/json_bytes.h>
#include <palyra/base/utf8.h>

#include <algorithm>

namespace palyra::app {
namespace {

Json entry_json(const state::ExportedValue& each) {
  Json json = Json::Object{{"prefix", each.prefix}, {"key", each.key}, {"version", each.value->version}};
  set_bytes(json, "value", each.value->value);
  return json;
}

bool keeps(const state::StoredSkill& skill, const std::string& prefix) {
  return std::ranges::any_of(
      skill.prefixes, [&](const state::StoredPrefix& each) { return each.prefix == prefix && each.entries != 0; });
}

// Only of one that somebody promoted are the names worth anything here.
bool is_last_promoted(const std::vector<state::InstalledVersion>& versions, const state::InstalledVersion& version) {
  if (version.entries.empty()) return false;
  return std::ranges::all_of(versions, [&](const state::InstalledVersion& other) {
    return other.status == state::VersionStatus::kRemoved || other.content_root() == version.content_root();
  });
}

}  // namespace

Result<StoredSkillKeys> list_stored_keys(const Services& services, const std::string& skill) {
  StoredSkillKeys found{.skill = PALYRA_TRY(state::find_stored_skill(services.state.root, skill)), .keys = {}};
  found.keys = PALYRA_TRY(state::list_stored_keys(services.state.root, found.skill.owner));
  return found;
}

Result<capability::StoredValue> read_stored(const Services& services, const StoredValueRequest& request) {
  const state::StoredSkill skill = PALYRA_TRY(state::find_stored_skill(services.state.root, request.skill));
  return state::read_stored(services.state.root, skill.owner, {.prefix = request.prefix, .key = request.key});
}

Result<StorageExport> export_stored(const Services& services, const std::string& skill, const std::string& file) {
  const state::StoredSkill owner = PALYRA_TRY(state::find_stored_skill(services.state.root, skill));
  const std::vector<state::ExportedValue> values = PALYRA_TRY(state::export_stored(services.state.root, owner.owner));
  StorageExport made;
  std::string lines;
  for (const state::ExportedValue& each : values) {
    if (!each.value) continue;
    lines += palyra::to_text(entry_json(each)) + "\n";
    ++made.entries;
  }
  made.size_bytes = lines.size();
  PALYRA_TRY(write_file_atomic(file, as_bytes(lines), 0600, Overwrite::kNo));
  if (made.entries == values.size()) return made;
  return fail(state::kStorageDamaged, "{} of {} values are damaged; the others are in '{}'",
              values.size() - made.entries, values.size(), printable(file));
}

Result<ClearPlan> plan_clear(const Services& services, const std::string& skill, std::optional<std::string> prefix) {
  ClearPlan plan{.skill = PALYRA_TRY(state::find_stored_skill(services.state.root, skill)),
                 .prefix = std::move(prefix)};
  if (plan.prefix && !keeps(plan.skill, *plan.prefix)) {
    return fail(state::kStorageNotFound, "nothing is kept below '{}'", printable(*plan.prefix));
  }
  return plan;
}

Result<std::int64_t> clear_stored(const Services& services, const ClearPlan& plan, ConsentForm consent) {
  PALYRA_TRY(check_consent(services, consent, "clearing storage"));
  return state::clear_stored(services.state.root, plan.skill.owner, plan.prefix);
}

Result<std::int64_t> purge_stored(const Services& services, const state::StateStore& store,
                                  const state::InstalledVersion& version) {
  const std::string& skill_id = version.artifact.skill_id;
  if (!is_last_promoted(PALYRA_TRY(store.versions_of(skill_id)), version)) return 0;
  const skills::SkillTrustStore trust = PALYRA_TRY(store.trust());
  const state::StorageOwner owner = state::storage_owner(trust, version.artifact.publisher, skill_id);
  PALYRA_TRY(remove_private_directories(services.state.root, owner));
  return state::purge_stored(services.state.root, owner);
}

}  // namespace palyra::app
