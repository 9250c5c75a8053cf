// SPDX-License-Identifier: Apache-2.0
#pragma once
// What takes pages away from a process that uses them.

#include "neighbour_fixture.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <sstream>
#include <string>
#include <sys/mman.h>
#include <thread>

namespace palyra::runtime {

// Every private mapping that can be written and is not a sanitizer's, or MemoryPressure's. One that is gone by now is
// an error that nobody minds; where there is no swap nothing happens to what is in no file.
inline void page_out() {
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

  Facts facts_;
  std::jthread thread_;
};

}  // namespace palyra::runtime
