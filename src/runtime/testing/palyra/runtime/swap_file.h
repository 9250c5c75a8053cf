// SPDX-License-Identifier: Apache-2.0
#pragma once
// A place to swap pages out to, for tests that run alone: it is there for the whole machine.

#include <palyra/base/testing.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/swap.h>
#include <unistd.h>

namespace palyra::runtime {

// A file that this machine may swap to as long as the object lives.
class SwapFile {
 public:
  SwapFile() {
    if (::geteuid() != 0) {
      why_not_ = "only root may add swap";
    } else if (!write() || ::swapon(path_.c_str(), 0) != 0) {
      why_not_ = fmt::format("no swap can be added in {}: {}", directory_.path(), std::strerror(errno));
    }
  }
  SwapFile(const SwapFile&) = delete;
  SwapFile& operator=(const SwapFile&) = delete;
  ~SwapFile() {
    if (!why_not_.empty()) return;
    EXPECT_EQ(::swapoff(path_.c_str()), 0) << std::strerror(errno);
  }
  [[nodiscard]] const std::string& why_not() const { return why_not_; }  // empty: there is swap

 private:
  // Without holes, and with what mkswap(8) writes: a version, the number of the last page, and its mark.
  [[nodiscard]] bool write() const {
    constexpr std::uint32_t kPages = 32 * 1024;
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    Bytes header(page, 0);
    constexpr std::uint32_t kVersion = 1;
    constexpr std::uint32_t kLast = kPages - 1;
    std::memcpy(header.data() + 1024, &kVersion, sizeof kVersion);
    std::memcpy(header.data() + 1028, &kLast, sizeof kLast);
    constexpr std::string_view kMark = "SWAPSPACE2";
    std::ranges::copy(kMark, header.end() - static_cast<std::ptrdiff_t>(kMark.size()));
    const UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    return fd.valid() && ::posix_fallocate(fd.get(), 0, static_cast<off_t>(kPages * page)) == 0 &&
           ::pwrite(fd.get(), header.data(), header.size(), 0) == static_cast<ssize_t>(page) && ::fsync(fd.get()) == 0;
  }

  testing::TempDir directory_;
  std::string path_ = directory_.file("swap");
  std::string why_not_;
};

}  // namespace palyra::runtime
