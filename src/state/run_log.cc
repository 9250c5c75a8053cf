// SPDX-License-Identifier: Apache-2.0
#include "run_segment.h"
#include "store_parts.h"

#include <palyra/base/clock.h>
#include <palyra/state/run_log.h>

#include <algorithm>

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

// This process's segments, one after the other. Belongs to the writing thread.
class Segments {
 public:
  explicit Segments(const std::string& root) : root_(root) {}

  // How many of the lines were left out.
  Result<std::size_t> write(std::span<const Json> lines) {
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

RunLog::RunLog(std::string root, RunRing limits) : root_(std::move(root)), limits_(limits) {}

bool RunLog::is_crowded(const Ring& ring) const {
  return ring.entries.size() >= limits_.entries / 2 || ring.text_bytes >= limits_.text_bytes / 2;
}

void RunLog::append(RunEntry entry) {
  bound_log(entry.record);
  const std::size_t bytes = text_bytes(entry);
  const auto ring = ring_.lock();
  const bool was_empty = ring->entries.empty() && ring->dropped == 0;
  if (ring->entries.size() >= limits_.entries || bytes > limits_.text_bytes - ring->text_bytes) {
    ++ring->dropped;
  } else {
    ring->text_bytes += bytes;
    ring->entries.push_back(std::move(entry));
  }
  if (!writer_.joinable()) writer_ = std::jthread([this](const std::stop_token& stop) { write_until_stopped(stop); });
  if (was_empty || is_crowded(*ring)) changed_.notify_all();
}

RunLog::Batch RunLog::take(const std::stop_token& stop) {
  const auto has_any = [](const Ring& ring) { return !ring.entries.empty() || ring.dropped != 0; };
  auto ring = ring_.lock();
  changed_.wait(ring.lock(), stop, [&] { return has_any(*ring); });
  changed_.wait_for(ring.lock(), stop, kCollecting, [&] { return ring->hurry || is_crowded(*ring); });
  Batch batch{.entries = std::exchange(ring->entries, {}), .dropped = std::exchange(ring->dropped, 0)};
  ring->text_bytes = 0;
  ring->busy = true;
  return batch;
}

void RunLog::settle(std::optional<Error> failure) {
  const auto ring = ring_.lock();
  ring->busy = false;
  if (failure && !ring->failure) ring->failure = std::move(failure);
  changed_.notify_all();
}

void RunLog::write_until_stopped(const std::stop_token& stop) {
  Segments segments(root_);
  std::uint64_t lost = 0;  // of which the log does not tell yet
  for (;;) {
    const Batch batch = take(stop);
    if (batch.entries.empty() && batch.dropped == 0) break;  // stopped, and nothing is left
    lost += batch.dropped;
    std::vector<Json> lines;
    lines.reserve(batch.entries.size() + 1);
    for (const RunEntry& entry : batch.entries) lines.emplace_back(Json::Object{{"run", to_json(entry)}});
    if (lost != 0) lines.emplace_back(Json::Object{{"dropped", lost}});
    auto written = segments.write(lines);
    lost = written ? *written : lost + batch.entries.size();
    settle(written ? std::nullopt : std::optional(std::move(written).error()));
  }
  if (lost == 0) return;
  const Json last = Json::Object{{"dropped", lost}};
  static_cast<void>(segments.write({&last, 1}).has_value());
}

Result<> RunLog::flush() {
  auto ring = ring_.lock();
  if (!writer_.joinable()) return {};
  ring->hurry = true;
  changed_.notify_all();
  changed_.wait(ring.lock(), [&ring] { return ring->entries.empty() && ring->dropped == 0 && !ring->busy; });
  ring->hurry = false;
  if (!ring->failure) return {};
  Error failure = *std::exchange(ring->failure, std::nullopt);
  return std::unexpected(std::move(failure));
}

}  // namespace palyra::state
