// SPDX-License-Identifier: Apache-2.0
#include "run_segment.h"
#include "store_parts.h"

#include <palyra/base/check.h>
#include <palyra/base/clock.h>
#include <palyra/state/run_log.h>

#include <algorithm>
#include <utility>

namespace palyra::state {
namespace {

// How long a batch is collected: leaves as much of kMaxLag again for writing it.
constexpr std::chrono::milliseconds kCollecting = kMaxLag / 2;

std::size_t text_bytes(const RunEntry& entry) {
  std::size_t bytes = 0;
  for (const capability::LogLine& line : entry.record.log) bytes += line.text.size();
  return bytes;
}

void bound_log(capability::RunRecord& record) {
  std::size_t left = kMaxRunLogBytes;
  const auto over = std::ranges::find_if(record.log, [&left](const capability::LogLine& line) {
    if (line.text.size() > left) return true;
    left -= line.text.size();
    return false;
  });
  record.log_lines_dropped += static_cast<std::uint64_t>(record.log.end() - over);
  record.log.erase(over, record.log.end());
}

std::string line_of(const RunEntry& entry) {
  constexpr std::size_t kUsual = 1'024;
  std::string text;
  text.reserve(kUsual);
  text += R"({"run":)";
  append_json(text, entry);
  text += '}';
  return text;
}

std::string line_of_lost(std::uint64_t entries) { return fmt::format(R"({{"dropped":{}}})", entries); }

// This process's segments, one after the other. Belongs to the writing thread.
class Segments {
 public:
  explicit Segments(const std::string& root) : root_(root) {}

  // How many of the lines were left out.
  Result<std::size_t> write(std::span<const std::string> lines) {
    if (!PALYRA_TRY(has_store())) return 0;
    if (!writer_ || writer_->ended()) writer_ = PALYRA_TRY(start());
    return writer_->write(lines);
  }

 private:
  // Where nothing is kept, nothing is logged.
  Result<bool> has_store() const {
    if (writer_) return true;
    const Result<Directory> root = Directory::open(root_);
    if (!root && root.error().is(kFileNotFound)) return false;
    if (!root) return std::unexpected(root.error());
    return root->exists(kDatabaseFile);
  }

  Result<SegmentWriter> start() const {
    const Directory root = PALYRA_TRY(Directory::open(root_));
    PALYRA_TRY(check_private(root));
    const Directory runs = PALYRA_TRY(root.make_directory(kRunsDirectory));
    return SegmentWriter::create(runs, SystemClock().wall());
  }

  const std::string& root_;
  std::optional<SegmentWriter> writer_;
};

}  // namespace

RunLog::RunLog(std::string root, RunBatchLimits limits) : root_(std::move(root)), limits_(limits) {}

void RunLog::append(RunEntry entry) {
  PALYRA_CHECK(entry.subject != nullptr);
  bound_log(entry.record);
  const std::size_t bytes = text_bytes(entry);
  const auto collecting = collecting_.lock();
  Batch& batch = collecting->batch;
  const bool was_empty = batch.empty();
  if (batch.entries.size() >= limits_.entries || bytes > limits_.text_bytes - batch.text_bytes) {
    ++batch.dropped;
  } else {
    batch.text_bytes += bytes;
    batch.entries.push_back(std::move(entry));
  }
  if (!writer_.joinable()) writer_ = std::jthread([this](const std::stop_token& stop) { write_until_stopped(stop); });
  if (was_empty) changed_.notify_all();
}

void RunLog::take(Batch& batch, const std::stop_token& stop) {
  batch.entries.clear();  // its memory goes on being used
  batch.text_bytes = 0;
  batch.dropped = 0;
  auto collecting = collecting_.lock();
  changed_.wait(collecting.lock(), stop, [&] { return !collecting->batch.empty(); });
  changed_.wait_for(collecting.lock(), stop, kCollecting, [&] { return collecting->hurry; });
  std::swap(batch, collecting->batch);
  collecting->busy = true;
}

void RunLog::settle(std::optional<Error> failure) {
  const auto collecting = collecting_.lock();
  collecting->busy = false;
  if (failure && !collecting->failure) collecting->failure = std::move(failure);
  changed_.notify_all();
}

void RunLog::write_until_stopped(const std::stop_token& stop) {
  Segments segments(root_);
  Batch batch;
  std::uint64_t lost = 0;  // of which the log does not tell yet
  for (take(batch, stop); !batch.empty(); take(batch, stop)) {
    lost += batch.dropped;
    std::vector<std::string> lines;
    lines.reserve(batch.entries.size() + 1);
    for (const RunEntry& entry : batch.entries) lines.push_back(line_of(entry));
    if (lost != 0) lines.push_back(line_of_lost(lost));
    auto written = segments.write(lines);
    lost = written ? *written : lost + batch.entries.size();
    settle(written ? std::nullopt : std::optional(std::move(written).error()));
  }
  if (lost == 0) return;
  const std::string last = line_of_lost(lost);
  static_cast<void>(segments.write({&last, 1}).has_value());
}

Result<> RunLog::flush() {
  auto collecting = collecting_.lock();
  if (!writer_.joinable()) return {};
  collecting->hurry = true;
  changed_.notify_all();
  changed_.wait(collecting.lock(), [&collecting] { return collecting->batch.empty() && !collecting->busy; });
  collecting->hurry = false;
  if (!collecting->failure) return {};
  Error failure = *std::exchange(collecting->failure, std::nullopt);
  return std::unexpected(std::move(failure));
}

}  // namespace palyra::state
