// SPDX-License-Identifier: Apache-2.0
#pragma once
// "Did you mean".

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace palyra {

// Insertions, deletions, changes and swaps of neighbours that make `b` of `a`.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `typed`, when it is near enough to have been meant.
std::optional<std::string> closest(std::string_view typed, std::span<const std::string> candidates);

}  // namespace palyra
