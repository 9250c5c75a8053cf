// SPDX-License-Identifier: Apache-2.0
#include "promotion_steps.h"

#include <palyra/app/activate_skill.h>
#include <palyra/app/module_source.h>
#include <palyra/app/skill_selector.h>
#include <palyra/app/verify_artifact.h>
#include <palyra/base/check.h>
#include <palyra/base/utf8.h>

#include <algorithm>

namespace palyra::app {
namespace {

using state::InstalledVersion;
using state::VersionStatus;

bool is_disabled(const InstalledVersion& version) { return version.status == VersionStatus::kDisabled; }
bool can_go_back_to(const InstalledVersion& version) {
  return version.status == VersionStatus::kSuperseded || version.status == VersionStatus::kDisabled;
}

// Everything but what the two differ in.
Result<RollbackPlan> plan_activation(const Services& services, const state::StateStore& store, InstalledVersion version,
                                     skills::Downgrade downgrade) {
  crypto::HashedBytes file = PALYRA_TRY(store.load_object(version.artifact.sha256));
  const skills::SkillTrustStore trust = PALYRA_TRY(store.trust());
  RollbackPlan plan{.version = std::move(version),
                    .file = std::move(file),
                    .verification = {},
                    .trust_generation = trust.generation(),
                    .replaces = {},
                    .difference = {}};
  {
    const Activity activity(services.activities, "verifying " + printable(plan.version.artifact.skill_id));
    plan.verification = verify_artifact(
        services, plan.file.view(), trust,
        {.unknown_publisher = skills::UnknownPublisher::kRefuse, .pin_fingerprint = {}, .downgrade = downgrade});
  }
  if (plan.verification.error) return std::unexpected(*plan.verification.error);
  PALYRA_CHECK(plan.verification.skill.has_value());
  PALYRA_TRY(check_host_compatibility(plan.manifest()));
  plan.replaces = PALYRA_TRY(find_active_of(store, plan.manifest().identity.skill_id));
  plan.difference =
      capability::diff(plan.replaces ? plan.replaces->grants : capability::CapabilityGrantSet(), plan.version.grants);
  return plan;
}

Result<InstalledVersion> activate(const Services& services, const RollbackPlan& plan, state::Activation activation) {
  PALYRA_TRY(compile_modules(services, plan.verification.skill->artifact()));
  state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  return store.activate({.skill = &*plan.verification.skill,
                         .trust_generation = plan.trust_generation,
                         .version_generation = plan.version.generation,
                         .replaces = state::ActiveVersion::of(plan.replaces),
                         .activation = activation});
}

Result<InstalledVersion> newest_superseded(const state::StateStore& store, const std::string& skill_id) {
  std::vector<InstalledVersion> versions = PALYRA_TRY(store.versions_of(skill_id));
  const std::optional<InstalledVersion> active = PALYRA_TRY(find_active_of(store, skill_id));
  std::erase_if(versions, [&](const InstalledVersion& version) {
    return version.status != VersionStatus::kSuperseded || (active && !is_newer(*active, version));
  });
  if (versions.empty()) {
    return std::unexpected(Error(kNoEarlierVersion, fmt::format("no version of '{}' ran before the one that runs now",
                                                                printable(skill_id)))
                               .with_next("palyra skills list --all-versions"));
  }
  return std::move(*std::ranges::min_element(versions, is_newer));
}

}  // namespace

Result<InstalledVersion> enable_skill(const Services& services, const std::string& selector) {
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  auto version = select_version(store, selector, is_disabled);
  if (!version) {
    const auto other = select_version(store, selector, [](const InstalledVersion&) { return true; });
    if (!other) return version;
    return fail(kNotDisabled, "'{}' is not disabled: it is {}", printable(selector), state::to_text(other->status));
  }
  const RollbackPlan plan =
      PALYRA_TRY(plan_activation(services, store, *std::move(version), skills::Downgrade::kRefuse));
  return activate(services, plan, state::Activation::kEnable);
}

Result<RollbackPlan> plan_rollback(const Services& services, const std::string& selector) {
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  const bool named = selector.find('@') != std::string::npos || crypto::parse_sha256(selector).has_value();
  InstalledVersion version = named ? PALYRA_TRY(select_version(store, selector, can_go_back_to))
                                   : PALYRA_TRY(newest_superseded(store, selector));
  return plan_activation(services, store, std::move(version), skills::Downgrade::kAllow);
}

Result<InstalledVersion> roll_back(const Services& services, const RollbackPlan& plan, ConsentForm consent) {
  PALYRA_TRY(check_consent(services, consent, "rolling back"));
  return activate(services, plan, state::Activation::kRollBack);
}

}  // namespace palyra::app
