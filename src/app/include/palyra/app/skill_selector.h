// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which installed version a person means: `ID`, `ID@VERSION`, or the 64 hex digits of a content root (the only name of
// a file whose signature.json could not be read).

#include <palyra/base/error.h>
#include <palyra/state/state_store.h>

#include <optional>
#include <span>
#include <string>

namespace palyra::app {

inline constexpr ErrorCode kSelectorInvalid{ErrorKind::kInvalidArgument, "cli.skill_selector"};
// Two contents claim this id and version.
inline constexpr ErrorCode kSelectorAmbiguous{ErrorKind::kInvalidArgument, "cli.skill_ambiguous"};

// Whether a version is one that the command could mean.
using VersionFilter = bool (*)(const state::InstalledVersion&);
inline bool any_version(const state::InstalledVersion& /*version*/) { return true; }

// In quarantine, under proven names, and refused by no stage: a promotion can take it.
bool waits(const state::InstalledVersion& version);

// With `ID` alone the active version if the filter lets it through, else the highest that is let through; files
// that were refused come after all others, and names that are only claimed after those that are proven. Removed
// versions are never meant. Errors: kSelectorInvalid, state::kSkillNotInstalled, kSelectorAmbiguous.
Result<state::InstalledVersion> select_version(const state::StateStore& store, const std::string& selector,
                                               VersionFilter filter = any_version);

// Of `versions`, all of one skill, the one that runs; nullptr: none does.
const state::InstalledVersion* active_among(std::span<const state::InstalledVersion> versions);
// Errors: those of the state.
Result<std::optional<state::InstalledVersion>> find_active_of(const state::StateStore& store,
                                                              const std::string& skill_id);

// Which of two versions of a skill a person rather means: the active one, then what was not refused, then names that
// are proven, then the higher.
bool goes_before(const state::InstalledVersion& a, const state::InstalledVersion& b);

// Higher first; versions that are no versions last.
bool is_newer(const state::InstalledVersion& a, const state::InstalledVersion& b);

}  // namespace palyra::app
