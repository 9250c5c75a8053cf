// SPDX-License-Identifier: Apache-2.0
#include "setting_table.h"

namespace palyra::state {
namespace {

constexpr std::string_view kSelect = "SELECT key, json FROM skill_setting WHERE skill_id = ?1 ORDER BY key";
constexpr std::string_view kSelectAll = "SELECT skill_id, key, json FROM skill_setting ORDER BY skill_id, key";
constexpr std::string_view kDelete = "DELETE FROM skill_setting WHERE skill_id = ?1 AND key = ?2";
constexpr std::string_view kUpsert =
    "INSERT INTO skill_setting (skill_id, key, json) VALUES (?1, ?2, ?3) "
    "ON CONFLICT DO UPDATE SET json = excluded.json";

}  // namespace

Result<std::vector<SkillSetting>> load_settings(const Database& database, std::string_view skill_id) {
  std::vector<SkillSetting> settings;
  Statement rows = PALYRA_TRY(database.query(kSelect, skill_id));
  while (PALYRA_TRY(rows.step())) {
    settings.push_back({.key = PALYRA_TRY(rows.text(0)), .json = PALYRA_TRY(rows.text(1))});
  }
  return settings;
}

Result<std::map<std::string, std::vector<SkillSetting>>> load_all_settings(const Database& database) {
  std::map<std::string, std::vector<SkillSetting>> by_skill;
  Statement rows = PALYRA_TRY(database.query(kSelectAll));
  while (PALYRA_TRY(rows.step())) {
    by_skill[PALYRA_TRY(rows.text(0))].push_back({.key = PALYRA_TRY(rows.text(1)), .json = PALYRA_TRY(rows.text(2))});
  }
  return by_skill;
}

Result<> save_setting(const Database& database, const SettingChange& change) {
  if (!change.json) return database.run(kDelete, change.skill_id, change.key);
  return database.run(kUpsert, change.skill_id, change.key, *change.json);
}

}  // namespace palyra::state
