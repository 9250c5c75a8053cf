// SPDX-License-Identifier: Apache-2.0
#include "palyra/crypto/ed25519.h"

#include "sodium_init.h"

#include <palyra/base/check.h>
#include <palyra/base/hex.h>
#include <palyra/crypto/sha256.h>

#include <algorithm>
#include <string_view>

namespace palyra::crypto {
namespace {

using PointBytes = std::array<std::uint8_t, crypto_core_ed25519_BYTES>;

constexpr PointBytes kIdentity{1};  // (0, 1)

// p = 2^255 - 19, little-endian; p - 1 is the y of the point of order two.
constexpr PointBytes kFieldPrime = [] {
  PointBytes prime{};
  prime.fill(0xff);
  prime.front() = 0xed;
  prime.back() = 0x7f;
  return prime;
}();

// y < p, and no sign bit where x is 0 (y = 1 and y = p - 1). RFC 8032 5.1.3.
bool is_canonical_point(BytesView point) {
  PointBytes y{};
  std::ranges::copy(point, y.begin());
  const bool sign = (y.back() & 0x80U) != 0;
  y.back() &= 0x7fU;
  if (!std::ranges::lexicographical_compare(y.rbegin(), y.rend(), kFieldPrime.rbegin(), kFieldPrime.rend())) {
    return false;
  }
  PointBytes minus_one = kFieldPrime;
  minus_one.front() -= 1;
  return !sign || (y != kIdentity && y != minus_one);
}

// Adding the identity decodes the point, and asks nothing else of it.
bool is_on_curve(BytesView point) {
  PointBytes sum{};
  return crypto_core_ed25519_add(sum.data(), point.data(), kIdentity.data()) == 0;
}

// Of a point on the curve: whether eight times the point is the identity.
bool has_small_order(BytesView point) {
  PointBytes sum{};
  std::ranges::copy(point, sum.begin());
  for (int doubling = 0; doubling < 3; ++doubling) {
    if (crypto_core_ed25519_add(sum.data(), sum.data(), sum.data()) != 0) return true;
  }
  return sum == kIdentity;
}

bool is_canonical_scalar(BytesView scalar) {
  std::array<std::uint8_t, crypto_core_ed25519_NONREDUCEDSCALARBYTES> wide{};
  std::ranges::copy(scalar, wide.begin());
  std::array<std::uint8_t, crypto_core_ed25519_SCALARBYTES> reduced{};
  crypto_core_ed25519_scalar_reduce(reduced.data(), wide.data());
  return std::ranges::equal(scalar, reduced);
}

struct PointCodes {
  ErrorCode canonical, on_curve, not_small_order, prime_order_subgroup;
};
constexpr PointCodes kKeyCodes{kACanonical, kAOnCurve, kANotSmallOrder, kAPrimeOrderSubgroup};
constexpr PointCodes kNonceCodes{kRCanonical, kROnCurve, kRNotSmallOrder, kRPrimeOrderSubgroup};

Result<> check_point(BytesView point, const PointCodes& codes, std::string_view what) {
  if (!is_canonical_point(point)) return fail(codes.canonical, "{} {} is not canonical", what, palyra::to_hex(point));
  if (!is_on_curve(point)) return fail(codes.on_curve, "{} {} is no point of the curve", what, palyra::to_hex(point));
  if (has_small_order(point)) return fail(codes.not_small_order, "{} {} has small order", what, palyra::to_hex(point));
  // Also repeats the three checks above.
  if (crypto_core_ed25519_is_valid_point(point.data()) != 1) {
    return fail(codes.prime_order_subgroup, "{} {} is outside the prime-order subgroup", what, palyra::to_hex(point));
  }
  return {};
}

Result<> check_key_length(BytesView key) {
  if (key.size() != kPublicKeyBytes) {
    return fail(kSignatureLength, "public key of {} bytes, not {}", key.size(), kPublicKeyBytes);
  }
  return {};
}

}  // namespace

Result<PublicKey> parse_public_key(BytesView bytes) {
  PALYRA_TRY(check_key_length(bytes));
  PALYRA_TRY(check_point(bytes, kKeyCodes, "public key"));
  std::array<std::uint8_t, kPublicKeyBytes> copy{};
  std::ranges::copy(bytes, copy.begin());
  return PublicKey(copy);
}

Result<> verify_signature(BytesView key, BytesView message, BytesView signature) {
  PALYRA_TRY(check_key_length(key));
  if (signature.size() != kSignatureBytes) {
    return fail(kSignatureLength, "signature of {} bytes, not {}", signature.size(), kSignatureBytes);
  }
  if (!is_canonical_scalar(signature.subspan(32))) return fail(kSCanonical, "S of the signature is not below L");
  PALYRA_TRY(check_point(key, kKeyCodes, "public key"));
  PALYRA_TRY(check_point(signature.first(32), kNonceCodes, "R of the signature"));
  // Only 0 is success.
  if (crypto_sign_ed25519_verify_detached(signature.data(), message.data(), message.size(), key.data()) != 0) {
    return fail(kEquation, "signature does not match the message and the public key {}", palyra::to_hex(key));
  }
  return {};
}

std::string fingerprint(const PublicKey& key) { return "ed25519:" + to_hex(sha256(key.bytes())); }

SigningKey SigningKey::generate() {
  ensure_sodium();
  Bytes seed(kSeedBytes);
  randombytes_buf(seed.data(), seed.size());
  return from_seed(Secret(std::move(seed)));
}

SigningKey SigningKey::from_seed(Secret seed) {
  PALYRA_CHECK(seed.reveal().size() == kSeedBytes);
  std::array<std::uint8_t, kPublicKeyBytes> public_key{};
  Bytes expanded(crypto_sign_ed25519_SECRETKEYBYTES);
  PALYRA_CHECK(crypto_sign_ed25519_seed_keypair(public_key.data(), expanded.data(), seed.reveal().data()) == 0);
  return {std::move(seed), Secret(std::move(expanded)), PublicKey(public_key)};
}

std::array<std::uint8_t, kSignatureBytes> SigningKey::sign(BytesView message) const {
  std::array<std::uint8_t, kSignatureBytes> signature{};
  PALYRA_CHECK(crypto_sign_ed25519_detached(signature.data(), nullptr, message.data(), message.size(),
                                            expanded_.reveal().data()) == 0);
  return signature;
}

}  // namespace palyra::crypto
