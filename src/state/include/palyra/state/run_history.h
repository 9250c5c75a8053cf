// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reading the runs log: what ran, newest first, and whether anybody changed it.

#include <palyra/base/error.h>
#include <palyra/state/run_entry.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace palyra::state {

struct RunQuery {
  std::string tool_id{};        // empty: every tool
  std::string skill_id{};       // empty: every skill
  std::string run_id_prefix{};  // empty: every run
  bool failed_only = false;
  std::size_t limit = 20;
};

struct RunsFound {
  std::vector<RunEntry> entries;       // newest first
  std::uint64_t dropped = 0;           // entries that a full batch or disk cost, in the segments that were read
  std::uint64_t unreadable_lines = 0;  // likewise
  std::uint64_t unreadable_segments = 0;
};

// Reads as few segments as the limit allows; judges no chain. Without a directory `runs` nothing is found.
// Errors: kNotInitialised (no trust.db), and those of Directory.
Result<RunsFound> find_runs(const std::string& root, const RunQuery& query);

// A segment up to some line, as a row of the audit log holds it.
struct RunAnchor {
  std::string segment;
  std::uint64_t lines = 0;
  crypto::Sha256Digest chain;  // of that line
  friend bool operator==(const RunAnchor&, const RunAnchor&) = default;
};

struct RunLogFacts {
  std::uint64_t segments = 0;
  std::uint64_t runs = 0;
  std::uint64_t dropped = 0;
  std::uint64_t torn_segments = 0;        // end in half a line: their process was killed as it wrote
  std::uint64_t unanchored_segments = 0;  // (also in part) not in the audit log yet; nothing shows if these vanish
};

// Every line of every segment against its chain, every anchor against its segment.
// Errors: kRunLogBroken, naming segment and line; those of Directory.
Result<RunLogFacts> check_run_log(const std::string& root, const std::vector<RunAnchor>& anchors);

}  // namespace palyra::state
