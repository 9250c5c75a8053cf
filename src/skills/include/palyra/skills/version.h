// SPDX-License-Identifier: Apache-2.0
#pragma once
// Versions of skills and of Palyra: Semantic Versioning 2.0.0 without build metadata.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace palyra::skills {

inline constexpr std::size_t kMaxVersionBytes = 64;

struct Version {
  std::uint32_t major = 0;  // each at most 2^31-1
  std::uint32_t minor = 0;
  std::uint32_t patch = 0;
  std::string pre_release = {};  // "" or "rc.1"

  // `MAJOR.MINOR.PATCH` or that, `-` and a pre-release: no leading zeros, no build metadata, at most 64 bytes.
  static std::optional<Version> parse(std::string_view text);
  [[nodiscard]] std::string to_text() const;

  // Precedence (SemVer 11). Without build metadata, equal precedence is equal text.
  friend std::strong_ordering operator<=>(const Version& a, const Version& b);
  friend bool operator==(const Version&, const Version&) = default;
};

}  // namespace palyra::skills
