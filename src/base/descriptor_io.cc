// SPDX-License-Identifier: Apache-2.0
#include "descriptor_io.h"

#include <palyra/base/unique_fd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace palyra {

Result<> write_all(int fd, BytesView bytes, const std::string& shown_path) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return std::unexpected(file_error(wrote == 0 ? ENOSPC : errno, "write", shown_path));
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

bool read_exactly(int fd, std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::read(fd, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

namespace {

// Writes and syncs the temporary file; the caller gives it its name.
Result<> write_temporary(const Replacement& target, const std::string& temporary, BytesView bytes) {
  const UniqueFd fd(
      ::openat(target.directory, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, target.mode));
  if (!fd.valid()) return std::unexpected(file_error(errno, "create", target.shown_path));
  PALYRA_TRY(write_all(fd.get(), bytes, target.shown_path));
  // The umask must not decide who may read a key file.
  if (::fchmod(fd.get(), target.mode) != 0) return std::unexpected(file_error(errno, "set mode of", target.shown_path));
  if (::fsync(fd.get()) != 0) return std::unexpected(file_error(errno, "sync", target.shown_path));
  return {};
}

Result<> give_name(const Replacement& target, const std::string& temporary) {
  const int directory = target.directory;
  const unsigned flags = target.overwrite == Overwrite::kYes ? 0 : RENAME_NOREPLACE;
  int done = ::renameat2(directory, temporary.c_str(), directory, target.name.c_str(), flags);
  // File systems that cannot rename so (NFS, for one) can link.
  if (done != 0 && errno == EINVAL && flags != 0) {
    done = ::linkat(directory, temporary.c_str(), directory, target.name.c_str(), 0);
    if (done == 0) ::unlinkat(directory, temporary.c_str(), 0);
  }
  if (done != 0) return std::unexpected(file_error(errno, "write", target.shown_path));
  return {};
}

Result<> sync_directory(const Replacement& target) {
  // O_PATH descriptors cannot be synced.
  const UniqueFd fd(::openat(target.directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) {
    return std::unexpected(file_error(errno, "sync the directory of", target.shown_path));
  }
  return {};
}

}  // namespace

Result<Bytes> read_to_end(int fd, const std::string& shown_path, std::size_t max_bytes) {
  Bytes bytes;
  constexpr std::size_t kChunk = 256 * 1024;
  for (;;) {
    const std::size_t have = bytes.size();
    // One byte over the limit is enough to know.
    const std::size_t want = std::min(kChunk, max_bytes - have + 1);
    bytes.resize(have + want);
    const ssize_t got = ::read(fd, bytes.data() + have, want);
    if (got < 0 && errno != EINTR) return std::unexpected(file_error(errno, "read", shown_path));
    bytes.resize(have + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (bytes.size() > max_bytes) return fail(kFileTooLarge, "'{}' is larger than {} bytes", shown_path, max_bytes);
    if (got == 0) return bytes;
  }
}

namespace {

Result<> check_regular(int fd, const std::string& shown_path, std::uint64_t max_bytes) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return std::unexpected(file_error(errno, "inspect", shown_path));
  if (!S_ISREG(status.st_mode)) {
    return fail(kFileNotRegular, "'{}' is {}, not a regular file", shown_path,
                S_ISDIR(status.st_mode) ? "a directory" : "a pipe, a socket or a device");
  }
  if (static_cast<std::uint64_t>(status.st_size) > max_bytes) {
    return fail(kFileTooLarge, "'{}' has {} bytes, limit {}", shown_path, status.st_size, max_bytes);
  }
  return {};
}

}  // namespace

Result<Bytes> read_regular(int fd, const std::string& shown_path, std::size_t max_bytes) {
  PALYRA_TRY(check_regular(fd, shown_path, max_bytes));
  return read_to_end(fd, shown_path, max_bytes);
}

Result<> read_pieces_of_regular(int fd, const std::string& shown_path, std::uint64_t max_bytes, const TakePiece& take) {
  constexpr std::size_t kPiece = std::size_t{64} * 1024;
  PALYRA_TRY(check_regular(fd, shown_path, max_bytes));
  const auto piece = std::make_unique_for_overwrite<std::uint8_t[]>(kPiece);  // NOLINT(modernize-avoid-c-arrays)
  std::uint64_t have = 0;
  for (;;) {
    const ssize_t got = ::read(fd, piece.get(), kPiece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(file_error(errno, "read", shown_path));
    if (got == 0) return {};
    have += static_cast<std::uint64_t>(got);
    if (have > max_bytes) return fail(kFileTooLarge, "'{}' is larger than {} bytes", shown_path, max_bytes);
    PALYRA_TRY(take(BytesView(piece.get(), static_cast<std::size_t>(got))));
  }
}

bool is_temporary_name(std::string_view name) { return name.starts_with('.') && name.ends_with(".tmp"); }

Result<> replace_file(const Replacement& target, BytesView bytes) {
  static std::atomic<unsigned> counter{0};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): names only
  const std::string temporary = fmt::format(".{}.{}.{}.tmp", target.name, ::getpid(), counter++);
  Result<> done = write_temporary(target, temporary, bytes);
  if (done) done = give_name(target, temporary);
  if (!done) {
    ::unlinkat(target.directory, temporary.c_str(), 0);
    return done;
  }
  return sync_directory(target);
}

}  // namespace palyra
