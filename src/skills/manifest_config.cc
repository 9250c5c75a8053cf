// SPDX-License-Identifier: Apache-2.0
#include "manifest_sections.h"

#include <palyra/base/utf8.h>
#include <palyra/capability/capability_names.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace palyra::skills {
namespace {

constexpr std::array<std::string_view, 5> kTypes = {"string", "integer", "number", "boolean", "string_list"};

Result<std::vector<std::string>> read_enum_values(TableReader& table, ConfigType type) {
  auto values = PALYRA_TRY(table.texts("enum_values"));
  if (!values.empty() && type != ConfigType::kString) {
    return fail(kManifestConfig, "\"{}\" is given, but the type is {}, not string", table.name("enum_values"),
                to_text(type));
  }
  for (auto value = values.begin(); value != values.end(); ++value) {
    PALYRA_TRY(check_display_text(table.name("enum_values"), *value, kLabelText));
    if (std::find(values.begin(), value, *value) != value) {
      return fail(kManifestDuplicate, "\"{}\" holds \"{}\" twice", table.name("enum_values"), *value);
    }
  }
  return values;
}

Result<std::optional<std::string>> read_default(TableReader& table, const ConfigProperty& property) {
  const Json* value = table.take("default");
  if (value == nullptr) return std::nullopt;
  if (!has_type(*value, property.type)) {
    return fail(kManifestWrongType, "\"{}\" is of type {}, not {}", table.name("default"), value->type_name(),
                to_text(property.type));
  }
  const auto& allowed = property.enum_values;
  if (!allowed.empty() && std::ranges::find(allowed, *value->as_string()) == allowed.end()) {
    return fail(kManifestConfig, "\"{}\" is \"{}\", which is not in enum_values", table.name("default"),
                printable(*value->as_string()));
  }
  return palyra::to_text(*value);
}

Result<ConfigProperty> read_property(TableReader& table, const std::string& key) {
  ConfigProperty property;
  property.key = key;
  const std::string type = PALYRA_TRY(table.required_text("type"));
  PALYRA_TRY(check_choice(table.name("type"), type, kTypes));
  property.type = static_cast<ConfigType>(std::ranges::find(kTypes, type) - kTypes.begin());
  property.enum_values = PALYRA_TRY(read_enum_values(table, property.type));
  property.default_value = PALYRA_TRY(read_default(table, property));
  property.title = PALYRA_TRY(table.display("title", kLabelText));
  property.description = PALYRA_TRY(table.display("description", kDescriptionText));
  if (table.is_version_3()) {
    property.required = PALYRA_TRY(table.boolean("required")).value_or(false);
  } else {
    property.redacted = PALYRA_TRY(table.boolean("redacted")).value_or(false);
  }
  PALYRA_TRY(table.finish());
  return property;
}

bool is_setting_key(std::string_view text) { return capability::is_name(text) && text.find(':') == text.npos; }

Result<std::vector<ConfigProperty>> read_properties(TableReader& config) {
  std::vector<ConfigProperty> all;
  auto properties = PALYRA_TRY(config.table("properties"));
  if (!properties) return all;
  for (const auto& [key, ignored] : properties->members()) {
    if (!is_setting_key(key)) {
      return fail(kManifestSyntax, "\"{}\" is not a key of 1-128 of a-z, 0-9, ., _ and -", properties->name(key));
    }
    if (auto table = PALYRA_TRY(properties->table(key))) all.push_back(PALYRA_TRY(read_property(*table, key)));
  }
  return all;
}

// What a secret is often called, and what nobody should see in a list of settings.
bool sounds_secret(std::string_view key) {
  constexpr std::array<std::string_view, 5> kWords = {"secret", "token", "password", "api_key", "client_key"};
  return std::ranges::any_of(kWords, [key](std::string_view word) { return key.find(word) != key.npos; });
}

Result<> mark_required(TableReader& config, std::vector<ConfigProperty>& properties) {
  for (const std::string& key : PALYRA_TRY(config.texts("required"))) {
    const auto at = std::ranges::find(properties, key, &ConfigProperty::key);
    if (at == properties.end()) {
      return fail(kManifestConfig, "\"{}\" holds \"{}\", which is no property", config.name("required"),
                  printable(key));
    }
    at->required = true;
  }
  return {};
}

}  // namespace

std::string_view to_text(ConfigType type) { return kTypes.at(static_cast<std::size_t>(type)); }

bool has_type(const Json& value, ConfigType type) {
  switch (type) {
    case ConfigType::kString:
      return value.as_string() != nullptr;
    case ConfigType::kInteger:
      return value.as_int() != nullptr;
    case ConfigType::kNumber:
      return value.as_int() != nullptr || value.as_double() != nullptr;
    case ConfigType::kBoolean:
      return value.as_bool() != nullptr;
    case ConfigType::kStringList:
      break;
  }
  const auto is_string = [](const Json& element) { return element.as_string() != nullptr; };
  return value.as_array() != nullptr && std::ranges::all_of(*value.as_array(), is_string);
}

Result<std::vector<ConfigProperty>> read_config(TableReader& top) {
  auto config = PALYRA_TRY(top.table("config"));
  if (!config) return std::vector<ConfigProperty>();
  auto properties = PALYRA_TRY(read_properties(*config));
  PALYRA_TRY(config->finish());
  return properties;
}

Result<> read_operator_config(TableReader& operator_table, SkillManifest& manifest) {
  auto config = PALYRA_TRY(operator_table.table("config"));
  if (!config) return {};
  PALYRA_TRY(config->integer("schema_version", {1, std::numeric_limits<std::uint32_t>::max()}));
  manifest.config = PALYRA_TRY(read_properties(*config));
  PALYRA_TRY(mark_required(*config, manifest.config));
  PALYRA_TRY(config->finish());
  if (manifest.config.empty()) {
    manifest.warnings.push_back({"empty_operator_config_contract", "operator.config has no property"});
  }
  for (const ConfigProperty& property : manifest.config) {
    if (!sounds_secret(property.key) || property.redacted) continue;
    manifest.warnings.push_back(
        {"operator_config_redaction_recommended",
         fmt::format("operator.config.properties.{} sounds like a secret and is not redacted", property.key)});
  }
  return {};
}

}  // namespace palyra::skills
