// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one run did and used, good or bad: the value that the runtime begins, the host fills, and whoever reports or
// stores a run reads. docs/guest-abi.md, "Errors that a caller sees".

#include <palyra/base/json.h>
#include <palyra/base/shared_texts.h>
#include <palyra/capability/denial.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::capability {

struct HostCallCount {
  std::string module;  // "palyra:skill/call@1.0.0"
  std::string name;    // "output-write"
  std::uint64_t calls = 0;
  friend bool operator==(const HostCallCount&, const HostCallCount&) = default;
};

enum class LogLevel : std::uint8_t { kError, kWarn, kInfo, kDebug, kTrace };

struct LogLine {
  LogLevel level = LogLevel::kInfo;
  std::string text;  // printable: control characters are escaped
  friend bool operator==(const LogLine&, const LogLine&) = default;
};

struct RunRecord {
  // Filled by the runtime.
  std::chrono::nanoseconds duration{0};   // from the making of the store to the end of the entry function
  std::uint64_t fuel_used = 0;            // guest instructions and the price of host calls
  std::uint64_t peak_memory_bytes = 0;    // over all memories
  std::vector<HostCallCount> host_calls;  // in the order of the module's imports; functions never called are left out

  // Filled by the host.
  std::uint64_t bytes_in = 0;   // of arguments that the guest could read
  std::uint64_t bytes_out = 0;  // of output that it wrote
  SharedTexts grants_held;      // canonical texts; filled by whoever made the call
  std::vector<std::string> grants_used;
  std::vector<Denial> denials;
  std::vector<std::string> failures;  // why a backend failed, where the guest is only told that it did
  std::vector<LogLine> log;
  std::uint64_t log_lines_dropped = 0;
  friend bool operator==(const RunRecord&, const RunRecord&) = default;
};

std::string_view to_text(LogLevel level);  // "error", "warn", ...

// An object with every field; durations are milliseconds. Appended as text, and as a value.
void append_json(std::string& text, const RunRecord& record);
Json to_json(const RunRecord& record);
// What these wrote; nullopt when a member is missing or of another type. Members it does not know are ignored.
std::optional<RunRecord> run_record_from_json(const Json& json);

}  // namespace palyra::capability
