// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/recover_state.h>

#include <algorithm>

namespace palyra::app {

Result<RecoveryPlan> plan_recovery(const Services& services) {
  RecoveryPlan plan;
  auto store = state::StateStore::open(services.state);
  if (!store) {
    if (store.error().is(state::kNotInitialised)) return std::unexpected(std::move(store).error());
    plan.damage = std::move(store).error();
    return plan;
  }
  const std::vector<state::InstalledVersion> versions = PALYRA_TRY(store->versions());
  plan.generation = PALYRA_TRY(store->generation());
  plan.publishers = PALYRA_TRY(store->trust()).publishers().size();
  plan.versions = versions.size();
  plan.active = static_cast<std::size_t>(
      std::ranges::count(versions, state::VersionStatus::kActive, &state::InstalledVersion::status));
  return plan;
}

Result<state::RecoveryReport> recover_state(const Services& services, const std::optional<std::string>& backup,
                                            ConsentForm consent) {
  if (consent != ConsentForm::kTyped) {
    return std::unexpected(
        Error(kRecoveryNeedsPerson, "a recovery forgets decisions, so that a person types it, always")
            .with_next("run the command on a terminal"));
  }
  return state::StateStore::recover(services.state, backup);
}

}  // namespace palyra::app
