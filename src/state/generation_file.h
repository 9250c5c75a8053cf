// SPDX-License-Identifier: Apache-2.0
#pragma once
// The file `generation`: eight bytes, little-endian, never above the generation of trust.db, and raised after each
// commit. A trust.db below it was put back from an older copy.

#include <palyra/base/directory.h>
#include <palyra/base/error.h>
#include <palyra/base/unique_fd.h>

#include <cstdint>

namespace palyra::state {

class GenerationFile {
 public:
  // Makes it, with 0, when it is missing. Errors: kStateDenied, kStateUnavailable, kStoreDamaged (another size).
  static Result<GenerationFile> open(const Directory& root);

  // To be read before the database, which can only have moved on since.
  [[nodiscard]] Result<std::uint64_t> value() const;
  // Nothing happens when the value is that high already. A file that cannot be written stays behind, as it may.
  void raise_to(std::uint64_t generation) const;

 private:
  explicit GenerationFile(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace palyra::state
