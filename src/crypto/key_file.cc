// SPDX-License-Identifier: Apache-2.0
#include "palyra/crypto/key_file.h"

#include <palyra/base/base64.h>
#include <palyra/base/check.h>
#include <palyra/base/file.h>
#include <palyra/base/hex.h>
#include <palyra/crypto/secret_box.h>

#include <algorithm>

namespace palyra::crypto {
namespace {

constexpr std::string_view kFirstLine = "palyra-key/1\n";
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

  const std::string_view kdf_text = PALYRA_TRY(take_line(rest, "kdf: "));
  std::string header(as_text(text).substr(0, text.size() - rest.size()));
  std::optional<KdfParameters> kdf;
  if (kdf_text != "none") {
    auto parsed = parse_kdf_parameters(kdf_text, kMinKdfCost);
    if (!parsed) return malformed(parsed.error());
    kdf = *std::move(parsed);
  }
  auto secret = parse_base64(PALYRA_TRY(take_line(rest, "secret: ")));
  const std::size_t expected = kdf ? kSeedBytes + kBoxOverheadBytes : kSeedBytes;
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
    const LockedBytes key = PALYRA_TRY(derive_key(passphrase, *kdf_));
    const auto opened = open_box(key.reveal(), secret_.reveal(), as_bytes(header_));
    if (!opened) {
      return fail(kKeyPassphraseWrong, "the passphrase does not open the key file, or the file was changed");
    }
    seed.assign(opened->reveal().begin(), opened->reveal().end());
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
  const KdfParameters kdf = make_kdf_parameters(cost);
  const LockedBytes sealing_key = PALYRA_TRY(derive_key(passphrase, kdf));
  const std::string header = header_of(key.public_key(), fmt::format("kdf: {}\n", to_text(kdf)));
  return with_secret_line(header, seal_box(sealing_key.reveal(), key.seed().reveal(), as_bytes(header)));
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
