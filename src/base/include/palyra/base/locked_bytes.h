// SPDX-License-Identifier: Apache-2.0
#pragma once
// Memory for the values of secrets: pages of its own that are not swapped out, not in a core dump and not in a child,
// between two pages that nobody may touch; wiped when it ends.
//
// Locking is asked for and not insisted on: past RLIMIT_MEMLOCK the pages stay as they are, and everything else holds.

#include <palyra/base/bytes.h>

#include <cstddef>
#include <span>
#include <utility>

namespace palyra {

class LockedBytes {
 public:
  LockedBytes() = default;
  // `size` zero bytes. Out of memory ends the program, as for every allocation.
  explicit LockedBytes(std::size_t size);
  static LockedBytes copy_of(BytesView bytes);

  LockedBytes(LockedBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  LockedBytes& operator=(LockedBytes&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  LockedBytes(const LockedBytes&) = delete;
  LockedBytes& operator=(const LockedBytes&) = delete;
  ~LockedBytes();

  // The bytes themselves; the names are what a reviewer greps for. They live as long as this object.
  [[nodiscard]] BytesView reveal() const { return bytes_; }
  [[nodiscard]] std::span<std::uint8_t> reveal_writable() { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  std::span<std::uint8_t> bytes_;  // ends where the page behind it begins
};

// For a program that is about to hold secrets: no core dump of this process, and no other process of the user may read
// its memory. False: the system refused.
[[nodiscard]] bool forbid_memory_dumps();

}  // namespace palyra
