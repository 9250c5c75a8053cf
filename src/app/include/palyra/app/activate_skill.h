// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use cases: a version that was approved before runs again, with the grants it had. The stored bytes are verified again
// first, and every module is compiled, as for a promotion.

#include <palyra/app/consent.h>
#include <palyra/capability/grant_set.h>
#include <palyra/skills/verify.h>
#include <palyra/state/installed_version.h>

#include <optional>
#include <string>

namespace palyra::app {

// No superseded version is older than the one that is active.
inline constexpr ErrorCode kNoEarlierVersion{ErrorKind::kNotFound, "state.no_earlier_version"};
inline constexpr ErrorCode kNotDisabled{ErrorKind::kDenied, "state.not_disabled"};

// Nobody is asked: a person has approved it, and it is the newest that ran. Errors: kNotDisabled (also when there is no
// disabled version); trust.rollback when a newer version ran here; those of verification, of
// check_host_compatibility, of compiling, and of state::StateStore::activate.
Result<state::InstalledVersion> enable_skill(const Services& services, const std::string& selector);

struct RollbackPlan {
  state::InstalledVersion version;
  crypto::HashedBytes file;  // what `verification` points into
  skills::Verification verification;
  std::uint64_t trust_generation = 0;
  std::optional<state::InstalledVersion> replaces;  // the skill's active version
  capability::GrantDiff difference;                 // of the grants it had against those of that

  [[nodiscard]] const skills::SkillManifest& manifest() const { return *verification.manifest; }
};

// `selector` without a version means the newest superseded version below the active one. A version below the highest
// that ran is no refusal here, anything else that verification finds is. Errors: kNoEarlierVersion, those of
// select_version, of verification and of check_host_compatibility.
Result<RollbackPlan> plan_rollback(const Services& services, const std::string& selector);

// Errors: those of check_consent, of compiling, and of state::StateStore::activate.
Result<state::InstalledVersion> roll_back(const Services& services, const RollbackPlan& plan, ConsentForm consent);

}  // namespace palyra::app
