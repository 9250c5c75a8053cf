// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use cases: the settings that a skill's manifest declares, and what an operator gave them. A value belongs to the
// skill id, whatever its version, and is judged against the manifest when it is set and again at each run.
// Source: docs/formats/skill-manifest.md, `config`.

#include <palyra/app/services.h>
#include <palyra/host/call_state.h>
#include <palyra/skills/skill_manifest.h>
#include <palyra/state/installed_version.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::app {

// The manifest has no such setting.
inline constexpr ErrorCode kSettingUnknown{ErrorKind::kInvalidArgument, "config.setting_unknown"};
// Not of the type, not one of the values that the manifest allows, or longer than kMaxSettingBytes.
inline constexpr ErrorCode kSettingInvalid{ErrorKind::kInvalidArgument, "config.setting_invalid"};

inline constexpr std::size_t kMaxSettingBytes = 4'096;  // of its JSON text

enum class SettingOrigin : std::uint8_t { kNone, kDefault, kOperator };
std::string_view to_text(SettingOrigin origin);  // "none", "default", "operator"

struct Setting {
  skills::ConfigProperty property;
  std::optional<std::string> json;  // absent: kNone
  SettingOrigin origin = SettingOrigin::kNone;
};

// What the manifest declares, each with what `set` or its default says.
std::vector<Setting> settings_of(const skills::SkillManifest& manifest, std::span<const state::SkillSetting> set);

struct SkillSettings {
  state::InstalledVersion version;  // whose manifest declares them
  std::vector<Setting> settings;    // by key
};

// Of the version that select_version means. Errors: those of select_version; what verification says when its manifest
// cannot be read.
Result<SkillSettings> list_settings(const Services& services, const std::string& selector);

struct SetSettingRequest {
  std::string selector;
  std::string key;
  std::optional<std::string> value;  // JSON, or for a string setting just its text; nullopt: forget it
};

// The setting as it is then. Forgetting also works for a key that no version here declares any more.
// Errors: kSettingUnknown, kSettingInvalid, those of list_settings and state::StateStore::set_setting.
Result<Setting> set_setting(const Services& services, const SetSettingRequest& request);

// What a run is given: the operator's values over the manifest's defaults. Errors: kRunSettingMissing, for a required
// setting without a value and for a value that this version of the skill does not allow.
Result<std::vector<host::ConfigValue>> effective_settings(const skills::SkillManifest& manifest,
                                                          std::span<const state::SkillSetting> set);

// The keys that effective_settings would fail for.
std::vector<std::string> missing_settings(const skills::SkillManifest& manifest,
                                          std::span<const state::SkillSetting> set);

}  // namespace palyra::app
