// SPDX-License-Identifier: Apache-2.0
#pragma once
// The file `generation`: eight bytes, little-endian, never above the generation of trust.db, and raised after each
// commit. A trust.db below it was put back from an older copy.
//
// It is mapped, so that a process sees another's change with one load. It is raised with a write, not through the
// mapping: on a full disk that is an error, not a signal.

#include <palyra/base/directory.h>
#include <palyra/base/error.h>
#include <palyra/base/unique_fd.h>

#include <cstdint>
#include <utility>

namespace palyra::state {

enum class WrongSize : std::uint8_t { kRefuse, kReset };

class GenerationFile {
 public:
  // Makes it, with 0, when it is missing or empty; with kReset also when it has another size. Errors: kStateDenied,
  // kStateUnavailable, kStoreDamaged (another size).
  static Result<GenerationFile> open(const Directory& root, WrongSize wrong_size = WrongSize::kRefuse);

  GenerationFile(GenerationFile&& other) noexcept
      : fd_(std::move(other.fd_)), mapped_(std::exchange(other.mapped_, nullptr)) {}
  GenerationFile(const GenerationFile&) = delete;
  GenerationFile& operator=(const GenerationFile&) = delete;
  GenerationFile& operator=(GenerationFile&&) = delete;
  ~GenerationFile();

  // Checked against a cut or foreign file; to be read before the database, which can only have moved on since.
  // Errors: kStateUnavailable, kStoreDamaged.
  [[nodiscard]] Result<std::uint64_t> value() const;
  // One load. For telling whether it changed, and for nothing else: another process may be writing it.
  [[nodiscard]] std::uint64_t peek() const;
  // Nothing happens when the value is that high already. A file that cannot be written stays behind, as it may.
  void raise_to(std::uint64_t generation) const;

 private:
  GenerationFile(UniqueFd fd, std::uint64_t* mapped) : fd_(std::move(fd)), mapped_(mapped) {}

  UniqueFd fd_;
  std::uint64_t* mapped_;  // 8 bytes, read-only
};

}  // namespace palyra::state
