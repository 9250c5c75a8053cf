// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/check.h>
#include <palyra/capability/run_record.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace palyra::capability {
namespace {

constexpr std::array<std::string_view, 5> kLevels{"error", "warn", "info", "debug", "trace"};

constexpr std::size_t kMaxDepth = 4;  // record, denials, denial, what to do next

using Milliseconds = std::chrono::duration<double, std::milli>;

void append_number(std::string& text, std::uint64_t number) { fmt::format_to(std::back_inserter(text), "{}", number); }

// A number that reads back as the same count of nanoseconds, and never as an integer.
void append_milliseconds(std::string& text, std::chrono::nanoseconds duration) {
  constexpr std::int64_t kUnit = 1'000'000;
  const std::int64_t count = duration.count();
  fmt::format_to(std::back_inserter(text), "{}.{:06}", count / kUnit, count % kUnit);
  text.erase(std::max(text.find_last_not_of('0') + 1, text.size() - 5));  // one digit behind the point stays
}

void append_element(std::string& text, const std::string& element) { append_json_string(text, element); }

void append_element(std::string& text, const Denial& denial) { text += to_text(to_json(denial)); }

void append_element(std::string& text, const HostCallCount& call) {
  text += R"({"module":)";
  append_json_string(text, call.module);
  text += R"(,"name":)";
  append_json_string(text, call.name);
  text += R"(,"calls":)";
  append_number(text, call.calls);
  text += '}';
}

void append_element(std::string& text, const LogLine& line) {
  text += R"({"level":)";
  append_json_string(text, to_text(line.level));
  text += R"(,"text":)";
  append_json_string(text, line.text);
  text += '}';
}

template <class Element>
void append_list(std::string& text, const std::vector<Element>& elements) {
  text += '[';
  for (const Element& element : elements) {
    if (&element != elements.data()) text += ',';
    append_element(text, element);
  }
  text += ']';
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

void append_json(std::string& text, const RunRecord& record) {
  text += R"({"duration_ms":)";
  append_milliseconds(text, record.duration);
  text += R"(,"fuel_used":)";
  append_number(text, record.fuel_used);
  text += R"(,"peak_memory_bytes":)";
  append_number(text, record.peak_memory_bytes);
  text += R"(,"input_bytes":)";
  append_number(text, record.bytes_in);
  text += R"(,"output_bytes":)";
  append_number(text, record.bytes_out);
  text += R"(,"host_calls":)";
  append_list(text, record.host_calls);
  text += R"(,"grants_held":)";
  append_list(text, record.grants_held.list());
  text += R"(,"grants_used":)";
  append_list(text, record.grants_used);
  text += R"(,"denials":)";
  append_list(text, record.denials);
  text += R"(,"failures":)";
  append_list(text, record.failures);
  text += R"(,"log":)";
  append_list(text, record.log);
  text += R"(,"log_lines_dropped":)";
  append_number(text, record.log_lines_dropped);
  text += '}';
}

Json to_json(const RunRecord& record) {
  std::string text;
  append_json(text, record);
  auto json = parse_json(as_bytes(text), {.max_bytes = text.size(), .max_depth = kMaxDepth});
  PALYRA_CHECK(json.has_value());
  return *std::move(json);
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
