// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/clock.h>
#include <palyra/state/run_entry.h>

#include <array>
#include <charconv>

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

Result<> read_outcome(const Json& json, RunEntry& entry) {
  const std::string outcome = PALYRA_TRY(text(json, "outcome"));
  if (outcome == kSuccess) return {};
  entry.error_kind = outcome;
  entry.error_code = PALYRA_TRY(text(json, "code"));
  if (entry.error_kind.empty()) return fail(kRunLogBroken, "an entry has an empty outcome");
  if (entry.error_code.empty()) return fail(kRunLogBroken, "an entry failed with an empty code");
  return {};
}

}  // namespace

Json to_json(const RunEntry& entry) {
  Json json;
  json.set("run_id", entry.run_id);
  json.set("tool", entry.tool_id);
  json.set("origin", kOrigins.at(static_cast<std::size_t>(entry.origin)));
  if (entry.skill) {
    json.set("skill", Json::Object{{"id", entry.skill->id},
                                   {"version", entry.skill->version},
                                   {"content_root", crypto::to_hex(entry.skill->content_root)}});
  }
  json.set("actor", entry.actor);
  json.set("started", time_text(entry.started));
  json.set("arguments_bytes", entry.argument_bytes);
  json.set("outcome", entry.failed() ? entry.error_kind : std::string(kSuccess));
  if (entry.failed()) json.set("code", entry.error_code);
  json.set("record", capability::to_json(entry.record));
  return json;
}

Result<RunEntry> run_entry_from_json(const Json& json) {
  RunEntry entry;
  entry.run_id = PALYRA_TRY(text(json, "run_id"));
  entry.tool_id = PALYRA_TRY(text(json, "tool"));
  const std::string origin = PALYRA_TRY(text(json, "origin"));
  if (origin != kOrigins[0] && origin != kOrigins[1]) return fail(kRunLogBroken, "an entry has no known origin");
  entry.origin = origin == kOrigins[0] ? RunOrigin::kInstalled : RunOrigin::kDevelopment;
  if (const Json* skill = json.find("skill")) entry.skill = PALYRA_TRY(skill_from_json(*skill));
  entry.actor = PALYRA_TRY(text(json, "actor"));
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
