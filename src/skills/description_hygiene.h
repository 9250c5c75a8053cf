// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is wrong with the texts that a skill shows to people and to models: characters that hide something, and words
// that are meant for the model. Source: docs/formats/audit-policy.md, "Texts".

#include <palyra/skills/skill_manifest.h>

#include <string>
#include <string_view>
#include <vector>

namespace palyra::skills {

struct TextFinding {
  std::string where;  // "acme.weather.forecast: description"
  std::string what;   // "U+200B", "ignore previous"
  friend bool operator==(const TextFinding&, const TextFinding&) = default;
};

struct TextFindings {
  std::vector<TextFinding> hidden;     // controls, bidirectional controls, tag characters, zero-width characters
  std::vector<TextFinding> addresses;  // words that address the model
};

// Names and descriptions of the skill, its tools and settings, and every name and text within the tools' schemas.
TextFindings find_in_texts(const SkillManifest& manifest);

// The phrases, in lower case; between their words any white space may stand.
std::span<const std::string_view> phrases_to_models();

}  // namespace palyra::skills
