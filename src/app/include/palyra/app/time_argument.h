// SPDX-License-Identifier: Apache-2.0
#pragma once
// A moment as people give it to a command.

#include <palyra/base/clock.h>
#include <palyra/base/error.h>

#include <string_view>

namespace palyra::app {

inline constexpr ErrorCode kTimeInvalid{ErrorKind::kInvalidArgument, "cli.time"};

// In UTC or with an offset: "2026-11-22T18:00:00Z", "2026-11-22T19:00:00+01:00"; a day, which is its first second in
// UTC: "2026-11-22"; from `now` on or back: "+90d", "-12h"; or seconds since 1970: "1795305600".
// Errors: kTimeInvalid, also for what lies before 1970 or after the year 9999.
Result<WallTime> parse_time(std::string_view text, WallTime now);

}  // namespace palyra::app
