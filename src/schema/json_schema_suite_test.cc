// SPDX-License-Identifier: Apache-2.0
// The required cases of the JSON Schema Test Suite for 2020-12: the expected answer, or a refusal by a rule of ours.
#include <palyra/base/file.h>
#include <palyra/base/json.h>
#include <palyra/base/testing.h>
#include <palyra/schema/json_schema.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace palyra::schema {
namespace {

namespace fs = std::filesystem;
using ::testing::Eq;
using ::testing::FieldsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

struct Count {
  int groups = 0;
  int cases = 0;
};

struct Suite {
  int files = 0;
  int groups = 0;
  int cases = 0;
  int as_expected = 0;
  std::map<std::string, Count, std::less<>> refused;  // by the code of the refusal
};

const Json& member(const Json& object, std::string_view key) {
  const Json* found = object.find(key);
  EXPECT_NE(found, nullptr) << key;
  static const Json null;
  return found == nullptr ? null : *found;
}

std::string text(const Json& object, std::string_view key) { return *member(object, key).as_string(); }

void judge_group(const Json& group, const std::string& file, Suite& suite) {
  const Json::Array& cases = *member(group, "tests").as_array();
  const std::string name = fmt::format("{}: {}", file, text(group, "description"));
  ++suite.groups;
  suite.cases += static_cast<int>(cases.size());
  const auto schema = JsonSchema::compile(as_bytes(to_text(member(group, "schema"))));
  if (!schema) {
    Count& refused = suite.refused[std::string(schema.error().code().id)];
    ++refused.groups;
    refused.cases += static_cast<int>(cases.size());
    fmt::print("{}: {} [{}]\n", schema.error().code().id, name, cases.size());
    return;
  }
  for (const Json& one : cases) {
    const auto verdict = schema->validate(as_bytes(to_text(member(one, "data"))));
    const bool conforms = *member(one, "valid").as_bool();
    const bool expected = conforms ? verdict.has_value() : !verdict && verdict.error().code().id == kDoesNotConform.id;
    EXPECT_TRUE(expected) << name << ": " << text(one, "description");
    suite.as_expected += expected ? 1 : 0;
  }
}

Suite judge_suite(const fs::path& directory) {
  constexpr std::size_t kMaxFile = 1024UZ * 1024;
  Suite suite;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() != ".json") {
      continue;
    }
    ++suite.files;
    const auto bytes = read_file(entry.path().string(), kMaxFile);
    EXPECT_TRUE(bytes.has_value()) << entry.path();
    const auto groups = parse_json(*bytes, {.max_bytes = kMaxFile, .max_depth = 64});
    EXPECT_TRUE(groups.has_value()) << entry.path();
    for (const Json& group : *groups->as_array()) {
      judge_group(group, entry.path().stem().string(), suite);
    }
  }
  return suite;
}

TEST(JsonSchemaSuiteTest, EveryRequiredCaseOf2020Draft12GetsTheExpectedAnswerOrANamedRefusal) {
  const Suite suite = judge_suite(fs::path(palyra::testing::kTestData) / "vectors/json-schema-2020-12");
  EXPECT_EQ(suite.files, 46);
  EXPECT_EQ(suite.groups, 368);
  EXPECT_EQ(suite.cases, 1'257);
  EXPECT_EQ(suite.as_expected, 1'143);
  EXPECT_THAT(suite.refused,
              UnorderedElementsAre(Pair(Eq(kForeignRef.id), FieldsAre(45, 94)), Pair(Eq(kInnerId.id), FieldsAre(7, 15)),
                                   Pair(Eq(kForeignSchema.id), FieldsAre(2, 5))));
}

}  // namespace
}  // namespace palyra::schema
