// SPDX-License-Identifier: Apache-2.0
#include "audit_checks.h"
#include "description_hygiene.h"

#include <palyra/base/utf8.h>

#include <algorithm>
#include <array>

namespace palyra::skills {
namespace {

using capability::Capability;
using capability::CapabilityClass;

Json::Array texts_of(std::span<const Capability> capabilities) {
  Json::Array texts;
  for (const Capability& each : capabilities) texts.emplace_back(capability::canonical_text(each));
  return texts;
}

AuditCheck scopes(const SkillManifest& manifest, std::string_view id, CapabilityClass cls) {
  const auto asked = manifest.capabilities.of(cls);
  if (asked.empty()) return audit_pass(id, "it asks for none");
  return audit_pass(id, fmt::format("it asks for {}", asked.size()), Json::Object{{"asked", texts_of(asked)}});
}

// Legible on the way, or in the logs of every server on it.
AuditCheck http_scopes(const SkillManifest& manifest) {
  constexpr std::string_view kId = "manifest_http_egress_scopes";
  std::vector<std::string> risky;
  for (const Capability& each : manifest.capabilities.of(CapabilityClass::kHttp)) {
    const auto& rule = std::get<capability::HttpRule>(each);
    const bool in_query = rule.secret && rule.secret->placement.starts_with("query:");
    if (rule.scheme == capability::HttpScheme::kHttp)
      risky.push_back(capability::canonical_text(each) + " without TLS");
    if (in_query) risky.push_back(capability::canonical_text(each) + " with a secret in the query");
  }
  AuditCheck check = scopes(manifest, kId, CapabilityClass::kHttp);
  if (risky.empty()) return check;
  return audit_warning(kId, name_some(risky), std::move(check.details));
}

// What no grant gives, and what the policy thinks of asking for it.
AuditCheck forbidden(std::string_view id, const std::vector<std::string>& asked, bool allowed) {
  if (asked.empty()) return audit_pass(id, "it asks for none");
  if (allowed) return audit_pass(id, "the policy lets it ask, and no grant gives it: " + name_some(asked));
  return audit_failure(id, "it asks for what the policy forbids: " + name_some(asked));
}

AuditCheck forbidden_devices(const SkillManifest& manifest, const AuditPolicy& policy) {
  std::vector<std::string> asked;
  for (const UngrantableAsk& ask : manifest.ungrantable) {
    if (ask.capability != OlderCapability::kDevice && ask.capability != OlderCapability::kNode) continue;
    asked.push_back(fmt::format("{} {}", to_text(ask.capability), ask.text));
  }
  return forbidden("forbidden_device_capabilities", asked, policy.allow_device_capabilities);
}

// The switch alone is enough: nobody throws it for nothing.
AuditCheck forbidden_wildcards(const SkillManifest& manifest, const AuditPolicy& policy) {
  std::vector<std::string> asked;
  asked.reserve(manifest.wildcard_opt_in.size() + manifest.ungrantable.size());
  for (const OlderCapability each : manifest.wildcard_opt_in) {
    asked.push_back(fmt::format("wildcard_opt_in.{}", to_text(each)));
  }
  for (const UngrantableAsk& ask : manifest.ungrantable) {
    if (ask.is_wildcard()) asked.push_back(fmt::format("{} {}", to_text(ask.capability), ask.text));
  }
  return forbidden("forbidden_wildcard_capabilities", asked, policy.allow_wildcard_capabilities);
}

AuditCheck grants_per_class(const SkillManifest& manifest, const AuditPolicy& policy) {
  constexpr std::string_view kId = "grants_per_class_limit";
  std::vector<std::string> over;
  for (const CapabilityClass cls : {CapabilityClass::kHttp, CapabilityClass::kSecret, CapabilityClass::kStorage,
                                    CapabilityClass::kChannel, CapabilityClass::kFilesystem}) {
    const std::size_t count = manifest.capabilities.count(cls);
    if (std::cmp_greater(count, policy.max_grants_per_class)) {
      over.push_back(fmt::format("{} of class {}", count, capability::to_text(cls)));
    }
  }
  if (over.empty()) return audit_pass(kId, fmt::format("at most {} of each class", policy.max_grants_per_class));
  return audit_failure(kId, fmt::format("it asks for more than {}, the policy's limit of a class: {}",
                                        policy.max_grants_per_class, name_some(over)));
}

std::vector<std::string> lines_of(const std::vector<TextFinding>& findings) {
  std::vector<std::string> lines;
  lines.reserve(findings.size());
  for (const TextFinding& each : findings) lines.push_back(fmt::format("{} has '{}'", each.where, each.what));
  return lines;
}

AuditCheck description_hygiene(const SkillManifest& manifest) {
  constexpr std::string_view kId = "description_hygiene";
  const TextFindings found = find_in_texts(manifest);
  if (!found.hidden.empty()) {
    return audit_failure(kId, "characters that hide something: " + name_some(lines_of(found.hidden)));
  }
  if (!found.addresses.empty()) {
    return audit_warning(kId, "words that seem meant for the model: " + name_some(lines_of(found.addresses)));
  }
  return audit_pass(kId, "no text hides a character or speaks to the model");
}

}  // namespace

void audit_manifest(const AuditRequest& request, AuditChecks& checks) {
  if (!request.verification->manifest) {
    for (const std::string_view id :
         {"manifest_filesystem_scopes", "manifest_http_egress_scopes", "manifest_secret_scopes",
          "forbidden_device_capabilities", "forbidden_wildcard_capabilities", "grants_per_class_limit",
          "description_hygiene"}) {
      checks.push_back(audit_not_run(id, stop_reason(*request.verification)));
    }
    return;
  }
  const SkillManifest& manifest = *request.verification->manifest;
  for (const ManifestWarning& warning : manifest.warnings) {
    checks.push_back(audit_warning(fmt::format("manifest_warning:{}", warning.id), warning.sentence));
  }
  checks.push_back(scopes(manifest, "manifest_filesystem_scopes", CapabilityClass::kFilesystem));
  checks.push_back(http_scopes(manifest));
  checks.push_back(scopes(manifest, "manifest_secret_scopes", CapabilityClass::kSecret));
  checks.push_back(forbidden_devices(manifest, request.policy));
  checks.push_back(forbidden_wildcards(manifest, request.policy));
  checks.push_back(grants_per_class(manifest, request.policy));
  checks.push_back(description_hygiene(manifest));
}

}  // namespace palyra::skills
