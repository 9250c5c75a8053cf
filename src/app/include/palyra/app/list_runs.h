// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use cases: what ran, everything about one run, and whether the logs were changed. The first two read the runs log
// alone, which they can when trust.db is damaged.

#include <palyra/app/services.h>
#include <palyra/state/run_history.h>

#include <string>

namespace palyra::app {

inline constexpr ErrorCode kRunsNotFound{ErrorKind::kNotFound, "run.not_found"};
// Several runs begin with these digits.
inline constexpr ErrorCode kRunsAmbiguous{ErrorKind::kInvalidArgument, "run.ambiguous"};

// Errors: those of state::find_runs.
Result<state::RunsFound> list_runs(const Services& services, const state::RunQuery& query);

// The run with this id, or the only one that begins so. Errors: kRunsNotFound, kRunsAmbiguous, those of
// state::find_runs.
Result<state::RunEntry> show_run(const Services& services, const std::string& run_id);

struct LogFacts {
  std::uint64_t audit_rows = 0;
  state::RunLogFacts runs;
};

// Both logs, from their first line to their last. Errors: those of state::StateStore::open and verify_run_log.
Result<LogFacts> verify_logs(const Services& services);

}  // namespace palyra::app
