// SPDX-License-Identifier: Apache-2.0
#include "worst_failure.h"

#include <palyra/base/testing.h>

#include <string>
#include <vector>

namespace palyra::cli {
namespace {

// The id of the code says which it was.
Failure failure(ErrorKind kind, std::string_view id = "first") {
  return {.error = Error({kind, id}, "went wrong"), .kind = std::string(to_text(kind)), .exit = 1};
}

TEST(WorstFailureTest, TheWorseOfTwoStandsWhicheverCameFirst) {
  const std::vector<ErrorKind> worst_first = {ErrorKind::kInternal, ErrorKind::kUntrusted, ErrorKind::kDenied,
                                              ErrorKind::kMalformed, ErrorKind::kUnavailable};
  for (std::size_t worse = 0; worse < worst_first.size(); ++worse) {
    for (std::size_t other = worse + 1; other < worst_first.size(); ++other) {
      std::optional<Failure> kept;
      keep_worst(kept, failure(worst_first[worse]));
      keep_worst(kept, failure(worst_first[other]));
      EXPECT_EQ(kept->error.kind(), worst_first[worse]);
      kept.reset();
      keep_worst(kept, failure(worst_first[other]));
      keep_worst(kept, failure(worst_first[worse]));
      EXPECT_EQ(kept->error.kind(), worst_first[worse]);
    }
  }
}

TEST(WorstFailureTest, OfTwoAlikeTheFirstStands) {
  for (const ErrorKind kind : {ErrorKind::kUntrusted, ErrorKind::kNotFound}) {
    std::optional<Failure> kept;
    keep_worst(kept, failure(kind, "first"));
    keep_worst(kept, failure(kind, "second"));
    EXPECT_EQ(kept->error.code().id, "first");
  }
  // No order stands between those that are in none.
  std::optional<Failure> kept;
  keep_worst(kept, failure(ErrorKind::kTimedOut, "first"));
  keep_worst(kept, failure(ErrorKind::kUnavailable, "second"));
  EXPECT_EQ(kept->error.code().id, "first");
}

}  // namespace
}  // namespace palyra::cli
