// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bytes that only the holder of a key can read or make: XChaCha20-Poly1305 with a random nonce. What else must be true
// of the bytes (whose they are, which version) goes into the associated data, which is not in the box.

#include <palyra/base/bytes.h>
#include <palyra/base/locked_bytes.h>

#include <cstddef>
#include <optional>
#include <string_view>

namespace palyra::crypto {

inline constexpr std::size_t kBoxKeyBytes = 32;
inline constexpr std::size_t kBoxOverheadBytes = 24 + 16;  // nonce || bytes || tag

// From the system's random numbers.
LockedBytes make_box_key();
// A key for one purpose, of a key for several: keyed BLAKE2b-256 of `purpose`.
LockedBytes derive_subkey(BytesView key, std::string_view purpose);

// `key` has kBoxKeyBytes bytes in both.
Bytes seal_box(BytesView key, BytesView bytes, BytesView associated);
// nullopt: another key, other associated data, or another box.
std::optional<LockedBytes> open_box(BytesView key, BytesView box, BytesView associated);

}  // namespace palyra::crypto
