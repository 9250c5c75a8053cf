// SPDX-License-Identifier: Apache-2.0
#include <palyra/skills/skill_names.h>

#include <algorithm>

namespace palyra::skills {
namespace {

constexpr std::size_t kMaxIdBytes = 128;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_dotted_id(std::string_view text) {
  const auto allowed = [](char c) { return is_lower_or_digit(c) || c == '_' || c == '-' || c == '.'; };
  return !text.empty() && text.size() <= kMaxIdBytes && std::ranges::all_of(text, allowed) && text.front() != '.' &&
         text.back() != '.' && text.find("..") == std::string_view::npos;
}

}  // namespace

bool is_publisher_name(std::string_view text) {
  const auto allowed = [](char c) { return is_lower_or_digit(c) || c == '-'; };
  return text.size() >= 3 && text.size() <= 39 && std::ranges::all_of(text, allowed) && text.front() != '-' &&
         text.back() != '-' && text.find("--") == std::string_view::npos;
}

bool is_skill_id(std::string_view text) { return is_dotted_id(text); }
bool is_tool_id(std::string_view text) { return is_dotted_id(text); }

bool is_of_publisher(std::string_view name, std::string_view publisher) {
  return name.size() > publisher.size() + 1 && name.starts_with(publisher) && name[publisher.size()] == '.';
}

}  // namespace palyra::skills
