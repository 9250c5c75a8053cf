// SPDX-License-Identifier: Apache-2.0
// Each limit on schemas and documents: what is at it passes, what is one past it is refused by name.
#include "bomb_text.h"

#include <palyra/base/testing.h>
#include <palyra/schema/json_schema.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pthread.h>
#include <string>
#include <string_view>

namespace palyra::schema {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

Result<JsonSchema> compile(std::string_view text) { return JsonSchema::compile(as_bytes(text)); }

Result<void> judge(std::string_view schema, std::string_view document) {
  const JsonSchema compiled = PALYRA_TRY(compile(schema), "compiling");
  return compiled.validate(as_bytes(document));
}

Result<void> check(std::string_view document) { return check_json(as_bytes(document)); }

std::string array_of(std::size_t count, std::string_view element) { return "[" + same(count, element) + "]"; }

std::string members(std::size_t count) {
  return "{" + list(count, [](std::size_t i) { return fmt::format(R"("{}":0)", i); }) + "}";
}

TEST(JsonSchemaLimitsTest, AnInPlaceChainHasAtMost64Subschemas) {
  const auto itself = [](const std::string& next) { return next; };
  EXPECT_THAT(compile(chain(kMaxInPlaceChain - 2, "{}", itself)), IsOk());
  EXPECT_THAT(compile(chain(kMaxInPlaceChain - 1, "{}", itself)), FailsWith(kChainTooLong));
}

TEST(JsonSchemaLimitsTest, AValueAtDepths0To3NeedsAtMost1000Evaluations) {
  for (std::size_t depth = 0; depth <= 3; ++depth) {
    const auto schema = [depth](std::size_t branches) {
      return nested(depth, fmt::format(R"({{"allOf":{}}})", array_of(branches, "true")),
                    [](std::size_t, const std::string& inner) { return fmt::format(R"({{"items":{}}})", inner); });
    };
    EXPECT_THAT(compile(schema(kMaxEvaluationsPerValue - 1)), IsOk()) << depth;
    EXPECT_THAT(compile(schema(kMaxEvaluationsPerValue)), FailsWith(kTooCostly)) << depth;
  }
}

// A link of the chain is asked again for each link around it that `unevaluatedProperties` walks through.
TEST(JsonSchemaLimitsTest, UnevaluatedPropertiesAsksALongChainAgainForEachOfItsLinks) {
  const auto schema = [](std::size_t links) {
    const auto link = [](const std::string& next) { return fmt::format(R"({{"allOf":[{}]}})", next); };
    const std::string last = fmt::format(R"({{"allOf":{}}})", array_of(40, "true"));
    return chain(links, last, link).insert(1, R"("unevaluatedProperties":false,)");
  };
  EXPECT_THAT(compile(schema(4)), IsOk());
  EXPECT_THAT(compile(schema(20)), FailsWith(kTooCostly));
}

TEST(JsonSchemaLimitsTest, ACallMayNeed20MillionEvaluations) {
  // 299 for each item: 2 for the item's schema, 2 for each alternative and 1 for its `const`; 2 for the array.
  const std::string schema =
      fmt::format(R"({{"items":{{"anyOf":{}}}}})",
                  "[" + list(99, [](std::size_t i) { return fmt::format(R"({{"const":{}}})", i); }) + "]");
  constexpr std::size_t kMost = (kMaxEvaluations - 2) / 299;
  EXPECT_THAT(judge(schema, array_of(kMost, "0")), IsOk());
  EXPECT_THAT(judge(schema, array_of(kMost + 1, "0")), FailsWith(kTooCostly));
}

TEST(JsonSchemaLimitsTest, KeywordsMayRead256MiBAgain) {
  const std::string schema = fmt::format(R"({{"allOf":{}}})", array_of(32, R"({"minLength":1})"));
  constexpr std::size_t kMost = (kMaxScannedBytes / 32) - 24;
  EXPECT_THAT(judge(schema, quoted(kMost)), IsOk());
  EXPECT_THAT(judge(schema, quoted(kMost + 1)), FailsWith(kTooCostly));
}

TEST(JsonSchemaLimitsTest, ADocumentTakesAtMost40MiB) {
  EXPECT_THAT(check(quoted(kMaxDocumentMemory - 24)), IsOk());
  EXPECT_THAT(check(quoted(kMaxDocumentMemory - 23)), FailsWith(kTooLarge));
  EXPECT_THAT(check(array_of(65'000, R"({"":0})")), FailsWith(kTooLarge));
  EXPECT_THAT(check(array_of(300'000, "[0]")), FailsWith(kTooLarge));
}

TEST(JsonSchemaLimitsTest, ADocumentHasAtMost1048576Values) {
  EXPECT_THAT(check(array_of(kMaxDocumentValues - 1, "0")), IsOk());
  EXPECT_THAT(check(array_of(kMaxDocumentValues, "0")), FailsWith(kTooManyValues));
}

TEST(JsonSchemaLimitsTest, AnObjectHasAtMost65536Members) {
  EXPECT_THAT(check(members(kMaxObjectMembers)), IsOk());
  EXPECT_THAT(check(members(kMaxObjectMembers + 1)), FailsWith(kTooManyValues));
}

TEST(JsonSchemaLimitsTest, ASchemaHasAtMost256Patterns) {
  const auto schema = [](std::size_t count) {
    return fmt::format(R"({{"properties":{{{}}}}})",
                       list(count, [](std::size_t i) { return fmt::format(R"("{0}":{{"pattern":"^{0}$"}})", i); }));
  };
  EXPECT_THAT(compile(schema(kMaxPatterns)), IsOk());
  EXPECT_THAT(compile(schema(kMaxPatterns + 1)), FailsWith(kTooCostly));
}

TEST(JsonSchemaLimitsTest, PatternsHaveAtMost16KiBOfTextAndASixteenthOfThatWithUnicodeClassesOrFlags) {
  const auto schema = [](std::string_view start, std::size_t bytes) {
    std::string text(start);
    while (text.size() + 4 <= bytes) {
      text += "b{0}";
    }
    return fmt::format(R"({{"pattern":"{}{}"}})", text, std::string(bytes - text.size(), 'b'));
  };
  EXPECT_THAT(compile(schema("", kMaxPatternText)), IsOk());
  EXPECT_THAT(compile(schema("", kMaxPatternText + 1)), FailsWith(kTooCostly));
  EXPECT_THAT(compile(schema("(?i)", kMaxPatternText / 16)), IsOk());
  EXPECT_THAT(compile(schema("(?i)", (kMaxPatternText / 16) + 1)), FailsWith(kTooCostly));
  EXPECT_THAT(compile(schema("(?s-u:)", (kMaxPatternText / 16) + 1)), FailsWith(kTooCostly));
  EXPECT_THAT(compile(schema("(?:)", (kMaxPatternText / 16) + 1)), IsOk());
}

TEST(JsonSchemaLimitsTest, AStringCountsFourTimesWhereThePatternIsLarge) {
  const std::string_view large = R"({"items":{"pattern":"[ab]*a[ab]{100}c|^a*$"}})";
  const std::string_view small = R"({"items":{"pattern":"[ab]*a[ab]{4}c|^a*$"}})";
  const std::string text = quoted(1'024);
  EXPECT_THAT(judge(large, array_of(16, text)), IsOk());
  EXPECT_THAT(judge(large, array_of(17, text)), FailsWith(kTooCostly));
  EXPECT_THAT(judge(small, array_of(64, text)), IsOk());
}

TEST(JsonSchemaLimitsTest, ErrorsAreListedUpTo250000Evaluations) {
  // 402 for each item, 2 for the array
  const std::string_view schema = R"({"items":{"multipleOf":0.5}})";
  constexpr std::size_t kMost = (kMaxEvaluationsForList - 2) / 402;
  const auto message = [schema](std::size_t items) { return judge(schema, array_of(items, "0.3")).error().message(); };
  EXPECT_THAT(message(kMost), HasSubstr("/31: "));
  EXPECT_THAT(message(kMost + 1), HasSubstr("too large to say where"));
}

TEST(JsonSchemaLimitsTest, ErrorsAreListedWhereTheirMemoryIsBounded) {
  const auto message = [](std::size_t key) {
    const std::string document = fmt::format(R"({{{}:{}}})", quoted(key), array_of(3'000, "0"));
    return judge(R"({"additionalProperties":{"items":{"type":"string"}}})", document).error().message();
  };
  EXPECT_THAT(message(10), Not(HasSubstr("too large to say where")));
  EXPECT_THAT(message(10'000), HasSubstr("too large to say where"));
}

TEST(JsonSchemaLimitsTest, TwoAnchorsOfOneNameAreRefused) {
  EXPECT_THAT(compile(R"({"$defs":{"a":{"$anchor":"x"},"b":{"$dynamicAnchor":"x"}}})"), FailsWith(kInvalidSchema));
  EXPECT_THAT(compile(R"({"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"y"}},"$ref":"#x"})"), IsOk());
}

TEST(JsonSchemaLimitsTest, PercentSignsWithoutTwoDigitsStandForThemselves) {
  EXPECT_THAT(judge(R"({"$ref":"#/$defs/%41","$defs":{"A":{"type":"string"}}})", "1"), FailsWith(kDoesNotConform));
  EXPECT_THAT(compile(R"({"$ref":"#/$defs/%+f","$defs":{"\u000f":{}}})"), FailsWith(kUnresolvedRef));
}

TEST(JsonSchemaUniqueItemsTest, ComparesByValueOfTheSchemaLanguage) {
  for (const std::string_view equal : {"[1,1.0]", "[0,-0.0]", R"([{"a":1,"b":[2]},{"b":[2.0],"a":1}])", "[null,1,null]",
                                       "[[1,[2]],[1,[2]]]", "[18446744073709551615,18446744073709551615]"}) {
    EXPECT_THAT(judge(R"({"uniqueItems":true})", equal), FailsWith(kDoesNotConform)) << equal;
  }
  for (const std::string_view unique :
       {"[]", "[1]", "[0,false,null,\"\",[],{}]", "[[1],[[1]],[1,[]],1]", "[9007199254740993,9007199254740992]",
        "[18446744073709551615,18446744073709551616.0]", R"([{"a":1},{"b":1}])", "[1,\"1\"]"}) {
    EXPECT_THAT(judge(R"({"uniqueItems":true})", unique), IsOk()) << unique;
    EXPECT_THAT(judge(R"({"uniqueItems":false})", "[1,1]"), IsOk());
  }
  EXPECT_THAT(compile(R"({"uniqueItems":1})"), FailsWith(kInvalidSchema));
}

// The longest recursion that the limits leave: chain times depth, with the list of errors.
void* judge_deep_document(void* verdict) {
  const auto link = [](const std::string& next) { return fmt::format(R"({{"anyOf":[{}]}})", next); };
  const std::string schema = chain(30, R"({"properties":{"x":{"$ref":"#"}},"type":"object"})", link);
  const std::string document =
      nested(63, "1", [](std::size_t, const std::string& inner) { return fmt::format(R"({{"x":{}}})", inner); });
  *static_cast<Result<void>*>(verdict) = judge(schema, document);
  return nullptr;
}

TEST(JsonSchemaLimitsTest, AThreadWith1MiBOfStackIsEnough) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 1024UZ * 1024), 0);
  pthread_t thread{};
  Result<void> verdict;
  ASSERT_EQ(pthread_create(&thread, &attributes, judge_deep_document, &verdict), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  EXPECT_THAT(verdict, FailsWith(kDoesNotConform));
}

}  // namespace
}  // namespace palyra::schema
