// SPDX-License-Identifier: Apache-2.0
#pragma once
// Strict Ed25519: signatures and keys about which every strict verifier agrees.
//
// RFC 8032 leaves verifiers room: encodings that are not canonical, points of small or mixed order, the cofactor. Two
// verifiers that use the room differently accept different artifacts, and a key of small order signs everything. So
// nothing of it is allowed here, for a key as much as for a signature.
// Source: RFC 8032 5.1; docs/formats/skill-artifact.md, "Strict Ed25519".

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>
#include <palyra/base/secret.h>

#include <array>
#include <compare>
#include <cstddef>
#include <string>

namespace palyra::crypto {

inline constexpr std::size_t kPublicKeyBytes = 32;
inline constexpr std::size_t kSignatureBytes = 64;
inline constexpr std::size_t kSeedBytes = 32;

// The checks, in their order; A is the key, R and S the halves of the signature.
inline constexpr ErrorCode kSignatureLength{ErrorKind::kUntrusted, "signature.length"};  // of key or signature
inline constexpr ErrorCode kSCanonical{ErrorKind::kUntrusted, "signature.s_canonical"};  // S < L
inline constexpr ErrorCode kACanonical{ErrorKind::kUntrusted, "signature.a_canonical"};  // y < p, no negative zero
inline constexpr ErrorCode kAOnCurve{ErrorKind::kUntrusted, "signature.a_on_curve"};
inline constexpr ErrorCode kANotSmallOrder{ErrorKind::kUntrusted, "signature.a_not_small_order"};
inline constexpr ErrorCode kAPrimeOrderSubgroup{ErrorKind::kUntrusted, "signature.a_prime_order_subgroup"};
inline constexpr ErrorCode kRCanonical{ErrorKind::kUntrusted, "signature.r_canonical"};
inline constexpr ErrorCode kROnCurve{ErrorKind::kUntrusted, "signature.r_on_curve"};
inline constexpr ErrorCode kRNotSmallOrder{ErrorKind::kUntrusted, "signature.r_not_small_order"};
inline constexpr ErrorCode kRPrimeOrderSubgroup{ErrorKind::kUntrusted, "signature.r_prime_order_subgroup"};
inline constexpr ErrorCode kEquation{ErrorKind::kUntrusted, "signature.equation_cofactorless"};

// The libsodium that was loaded gives wrong verdicts: see self_test.
inline constexpr ErrorCode kUnsafeLibrary{ErrorKind::kIncompatible, "signature.unsafe_library"};

// A key that passed every check on A. There is no other way to make one.
class PublicKey {
 public:
  [[nodiscard]] BytesView bytes() const { return bytes_; }
  friend auto operator<=>(const PublicKey&, const PublicKey&) = default;  // by raw bytes

 private:
  friend Result<PublicKey> parse_public_key(BytesView bytes);
  friend class SigningKey;
  explicit PublicKey(const std::array<std::uint8_t, kPublicKeyBytes>& bytes) : bytes_(bytes) {}

  std::array<std::uint8_t, kPublicKeyBytes> bytes_;
};

// Order of checks: length, a_canonical, a_on_curve, a_not_small_order, a_prime_order_subgroup.
Result<PublicKey> parse_public_key(BytesView bytes);

// All eleven checks in the order of the codes above, the last being [S]B == R + [k]A with
// k = SHA-512(R || A || message) over the bytes as given.
Result<> verify_signature(BytesView key, BytesView message, BytesView signature);

// `ed25519:` and the 64 lower-case hex digits of the key's SHA-256. Trust compares whole keys, never this.
std::string fingerprint(const PublicKey& key);

class SigningKey {
 public:
  // From the system's random source.
  static SigningKey generate();
  // `seed` is 32 bytes (PALYRA_CHECK: callers take it from a parser that says so).
  static SigningKey from_seed(Secret seed);

  [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
  // Pure Ed25519, deterministic: one key and one message have one signature (RFC 8032 5.1.6).
  [[nodiscard]] std::array<std::uint8_t, kSignatureBytes> sign(BytesView message) const;
  [[nodiscard]] const Secret& seed() const { return seed_; }

 private:
  SigningKey(Secret seed, Secret expanded, const PublicKey& public_key)
      : seed_(std::move(seed)), expanded_(std::move(expanded)), public_key_(public_key) {}

  Secret seed_;
  Secret expanded_;  // seed and public key, as libsodium wants them
  PublicKey public_key_;
};

// Run once at program start, before any signature counts. kUnsafeLibrary unless RFC 8032's first vector signs and
// verifies, a changed one is refused, and a key aB + T2 and an R = rB + T2 (T2 the point of order two) are refused:
// libsodium before 1.0.18-1+deb12u1 takes these for good (CVE-2025-69277).
Result<> self_test();

}  // namespace palyra::crypto
