// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: whether a skill could run now, and if not exactly why. Changes nothing and calls nothing of the skill.

#include <palyra/app/finding.h>
#include <palyra/app/services.h>
#include <palyra/state/installed_version.h>

#include <optional>
#include <string>
#include <vector>

namespace palyra::app {

struct SkillCheck {
  state::InstalledVersion version;
  // "status", "objects", "manifest", "host", "settings": each can be the reason why it does not run. "grants",
  // "secrets" (when it was granted any), "code" and "verification" are for knowing. What a check needs and is not there
  // leaves it out, as not_run or altogether.
  std::vector<Finding> findings;

  // The first reason why it does not run; null when it does.
  [[nodiscard]] const Error* reason() const;
};

// With a selector the version that select_version means, else every active version. Errors: those of select_version and
// of the store; what is wrong with a skill is a finding.
Result<std::vector<SkillCheck>> check_skills(const Services& services, const std::optional<std::string>& selector);

}  // namespace palyra::app
