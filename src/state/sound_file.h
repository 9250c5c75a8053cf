// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which trust.db was found sound, so that opening the same file again does not read all of it again.
//
// Nothing writes a file without changing when it was last changed, and only the kernel's clock sets that. What is
// remembered is in the file `trust.db.sound`: it speaks of one identity, and is worth nothing for any other. Who may
// write it may write trust.db with fitting digests as well.

#include <palyra/base/clock.h>
#include <palyra/base/directory.h>

#include <cstdint>

namespace palyra::state {

struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size_bytes = 0;
  std::int64_t changed_seconds = 0;  // st_ctim
  std::int64_t changed_nanoseconds = 0;

  [[nodiscard]] bool is_same_file(const FileIdentity& other) const {
    return device == other.device && inode == other.inode;
  }
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

// Of trust.db. Errors: those of file_error.
Result<FileIdentity> identify(const Directory& root);

// False also when it cannot be told.
bool was_found_sound(const Directory& root, const FileIdentity& file);

// Not for a file that changed within the last seconds: the clock of a file system may stand still for as long, and
// the next change would look like this one. Not being able to write is no error.
inline constexpr std::int64_t kSettledSeconds = 2;
void remember_sound(const Directory& root, const FileIdentity& file, WallTime now);

}  // namespace palyra::state
