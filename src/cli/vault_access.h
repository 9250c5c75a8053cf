// SPDX-License-Identifier: Apache-2.0
#pragma once
// How calls of this program get at the vault.

#include <palyra/app/call_secrets.h>

#include <string>
#include <utility>

namespace palyra::cli {

class CliVaultAccess final : public app::VaultAccess {
 public:
  // `file` is secrets.passphrase_file, perhaps nothing; `principal` the user's name.
  CliVaultAccess(std::string file, std::string principal) : file_(std::move(file)), principal_(std::move(principal)) {}
  Result<Secret> passphrase() override;
  [[nodiscard]] std::string principal() const override { return principal_; }

 private:
  std::string file_;
  std::string principal_;
};

}  // namespace palyra::cli
