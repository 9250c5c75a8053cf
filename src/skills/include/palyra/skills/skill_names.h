// SPDX-License-Identifier: Apache-2.0
#pragma once
// Names that skills are known by. Source: docs/formats/skill-manifest.md, version 3.

#include <palyra/skills/version.h>

#include <string>
#include <string_view>

namespace palyra::skills {

// `[a-z0-9](-?[a-z0-9])*`, 3-39 bytes.
bool is_publisher_name(std::string_view text);

// Segments of `[a-z0-9_-]` joined by dots, at most 128 bytes.
bool is_skill_id(std::string_view text);

// Segments of `[a-z0-9_-]` joined by dots, at most 128 bytes: the same grammar, another thing.
bool is_tool_id(std::string_view text);

// `name` is `<publisher>.` and something.
bool is_of_publisher(std::string_view name, std::string_view publisher);

// Who made which version of what: the part of a manifest that its signature repeats.
struct SkillIdentity {
  std::string publisher;
  std::string skill_id;
  Version version;
  friend bool operator==(const SkillIdentity&, const SkillIdentity&) = default;
};

}  // namespace palyra::skills
