// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/error.h>
#include <palyra/base/testing.h>

#include <memory>

namespace palyra {
namespace {

constexpr ErrorCode kFirst{ErrorKind::kMalformed, "test.first"};
constexpr ErrorCode kSecond{ErrorKind::kDenied, "test.second"};

Result<std::unique_ptr<int>> make(int value) {
  if (value < 0) return fail(kFirst, "{} is negative", value);
  return std::make_unique<int>(value);
}

Result<int> sum(int a, int b) {
  const auto first = PALYRA_TRY(make(a), "adding");
  const auto second = PALYRA_TRY(make(b), "adding");
  return *first + *second;
}

TEST(ErrorTest, TryGivesTheValueOfASuccess) { EXPECT_EQ(sum(1, 2).value(), 3); }

TEST(ErrorTest, TryReturnsTheErrorWithItsContext) {
  const auto result = sum(1, -2);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().describe(), "test.first: -2 is negative (adding)");
  EXPECT_TRUE(result.error().is(kFirst));
  EXPECT_FALSE(result.error().is(kSecond));
  EXPECT_EQ(result.error().kind(), ErrorKind::kMalformed);
}

TEST(ErrorTest, RemembersTheLineThatRaisedIt) {
  const auto result = make(-1);
  EXPECT_NE(std::string_view(result.error().where().file_name()).find("error_test.cc"), std::string_view::npos);
}

TEST(ErrorTest, ListsContextFromTheInsideOut) {
  const Error error = Error(kSecond, "no").with_context("inner").with_context("outer").with_next("ask first");
  EXPECT_EQ(error.describe(), "test.second: no (inner; outer)");
  ASSERT_EQ(error.next().size(), 1U);
  EXPECT_EQ(error.next()[0], "ask first");
}

TEST(ErrorTest, KeepsItsMessageWhenItIsAssignedToItselfWithMore) {
  Error error(kSecond, "no");
  error = std::move(error).with_next("ask first");
  error = std::move(error).with_context("inner");
  EXPECT_EQ(error.describe(), "test.second: no (inner)");
  EXPECT_EQ(error.next().size(), 1U);
}

}  // namespace
}  // namespace palyra
