// SPDX-License-Identifier: Apache-2.0
#include "present_settings.h"

#include "present.h"

#include <fmt/format.h>

namespace palyra::cli {
namespace {

// Checked when it was set, or with its manifest.
Json value_json(const std::string& text) {
  auto value = parse_json(as_bytes(text), {.max_bytes = text.size(), .max_depth = 2});
  return value ? *std::move(value) : Json(text);
}

std::string value_text(const app::Setting& setting) {
  if (!setting.json) return "-";
  return setting.property.redacted ? "[redacted]" : shown(*setting.json);
}

}  // namespace

Json setting_json(const app::Setting& setting) {
  const skills::ConfigProperty& property = setting.property;
  Json json(Json::Object{{"key", property.key},
                         {"type", skills::to_text(property.type)},
                         {"required", property.required},
                         {"redacted", property.redacted},
                         {"origin", app::to_text(setting.origin)}});
  if (setting.json && !property.redacted) json.set("value", value_json(*setting.json));
  if (!property.enum_values.empty()) json.set("allowed", strings_json(property.enum_values));
  if (property.description) json.set("description", *property.description);
  return json;
}

Json settings_json(std::span<const app::Setting> settings) {
  Json::Array array;
  for (const app::Setting& setting : settings) array.push_back(setting_json(setting));
  return array;
}

std::string setting_line(const app::Setting& setting) {
  const bool open = setting.property.required && !setting.json;
  return fmt::format("{} = {}  ({}{})", shown(setting.property.key), value_text(setting), app::to_text(setting.origin),
                     open ? ", required" : "");
}

std::vector<std::string> settings_lines(std::span<const app::Setting> settings) {
  std::vector<std::string> lines;
  lines.reserve(settings.size());
  for (const app::Setting& setting : settings) lines.push_back(setting_line(setting));
  return lines;
}

}  // namespace palyra::cli
