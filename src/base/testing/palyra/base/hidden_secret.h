// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether this process still holds a secret anywhere: its own memory is searched as a debugger would.

#include <palyra/base/locked_bytes.h>
#include <palyra/base/sanitized.h>
#include <palyra/base/unique_fd.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <span>
#include <string>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

namespace palyra::testing {

// 64 random hexadecimal digits that no memory of the process holds but what `reveal` returns: here they are masked.
class HiddenSecret {
 public:
  static constexpr std::size_t kBytes = 64;

  HiddenSecret() {
    EXPECT_EQ(::getrandom(masked_.data(), masked_.size(), 0), static_cast<ssize_t>(masked_.size()));
    for (std::uint8_t& byte : masked_) byte = masked(static_cast<std::uint8_t>("0123456789abcdef"[byte % 16]));
  }
  // Of one that another process made, byte for byte `masked`.
  explicit HiddenSecret(const std::array<std::uint8_t, kBytes>& bytes) : masked_(bytes) {}

  static constexpr std::uint8_t masked(std::uint8_t byte) { return byte ^ 0x5AU; }
  [[nodiscard]] const std::array<std::uint8_t, kBytes>& bytes() const { return masked_; }

  [[nodiscard]] LockedBytes reveal() const {
    LockedBytes value(kBytes);
    std::ranges::transform(masked_, value.reveal_writable().begin(), masked);
    return value;
  }

  // In how many places of the memory the secret is, counted once for each MiB; 16 bytes of it are enough.
  [[nodiscard]] std::size_t copies() const {
    constexpr std::size_t kPiece = std::size_t{1} << 20;
    constexpr std::size_t kShadow = std::size_t{1} << 30;  // mappings that are larger hold a sanitizer's bookkeeping
    const UniqueFd memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
    void* const buffer = ::mmap(nullptr, kPiece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT_NE(buffer, MAP_FAILED);
    const auto own = reinterpret_cast<std::uintptr_t>(buffer);
    std::size_t found = 0;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      std::uintptr_t begin = 0;
      std::uintptr_t end = 0;
      const char* const last = line.data() + line.size();
      const char* const dash = std::from_chars(line.data(), last, begin, 16).ptr;
      static_cast<void>(std::from_chars(dash + 1, last, end, 16));
      if (kSanitized && end - begin > kShadow) continue;
      for (; begin < end; begin += kPiece - kBytes) {
        if (begin <= own && own < end) break;
        const std::size_t size = std::min<std::size_t>(kPiece, end - begin);
        const ssize_t got = ::pread(memory.get(), buffer, size, static_cast<off_t>(begin));
        if (got <= 0) break;
        if (is_in({static_cast<std::uint8_t*>(buffer), static_cast<std::size_t>(got)})) ++found;
        if (size < kPiece) break;
      }
    }
    ::munmap(buffer, kPiece);
    return found;
  }

 private:
  // Any quarter: what is left of a freed block may lack its first bytes. Masks the memory, and compares what is masked.
  [[nodiscard]] bool is_in(std::span<std::uint8_t> memory) const {
    for (std::uint8_t& byte : memory) byte = masked(byte);
    for (std::size_t at = 0; at < kBytes; at += kBytes / 4) {
      if (::memmem(memory.data(), memory.size(), masked_.data() + at, kBytes / 4) != nullptr) return true;
    }
    return false;
  }

  std::array<std::uint8_t, kBytes> masked_{};
};

}  // namespace palyra::testing
