// SPDX-License-Identifier: Apache-2.0
#include "present_audit.h"

#include "present.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace palyra::cli {
namespace {

using skills::AuditCheck;
using skills::AuditStatus;

struct Advice {
  std::string_view check_id;
  std::string_view text;
};

// What a person can do about a check that fails or warns. Of those that are not here the message says all: the
// publisher has to mend it.
constexpr auto kAdvice = std::to_array<Advice>({
    {"signature_validity", "palyra skills package verify FILE says who signed it and what is missing"},
    {"forbidden_device_capabilities", "no grant gives devices; allow_device_capabilities = true lets it ask"},
    {"forbidden_wildcard_capabilities", "ask the publisher to name what the skill needs"},
    {"grants_per_class_limit", "raise max_grants_per_class in the audit policy, if it needs so many"},
    {"description_hygiene", "read the text before any model does"},
    {"wasm_module_size_limit", "raise max_module_bytes in the audit policy, if the module needs to be so large"},
    {"wasm_exported_function_limit", "raise the limit in the audit policy, if the module needs so many"},
    {"wasm_imports_granted", "ask the publisher to declare the capability, or to leave the import out"},
    {"capabilities_unused", "deny it with --deny when you promote the skill"},
    {"examples_pass", "palyra skills package verify FILE --run-examples says what was expected and what came"},
    {"name_confusable", "compare the fingerprint with the publisher's own before you trust him"},
    {"capability_diff", "read what is new before you promote it"},
    {"publisher_continuity", "palyra trust list says which keys are the publisher's today"},
    {"release_age", "wait, or promote it yourself: min_release_age_hours is for updates"},
});

// As people want to read them.
constexpr std::array kOrder{AuditStatus::kFail, AuditStatus::kWarn, AuditStatus::kNotRun, AuditStatus::kPass};

std::string_view advice_for(const AuditCheck& check) {
  if (check.status != AuditStatus::kFail && check.status != AuditStatus::kWarn) return {};
  const auto found = std::ranges::find(kAdvice, check.check_id, &Advice::check_id);
  return found == kAdvice.end() ? std::string_view() : found->text;
}

std::string line_of(const AuditCheck& check, std::size_t width) {
  std::string text =
      fmt::format("  {:<7}  {:<{}}  {}\n", skills::to_text(check.status), check.check_id, width, shown(check.message));
  const std::string_view advice = advice_for(check);
  if (!advice.empty()) text += fmt::format("  {:<7}  {:<{}}  next: {}\n", "", "", width, advice);
  return text;
}

Json check_json(const AuditCheck& check) {
  Json json(Json::Object{{"check_id", check.check_id},
                         {"status", skills::to_text(check.status)},
                         {"severity", skills::to_text(check.severity())},
                         {"message", check.message}});
  if (!check.details.is_null()) json.set("details", check.details);
  return json;
}

}  // namespace

Json audit_json(const skills::AuditReport& report) {
  Json::Array checks;
  for (const AuditCheck& check : report.checks) checks.push_back(check_json(check));
  return Json::Object{
      {"status", skills::to_text(report.status())}, {"passed", report.passed()}, {"checks", std::move(checks)}};
}

std::string audit_text(const skills::AuditReport& report, AuditDetail detail) {
  std::size_t width = 0;
  for (const AuditCheck& check : report.checks) width = std::max(width, check.check_id.size());
  std::string text;
  for (const AuditStatus status : kOrder) {
    if (status == AuditStatus::kPass && detail == AuditDetail::kFindings) continue;
    for (const AuditCheck& check : report.checks) {
      if (check.status == status) text += line_of(check, width);
    }
  }
  if (detail == AuditDetail::kAll) return text;
  return text + fmt::format("  {:<7}  {} checks\n", skills::to_text(AuditStatus::kPass),
                            report.ids_with(AuditStatus::kPass).size());
}

}  // namespace palyra::cli
