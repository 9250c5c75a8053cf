// SPDX-License-Identifier: Apache-2.0
#pragma once
// Waiting until somebody has changed a file of a directory.
//
// What counts are the files' times and sizes; the kernel's notices only say when to look. Hidden names and
// `*.palyra-skill` files do not count.

#include <palyra/base/error.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace palyra::cli {

// Below the directory, by relative path: time of the last write, and size.
using DirectorySnapshot = std::map<std::string, std::pair<std::filesystem::file_time_type, std::uintmax_t>>;
DirectorySnapshot take_snapshot(const std::string& directory);

// The paths of which only one has something, or both something else.
std::set<std::string> changed_paths(const DirectorySnapshot& before, const DirectorySnapshot& after);

enum class Wakeup : std::uint8_t { kChanged, kInterrupted };

class DirectoryWatch {
 public:
  // Errors: file_error() of what the kernel says, for example that no more watches are to be had.
  static Result<DirectoryWatch> open(std::string directory);
  DirectoryWatch(DirectoryWatch&& other) noexcept;
  DirectoryWatch& operator=(DirectoryWatch&&) = delete;
  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;
  ~DirectoryWatch();

  // Until the directory differs from `seen` and nothing has changed for `quiet`, or the descriptor `interruption` can
  // be read: whichever thread a signal comes to, its handler's write wakes this one.
  Result<Wakeup> wait(const DirectorySnapshot& seen, std::chrono::milliseconds quiet, int interruption);

 private:
  DirectoryWatch(std::string directory, int descriptor) : directory_(std::move(directory)), descriptor_(descriptor) {}
  // The directory and every one below it. Watching one twice is watching it once.
  Result<> watch_all();
  // Whether there was something to read; nothing of it is kept.
  bool drain() const;

  std::string directory_;
  int descriptor_;
};

}  // namespace palyra::cli
