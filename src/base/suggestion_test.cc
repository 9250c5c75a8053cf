// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/suggestion.h>
#include <palyra/base/testing.h>

namespace palyra {
namespace {

TEST(SuggestionTest, CountsInsertionsDeletionsChangesAndSwaps) {
  EXPECT_EQ(edit_distance("list", "list"), 0U);
  EXPECT_EQ(edit_distance("lst", "list"), 1U);
  EXPECT_EQ(edit_distance("lsit", "list"), 1U);
  EXPECT_EQ(edit_distance("", "run"), 3U);
}

TEST(SuggestionTest, NamesTheNearestAndNothingThatIsFar) {
  const std::string commands[] = {"init", "skills", "trust", "run"};
  EXPECT_EQ(closest("skils", commands), "skills");
  EXPECT_EQ(closest("rnu", commands), "run");
  EXPECT_EQ(closest("elephant", commands), std::nullopt);
  EXPECT_EQ(closest("x", commands), std::nullopt);
  EXPECT_EQ(closest(std::string(1000, 's'), commands), std::nullopt);
}

}  // namespace
}  // namespace palyra
