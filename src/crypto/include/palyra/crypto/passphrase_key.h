// SPDX-License-Identifier: Apache-2.0
#pragma once
// A key from a passphrase: Argon2id (RFC 9106, version 0x13, one lane).

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>
#include <palyra/base/locked_bytes.h>
#include <palyra/base/secret.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace palyra::crypto {

inline constexpr ErrorCode kKeyDerivation{ErrorKind::kUnavailable, "key.derivation"};  // not enough memory for Argon2id

// What a guess at the passphrase costs. The default takes about a second.
struct KdfCost {
  std::uint32_t memory_kib = 256 * 1024;
  std::uint32_t passes = 3;
  friend bool operator==(const KdfCost&, const KdfCost&) = default;
};

// Bounds of a cost that is read or written: below, libsodium refuses; above, a file could take the machine's memory.
inline constexpr KdfCost kMinKdfCost{.memory_kib = 8, .passes = 1};
inline constexpr KdfCost kMaxKdfCost{.memory_kib = 4 * 1024 * 1024, .passes = 16};

inline constexpr std::size_t kKdfSaltBytes = 16;

// `argon2id m=<KiB> t=<passes> salt=<base64>`, as files have it.
struct KdfParameters {
  KdfCost cost;
  Bytes salt;  // kKdfSaltBytes
};
// A new salt from the system's random numbers.
KdfParameters make_kdf_parameters(const KdfCost& cost);
std::string to_text(const KdfParameters& parameters);
// What to_text writes, with a cost from `floor` to kMaxKdfCost; otherwise what is wrong with it.
std::expected<KdfParameters, std::string> parse_kdf_parameters(std::string_view text, const KdfCost& floor);

// kBoxKeyBytes (secret_box.h). Errors: kKeyDerivation (also: a cost out of bounds).
Result<LockedBytes> derive_key(const Secret& passphrase, const KdfParameters& parameters);

}  // namespace palyra::crypto
