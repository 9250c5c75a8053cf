// SPDX-License-Identifier: Apache-2.0
#include "store_parts.h"
#include "vault_mark.h"

#include <palyra/base/utf8.h>
#include <palyra/capability/capability_names.h>
#include <palyra/state/vault.h>

#include <algorithm>

namespace palyra::state {
namespace {

struct MarkedVault {
  std::optional<VaultMark> mark;
  std::optional<std::string> text;
};

Result<MarkedVault> read_after_mark(const StoreParts& parts) {
  auto mark = PALYRA_TRY(last_mark(parts.database));
  auto text = PALYRA_TRY(read_vault(parts.root));
  return MarkedVault{.mark = std::move(mark), .text = std::move(text)};
}

std::unexpected<Error> no_vault(const Directory& root) {
  return std::unexpected(
      Error(kVaultMissing, fmt::format("'{}' has no vault", root.path())).with_next("palyra secrets set global/<key>"));
}

Result<> check_value(const NewSecret& secret) {
  PALYRA_TRY(check_secret_name(secret.name));
  const std::size_t size = secret.value.size();
  if (size > kMaxSecretBytes) return fail(kSecretTooLong, "the value has {} bytes, limit {}", size, kMaxSecretBytes);
  const bool has_control =
      std::ranges::any_of(secret.value, [](std::uint8_t byte) { return byte < ' ' || byte == 0x7F; });
  if (size == 0 || has_control || !is_utf8(as_text(secret.value))) {
    return fail(kSecretCharacters, "the value is empty, not UTF-8, or has control characters");
  }
  if (size < capability::kMinScannedSecretBytes && secret.scanning == capability::Scanning::kScanned) {
    return std::unexpected(
        Error(kSecretTooShort, fmt::format("the value has {} bytes; under {} it cannot be told from honest output",
                                           size, capability::kMinScannedSecretBytes))
            .with_next("--unscannable keeps it all the same: then no output of a tool is searched for it"));
  }
  return {};
}

// A vault that is open, as it was read.
struct OpenVault {
  std::optional<std::string> text;  // none: it is new
  VaultFile file;
  VaultKeys keys;
};

Result<OpenVault> unlock(MarkedVault read, const Secret& passphrase) {
  ParsedVault parsed = PALYRA_TRY(parse_vault(*read.text));
  VaultKeys keys = PALYRA_TRY(unlock_vault(parsed, passphrase));
  PALYRA_TRY(check_mark(parsed.file, read.mark));
  return OpenVault{.text = std::move(read.text), .file = std::move(parsed.file), .keys = std::move(keys)};
}

Result<OpenVault> unlock_existing(const StoreParts& parts, const Secret& passphrase) {
  MarkedVault read = PALYRA_TRY(read_after_mark(parts));
  if (!read.text) return no_vault(parts.root);
  return unlock(std::move(read), passphrase);
}

// Of the log's row. The file is on the disk before it.
struct VaultEvent {
  const char* name;
  std::string subject;
};

// With what the caller changed in `vault.file`, as the one writer.
Result<> write_vault(const StoreParts& parts, OpenVault& vault, VaultEvent event) {
  Change change = PALYRA_TRY(Change::begin(parts));
  if (PALYRA_TRY(read_vault(parts.root)) != vault.text) {
    return fail(kStateChanged, "somebody else changed the vault meanwhile; try again");
  }
  ++vault.file.generation;
  const std::string text = sealed_text(vault.file, vault.keys);
  PALYRA_TRY(parts.root.write_file(kVaultFile, as_bytes(text), 0600, Overwrite::kYes));
  return change.commit(event.name, std::move(event.subject),
                       Json::Object{{"vault", vault.file.id}, {"vault_generation", vault.file.generation}});
}

auto find_record(std::vector<VaultRecord>& records, std::string_view name) {
  return std::ranges::lower_bound(records, name, {},
                                  [](const VaultRecord& record) -> std::string_view { return record.entry.name; });
}

bool is_named(const std::vector<VaultRecord>& records, std::vector<VaultRecord>::const_iterator found,
              std::string_view name) {
  return found != records.end() && found->entry.name == name;
}

}  // namespace

Result<> check_secret_name(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash != std::string_view::npos && capability::is_secret_scope(name.substr(0, slash)) &&
      capability::is_name(name.substr(slash + 1))) {
    return {};
  }
  return fail(kSecretName,
              "'{}' is not <scope>/<key> with a scope global, skill:<id>, principal:<id> or channel:<id>, and a key of "
              "1-128 of a-z, 0-9, ., _, : and -",
              printable(name));
}

Result<std::optional<std::size_t>> check_vault(const StateOptions& options) {
  const auto parts = PALYRA_TRY(open_parts(options, current_schema()));
  const MarkedVault read = PALYRA_TRY(read_after_mark(*parts));
  if (!read.text && !read.mark) return std::nullopt;
  if (!read.text) return no_vault(parts->root);
  const ParsedVault parsed = PALYRA_TRY(parse_vault(*read.text));
  PALYRA_TRY(check_mark(parsed.file, read.mark));
  return parsed.file.records.size();
}

Result<std::vector<SecretEntry>> list_secrets(const StateOptions& options) {
  const auto parts = PALYRA_TRY(open_parts(options, current_schema()));
  const auto text = PALYRA_TRY(read_vault(parts->root));
  if (!text) return no_vault(parts->root);
  const ParsedVault parsed = PALYRA_TRY(parse_vault(*text));
  std::vector<SecretEntry> entries;
  entries.reserve(parsed.file.records.size());
  for (const VaultRecord& record : parsed.file.records) entries.push_back(record.entry);
  return entries;
}

Result<SecretEntry> set_secret(const StateOptions& options, const Secret& passphrase, const NewSecret& secret,
                               const crypto::KdfCost& cost) {
  PALYRA_TRY(check_value(secret));
  const auto parts = PALYRA_TRY(open_parts(options, current_schema()));
  MarkedVault read = PALYRA_TRY(read_after_mark(*parts));
  OpenVault vault;
  if (read.text) {
    vault = PALYRA_TRY(unlock(std::move(read), passphrase));
  } else {
    vault.keys = PALYRA_TRY(lock_vault(vault.file, passphrase, cost));
  }
  std::vector<VaultRecord>& records = vault.file.records;
  auto found = find_record(records, secret.name);
  if (!is_named(records, found, secret.name)) {
    if (records.size() >= kMaxSecrets) return fail(kTooManySecrets, "the vault has {} secrets already", kMaxSecrets);
    found = records.insert(
        found, VaultRecord{.entry = {.name = secret.name, .version = 0, .scanning = {}, .set = {}}, .box = {}});
  }
  SecretEntry& entry = found->entry;
  ++entry.version;
  entry.scanning =
      secret.value.size() < capability::kMinScannedSecretBytes ? secret.scanning : capability::Scanning::kScanned;
  entry.set = parts->now();
  found->box = seal_value(vault.file, vault.keys, entry, secret.value);
  SecretEntry written = entry;
  PALYRA_TRY(write_vault(*parts, vault, {.name = "secret.set", .subject = secret.name}));
  return written;
}

Result<> remove_secret(const StateOptions& options, const Secret& passphrase, const std::string& name) {
  const auto parts = PALYRA_TRY(open_parts(options, current_schema()));
  OpenVault vault = PALYRA_TRY(unlock_existing(*parts, passphrase));
  const auto found = find_record(vault.file.records, name);
  if (!is_named(vault.file.records, found, name)) return fail(kSecretUnknown, "'{}' is not set", printable(name));
  vault.file.records.erase(found);
  return write_vault(*parts, vault, {.name = "secret.removed", .subject = name});
}

Result<> change_vault_passphrase(const StateOptions& options, const Secret& before, const Secret& after,
                                 const crypto::KdfCost& cost) {
  const auto parts = PALYRA_TRY(open_parts(options, current_schema()));
  OpenVault vault = PALYRA_TRY(unlock_existing(*parts, before));
  PALYRA_TRY(lock_again(vault.file, vault.keys, after, cost));
  return write_vault(*parts, vault, {.name = "secret.passphrase_changed", .subject = ""});
}

Result<std::map<std::string, capability::SecretValue>> open_secrets(const StateOptions& options,
                                                                    const Secret& passphrase,
                                                                    std::span<const std::string> names) {
  const auto parts = PALYRA_TRY(open_parts(options, current_schema()));
  const OpenVault vault = PALYRA_TRY(unlock_existing(*parts, passphrase));
  std::map<std::string, capability::SecretValue> values;
  for (const VaultRecord& record : vault.file.records) {
    if (std::ranges::find(names, record.entry.name) == names.end()) continue;
    values.emplace(record.entry.name, PALYRA_TRY(open_value(vault.file, vault.keys, record)));
  }
  return values;
}

}  // namespace palyra::state
