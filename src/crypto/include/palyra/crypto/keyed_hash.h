// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keyed BLAKE2b-256 (RFC 7693): who knows the key wrote these bytes. For files of our own, never for formats.

#include <palyra/base/bytes.h>
#include <palyra/base/secret.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>

namespace palyra::crypto {

inline constexpr std::size_t kKeyedHashKeyBytes = 32;
using KeyedHashTag = std::array<std::uint8_t, 32>;

// A new key from the system's random numbers.
Secret make_keyed_hash_key();

// For input that comes in parts. `key` has kKeyedHashKeyBytes bytes.
class KeyedHash {
 public:
  explicit KeyedHash(const Secret& key);
  KeyedHash(const KeyedHash&) = delete;
  KeyedHash& operator=(const KeyedHash&) = delete;
  ~KeyedHash();

  void update(BytesView bytes);
  // Once, and last.
  KeyedHashTag finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The tag of `parts` one after the other; their borders are not part of it.
KeyedHashTag keyed_hash(const Secret& key, std::initializer_list<BytesView> parts);

// In a time that does not depend on where they differ.
bool same_tag(const KeyedHashTag& a, const KeyedHashTag& b);

}  // namespace palyra::crypto
