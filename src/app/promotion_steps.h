// SPDX-License-Identifier: Apache-2.0
#pragma once
// What every way to make a version active has in common.

#include <palyra/app/promote_skill.h>
#include <palyra/app/services.h>
#include <palyra/skills/artifact.h>
#include <palyra/state/state_store.h>

#include <optional>
#include <string>

namespace palyra::app {

// What a person does to let a version run that does not: a command, or why there is none.
std::string way_back(const state::InstalledVersion& version);

// So that no first call compiles. A module that the compiler's limits refuse is not activated.
Result<> compile_modules(const Services& services, const skills::Artifact& artifact);

struct CommitTerms {
  std::optional<std::string> pin_fingerprint;  // for a first use
  std::string reason;                          // why without a person; empty: a person decided
};

// Carries out a plan that was consented to. Errors: as of promote_skill, but for consent.
Result<state::InstalledVersion> commit_promotion(const Services& services, const PromotionPlan& plan,
                                                 const CommitTerms& terms);

}  // namespace palyra::app
