// SPDX-License-Identifier: Apache-2.0
#include "root_usage.h"

#include <palyra/base/c_handle.h>
#include <palyra/base/directory.h>
#include <palyra/base/disk_space.h>
#include <palyra/base/utf8.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <limits>
#include <sys/file.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace palyra::files {

using capability::kFilesDiskFull;
using capability::kFilesOverQuota;
using capability::kFilesUnavailable;

namespace {

// More than any limit, and far from where sums end.
constexpr std::int64_t kTooMuch = std::numeric_limits<std::int64_t>::max() / 4;

Error ledger_error(const std::string& doing) {
  return {kFilesUnavailable, fmt::format("the ledger of a directory cannot be {}: {}", doing,
                                         std::strerror(errno))};  // NOLINT(concurrency-mt-unsafe): glibc's is not
}

// One directory after the other, so that depth costs no descriptors.
class Walk {
 public:
  Walk(const HeldDirectory& root, const UsageOptions& options) : root_(root), options_(options) {}

  // Stops at one name more than the limit: then everything is too much.
  Result<Usage> run() {
    std::vector<std::string> waiting{""};
    while (!waiting.empty()) {
      const std::string path = std::move(waiting.back());
      waiting.pop_back();
      PALYRA_TRY(count(path, waiting));
      if (used_.files > options_.limits.max_files) return Usage{.bytes = kTooMuch, .files = kTooMuch};
      if (options_.deadline.passed(*options_.clock)) {
        return fail(kFilesUnavailable, "the time of the call was over while its files were counted");
      }
    }
    return used_;
  }

 private:
  Result<> count(const std::string& path, std::vector<std::string>& waiting) {
    auto fd = root_.open_below(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    // Others may remove and replace directories meanwhile; what cannot be read is not counted, and not reachable.
    if (!fd) return path.empty() ? Result<>(std::unexpected(std::move(fd).error())) : Result<>();
    const CHandle<DIR, &::closedir> stream(::fdopendir(fd->get()));
    if (!stream) return std::unexpected(path_error(errno, "list", path));
    (void)fd->release();                                     // the stream closes it
    while (const dirent* entry = ::readdir(stream.get())) {  // NOLINT(concurrency-mt-unsafe): the stream is ours alone
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") add(::dirfd(stream.get()), path, entry->d_name, waiting);
      if (used_.files > options_.limits.max_files) return {};
    }
    return {};
  }

  void add(int directory, const std::string& path, const char* name, std::vector<std::string>& waiting) {
    struct stat status{};
    if (::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return;
    ++used_.files;
    if (S_ISREG(status.st_mode)) used_.bytes = std::min(kTooMuch, used_.bytes + std::min(kTooMuch, status.st_size));
    if (S_ISDIR(status.st_mode)) waiting.push_back(path.empty() ? name : path + "/" + name);
  }

  const HeldDirectory& root_;
  const UsageOptions& options_;
  Usage used_;
};

// As many bytes of the ledger as an Usage has.
using Ledger = std::array<std::int64_t, 2>;

}  // namespace

Result<> RootUsage::open_ledger() {
  if (ledger_.valid()) return {};
  PALYRA_TRY(Directory::make(options_.ledgers));
  const std::string file = fmt::format("{}/{}-{}", options_.ledgers, root_.status().st_dev, root_.status().st_ino);
  ledger_ = UniqueFd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!ledger_.valid()) return std::unexpected(ledger_error("opened"));
  return {};
}

Result<> RootUsage::count() {
  used_ = PALYRA_TRY(Walk(root_, options_).run());
  counted_ = true;
  return {};
}

void RootUsage::save() const {
  const Ledger ledger{used_.bytes, used_.files};
  // A ledger that cannot be written is counted anew by the next call.
  (void)!::pwrite(ledger_.get(), ledger.data(), sizeof ledger, 0);
}

Result<RootUsage::Lock> RootUsage::lock() {
  constexpr std::chrono::milliseconds kPause{1};
  PALYRA_TRY(open_ledger());
  while (::flock(ledger_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return std::unexpected(ledger_error("locked"));
    if (options_.deadline.passed(*options_.clock)) {
      return fail(kFilesUnavailable, "other calls were writing to this directory until the time of the call was over");
    }
    std::this_thread::sleep_for(kPause);
  }
  Lock held(*this);
  Ledger ledger{};
  if (counted_ && ::pread(ledger_.get(), ledger.data(), sizeof ledger, 0) == sizeof ledger) {
    used_ = {.bytes = ledger[0], .files = ledger[1]};
  } else {
    PALYRA_TRY(count());
    save();
  }
  return held;
}

RootUsage::Lock::~Lock() {
  if (usage_ != nullptr) ::flock(usage_->ledger_.get(), LOCK_UN);
}

Result<> RootUsage::Lock::take(const Usage& more) {
  const UsageLimits& limits = usage_->options_.limits;
  Usage& used = usage_->used_;
  const bool fits_bytes =
      more.bytes <= 0 || (used.bytes <= limits.max_bytes && more.bytes <= limits.max_bytes - used.bytes);
  const bool fits_files =
      more.files <= 0 || (used.files <= limits.max_files && more.files <= limits.max_files - used.files);
  // With too many names the bytes were not counted to the end.
  if (!fits_files || (!fits_bytes && used.files > limits.max_files)) {
    return fail(kFilesOverQuota, "the directory may hold {} files and directories (files.max_files_per_root)",
                limits.max_files);
  }
  if (!fits_bytes) {
    return fail(kFilesOverQuota, "{} bytes more do not fit: the directory may hold {} (files.max_bytes_per_root)",
                more.bytes, limits.max_bytes);
  }
  const DiskSpace disk = PALYRA_TRY(disk_space_of(fmt::format("/proc/self/fd/{}", usage_->root_.fd())));
  if (!leaves_room(disk, static_cast<std::uint64_t>(std::max<std::int64_t>(more.bytes, 0)))) {
    return fail(kFilesDiskFull, "the disk has {} bytes free of {}: too few to keep {} more", disk.free_bytes,
                disk.total_bytes, more.bytes);
  }
  used.bytes += more.bytes;
  used.files += more.files;
  usage_->save();
  return {};
}

void RootUsage::Lock::give_back(const Usage& less) {
  Usage& used = usage_->used_;
  used.bytes = std::max<std::int64_t>(0, used.bytes - less.bytes);
  used.files = std::max<std::int64_t>(0, used.files - less.files);
  usage_->save();
}

}  // namespace palyra::files
