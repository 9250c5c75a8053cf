// SPDX-License-Identifier: Apache-2.0
#include "generation_file.h"

#include <palyra/base/byte_reader.h>
#include <palyra/state/state_codes.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace palyra::state {
namespace {

constexpr std::size_t kSize = 8;

std::unexpected<Error> failed(const char* doing) {
  const ErrorCode code = errno == EACCES || errno == EPERM || errno == EROFS ? kStateDenied : kStateUnavailable;
  return fail(code, "cannot {} the file 'generation': {}", doing, std::strerror(errno));
}

// Held by the open file; other processes wait for microseconds.
class FileLock {
 public:
  explicit FileLock(int fd) : fd_(fd), held_(::flock(fd, LOCK_EX) == 0) {}
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() {
    if (held_) ::flock(fd_, LOCK_UN);
  }
  [[nodiscard]] bool held() const { return held_; }

 private:
  int fd_;
  bool held_;
};

}  // namespace

Result<GenerationFile> GenerationFile::open(const Directory& root) {
  UniqueFd fd(::openat(root.fd(), "generation", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!fd.valid()) return failed("open");
  return GenerationFile(std::move(fd));
}

Result<std::uint64_t> GenerationFile::value() const {
  std::array<std::uint8_t, kSize + 1> bytes{};
  const ssize_t got = ::pread(fd_.get(), bytes.data(), bytes.size(), 0);
  if (got < 0) return failed("read");
  if (got == 0) return 0;
  const auto value = ByteReader(bytes).little_endian<std::uint64_t>();
  if (got != kSize || !value) return fail(kStoreDamaged, "the file 'generation' has not {} bytes", kSize);
  return *value;
}

void GenerationFile::raise_to(std::uint64_t generation) const {
  const FileLock lock(fd_.get());
  if (!lock.held() || value().value_or(generation) >= generation) return;
  std::array<std::uint8_t, kSize> bytes{};
  for (std::size_t i = 0; i < kSize; ++i) bytes.at(i) = static_cast<std::uint8_t>(generation >> (8 * i));
  static_cast<void>(::pwrite(fd_.get(), bytes.data(), kSize, 0) == static_cast<ssize_t>(kSize));
}

}  // namespace palyra::state
