// SPDX-License-Identifier: Apache-2.0
#include "sodium_init.h"

#include <palyra/base/base64.h>
#include <palyra/base/utf8.h>
#include <palyra/crypto/passphrase_key.h>
#include <palyra/crypto/secret_box.h>

#include <charconv>

namespace palyra::crypto {
namespace {

static_assert(kKdfSaltBytes == crypto_pwhash_argon2id_SALTBYTES);

using Malformed = std::unexpected<std::string>;

// Takes `<prefix><decimal> ` off the front, the number without leading zeros and in [min, max].
std::expected<std::uint32_t, std::string> take_number(std::string_view& text, std::string_view prefix,
                                                      std::uint32_t min, std::uint32_t max) {
  const std::size_t end = text.find(' ');
  if (end == std::string_view::npos || !text.starts_with(prefix)) return Malformed("kdf");
  const std::string_view digits = text.substr(prefix.size(), end - prefix.size());
  std::uint32_t number = 0;
  const auto [stop, error] = std::from_chars(digits.begin(), digits.end(), number);
  if (error != std::errc() || stop != digits.end() || digits.front() == '0' || number < min || number > max) {
    return Malformed(fmt::format("kdf parameter {}{} is not in {} to {}", prefix, printable(digits), min, max));
  }
  text.remove_prefix(end + 1);
  return number;
}

bool in_range(const KdfCost& cost) {
  return cost.memory_kib >= kMinKdfCost.memory_kib && cost.memory_kib <= kMaxKdfCost.memory_kib &&
         cost.passes >= kMinKdfCost.passes && cost.passes <= kMaxKdfCost.passes;
}

}  // namespace

KdfParameters make_kdf_parameters(const KdfCost& cost) {
  ensure_sodium();
  KdfParameters made{.cost = cost, .salt = Bytes(kKdfSaltBytes)};
  randombytes_buf(made.salt.data(), made.salt.size());
  return made;
}

std::string to_text(const KdfParameters& parameters) {
  return fmt::format("argon2id m={} t={} salt={}", parameters.cost.memory_kib, parameters.cost.passes,
                     to_base64(parameters.salt));
}

std::expected<KdfParameters, std::string> parse_kdf_parameters(std::string_view text, const KdfCost& floor) {
  constexpr std::string_view kAlgorithm = "argon2id ";
  if (!text.starts_with(kAlgorithm)) return Malformed("kdf is neither none nor argon2id");
  text.remove_prefix(kAlgorithm.size());
  const auto memory = take_number(text, "m=", floor.memory_kib, kMaxKdfCost.memory_kib);
  if (!memory) return Malformed(memory.error());
  const auto passes = take_number(text, "t=", floor.passes, kMaxKdfCost.passes);
  if (!passes) return Malformed(passes.error());
  constexpr std::string_view kSaltPrefix = "salt=";
  if (!text.starts_with(kSaltPrefix)) return Malformed("kdf has no salt");
  auto salt = parse_base64(text.substr(kSaltPrefix.size()));
  if (!salt || salt->size() != kKdfSaltBytes) {
    return Malformed(fmt::format("salt is not base64 of {} bytes", kKdfSaltBytes));
  }
  return KdfParameters{.cost = {.memory_kib = *memory, .passes = *passes}, .salt = *std::move(salt)};
}

Result<LockedBytes> derive_key(const Secret& passphrase, const KdfParameters& parameters) {
  const KdfCost& cost = parameters.cost;
  if (!in_range(cost)) {
    return fail(kKeyDerivation, "Argon2id with {} KiB and {} passes is out of bounds", cost.memory_kib, cost.passes);
  }
  ensure_sodium();
  PALYRA_CHECK(parameters.salt.size() == kKdfSaltBytes);
  LockedBytes key(kBoxKeyBytes);
  const BytesView words = passphrase.reveal();
  // Only 0 is success.
  if (crypto_pwhash_argon2id(key.reveal_writable().data(), key.size(), reinterpret_cast<const char*>(words.data()),
                             words.size(), parameters.salt.data(), cost.passes, std::size_t{cost.memory_kib} * 1024,
                             crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
    return fail(kKeyDerivation, "Argon2id with {} KiB and {} passes failed", cost.memory_kib, cost.passes);
  }
  return key;
}

}  // namespace palyra::crypto
