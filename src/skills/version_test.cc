// SPDX-License-Identifier: Apache-2.0
#include <palyra/skills/skill_names.h>
#include <palyra/skills/version.h>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace palyra::skills {
namespace {

TEST(VersionTest, ReadsWhatItWrites) {
  for (const auto* text : {"0.0.0", "1.2.3", "2147483647.0.0", "2.0.0-rc.1", "1.0.0-0", "1.0.0-a-b.-.x0", "1.0.0--"}) {
    const auto version = Version::parse(text);
    ASSERT_TRUE(version.has_value()) << text;
    EXPECT_EQ(version->to_text(), text);
  }
}

// M19
TEST(VersionTest, RefusesAnyOtherText) {
  const std::string long_one = "1.0.0-" + std::string(59, 'a');
  EXPECT_TRUE(Version::parse(long_one.substr(0, 64)).has_value());
  for (const std::string& text : {std::string(),
                                  std::string("1"),
                                  std::string("1.2"),
                                  std::string("1.2.3.4"),
                                  std::string("01.2.3"),
                                  std::string("1.02.3"),
                                  std::string("1.2.03"),
                                  std::string("2147483648.0.0"),
                                  std::string("99999999999.0.0"),
                                  std::string("1.2.-3"),
                                  std::string("+1.2.3"),
                                  std::string(" 1.2.3"),
                                  std::string("1.2.3 "),
                                  std::string("v1.2.3"),
                                  std::string("1.2.3-"),
                                  std::string("1.2.3-a..b"),
                                  std::string("1.2.3-a."),
                                  std::string("1.2.3-01"),
                                  std::string("1.2.3-a_b"),
                                  std::string("1.2.3+build"),
                                  std::string("1.2.3-rc+build"),
                                  std::string("1..3"),
                                  long_one}) {
    EXPECT_FALSE(Version::parse(text).has_value()) << text;
  }
}

// M19
TEST(VersionTest, OrdersAsSemanticVersioningDoes) {
  const std::vector<std::string> ascending = {"0.9.0",        "1.0.0-1",       "1.0.0-2",          "1.0.0-11",
                                              "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
                                              "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",       "1.0.0",
                                              "1.0.1",        "1.2.0",         "1.10.0",           "2.0.0"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_EQ(*Version::parse(ascending[i]) <=> *Version::parse(ascending[j]), i <=> j)
          << ascending[i] << " " << ascending[j];
    }
  }
}

TEST(VersionTest, IsEqualOnlyToTheSameText) {
  EXPECT_TRUE(rc::check([] {
    const auto any = [] {
      std::string text = "1.0.0-" + *rc::gen::element<std::string>("a", "b", "1", "10", "2");
      if (*rc::gen::arbitrary<bool>()) text += "." + *rc::gen::element<std::string>("a", "0", "7");
      return *Version::parse(text);
    };
    const Version a = any();
    const Version b = any();
    RC_ASSERT(((a <=> b) == 0) == (a.to_text() == b.to_text()));
  }));
}

// M18
TEST(SkillNamesTest, AcceptsPublishersOfLowerCaseWordsJoinedByHyphens) {
  for (const auto* good : {"abc", "a-b", "0x0", "acme-tools-2"}) EXPECT_TRUE(is_publisher_name(good)) << good;
  EXPECT_TRUE(is_publisher_name(std::string(39, 'a')));
  EXPECT_FALSE(is_publisher_name(std::string(40, 'a')));
  for (const auto* bad : {"", "ab", "-ab", "ab-", "a--b", "Acme", "a_b", "a.b", "a b"})
    EXPECT_FALSE(is_publisher_name(bad)) << bad;
}

TEST(SkillNamesTest, AcceptsIdsOfDottedSegments) {
  for (const auto* good : {"acme.weather", "a", "a-b_c.0"}) {
    EXPECT_TRUE(is_skill_id(good)) << good;
    EXPECT_TRUE(is_tool_id(good)) << good;
  }
  EXPECT_TRUE(is_skill_id(std::string(128, 'a')));
  EXPECT_FALSE(is_skill_id(std::string(129, 'a')));
  for (const auto* bad : {"", ".", "a..b", ".a", "a.", "A.b", "a:b", "a/b", "a b"}) {
    EXPECT_FALSE(is_skill_id(bad)) << bad;
    EXPECT_FALSE(is_tool_id(bad)) << bad;
  }
}

TEST(SkillNamesTest, TellsWhoseANameIs) {
  EXPECT_TRUE(is_of_publisher("acme.weather", "acme"));
  EXPECT_FALSE(is_of_publisher("acme", "acme"));
  EXPECT_FALSE(is_of_publisher("acme.", "acme"));
  EXPECT_FALSE(is_of_publisher("acmex.weather", "acme"));
  EXPECT_FALSE(is_of_publisher("globex.weather", "acme"));
}

}  // namespace
}  // namespace palyra::skills
