// SPDX-License-Identifier: Apache-2.0
#pragma once
// What `palyra:skill/secret` counts during one call. Source: docs/guest-abi.md 4.

#include <cstddef>

namespace palyra::host {

inline constexpr std::size_t kMaxHmacs = 64;  // of one call
inline constexpr std::size_t kMaxSecretNameBytes = 512;

class SecretCalls {
 public:
  // Takes one of the call's kMaxHmacs; false when there is none left.
  [[nodiscard]] bool take_hmac() {
    if (hmacs_ >= kMaxHmacs) return false;
    ++hmacs_;
    return true;
  }

 private:
  std::size_t hmacs_ = 0;
};

}  // namespace palyra::host
