// SPDX-License-Identifier: Apache-2.0
#pragma once
// Content by its digest: `objects/sha256/<first two digits>/<64 digits>`, files 0444, directories 0700.
//
// An object is on the disk, synced with its directories, before a row names it; an object without a row is garbage, a
// row without an object is damage. Every load hashes what it gives.

#include <palyra/base/directory.h>
#include <palyra/crypto/sha256.h>
#include <palyra/state/sealed_bytes.h>

#include <cstddef>
#include <string>

namespace palyra::state {

// Larger than any artifact may be.
inline constexpr std::size_t kMaxObjectBytes = std::size_t{64} << 20U;

class ObjectStore {
 public:
  // Makes `objects/sha256` below the state root when it is missing.
  static Result<ObjectStore> open(const Directory& root);

  // Writes the object, unless good bytes are there; damaged ones are replaced. Returns its digest.
  // Errors: those of Directory::write_file.
  [[nodiscard]] Result<crypto::Sha256Digest> put(BytesView bytes) const;

  // Errors: kObjectMissing, kObjectDamaged (other bytes, no regular file), kFileDenied, kFileFailed.
  [[nodiscard]] Result<SealedBytes> load(const crypto::Sha256Digest& digest) const;

 private:
  explicit ObjectStore(Directory directory) : directory_(std::move(directory)) {}
  Directory directory_;  // objects/sha256
};

}  // namespace palyra::state
