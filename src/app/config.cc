// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/config.h>
#include <palyra/base/file.h>
#include <palyra/base/suggestion.h>
#include <palyra/base/toml.h>
#include <palyra/base/utf8.h>

#include <algorithm>
#include <charconv>

namespace palyra::app {
namespace {

constexpr std::size_t kMaxConfigBytes = 64 * 1024;

Result<> check_integer(const ConfigKey& key, const Json& value, const IntegerRange& range, const std::string& where) {
  if (value.as_int() == nullptr) {
    return fail(kConfigWrongType, "{}: {} is an integer, not of type {}", where, key.name, value.type_name());
  }
  if (*value.as_int() < range.minimum || *value.as_int() > range.maximum) {
    return fail(kConfigOutOfRange, "{}: {} = {}, allowed are {}", where, key.name, *value.as_int(), key.allowed_text());
  }
  return {};
}

Result<> check_text(const ConfigKey& key, const Json& value, const std::string& where) {
  const std::string* text = value.as_string();
  if (text == nullptr) {
    return fail(kConfigWrongType, "{}: {} is a string, not of type {}", where, key.name, value.type_name());
  }
  const auto* one_of = std::get_if<OneOf>(&key.allowed);
  const auto* any = std::get_if<AnyText>(&key.allowed);
  const bool chosen = one_of == nullptr || std::ranges::find(one_of->choices, *text) != one_of->choices.end();
  const bool sized = any == nullptr || (text->size() >= any->min_bytes && text->size() <= any->max_bytes);
  if (chosen && sized) return {};
  return fail(kConfigOutOfRange, "{}: {} = '{}', allowed is {}", where, key.name, printable(*text), key.allowed_text());
}

Result<> check_value(const ConfigKey& key, const Json& value, const std::string& where) {
  if (const auto* range = std::get_if<IntegerRange>(&key.allowed)) return check_integer(key, value, *range, where);
  if (!std::holds_alternative<TrueOrFalse>(key.allowed)) return check_text(key, value, where);
  if (value.as_bool() != nullptr) return {};
  return fail(kConfigWrongType, "{}: {} is true or false, not of type {}", where, key.name, value.type_name());
}

Result<> set_value(ConfigValue& into, const Json& value, const std::string& where) {
  PALYRA_TRY(check_value(*into.key, value, where));
  into.value = value;
  into.origin = where;
  return {};
}

// Values have been checked.
Config config_of(std::span<const ConfigValue> values) {
  Config config;
  for (const ConfigValue& each : values) {
    if (const auto* integer = std::get_if<std::int64_t* (*)(Config&)>(&each.key->field)) {
      *(*integer)(config) = *each.value.as_int();
    } else if (const auto* flag = std::get_if<bool* (*)(Config&)>(&each.key->field)) {
      *(*flag)(config) = *each.value.as_bool();
    } else if (const auto* text = std::get_if<std::string* (*)(Config&)>(&each.key->field)) {
      *(*text)(config) = *each.value.as_string();
    }
  }
  return config;
}

ConfigValue* find_value(std::vector<ConfigValue>& values, std::string_view name) {
  const auto found = std::ranges::find(values, name, [](const ConfigValue& each) { return each.key->name; });
  return found == values.end() ? nullptr : &*found;
}

std::optional<std::string> nearest(std::string_view name, std::string (*spelling)(const ConfigKey&)) {
  std::vector<std::string> spellings;
  for (const ConfigKey& key : config_keys()) spellings.push_back(spelling(key));
  return closest(name, spellings);
}

// "a.b"; a name that needs quotes in TOML is shown with them.
std::string dotted(const std::vector<std::string>& path) {
  std::string text;
  for (const std::string& name : path) {
    if (!text.empty()) text += '.';
    const bool plain = !name.empty() && name.find_first_of(". \t\"'") == std::string::npos;
    text += plain ? name : '"' + name + '"';
  }
  return text;
}

// `[limits]` with nothing in it.
bool is_empty_table_of_keys(const TomlLeaf& leaf) {
  const bool empty = leaf.value.as_object() != nullptr && leaf.value.as_object()->empty();
  const std::string prefix = dotted(leaf.path) + ".";
  return empty &&
         std::ranges::any_of(config_keys(), [&](const ConfigKey& key) { return key.name.starts_with(prefix); });
}

Error unknown_key(const std::string& name, const std::string& where) {
  Error error(kConfigUnknownKey, fmt::format("{}: '{}' is no key", where, printable(name)));
  const auto meant = nearest(name, [](const ConfigKey& key) { return std::string(key.name); });
  return meant ? std::move(error).with_next(fmt::format("did you mean '{}'?", *meant)) : error;
}

Result<> apply_file(const ConfigSources& sources, std::vector<ConfigValue>& values) {
  if (!sources.file) return {};
  auto bytes = read_file(*sources.file, kMaxConfigBytes);
  if (!bytes) {
    if (bytes.error().is(kFileNotFound) && !sources.file_must_exist) return {};
    return std::unexpected(std::move(bytes).error().with_context("while reading the configuration"));
  }
  constexpr TomlLimits kLimits{
      .max_bytes = kMaxConfigBytes, .max_depth = 8, .max_array_length = 1'024, .max_string_bytes = 8'192};
  const std::vector<TomlLeaf> leaves =
      PALYRA_TRY(parse_toml_leaves(*bytes, kLimits), fmt::format("while reading '{}'", *sources.file));
  for (const TomlLeaf& leaf : leaves) {
    if (is_empty_table_of_keys(leaf)) continue;
    const std::string where = fmt::format("{}:{}", *sources.file, leaf.line);
    const std::string name = dotted(leaf.path);
    ConfigValue* value = find_value(values, name);
    if (value == nullptr) return std::unexpected(unknown_key(name, where));
    PALYRA_TRY(set_value(*value, leaf.value, where));
  }
  return {};
}

// A variable's text as the key's type, or as a string, which is then of the wrong type.
Json value_of(const ConfigKey& key, const std::string& text) {
  if (std::holds_alternative<TrueOrFalse>(key.allowed)) {
    if (text == "true") return true;
    if (text == "false") return false;
  }
  if (std::holds_alternative<IntegerRange>(key.allowed)) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
  }
  return text;
}

std::string unknown_variable(const std::string& name) {
  const auto meant = nearest(name, [](const ConfigKey& key) { return key.variable(); });
  return fmt::format("the environment variable {} is no setting and was ignored{}", printable(name),
                     meant ? fmt::format("; did you mean {}?", *meant) : "");
}

Result<std::vector<std::string>> apply_environment(const ConfigSources& sources, std::vector<ConfigValue>& values) {
  std::vector<std::string> warnings;
  for (const auto& [name, text] : sources.environment) {
    if (!name.starts_with("PALYRA_") || name == "PALYRA_STATE_ROOT" || name == "PALYRA_CONFIG") continue;
    const auto value = std::ranges::find(values, name, [](const ConfigValue& each) { return each.key->variable(); });
    if (value == values.end()) {
      warnings.push_back(unknown_variable(name));
      continue;
    }
    PALYRA_TRY(set_value(*value, value_of(*value->key, text), name));
  }
  return warnings;
}

}  // namespace

Result<LoadedConfig> load_config(const ConfigSources& sources) {
  LoadedConfig loaded;
  for (const ConfigKey& key : config_keys()) {
    loaded.values.push_back({.key = &key, .value = key.default_value(), .origin = "default"});
  }
  PALYRA_TRY(apply_file(sources, loaded.values));
  loaded.warnings = PALYRA_TRY(apply_environment(sources, loaded.values));
  for (const ConfigValue& each : loaded.values) {
    if (each.origin == "default" || each.key->is_used()) continue;
    loaded.warnings.push_back(fmt::format("{}: {} has no effect in this version", each.origin, each.key->name));
  }
  loaded.config = config_of(loaded.values);
  loaded.config.file = sources.file.value_or("");
  return loaded;
}

}  // namespace palyra::app
