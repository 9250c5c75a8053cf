// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one bounds-checked cursor over bytes from outside. Every binary format is read through it.

#include <palyra/base/bytes.h>

#include <concepts>
#include <cstddef>
#include <optional>

namespace palyra {

// A cursor that never leaves its bytes. Every read answers nullopt, and moves nothing, when too few bytes are left:
// the caller knows which rule of its format that breaks.
class ByteReader {
 public:
  explicit ByteReader(BytesView bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - offset_; }

  std::optional<BytesView> take(std::size_t count) {
    if (count > remaining()) return std::nullopt;
    const BytesView taken = bytes_.subspan(offset_, count);
    offset_ += count;
    return taken;
  }

  template <std::unsigned_integral T>
  std::optional<T> little_endian() {
    const auto taken = take(sizeof(T));
    if (!taken) return std::nullopt;
    T value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;) value = static_cast<T>((value << (sizeof(T) > 1 ? 8 : 0)) | (*taken)[i]);
    return value;
  }

 private:
  BytesView bytes_;
  std::size_t offset_ = 0;
};

}  // namespace palyra
