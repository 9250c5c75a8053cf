// SPDX-License-Identifier: Apache-2.0
// What becomes of documents: strict JSON, conformity, the list of errors and what a judgement may cost.
#include <palyra/base/testing.h>
#include <palyra/schema/json_schema.h>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace palyra::schema {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The verdict of the schema `schema` on `document`.
Result<void> judge(std::string_view schema, std::string_view document) {
  const JsonSchema compiled = PALYRA_TRY(JsonSchema::compile(as_bytes(schema)), "compiling");
  return compiled.validate(as_bytes(document));
}

Result<void> parse(std::string_view document) { return judge("true", document); }

std::string message(const Result<void>& verdict) { return verdict ? "conforms" : verdict.error().message(); }

// `element` so many times, separated by commas, between brackets.
std::string array_of(std::size_t times, std::string_view element) {
  std::string out = "[";
  for (std::size_t i = 0; i < times; ++i) {
    out += i == 0 ? "" : ",";
    out += element;
  }
  return out + "]";
}

std::string text_of(std::size_t size) { return '"' + std::string(size, 'a') + '"'; }

std::string nested_arrays(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(JsonDocumentTest, AcceptsEveryKindOfValue) {
  for (const std::string_view text :
       {"null", "true", "0", "-0", "1.5e3", "\"\\u00e9\\ud83d\\ude00\"", "[]", "{}", " {\"a\" : [1, 2]}\n", "1e-400"}) {
    EXPECT_THAT(parse(text), IsOk()) << text;
    EXPECT_THAT(check_json(as_bytes(text)), IsOk()) << text;
  }
}

TEST(JsonDocumentTest, RefusesWhatIsNotJson) {
  for (const std::string_view text : {"",           " ",       "nul",     "{",           "[1,]",
                                      "{\"a\":1,}", "{a:1}",   "'a'",     "01",          "+1",
                                      ".5",         "1.",      "NaN",     "Infinity",    "1 2",
                                      "\"\t\"",     "\"\\x\"", "// c\n1", "\"\\ud800\"", "\"\\udc00\\ud800\""}) {
    EXPECT_THAT(parse(text), FailsWith(kSyntax)) << text;
    EXPECT_THAT(check_json(as_bytes(text)), FailsWith(kSyntax)) << text;
  }
}

TEST(JsonDocumentTest, RefusesByteOrderMarks) { EXPECT_THAT(parse("\xEF\xBB\xBF{}"), FailsWith(kSyntax)); }

TEST(JsonDocumentTest, RefusesIllFormedUtf8) {
  EXPECT_THAT(parse("\"\xC3\""), FailsWith(kNotUtf8));
  EXPECT_THAT(parse("\"\xED\xA0\x80\""), FailsWith(kNotUtf8));  // a surrogate
}

TEST(JsonDocumentTest, RefusesDuplicateKeysAfterEscapesAreResolved) {
  EXPECT_THAT(parse(R"({"a":1,"b":{"c":1,"c":2}})"), FailsWith(kDuplicateKey));
  EXPECT_THAT(parse(R"({"a":1,"\u0061":2})"), FailsWith(kDuplicateKey));
  EXPECT_THAT(parse(R"({"a":1,"b":{"a":1}})"), IsOk());
}

TEST(JsonDocumentTest, RefusesDepthOver64) {
  EXPECT_THAT(parse(nested_arrays(kMaxDocumentDepth)), IsOk());
  EXPECT_THAT(parse(nested_arrays(kMaxDocumentDepth + 1)), FailsWith(kTooDeep));
  EXPECT_THAT(parse(std::string(100'000, '[')), FailsWith(kTooDeep));
}

// M04
TEST(JsonDocumentTest, RefusesNumbersThatWouldBeRounded) {
  for (const std::string_view number :
       {"18446744073709551615", "-9223372036854775808", "1e308", "1E30", "123456789012345678901234567890.0"}) {
    EXPECT_THAT(parse(number), IsOk()) << number;
  }
  for (const std::string_view number :
       {"18446744073709551616", "-9223372036854775809", "123456789012345678901234567890", "1e400", "-1e400"}) {
    EXPECT_THAT(parse(number), FailsWith(kNumberOutOfRange)) << number;
    EXPECT_THAT(parse(fmt::format(R"({{"a":["x",{}]}})", number)), FailsWith(kNumberOutOfRange)) << number;
  }
  EXPECT_THAT(parse(R"("123456789012345678901234567890")"), IsOk());
}

TEST(JsonDocumentTest, ComparesLargeIntegersExactly) {
  EXPECT_THAT(judge(R"({"const":9007199254740993})", "9007199254740993"), IsOk());
  EXPECT_THAT(judge(R"({"const":9007199254740993})", "9007199254740992"), FailsWith(kDoesNotConform));
}

TEST(JsonDocumentTest, RefusesMoreBytesThanTheLimit) {
  EXPECT_THAT(check_json(as_bytes(std::string(kMaxDocumentBytes + 1, ' '))), FailsWith(kTooLarge));
}

TEST(JsonSchemaDocumentTest, TellsConformingDocumentsFromOthers) {
  const std::string_view schema = R"({"type":"object","required":["days"],"additionalProperties":false,
    "properties":{"days":{"type":"integer","minimum":1,"maximum":14}}})";
  EXPECT_THAT(judge(schema, R"({"days":7})"), IsOk());
  for (const std::string_view document : {R"({"days":0})", R"({"days":15})", R"({"days":"7"})", R"({"days":7.5})",
                                          R"({})", R"([])", R"({"days":7,"more":1})"}) {
    EXPECT_THAT(judge(schema, document), FailsWith(kDoesNotConform)) << document;
  }
}

TEST(JsonSchemaDocumentTest, AppliesTheVocabularyOf2020Draft12) {
  EXPECT_THAT(judge(R"({"prefixItems":[{"type":"string"}],"items":false})", R"(["a"])"), IsOk());
  EXPECT_THAT(judge(R"({"prefixItems":[{"type":"string"}],"items":false})", R"(["a",1])"), FailsWith(kDoesNotConform));
  EXPECT_THAT(judge(R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})"), FailsWith(kDoesNotConform));
  EXPECT_THAT(judge(R"({"properties":{"a":{}},"unevaluatedProperties":false})", R"({"b":1})"),
              FailsWith(kDoesNotConform));
  EXPECT_THAT(judge(R"({"type":"integer"})", "1.0"), IsOk());
}

TEST(JsonSchemaDocumentTest, TreatsFormatAsAnAnnotation) {
  EXPECT_THAT(judge(R"({"format":"date-time"})", R"("yesterday")"), IsOk());
}

TEST(JsonSchemaDocumentTest, SaysWhereADocumentDoesNotConform) {
  const auto verdict = judge(R"({"required":["name"],"properties":{"trips":{"items":{"properties":{
    "days":{"maximum":14}}}}}})",
                             R"({"trips":[{"days":3},{"days":77123}]})");
  ASSERT_THAT(verdict, FailsWith(kDoesNotConform));
  EXPECT_THAT(message(verdict), AllOf(HasSubstr("/trips/1/days: "), HasSubstr("14"), HasSubstr("(maximum)"),
                                      HasSubstr("the document: "), HasSubstr("\"name\""), HasSubstr("(required)")));
}

TEST(JsonSchemaDocumentTest, NeverQuotesValuesOfTheDocument) {
  for (const std::string_view schema :
       {R"({"type":"integer"})", R"({"const":"x"})", R"({"enum":["x"]})", R"({"pattern":"^x$"})", R"({"maxLength":3})",
        R"({"anyOf":[{"type":"integer"},{"const":1}]})", R"({"not":{"type":"string"}})"}) {
    const auto verdict = judge(schema, R"("hunter2")");
    ASSERT_THAT(verdict, FailsWith(kDoesNotConform));
    EXPECT_THAT(message(verdict), Not(HasSubstr("hunter2"))) << schema;
  }
}

TEST(JsonSchemaDocumentTest, ListsAtMost32Errors) {
  const auto verdict = judge(R"({"items":{"type":"string"}})", array_of(40, "0"));
  ASSERT_THAT(verdict, FailsWith(kDoesNotConform));
  EXPECT_THAT(message(verdict), AllOf(HasSubstr("/31: "), Not(HasSubstr("/32: ")), HasSubstr("there may be more")));
}

TEST(JsonSchemaDocumentTest, ListsNoErrorsOfALargeDocument) {
  const auto verdict = judge(R"({"items":{"type":"string"}})", array_of(kMaxEvaluationsForList + 1, "0"));
  ASSERT_THAT(verdict, FailsWith(kDoesNotConform));
  EXPECT_THAT(message(verdict), HasSubstr("too large to say where"));
}

// Two ways to the same child: cheap at the depths that compiling judges, 2^d ways d levels down.
TEST(JsonSchemaDocumentTest, RefusesDeepDocumentsUnderASchemaThatDoublesAtEachLevel) {
  const std::string_view schema = R"({"allOf":[{"properties":{"x":{"$ref":"#"}}},{"properties":{"x":{"$ref":"#"}}}]})";
  const auto nested = [](int depth) {
    std::string out = "{}";
    for (int i = 0; i < depth; ++i) {
      out = fmt::format(R"({{"x":{}}})", out);
    }
    return out;
  };
  EXPECT_THAT(judge(schema, nested(10)), IsOk());
  EXPECT_THAT(judge(schema, nested(60)), FailsWith(kTooCostly));
}

TEST(JsonSchemaPatternTest, RefusesALongStringThatMeetsAPattern) {
  const std::string_view schema = R"({"pattern":"^a*$"})";
  EXPECT_THAT(judge(schema, text_of(kMaxPatternStringBytes)), IsOk());
  EXPECT_THAT(judge(schema, text_of(kMaxPatternStringBytes + 1)), FailsWith(kTooCostly));
}

TEST(JsonSchemaPatternTest, RefusesStringsThatAreLongTogether) {
  const std::string_view schema = R"({"items":{"pattern":"^a*$"}})";
  EXPECT_THAT(judge(schema, array_of(64, text_of(1'024))), IsOk());
  EXPECT_THAT(judge(schema, array_of(65, text_of(1'024))), FailsWith(kTooCostly));
}

TEST(JsonSchemaPatternTest, CountsAStringAsOftenAsItMeetsAPattern) {
  const std::string schema = fmt::format(R"({{"allOf":{}}})", array_of(5, R"({"pattern":"^a*$"})"));
  EXPECT_THAT(judge(schema, text_of(13'000)), IsOk());
  EXPECT_THAT(judge(schema, text_of(14'000)), FailsWith(kTooCostly));
}

// One place each by which a pattern can be reached.
TEST(JsonSchemaPatternTest, FindsPatternsWhereverTheyApply) {
  const std::string pattern = R"({"pattern":"^a*$"})";
  const std::string text = text_of(kMaxPatternStringBytes + 1);
  for (const std::string_view in_place :
       {R"({"allOf":[{}, %]})", R"({"anyOf":[true, %]})", R"({"oneOf":[false, %]})", R"({"not":{"not":%}})",
        R"({"if":%})", R"({"if":true,"then":%})", R"({"if":true,"else":%})", R"({"$ref":"#/$defs/p","$defs":{"p":%}})",
        R"({"$dynamicRef":"#/$defs/p","$defs":{"p":%}})"}) {
    std::string schema(in_place);
    schema.replace(schema.find('%'), 1, pattern);
    EXPECT_THAT(judge(schema, text), FailsWith(kTooCostly)) << schema;
  }
  for (const std::string_view in_object :
       {R"({"properties":{"k":%}})", R"({"additionalProperties":%})", R"({"patternProperties":{"k":%}})",
        R"({"unevaluatedProperties":%})", R"({"dependentSchemas":{"k":{"properties":{"k":%}}}})"}) {
    std::string schema(in_object);
    schema.replace(schema.find('%'), 1, pattern);
    EXPECT_THAT(judge(schema, fmt::format(R"({{"k":{}}})", text)), FailsWith(kTooCostly)) << schema;
  }
  for (const std::string_view in_array :
       {R"({"items":%})", R"({"prefixItems":[%]})", R"({"contains":%})", R"({"unevaluatedItems":%})"}) {
    std::string schema(in_array);
    schema.replace(schema.find('%'), 1, pattern);
    EXPECT_THAT(judge(schema, fmt::format("[{}]", text)), FailsWith(kTooCostly)) << schema;
  }
  EXPECT_THAT(judge(fmt::format(R"({{"propertyNames":{}}})", pattern), fmt::format("{{{}:1}}", text)),
              FailsWith(kTooCostly));
  EXPECT_THAT(judge(R"({"patternProperties":{"^a*$":true}})", fmt::format("{{{}:1}}", text)), FailsWith(kTooCostly));
}

TEST(JsonSchemaPatternTest, LetsLongStringsPassWhereNoPatternApplies) {
  const std::string_view schema = R"({"type":"object","additionalProperties":false,"properties":{
    "path":{"type":"string","pattern":"^[a-z/]+$"},"content":{"type":"string"},
    "parts":{"prefixItems":[{"pattern":"^a$"}],"items":{"type":"string"}}}})";
  EXPECT_THAT(judge(schema, fmt::format(R"({{"path":"a/b","content":{0},"parts":["a",{0}]}})", text_of(4'000'000))),
              IsOk());
}

// The crate that collects errors matches a string again for each branch around it.
TEST(JsonSchemaPatternTest, ListsNoErrorsWhenLongStringsWouldBeMatchedTooOften) {
  std::string schema = R"({"pattern":"^b$"})";
  for (int i = 0; i < 3; ++i) {
    schema = fmt::format(R"({{"anyOf":[{}]}})", schema);
  }
  schema = fmt::format(R"({{"items":{}}})", schema);
  // times 4 in the chain and 2 levels
  EXPECT_THAT(message(judge(schema, array_of(2, text_of(4'000)))), HasSubstr("/1: "));
  EXPECT_THAT(message(judge(schema, array_of(3, text_of(4'000)))), HasSubstr("too large to say where"));
}

TEST(JsonSchemaDocumentTest, MayBeSharedByThreads) {
  const auto schema = JsonSchema::compile(
      as_bytes(R"({"properties":{"n":{"type":"integer"},"s":{"pattern":"^[a-z]+[0-9]$"}},"required":["n"]})"));
  ASSERT_THAT(schema, IsOk());
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&wrong, &schema] {
      for (int i = 0; i < 200; ++i) {
        wrong += schema->validate(as_bytes(R"({"n":1,"s":"abc1"})")).has_value() ? 0 : 1;
        wrong += schema->validate(as_bytes(R"({"n":"1","s":"abc"})")).has_value() ? 1 : 0;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

TEST(JsonSchemaDocumentTest, OutlivesTheTextItWasMadeFromAndCanBeMoved) {
  std::string text = R"({"type":"string"})";
  auto schema = JsonSchema::compile(as_bytes(text));
  ASSERT_THAT(schema, IsOk());
  text.assign(text.size(), 'x');
  const JsonSchema moved = std::move(*schema);
  EXPECT_THAT(moved.validate(as_bytes("\"a\"")), IsOk());
  EXPECT_THAT(moved.validate(as_bytes("1")), FailsWith(kDoesNotConform));
}

}  // namespace
}  // namespace palyra::schema
