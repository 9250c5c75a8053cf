// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one StateStore remembers of the active tools, so that a call costs one atomic load and no database.
//
// Everything here was read after the file `generation` had the value `file_generation`, and is forgotten as soon as
// that changes. A writer may die between its commit and that file: once in kCompareInterval SQLite is asked whether
// anybody wrote.

#include <palyra/base/clock.h>
#include <palyra/state/installed_version.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace palyra::state {

inline constexpr std::chrono::seconds kCompareInterval{1};

struct ActiveTools {
  // What the memory is good for; nullopt: for nothing.
  struct Basis {
    std::uint64_t file_generation = 0;
    std::int64_t data_version = 0;  // of the connection
    SteadyTime compared;
  };
  std::optional<Basis> basis;
  std::map<std::string, InstalledVersion, std::less<>> by_tool;  // only tools that were asked for and found
  std::map<crypto::Sha256Digest, bool> runnable;                 // by content root; only those that were asked for
};

}  // namespace palyra::state
