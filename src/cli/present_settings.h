// SPDX-License-Identifier: Apache-2.0
#pragma once
// The settings of a skill for people and as JSON. The value of one that its manifest calls redacted is never shown.

#include <palyra/app/skill_settings.h>
#include <palyra/base/json.h>

#include <span>
#include <string>
#include <vector>

namespace palyra::cli {

Json setting_json(const app::Setting& setting);
Json settings_json(std::span<const app::Setting> settings);
// "region = \"eu\"  (operator)"
std::string setting_line(const app::Setting& setting);
std::vector<std::string> settings_lines(std::span<const app::Setting> settings);

}  // namespace palyra::cli
