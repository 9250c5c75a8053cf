// SPDX-License-Identifier: Apache-2.0
#pragma once
// Content by its digest: `objects/sha256/<first two digits>/<64 digits>`, files 0444, directories 0700.
//
// An object is on the disk, synced with its directories, before a row names it; an object without a row is garbage, a
// row without an object is damage. Every load hashes what it gives.
//
// A process that dies while it writes leaves a temporary file `.<64 digits>.<pid>.<n>.tmp` that nobody reads; the next
// one that writes while no other does removes it.

#include "directory_lock.h"

#include <palyra/base/directory.h>
#include <palyra/crypto/hashed_bytes.h>
#include <palyra/state/state_codes.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace palyra::state {

// Larger than any artifact may be.
inline constexpr std::size_t kMaxObjectBytes = std::size_t{64} << 20U;

class ObjectWriter;
class ObjectSweeper;

class ObjectStore {
 public:
  // Makes `objects/sha256` below the state root when it is missing.
  static Result<ObjectStore> open(const Directory& root);

  // Waits for a process that is sweeping. Errors: kStateBusy, kFileDenied, kFileFailed.
  [[nodiscard]] Result<ObjectWriter> begin_writing() const;

  // Waits for everybody who writes. Errors: kStateBusy, kFileDenied, kFileFailed.
  [[nodiscard]] Result<ObjectSweeper> begin_sweeping() const;

  // Errors: kObjectMissing, kObjectDamaged (other bytes, no regular file), kFileDenied, kFileFailed.
  [[nodiscard]] Result<crypto::HashedBytes> load(const crypto::Sha256Digest& digest) const;
  // That load would give it, for less: nothing is kept.
  [[nodiscard]] Result<> check(const crypto::Sha256Digest& digest) const;

 private:
  friend class ObjectWriter;
  friend class ObjectSweeper;
  explicit ObjectStore(Directory directory) : directory_(std::move(directory)) {}
  void sweep() const;
  [[nodiscard]] Result<> read(const crypto::Sha256Digest& digest, const TakePiece& take) const;
  [[nodiscard]] Result<> compare(const crypto::Sha256Digest& wanted, const crypto::Sha256Digest& found) const;

  Directory directory_;  // objects/sha256
};

// While it lives, no process takes a temporary file for a dead one's, nor an object that has no row yet for garbage.
// Lives as long as its ObjectStore at most.
class ObjectWriter {
 public:
  // Writes the object, unless good bytes are there; damaged ones are replaced. Returns its digest.
  // Errors: those of Directory::write_file.
  [[nodiscard]] Result<crypto::Sha256Digest> put(BytesView bytes) const;

 private:
  friend class ObjectStore;
  ObjectWriter(const ObjectStore& store, DirectoryLock lock) : store_(&store), lock_(std::move(lock)) {}

  const ObjectStore* store_;
  DirectoryLock lock_;  // shared
};

struct StoredObject {
  crypto::Sha256Digest digest;  // by its name; what it holds, nobody has looked at
  std::uint64_t size_bytes = 0;
};

// While it lives, nobody writes an object. Lives as long as its ObjectStore at most.
class ObjectSweeper {
 public:
  // Files that are not named like objects are left out. Errors: those of Directory.
  [[nodiscard]] Result<std::vector<StoredObject>> list() const;
  // Errors: those of Directory::remove_file.
  [[nodiscard]] Result<> remove(const crypto::Sha256Digest& digest) const;

 private:
  friend class ObjectStore;
  ObjectSweeper(const ObjectStore& store, DirectoryLock lock) : store_(&store), lock_(std::move(lock)) {}

  const ObjectStore* store_;
  DirectoryLock lock_;  // exclusive
};

}  // namespace palyra::state
