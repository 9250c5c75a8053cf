// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bytes together with the SHA-256 of exactly these bytes: what was hashed once need not be hashed again by whoever asks
// for its digest. Nothing puts bytes and a digest together but the constructors here, which hash.

#include <palyra/base/sealed_bytes.h>
#include <palyra/crypto/sha256.h>

#include <utility>

namespace palyra::crypto {

// Lives as long as the bytes at most, and nobody changes them meanwhile.
class HashedView {
 public:
  explicit HashedView(BytesView bytes = {}) : HashedView(bytes, crypto::sha256(bytes)) {}

  [[nodiscard]] BytesView bytes() const { return bytes_; }
  [[nodiscard]] const Sha256Digest& sha256() const { return sha256_; }

 private:
  friend class HashedBytes;
  HashedView(BytesView bytes, const Sha256Digest& sha256) : bytes_(bytes), sha256_(sha256) {}

  BytesView bytes_;
  Sha256Digest sha256_;
};

// Sealed.
class HashedBytes {
 public:
  // Takes them in pieces. What is hashed and what is kept are both the caller's piece, not read again from anywhere.
  // Errors: those of SealedFile::Writer.
  class Writer {
   public:
    static Result<Writer> make();
    [[nodiscard]] Result<> append(BytesView piece);
    [[nodiscard]] Result<HashedBytes> finish() &&;

   private:
    explicit Writer(SealedFile::Writer file) : file_(std::move(file)) {}
    SealedFile::Writer file_;
    Sha256 hash_;
  };

  // Lives as long as this object.
  [[nodiscard]] BytesView view() const { return bytes_.view(); }
  [[nodiscard]] const Sha256Digest& sha256() const { return sha256_; }
  [[nodiscard]] HashedView hashed() const { return {bytes_.view(), sha256_}; }

 private:
  HashedBytes(SealedBytes bytes, const Sha256Digest& sha256) : bytes_(std::move(bytes)), sha256_(sha256) {}

  SealedBytes bytes_;
  Sha256Digest sha256_;
};

}  // namespace palyra::crypto
