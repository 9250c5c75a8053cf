// SPDX-License-Identifier: Apache-2.0
#pragma once
// One encoding for everything in trust.db that is hashed, so that no two rows ever hash alike.

#include <palyra/base/bytes.h>
#include <palyra/base/clock.h>
#include <palyra/crypto/sha256.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace palyra::state {

// SHA-256 over a domain and fields: integers as u64 big-endian (negative ones in two's complement), texts and digests
// as u64 length || bytes.
class CanonicalRecord {
 public:
  // `domain` ends in "\0", which string literals below give as `"...\0"sv`.
  explicit CanonicalRecord(std::string_view domain) { append(as_bytes(domain)); }

  CanonicalRecord& add(std::uint64_t value) {
    std::array<std::uint8_t, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes.at(i) = static_cast<std::uint8_t>(value >> (56 - 8 * i));
    append(bytes);
    return *this;
  }
  CanonicalRecord& add(WallTime time) { return add(static_cast<std::uint64_t>(time.seconds)); }
  CanonicalRecord& add(BytesView bytes) {
    add(std::uint64_t{bytes.size()});
    append(bytes);
    return *this;
  }
  CanonicalRecord& add(std::string_view text) { return add(as_bytes(text)); }
  CanonicalRecord& add(const crypto::Sha256Digest& digest) { return add(BytesView(digest.bytes)); }

  // Once, and last.
  crypto::Sha256Digest finish() {
    flush();
    return hash_.finish();
  }

 private:
  // A record has many small fields, and each update of the hash costs more than they do.
  static constexpr std::size_t kPendingBytes = 4'096;

  void append(BytesView bytes) {
    if (bytes.size() > kPendingBytes - used_) flush();
    if (bytes.size() > kPendingBytes) {
      hash_.update(bytes);
      return;
    }
    std::ranges::copy(bytes, pending_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ += bytes.size();
  }
  void flush() {
    hash_.update(BytesView(pending_.data(), used_));
    used_ = 0;
  }

  std::array<std::uint8_t, kPendingBytes> pending_;  // of it, `used_` bytes
  std::size_t used_ = 0;
  crypto::Sha256 hash_;
};

}  // namespace palyra::state
