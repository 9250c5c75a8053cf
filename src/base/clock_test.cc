// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/clock.h>
#include <palyra/base/deadline.h>
#include <palyra/base/testing.h>

namespace palyra {
namespace {

using std::chrono::milliseconds;

TEST(ClockTest, WritesTimesAsRfc3339) {
  EXPECT_EQ(to_text(WallTime{0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_text(WallTime{1'795'305'600}), "2026-11-22T00:00:00Z");
  EXPECT_EQ(to_text(WallTime{-1}), "1969-12-31T23:59:59Z");
  EXPECT_EQ(to_text(WallTime{253'402'300'799}), "9999-12-31T23:59:59Z");
  EXPECT_EQ(to_text(WallTime{253'402'300'800}), "out of range");
  EXPECT_EQ(to_text(WallTime{std::numeric_limits<std::int64_t>::max()}), "out of range");
}

TEST(DeadlineTest, PassesAtItsMomentAndNeverHasLessThanNothingLeft) {
  testing::FakeClock clock;
  const Deadline deadline = Deadline::after(clock, milliseconds(10));
  EXPECT_FALSE(deadline.passed(clock));
  EXPECT_EQ(deadline.left(clock), milliseconds(10));
  clock.advance(milliseconds(10));
  EXPECT_TRUE(deadline.passed(clock));
  clock.advance(milliseconds(10));
  EXPECT_EQ(deadline.left(clock), milliseconds(0));
}

}  // namespace
}  // namespace palyra
