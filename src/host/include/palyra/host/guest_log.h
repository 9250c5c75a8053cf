// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a guest logs during one call: a bounded number of bounded lines, safe to print.

#include <palyra/base/bytes.h>
#include <palyra/capability/run_record.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace palyra::host {

inline constexpr std::size_t kMaxLogLines = 1'000;
inline constexpr std::size_t kMaxLogLineBytes = std::size_t{4} * 1024;

class GuestLog {
 public:
  // Keeps one line, escaped, and at most kMaxLogLineBytes of it. False: the call has used up its lines and this one is
  // only counted.
  bool add(capability::LogLevel level, std::string_view text);

  // The lines kept, which are then gone from here.
  std::vector<capability::LogLine> take_lines() { return std::move(lines_); }
  // Drops the lines kept.
  void forget();
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  std::vector<capability::LogLine> lines_;
  std::uint64_t dropped_ = 0;
};

// A byte stream, such as a standard error, cut into lines of a log. A line longer than kMaxLogLineBytes becomes
// several.
class LogStream {
 public:
  explicit LogStream(GuestLog& log) : log_(log) {}
  void write(std::string_view text);
  // Logs what came after the last line end.
  void finish();

 private:
  void flush(std::size_t bytes);

  GuestLog& log_;
  std::string pending_;  // at most kMaxLogLineBytes between calls
};

}  // namespace palyra::host
