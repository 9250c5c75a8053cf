// SPDX-License-Identifier: Apache-2.0
#include "exit_code.h"

#include <palyra/base/testing.h>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

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

constexpr ErrorKind kKinds[] = {
    ErrorKind::kInternal,      ErrorKind::kInvalidArgument, ErrorKind::kMalformed,  ErrorKind::kNotFound,
    ErrorKind::kAlreadyExists, ErrorKind::kDenied,          ErrorKind::kUntrusted,  ErrorKind::kIncompatible,
    ErrorKind::kLimitExceeded, ErrorKind::kUnavailable,     ErrorKind::kToolFailed, ErrorKind::kTimedOut,
    ErrorKind::kCancelled,
};

// The manual has the same table as docs/cli.md, and every status that the program can end with is in it.
TEST(ExitCodeTest, TheTableOfTheManualIsThatOfTheDocumentation) {
  std::ifstream file(palyra::testing::test_file("../docs/cli.md"));
  const std::string docs{std::istreambuf_iterator<char>(file), {}};
  std::string line;
  for (const ExitStatus& each : exit_statuses()) {
    line += fmt::format("{}{} {}", line.empty() ? "" : " · ", each.status, each.meaning);
  }
  EXPECT_NE(docs.find(line), std::string::npos) << line;
  for (const ErrorKind kind : kKinds) {
    EXPECT_NE(std::ranges::find(exit_statuses(), exit_code(kind), &ExitStatus::status), exit_statuses().end());
  }
  EXPECT_NE(std::ranges::find(exit_statuses(), kExitFirstUse, &ExitStatus::status), exit_statuses().end());
}

}  // namespace
}  // namespace palyra::cli
