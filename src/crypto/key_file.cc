// SPDX-License-Identifier: Apache-2.0
#include "palyra/crypto/key_file.h"

#include "sodium_init.h"

#include <palyra/base/base64.h>
#include <palyra/base/check.h>
#include <palyra/base/file.h>
#include <palyra/base/hex.h>

#include <algorithm>
#include <charconv>

namespace palyra::crypto {
namespace {

constexpr std::string_view kFirstLine = "palyra-key/1\n";
constexpr std::size_t kSaltBytes = crypto_pwhash_argon2id_SALTBYTES;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

std::unexpected<Error> malformed(std::string_view what) {
  return fail(kKeyFileMalformed, "not a palyra-key/1 file: {}", what);
}

// Takes `prefix` and the rest of its line off the front of `text`.
Result<std::string_view> take_line(std::string_view& text, std::string_view prefix) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(prefix)) {
    return malformed(fmt::format("a line '{}…' is missing", prefix));
  }
  const std::string_view value = text.substr(prefix.size(), end - prefix.size());
  text.remove_prefix(end + 1);
  return value;
}

// Takes `<prefix><decimal> ` off the front, the number without leading zeros and in [min, max].
Result<std::uint32_t> take_number(std::string_view& text, std::string_view prefix, std::uint32_t min,
                                  std::uint32_t max) {
  const std::size_t end = text.find(' ');
  if (end == std::string_view::npos || !text.starts_with(prefix)) return malformed("kdf");
  const std::string_view digits = text.substr(prefix.size(), end - prefix.size());
  std::uint32_t number = 0;
  const auto [stop, error] = std::from_chars(digits.begin(), digits.end(), number);
  if (error != std::errc() || stop != digits.end() || digits.front() == '0' || number < min || number > max) {
    return malformed(fmt::format("kdf parameter {}{} is not in {} to {}", prefix, digits, min, max));
  }
  text.remove_prefix(end + 1);
  return number;
}

std::string kdf_line(const KdfCost& cost, BytesView salt) {
  return fmt::format("kdf: argon2id m={} t={} salt={}\n", cost.memory_kib, cost.passes, to_base64(salt));
}

std::string header_of(const PublicKey& key, std::string_view kdf) {
  return fmt::format("{}public: {}\n{}", kFirstLine, to_base64(key.bytes()), kdf);
}

Secret with_secret_line(std::string_view header, BytesView secret) {
  std::string encoded = to_base64(secret);
  Bytes text;
  text.reserve(kMaxKeyFileBytes);  // no reallocation leaves a copy behind
  const auto append = [&text](std::string_view part) { text.insert(text.end(), part.begin(), part.end()); };
  append(header);
  append("secret: ");
  append(encoded);
  append("\n");
  Secret::wipe({reinterpret_cast<std::uint8_t*>(encoded.data()), encoded.size()});
  return Secret(std::move(text));
}

Result<Secret> derive_key(const Secret& passphrase, const KdfCost& cost, BytesView salt) {
  ensure_sodium();
  Bytes key(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
  const BytesView words = passphrase.reveal();
  // Only 0 is success.
  if (crypto_pwhash_argon2id(key.data(), key.size(), reinterpret_cast<const char*>(words.data()), words.size(),
                             salt.data(), cost.passes, std::size_t{cost.memory_kib} * 1024,
                             crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
    return fail(kKeyDerivation, "Argon2id with {} KiB and {} passes failed", cost.memory_kib, cost.passes);
  }
  return Secret(std::move(key));
}

bool in_range(const KdfCost& cost) {
  return cost.memory_kib >= kMinKdfCost.memory_kib && cost.memory_kib <= kMaxKdfCost.memory_kib &&
         cost.passes >= kMinKdfCost.passes && cost.passes <= kMaxKdfCost.passes;
}

bool is_white_space(std::uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

BytesView trimmed(BytesView text) {
  while (!text.empty() && is_white_space(text.front())) text = text.subspan(1);
  while (!text.empty() && is_white_space(text.back())) text = text.first(text.size() - 1);
  return text;
}

}  // namespace

Result<KeyFile> KeyFile::parse(BytesView text) {
  if (text.size() > kMaxKeyFileBytes)
    return malformed(fmt::format("{} bytes, limit {}", text.size(), kMaxKeyFileBytes));
  std::string_view rest = as_text(text);
  if (!PALYRA_TRY(take_line(rest, kFirstLine.substr(0, kFirstLine.size() - 1))).empty()) return malformed("first line");
  const auto public_bytes = parse_base64(PALYRA_TRY(take_line(rest, "public: ")));
  if (!public_bytes) return malformed("base64 of the public key");
  const PublicKey public_key = PALYRA_TRY(parse_public_key(*public_bytes));

  std::string_view kdf_text = PALYRA_TRY(take_line(rest, "kdf: "));
  std::string header(as_text(text).substr(0, text.size() - rest.size()));
  std::optional<Kdf> kdf;
  if (kdf_text != "none") {
    constexpr std::string_view kAlgorithm = "argon2id ";
    if (!kdf_text.starts_with(kAlgorithm)) return malformed("kdf is neither none nor argon2id");
    kdf_text.remove_prefix(kAlgorithm.size());
    KdfCost cost;
    cost.memory_kib = PALYRA_TRY(take_number(kdf_text, "m=", kMinKdfCost.memory_kib, kMaxKdfCost.memory_kib));
    cost.passes = PALYRA_TRY(take_number(kdf_text, "t=", kMinKdfCost.passes, kMaxKdfCost.passes));
    constexpr std::string_view kSaltPrefix = "salt=";
    if (!kdf_text.starts_with(kSaltPrefix)) return malformed("kdf has no salt");
    const auto salt = parse_base64(kdf_text.substr(kSaltPrefix.size()));
    if (!salt || salt->size() != kSaltBytes)
      return malformed(fmt::format("salt is not base64 of {} bytes", kSaltBytes));
    kdf = Kdf{.cost = cost, .salt = *salt};
  }
  auto secret = parse_base64(PALYRA_TRY(take_line(rest, "secret: ")));
  const std::size_t expected = kdf ? kNonceBytes + kSeedBytes + kTagBytes : kSeedBytes;
  if (!secret || secret->size() != expected)
    return malformed(fmt::format("secret is not base64 of {} bytes", expected));
  if (!rest.empty()) return malformed("something behind the fourth line");
  return KeyFile(public_key, std::move(kdf), Secret(*std::move(secret)), std::move(header));
}

Result<KeyFile> KeyFile::read(const std::string& path) {
  const Secret text(PALYRA_TRY(read_file(path, kMaxKeyFileBytes)));
  return parse(text.reveal());
}

Result<SigningKey> KeyFile::unlock(const Secret& passphrase) const {
  Bytes seed(secret_.reveal().begin(), secret_.reveal().end());
  if (kdf_) {
    if (passphrase.empty()) return fail(kKeyPassphraseNeeded, "the key file is encrypted and no passphrase was given");
    const Secret key = PALYRA_TRY(derive_key(passphrase, kdf_->cost, kdf_->salt));
    const BytesView nonce = secret_.reveal().first(kNonceBytes);
    const BytesView sealed = secret_.reveal().subspan(kNonceBytes);
    seed.resize(kSeedBytes);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(seed.data(), nullptr, nullptr, sealed.data(), sealed.size(),
                                                   as_bytes(header_).data(), header_.size(), nonce.data(),
                                                   key.reveal().data()) != 0) {
      return fail(kKeyPassphraseWrong, "the passphrase does not open the key file, or the file was changed");
    }
  }
  SigningKey key = SigningKey::from_seed(Secret(std::move(seed)));
  if (key.public_key() != public_key_) {
    return fail(kKeyPublicMismatch, "the key file says {} and holds the secret of {}", fingerprint(public_key_),
                fingerprint(key.public_key()));
  }
  return key;
}

Secret format_key_file(const SigningKey& key) {
  return with_secret_line(header_of(key.public_key(), "kdf: none\n"), key.seed().reveal());
}

Result<Secret> format_key_file(const SigningKey& key, const Secret& passphrase, const KdfCost& cost) {
  if (passphrase.empty()) return fail(kKeyPassphraseNeeded, "the passphrase is empty");
  if (!in_range(cost)) {
    return fail(kKeyDerivation, "Argon2id with {} KiB and {} passes is out of bounds", cost.memory_kib, cost.passes);
  }
  ensure_sodium();
  Bytes salt(kSaltBytes);
  randombytes_buf(salt.data(), salt.size());
  const Secret sealing_key = PALYRA_TRY(derive_key(passphrase, cost, salt));
  const std::string header = header_of(key.public_key(), kdf_line(cost, salt));

  Bytes sealed(kNonceBytes + kSeedBytes + kTagBytes);
  randombytes_buf(sealed.data(), kNonceBytes);
  PALYRA_CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(
                   sealed.data() + kNonceBytes, nullptr, key.seed().reveal().data(), kSeedBytes,
                   as_bytes(header).data(), header.size(), nullptr, sealed.data(), sealing_key.reveal().data()) == 0);
  return with_secret_line(header, sealed);
}

Result<> write_key_file(const std::string& path, const Secret& text) {
  return write_file_atomic(path, text.reveal(), 0600, Overwrite::kNo);
}

Result<SigningKey> parse_signing_key_input(BytesView input) {
  if (input.size() == kSeedBytes) return SigningKey::from_seed(Secret({input.begin(), input.end()}));
  const std::string_view text = as_text(trimmed(input));
  std::optional<Bytes> seed;
  if (text.size() == 2 * kSeedBytes) seed = parse_hex(text);
  if (text.size() == 44) seed = parse_base64(text);
  if (!seed || seed->size() != kSeedBytes) {
    return fail(kKeyStandardInput,
                "the signing key must be 32 raw bytes, 64 lower-case hex digits or 44 characters of base64; "
                "there are {} bytes that are none of these",
                input.size());
  }
  return SigningKey::from_seed(Secret(*std::move(seed)));
}

}  // namespace palyra::crypto
