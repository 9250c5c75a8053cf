// SPDX-License-Identifier: Apache-2.0
#include <palyra/skills/version.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace palyra::skills {
namespace {

constexpr std::uint32_t kMaxNumber = std::numeric_limits<std::int32_t>::max();

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_numeric(std::string_view text) { return std::ranges::all_of(text, is_digit); }
bool has_leading_zero(std::string_view text) { return text.size() > 1 && text.front() == '0'; }

// The part before the first `mark`, which leaves `text` with the mark; all of it when there is none.
std::string_view take_part(std::string_view& text, char mark) {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t value = 0;
  if (text.empty() || !is_numeric(text) || has_leading_zero(text)) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value > kMaxNumber) return std::nullopt;
  return value;
}

// SemVer 9: one identifier between dots.
bool is_identifier(std::string_view text) {
  const auto allowed = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  };
  return !text.empty() && std::ranges::all_of(text, allowed) && !(is_numeric(text) && has_leading_zero(text));
}

bool is_pre_release(std::string_view text) {
  while (true) {
    const bool last = text.find('.') == std::string_view::npos;
    if (!is_identifier(take_part(text, '.'))) return false;
    if (last) return true;
  }
}

// SemVer 11.4: numbers by value and below words; words bytewise.
std::strong_ordering compare_identifiers(std::string_view a, std::string_view b) {
  if (is_numeric(a) != is_numeric(b)) {
    return is_numeric(a) ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  if (is_numeric(a) && a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

std::strong_ordering compare_pre_releases(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.empty() <=> b.empty();  // none is above any
  while (!a.empty() && !b.empty()) {
    const auto order = compare_identifiers(take_part(a, '.'), take_part(b, '.'));
    if (order != 0) return order;
  }
  return b.empty() <=> a.empty();  // the longer is above
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  if (text.size() > kMaxVersionBytes) return std::nullopt;
  const std::size_t dash = text.find('-');
  Version version;
  if (dash != std::string_view::npos) {
    version.pre_release = text.substr(dash + 1);
    if (!is_pre_release(version.pre_release)) return std::nullopt;
  }
  std::string_view core = text.substr(0, dash);
  if (std::ranges::count(core, '.') != 2) return std::nullopt;
  for (std::uint32_t* number : {&version.major, &version.minor, &version.patch}) {
    const auto value = parse_number(take_part(core, '.'));
    if (!value) return std::nullopt;
    *number = *value;
  }
  return version;
}

std::string Version::to_text() const {
  return fmt::format("{}.{}.{}{}{}", major, minor, patch, pre_release.empty() ? "" : "-", pre_release);
}

std::strong_ordering operator<=>(const Version& a, const Version& b) {
  if (const auto order = a.major <=> b.major; order != 0) return order;
  if (const auto order = a.minor <=> b.minor; order != 0) return order;
  if (const auto order = a.patch <=> b.patch; order != 0) return order;
  return compare_pre_releases(a.pre_release, b.pre_release);
}

}  // namespace palyra::skills
