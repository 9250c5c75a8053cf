// SPDX-License-Identifier: Apache-2.0
#pragma once
// One encoding for everything in trust.db that is hashed, so that no two rows ever hash alike.

#include <palyra/base/bytes.h>
#include <palyra/base/clock.h>
#include <palyra/crypto/sha256.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace palyra::state {

// SHA-256 over a domain and fields: integers as u64 big-endian (negative ones in two's complement), texts and digests
// as u64 length || bytes.
class CanonicalRecord {
 public:
  // `domain` ends in "\0", which string literals below give as `"...\0"sv`.
  explicit CanonicalRecord(std::string_view domain) {
    pending_.reserve(kPendingBytes);
    append(as_bytes(domain));
  }

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
    hash_.update(pending_);
    return hash_.finish();
  }

 private:
  // A record has many small fields, and each update of the hash costs more than they do.
  static constexpr std::size_t kPendingBytes = 4'096;

  void append(BytesView bytes) {
    if (pending_.size() + bytes.size() > kPendingBytes) {
      hash_.update(pending_);
      pending_.clear();
    }
    if (bytes.size() > kPendingBytes) {
      hash_.update(bytes);
      return;
    }
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  }

  Bytes pending_;
  crypto::Sha256 hash_;
};

}  // namespace palyra::state
