// SPDX-License-Identifier: Apache-2.0
#include "run_segment.h"
#include "store_parts.h"

#include <palyra/base/check.h>
#include <palyra/state/run_history.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <tuple>

namespace palyra::state {
namespace {

// The directory `runs`; nullopt when nothing ran yet. Errors: kNotInitialised.
Result<std::optional<Directory>> open_runs(const std::string& root) {
  const Result<Directory> state = Directory::open(root);
  if (!state && !state.error().is(kFileNotFound)) return std::unexpected(state.error());
  if (!state || !PALYRA_TRY(state->exists(kDatabaseFile))) {
    return fail(kNotInitialised, "there is no trust store in '{}'", root);
  }
  if (!PALYRA_TRY(state->exists(kRunsDirectory))) return std::nullopt;
  return PALYRA_TRY(state->make_directory(kRunsDirectory));
}

struct DatedSegment {
  std::string name;
  std::chrono::milliseconds written{0};  // last; no entry in it started later
};

// The one that was written last comes first.
Result<std::vector<DatedSegment>> list_by_time(const Directory& runs) {
  std::vector<DatedSegment> segments;
  const std::vector<std::string> names = PALYRA_TRY(list_segments(runs));
  for (const std::string& name : names) {
    struct stat status{};
    if (::fstatat(runs.fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;  // gone since
    const auto seconds = std::chrono::seconds(status.st_mtim.tv_sec);
    const auto rest = std::chrono::nanoseconds(status.st_mtim.tv_nsec);
    segments.push_back({.name = name, .written = std::chrono::ceil<std::chrono::milliseconds>(seconds + rest)});
  }
  std::ranges::sort(segments, std::ranges::greater(), &DatedSegment::written);
  return segments;
}

bool matches(const RunEntry& entry, const RunQuery& query) {
  if (!query.tool_id.empty() && entry.subject->tool_id != query.tool_id) return false;
  if (!query.skill_id.empty() && (!entry.subject->skill || entry.subject->skill->id != query.skill_id)) return false;
  if (query.failed_only && !entry.failed()) return false;
  return entry.run_id.starts_with(query.run_id_prefix);
}

void read_line(std::string_view line, const RunQuery& query, RunsFound& found) {
  const auto json = parse_json(as_bytes(line), kLineLimits);
  const Json* run = json ? json->find("run") : nullptr;
  const Json* dropped = json ? json->find("dropped") : nullptr;
  if (dropped != nullptr && dropped->as_int() != nullptr && *dropped->as_int() >= 0) {
    found.dropped += static_cast<std::uint64_t>(*dropped->as_int());
    return;
  }
  auto entry = run == nullptr ? fail(kRunLogBroken, "a line is no entry") : run_entry_from_json(*run);
  if (!entry) {
    ++found.unreadable_lines;
  } else if (matches(*entry, query)) {
    found.entries.push_back(*std::move(entry));
  }
}

void keep_newest(std::vector<RunEntry>& entries, std::size_t limit) {
  std::ranges::sort(entries, [](const RunEntry& a, const RunEntry& b) {
    return std::tie(a.started, a.run_id) > std::tie(b.started, b.run_id);
  });
  if (entries.size() > limit) entries.resize(limit);
}

struct CheckedSegment {
  std::vector<crypto::Sha256Digest> chains;
  bool torn = false;
};

Result<CheckedSegment> check_segment(const Directory& runs, const std::string& name, RunLogFacts& facts) {
  const Bytes bytes = PALYRA_TRY(read_segment(runs, name));
  const SegmentLines text = split_lines(as_text(bytes));
  CheckedSegment checked{.chains = PALYRA_TRY(check_chain(name, text)), .torn = text.torn};
  RunsFound found;
  for (const std::string_view line : text.lines) read_line(line, {}, found);
  if (found.unreadable_lines != 0) {
    return fail(kRunLogBroken, "{} lines of '{}' are no entries", found.unreadable_lines, name);
  }
  ++facts.segments;
  facts.runs += found.entries.size();
  facts.dropped += found.dropped;
  if (text.torn) ++facts.torn_segments;
  return checked;
}

Result<> check_anchor(const RunAnchor& anchor, const std::map<std::string, CheckedSegment>& segments) {
  const auto found = segments.find(anchor.segment);
  if (found == segments.end()) return fail(kRunLogBroken, "the segment '{}' is gone", anchor.segment);
  const std::vector<crypto::Sha256Digest>& chains = found->second.chains;
  if (anchor.lines == 0 || chains.size() < anchor.lines) {
    return fail(kRunLogBroken, "'{}' has {} lines; it had {}", anchor.segment, chains.size(), anchor.lines);
  }
  if (chains[anchor.lines - 1] != anchor.chain) {
    return fail(kRunLogBroken, "the first {} lines of '{}' are not those that the audit log names", anchor.lines,
                anchor.segment);
  }
  return {};
}

}  // namespace

Result<RunsFound> find_runs(const std::string& root, const RunQuery& query) {
  RunsFound found;
  const auto runs = PALYRA_TRY(open_runs(root));
  if (!runs) return found;
  const std::vector<DatedSegment> segments = PALYRA_TRY(list_by_time(*runs));
  for (const DatedSegment& segment : segments) {
    const bool enough = found.entries.size() >= query.limit;
    if (enough && (query.limit == 0 || found.entries.back().started >= segment.written)) break;
    const auto bytes = read_segment(*runs, segment.name);
    if (!bytes) {
      ++found.unreadable_segments;
      continue;
    }
    // The newest first, so that of two entries of one millisecond the later line comes first.
    const SegmentLines text = split_lines(as_text(*bytes));
    std::for_each(text.lines.rbegin(), text.lines.rend(),
                  [&](std::string_view line) { read_line(line, query, found); });
    keep_newest(found.entries, query.limit);
  }
  return found;
}

Result<RunLogFacts> check_run_log(const std::string& root, const std::vector<RunAnchor>& anchors) {
  RunLogFacts facts;
  const auto runs = PALYRA_TRY(open_runs(root));
  std::map<std::string, CheckedSegment> segments;
  const std::vector<std::string> names = runs ? PALYRA_TRY(list_segments(*runs)) : std::vector<std::string>{};
  for (const std::string& name : names) segments.emplace(name, PALYRA_TRY(check_segment(*runs, name, facts)));
  std::map<std::string, std::uint64_t> anchored;
  for (const RunAnchor& anchor : anchors) {
    PALYRA_TRY(check_anchor(anchor, segments));
    anchored[anchor.segment] = std::max(anchored[anchor.segment], anchor.lines);
  }
  for (const auto& [name, segment] : segments) {
    if (anchored[name] < segment.chains.size()) ++facts.unanchored_segments;
  }
  return facts;
}

}  // namespace palyra::state
