// SPDX-License-Identifier: Apache-2.0
// The TOML 1.0.0 set of toml-test: tests/corpora/toml.
#include <palyra/base/testing.h>
#include <palyra/base/toml.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace palyra {
namespace {

using testing::FailsWith;
using testing::IsOk;
using testing::must_read;

// Those of a manifest.
constexpr TomlLimits kLimits{
    .max_bytes = 65'536, .max_depth = 32, .max_array_length = 1'024, .max_string_bytes = 4'096};

// Names of the .toml files below `folder`, as the set's own list has them.
std::vector<std::string> files_of(std::string_view folder) {
  const Bytes list = must_read(palyra::testing::test_file("corpora/toml/files-toml-1.0.0"));
  std::istringstream lines{std::string(as_text(list))};
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(folder) && line.ends_with(".toml")) names.push_back(line);
  }
  return names;
}

Bytes corpus_file(const std::string& name) { return must_read(palyra::testing::test_file("corpora/toml/") + name); }

// Valid TOML that no format of ours has a use for.
const std::map<std::string, ErrorCode>& policy_refusals() {
  static const std::map<std::string, ErrorCode> refusals{
      {"valid/array/array.toml", kTomlDate},
      {"valid/comment/after-literal-no-ws.toml", kTomlNumber},
      {"valid/comment/everywhere.toml", kTomlDate},
      {"valid/datetime/datetime.toml", kTomlDate},
      {"valid/datetime/edge.toml", kTomlDate},
      {"valid/datetime/leap-year.toml", kTomlDate},
      {"valid/datetime/local-date.toml", kTomlDate},
      {"valid/datetime/local-time.toml", kTomlDate},
      {"valid/datetime/local.toml", kTomlDate},
      {"valid/datetime/milliseconds.toml", kTomlDate},
      {"valid/datetime/timezone.toml", kTomlDate},
      {"valid/example.toml", kTomlDate},
      {"valid/float/inf-and-nan.toml", kTomlNumber},
      {"valid/spec-1.0.0/float-2.toml", kTomlNumber},
      {"valid/spec-1.0.0/local-date-0.toml", kTomlDate},
      {"valid/spec-1.0.0/local-date-time-0.toml", kTomlDate},
      {"valid/spec-1.0.0/local-time-0.toml", kTomlDate},
      {"valid/spec-1.0.0/offset-date-time-0.toml", kTomlDate},
      {"valid/spec-1.0.0/offset-date-time-1.toml", kTomlDate},
      {"valid/spec-1.0.0/table-7.toml", kTomlDate},
      {"valid/spec-example-1-compact.toml", kTomlDate},
      {"valid/spec-example-1.toml", kTomlDate},
      {"valid/utf8-bom-01.toml", kTomlNotUtf8},
      {"valid/utf8-bom-02.toml", kTomlNotUtf8},
  };
  return refusals;
}

// A value of the set: a table is an object, an array an array, all else {"type": T, "value": "text"}.
bool is_scalar(const Json& expected) {
  const Json* type = expected.find("type");
  return type != nullptr && type->as_string() != nullptr;
}

bool is_same_scalar(const Json& value, const std::string& type, const std::string& text) {
  if (type == "string") return value.as_string() != nullptr && *value.as_string() == text;
  if (type == "bool") return value.as_bool() != nullptr && *value.as_bool() == (text == "true");
  if (type == "integer") return value.as_int() != nullptr && std::to_string(*value.as_int()) == text;
  return type == "float" && value.as_double() != nullptr && *value.as_double() == std::strtod(text.c_str(), nullptr);
}

bool is_same(const Json& value, const Json& expected);

bool is_same_table(const Json& value, const Json::Object& expected) {
  if (value.as_object() == nullptr || value.as_object()->size() != expected.size()) return false;
  return std::ranges::all_of(expected, [&](const Json::Member& member) {
    const Json* found = value.find(member.first);
    return found != nullptr && is_same(*found, member.second);
  });
}

bool is_same(const Json& value, const Json& expected) {
  if (const Json::Array* array = expected.as_array()) {
    return value.as_array() != nullptr && std::ranges::equal(*value.as_array(), *array, is_same);
  }
  if (is_scalar(expected)) {
    return is_same_scalar(value, *expected.find("type")->as_string(), *expected.find("value")->as_string());
  }
  return is_same_table(value, *expected.as_object());
}

TEST(TomlCorpusTest, GivesTheValuesOfEveryValidDocumentOrRefusesItByPolicy) {
  std::size_t read = 0;
  std::size_t refused = 0;
  for (const std::string& name : files_of("valid/")) {
    SCOPED_TRACE(name);
    const auto value = parse_toml(corpus_file(name), kLimits);
    if (const auto policy = policy_refusals().find(name); policy != policy_refusals().end()) {
      EXPECT_THAT(value, FailsWith(policy->second));
      ++refused;
      continue;
    }
    EXPECT_THAT(value, IsOk());
    if (!value) continue;
    const Bytes text = corpus_file(name.substr(0, name.size() - 4) + "json");
    const Json expected = parse_json(text, {.max_bytes = std::size_t{1} << 20U, .max_depth = 64}).value();
    EXPECT_TRUE(is_same(*value, expected)) << to_text(*value) << "\nnot\n" << as_text(text);
    ++read;
  }
  EXPECT_EQ(read + refused, 210U);
  EXPECT_EQ(refused, 24U);
}

// M01
TEST(TomlCorpusTest, RefusesEveryInvalidDocument) {
  std::size_t refused = 0;
  for (const std::string& name : files_of("invalid/")) {
    EXPECT_FALSE(parse_toml(corpus_file(name), kLimits).has_value()) << name;
    ++refused;
  }
  EXPECT_EQ(refused, 499U);
}

}  // namespace
}  // namespace palyra
