// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the audit log says of the file `vault`, so that an older copy or another one is found out without a passphrase.

#include "sqlite.h"
#include "vault_file.h"

#include <palyra/base/directory.h>

#include <cstdint>
#include <optional>
#include <string>

namespace palyra::state {

struct VaultMark {
  std::string id;
  std::uint64_t generation = 0;
};

// nullopt: no secret was ever set. Errors: kAuditBroken.
Result<std::optional<VaultMark>> last_mark(const Database& database);

// A file that was read after the mark is never behind it: each writer writes the file before the row. One that died
// between the two leaves the file ahead. Errors: kVaultRolledBack.
Result<> check_mark(const VaultFile& file, const std::optional<VaultMark>& mark);

// The text of the file; nullopt when there is none. Errors: those of Directory.
Result<std::optional<std::string>> read_vault(const Directory& root);

}  // namespace palyra::state
