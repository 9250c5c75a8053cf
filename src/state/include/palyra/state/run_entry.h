// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the runs log says about one call, good or bad. docs/architecture.md, "Two logs, one generation".
//
// Never in it: arguments, output, settings, secrets, the text of an error (which may quote an argument). Of the
// arguments only the size: a digest of a short argument tells it to whoever tries all of them. What the tool itself
// wrote to its log is in it, up to kMaxRunLogBytes.

#include <palyra/base/error.h>
#include <palyra/base/json.h>
#include <palyra/capability/run_record.h>
#include <palyra/crypto/sha256.h>
#include <palyra/state/state_codes.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

namespace palyra::state {

// Of the guest's own log lines in one entry; what is over is counted in `log_lines_dropped`.
inline constexpr std::size_t kMaxRunLogBytes = std::size_t{64} * 1024;

enum class RunOrigin : std::uint8_t {
  kInstalled,    // a tool of an installed skill
  kDevelopment,  // a module or skill that its operator named on the command line
};

// The version that the tool was called of.
struct RunSkill {
  std::string id;
  std::string version;
  crypto::Sha256Digest content_root;
  friend bool operator==(const RunSkill&, const RunSkill&) = default;
};

// What each call of one version of a tool has in common.
struct RunSubject {
  std::string tool_id;  // as it was asked for; of a module its file name
  RunOrigin origin = RunOrigin::kInstalled;
  std::optional<RunSkill> skill{};  // absent when no version was found that may run
  std::string actor;                // who ran it: "uid 1000 (ann)"
  friend bool operator==(const RunSubject&, const RunSubject&) = default;
};

struct RunEntry {
  std::string run_id;                         // 32 hex digits; empty when the system gave no random bytes
  std::shared_ptr<const RunSubject> subject;  // never null
  std::chrono::milliseconds started{0};       // since 1970
  std::uint64_t argument_bytes = 0;
  std::string error_kind;  // app::WasmPluginRunErrorKind as text; with error_code empty after success
  std::string error_code;
  capability::RunRecord record;
  friend bool operator==(const RunEntry& a, const RunEntry& b) {
    const auto values = [](const RunEntry& entry) {
      return std::tie(entry.run_id, *entry.subject, entry.started, entry.argument_bytes, entry.error_kind,
                      entry.error_code, entry.record);
    };
    return values(a) == values(b);
  }

  [[nodiscard]] bool failed() const { return !error_code.empty(); }
};

// An object: run_id, tool, origin, skill, actor, started (RFC 3339 with milliseconds), arguments_bytes, outcome ("ok"
// or the error's kind), code (of an error), record (as `palyra run --json` shows it). Appended as text, and as a value.
void append_json(std::string& text, const RunEntry& entry);
Json to_json(const RunEntry& entry);
// What these wrote; members it does not know are ignored. Errors: kRunLogBroken.
Result<RunEntry> run_entry_from_json(const Json& json);

}  // namespace palyra::state
