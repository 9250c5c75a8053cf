// SPDX-License-Identifier: Apache-2.0
#include "palyra/crypto/keyed_hash.h"

#include "openssl_handles.h"
#include "sodium_init.h"

#include <palyra/base/check.h>

#include <openssl/core_names.h>

#include <array>
#include <utility>

namespace palyra::crypto {
namespace {

// OpenSSL's BLAKE2b, because it is twice as fast as Debian's libsodium. Where a system's settings take it away (FIPS),
// a context that has not read them still has it.
EVP_MAC* blake2b() {
  static EVP_MAC* const mac = [] {
    EVP_MAC* found = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_BLAKE2BMAC, nullptr);
    return found != nullptr ? found : EVP_MAC_fetch(OSSL_LIB_CTX_new(), OSSL_MAC_NAME_BLAKE2BMAC, nullptr);
  }();
  PALYRA_CHECK(mac != nullptr);
  return mac;
}

}  // namespace

struct KeyedHash::State {
  EvpMacContext context{EVP_MAC_CTX_new(blake2b())};  // wipes the key when it ends
};

KeyedHash::KeyedHash(const Secret& key) : state_(std::make_unique<State>()) {
  const BytesView bytes = key.reveal();
  PALYRA_CHECK(bytes.size() == kKeyedHashKeyBytes && state_->context != nullptr);
  std::size_t tag_bytes = sizeof(KeyedHashTag);
  const std::array parameters{OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &tag_bytes), OSSL_PARAM_construct_end()};
  PALYRA_CHECK(EVP_MAC_init(state_->context.get(), bytes.data(), bytes.size(), parameters.data()) == 1);
}

KeyedHash::~KeyedHash() = default;

void KeyedHash::update(BytesView bytes) {
  PALYRA_CHECK(EVP_MAC_update(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

KeyedHashTag KeyedHash::finish() {
  KeyedHashTag tag{};
  std::size_t length = 0;
  PALYRA_CHECK(EVP_MAC_final(state_->context.get(), tag.data(), &length, tag.size()) == 1 && length == tag.size());
  return tag;
}

Secret make_keyed_hash_key() {
  ensure_sodium();
  Bytes key(kKeyedHashKeyBytes);
  randombytes_buf(key.data(), key.size());
  return Secret(std::move(key));
}

KeyedHashTag keyed_hash(const Secret& key, std::initializer_list<BytesView> parts) {
  KeyedHash hash(key);
  for (const BytesView part : parts) hash.update(part);
  return hash.finish();
}

bool same_tag(const KeyedHashTag& a, const KeyedHashTag& b) { return sodium_memcmp(a.data(), b.data(), a.size()) == 0; }

}  // namespace palyra::crypto
