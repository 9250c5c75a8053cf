// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bytes that nobody can change any more, ourselves included: an anonymous file sealed by the kernel and mapped
// read-only. What was hashed is what is used, whatever happens to the file it was read from.

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>
#include <palyra/state/state_codes.h>

#include <utility>

namespace palyra::state {

class SealedBytes {
 public:
  // Errors: kStateUnavailable (memory, descriptors).
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
  explicit SealedBytes(BytesView view) : view_(view) {}
  BytesView view_;  // the mapping; empty when there is none
};

}  // namespace palyra::state
