// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/audit.h"

#include "audit_checks.h"

#include <palyra/base/check.h>
#include <palyra/base/utf8.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace palyra::skills {
namespace {

constexpr std::size_t kMaxNamed = 5;
constexpr std::string_view kWarningPrefix = "manifest_warning:";

constexpr auto kIds = std::to_array<std::string_view>({
    "signature_validity",
    "sbom_presence",
    "sbom_matches_content",
    "provenance_presence",
    "provenance_subject_matches",
    "manifest_sanity",
    "schema_compiles",
    "manifest_filesystem_scopes",
    "manifest_http_egress_scopes",
    "manifest_secret_scopes",
    "forbidden_device_capabilities",
    "forbidden_wildcard_capabilities",
    "grants_per_class_limit",
    "description_hygiene",
    "wasm_module_presence",
    "wasm_module_size_limit",
    "wasm_module_validation",
    "wasm_imports_known",
    "tool_exports_present",
    "wasm_memory_within_quota",
    "wasm_exported_function_limit",
    "wasm_wasi_filesystem_imports",
    "wasm_imports_granted",
    "capabilities_unused",
    "wasm_start_function",
    "examples_pass",
    "name_confusable",
    "capability_diff",
    "publisher_continuity",
    "release_age",
    "vulnerability_feed_hook",
});

// A warning of the manifest stands behind the check of the manifest itself.
std::size_t place_of(const AuditCheck& check) {
  std::string_view id = check.check_id;
  if (id.starts_with(kWarningPrefix)) id = "manifest_sanity";
  return static_cast<std::size_t>(std::ranges::find(kIds, id) - kIds.begin());
}

AuditChecks in_order(const AuditChecks& checks) {
  AuditChecks ordered;
  ordered.reserve(checks.size());
  for (std::size_t place = 0; place < kIds.size(); ++place) {
    std::ranges::copy_if(checks, std::back_inserter(ordered),
                         [place](const AuditCheck& check) { return place_of(check) == place; });
  }
  return ordered;
}

bool has(const AuditReport& report, AuditStatus status) {
  return std::ranges::find(report.checks, status, &AuditCheck::status) != report.checks.end();
}

// Every verdict of a stage is there, so every artifact was looked at to its end.
bool is_finished(const AuditReport& report) {
  constexpr auto kNeeded =
      std::to_array<std::string_view>({"signature_validity", "sbom_presence", "provenance_presence", "manifest_sanity",
                                       "wasm_module_size_limit", "wasm_module_validation", "wasm_imports_known"});
  return std::ranges::all_of(kNeeded, [&](std::string_view id) {
    const auto found = std::ranges::find(report.checks, id, &AuditCheck::check_id);
    return found != report.checks.end() && found->status != AuditStatus::kNotRun;
  });
}

AuditCheck make(std::string_view id, AuditStatus status, std::string message, Json details) {
  return {.check_id = std::string(id), .status = status, .message = std::move(message), .details = std::move(details)};
}

}  // namespace

AuditCheck audit_pass(std::string_view id, std::string message, Json details) {
  return make(id, AuditStatus::kPass, std::move(message), std::move(details));
}
AuditCheck audit_warning(std::string_view id, std::string message, Json details) {
  return make(id, AuditStatus::kWarn, std::move(message), std::move(details));
}
AuditCheck audit_failure(std::string_view id, std::string message, Json details) {
  return make(id, AuditStatus::kFail, std::move(message), std::move(details));
}
AuditCheck audit_not_run(std::string_view id, std::string why) {
  return make(id, AuditStatus::kNotRun, std::move(why), {});
}

std::string stop_reason(const Verification& verification) {
  if (!verification.failed_stage) return "verification did not come so far";
  return fmt::format("verification stopped at {}: {}", to_text(*verification.failed_stage),
                     verification.error->code().id);
}

std::string name_some(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMaxNamed; ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : ", ", printable(names[i]));
  }
  if (names.size() > kMaxNamed) text += fmt::format(" and {} more", names.size() - kMaxNamed);
  return text;
}

std::string_view to_text(AuditStatus status) {
  switch (status) {
    case AuditStatus::kNotRun:
      return "not_run";
    case AuditStatus::kPass:
      return "pass";
    case AuditStatus::kWarn:
      return "warn";
    case AuditStatus::kFail:
      return "fail";
  }
  PALYRA_CHECK(false);
}

std::string_view to_text(AuditSeverity severity) {
  switch (severity) {
    case AuditSeverity::kInfo:
      return "info";
    case AuditSeverity::kWarning:
      return "warning";
    case AuditSeverity::kError:
      return "error";
  }
  PALYRA_CHECK(false);
}

AuditSeverity AuditCheck::severity() const {
  if (status == AuditStatus::kFail) return AuditSeverity::kError;
  return status == AuditStatus::kWarn ? AuditSeverity::kWarning : AuditSeverity::kInfo;
}

AuditStatus AuditReport::status() const {
  if (has(*this, AuditStatus::kFail)) return AuditStatus::kFail;
  if (!is_finished(*this)) return AuditStatus::kNotRun;
  return has(*this, AuditStatus::kWarn) ? AuditStatus::kWarn : AuditStatus::kPass;
}

std::vector<std::string> AuditReport::ids_with(AuditStatus status) const {
  std::vector<std::string> ids;
  for (const AuditCheck& check : checks) {
    if (check.status == status) ids.push_back(check.check_id);
  }
  return ids;
}

std::span<const std::string_view> audit_check_ids() { return kIds; }

AuditReport audit_skill_artifact_security(const AuditRequest& request) {
  PALYRA_CHECK(request.verification != nullptr);
  AuditChecks checks;
  audit_stages(request, checks);
  audit_manifest(request, checks);
  audit_modules(request, checks);
  audit_history(request, checks);
  return {.checks = in_order(checks)};
}

Result<> check_audit(const AuditReport& report) {
  if (report.passed()) return {};
  if (report.status() == AuditStatus::kNotRun) {
    return fail(kAuditNotRun, "the audit could not be finished: {}", name_some(report.ids_with(AuditStatus::kNotRun)));
  }
  Error error(kAuditFailed, "the audit fails: " + name_some(report.ids_with(AuditStatus::kFail)));
  for (const AuditCheck& check : report.checks) {
    if (check.status != AuditStatus::kFail) continue;
    error = std::move(error).with_context(fmt::format("{}: {}", check.check_id, check.message));
  }
  return std::unexpected(std::move(error));
}

}  // namespace palyra::skills
