// SPDX-License-Identifier: Apache-2.0
#pragma once
// `run --skill` and `dev`: the skill that is being written, and what its developer lets it do.

#include "session.h"

#include <palyra/app/development_skill.h>
#include <palyra/capability/grant_set.h>
#include <palyra/skills/skill_manifest.h>

#include <CLI/App.hpp>

#include <string>
#include <vector>

namespace palyra::cli {

// Builds it first when its modules are missing or older than what they are made of.
Result<app::DevelopmentSkill> open_development_skill(Session& session, const std::string& path);

// The options --map-root and --allow-address: the same words wherever somebody says where things are.
struct PlaceOptions {
  std::vector<std::string>& map_root;
  std::vector<std::string>& allow_address;
};
void add_places(CLI::App* command, const PlaceOptions& places);

// Asks for each capability that the manifest asks for. Without a terminal nothing is granted, and a note says so.
Result<capability::CapabilityGrantSet> ask_grants(Session& session, const skills::SkillManifest& manifest);

}  // namespace palyra::cli
