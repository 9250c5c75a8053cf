// SPDX-License-Identifier: Apache-2.0
#pragma once
// SPDX licence expressions, syntax only: no list of licences is kept.

#include <string_view>

namespace palyra::skills {

inline constexpr std::size_t kMaxLicenseBytes = 128;

// Licences with `+`, `WITH`, `AND`, `OR` and parentheses; operators in upper case. Source: SPDX 2.3, annex D.
bool is_license_expression(std::string_view text);

}  // namespace palyra::skills
