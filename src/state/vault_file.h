// SPDX-License-Identifier: Apache-2.0
#pragma once
// The text of the file `vault`, and the keys that open it. docs/formats/vault.md.

#include <palyra/crypto/hmac.h>
#include <palyra/state/vault.h>

#include <optional>
#include <string>
#include <vector>

namespace palyra::state {

inline constexpr const char* kVaultFile = "vault";
// kMaxSecrets lines of a name and a value in base64, and the rest.
inline constexpr std::size_t kMaxVaultBytes = kMaxSecrets * (kMaxSecretBytes / 3 * 4 + 512);

struct VaultRecord {
  SecretEntry entry;
  Bytes box;
};

struct VaultFile {
  std::string id;  // 32 hex digits
  crypto::KdfParameters kdf;
  Bytes key_box;
  std::uint64_t generation = 0;
  std::vector<VaultRecord> records;  // by name
};

// Of a vault whose passphrase was right.
struct VaultKeys {
  LockedBytes vault;   // what the passphrase opens
  LockedBytes values;  // for the boxes
  LockedBytes seal;
};
VaultKeys vault_keys(LockedBytes vault);

// The file without its last line, "seal: …", which covers it.
std::string unsealed_text(const VaultFile& file);
// All of it.
std::string sealed_text(const VaultFile& file, const VaultKeys& keys);

struct ParsedVault {
  VaultFile file;
  crypto::HmacSha256 seal{};
};
// Exactly what sealed_text writes, whatever the seal. Errors: kVaultDamaged.
Result<ParsedVault> parse_vault(std::string_view text);

// A new key under a new salt. Errors: crypto::kKeyDerivation.
Result<VaultKeys> lock_vault(VaultFile& file, const Secret& passphrase, const crypto::KdfCost& cost);
// The same key, under another passphrase.
Result<> lock_again(VaultFile& file, const VaultKeys& keys, const Secret& passphrase, const crypto::KdfCost& cost);
// Proves the whole file. Order of checks: kVaultPassphraseNeeded (empty), crypto::kKeyDerivation,
// kVaultPassphraseWrong, kVaultDamaged.
Result<VaultKeys> unlock_vault(const ParsedVault& parsed, const Secret& passphrase);

Bytes seal_value(const VaultFile& file, const VaultKeys& keys, const SecretEntry& entry, BytesView value);
// Errors: kVaultDamaged.
Result<capability::SecretValue> open_value(const VaultFile& file, const VaultKeys& keys, const VaultRecord& record);

}  // namespace palyra::state
