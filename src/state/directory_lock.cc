// SPDX-License-Identifier: Apache-2.0
#include "directory_lock.h"

#include <palyra/state/state_codes.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <thread>

namespace palyra::state {

Result<DirectoryLock> DirectoryLock::open(const Directory& directory) {
  // The descriptor of a Directory is O_PATH, which cannot be locked.
  UniqueFd fd(::openat(directory.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return std::unexpected(file_error(errno, "open directory", directory.path()));
  return DirectoryLock(std::move(fd), directory.path());
}

Result<DirectoryLock> DirectoryLock::take(const Directory& directory, LockKind kind, std::chrono::milliseconds most) {
  DirectoryLock lock = PALYRA_TRY(open(directory));
  PALYRA_TRY(lock.wait(kind, most));
  return lock;
}

Result<std::optional<DirectoryLock>> DirectoryLock::try_exclusive(const Directory& directory) {
  DirectoryLock lock = PALYRA_TRY(open(directory));
  if (::flock(lock.fd_.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return std::nullopt;
  return std::unexpected(file_error(errno, "lock", lock.path_));
}

Result<> DirectoryLock::make_shared() { return wait(LockKind::kShared, kBusyTimeout); }

Result<> DirectoryLock::wait(LockKind kind, std::chrono::milliseconds most) {
  constexpr std::chrono::milliseconds kPause{5};
  const int operation = (kind == LockKind::kShared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  for (std::chrono::milliseconds waited{}; ::flock(fd_.get(), operation) != 0; waited += kPause) {
    if (errno != EWOULDBLOCK && errno != EINTR) return std::unexpected(file_error(errno, "lock", path_));
    if (waited >= most) {
      return fail(kStateBusy, "another process has kept '{}' locked for {} ms", path_, most.count());
    }
    std::this_thread::sleep_for(kPause);
  }
  return {};
}

}  // namespace palyra::state
