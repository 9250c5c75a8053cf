// SPDX-License-Identifier: Apache-2.0
#include "sodium_init.h"

#include <palyra/crypto/hmac.h>

namespace palyra::crypto {

HmacSha256 hmac_sha256(BytesView key, BytesView message) {
  ensure_sodium();
  crypto_auth_hmacsha256_state state;
  HmacSha256 tag{};
  PALYRA_CHECK(crypto_auth_hmacsha256_init(&state, key.data(), key.size()) == 0);
  PALYRA_CHECK(crypto_auth_hmacsha256_update(&state, message.data(), message.size()) == 0);
  PALYRA_CHECK(crypto_auth_hmacsha256_final(&state, tag.data()) == 0);
  sodium_memzero(&state, sizeof state);
  return tag;
}

}  // namespace palyra::crypto
