// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/time_argument.h>
#include <palyra/base/utf8.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace palyra::app {
namespace {

constexpr std::int64_t kYear10000 = 253'402'300'800;
constexpr std::int64_t kSecondsPerMinute = 60;
constexpr std::int64_t kSecondsPerHour = 3'600;
constexpr std::int64_t kSecondsPerDay = 86'400;

// Digits and nothing else.
std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const char* const begin = text.begin();
  const char* const end = text.end();
  if (text.empty() || text.front() == '-') return std::nullopt;
  const auto [read, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || read != end) return std::nullopt;
  return value;
}

// A number of two digits that is at most `most`.
std::optional<std::int64_t> two_digits(std::string_view text, std::int64_t most) {
  const auto value = text.size() == 2 ? number(text) : std::nullopt;
  return value && *value <= most ? value : std::nullopt;
}

// "2026-11-22"
std::optional<std::int64_t> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = number(text.substr(0, 4));
  const auto month = two_digits(text.substr(5, 2), 12);
  const auto day = two_digits(text.substr(8, 2), 31);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * kSecondsPerDay;
}

// "18:00:00"
std::optional<std::int64_t> parse_clock(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hours = two_digits(text.substr(0, 2), 23);
  const auto minutes = two_digits(text.substr(3, 2), 59);
  const auto seconds = two_digits(text.substr(6, 2), 59);
  if (!hours || !minutes || !seconds) return std::nullopt;
  return *hours * kSecondsPerHour + *minutes * kSecondsPerMinute + *seconds;
}

// "Z", "+01:00"
std::optional<std::int64_t> parse_offset(std::string_view text) {
  if (text == "Z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = two_digits(text.substr(1, 2), 23);
  const auto minutes = two_digits(text.substr(4, 2), 59);
  if (!hours || !minutes) return std::nullopt;
  const std::int64_t offset = *hours * kSecondsPerHour + *minutes * kSecondsPerMinute;
  return text[0] == '+' ? offset : -offset;
}

// "2026-11-22T18:00:00Z"
std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kOffset = kDate + 9;
  const auto day = parse_day(text.substr(0, std::min(kDate, text.size())));
  if (!day || text.size() == kDate) return day;
  if (text.size() <= kOffset || text[kDate] != 'T') return std::nullopt;
  const auto clock = parse_clock(text.substr(kDate + 1, kOffset - kDate - 1));
  const auto offset = parse_offset(text.substr(kOffset));
  if (!clock || !offset) return std::nullopt;
  return *day + *clock - *offset;
}

// "+90d", "-12h"
std::optional<std::int64_t> parse_relative(std::string_view text, WallTime now) {
  if (text.size() < 3 || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const char unit = text.back();
  const auto count = number(text.substr(1, text.size() - 2));
  if ((unit != 'd' && unit != 'h') || !count || *count > kYear10000 / kSecondsPerHour) return std::nullopt;
  const std::int64_t distance = *count * (unit == 'd' ? kSecondsPerDay : kSecondsPerHour);
  return text.front() == '+' ? now.seconds + distance : now.seconds - distance;
}

}  // namespace

Result<WallTime> parse_time(std::string_view text, WallTime now) {
  auto seconds = number(text);
  if (!seconds) seconds = parse_relative(text, now);
  if (!seconds) seconds = parse_rfc3339(text);
  if (!seconds) {
    return fail(kTimeInvalid,
                "'{}' is no time: write 2026-11-22T18:00:00Z, 2026-11-22, +90d, -12h or seconds since 1970",
                printable(text));
  }
  if (*seconds < 0 || *seconds >= kYear10000) {
    return fail(kTimeInvalid, "'{}' is not between the years 1970 and 9999", printable(text));
  }
  return WallTime{*seconds};
}

}  // namespace palyra::app
