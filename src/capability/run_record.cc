// SPDX-License-Identifier: Apache-2.0
#include <palyra/capability/run_record.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace palyra::capability {
namespace {

constexpr std::array<std::string_view, 5> kLevels{"error", "warn", "info", "debug", "trace"};

using Milliseconds = std::chrono::duration<double, std::milli>;

Json texts_json(std::span<const std::string> texts) {
  Json::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

Json denials_json(std::span<const Denial> denials) {
  Json::Array array;
  for (const Denial& denial : denials) array.emplace_back(to_json(denial));
  return array;
}

Json calls_json(std::span<const HostCallCount> calls) {
  Json::Array array;
  for (const HostCallCount& call : calls) {
    array.emplace_back(Json::Object{{"module", call.module}, {"name", call.name}, {"calls", call.calls}});
  }
  return array;
}

Json log_json(std::span<const LogLine> lines) {
  Json::Array array;
  for (const LogLine& line : lines) {
    array.emplace_back(Json::Object{{"level", to_text(line.level)}, {"text", line.text}});
  }
  return array;
}

// Reads members of one object, and remembers whether any was missing or of another type.
class Members {
 public:
  explicit Members(const Json& json) : json_(json) {}

  std::string text(std::string_view key) {
    const Json* member = json_.find(key);
    const std::string* value = member == nullptr ? nullptr : member->as_string();
    return value == nullptr ? missing<std::string>() : *value;
  }

  std::uint64_t natural(std::string_view key) {
    const Json* member = json_.find(key);
    if (member == nullptr) return missing<std::uint64_t>();
    if (const std::uint64_t* large = member->as_uint()) return *large;
    const std::int64_t* value = member->as_int();
    return value == nullptr || *value < 0 ? missing<std::uint64_t>() : static_cast<std::uint64_t>(*value);
  }

  std::chrono::nanoseconds duration(std::string_view key) {
    const Json* member = json_.find(key);
    if (member == nullptr) return missing<std::chrono::nanoseconds>();
    double milliseconds = -1;
    if (const double* value = member->as_double()) milliseconds = *value;
    if (const std::int64_t* value = member->as_int()) milliseconds = static_cast<double>(*value);
    constexpr double kMost = 1e12;  // 31 years, far inside the range of the type
    if (!(milliseconds >= 0 && milliseconds <= kMost)) return missing<std::chrono::nanoseconds>();
    return std::chrono::round<std::chrono::nanoseconds>(Milliseconds(milliseconds));
  }

  Json::Array array(std::string_view key) {
    const Json* member = json_.find(key);
    const Json::Array* value = member == nullptr ? nullptr : member->as_array();
    return value == nullptr ? missing<Json::Array>() : *value;
  }

  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> all;
    for (const Json& element : array(key)) {
      const std::string* value = element.as_string();
      all.push_back(value == nullptr ? missing<std::string>() : *value);
    }
    return all;
  }

  LogLevel level(std::string_view key) {
    const auto* const found = std::ranges::find(kLevels, text(key));
    return found == kLevels.end() ? missing<LogLevel>() : static_cast<LogLevel>(found - kLevels.begin());
  }

  [[nodiscard]] bool complete() const { return complete_; }
  void also(bool complete) { complete_ = complete_ && complete; }

 private:
  template <class T>
  T missing() {
    complete_ = false;
    return T{};
  }

  const Json& json_;
  bool complete_ = true;
};

void read_host_calls(Members& record, std::vector<HostCallCount>& calls) {
  const Json::Array array = record.array("host_calls");
  for (const Json& element : array) {
    Members members(element);
    calls.push_back(
        {.module = members.text("module"), .name = members.text("name"), .calls = members.natural("calls")});
    record.also(members.complete());
  }
}

void read_denials(Members& record, std::vector<Denial>& denials) {
  const Json::Array array = record.array("denials");
  for (const Json& element : array) {
    auto denial = denial_from_json(element);
    record.also(denial.has_value());
    denials.push_back(std::move(denial).value_or(Denial()));
  }
}

void read_log(Members& record, std::vector<LogLine>& lines) {
  const Json::Array array = record.array("log");
  for (const Json& element : array) {
    Members members(element);
    lines.push_back({.level = members.level("level"), .text = members.text("text")});
    record.also(members.complete());
  }
}

}  // namespace

std::string_view to_text(LogLevel level) { return kLevels.at(static_cast<std::size_t>(level)); }

Json to_json(const RunRecord& record) {
  Json json;
  json.set("duration_ms", Milliseconds(record.duration).count());
  json.set("fuel_used", record.fuel_used);
  json.set("peak_memory_bytes", record.peak_memory_bytes);
  json.set("input_bytes", record.bytes_in);
  json.set("output_bytes", record.bytes_out);
  json.set("host_calls", calls_json(record.host_calls));
  json.set("grants_held", texts_json(record.grants_held));
  json.set("grants_used", texts_json(record.grants_used));
  json.set("denials", denials_json(record.denials));
  json.set("failures", texts_json(record.failures));
  json.set("log", log_json(record.log));
  json.set("log_lines_dropped", record.log_lines_dropped);
  return json;
}

std::optional<RunRecord> run_record_from_json(const Json& json) {
  Members members(json);
  RunRecord record;
  record.duration = members.duration("duration_ms");
  record.fuel_used = members.natural("fuel_used");
  record.peak_memory_bytes = members.natural("peak_memory_bytes");
  record.bytes_in = members.natural("input_bytes");
  record.bytes_out = members.natural("output_bytes");
  read_host_calls(members, record.host_calls);
  record.grants_held = members.texts("grants_held");
  record.grants_used = members.texts("grants_used");
  read_denials(members, record.denials);
  if (json.find("failures") != nullptr) record.failures = members.texts("failures");
  read_log(members, record.log);
  record.log_lines_dropped = members.natural("log_lines_dropped");
  if (!members.complete()) return std::nullopt;
  return record;
}

}  // namespace palyra::capability
