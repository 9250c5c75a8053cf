// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/skill_selector.h>
#include <palyra/app/stop_skill.h>
#include <palyra/app/stored_data.h>

namespace palyra::app {
namespace {

Result<state::GarbageReport> collect(const Services& services, state::StateStore& store, state::GarbageMode mode) {
  const Activity activity(services.activities, "collecting garbage");
  return store.collect_garbage(static_cast<std::uint64_t>(services.config.max_quarantine_bytes), mode);
}

}  // namespace

Result<state::InstalledVersion> quarantine_skill(const Services& services, const std::string& selector) {
  state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  state::InstalledVersion version = PALYRA_TRY(select_version(store, selector));
  PALYRA_TRY(store.quarantine(version.content_root(), std::string(kQuarantinedByOperator)));
  return version;
}

Result<state::InstalledVersion> disable_skill(const Services& services, const std::string& selector) {
  state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  state::InstalledVersion version = PALYRA_TRY(select_version(store, selector));
  PALYRA_TRY(store.disable(version.content_root()));
  return version;
}

Result<RemovedSkill> remove_skill(const Services& services, const std::string& selector, Purge purge) {
  state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  RemovedSkill removed{.before = PALYRA_TRY(select_version(store, selector)), .purged = {}};
  PALYRA_TRY(store.remove(removed.before.content_root()));
  if (purge == Purge::kYes) {
    removed.purged_storage_bytes = PALYRA_TRY(purge_stored(services, store, removed.before), "it is removed already");
    removed.purged = PALYRA_TRY(collect(services, store, state::GarbageMode::kCollect), "it is removed already");
  }
  return removed;
}

Result<state::GarbageReport> collect_garbage(const Services& services, state::GarbageMode mode) {
  state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  return collect(services, store, mode);
}

}  // namespace palyra::app
