// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/list_skills.h>
#include <palyra/app/run_error.h>
#include <palyra/app/skill_settings.h>
#include <palyra/base/check.h>
#include <palyra/base/suggestion.h>
#include <palyra/base/utf8.h>

#include <algorithm>

namespace palyra::app {
namespace {

using skills::ConfigProperty;
using skills::ConfigType;
using state::SkillSetting;

Result<Json> parse_value(std::string_view text) {
  constexpr JsonLimits kLimits{.max_bytes = kMaxSettingBytes, .max_depth = 2};
  return parse_json(as_bytes(text), kLimits);
}

Result<> check_value(const ConfigProperty& property, const Json& value) {
  if (!skills::has_type(value, property.type)) {
    return fail(kSettingInvalid, "the setting '{}' is of type {}, not {}", printable(property.key),
                skills::to_text(property.type), value.type_name());
  }
  const auto& allowed = property.enum_values;
  if (allowed.empty() || std::ranges::find(allowed, *value.as_string()) != allowed.end()) return {};
  std::string choices;
  for (const std::string& each : allowed) choices += (choices.empty() ? "" : ", ") + printable(each);
  return fail(kSettingInvalid, "the setting '{}' is one of {}, not '{}'", printable(property.key), choices,
              printable(*value.as_string()));
}

bool fits(const ConfigProperty& property, const std::string& json) {
  const auto value = parse_value(json);
  return value && check_value(property, *value);
}

// A person need not quote a string.
Result<std::string> value_as_json(const ConfigProperty& property, const std::string& text) {
  const bool quoted = text.starts_with('"');
  Json value = text;
  if (property.type != ConfigType::kString || quoted) {
    auto parsed = parse_value(text);
    if (!parsed) {
      return fail(kSettingInvalid, "the setting '{}' is of type {}, and this is no JSON of it: {}",
                  printable(property.key), skills::to_text(property.type), parsed.error().message());
    }
    value = *std::move(parsed);
  }
  if (!is_utf8(text)) return fail(kSettingInvalid, "the value is not UTF-8 text");
  PALYRA_TRY(check_value(property, value));
  std::string json = palyra::to_text(value);
  if (json.size() > kMaxSettingBytes) {
    return fail(kSettingInvalid, "the value is {} bytes of JSON, limit {}", json.size(), kMaxSettingBytes);
  }
  return json;
}

const SkillSetting* find_set(std::span<const SkillSetting> set, const std::string& key) {
  const auto found = std::ranges::find(set, key, &SkillSetting::key);
  return found == set.end() ? nullptr : &*found;
}

Setting setting_of(const ConfigProperty& property, std::span<const SkillSetting> set) {
  if (const SkillSetting* given = find_set(set, property.key)) {
    return {.property = property, .json = given->json, .origin = SettingOrigin::kOperator};
  }
  if (!property.default_value) return {.property = property, .json = {}, .origin = SettingOrigin::kNone};
  return {.property = property, .json = property.default_value, .origin = SettingOrigin::kDefault};
}

// Of one whose value is needed and not there, or there and of no use.
std::optional<std::string> complaint(const ConfigProperty& property, std::span<const SkillSetting> set) {
  const SkillSetting* given = find_set(set, property.key);
  if (given != nullptr && !fits(property, given->json)) return "has a value that this version does not allow";
  if (given != nullptr || property.default_value || !property.required) return std::nullopt;
  return "needs a value, and has none";
}

Error unknown_setting(const std::vector<Setting>& settings, const std::string& key) {
  Error error(kSettingUnknown, fmt::format("the skill has no setting '{}'", printable(key)));
  std::vector<std::string> keys;
  keys.reserve(settings.size());
  for (const Setting& each : settings) keys.push_back(each.property.key);
  const auto meant = closest(key, keys);
  return meant ? std::move(error).with_next(fmt::format("did you mean '{}'?", printable(*meant))) : error;
}

}  // namespace

std::string_view to_text(SettingOrigin origin) {
  switch (origin) {
    case SettingOrigin::kNone:
      return "none";
    case SettingOrigin::kDefault:
      return "default";
    case SettingOrigin::kOperator:
      return "operator";
  }
  PALYRA_CHECK(false);
}

std::vector<Setting> settings_of(const skills::SkillManifest& manifest, std::span<const SkillSetting> set) {
  std::vector<Setting> settings;
  settings.reserve(manifest.config.size());
  for (const ConfigProperty& property : manifest.config) settings.push_back(setting_of(property, set));
  return settings;
}

Result<SkillSettings> list_settings(const Services& services, const std::string& selector) {
  ShowSkillReply shown = PALYRA_TRY(show_skill(services, selector));
  if (!shown.verification.manifest) {
    PALYRA_CHECK(shown.verification.error.has_value());
    return std::unexpected(Error(*shown.verification.error).with_context("its manifest cannot be believed"));
  }
  SkillSettings reply{.version = std::move(shown.version), .settings = {}};
  reply.settings = settings_of(*shown.verification.manifest, reply.version.settings);
  return reply;
}

Result<Setting> set_setting(const Services& services, const SetSettingRequest& request) {
  const SkillSettings known = PALYRA_TRY(list_settings(services, request.selector));
  const auto found = std::ranges::find(known.settings, request.key,
                                       [](const Setting& each) -> const std::string& { return each.property.key; });
  const bool declared = found != known.settings.end();
  const bool forget_old = !request.value && find_set(known.version.settings, request.key) != nullptr;
  if (!declared && !forget_old) return std::unexpected(unknown_setting(known.settings, request.key));
  ConfigProperty property;
  property.key = request.key;
  if (declared) property = found->property;
  std::optional<std::string> json;
  if (request.value) json = PALYRA_TRY(value_as_json(property, *request.value));
  state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  PALYRA_TRY(store.set_setting(known.version.artifact.skill_id, request.key, json));
  std::vector<SkillSetting> now;
  if (json) now.push_back({.key = request.key, .json = *std::move(json)});
  return setting_of(property, now);
}

Result<std::vector<host::ConfigValue>> effective_settings(const skills::SkillManifest& manifest,
                                                          std::span<const SkillSetting> set) {
  std::vector<host::ConfigValue> values;
  const std::string skill = printable(manifest.identity.skill_id);
  for (const ConfigProperty& property : manifest.config) {
    if (const auto why = complaint(property, set)) {
      return std::unexpected(
          Error(kRunSettingMissing, fmt::format("the setting '{}' of {} {}", printable(property.key), skill, *why))
              .with_next(fmt::format("palyra skills config set {} {} VALUE", skill, printable(property.key))));
    }
    const Setting setting = setting_of(property, set);
    if (setting.json) values.push_back({.key = property.key, .json = *setting.json});
  }
  return values;
}

std::vector<std::string> missing_settings(const skills::SkillManifest& manifest, std::span<const SkillSetting> set) {
  std::vector<std::string> keys;
  for (const ConfigProperty& property : manifest.config) {
    if (complaint(property, set)) keys.push_back(property.key);
  }
  return keys;
}

}  // namespace palyra::app
