// SPDX-License-Identifier: Apache-2.0
// Which schemas compile: every rule of docs/formats/skill-manifest.md with the reason it gives.
#include <palyra/base/testing.h>
#include <palyra/schema/json_schema.h>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::schema {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;
using ::testing::HasSubstr;

Result<JsonSchema> compile(std::string_view text) { return JsonSchema::compile(as_bytes(text)); }

// f(f(... inner)), `times` times.
std::string nest(std::size_t times, std::string inner, const std::function<std::string(std::string)>& f) {
  for (std::size_t i = 0; i < times; ++i) {
    inner = f(std::move(inner));
  }
  return inner;
}

// {"$ref": "#/$defs/0", "$defs": {"0": link(1), …, "<count - 1>": link(count), "<count>": last}}
std::string chain(std::size_t count, std::string_view last, const std::function<std::string(std::string)>& link) {
  std::string definitions;
  for (std::size_t i = 0; i < count; ++i) {
    definitions += fmt::format(R"("{}":{},)", i, link(fmt::format(R"({{"$ref":"#/$defs/{}"}})", i + 1)));
  }
  return fmt::format(R"({{"$ref":"#/$defs/0","$defs":{{{}"{}":{}}}}})", definitions, count, last);
}

std::string repeat(std::size_t times, std::string_view element, std::string_view separator = ",") {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) {
    out += i == 0 ? "" : separator;
    out += element;
  }
  return out;
}

TEST(JsonSchemaTest, AcceptsASchemaAsHonestToolsHaveThem) {
  EXPECT_THAT(compile(R"({
    "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.org/weather",
    "type": "object", "required": ["city"], "additionalProperties": false,
    "properties": {
      "city": {"type": "string", "minLength": 1, "maxLength": 100},
      "days": {"type": "integer", "minimum": 1, "maximum": 14, "default": 3},
      "units": {"enum": ["metric", "imperial"]},
      "when": {"type": "string", "format": "date-time", "pattern": "^\\d{4}-\\d\\d-\\d\\dT"},
      "filter": {"$ref": "#/$defs/filter"}
    },
    "$defs": {"filter": {"anyOf": [
      {"type": "object", "properties": {"op": {"const": "and"}, "of": {"type": "array", "items": {"$ref": "#/$defs/filter"}}}},
      {"type": "object", "properties": {"op": {"const": "not"}, "of": {"$ref": "#/$defs/filter"}}},
      {"type": "object", "properties": {"op": {"const": "eq"}, "field": {"$ref": "#name"}, "value": {}}}]},
      "name": {"$anchor": "name", "type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}}
  })"),
              IsOk());
}

TEST(JsonSchemaTest, AcceptsBooleansAsSchemas) {
  EXPECT_THAT(compile("true"), IsOk());
  EXPECT_THAT(compile("false"), IsOk());
}

TEST(JsonSchemaTest, AcceptsCommonPatterns) {
  for (const std::string_view pattern :
       {R"(^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$)", R"(^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$)",
        R"(^https://[a-z0-9.-]+(/.*)?$)", R"(^\\d{4}-\\d{2}-\\d{2}$)", R"(^(a|b|c)$)", R"(^v?\\d+\\.\\d+\\.\\d+$)"}) {
    EXPECT_THAT(compile(fmt::format(R"({{"pattern":"{}"}})", pattern)), IsOk()) << pattern;
  }
}

TEST(JsonSchemaTest, RefusesWhatIsNeitherObjectNorBoolean) {
  for (const std::string_view text : {"null", "1", "\"object\"", "[]"}) {
    EXPECT_THAT(compile(text), FailsWith(kNotASchema)) << text;
  }
}

TEST(JsonSchemaTest, RefusesTextThatIsNotStrictJson) {
  EXPECT_THAT(compile(""), FailsWith(kSyntax));
  EXPECT_THAT(compile("{} {}"), FailsWith(kSyntax));
  EXPECT_THAT(compile("{\"title\":\"\xFF\"}"), FailsWith(kNotUtf8));
  EXPECT_THAT(compile(R"({"type":"object","type":"array"})"), FailsWith(kDuplicateKey));
  EXPECT_THAT(compile(R"({"maximum":123456789012345678901234567890})"), FailsWith(kNumberOutOfRange));
}

TEST(JsonSchemaTest, RefusesMoreThan256KiB) {
  const std::string_view around = R"({"title":""})";
  const auto with_title = [](std::size_t size) { return fmt::format(R"({{"title":"{}"}})", std::string(size, 'a')); };
  EXPECT_THAT(compile(with_title(kMaxSchemaBytes - around.size())), IsOk());
  EXPECT_THAT(compile(with_title(kMaxSchemaBytes - around.size() + 1)), FailsWith(kTooLarge));
}

TEST(JsonSchemaTest, RefusesDepthOver32) {
  const auto array_of = [](std::string inner) { return fmt::format("[{}]", inner); };
  EXPECT_THAT(compile(fmt::format(R"({{"default":{}}})", nest(31, "0", array_of))), IsOk());
  EXPECT_THAT(compile(fmt::format(R"({{"default":{}}})", nest(32, "0", array_of))), FailsWith(kTooDeep));
}

TEST(JsonSchemaTest, RefusesMoreThan5000Subschemas) {
  const auto with_properties = [](std::size_t count) {
    std::string properties;
    for (std::size_t i = 0; i < count; ++i) {
      properties += fmt::format(R"({}"{}":{{}})", i == 0 ? "" : ",", i);
    }
    return fmt::format(R"({{"properties":{{{}}}}})", properties);
  };
  EXPECT_THAT(compile(with_properties(kMaxSubschemas - 1)), IsOk());
  EXPECT_THAT(compile(with_properties(kMaxSubschemas)), FailsWith(kTooManySubschemas));
}

TEST(JsonSchemaTest, CountsSubschemasThatNothingLeadsTo) {
  std::string definitions;
  for (std::size_t i = 0; i < kMaxSubschemas; ++i) {
    definitions += fmt::format(R"({}"{}":{{}})", i == 0 ? "" : ",", i);
  }
  EXPECT_THAT(compile(fmt::format(R"({{"$defs":{{{}}}}})", definitions)), FailsWith(kTooManySubschemas));
}

TEST(JsonSchemaTest, RefusesALongInPlaceChainInARecursion) {
  const auto itself = [](std::string next) { return next; };
  EXPECT_THAT(compile(chain(2'000, R"({"properties":{"x":{"$ref":"#"}}})", itself)), FailsWith(kChainTooLong));
}

TEST(JsonSchemaTest, RefusesAnIdBelowTheRoot) {
  EXPECT_THAT(compile(R"({"$id":"https://example.org/a"})"), IsOk());
  EXPECT_THAT(compile(R"({"properties":{"a":{"$id":"https://example.org/a"}}})"), FailsWith(kInnerId));
  EXPECT_THAT(compile(R"({"$defs":{"unused":{"$id":"a"}}})"), FailsWith(kInnerId));
}

TEST(JsonSchemaTest, AppliesTheRulesToPlacesThatOnlyAReferenceMakesASchema) {
  EXPECT_THAT(compile(R"({"$ref":"#/examples/0","examples":[{"$id":"a"}]})"), FailsWith(kInnerId));
  EXPECT_THAT(compile(R"({"$ref":"#/examples/0","examples":[{"$ref":"http://example.org/"}]})"),
              FailsWith(kForeignRef));
  EXPECT_THAT(compile(R"({"$ref":"#/examples/0","examples":[{"$schema":"http://json-schema.org/draft-07/schema#"}]})"),
              FailsWith(kForeignSchema));
}

TEST(JsonSchemaTest, RefusesReferencesOutOfTheDocument) {
  for (const std::string_view reference :
       {"https://json-schema.org/draft/2020-12/schema", "file:///etc/passwd", "other.json", "other.json#/a", ""}) {
    EXPECT_THAT(compile(fmt::format(R"({{"$ref":"{}"}})", reference)), FailsWith(kForeignRef)) << reference;
    EXPECT_THAT(compile(fmt::format(R"({{"$dynamicRef":"{}"}})", reference)), FailsWith(kForeignRef)) << reference;
    EXPECT_THAT(compile(fmt::format(R"({{"$defs":{{"unused":{{"$ref":"{}"}}}}}})", reference)), FailsWith(kForeignRef))
        << reference;
  }
}

TEST(JsonSchemaTest, RefusesReferencesToNothing) {
  EXPECT_THAT(compile(R"({"$ref":"#/$defs/a"})"), FailsWith(kUnresolvedRef));
  EXPECT_THAT(compile(R"({"$ref":"#a"})"), FailsWith(kUnresolvedRef));
}

TEST(JsonSchemaTest, RefusesReferencesThatNeverReachAValue) {
  EXPECT_THAT(compile(R"({"$ref":"#"})"), FailsWith(kReferenceLoop));
  EXPECT_THAT(compile(R"({"anyOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"not":{"$ref":"#"}}}})"),
              FailsWith(kReferenceLoop));
  EXPECT_THAT(compile(R"({"properties":{"child":{"$ref":"#"}}})"), IsOk());
}

TEST(JsonSchemaTest, RefusesOtherDraftsAnywhere) {
  for (const std::string_view draft :
       {"\"http://json-schema.org/draft-07/schema#\"", "\"https://json-schema.org/draft/2019-09/schema\"",
        "\"https://example.org/dialect\"", "1"}) {
    EXPECT_THAT(compile(fmt::format(R"({{"$schema":{}}})", draft)), FailsWith(kForeignSchema)) << draft;
    EXPECT_THAT(compile(fmt::format(R"({{"items":{{"$schema":{}}}}})", draft)), FailsWith(kForeignSchema)) << draft;
  }
}

TEST(JsonSchemaTest, RefusesKeywordsOfTheWrongForm) {
  for (const std::string_view text : {R"({"type":"text"})", R"({"required":"a"})", R"({"minimum":"1"})",
                                      R"({"properties":[]})", R"({"$ref":1})", R"({"pattern":"("})"}) {
    EXPECT_THAT(compile(text), FailsWith(kInvalidSchema)) << text;
  }
}

TEST(JsonSchemaTest, RefusesLookAroundAndBackReferences) {
  for (const std::string_view pattern : {"(?=a)b", "(?!a)b", "(?<=a)b", "(?<!a)b", R"((a)\\1)"}) {
    for (const std::string_view also : {"", R"(,"additionalProperties":false)", R"(,"unevaluatedProperties":false)"}) {
      EXPECT_THAT(compile(fmt::format(R"({{"pattern":"{}"{}}})", pattern, also)), FailsWith(kInvalidSchema)) << pattern;
      EXPECT_THAT(compile(fmt::format(R"({{"patternProperties":{{"{}":{{}}}}{}}})", pattern, also)),
                  FailsWith(kInvalidSchema))
          << pattern;
    }
  }
}

TEST(JsonSchemaTest, RefusesPatternsThatCompileToMoreThan16KiB) {
  EXPECT_THAT(compile(R"({"pattern":"[ab]*a[ab]{40}c"})"), IsOk());
  EXPECT_THAT(compile(R"({"pattern":"[ab]*a[ab]{3000}c"})"), FailsWith(kInvalidSchema));
  EXPECT_THAT(compile(R"({"patternProperties":{"[ab]*a[ab]{3000}c":{}}})"), FailsWith(kInvalidSchema));
}

// Each of these small schemas would keep an unbounded validator busy for seconds, minutes or for ever.
TEST(JsonSchemaTest, RefusesBombs) {
  const std::string doubling_all =
      chain(26, "{}", [](std::string next) { return fmt::format(R"({{"allOf":[{0},{0}]}})", next); });
  EXPECT_THAT(compile(doubling_all), FailsWith(kTooCostly));

  const std::string doubling_any =
      chain(20, R"({"type":"string"})", [](std::string next) { return fmt::format(R"({{"anyOf":[{0},{0}]}})", next); });
  EXPECT_THAT(compile(doubling_any), FailsWith(kTooCostly));

  const std::string unevaluated = nest(7, R"({"properties":{"a":true}})", [](std::string inner) {
    return fmt::format(R"({{"unevaluatedProperties":false,"anyOf":[{},{{"properties":{{"b":true}}}}]}})", inner);
  });
  EXPECT_THAT(compile(unevaluated), FailsWith(kTooCostly));

  const std::string wide = fmt::format(R"({{"anyOf":[{}]}})", repeat(kMaxEvaluationsPerValue, "{}"));
  EXPECT_THAT(compile(wide), FailsWith(kTooCostly));
}

TEST(JsonSchemaTest, JudgesTheCostOfValuesBelowTheRoot) {
  const std::string many = fmt::format(R"({{"allOf":[{}]}})", repeat(kMaxEvaluationsPerValue, "{}"));
  EXPECT_THAT(compile(fmt::format(R"({{"properties":{{"a":{{"items":{}}}}}}})", many)), FailsWith(kTooCostly));
}

// The costly place lies too deep for kMaxEvaluationsPerValue, and the sum of its parts has millions of terms.
TEST(JsonSchemaTest, RefusesSchemasWhoseCostTakesTooLongToFind) {
  std::string properties;
  for (std::size_t i = 0; i < 2'000; ++i) {
    properties += fmt::format(R"({}"{}":true)", i == 0 ? "" : ",", i);
  }
  const std::string many = fmt::format(R"({{"allOf":[{}]}})", repeat(2'000, R"({"$ref":"#/$defs/many"})"));
  const std::string deep =
      nest(6, many, [](const std::string& inner) { return fmt::format(R"({{"items":{}}})", inner); });
  EXPECT_THAT(compile(fmt::format(R"({{"items":{},"$defs":{{"many":{{"properties":{{{}}}}}}}}})", deep, properties)),
              FailsWith(kTooComplex));
}

TEST(JsonSchemaTest, SaysWhatIsWrongWithASchema) {
  const auto schema = compile(R"({"properties":{"a":{"type":"text"}}})");
  ASSERT_FALSE(schema.has_value());
  EXPECT_THAT(schema.error().message(), HasSubstr("/properties/a/type"));
}

}  // namespace
}  // namespace palyra::schema
