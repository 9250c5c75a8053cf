// SPDX-License-Identifier: Apache-2.0
#include "stored_file.h"

#include <palyra/base/utf8.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <unistd.h>

namespace palyra::files {

using capability::kFilesInvalid;
using capability::kFilesNotFound;

namespace {

constexpr std::int64_t kLongest = std::numeric_limits<std::int64_t>::max();

Error too_far(const std::string& path) {
  return {kFilesInvalid, fmt::format("no position of '{}' is so far from its start", printable(path))};
}

timespec to_timespec(const std::optional<std::chrono::milliseconds>& time) {
  if (!time) return {.tv_sec = 0, .tv_nsec = UTIME_OMIT};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*time);
  return {.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds(*time - seconds).count()};
}

}  // namespace

Result<> set_file_times(int fd, const capability::FileTimes& times, std::string_view path) {
  const std::array<timespec, 2> set{to_timespec(times.accessed), to_timespec(times.modified)};
  const std::string link = fmt::format("/proc/self/fd/{}", fd);
  if (::utimensat(AT_FDCWD, link.c_str(), set.data(), 0) == 0) return {};
  return std::unexpected(path_error(errno, "set the times of", path));
}

Result<std::size_t> StoredFile::read_at(std::span<std::uint8_t> into, std::uint64_t offset) {
  if (offset > static_cast<std::uint64_t>(kLongest) - into.size()) return std::unexpected(too_far(path_));
  ssize_t got = -1;
  do {
    got = ::pread(fd_.get(), into.data(), into.size(), static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  if (got >= 0) return static_cast<std::size_t>(got);
  return std::unexpected(errno == EBADF ? path_error(EINVAL, "read", path_) : path_error(errno, "read", path_));
}

// What was removed is counted no more, and so may not grow.
Result<std::int64_t> StoredFile::size() const {
  struct stat status{};
  if (::fstat(fd_.get(), &status) != 0) return std::unexpected(path_error(errno, "look at", path_));
  if (status.st_nlink == 0) return fail(kFilesNotFound, "'{}' was removed since it was opened", printable(path_));
  return status.st_size;
}

Result<> StoredFile::write_locked(RootUsage::Lock& lock, BytesView bytes, std::int64_t offset) {
  const std::int64_t before = PALYRA_TRY(size());
  const std::int64_t growth = std::max<std::int64_t>(0, offset + std::ssize(bytes) - before);
  if (growth > 0) PALYRA_TRY(lock.take({.bytes = growth}));
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd_.get(), bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      Error failed = path_error(errno == EBADF ? EINVAL : errno, "write", path_);
      const std::int64_t after = size().value_or(before);
      lock.give_back({.bytes = growth - std::max<std::int64_t>(0, after - before)});
      return std::unexpected(std::move(failed));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += written;
  }
  return {};
}

Result<> StoredFile::write_at(BytesView bytes, std::uint64_t offset) {
  if (offset > static_cast<std::uint64_t>(kLongest) - bytes.size()) return std::unexpected(too_far(path_));
  RootUsage::Lock lock = PALYRA_TRY(root_.usage.lock());
  return write_locked(lock, bytes, static_cast<std::int64_t>(offset));
}

Result<std::uint64_t> StoredFile::append(BytesView bytes) {
  RootUsage::Lock lock = PALYRA_TRY(root_.usage.lock());
  const std::int64_t end = PALYRA_TRY(size());
  if (std::ssize(bytes) > kLongest - end) return std::unexpected(too_far(path_));
  PALYRA_TRY(write_locked(lock, bytes, end));
  return static_cast<std::uint64_t>(end) + bytes.size();
}

Result<> StoredFile::resize(std::uint64_t bytes) {
  if (bytes > static_cast<std::uint64_t>(kLongest)) return std::unexpected(too_far(path_));
  RootUsage::Lock lock = PALYRA_TRY(root_.usage.lock());
  const std::int64_t before = PALYRA_TRY(size());
  const std::int64_t growth = static_cast<std::int64_t>(bytes) - before;
  if (growth > 0) PALYRA_TRY(lock.take({.bytes = growth}));
  if (::ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) {
    Error failed = path_error(errno, "resize", path_);
    if (growth > 0) lock.give_back({.bytes = growth});
    return std::unexpected(std::move(failed));
  }
  if (growth < 0) lock.give_back({.bytes = -growth});
  return {};
}

Result<capability::FileFacts> StoredFile::facts() {
  struct stat status{};
  if (::fstat(fd_.get(), &status) != 0) return std::unexpected(path_error(errno, "look at", path_));
  return facts_of(status);
}

Result<> StoredFile::sync() {
  if (::fsync(fd_.get()) != 0) return std::unexpected(path_error(errno, "sync", path_));
  return {};
}

Result<> StoredFile::set_times(const capability::FileTimes& times) { return set_file_times(fd_.get(), times, path_); }

}  // namespace palyra::files
