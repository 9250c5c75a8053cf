// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/json.h>
#include <palyra/base/testing.h>

namespace palyra {
namespace {

using testing::FailsWith;
using testing::IsOk;

constexpr JsonLimits kLimits{.max_bytes = 1 << 20, .max_depth = 8};

Result<Json> parse(std::string_view text) { return parse_json(as_bytes(text), kLimits); }

TEST(JsonTest, WritesBackWhatItReadInTheSameOrder) {
  constexpr std::string_view kText = R"({"b":[1,-2,18446744073709551615,0.5,true,null,"é\n"],"a":{}})";
  EXPECT_EQ(to_text(parse(kText).value()), kText);
}

// M01
TEST(JsonTest, RefusesADuplicateKeyHoweverItIsSpelt) {
  EXPECT_THAT(parse(R"({"a":1,"a":2})"), FailsWith(kJsonDuplicateKey));
  EXPECT_THAT(parse(R"({"a":1,"\u0061":2})"), FailsWith(kJsonDuplicateKey));
  EXPECT_THAT(parse(R"([{"x":{"k":1,"j":2,"k":1}}])"), FailsWith(kJsonDuplicateKey));
}

// M04
TEST(JsonTest, RefusesNumbersThatItCannotHold) {
  for (const char* text :
       {"18446744073709551616", "-9223372036854775809", "123456789012345678901234567890", "1e400", "-1e400"}) {
    EXPECT_THAT(parse(text), FailsWith(kJsonNumber)) << text;
  }
  EXPECT_EQ(*parse("-9223372036854775808").value().as_int(), std::numeric_limits<std::int64_t>::min());
}

// M05
TEST(JsonTest, RefusesTextThatIsNotUtf8) {
  EXPECT_THAT(parse("\"\xff\""), FailsWith(kJsonNotUtf8));
  EXPECT_THAT(parse("\"\xed\xa0\x80\""), FailsWith(kJsonNotUtf8));
}

// M05
TEST(JsonTest, RefusesLoneSurrogatesByteOrderMarksAndTrailingBytes) {
  for (const char* text : {R"("\ud800")", R"("\udc00")", R"("\ud800\u0041")", "\xEF\xBB\xBF{}", "{} {}", "{}x", "", " ",
                           "[1,]", "{'a':1}", "01", "+1", ".5", "NaN", "\"a\nb\"", "[1 2]", "{\"a\"}", "tru"}) {
    EXPECT_FALSE(parse(text)) << text;
  }
  EXPECT_FALSE(parse(std::string_view("1\0", 2)));
}

// M02
TEST(JsonTest, AllowsNestingUpToTheLimitOnly) {
  EXPECT_THAT(parse("[[[[[[[[1]]]]]]]]"), IsOk());
  EXPECT_THAT(parse("[[[[[[[[[1]]]]]]]]]"), FailsWith(kJsonTooDeep));
  EXPECT_THAT(parse(std::string(100'000, '[')), ::testing::Not(IsOk()));
}

// M07
TEST(JsonTest, RefusesADocumentOverTheLimitOfBytes) {
  EXPECT_THAT(parse_json(as_bytes("[1,2]"), {.max_bytes = 4, .max_depth = 8}), FailsWith(kJsonTooLarge));
  EXPECT_THAT(parse_json(as_bytes("[1,2]"), {.max_bytes = 5, .max_depth = 8}), IsOk());
}

TEST(JsonTest, ComparesByValueNotByOrderOrSpelling) {
  EXPECT_EQ(parse(R"({"a":1,"b":2})").value(), parse(R"({"b":2.0,"a":1e0})").value());
  EXPECT_NE(parse(R"({"a":1})").value(), parse(R"({"a":1,"b":2})").value());
  EXPECT_NE(parse("9007199254740993").value(), parse("9007199254740992.0").value());
  EXPECT_EQ(parse("9007199254740992").value(), parse("9007199254740992.0").value());
  EXPECT_NE(parse("[1,2]").value(), parse("[2,1]").value());
  EXPECT_NE(parse("\"1\"").value(), parse("1").value());
  EXPECT_NE(parse("0").value(), parse("false").value());
}

TEST(JsonTest, WritesIllFormedTextAsReplacementCharacters) { EXPECT_EQ(to_text(Json("a\xff")), "\"a\xEF\xBF\xBD\""); }

TEST(JsonTest, PrettyTextEndsWithANewline) {
  Json value;
  value.set("a", 1);
  EXPECT_EQ(to_text(value, JsonStyle::kPretty), "{\n  \"a\": 1\n}\n");
}

TEST(JsonTest, AStringIsAppendedAsItIsWrittenInADocument) {
  for (const std::string_view value : {"", "plain ~", "\"", "a\\b", "\x7f", "tab\t", "\xc3\xa4", "\xff", "line\n"}) {
    std::string text = "[";
    append_json_string(text, value);
    EXPECT_EQ(text, "[" + to_text(Json(value))) << value;
  }
  std::string text;
  append_json_string(text, std::string_view("\0", 1));
  EXPECT_EQ(text, R"("\u0000")");
}

}  // namespace
}  // namespace palyra
