// SPDX-License-Identifier: Apache-2.0
#pragma once
// Big-endian integers, as everything that is hashed or signed has them.

#include <palyra/base/bytes.h>

#include <concepts>
#include <cstddef>

namespace palyra::skills {

template <std::unsigned_integral T>
void append_big_endian(Bytes& bytes, T value) {
  for (std::size_t shift = 8 * sizeof(T); shift > 0; shift -= 8) {
    bytes.push_back(static_cast<std::uint8_t>(value >> (shift - 8)));
  }
}

inline void append_bytes(Bytes& bytes, BytesView more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

// A field of a signed encoding: u16 tag || u32 length || value.
inline void append_field(Bytes& bytes, std::uint16_t tag, BytesView value) {
  append_big_endian(bytes, tag);
  append_big_endian(bytes, static_cast<std::uint32_t>(value.size()));
  append_bytes(bytes, value);
}

template <std::unsigned_integral T>
void append_number(Bytes& bytes, std::uint16_t tag, T value) {
  Bytes number;
  append_big_endian(number, value);
  append_field(bytes, tag, number);
}

}  // namespace palyra::skills
