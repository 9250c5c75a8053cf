// SPDX-License-Identifier: Apache-2.0
#pragma once
// The vault: secrets that tools may use and never see, in the file `vault` of the state directory.
//
// A passphrase makes a key (Argon2id), which opens the vault's own key, which opens each value (XChaCha20-Poly1305,
// bound to vault, name, version and kind) and proves the whole file, so that nothing of it can be exchanged, taken out
// or brought back by itself. Each change is an audit row that names the vault and its generation: an older copy of the
// file is refused. The names of secrets are not encrypted. Source: docs/formats/vault.md.

#include <palyra/base/clock.h>
#include <palyra/capability/secret_port.h>
#include <palyra/crypto/passphrase_key.h>
#include <palyra/state/state_store.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace palyra::state {

inline constexpr ErrorCode kVaultMissing{ErrorKind::kNotFound, "secret.vault_missing"};  // no secret was ever set
// Not a vault, edited, or not the vault of this state directory.
inline constexpr ErrorCode kVaultDamaged{ErrorKind::kUntrusted, "secret.vault_damaged"};
inline constexpr ErrorCode kVaultRolledBack{ErrorKind::kUntrusted, "secret.vault_rolled_back"};
inline constexpr ErrorCode kVaultPassphraseNeeded{ErrorKind::kDenied, "secret.passphrase_needed"};
inline constexpr ErrorCode kVaultPassphraseWrong{ErrorKind::kDenied, "secret.passphrase_wrong"};  // or a changed header
inline constexpr ErrorCode kSecretName{ErrorKind::kInvalidArgument, "secret.name"};
inline constexpr ErrorCode kSecretTooShort{ErrorKind::kInvalidArgument, "secret.too_short"};
inline constexpr ErrorCode kSecretTooLong{ErrorKind::kLimitExceeded, "secret.too_long"};
inline constexpr ErrorCode kSecretCharacters{ErrorKind::kInvalidArgument, "secret.characters"};
inline constexpr ErrorCode kSecretUnknown{ErrorKind::kNotFound, "secret.not_found"};
inline constexpr ErrorCode kTooManySecrets{ErrorKind::kLimitExceeded, "secret.too_many"};

inline constexpr std::size_t kMaxSecretBytes = std::size_t{8} * 1024;
inline constexpr std::size_t kMaxSecrets = 1'000;

// The least that a file may ask of whoever guesses at its passphrase, and of us: 64 MiB, three passes. The most is
// crypto::kMaxKdfCost.
inline constexpr crypto::KdfCost kMinVaultCost{.memory_kib = 64 * 1024, .passes = 3};

struct SecretEntry {
  std::string name;           // "<scope>/<key>"
  std::uint64_t version = 1;  // rises with each value that is set under the name
  capability::Scanning scanning = capability::Scanning::kScanned;
  WallTime set;
};

// kSecretName unless it is `<scope>/<key>` of docs/formats/skill-manifest.md, "Capabilities".
Result<> check_secret_name(std::string_view name);

// In the order of names, without a passphrase and so without proof: whoever may write the file may have changed what
// is listed. Errors of all: kVaultMissing, kVaultDamaged, those of Directory and of StateStore::open.
Result<std::vector<SecretEntry>> list_secrets(const StateOptions& options);

// How many secrets there are; nullopt: there never was one. Without a passphrase: the form of the file, and whether it
// is the one that the log knows. Errors: kVaultMissing (the log knows one), kVaultDamaged, kVaultRolledBack,
// kAuditBroken.
Result<std::optional<std::size_t>> check_vault(const StateOptions& options);

struct NewSecret {
  std::string name;
  BytesView value;  // UTF-8 without control characters, at most kMaxSecretBytes
  // kUnscannable: a value under capability::kMinScannedSecretBytes, which is otherwise kSecretTooShort.
  capability::Scanning scanning = capability::Scanning::kScanned;
};

// Sets or replaces; the first makes the vault, with this passphrase and `cost` (at least kMinVaultCost). Order of
// checks: kSecretName, kSecretTooLong, kSecretCharacters, kSecretTooShort, kVaultPassphraseNeeded (empty), then as
// open_secrets, kTooManySecrets, kStateChanged (somebody else changed the vault meanwhile).
Result<SecretEntry> set_secret(const StateOptions& options, const Secret& passphrase, const NewSecret& secret,
                               const crypto::KdfCost& cost = {});
// Errors: as open_secrets, kSecretUnknown, kStateChanged.
Result<> remove_secret(const StateOptions& options, const Secret& passphrase, const std::string& name);
// The values stay what they are; older copies of the file still open with the old passphrase. Errors: as set_secret.
Result<> change_vault_passphrase(const StateOptions& options, const Secret& before, const Secret& after,
                                 const crypto::KdfCost& cost = {});

// The values of those of `names` that are set. Order of checks: kVaultPassphraseNeeded (empty), kVaultPassphraseWrong,
// kVaultDamaged, kVaultRolledBack.
Result<std::map<std::string, capability::SecretValue>> open_secrets(const StateOptions& options,
                                                                    const Secret& passphrase,
                                                                    std::span<const std::string> names);

}  // namespace palyra::state
