// SPDX-License-Identifier: Apache-2.0
#pragma once
// Signing keys at rest: `*.palyra-key` files, and keys given on standard input.
//
//   palyra-key/1
//   public: <base64, 32 bytes>
//   kdf: none            or  kdf: argon2id m=<KiB> t=<passes> salt=<base64, 16 bytes>
//   secret: <base64>     the seed, or nonce (24 bytes) || XChaCha20-Poly1305 of the seed over the first three lines
//
// Source: docs/formats/skill-artifact.md, "Key file".

#include <palyra/crypto/ed25519.h>
#include <palyra/crypto/passphrase_key.h>

#include <cstdint>
#include <optional>
#include <string>

namespace palyra::crypto {

inline constexpr ErrorCode kKeyFileMalformed{ErrorKind::kMalformed, "key.malformed"};
inline constexpr ErrorCode kKeyPassphraseNeeded{ErrorKind::kDenied, "key.passphrase_needed"};
inline constexpr ErrorCode kKeyPassphraseWrong{ErrorKind::kDenied, "key.passphrase_wrong"};  // or the file was changed
inline constexpr ErrorCode kKeyPublicMismatch{ErrorKind::kUntrusted, "key.public_mismatch"};
inline constexpr ErrorCode kKeyStandardInput{ErrorKind::kInvalidArgument, "key.standard_input"};

inline constexpr std::size_t kMaxKeyFileBytes = 1024;

class KeyFile {
 public:
  // Exactly the four lines, with LF ends, nothing before or behind. Errors: kKeyFileMalformed, and those of
  // parse_public_key.
  static Result<KeyFile> parse(BytesView text);
  // Errors also those of palyra::read_file.
  static Result<KeyFile> read(const std::string& path);

  // Claimed until unlock has succeeded.
  [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
  [[nodiscard]] bool needs_passphrase() const { return kdf_.has_value(); }
  // `passphrase` is ignored when none is needed. Order of checks: kKeyPassphraseNeeded (empty), kKeyDerivation,
  // kKeyPassphraseWrong, kKeyPublicMismatch.
  [[nodiscard]] Result<SigningKey> unlock(const Secret& passphrase) const;

 private:
  KeyFile(const PublicKey& public_key, std::optional<KdfParameters> kdf, Secret secret, std::string header)
      : public_key_(public_key), kdf_(std::move(kdf)), secret_(std::move(secret)), header_(std::move(header)) {}

  PublicKey public_key_;
  std::optional<KdfParameters> kdf_;
  Secret secret_;
  std::string header_;  // the first three lines, which the encryption covers
};

// The text of a key file: in the clear, or under a passphrase (not empty, cost within the bounds above: kKeyDerivation
// otherwise).
Secret format_key_file(const SigningKey& key);
Result<Secret> format_key_file(const SigningKey& key, const Secret& passphrase, const KdfCost& cost = {});

// Mode 0600; never overwrites. Errors: those of palyra::write_file_atomic.
Result<> write_key_file(const std::string& path, const Secret& text);

// A key on standard input: exactly 32 raw bytes, or, white space around it removed, 64 lower-case hex digits or 44
// characters of base64. Anything else is kKeyStandardInput.
Result<SigningKey> parse_signing_key_input(BytesView input);

}  // namespace palyra::crypto
