// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writing the runs log without ever waiting for a disk.
//
// Entries are collected, so many and no more; a thread of its own writes them, at most kMaxLag behind, into this
// process's segment `runs/<milliseconds since 1970>-<process>.ndjson`, which is made at the first entry and chained
// line by line (docs/formats/runs-log.md). What is over is dropped and counted, and the count is written too: so the
// log takes a bounded share of processor and disk from calls that are many. An orderly end writes all of it; SIGKILL
// loses at most kMaxLag, a power cut what the kernel had not written yet. Where there is no trust.db nothing is
// written, and nothing is made.

#include <palyra/base/error.h>
#include <palyra/base/guarded.h>
#include <palyra/state/run_entry.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace palyra::state {

inline constexpr std::chrono::milliseconds kMaxLag{200};

// What is collected before it is written, every kMaxLag / 2.
struct RunBatchLimits {
  std::size_t entries = 4'096;
  std::size_t text_bytes = std::size_t{8} << 20;  // of all guests' log lines in it
};

// Any thread may use it.
class RunLog {
 public:
  // Of the state directory `root`, which need not exist.
  explicit RunLog(std::string root, RunBatchLimits limits = {});
  RunLog(const RunLog&) = delete;
  RunLog& operator=(const RunLog&) = delete;
  ~RunLog() = default;  // writes what is left

  // Never fails and never waits for a disk.
  void append(RunEntry entry);

  // Waits until everything appended before is written or given up. Reports the first failure since the last flush;
  // the entries it cost are counted in the log as soon as that can be written again.
  // Errors: kStateNotPrivate, and those of Directory.
  Result<> flush();

 private:
  struct Batch {
    std::vector<RunEntry> entries;
    std::size_t text_bytes = 0;
    std::uint64_t dropped = 0;
    [[nodiscard]] bool empty() const { return entries.empty() && dropped == 0; }
  };
  struct Collecting {
    Batch batch;
    bool hurry = false;  // somebody waits in flush()
    bool busy = false;   // what was taken is being written
    std::optional<Error> failure;
  };

  // Exchanges what was collected for an empty batch. Without anything: stopped, and nothing is left.
  void take(Batch& batch, const std::stop_token& stop);
  void settle(std::optional<Error> failure);
  void write_until_stopped(const std::stop_token& stop);

  const std::string root_;
  const RunBatchLimits limits_;
  Guarded<Collecting> collecting_;
  std::condition_variable_any changed_;
  std::jthread writer_;  // started by the first entry; last, so that it ends first
};

}  // namespace palyra::state
