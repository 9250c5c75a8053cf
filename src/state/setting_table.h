// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rows of skills' settings. Each function runs inside the caller's transaction.

#include "sqlite.h"

#include <palyra/state/installed_version.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::state {

// By key.
Result<std::vector<SkillSetting>> load_settings(const Database& database, std::string_view skill_id);
// By skill id, and then by key.
Result<std::map<std::string, std::vector<SkillSetting>>> load_all_settings(const Database& database);

struct SettingChange {
  std::string skill_id;
  std::string key;
  std::optional<std::string> json;  // nullopt: none
};
// All versions of the skill must be saved after it.
Result<> save_setting(const Database& database, const SettingChange& change);

}  // namespace palyra::state
