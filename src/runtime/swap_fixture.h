// SPDX-License-Identifier: Apache-2.0
#pragma once
// What takes pages away from a process that uses them: memory that is short, and a place to swap them out to.

#include "neighbour_fixture.h"

#include <palyra/base/testing.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <sstream>
#include <string>
#include <sys/mman.h>
#include <sys/swap.h>
#include <thread>
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

// A thread that uses and gives back a lot of memory, and asks the kernel to take this process's pages meanwhile.
class MemoryPressure {
 public:
  struct Facts {
    std::size_t rounds = 0;
    std::int64_t most_swapped_kib = 0;
  };

  MemoryPressure()
      : thread_([this](const std::stop_token& stop) {
          do {
            use_and_give_back(stop);
            ++facts_.rounds;
          } while (!stop.stop_requested());
        }) {}
  Facts end() {
    thread_.request_stop();
    thread_.join();
    return facts_;
  }

 private:
  static constexpr std::size_t kBytes = std::size_t{256} << 20;
  static constexpr std::size_t kPiece = std::size_t{4} << 20;

  void use_and_give_back(const std::stop_token& stop) {
    void* const memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    auto* const bytes = static_cast<std::uint8_t*>(memory);
    for (std::size_t at = 0; at < kBytes && !stop.stop_requested(); at += kPiece) {
      std::memset(bytes + at, 0x5E, kPiece);
      page_out();
      facts_.most_swapped_kib = std::max(facts_.most_swapped_kib, status_value("VmSwap:"));
    }
    ::madvise(memory, kBytes, MADV_DONTNEED);
    ::munmap(memory, kBytes);
  }

  // Every private mapping that can be written and is not a sanitizer's, or the one above. One that is gone by now is an
  // error that nobody minds; where there is no swap nothing happens to what is in no file.
  static void page_out() {
    constexpr std::uintptr_t kMost = std::uintptr_t{64} << 20;
    std::istringstream maps(text_of("/proc/self/maps"));
    for (std::string line; std::getline(maps, line);) {
      if (line.find(" rw-p ") == std::string::npos) continue;
      std::uintptr_t begin = 0;
      std::uintptr_t end = 0;
      const char* const last = line.data() + line.size();
      const char* const dash = std::from_chars(line.data(), last, begin, 16).ptr;
      std::from_chars(dash + 1, last, end, 16);
      // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel's text names an address
      if (end - begin <= kMost) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_PAGEOUT);
    }
  }

  Facts facts_;
  std::jthread thread_;
};

}  // namespace palyra::runtime
