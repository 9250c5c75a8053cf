// SPDX-License-Identifier: Apache-2.0
#include "manifest_reader.h"

#include <palyra/base/utf8.h>

#include <fmt/format.h>

#include <algorithm>

namespace palyra::skills {

std::unexpected<Error> wrong_type(std::string_view name, std::string_view expected, const Json& value) {
  if (value.as_double() != nullptr) return fail(kManifestFloat, "\"{}\" is a float, not {}", name, expected);
  return fail(kManifestWrongType, "\"{}\" is of type {}, not {}", name, value.type_name(), expected);
}

std::unexpected<Error> missing_key(std::string_view name) {
  return fail(kManifestMissingKey, "\"{}\" is missing", name);
}

Result<> check_choice(std::string_view name, std::string_view word, std::span<const std::string_view> choices) {
  if (std::ranges::find(choices, word) != choices.end()) return {};
  std::string all;
  for (const std::string_view choice : choices) all += fmt::format("{}\"{}\"", all.empty() ? "" : ", ", choice);
  return fail(kManifestChoice, "\"{}\" is \"{}\", not one of {}", name, printable(word), all);
}

std::string TableReader::name(std::string_view key) const {
  return printable(path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key));
}

const Json* TableReader::take(std::string_view key) {
  known_.push_back(key);
  const auto at = std::ranges::find(*table_, key, &Json::Member::first);
  return at == table_->end() ? nullptr : &at->second;
}

Result<std::optional<std::string>> TableReader::text(std::string_view key) {
  const Json* value = take(key);
  if (value == nullptr) return std::nullopt;
  if (value->as_string() == nullptr) return wrong_type(name(key), "a string", *value);
  return *value->as_string();
}

Result<std::string> TableReader::required_text(std::string_view key) {
  auto value = PALYRA_TRY(text(key));
  if (!value) return missing_key(name(key));
  return *std::move(value);
}

Result<std::optional<std::string>> TableReader::display(std::string_view key, const DisplayRule& rule) {
  auto value = PALYRA_TRY(text(key));
  if (value) PALYRA_TRY(check_display_text(name(key), *value, rule));
  return value;
}

Result<std::string> TableReader::required_display(std::string_view key, const DisplayRule& rule) {
  auto value = PALYRA_TRY(display(key, rule));
  if (!value) return missing_key(name(key));
  return *std::move(value);
}

Result<std::optional<bool>> TableReader::boolean(std::string_view key) {
  const Json* value = take(key);
  if (value == nullptr) return std::nullopt;
  if (value->as_bool() == nullptr) return wrong_type(name(key), "a boolean", *value);
  return *value->as_bool();
}

Result<std::optional<std::int64_t>> TableReader::integer(std::string_view key, IntegerRange range) {
  const Json* value = take(key);
  if (value == nullptr) return std::nullopt;
  if (value->as_int() == nullptr) return wrong_type(name(key), "an integer", *value);
  const std::int64_t number = *value->as_int();
  if (number < range.lowest || number > range.highest) {
    return fail(kManifestIntegerRange, "\"{}\" is {}, not within {} to {}", name(key), number, range.lowest,
                range.highest);
  }
  return number;
}

Result<std::vector<std::string>> TableReader::texts(std::string_view key) {
  std::vector<std::string> all;
  const Json* value = take(key);
  if (value == nullptr) return all;
  if (value->as_array() == nullptr) return wrong_type(name(key), "an array of strings", *value);
  for (const Json& element : *value->as_array()) {
    if (element.as_string() == nullptr) return wrong_type(name(key), "an array of strings", element);
    all.push_back(*element.as_string());
  }
  return all;
}

Result<std::optional<TableReader>> TableReader::table(std::string_view key) {
  const Json* value = take(key);
  if (value == nullptr) return std::nullopt;
  if (value->as_object() == nullptr) return wrong_type(name(key), "a table", *value);
  return TableReader(*value->as_object(), name(key), version_);
}

Result<std::vector<TableReader>> TableReader::tables(std::string_view key) {
  std::vector<TableReader> all;
  const Json* value = take(key);
  if (value == nullptr) return all;
  if (value->as_array() == nullptr) return wrong_type(name(key), "an array of tables", *value);
  for (const Json& element : *value->as_array()) {
    if (element.as_object() == nullptr) return wrong_type(name(key), "an array of tables", element);
    all.emplace_back(*element.as_object(), fmt::format("{}[{}]", name(key), all.size()), version_);
  }
  return all;
}

Result<> TableReader::finish() const {
  for (const auto& [key, value] : *table_) {
    if (std::ranges::find(known_, key) == known_.end()) {
      return fail(kManifestUnknownKey, "\"{}\" is not a key of a version {} manifest", name(key),
                  static_cast<unsigned>(version_));
    }
  }
  return {};
}

}  // namespace palyra::skills
