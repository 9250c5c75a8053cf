// SPDX-License-Identifier: Apache-2.0
#include "vault_mark.h"

#include "store_parts.h"

namespace palyra::state {
namespace {

constexpr std::string_view kLastEvent =
    "SELECT details FROM audit WHERE event LIKE 'secret.%' ORDER BY generation DESC LIMIT 1";
constexpr JsonLimits kDetailsLimits{.max_bytes = kMaxRowBytes, .max_depth = 16};

}  // namespace

Result<std::optional<VaultMark>> last_mark(const Database& database) {
  Statement rows = PALYRA_TRY(database.query(kLastEvent));
  if (!PALYRA_TRY(rows.step())) return std::nullopt;
  const std::string details = PALYRA_TRY(rows.text(0));
  const auto json = parse_json(as_bytes(details), kDetailsLimits);
  const Json* id = json ? json->find("vault") : nullptr;
  const Json* generation = json ? json->find("vault_generation") : nullptr;
  if (id == nullptr || id->as_string() == nullptr || generation == nullptr || generation->as_int() == nullptr) {
    return fail(kAuditBroken, "the last row of the log about the vault cannot be read");
  }
  return VaultMark{.id = *id->as_string(), .generation = static_cast<std::uint64_t>(*generation->as_int())};
}

Result<> check_mark(const VaultFile& file, const std::optional<VaultMark>& mark) {
  if (!mark || (mark->id == file.id && mark->generation <= file.generation)) return {};
  return std::unexpected(
      Error(kVaultRolledBack, mark->id == file.id
                                  ? fmt::format("the vault is an older copy: generation {}, and the log knows {}",
                                                file.generation, mark->generation)
                                  : std::string("the vault is not the one that the log knows"))
          .with_next("put a copy of the newest vault in its place")
          .with_next("or remove the file 'vault' from the state directory and set every secret again"));
}

Result<std::optional<std::string>> read_vault(const Directory& root) {
  auto bytes = root.read_file(kVaultFile, kMaxVaultBytes);
  if (!bytes && bytes.error().is(kFileNotFound)) return std::nullopt;
  if (!bytes) return std::unexpected(std::move(bytes).error());
  return std::string(as_text(*bytes));
}

}  // namespace palyra::state
