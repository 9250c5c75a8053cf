// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/confusable_names.h"

#include <palyra/base/suggestion.h>

#include <algorithm>
#include <array>

namespace palyra::skills {
namespace {

char shape_of(char c) {
  switch (c) {
    case '0':
      return 'o';
    case '1':
    case 'i':
      return 'l';
    case '5':
      return 's';
    default:
      return c;
  }
}

bool is_separator(char c) { return c == '-' || c == '.' || c == '_'; }

struct Pair {
  std::string_view two;
  char one;
};
constexpr std::array<Pair, 3> kPairs{{{"rn", 'm'}, {"vv", 'w'}, {"cl", 'd'}}};

std::string without_separators(std::string_view name) {
  std::string text(name);
  std::erase_if(text, is_separator);
  return text;
}

std::string skeleton(std::string_view letters) {
  std::string text;
  for (const char c : letters) {
    text += shape_of(c);
    for (const Pair& pair : kPairs) {
      if (!text.ends_with(pair.two)) continue;
      text.pop_back();
      text.back() = pair.one;
    }
  }
  return text;
}

// Calibrated: docs/formats/skill-manifest.md has the figures.
std::size_t allowed_distance(std::size_t length) {
  constexpr std::size_t kOneFrom = 4;
  constexpr std::size_t kTwoFrom = 8;
  if (length >= kTwoFrom) return 2;
  return length >= kOneFrom ? 1 : 0;
}

// How far apart two names are, as they are written or as they look; nothing when farther than their length allows.
std::optional<std::size_t> distance_within_length(const std::string& a, const std::string& b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  const std::size_t allowed = allowed_distance(shorter);
  if (std::max(a.size(), b.size()) - shorter > allowed) return std::nullopt;
  const std::size_t distance = edit_distance(a, b);
  if (distance > allowed) return std::nullopt;
  return distance;
}

}  // namespace

std::optional<std::string> find_confusable(std::string_view name, std::span<const std::string> known) {
  if (std::ranges::find(known, name) != known.end()) return std::nullopt;
  const std::string letters = without_separators(name);
  const std::string shape = skeleton(letters);
  std::optional<std::string> nearest;
  std::size_t least = 0;
  for (const std::string& each : known) {
    const std::string other = without_separators(each);
    // Both: one changed letter can make or break an `rn`, and so change two of the skeleton.
    for (const auto& distance :
         {distance_within_length(shape, skeleton(other)), distance_within_length(letters, other)}) {
      if (!distance || (nearest && *distance >= least)) continue;
      least = *distance;
      nearest = each;
    }
  }
  return nearest;
}

}  // namespace palyra::skills
