// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/testing.h>
#include <palyra/base/toml.h>

namespace palyra {
namespace {

using testing::FailsWith;
using testing::IsOk;

constexpr TomlLimits kLimits{.max_bytes = 4096, .max_depth = 6, .max_array_length = 4, .max_string_bytes = 16};

Result<Json> parse(std::string_view text) { return parse_toml(as_bytes(text), kLimits); }

TEST(TomlTest, ReadsTablesArraysAndScalars) {
  const Json value = parse("a = 1\n[t]\nb = [true, 0.5]\nc.d = 'x'\n[[u]]\n[[u]]\ne = -9223372036854775808\n").value();
  EXPECT_EQ(to_text(value), R"({"a":1,"t":{"b":[true,0.5],"c":{"d":"x"}},"u":[{},{"e":-9223372036854775808}]})");
}

TEST(TomlTest, GivesEachLeafWithTheLineOfItsKeyInEverySpelling) {
  const auto leaves = parse_toml_leaves(as_bytes("# first\n"
                                                 "a.b = 1\n"
                                                 "c = {\"d.e\" = [\n2], f = {}}\n"
                                                 "[ g . 'h' ] # [x]\n"
                                                 "s = \"\"\"\ni = 3\n\"\"\"\n"
                                                 "i = 4\n[[u]]\nv = 1\n[w]\n"),
                                        kLimits);
  ASSERT_THAT(leaves, IsOk());
  std::vector<std::string> lines;
  for (const TomlLeaf& leaf : *leaves) {
    std::string line = fmt::format("{}:", leaf.line);
    for (const std::string& name : leaf.path) line += " " + name;
    lines.push_back(line + " " + to_text(leaf.value));
  }
  EXPECT_THAT(lines, ::testing::UnorderedElementsAre("2: a b 1", "3: c d.e [2]", "4: c f {}", R"(6: g h s "i = 3\n")",
                                                     "9: g h i 4", R"(10: u [{"v":1}])", "12: w {}"));
}

// M03, M12
TEST(TomlTest, RefusesDatesAndNumbersThatAreNotFinite) {
  EXPECT_THAT(parse("a = 2026-11-22"), FailsWith(kTomlDate));
  EXPECT_THAT(parse("a = 18:00:00"), FailsWith(kTomlDate));
  EXPECT_THAT(parse("a = 2026-11-22T18:00:00Z"), FailsWith(kTomlDate));
  EXPECT_THAT(parse("a = [nan]"), FailsWith(kTomlNumber));
  EXPECT_THAT(parse("a = -inf"), FailsWith(kTomlNumber));
}

// M01
TEST(TomlTest, RefusesDuplicateKeysAndBadSyntaxWithTheLine) {
  EXPECT_THAT(parse("a = 1\na = 2"), FailsWith(kTomlDuplicateKey));
  EXPECT_THAT(parse("[t]\n[t]"), FailsWith(kTomlDuplicateKey));
  EXPECT_THAT(parse("t = 1\n[t.u]\n"), FailsWith(kTomlDuplicateKey));
  const auto result = parse("a = 1\nb = \n");
  ASSERT_THAT(result, FailsWith(kTomlSyntax));
  EXPECT_NE(result.error().message().find("line 2"), std::string::npos) << result.error().message();
  EXPECT_THAT(parse("a = 9223372036854775808"), FailsWith(kTomlSyntax));
}

// M05, M12
TEST(TomlTest, RefusesWhatIsNotPlainUtf8) {
  EXPECT_THAT(parse("a = '\xff'"), FailsWith(kTomlNotUtf8));
  EXPECT_THAT(parse("\xEF\xBB\xBF"
                    "a = 1"),
              FailsWith(kTomlNotUtf8));
  EXPECT_THAT(parse(std::string_view("a = 1\0", 6)), FailsWith(kTomlNotUtf8));
}

// M02
TEST(TomlTest, RefusesNestingOverTheLimitInEverySpelling) {
  EXPECT_THAT(parse("a = [[[[[1]]]]]"), IsOk());
  EXPECT_THAT(parse("a = [[[[[[1]]]]]]"), FailsWith(kTomlTooDeep));
  EXPECT_THAT(parse("a.b.c.d.e.f.g = 1"), FailsWith(kTomlTooDeep));
  EXPECT_THAT(parse("[a.b.c.d.e.f.g]"), FailsWith(kTomlTooDeep));
  EXPECT_THAT(parse("[a.b.c]\nd.e.f.g = 1"), FailsWith(kTomlTooDeep));
  EXPECT_THAT(parse("a = {b = {c = {d = {e = {f = {g = 1}}}}}}"), FailsWith(kTomlTooDeep));
}

// M11
TEST(TomlTest, SurvivesTheDeepestKeyThatFitsTheLargestDocument) {
  std::string text = "a";
  while (text.size() < 65'000) text += ".a";
  const TomlLimits wide{.max_bytes = 1 << 20, .max_depth = 32, .max_array_length = 9, .max_string_bytes = 9};
  EXPECT_THAT(parse_toml(as_bytes(text + " = 1"), wide), FailsWith(kTomlTooDeep));
  EXPECT_THAT(parse_toml(as_bytes("[" + text + "]"), wide), FailsWith(kTomlTooDeep));
  EXPECT_THAT(parse_toml(as_bytes("x = " + std::string(60'000, '[')), wide), FailsWith(kTomlTooDeep));
}

TEST(TomlTest, ReadsLettersOfEveryScriptWhereWhiteSpaceMayStand) {
  // Letters of the first thousand code points and behind, after a line-ending backslash.
  for (const char* letter : {"é", "Ξ", "я", "漢", "\U0001F600"}) {
    const std::string text = std::string("a = \"\"\"\\\n  ") + letter + "\"\"\"";
    const auto value = parse(text);
    ASSERT_THAT(value, IsOk()) << text;
    EXPECT_EQ(*value->find("a")->as_string(), letter);
    EXPECT_THAT(parse(std::string("a = ") + letter), FailsWith(kTomlSyntax)) << letter;
    EXPECT_THAT(parse(std::string(letter) + " = 1"), FailsWith(kTomlSyntax)) << letter;
  }
}

TEST(TomlTest, DotsAndBracketsInTextDoNotCountAsNesting) {
  EXPECT_THAT(parse("# ......... [[[[[[[[[\na = \"........[[[\"\nb = '''\n.......[\n'''\n\"a.b.c.d.e.f.g\" = 1"),
              IsOk());
}

// M07
TEST(TomlTest, RefusesLongArraysStringsAndDocuments) {
  EXPECT_THAT(parse("a = [1,2,3,4]"), IsOk());
  EXPECT_THAT(parse("a = [1,2,3,4,5]"), FailsWith(kTomlTooLarge));
  EXPECT_THAT(parse("a = '0123456789abcdef'"), IsOk());
  EXPECT_THAT(parse("a = '0123456789abcdefg'"), FailsWith(kTomlTooLarge));
  EXPECT_THAT(parse(std::string(4097, ' ')), FailsWith(kTomlTooLarge));
}

}  // namespace
}  // namespace palyra
