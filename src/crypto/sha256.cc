// SPDX-License-Identifier: Apache-2.0
#include "palyra/crypto/sha256.h"

#include "openssl_handles.h"

#include <palyra/base/check.h>
#include <palyra/base/hex.h>

#include <algorithm>

namespace palyra::crypto {

namespace {

// Found once: the library looks an algorithm up by name for whoever only names it.
const EVP_MD* algorithm() {
  static const EvpDigest found(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  PALYRA_CHECK(found != nullptr);
  return found.get();
}

}  // namespace

struct Sha256::State {
  EvpDigestContext context{EVP_MD_CTX_new()};
};

// OpenSSL's digest calls fail only without memory or without the algorithm: neither leaves anything to go on with.
Sha256::Sha256() : state_(std::make_unique<State>()) {
  PALYRA_CHECK(state_->context != nullptr);
  PALYRA_CHECK(EVP_DigestInit_ex(state_->context.get(), algorithm(), nullptr) == 1);
}

Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(BytesView bytes) {
  PALYRA_CHECK(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  PALYRA_CHECK(EVP_DigestFinal_ex(state_->context.get(), digest.bytes.data(), nullptr) == 1);
  return digest;
}

Sha256Digest sha256(BytesView bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

std::string to_hex(const Sha256Digest& digest) { return palyra::to_hex(digest.bytes); }

std::optional<Sha256Digest> parse_sha256(std::string_view text) {
  const auto bytes = parse_hex(text);
  Sha256Digest digest;
  if (!bytes || bytes->size() != digest.bytes.size()) return std::nullopt;
  std::ranges::copy(*bytes, digest.bytes.begin());
  return digest;
}

}  // namespace palyra::crypto
