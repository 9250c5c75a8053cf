// SPDX-License-Identifier: Apache-2.0
#pragma once
// One segment of the runs log: a file of lines, each chained to all before it. docs/formats/runs-log.md.

#include <palyra/base/directory.h>
#include <palyra/base/json.h>
#include <palyra/crypto/sha256.h>
#include <palyra/state/state_codes.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::state {

inline constexpr const char* kRunsDirectory = "runs";
// A segment that has reached this is followed by a new one. Chosen so that a reader can hold it.
inline constexpr std::size_t kSegmentBytes = std::size_t{16} << 20;
// More than an entry with the most log text needs, each character escaped.
inline constexpr std::size_t kMaxLineBytes = std::size_t{1} << 20;
inline constexpr JsonLimits kLineLimits{.max_bytes = kMaxLineBytes, .max_depth = 8};

// The names that segments have; everything else in the directory is not ours.
bool is_segment_name(std::string_view name);
// Sorted, which is by time of the first entry. Errors: those of Directory.
Result<std::vector<std::string>> list_segments(const Directory& runs);
// Errors: those of Directory.
Result<Bytes> read_segment(const Directory& runs, std::string_view name);

// What stands before the first line: the chain of line 0.
crypto::Sha256Digest first_chain(std::string_view segment);

struct SegmentLines {
  std::vector<std::string_view> lines;  // of the text given, without line ends
  bool torn = false;                    // half a line follows
};
// Where the lines are; their chain is not looked at.
SegmentLines split_lines(std::string_view text);

// The chain of each line, if each has the one that its text and the line before it give.
// Errors: kRunLogBroken, naming the segment and the line.
Result<std::vector<crypto::Sha256Digest>> check_chain(std::string_view segment, const SegmentLines& text);

// The one writer of one new segment.
class SegmentWriter {
 public:
  // Makes a file that did not exist, named after `now`. Errors: those of Directory.
  static Result<SegmentWriter> create(const Directory& runs, std::chrono::milliseconds now);

  // One line an object (its text, with one member at least), all in one write, none of them when it fails. Leaves out
  // what would be longer than kMaxLineBytes, and says how many that were. Errors: those of Directory.
  Result<std::size_t> write(std::span<const std::string> objects);
  // Nothing more should be written here: the segment is long, or a failed write could not be undone.
  [[nodiscard]] bool ended() const { return damaged_ || size_ >= kSegmentBytes; }

 private:
  SegmentWriter(UniqueFd fd, std::string path, std::string_view segment)
      : fd_(std::move(fd)), path_(std::move(path)), chain_(first_chain(segment)) {}

  UniqueFd fd_;
  std::string path_;
  crypto::Sha256Digest chain_;  // of the last line
  std::size_t size_ = 0;
  bool damaged_ = false;
};

}  // namespace palyra::state
