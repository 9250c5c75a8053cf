// SPDX-License-Identifier: Apache-2.0
#pragma once
// A lock that processes take on a directory of the state; the kernel drops it with its holder.

#include "sqlite.h"

#include <palyra/base/directory.h>
#include <palyra/base/unique_fd.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace palyra::state {

enum class LockKind : std::uint8_t { kShared, kExclusive };

class DirectoryLock {
 public:
  // Waits so long for other processes. Errors: kStateBusy, kFileDenied, kFileFailed.
  static Result<DirectoryLock> take(const Directory& directory, LockKind kind,
                                    std::chrono::milliseconds most = kBusyTimeout);
  // Without waiting: empty when another process holds it.
  static Result<std::optional<DirectoryLock>> try_exclusive(const Directory& directory);

  // For an instant nobody may hold it. Waits up to kBusyTimeout. Errors: those of take.
  Result<> make_shared();

 private:
  DirectoryLock(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  static Result<DirectoryLock> open(const Directory& directory);
  Result<> wait(LockKind kind, std::chrono::milliseconds most);

  UniqueFd fd_;
  std::string path_;
};

}  // namespace palyra::state
