// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/time_argument.h>
#include <palyra/base/testing.h>

namespace palyra::app {
namespace {

using testing::FailsWith;
using testing::IsOk;

constexpr WallTime kNow{1'795'305'600};  // 2026-11-22T00:00:00Z

TEST(TimeArgumentTest, IsReadInEveryDocumentedForm) {
  const std::pair<std::string_view, std::int64_t> cases[] = {
      {"0", 0},
      {"1795305600", 1'795'305'600},
      {"2026-11-22", 1'795'305'600},
      {"2026-11-22T18:00:01Z", 1'795'370'401},
      {"2026-11-22T18:00:01+01:30", 1'795'365'001},
      {"2026-11-22T18:00:01-00:30", 1'795'372'201},
      {"2024-02-29T00:00:00Z", 1'709'164'800},
      {"1970-01-01T00:00:00Z", 0},
      {"9999-12-31T23:59:59Z", 253'402'300'799},
      {"+90d", 1'795'305'600 + 90 * 86'400},
      {"+1h", 1'795'309'200},
      {"-7d", 1'795'305'600 - 7 * 86'400},
      {"-0h", 1'795'305'600},
  };
  for (const auto& [text, seconds] : cases) {
    const auto time = parse_time(text, kNow);
    ASSERT_THAT(time, IsOk()) << text;
    EXPECT_EQ(time->seconds, seconds) << text;
  }
}

TEST(TimeArgumentTest, IsReadAsTimesAreWritten) {
  for (std::int64_t seconds = 0; seconds < 253'402'300'800; seconds += 7'919'000'123) {
    EXPECT_EQ(parse_time(to_text(WallTime{seconds}), kNow).value().seconds, seconds);
  }
}

TEST(TimeArgumentTest, IsRefusedWhenItIsNoTime) {
  for (const std::string_view text : {"",
                                      "now",
                                      "-",
                                      "+",
                                      "+d",
                                      "+90",
                                      "90d",
                                      "+90w",
                                      "+-1d",
                                      "+ 1d",
                                      "-1",
                                      "1e9",
                                      "1795305600 ",
                                      " 0",
                                      "0x10",
                                      "2026-11-22T",
                                      "2026-11-22T18:00Z",
                                      "2026-11-22T18:00:00",
                                      "2026-11-22 18:00:00Z",
                                      "2026-11-22t18:00:00z",
                                      "2026-11-22T18:00:00+01",
                                      "2026-11-22T18:00:00+0100",
                                      "2026-11-22T18:00:00.5Z",
                                      "2026-11-22T24:00:00Z",
                                      "2026-11-22T18:60:00Z",
                                      "2026-11-22T18:00:60Z",
                                      "2026-11-22T18:00:00+24:00",
                                      "2026-02-29",
                                      "2026-13-01",
                                      "2026-00-10",
                                      "2026-1-1",
                                      "26-11-22",
                                      "99999999999999999999",
                                      "+99999999999999999999d"}) {
    EXPECT_THAT(parse_time(text, kNow), FailsWith(kTimeInvalid)) << text;
  }
}

TEST(TimeArgumentTest, IsRefusedOutsideTheYears1970To9999) {
  for (const std::string_view text : {"1969-12-31T23:59:59Z", "253402300800", "1970-01-01T00:00:00+00:01", "-99999d",
                                      "+70000000h", "9223372036854775807"}) {
    EXPECT_THAT(parse_time(text, kNow), FailsWith(kTimeInvalid)) << text;
  }
}

}  // namespace
}  // namespace palyra::app
