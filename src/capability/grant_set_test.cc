// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/testing.h>
#include <palyra/capability/grant_set.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace palyra::capability {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

CapabilityGrantSet grants(std::vector<Capability> capabilities) {
  auto set = CapabilityGrantSet::create(std::move(capabilities));
  EXPECT_THAT(set, IsOk());
  return set ? *std::move(set) : CapabilityGrantSet();
}

HttpRule rule(std::string host, std::set<HttpMethod> methods = {HttpMethod::kGet}) {
  return {.host = std::move(host), .methods = std::move(methods)};
}

TEST(CapabilityGrantSetTest, GrantsNothingWhenEmpty) {
  const CapabilityGrantSet none;
  EXPECT_TRUE(none.empty());
  EXPECT_FALSE(none.permits(rule("a")));
  EXPECT_EQ(none.at(CapabilityClass::kHttp, 0), nullptr);
  EXPECT_EQ(none.handle_at(CapabilityClass::kHttp, 0), std::nullopt);
  EXPECT_EQ(none.find("https://a:443/ GET"), nullptr);
}

TEST(CapabilityGrantSetTest, NumbersHandlesInTheBytewiseOrderOfCanonicalTexts) {
  const CapabilityGrantSet set =
      grants({StoragePrefix{"b/"}, rule("b"), StoragePrefix{"B/"}, rule("a"), SecretUse{"skill:x", "k"}, rule("b"),
              SecretUse{"global", "k"}, ChannelUse{"c"}, FilesystemRoot{"r"}});
  EXPECT_EQ(set.count(CapabilityClass::kHttp), 2U);
  EXPECT_EQ(set.handle_of(rule("a")), 10'000);
  EXPECT_EQ(set.handle_of(rule("b")), 10'001);
  EXPECT_EQ(set.handle_of(SecretUse{"global", "k"}), 20'000);
  EXPECT_EQ(set.handle_of(StoragePrefix{"B/"}), 30'000);
  EXPECT_EQ(set.handle_of(StoragePrefix{"b/"}), 30'001);
  EXPECT_EQ(set.handle_at(CapabilityClass::kChannel, 0), 40'000);
  EXPECT_EQ(set.handle_of(FilesystemRoot{"r"}), 50'000);
  EXPECT_EQ(set.handle_of(rule("c")), std::nullopt);
}

TEST(CapabilityGrantSetTest, FindsByHandleOnlyInTheHandlesOwnClass) {
  const CapabilityGrantSet set = grants({rule("a"), StoragePrefix{"b/"}});
  ASSERT_NE(set.find_handle(CapabilityClass::kHttp, 10'000), nullptr);
  EXPECT_EQ(canonical_text(*set.find_handle(CapabilityClass::kStorage, 30'000)), "b/");
  for (const std::int32_t handle : {10'001, 9'999, 0, -1, INT32_MIN, 30'000, 100'000}) {
    EXPECT_EQ(set.find_handle(CapabilityClass::kHttp, handle), nullptr) << handle;
  }
  EXPECT_EQ(canonical_text(*set.find("b/")), "b/");
}

TEST(CapabilityGrantSetTest, RefusesTwoGrantsOfOneTextThatDiffer) {
  EXPECT_THAT(CapabilityGrantSet::create({StoragePrefix{"a/", 1}, StoragePrefix{"a/", 2}}),
              FailsWith(kConflictingGrants));
  EXPECT_THAT(CapabilityGrantSet::create({StoragePrefix{"a/", 1}, StoragePrefix{"a/", 1}}), IsOk());
}

TEST(CapabilityGrantSetTest, RefusesWhatIsNotWellFormed) {
  EXPECT_THAT(CapabilityGrantSet::create({StoragePrefix{"../", 1}}), FailsWith(kCapabilityMalformed));
}

TEST(CapabilityGrantSetTest, HoldsAThousandOfAClass) {
  std::vector<Capability> many;
  for (int i = 0; i < 1000; ++i) many.emplace_back(StoragePrefix{fmt::format("p{}/", i)});
  many.emplace_back(ChannelUse{"c"});
  EXPECT_THAT(CapabilityGrantSet::create(many), IsOk());
  many.emplace_back(StoragePrefix{"one-more/"});
  EXPECT_THAT(CapabilityGrantSet::create(many), FailsWith(kTooManyGrants));
}

TEST(CapabilityGrantSetTest, IntersectsToWhatBothPermit) {
  const CapabilityGrantSet asked = grants({rule("a"), rule("b", {HttpMethod::kGet, HttpMethod::kPost}),
                                           rule("c", {HttpMethod::kGet, HttpMethod::kPut}), StoragePrefix{"s/", 10}});
  const CapabilityGrantSet approved = grants({rule("a"), rule("b"), rule("c", {HttpMethod::kGet, HttpMethod::kPost}),
                                              rule("d"), StoragePrefix{"s/", 5}, ChannelUse{"x"}});
  const CapabilityGrantSet both = asked.intersect(approved);
  EXPECT_THAT(both.to_list(),
              ElementsAre(Capability(rule("a")), Capability(rule("b")), Capability(StoragePrefix{"s/", 5})));
  EXPECT_EQ(both, approved.intersect(asked));
  EXPECT_TRUE(asked.intersect(CapabilityGrantSet()).empty());
  EXPECT_EQ(asked.intersect(asked), asked);
}

TEST(CapabilityGrantSetTest, DiffsByWhatIsPermitted) {
  const CapabilityGrantSet before =
      grants({rule("a"), rule("b", {HttpMethod::kGet, HttpMethod::kPost}), ChannelUse{"x"}});
  const CapabilityGrantSet after = grants({rule("a", {HttpMethod::kGet, HttpMethod::kPut}), rule("b")});
  const GrantDiff changes = diff(before, after);
  EXPECT_THAT(changes.added, ElementsAre(Capability(rule("a", {HttpMethod::kGet, HttpMethod::kPut}))));
  EXPECT_THAT(changes.removed,
              ElementsAre(Capability(rule("b", {HttpMethod::kGet, HttpMethod::kPost})), Capability(ChannelUse{"x"})));
  EXPECT_THAT(diff(after, after).added, IsEmpty());
}

}  // namespace
}  // namespace palyra::capability
