// SPDX-License-Identifier: Apache-2.0
#include "generation_file.h"

#include <palyra/state/state_codes.h>

#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace palyra::state {
namespace {

constexpr std::size_t kSize = sizeof(std::uint64_t);
static_assert(std::endian::native == std::endian::little, "the file is little-endian, and mapped");

std::unexpected<Error> failed(const char* doing) {
  const ErrorCode code = errno == EACCES || errno == EPERM || errno == EROFS ? kStateDenied : kStateUnavailable;
  return fail(code, "cannot {} the file 'generation': {}", doing, std::strerror(errno));
}

// Held by the open file; other processes wait for microseconds.
class FileLock {
 public:
  FileLock(int fd, int operation) : fd_(fd), held_(::flock(fd, operation) == 0) {}
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

// Nullopt for an empty file. The caller holds the lock.
Result<std::optional<std::uint64_t>> read_value(int fd) {
  std::uint64_t value = 0;
  std::uint8_t one_more = 0;
  const ssize_t got = ::pread(fd, &value, kSize, 0);
  if (got < 0) return failed("read");
  if (got == 0) return std::nullopt;
  if (got != static_cast<ssize_t>(kSize) || ::pread(fd, &one_more, 1, kSize) != 0) {
    return fail(kStoreDamaged, "the file 'generation' has not {} bytes", kSize);
  }
  if (value > kMaxGeneration)
    return fail(kStoreDamaged, "the file 'generation' says {}, limit {}", value, kMaxGeneration);
  return value;
}

bool write_value(int fd, std::uint64_t value) { return ::pwrite(fd, &value, kSize, 0) == static_cast<ssize_t>(kSize); }

}  // namespace

Result<GenerationFile> GenerationFile::open(const Directory& root, WrongContent wrong) {
  UniqueFd fd(::openat(root.fd(), "generation", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!fd.valid()) return failed("open");
  {
    const FileLock lock(fd.get(), LOCK_EX);
    if (!lock.held()) return failed("lock");
    auto value = read_value(fd.get());
    // In place, for others have it mapped.
    if (!value && wrong == WrongContent::kReset && value.error().is(kStoreDamaged)) {
      if (::ftruncate(fd.get(), kSize) != 0) return failed("empty");
      value = std::nullopt;
    }
    if (!PALYRA_TRY(std::move(value)) && !write_value(fd.get(), 0)) return failed("write");
  }
  void* mapped = ::mmap(nullptr, kSize, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (mapped == MAP_FAILED) return failed("map");
  return GenerationFile(std::move(fd), static_cast<std::uint64_t*>(mapped));
}

GenerationFile::~GenerationFile() {
  if (mapped_ != nullptr) ::munmap(mapped_, kSize);
}

Result<std::uint64_t> GenerationFile::value() const {
  const FileLock lock(fd_.get(), LOCK_SH);
  if (!lock.held()) return failed("lock");
  const auto value = PALYRA_TRY(read_value(fd_.get()));
  if (!value) return fail(kStoreDamaged, "the file 'generation' was emptied");
  return *value;
}

std::uint64_t GenerationFile::peek() const {
  return std::atomic_ref<std::uint64_t>(*mapped_).load(std::memory_order_acquire);
}

bool GenerationFile::is_in(const std::string& root) const {
  struct stat here{};
  struct stat there{};
  const std::string path = root + "/generation";
  return ::fstat(fd_.get(), &here) == 0 && ::stat(path.c_str(), &there) == 0 && here.st_dev == there.st_dev &&
         here.st_ino == there.st_ino;
}

void GenerationFile::raise_to(std::uint64_t generation) const {
  const FileLock lock(fd_.get(), LOCK_EX);
  if (!lock.held()) return;
  const auto value = read_value(fd_.get());
  if (!value || value->value_or(0) >= generation) return;
  static_cast<void>(write_value(fd_.get(), generation));
}

}  // namespace palyra::state
