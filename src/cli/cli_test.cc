// SPDX-License-Identifier: Apache-2.0
#include "exit_code.h"
#include "suggestion.h"

#include <palyra/base/testing.h>

namespace palyra::cli {
namespace {

// docs/cli.md, "Exit codes".
TEST(ExitCodeTest, EveryKindOfErrorHasTheDocumentedStatus) {
  EXPECT_EQ(exit_code(ErrorKind::kInternal), 1);
  EXPECT_EQ(exit_code(ErrorKind::kInvalidArgument), 2);
  EXPECT_EQ(exit_code(ErrorKind::kMalformed), 2);
  EXPECT_EQ(exit_code(ErrorKind::kNotFound), 3);
  EXPECT_EQ(exit_code(ErrorKind::kAlreadyExists), 3);
  EXPECT_EQ(exit_code(ErrorKind::kDenied), 4);
  EXPECT_EQ(exit_code(ErrorKind::kUntrusted), 5);
  EXPECT_EQ(exit_code(ErrorKind::kIncompatible), 6);
  EXPECT_EQ(exit_code(ErrorKind::kLimitExceeded), 7);
  EXPECT_EQ(exit_code(ErrorKind::kUnavailable), 8);
  EXPECT_EQ(exit_code(ErrorKind::kToolFailed), 9);
  EXPECT_EQ(exit_code(ErrorKind::kTimedOut), 124);
  EXPECT_EQ(exit_code(ErrorKind::kCancelled), 130);
  EXPECT_EQ(kExitFirstUse, 10);
}

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
}  // namespace palyra::cli
