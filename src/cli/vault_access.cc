// SPDX-License-Identifier: Apache-2.0
#include "vault_access.h"

#include "terminal.h"

#include <palyra/base/locked_bytes.h>

namespace palyra::cli {

Result<Secret> CliVaultAccess::passphrase() {
  // What is in memory from here on is not for a dump. A system that refuses leaves pages that are not dumped one by
  // one.
  static_cast<void>(forbid_memory_dumps());
  if (!file_.empty()) return PALYRA_TRY(read_passphrase_file(file_), "while reading secrets.passphrase_file");
  if (can_ask()) return ask_passphrase("Passphrase of the vault:");
  return std::unexpected(
      Error(state::kVaultPassphraseNeeded, "the vault is locked and there is no terminal to ask for its passphrase")
          .with_next("name a file whose first line it is: secrets.passphrase_file in config.toml, or "
                     "PALYRA_SECRETS__PASSPHRASE_FILE"));
}

}  // namespace palyra::cli
