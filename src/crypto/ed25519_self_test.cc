// SPDX-License-Identifier: Apache-2.0
#include "palyra/crypto/ed25519.h"
#include "sodium_init.h"

#include <palyra/base/check.h>
#include <palyra/base/hex.h>

#include <algorithm>

namespace palyra::crypto {
namespace {

using PointBytes = std::array<std::uint8_t, crypto_core_ed25519_BYTES>;

Result<> expect(bool holds, std::string_view what) {
  if (!holds) {
    return fail(kUnsafeLibrary, "libsodium {} failed its self-test: {}; Debian 12 has it mended in 1.0.18-1+deb12u1",
                sodium_version_string(), what);
  }
  return {};
}

// (0, -1), the point of order two.
PointBytes point_of_order_two() {
  PointBytes point{};
  point.fill(0xff);
  point.front() = 0xec;
  point.back() = 0x7f;
  return point;
}

// `point` moved out of the prime-order subgroup by a point of order two. Empty when libsodium refuses to add.
Bytes plus_order_two(BytesView point) {
  Bytes sum(crypto_core_ed25519_BYTES);
  const PointBytes torsion = point_of_order_two();
  if (crypto_core_ed25519_add(sum.data(), point.data(), torsion.data()) != 0) sum.clear();
  return sum;
}

}  // namespace

Result<> self_test() {
  ensure_sodium();
  // RFC 8032 7.1, TEST 1: the empty message.
  const auto seed = parse_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  const auto known = parse_hex(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
      "6551"
      "41438e7a100b");
  PALYRA_CHECK(seed.has_value() && known.has_value());
  const SigningKey key = SigningKey::from_seed(Secret(*seed));
  const BytesView public_key = key.public_key().bytes();
  const auto signature = key.sign({});
  PALYRA_TRY(expect(std::ranges::equal(signature, *known), "wrong signature"));
  PALYRA_TRY(expect(verify_signature(public_key, {}, signature).has_value(), "good signature refused"));

  Bytes changed(signature.begin(), signature.end());
  changed.at(32) ^= 1U;
  PALYRA_TRY(expect(!verify_signature(public_key, {}, changed).has_value(), "changed signature accepted"));

  const Bytes mixed_key = plus_order_two(public_key);
  PALYRA_TRY(expect(mixed_key.size() == kPublicKeyBytes, "cannot add points"));
  const auto key_verdict = parse_public_key(mixed_key);
  PALYRA_TRY(expect(!key_verdict && key_verdict.error().is(kAPrimeOrderSubgroup), "key aB + T2 accepted"));

  Bytes mixed_nonce = plus_order_two(BytesView(signature).first(32));
  PALYRA_TRY(expect(mixed_nonce.size() == 32, "cannot add points"));
  mixed_nonce.insert(mixed_nonce.end(), signature.begin() + 32, signature.end());
  const auto nonce_verdict = verify_signature(public_key, {}, mixed_nonce);
  return expect(!nonce_verdict && nonce_verdict.error().is(kRPrimeOrderSubgroup), "R = rB + T2 accepted");
}

}  // namespace palyra::crypto
