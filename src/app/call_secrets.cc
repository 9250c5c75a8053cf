// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/call_secrets.h>

#include <algorithm>
#include <vector>

namespace palyra::app {
namespace {

using capability::SecretUse;

// The names of those that are granted and set.
Result<std::vector<std::string>> names_of(const state::StateOptions& options,
                                          const capability::CapabilityGrantSet& grants, const SecretCaller& caller) {
  std::vector<std::string> names;
  if (grants.count(capability::CapabilityClass::kSecret) == 0) return names;
  const auto entries = state::list_secrets(options);
  if (!entries && (entries.error().is(state::kVaultMissing) || entries.error().is(state::kNotInitialised))) {
    return names;
  }
  if (!entries) return std::unexpected(entries.error());
  for (const capability::Capability& grant : grants.of(capability::CapabilityClass::kSecret)) {
    const auto& secret = std::get<SecretUse>(grant);
    std::string name = canonical_text(grant);
    if (is_for(secret, caller) && std::ranges::find(*entries, name, &state::SecretEntry::name) != entries->end()) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

}  // namespace

bool is_for(const SecretUse& secret, const SecretCaller& caller) {
  constexpr std::string_view kSkill = "skill:";
  constexpr std::string_view kPrincipal = "principal:";
  const std::string_view scope = secret.scope;
  if (scope.starts_with(kSkill)) return scope.substr(kSkill.size()) == caller.skill_id;
  if (scope.starts_with(kPrincipal)) return scope.substr(kPrincipal.size()) == caller.principal;
  return true;
}

Result<CallSecrets> CallSecrets::open(const state::StateOptions& options, VaultAccess& vault,
                                      const capability::CapabilityGrantSet& grants, const SecretCaller& caller) {
  const std::vector<std::string> names = PALYRA_TRY(names_of(options, grants, caller));
  if (names.empty()) return CallSecrets({});
  const Secret passphrase = PALYRA_TRY(vault.passphrase());
  return CallSecrets(PALYRA_TRY(state::open_secrets(options, passphrase, names)));
}

const capability::SecretValue* CallSecrets::find(const SecretUse& secret) const {
  const auto found = values_.find(canonical_text(secret));
  return found == values_.end() ? nullptr : &found->second;
}

}  // namespace palyra::app
