// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: a state directory that cannot be opened any more becomes usable again.

#include <palyra/app/consent.h>
#include <palyra/app/services.h>
#include <palyra/state/state_store.h>

#include <optional>
#include <string>

namespace palyra::app {

// A recovery without a person at a terminal, whatever policy.noninteractive_promote says.
inline constexpr ErrorCode kRecoveryNeedsPerson{ErrorKind::kDenied, "policy.recovery_needs_person"};

// The store as it is before, so that a person sees what goes.
struct RecoveryPlan {
  std::optional<Error> damage;  // why it cannot be opened; then the rest is unknown
  std::uint64_t generation = 0;
  std::size_t publishers = 0;
  std::size_t active = 0;    // versions that may run
  std::size_t versions = 0;  // all of them
};

// Errors: state::kNotInitialised (there is nothing to recover).
Result<RecoveryPlan> plan_recovery(const Services& services);

// The trust.db of `backup`, or with nullopt an empty one, takes the place of the one that is there.
// Errors: kRecoveryNeedsPerson, those of state::StateStore::recover.
Result<state::RecoveryReport> recover_state(const Services& services, const std::optional<std::string>& backup,
                                            ConsentForm consent);

}  // namespace palyra::app
