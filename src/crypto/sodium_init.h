// SPDX-License-Identifier: Apache-2.0
#pragma once
// libsodium, initialised. Needed before random numbers and passphrases; arithmetic on points works without.

#include <palyra/base/check.h>

#include <sodium.h>

namespace palyra::crypto {

inline void ensure_sodium() {
  PALYRA_CHECK(sodium_init() >= 0);  // idempotent and safe from any thread; fails only without a random source
}

}  // namespace palyra::crypto
