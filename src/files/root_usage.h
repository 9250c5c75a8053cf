// SPDX-License-Identifier: Apache-2.0
#pragma once
// What lies below a root, in bytes and in names, and the limits of both.

#include "held_directory.h"

#include <palyra/base/clock.h>
#include <palyra/base/deadline.h>

#include <cstdint>
#include <string>

namespace palyra::files {

struct Usage {
  std::int64_t bytes = 0;  // of regular files, as long as they are: a hole counts
  std::int64_t files = 0;  // and directories
};

struct UsageLimits {
  std::int64_t max_bytes = 0;
  std::int64_t max_files = 0;
};

struct UsageOptions {
  std::string ledgers;
  UsageLimits limits;
  const Clock* clock;
  Deadline deadline;
};

// The ledger of one root, which all calls that write below it share. Every change of the root is made between lock()
// and the end of the Lock.
class RootUsage {
 public:
  RootUsage(const HeldDirectory& root, UsageOptions options) : root_(root), options_(std::move(options)) {}

  class Lock {
   public:
    Lock(Lock&& other) noexcept : usage_(std::exchange(other.usage_, nullptr)) {}
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    Lock& operator=(Lock&&) = delete;
    ~Lock();

    // Takes so much more. What does not grow a root that holds too much already is let through. Errors:
    // kFilesOverQuota, kFilesDiskFull; then nothing is taken.
    Result<> take(const Usage& more);
    void give_back(const Usage& less);

   private:
    friend class RootUsage;
    explicit Lock(RootUsage& usage) : usage_(&usage) {}
    RootUsage* usage_;
  };

  // Waits for other calls until the deadline. The first one counts what is there. Errors: kFilesUnavailable.
  Result<Lock> lock();

 private:
  Result<> open_ledger();
  Result<> count();
  void save() const;

  const HeldDirectory& root_;
  UsageOptions options_;
  UniqueFd ledger_;
  bool counted_ = false;
  Usage used_;
};

}  // namespace palyra::files
