// SPDX-License-Identifier: Apache-2.0
#include "exit_code.h"

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

}  // namespace
}  // namespace palyra::cli
