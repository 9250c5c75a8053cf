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
#include <string>
#include <utility>

namespace palyra::state {

// Above it no generation is ours: the database holds signed numbers of 64 bits, and there must be room to go on.
inline constexpr std::uint64_t kMaxGeneration = std::uint64_t{1} << 62U;

enum class WrongContent : std::uint8_t { kRefuse, kReset };

class GenerationFile {
 public:
  // Makes it, with 0, when it is missing or empty; with kReset also when it has another size or a generation
  // above kMaxGeneration. Errors: kStateDenied, kStateUnavailable, kStoreDamaged (such a file).
  static Result<GenerationFile> open(const Directory& root, WrongContent wrong = WrongContent::kRefuse);

  GenerationFile(GenerationFile&& other) noexcept
      : fd_(std::move(other.fd_)), mapped_(std::exchange(other.mapped_, nullptr)) {}
  GenerationFile(const GenerationFile&) = delete;
  GenerationFile& operator=(const GenerationFile&) = delete;
  GenerationFile& operator=(GenerationFile&&) = delete;
  ~GenerationFile();

  // Checked against a cut or foreign file; to be read before the database, which can only have moved on since, unless
  // nobody else can write there.
  // Errors: kStateUnavailable, kStoreDamaged.
  [[nodiscard]] Result<std::uint64_t> value() const;
  // One load. For telling whether it changed, and for nothing else: another process may be writing it.
  [[nodiscard]] std::uint64_t peek() const;
  // Whether the file of this name in the directory at `root` is still this one.
  [[nodiscard]] bool is_in(const std::string& root) const;
  // Nothing happens when the value is that high already. A file that cannot be written stays behind, as it may.
  void raise_to(std::uint64_t generation) const;

 private:
  GenerationFile(UniqueFd fd, std::uint64_t* mapped) : fd_(std::move(fd)), mapped_(mapped) {}

  UniqueFd fd_;
  std::uint64_t* mapped_;  // 8 bytes, read-only
};

}  // namespace palyra::state
