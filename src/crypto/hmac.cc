// SPDX-License-Identifier: Apache-2.0
#include "sodium_init.h"

#include <palyra/crypto/hmac.h>

namespace palyra::crypto {
namespace {

// libsodium wants an address of nothing too.
const unsigned char* start_of(BytesView bytes) {
  static constexpr unsigned char kNothing = 0;
  return bytes.empty() ? &kNothing : bytes.data();
}

}  // namespace

HmacSha256 hmac_sha256(BytesView key, BytesView message) {
  ensure_sodium();
  crypto_auth_hmacsha256_state state;
  HmacSha256 tag{};
  PALYRA_CHECK(crypto_auth_hmacsha256_init(&state, start_of(key), key.size()) == 0);
  PALYRA_CHECK(crypto_auth_hmacsha256_update(&state, start_of(message), message.size()) == 0);
  PALYRA_CHECK(crypto_auth_hmacsha256_final(&state, tag.data()) == 0);
  sodium_memzero(&state, sizeof state);
  return tag;
}

}  // namespace palyra::crypto
