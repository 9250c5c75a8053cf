// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/skill_selector.h>
#include <palyra/app/stop_skill.h>

namespace palyra::app {
namespace {

bool is_any(const state::InstalledVersion& /*version*/) { return true; }

}  // namespace

Result<state::InstalledVersion> quarantine_skill(const Services& services, const std::string& selector) {
  state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  state::InstalledVersion version = PALYRA_TRY(select_version(store, selector, is_any));
  if (version.status == state::VersionStatus::kQuarantined) return version;
  PALYRA_TRY(store.quarantine(version.content_root(), "quarantined by an operator"));
  return version;
}

Result<state::InstalledVersion> remove_skill(const Services& services, const std::string& selector) {
  state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  state::InstalledVersion version = PALYRA_TRY(select_version(store, selector, is_any));
  PALYRA_TRY(store.remove(version.content_root()));
  return version;
}

}  // namespace palyra::app
