// SPDX-License-Identifier: Apache-2.0
#pragma once
// `run --skill`: the skill that is being written, and what its developer lets it do for one call.

#include "session.h"

#include <palyra/app/development_skill.h>
#include <palyra/capability/grant_set.h>
#include <palyra/skills/skill_manifest.h>

#include <string>

namespace palyra::cli {

// Builds it first when its modules are missing or older than what they are made of.
Result<app::DevelopmentSkill> open_development_skill(Session& session, const std::string& path);

// Asks for each capability that the manifest asks for. Without a terminal nothing is granted, and a note says so.
Result<capability::CapabilityGrantSet> ask_grants(Session& session, const skills::SkillManifest& manifest);

}  // namespace palyra::cli
