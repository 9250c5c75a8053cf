// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use cases: a version must not run any more, or is to go. Calls that run already go on when it is disabled, and are
// stopped when it is quarantined or removed (run_watch.h).

#include <palyra/app/services.h>
#include <palyra/state/installed_version.h>

#include <optional>
#include <string>
#include <string_view>

namespace palyra::app {

// The status_reason of what a person quarantined.
inline constexpr std::string_view kQuarantinedByOperator = "quarantined by an operator";

// `selector` as select_version takes it. The replies have the version as it was before. What is quarantined already is
// held back by it: no update brings it back by itself.
// Errors of all: those of select_version and of the state.
Result<state::InstalledVersion> quarantine_skill(const Services& services, const std::string& selector);

// Errors: also state::kNotActive.
Result<state::InstalledVersion> disable_skill(const Services& services, const std::string& selector);

enum class Purge : std::uint8_t { kNo, kYes };

struct RemovedSkill {
  state::InstalledVersion before;
  std::optional<state::GarbageReport> purged;  // with Purge::kYes: what went with it, as collect_garbage does it
  std::int64_t purged_storage_bytes = 0;       // and of storage, as purge_stored does it
};

Result<RemovedSkill> remove_skill(const Services& services, const std::string& selector, Purge purge = Purge::kNo);

// What nothing needs any more. Errors: those of state::StateStore::collect_garbage.
Result<state::GarbageReport> collect_garbage(const Services& services, state::GarbageMode mode);

}  // namespace palyra::app
