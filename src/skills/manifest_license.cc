// SPDX-License-Identifier: Apache-2.0
#include "manifest_license.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace palyra::skills {
namespace {

bool is_id(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

bool is_operator(std::string_view word) { return word == "AND" || word == "OR" || word == "WITH"; }

// `MIT`, `GPL-2.0+`, `LicenseRef-x` or `DocumentRef-x:LicenseRef-y`.
bool is_license(std::string_view word) {
  if (is_operator(word)) return false;
  if (const std::size_t colon = word.find(':'); colon != std::string_view::npos) {
    return word.starts_with("DocumentRef-") && is_id(word.substr(0, colon)) &&
           word.substr(colon + 1).starts_with("LicenseRef-") && is_id(word.substr(colon + 1));
  }
  return is_id(word.substr(0, word.size() - (word.ends_with('+') ? 1 : 0)));
}

// Takes one word or parenthesis from the front; empty at the end.
std::string_view take_token(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const bool parenthesis = text.starts_with('(') || text.starts_with(')');
  const std::string_view token = text.substr(0, parenthesis ? 1 : text.find_first_of(" ()"));
  text.remove_prefix(token.size());
  return token;
}

}  // namespace

bool is_license_expression(std::string_view text) {
  enum class After : std::uint8_t { kOperator, kLicense, kWith, kWhole } after = After::kOperator;
  std::size_t open = 0;
  for (auto token = take_token(text); !token.empty(); token = take_token(text)) {
    if (after == After::kOperator) {
      if (token == "(") {
        ++open;
      } else if (is_license(token)) {
        after = After::kLicense;
      } else {
        return false;
      }
    } else if (after == After::kWith) {
      if (!is_id(token) || is_operator(token)) return false;
      after = After::kWhole;
    } else if (token == ")" && open > 0) {
      --open;
      after = After::kWhole;
    } else if (token == "WITH" && after == After::kLicense) {
      after = After::kWith;
    } else if (token == "AND" || token == "OR") {
      after = After::kOperator;
    } else {
      return false;
    }
  }
  return open == 0 && (after == After::kLicense || after == After::kWhole);
}

}  // namespace palyra::skills
