// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bytes that nobody can change any more, ourselves included: an anonymous file, sealed by the kernel. What was hashed
// is what is used, whatever happens to the file it was read from.

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>
#include <palyra/base/file.h>
#include <palyra/base/unique_fd.h>

#include <cstdint>
#include <string>
#include <utility>

namespace palyra {

// Mapped read-only; holds no descriptor.
class SealedBytes {
 public:
  // Errors: kFileFailed (memory, descriptors).
  static Result<SealedBytes> copy_of(BytesView bytes);

  SealedBytes(SealedBytes&& other) noexcept : view_(std::exchange(other.view_, {})) {}
  SealedBytes& operator=(SealedBytes&& other) noexcept {
    std::swap(view_, other.view_);
    return *this;
  }
  SealedBytes(const SealedBytes&) = delete;
  SealedBytes& operator=(const SealedBytes&) = delete;
  ~SealedBytes();

  // Lives as long as this object.
  [[nodiscard]] BytesView view() const { return view_; }

 private:
  friend class SealedFile;
  explicit SealedBytes(BytesView view) : view_(view) {}
  BytesView view_;  // the mapping; empty when there is none
};

// The same as an open file, for what wants a path. Its bytes count as memory of the system, not of this process,
// until somebody maps them.
class SealedFile {
 public:
  // Fills in pieces, then seals. Errors of all: kFileFailed.
  class Writer {
   public:
    static Result<Writer> make();
    [[nodiscard]] Result<> append(BytesView bytes);
    [[nodiscard]] Result<SealedFile> seal() &&;

   private:
    explicit Writer(UniqueFd fd) : fd_(std::move(fd)) {}
    UniqueFd fd_;
    std::uint64_t size_ = 0;
  };

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::string path() const;  // "/proc/self/fd/7", as long as this object lives
  // Outlives this object.
  [[nodiscard]] Result<SealedBytes> map() const;

 private:
  SealedFile(UniqueFd fd, std::uint64_t size) : fd_(std::move(fd)), size_(size) {}
  UniqueFd fd_;
  std::uint64_t size_;
};

}  // namespace palyra
