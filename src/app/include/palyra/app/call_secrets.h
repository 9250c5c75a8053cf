// SPDX-License-Identifier: Apache-2.0
#pragma once
// The secrets that one call may use, from the vault. Source: docs/guest-abi.md, "Secrets, storage, channels".

#include <palyra/base/secret.h>
#include <palyra/capability/grant_set.h>
#include <palyra/capability/secret_port.h>
#include <palyra/state/vault.h>

#include <map>
#include <string>
#include <string_view>

namespace palyra::app {

// How a program gets at the vault for whoever calls.
class VaultAccess {
 public:
  virtual ~VaultAccess() = default;
  // From a file or from a person. Errors: state::kVaultPassphraseNeeded, those of read_file and of the terminal.
  virtual Result<Secret> passphrase() = 0;
  // Who calls, as `principal:<name>` says it: the user of the operating system.
  [[nodiscard]] virtual std::string principal() const = 0;
};

struct SecretCaller {
  std::string skill_id;  // empty: not of an installed skill
  std::string principal;
};
// `global` and `channel:…` are for every call, `skill:<id>` for that skill's, `principal:<name>` for that caller's.
bool is_for(const capability::SecretUse& secret, const SecretCaller& caller);

class CallSecrets final : public capability::SecretPort {
 public:
  // Those that are granted, for this caller, and set. The vault is opened only when there are any, so nobody is asked
  // for a passphrase in vain. Errors: those of VaultAccess::passphrase and state::open_secrets, but a vault that does
  // not exist is an empty one.
  static Result<CallSecrets> open(const state::StateOptions& options, VaultAccess& vault,
                                  const capability::CapabilityGrantSet& grants, const SecretCaller& caller);

  [[nodiscard]] const capability::SecretValue* find(const capability::SecretUse& secret) const override;

 private:
  explicit CallSecrets(std::map<std::string, capability::SecretValue> values) : values_(std::move(values)) {}
  std::map<std::string, capability::SecretValue> values_;
};

}  // namespace palyra::app
