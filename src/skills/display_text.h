// SPDX-License-Identifier: Apache-2.0
#pragma once
// Text of strangers that people and models will read: nothing in it may change how the text around it reads.
// Source: docs/formats/skill-manifest.md, "Display text".

#include <palyra/base/error.h>
#include <palyra/skills/manifest_codes.h>

#include <cstddef>
#include <limits>
#include <string_view>

namespace palyra::skills {

struct DisplayRule {
  std::size_t max_characters = std::numeric_limits<std::size_t>::max();  // code points
  std::size_t max_bytes = std::numeric_limits<std::size_t>::max();
  enum class Lines { kOne, kMany } lines = Lines::kOne;  // kMany allows LF and TAB
};
inline constexpr DisplayRule kNameText{.max_characters = 80};
inline constexpr DisplayRule kToolNameText{.max_bytes = 80};
inline constexpr DisplayRule kToolDescriptionText{.max_bytes = 2'048, .lines = DisplayRule::Lines::kMany};
// Bounded by the limit for every string of a manifest.
inline constexpr DisplayRule kDescriptionText{.lines = DisplayRule::Lines::kMany};
inline constexpr DisplayRule kLabelText{};

// `text` is UTF-8; `key` is for messages. Errors, in order of checks: kManifestTextBlank (nothing visible),
// kManifestTextLength, kManifestTextCharacter (controls, U+2028, U+2029, bidirectional controls, tag characters,
// U+FEFF, noncharacters).
Result<> check_display_text(std::string_view key, std::string_view text, const DisplayRule& rule);

}  // namespace palyra::skills
