// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bytes that must not leak by accident: not copyable, not printable, wiped when they end.

#include <palyra/base/bytes.h>

#include <utility>

namespace palyra {

class Secret {
 public:
  Secret() = default;
  explicit Secret(Bytes bytes) : bytes_(std::move(bytes)) {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(bytes_); }

  // The bytes themselves; the name is what a reviewer greps for.
  [[nodiscard]] BytesView reveal() const { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

  // Overwrites in a way the compiler keeps.
  static void wipe(std::span<std::uint8_t> bytes) noexcept;

 private:
  Bytes bytes_;
};

}  // namespace palyra
