// SPDX-License-Identifier: Apache-2.0
#include "vault_file.h"

#include "canonical_record.h"

#include <palyra/base/base64.h>
#include <palyra/base/hex.h>
#include <palyra/base/utf8.h>
#include <palyra/crypto/keyed_hash.h>
#include <palyra/crypto/secret_box.h>

#include <algorithm>
#include <charconv>

namespace palyra::state {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kFirstLine = "palyra-vault/1";
constexpr std::size_t kIdBytes = 16;
constexpr std::string_view kScanned = "scanned";
constexpr std::string_view kUnscannable = "unscannable";

std::unexpected<Error> damaged(std::string_view what) {
  return std::unexpected(
      Error(kVaultDamaged, fmt::format("the vault is damaged: {}", what))
          .with_next("put a copy of the newest vault in its place")
          .with_next("or remove the file 'vault' from the state directory and set every secret again"));
}

// Takes the front up to `end`, and `end`, off `text`.
std::optional<std::string_view> take(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at + 1);
  return taken;
}

Result<std::string_view> take_line(std::string_view& text, std::string_view name) {
  auto line = take(text, '\n');
  if (!line || !line->starts_with(name)) return damaged(fmt::format("a line '{}…' is missing", name));
  line->remove_prefix(name.size());
  return *line;
}

// Without a sign or leading zeros, from 1.
template <class Number>
Result<Number> parse_number(std::optional<std::string_view> text, std::string_view what) {
  Number number = 0;
  if (text && !text->empty() && text->front() >= '1' && text->front() <= '9') {
    const auto [stop, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error == std::errc() && stop == text->data() + text->size()) return number;
  }
  return damaged(what);
}

Result<Bytes> parse_box(std::string_view text, std::size_t min, std::size_t max) {
  auto box = parse_base64(text);
  if (!box || box->size() < min + crypto::kBoxOverheadBytes || box->size() > max + crypto::kBoxOverheadBytes) {
    return damaged("a box");
  }
  return *std::move(box);
}

// `<name> <version> scanned|unscannable <seconds> <box>`
Result<VaultRecord> parse_record(std::string_view line) {
  const auto name = take(line, ' ');
  if (!name || !check_secret_name(*name)) return damaged("the name of a secret");
  VaultRecord record;
  record.entry.name = *name;
  record.entry.version = PALYRA_TRY(parse_number<std::uint64_t>(take(line, ' '), "the version of a secret"));
  const auto scanning = take(line, ' ');
  if (scanning != kScanned && scanning != kUnscannable) return damaged("the kind of a secret");
  record.entry.scanning = scanning == kScanned ? capability::Scanning::kScanned : capability::Scanning::kUnscannable;
  record.entry.set = {PALYRA_TRY(parse_number<std::int64_t>(take(line, ' '), "the time of a secret"))};
  record.box = PALYRA_TRY(parse_box(line, 1, kMaxSecretBytes));
  return record;
}

std::string_view to_text(capability::Scanning scanning) {
  return scanning == capability::Scanning::kScanned ? kScanned : kUnscannable;
}

std::string header_text(const VaultFile& file) {
  return fmt::format("{}\nid: {}\nkdf: {}\n", kFirstLine, file.id, crypto::to_text(file.kdf));
}

crypto::HmacSha256 seal_of(std::string_view text, const VaultKeys& keys) {
  return crypto::hmac_sha256(keys.seal.reveal(), as_bytes(text));
}

// What a value is bound to.
crypto::Sha256Digest binding(const VaultFile& file, const SecretEntry& entry) {
  return CanonicalRecord("palyra/vault/1/value\0"sv)
      .add(file.id)
      .add(entry.name)
      .add(entry.version)
      .add(to_text(entry.scanning))
      .add(entry.set)
      .finish();
}

}  // namespace

VaultKeys vault_keys(LockedBytes vault) {
  LockedBytes values = crypto::derive_subkey(vault.reveal(), "palyra/vault/1/values");
  LockedBytes seal = crypto::derive_subkey(vault.reveal(), "palyra/vault/1/seal");
  return {.vault = std::move(vault), .values = std::move(values), .seal = std::move(seal)};
}

std::string unsealed_text(const VaultFile& file) {
  std::string text = header_text(file);
  text += fmt::format("key: {}\ngeneration: {}\n", to_base64(file.key_box), file.generation);
  for (const VaultRecord& record : file.records) {
    const SecretEntry& entry = record.entry;
    text += fmt::format("secret: {} {} {} {} {}\n", entry.name, entry.version, to_text(entry.scanning),
                        entry.set.seconds, to_base64(record.box));
  }
  return text;
}

std::string sealed_text(const VaultFile& file, const VaultKeys& keys) {
  std::string text = unsealed_text(file);
  const std::string seal = to_hex(seal_of(text, keys));
  return text + "seal: " + seal + "\n";
}

Result<ParsedVault> parse_vault(std::string_view text) {
  if (text.size() > kMaxVaultBytes) return damaged(fmt::format("{} bytes, limit {}", text.size(), kMaxVaultBytes));
  ParsedVault parsed;
  VaultFile& file = parsed.file;
  if (!PALYRA_TRY(take_line(text, kFirstLine)).empty()) return damaged("the first line");
  file.id = PALYRA_TRY(take_line(text, "id: "));
  const auto id = parse_hex(file.id);
  if (!id || id->size() != kIdBytes) return damaged("its id");
  auto kdf = crypto::parse_kdf_parameters(PALYRA_TRY(take_line(text, "kdf: ")), kMinVaultCost);
  if (!kdf) return damaged(kdf.error());
  file.kdf = *std::move(kdf);
  const std::string_view key_box = PALYRA_TRY(take_line(text, "key: "));
  file.key_box = PALYRA_TRY(parse_box(key_box, crypto::kBoxKeyBytes, crypto::kBoxKeyBytes));
  const std::string_view generation = PALYRA_TRY(take_line(text, "generation: "));
  file.generation = PALYRA_TRY(parse_number<std::uint64_t>(generation, "its generation"));
  while (text.starts_with("secret: ")) {
    VaultRecord record = PALYRA_TRY(parse_record(PALYRA_TRY(take_line(text, "secret: "))));
    if (!file.records.empty() && record.entry.name <= file.records.back().entry.name) {
      return damaged("the order of its secrets");
    }
    if (file.records.size() >= kMaxSecrets) return damaged(fmt::format("more than {} secrets", kMaxSecrets));
    file.records.push_back(std::move(record));
  }
  const auto seal = parse_hex(PALYRA_TRY(take_line(text, "seal: ")));
  if (!seal || seal->size() != parsed.seal.size()) return damaged("its seal");
  std::ranges::copy(*seal, parsed.seal.begin());
  if (!text.empty()) return damaged("something behind its seal");
  return parsed;
}

Result<VaultKeys> lock_vault(VaultFile& file, const Secret& passphrase, const crypto::KdfCost& cost) {
  file.id = to_hex(crypto::make_box_key().reveal().first(kIdBytes));
  VaultKeys keys = vault_keys(crypto::make_box_key());
  PALYRA_TRY(lock_again(file, keys, passphrase, cost));
  return keys;
}

Result<> lock_again(VaultFile& file, const VaultKeys& keys, const Secret& passphrase, const crypto::KdfCost& cost) {
  if (passphrase.empty()) return fail(kVaultPassphraseNeeded, "the passphrase of the vault is empty");
  file.kdf = crypto::make_kdf_parameters({.memory_kib = std::max(cost.memory_kib, kMinVaultCost.memory_kib),
                                          .passes = std::max(cost.passes, kMinVaultCost.passes)});
  const LockedBytes key = PALYRA_TRY(crypto::derive_key(passphrase, file.kdf));
  file.key_box = crypto::seal_box(key.reveal(), keys.vault.reveal(), as_bytes(header_text(file)));
  return {};
}

Result<VaultKeys> unlock_vault(const ParsedVault& parsed, const Secret& passphrase) {
  const VaultFile& file = parsed.file;
  if (passphrase.empty()) return fail(kVaultPassphraseNeeded, "the vault is locked and no passphrase was given");
  const LockedBytes key = PALYRA_TRY(crypto::derive_key(passphrase, file.kdf));
  auto vault = crypto::open_box(key.reveal(), file.key_box, as_bytes(header_text(file)));
  if (!vault) {
    return fail(kVaultPassphraseWrong, "the passphrase does not open the vault, or the head of the file was changed");
  }
  VaultKeys keys = vault_keys(*std::move(vault));
  if (!crypto::same_tag(seal_of(unsealed_text(file), keys), parsed.seal)) {
    return damaged("its seal does not fit its contents");
  }
  return keys;
}

Bytes seal_value(const VaultFile& file, const VaultKeys& keys, const SecretEntry& entry, BytesView value) {
  return crypto::seal_box(keys.values.reveal(), value, binding(file, entry).bytes);
}

Result<capability::SecretValue> open_value(const VaultFile& file, const VaultKeys& keys, const VaultRecord& record) {
  auto value = crypto::open_box(keys.values.reveal(), record.box, binding(file, record.entry).bytes);
  if (!value) return damaged(fmt::format("the value of {} does not open", printable(record.entry.name)));
  return capability::SecretValue{.bytes = *std::move(value), .scanning = record.entry.scanning};
}

}  // namespace palyra::state
