// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use cases: what is installed, and everything about one of it.

#include <palyra/app/services.h>
#include <palyra/skills/skill_manifest.h>
#include <palyra/skills/verify.h>
#include <palyra/state/installed_version.h>

#include <string>
#include <vector>

namespace palyra::app {

enum class ListScope : std::uint8_t {
  kOnePerSkill,  // the active version, else the newest
  kQuarantined,  // every quarantined version
  kAllVersions,  // also removed ones
};

struct ListedVersion {
  state::InstalledVersion version;
  std::size_t other_versions = 0;      // kept of the same skill and not listed; what is below is among them
  std::vector<std::string> updates{};  // versions in quarantine that are newer than the active one, the highest first
  std::size_t claims = 0;              // files that say they are of this skill, which nothing proves
};

Result<std::vector<ListedVersion>> list_skills(const Services& services, ListScope scope);

struct ShowSkillReply {
  state::InstalledVersion version;
  crypto::HashedBytes file;                  // what `verification` points into
  skills::Verification verification;         // made now
  std::size_t decisions = 0;                 // rows of its skill_history; 0 for a file without a proven name
  std::size_t runs = 0;                      // of this version, among the last kRunsLookedAt of the skill
  std::vector<std::string> unused_grants{};  // canonical texts of its grants that none of these runs used
};

inline constexpr std::size_t kRunsLookedAt = 1'000;

// Errors: those of select_version, and of a damaged or missing object.
Result<ShowSkillReply> show_skill(const Services& services, const std::string& selector);

}  // namespace palyra::app
