// SPDX-License-Identifier: Apache-2.0
#include "run_segment.h"

#include <palyra/base/check.h>
#include <palyra/base/clock.h>
#include <palyra/state/run_entry.h>

#include <array>
#include <charconv>
#include <iterator>

namespace palyra::state {
namespace {

constexpr std::array<std::string_view, 2> kOrigins{"installed", "development"};
// The one outcome that is no error.
constexpr std::string_view kSuccess = "ok";

// RFC 3339 with milliseconds, so that texts of different entries sort by time.
std::string time_text(std::chrono::milliseconds time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  std::string text = to_text(WallTime{seconds.count()});
  if (text.ends_with('Z')) text.insert(text.size() - 1, fmt::format(".{:03}", (time - seconds).count()));
  return text;
}

// `width` digits at `at`, which is then behind them and one more character.
std::optional<int> take_number(std::string_view& text, std::size_t width) {
  int value = 0;
  if (text.size() < width + 1) return std::nullopt;
  const std::string digits(text.substr(0, width));
  const char* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stopped != end || value < 0) return std::nullopt;
  text.remove_prefix(width + 1);
  return value;
}

// Exactly what time_text writes.
std::optional<std::chrono::milliseconds> parse_time(std::string_view whole) {
  std::string_view text = whole;
  std::array<int, 7> fields{};
  constexpr std::array<std::size_t, 7> kWidths{4, 2, 2, 2, 2, 2, 3};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto field = take_number(text, kWidths.at(i));
    if (!field) return std::nullopt;
    fields.at(i) = *field;
  }
  const auto [year, month, day, hour, minute, second, milliseconds] = fields;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const std::chrono::milliseconds time = std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
                                         std::chrono::minutes(minute) + std::chrono::seconds(second) +
                                         std::chrono::milliseconds(milliseconds);
  if (time_text(time) != whole) return std::nullopt;
  return time;
}

const Json& member(const Json& json, std::string_view key) {
  static const Json none;
  const Json* found = json.find(key);
  return found == nullptr ? none : *found;
}

Result<std::string> text(const Json& json, std::string_view key) {
  const std::string* value = member(json, key).as_string();
  if (value == nullptr) return fail(kRunLogBroken, "an entry has no text '{}'", key);
  return *value;
}

Result<RunSkill> skill_from_json(const Json& json) {
  const auto content_root = crypto::parse_sha256(PALYRA_TRY(text(json, "content_root")));
  if (!content_root) return fail(kRunLogBroken, "an entry has no content root");
  return RunSkill{
      .id = PALYRA_TRY(text(json, "id")), .version = PALYRA_TRY(text(json, "version")), .content_root = *content_root};
}

Result<RunSubject> subject_from_json(const Json& json) {
  RunSubject subject;
  subject.tool_id = PALYRA_TRY(text(json, "tool"));
  const std::string origin = PALYRA_TRY(text(json, "origin"));
  if (origin != kOrigins[0] && origin != kOrigins[1]) return fail(kRunLogBroken, "an entry has no known origin");
  subject.origin = origin == kOrigins[0] ? RunOrigin::kInstalled : RunOrigin::kDevelopment;
  if (const Json* skill = json.find("skill")) subject.skill = PALYRA_TRY(skill_from_json(*skill));
  subject.actor = PALYRA_TRY(text(json, "actor"));
  return subject;
}

Result<> read_outcome(const Json& json, RunEntry& entry) {
  const std::string outcome = PALYRA_TRY(text(json, "outcome"));
  if (outcome == kSuccess) return {};
  entry.error_kind = outcome;
  entry.error_code = PALYRA_TRY(text(json, "code"));
  if (entry.error_kind.empty()) return fail(kRunLogBroken, "an entry has an empty outcome");
  if (entry.error_code.empty()) return fail(kRunLogBroken, "an entry failed with an empty code");
  return {};
}

// `before` is the punctuation and the key.
void append_member(std::string& text, std::string_view before, std::string_view value) {
  text += before;
  append_json_string(text, value);
}

}  // namespace

void append_json(std::string& text, const RunEntry& entry) {
  const RunSubject& subject = *entry.subject;
  append_member(text, R"({"run_id":)", entry.run_id);
  append_member(text, R"(,"tool":)", subject.tool_id);
  append_member(text, R"(,"origin":)", kOrigins.at(static_cast<std::size_t>(subject.origin)));
  if (subject.skill) {
    append_member(text, R"(,"skill":{"id":)", subject.skill->id);
    append_member(text, R"(,"version":)", subject.skill->version);
    append_member(text, R"(,"content_root":)", crypto::to_hex(subject.skill->content_root));
    text += '}';
  }
  append_member(text, R"(,"actor":)", subject.actor);
  append_member(text, R"(,"started":)", time_text(entry.started));
  fmt::format_to(std::back_inserter(text), R"(,"arguments_bytes":{})", entry.argument_bytes);
  append_member(text, R"(,"outcome":)", entry.failed() ? entry.error_kind : kSuccess);
  if (entry.failed()) append_member(text, R"(,"code":)", entry.error_code);
  text += R"(,"record":)";
  append_json(text, entry.record);
  text += '}';
}

Json to_json(const RunEntry& entry) {
  std::string text;
  append_json(text, entry);
  auto json = parse_json(as_bytes(text), {.max_bytes = text.size(), .max_depth = kLineLimits.max_depth});
  PALYRA_CHECK(json.has_value());
  return *std::move(json);
}

Result<RunEntry> run_entry_from_json(const Json& json) {
  RunEntry entry;
  entry.run_id = PALYRA_TRY(text(json, "run_id"));
  entry.subject = std::make_shared<const RunSubject>(PALYRA_TRY(subject_from_json(json)));
  const auto started = parse_time(PALYRA_TRY(text(json, "started")));
  if (!started) return fail(kRunLogBroken, "an entry has no time at which it started");
  entry.started = *started;
  const std::int64_t* argument_bytes = member(json, "arguments_bytes").as_int();
  if (argument_bytes == nullptr || *argument_bytes < 0) return fail(kRunLogBroken, "an entry has no arguments_bytes");
  entry.argument_bytes = static_cast<std::uint64_t>(*argument_bytes);
  PALYRA_TRY(read_outcome(json, entry));
  auto record = capability::run_record_from_json(member(json, "record"));
  if (!record) return fail(kRunLogBroken, "an entry has no complete record");
  entry.record = *std::move(record);
  return entry;
}

}  // namespace palyra::state
