// SPDX-License-Identifier: Apache-2.0
#include "held_directory.h"

#include <palyra/base/utf8.h>

#include <climits>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace palyra::files {

using capability::kFilesDenied;
using capability::kFilesDiskFull;
using capability::kFilesExists;
using capability::kFilesInvalid;
using capability::kFilesIsDirectory;
using capability::kFilesNotDirectory;
using capability::kFilesNotEmpty;
using capability::kFilesNotFound;
using capability::kFilesOverQuota;
using capability::kFilesUnavailable;

namespace {

constexpr std::uint64_t kResolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
constexpr int kTries = 16;  // while others rename around us the kernel answers EAGAIN

ErrorCode code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
      return kFilesNotFound;
    case ENOTDIR:
      return kFilesNotDirectory;
    case EISDIR:
      return kFilesIsDirectory;
    case EEXIST:
      return kFilesExists;
    case ENOTEMPTY:
      return kFilesNotEmpty;
    case EINVAL:
    case ENAMETOOLONG:
    case EILSEQ:
      return kFilesInvalid;
    case ELOOP:
    case EXDEV:
    case EACCES:
    case EPERM:
    case EROFS:
    case ENXIO:
      return kFilesDenied;
    case ENOSPC:
    case EDQUOT:
      return kFilesDiskFull;
    case EFBIG:
      return kFilesOverQuota;
    default:
      return kFilesUnavailable;
  }
}

std::string_view reason_of(int error_number) {
  if (error_number == ELOOP) return "a symbolic link is on the way";
  if (error_number == EXDEV) return "it leads out of the directory or to another file system";
  return std::strerror(error_number);  // NOLINT(concurrency-mt-unsafe): glibc's is per thread
}

int open_at(int directory, const char* path, open_how how) {
  how.flags |= O_CLOEXEC;
  long fd = -1;
  for (int tries = 0; fd < 0 && tries < kTries; ++tries) {
    fd = ::syscall(SYS_openat2, directory, path, &how, sizeof how);
    if (fd < 0 && errno != EAGAIN && errno != EINTR) break;
  }
  return static_cast<int>(fd);
}

std::string own_link(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

// Where a descriptor leads by now; empty when it cannot be said. What was removed has " (deleted)" behind it.
std::string place_of(int fd) {
  std::array<char, PATH_MAX> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): readlink fills it
  const ssize_t length = ::readlink(own_link(fd).c_str(), buffer.data(), buffer.size());
  const bool fits = length > 0 && static_cast<std::size_t>(length) < buffer.size();
  return fits ? std::string(buffer.data(), static_cast<std::size_t>(length)) : std::string();
}

}  // namespace

Error path_error(int error_number, std::string_view doing, std::string_view path) {
  return {code_of(error_number), fmt::format("cannot {} '{}': {}", doing, printable(path), reason_of(error_number))};
}

capability::FileFacts facts_of(const struct stat& status) {
  const auto modified = std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  const bool is_directory = S_ISDIR(status.st_mode);
  return {.kind = is_directory ? capability::FileKind::kDirectory : capability::FileKind::kFile,
          .size_bytes = is_directory ? 0 : static_cast<std::uint64_t>(status.st_size),
          .modified = std::chrono::floor<std::chrono::milliseconds>(modified),
          .number = status.st_ino};
}

std::pair<std::string_view, std::string_view> split_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

Result<HeldDirectory> HeldDirectory::open(const std::string& directory) {
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY;
  how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  UniqueFd fd(open_at(AT_FDCWD, directory.c_str(), how));
  struct stat status{};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) {
    return fail(kFilesUnavailable, "the directory '{}' cannot be used: {}", printable(directory), reason_of(errno));
  }
  if (status.st_uid != ::geteuid()) {
    return fail(kFilesUnavailable, "the directory '{}' belongs to uid {}, not to you (uid {})", printable(directory),
                status.st_uid, ::geteuid());
  }
  return HeldDirectory(std::move(fd), status);
}

Result<UniqueFd> HeldDirectory::open_below(std::string_view path, int flags, mode_t mode) const {
  open_how how{};
  how.flags = static_cast<unsigned>(flags);
  how.mode = mode;
  how.resolve = kResolve;
  const std::string named = path.empty() ? "." : std::string(path);
  UniqueFd fd(open_at(fd_.get(), named.c_str(), how));
  if (!fd.valid()) return std::unexpected(path_error(errno, "open", path));
  return fd;
}

Result<Found> HeldDirectory::find(std::string_view path) const {
  Found found{.fd = PALYRA_TRY(open_below(path, O_PATH)), .status = {}};
  if (::fstat(found.fd.get(), &found.status) != 0) return std::unexpected(path_error(errno, "look at", path));
  if (S_ISREG(found.status.st_mode) || S_ISDIR(found.status.st_mode)) return found;
  return fail(kFilesDenied, "'{}' is no regular file and no directory", printable(path));
}

Result<UniqueFd> HeldDirectory::find_parent(std::string_view path) const {
  UniqueFd fd = PALYRA_TRY(open_below(split_path(path).first, O_PATH | O_DIRECTORY));
  PALYRA_TRY(check_in_place(fd.get(), split_path(path).first));
  return fd;
}

Result<> HeldDirectory::check_in_place(int fd, std::string_view path) const {
  const std::string root = place_of(fd_.get());
  const std::string expected = path.empty() ? root : fmt::format("{}/{}", root == "/" ? "" : root, path);
  if (!root.empty() && place_of(fd) == expected) return {};
  return fail(kFilesUnavailable, "'{}' was moved or removed while it was opened", printable(path));
}

// A name that is being removed is missing from the count of links a moment before it is missing from its directory. So
// the look at its place comes after the count, and after whoever changed the directory at the time of the count has
// ended: reading a directory waits for them. Then a file with one link that is in its place had no other name.
Result<> HeldDirectory::check_ours(int fd, std::string_view path) const {
  const UniqueFd parent = PALYRA_TRY(open_below(split_path(path).first, O_RDONLY | O_DIRECTORY | O_NONBLOCK));
  struct stat status{};
  if (::fstat(fd, &status) != 0) return std::unexpected(path_error(errno, "look at", path));
  if (!S_ISDIR(status.st_mode) && status.st_nlink > 1) {
    return fail(kFilesDenied, "'{}' has {} names (hard links), of which some may be outside: it may not be changed",
                printable(path), status.st_nlink);
  }
  alignas(std::uint64_t) std::array<char, 1'024> entries{};
  if (::syscall(SYS_getdents64, parent.get(), entries.data(), entries.size()) < 0) {
    return std::unexpected(path_error(errno, "look around", path));
  }
  return check_in_place(fd, path);
}

Result<UniqueFd> reopen(int fd, int flags, std::string_view path) {
  UniqueFd opened(::open(own_link(fd).c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!opened.valid()) return std::unexpected(path_error(errno, "open", path));
  return opened;
}

}  // namespace palyra::files
