// SPDX-License-Identifier: Apache-2.0
#include <palyra/capability/denial.h>

#include <fmt/core.h>

namespace palyra::capability {
namespace {

// Of records from before there were codes.
constexpr std::string_view kNoCode = "denied";

const std::string* text_of(const Json& json, std::string_view key) {
  const Json* const member = json.find(key);
  return member == nullptr ? nullptr : member->as_string();
}

}  // namespace

std::string to_text(const Denial& denial) {
  const std::string text = fmt::format("{}: {}", denial.code, denial.asked);
  return denial.allowed.empty() ? text : fmt::format("{}; allowed: {}", text, denial.allowed);
}

Json to_json(const Denial& denial) {
  Json::Array next;
  for (const std::string& each : denial.next) next.emplace_back(each);
  return Json(Json::Object{{"code", denial.code},
                           {"asked", denial.asked},
                           {"allowed", denial.allowed},
                           {"capability", denial.capability},
                           {"next", std::move(next)}});
}

std::optional<Denial> denial_from_json(const Json& json) {
  if (const std::string* const bare = json.as_string()) return Denial{.code = std::string(kNoCode), .asked = *bare};
  const std::string* const code = text_of(json, "code");
  const std::string* const asked = text_of(json, "asked");
  const std::string* const allowed = text_of(json, "allowed");
  const std::string* const capability = text_of(json, "capability");
  const Json* const member = json.find("next");
  const Json::Array* const next = member == nullptr ? nullptr : member->as_array();
  if (code == nullptr || asked == nullptr || allowed == nullptr || capability == nullptr || next == nullptr) {
    return std::nullopt;
  }
  Denial denial{.code = *code, .asked = *asked, .allowed = *allowed, .capability = *capability};
  for (const Json& each : *next) {
    if (each.as_string() == nullptr) return std::nullopt;
    denial.next.push_back(*each.as_string());
  }
  return denial;
}

}  // namespace palyra::capability
