// SPDX-License-Identifier: Apache-2.0
#include "palyra/crypto/keyed_hash.h"

#include "sodium_init.h"

#include <palyra/base/check.h>

#include <utility>

namespace palyra::crypto {

Secret make_keyed_hash_key() {
  ensure_sodium();
  Bytes key(kKeyedHashKeyBytes);
  randombytes_buf(key.data(), key.size());
  return Secret(std::move(key));
}

KeyedHashTag keyed_hash(const Secret& key, std::initializer_list<BytesView> parts) {
  ensure_sodium();
  const BytesView bytes = key.reveal();
  PALYRA_CHECK(bytes.size() == kKeyedHashKeyBytes);
  KeyedHashTag tag{};
  crypto_generichash_state state;
  PALYRA_CHECK(crypto_generichash_init(&state, bytes.data(), bytes.size(), tag.size()) == 0);
  for (const BytesView part : parts) {
    PALYRA_CHECK(crypto_generichash_update(&state, part.data(), part.size()) == 0);
  }
  PALYRA_CHECK(crypto_generichash_final(&state, tag.data(), tag.size()) == 0);
  sodium_memzero(&state, sizeof state);
  return tag;
}

bool same_tag(const KeyedHashTag& a, const KeyedHashTag& b) { return sodium_memcmp(a.data(), b.data(), a.size()) == 0; }

}  // namespace palyra::crypto
