// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/config.h>
#include <palyra/base/file.h>
#include <palyra/base/toml.h>
#include <palyra/base/utf8.h>

#include <algorithm>
#include <charconv>
#include <variant>

namespace palyra::app {
namespace {

using Target = std::variant<std::int64_t*, bool*>;

struct Key {
  std::string_view name;
  Target target;
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;
};

// Above every useful value and below what arithmetic on it could overflow.
constexpr std::int64_t kMost = std::int64_t{1} << 53;
constexpr std::int64_t kMostMilliseconds = 24LL * 3600 * 1000;
constexpr std::int64_t kWasmPage = 65'536;
constexpr std::int64_t kWasmMemory = std::int64_t{1} << 32;
// What one call buffers on the host's side in all.
constexpr std::int64_t kMostBufferBytes = std::int64_t{64} << 20;

std::vector<Key> keys_of(Config& config) {
  auto& limits = config.limits;
  auto& ceilings = config.ceilings;
  return {
      {"limits.fuel_budget", &limits.fuel_budget, 1, kMost},
      {"limits.wall_clock_timeout_ms", &limits.wall_clock_timeout_ms, 1, kMostMilliseconds},
      {"limits.max_memory_bytes", &limits.max_memory_bytes, kWasmPage, kWasmMemory},
      {"limits.max_table_elements", &limits.max_table_elements, 0, 10'000'000},
      {"limits.max_instances", &limits.max_instances, 1, 10'000},
      {"ceilings.fuel_budget", &ceilings.fuel_budget, 1, kMost},
      {"ceilings.wall_clock_timeout_ms", &ceilings.wall_clock_timeout_ms, 1, kMostMilliseconds},
      {"ceilings.max_memory_bytes", &ceilings.max_memory_bytes, kWasmPage, kWasmMemory},
      {"ceilings.input_bytes", &ceilings.input_bytes, 2, kMostBufferBytes},
      {"ceilings.output_bytes", &ceilings.output_bytes, 1, kMostBufferBytes},
      {"policy.noninteractive_promote", &config.noninteractive_promote},
  };
}

Result<> assign(const Key& key, const Json& value, const std::string& where) {
  if (auto* const* flag = std::get_if<bool*>(&key.target)) {
    if (value.as_bool() == nullptr) {
      return fail(kConfigWrongType, "{}: {} is true or false, not of type {}", where, key.name, value.type_name());
    }
    **flag = *value.as_bool();
    return {};
  }
  if (value.as_int() == nullptr) {
    return fail(kConfigWrongType, "{}: {} is an integer, not of type {}", where, key.name, value.type_name());
  }
  if (*value.as_int() < key.minimum || *value.as_int() > key.maximum) {
    return fail(kConfigOutOfRange, "{}: {} = {}, allowed are {} to {}", where, key.name, *value.as_int(), key.minimum,
                key.maximum);
  }
  *std::get<std::int64_t*>(key.target) = *value.as_int();
  return {};
}

const Key* find_key(const std::vector<Key>& keys, std::string_view name) {
  const auto found = std::ranges::find(keys, name, &Key::name);
  return found == keys.end() ? nullptr : &*found;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// The line on which `key` is set, as far as it is written `[table]` and `name =` or `table.name =`; the first line that
// names it otherwise.
std::size_t line_of(std::string_view text, std::string_view key) {
  std::string table;
  std::size_t line = 0;
  while (!text.empty()) {
    ++line;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view content = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (content.starts_with('[')) {
      table = std::string(trimmed(content.substr(1, content.find(']') - 1)));
      if (table == key) return line;
      table += '.';
    } else if (const auto equals = content.find('='); equals != std::string_view::npos) {
      const std::string name = (table == "." ? "" : table) + std::string(trimmed(content.substr(0, equals)));
      if (name == key || key.starts_with(name + ".")) return line;
    }
  }
  return 1;
}

struct File {
  const std::string& path;
  std::string_view text;
  [[nodiscard]] std::string at(std::string_view key) const { return fmt::format("{}:{}", path, line_of(text, key)); }
};

Result<> apply_file(const File& file, const Json::Object& root, const std::vector<Key>& keys, Config& config) {
  for (const auto& [table, members] : root) {
    if (members.as_object() == nullptr) {
      return fail(kConfigUnknownKey, "{}: '{}' is no key", file.at(table), printable(table));
    }
    for (const auto& [name, value] : *members.as_object()) {
      const std::string full = table + "." + name;
      const Key* key = find_key(keys, full);
      if (key == nullptr) return fail(kConfigUnknownKey, "{}: '{}' is no key", file.at(full), printable(full));
      PALYRA_TRY(assign(*key, value, file.at(full)));
      config.origins[full] = file.path;
    }
  }
  return {};
}

Result<> read_config_file(const ConfigSources& sources, const std::vector<Key>& keys, Config& config) {
  if (!sources.file) return {};
  constexpr std::size_t kMaxConfigBytes = 64 * 1024;
  auto bytes = read_file(*sources.file, kMaxConfigBytes);
  if (!bytes) {
    if (bytes.error().is(kFileNotFound) && !sources.file_must_exist) return {};
    return std::unexpected(std::move(bytes).error().with_context("while reading the configuration"));
  }
  const TomlLimits limits{
      .max_bytes = kMaxConfigBytes, .max_depth = 8, .max_array_length = 1'024, .max_string_bytes = 4'096};
  const Json root = PALYRA_TRY(parse_toml(*bytes, limits), fmt::format("while reading '{}'", *sources.file));
  return apply_file({.path = *sources.file, .text = as_text(*bytes)}, *root.as_object(), keys, config);
}

// "limits.fuel_budget" → "PALYRA_LIMITS__FUEL_BUDGET"
std::string variable_of(std::string_view key) {
  std::string name = "PALYRA_";
  for (const char c : key) {
    if (c == '.') {
      name += "__";
    } else {
      name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return name;
}

Json value_of(const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  return text;
}

Result<std::vector<std::string>> apply_environment(const ConfigSources& sources, const std::vector<Key>& keys,
                                                   Config& config) {
  std::vector<std::string> warnings;
  for (const auto& [name, value] : sources.environment) {
    if (!name.starts_with("PALYRA_") || name == "PALYRA_STATE_ROOT" || name == "PALYRA_CONFIG") continue;
    const auto key = std::ranges::find_if(keys, [&](const Key& each) { return variable_of(each.name) == name; });
    if (key == keys.end()) {
      warnings.push_back(fmt::format("the environment variable {} is no setting and was ignored", printable(name)));
      continue;
    }
    PALYRA_TRY(assign(*key, value_of(value), name));
    config.origins[std::string(key->name)] = name;
  }
  return warnings;
}

}  // namespace

Result<LoadedConfig> load_config(const ConfigSources& sources) {
  LoadedConfig loaded;
  const std::vector<Key> keys = keys_of(loaded.config);
  PALYRA_TRY(read_config_file(sources, keys, loaded.config));
  loaded.warnings = PALYRA_TRY(apply_environment(sources, keys, loaded.config));
  return loaded;
}

}  // namespace palyra::app
