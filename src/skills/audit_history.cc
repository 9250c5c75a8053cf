// SPDX-License-Identifier: Apache-2.0
#include "audit_checks.h"

#include <palyra/base/utf8.h>
#include <palyra/skills/confusable_names.h>

#include <algorithm>

namespace palyra::skills {
namespace {

constexpr std::int64_t kSecondsPerHour = 3'600;
constexpr std::string_view kConfusable = "name_confusable";
constexpr std::string_view kDiff = "capability_diff";
constexpr std::string_view kContinuity = "publisher_continuity";
constexpr std::string_view kAge = "release_age";

AuditCheck name_confusable(const AuditRequest& request) {
  if (!request.verification->signers || !request.verification->document) {
    return audit_not_run(kConfusable, stop_reason(*request.verification));
  }
  if (request.installed.publishers.empty()) return audit_not_run(kConfusable, "no name is known here to compare with");
  const std::string& publisher = request.verification->document->statement.identity.publisher;
  const auto alike = find_confusable(publisher, request.installed.publishers);
  if (!alike) return audit_pass(kConfusable, "the publisher's name looks like no other that is known here");
  return audit_warning(
      kConfusable,
      fmt::format("the publisher '{}' looks like '{}', who is known here", printable(publisher), printable(*alike)),
      Json::Object{{"known", *alike}});
}

Json::Array texts_of(const std::vector<capability::Capability>& capabilities) {
  Json::Array texts;
  for (const capability::Capability& each : capabilities) texts.emplace_back(capability::canonical_text(each));
  return texts;
}

// Silence is the worse of two: a tool that says nothing may write and may destroy.
void add_eased(std::vector<std::string>& eased, const SkillTool& before, const SkillTool& after) {
  const auto add = [&](bool was_careful, bool is_careful, std::string_view what) {
    if (was_careful && !is_careful) eased.push_back(fmt::format("{} {}", after.id, what));
  };
  add(before.requires_approval, after.requires_approval, "waits for no approval any more");
  add(before.default_sensitive, after.default_sensitive, "is not sensitive any more");
  add(before.hints.destructive.value_or(true), after.hints.destructive.value_or(true), "calls itself harmless now");
  add(!before.hints.read_only.value_or(false), !after.hints.read_only.value_or(false), "calls itself read-only now");
}

// Tools that promise less care than before, and those that nobody has met, unless each call of theirs asks a person.
std::vector<std::string> eased_tools(const SkillManifest& before, const SkillManifest& after) {
  std::vector<std::string> eased;
  for (const SkillTool& tool : after.tools) {
    const SkillTool* old_tool = before.find_tool(tool.id);
    if (old_tool != nullptr) {
      add_eased(eased, *old_tool, tool);
    } else if (!tool.requires_approval) {
      eased.push_back(tool.id + " is a new tool");
    }
  }
  return eased;
}

// What the host gives where nothing is asked is not known here, and may be more or less than what was asked.
void add_raised(std::vector<std::string>& raised, std::string_view name, const std::optional<std::int64_t>& before,
                const std::optional<std::int64_t>& after) {
  if (after && (!before || *after > *before)) raised.push_back(fmt::format("{} {}", name, *after));
  if (before && !after) raised.push_back(fmt::format("{} of the host instead of {}", name, *before));
}

std::vector<std::string> raised_limits(const AskedLimits& before, const AskedLimits& after) {
  std::vector<std::string> raised;
  add_raised(raised, "fuel_budget", before.fuel_budget, after.fuel_budget);
  add_raised(raised, "wall_clock_timeout_ms", before.wall_clock_timeout_ms, after.wall_clock_timeout_ms);
  add_raised(raised, "max_memory_bytes", before.max_memory_bytes, after.max_memory_bytes);
  return raised;
}

AuditCheck compare(const SkillManifest& before, const SkillManifest& after) {
  const capability::GrantDiff diff = capability::diff(before.capabilities, after.capabilities);
  std::vector<std::string> wider;
  wider.reserve(diff.added.size());
  for (const capability::Capability& each : diff.added) wider.push_back(capability::canonical_text(each));
  for (std::string& each : eased_tools(before, after)) wider.push_back(std::move(each));
  for (std::string& each : raised_limits(before.limits, after.limits)) wider.push_back(std::move(each));
  const std::string version = before.identity.version.to_text();
  Json details(
      Json::Object{{"active_version", version}, {"added", texts_of(diff.added)}, {"removed", texts_of(diff.removed)}});
  if (wider.empty()) {
    return audit_pass(kDiff, fmt::format("it asks for no more than {}, which runs now", version), std::move(details));
  }
  return audit_warning(kDiff, fmt::format("against {}, which runs now, it widens: {}", version, name_some(wider)),
                       std::move(details));
}

// Why there is nothing to compare with, or nothing.
std::optional<std::string> incomparable(const AuditRequest& request) {
  const Verification& verification = *request.verification;
  if (!verification.manifest || !verification.signers) return stop_reason(verification);
  if (!request.installed.active) return request.installed.no_active;
  if (request.installed.active->content_root == verification.artifact->content_root()) return "this is what runs now";
  return std::nullopt;
}

std::vector<std::string> without(const std::vector<crypto::PublicKey>& keys,
                                 const std::vector<crypto::PublicKey>& others) {
  std::vector<std::string> fingerprints;
  for (const crypto::PublicKey& key : keys) {
    if (std::ranges::find(others, key) == others.end()) fingerprints.push_back(crypto::fingerprint(key));
  }
  return fingerprints;
}

Json::Array to_array(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

AuditCheck publisher_continuity(const ActiveFacts& active, const Verification& verification) {
  const std::string& before = active.manifest->identity.publisher;
  const std::string& after = verification.manifest->identity.publisher;
  if (before != after) {
    return audit_failure(kContinuity,
                         fmt::format("what runs now is of '{}', this is of '{}'", printable(before), printable(after)));
  }
  const std::vector<std::string> added = without(*verification.signers, active.signers);
  const std::vector<std::string> gone = without(active.signers, *verification.signers);
  if (added.empty() && gone.empty()) return audit_pass(kContinuity, "signed by the same keys as what runs now");
  Json details(Json::Object{{"added", to_array(added)}, {"gone", to_array(gone)}});
  std::string text = "the keys are others than those of what runs now";
  if (!added.empty()) text += "; new: " + name_some(added);
  if (!gone.empty()) text += "; gone: " + name_some(gone);
  return audit_warning(kContinuity, std::move(text), std::move(details));
}

// Counts for updates: of something new, somebody else's experience is no less missing, but nobody chose it unawares.
AuditCheck release_age(const AuditRequest& request) {
  const InstalledFacts& installed = request.installed;
  if (installed.active_unreadable) return audit_not_run(kAge, installed.no_active);
  if (!installed.first_seen) return audit_not_run(kAge, "this content was never installed here");
  const std::int64_t hours = (installed.now.seconds - installed.first_seen->seconds) / kSecondsPerHour;
  Json details(Json::Object{{"first_seen", to_text(*installed.first_seen)}, {"hours", hours}});
  const std::string seen = fmt::format("first seen here {} hours ago", hours);
  const std::int64_t wanted = request.policy.min_release_age_hours;
  const bool update = installed.active && request.verification->artifact &&
                      installed.active->content_root != request.verification->artifact->content_root();
  if (!update) return audit_pass(kAge, seen + "; it replaces nothing that runs", std::move(details));
  if (hours >= wanted) return audit_pass(kAge, seen, std::move(details));
  return audit_warning(kAge, fmt::format("{}, the policy wants {} before an update", seen, wanted), std::move(details));
}

}  // namespace

void audit_history(const AuditRequest& request, AuditChecks& checks) {
  checks.push_back(name_confusable(request));
  if (const auto why = incomparable(request)) {
    checks.push_back(audit_not_run(kDiff, *why));
    checks.push_back(audit_not_run(kContinuity, *why));
  } else {
    checks.push_back(compare(*request.installed.active->manifest, *request.verification->manifest));
    checks.push_back(publisher_continuity(*request.installed.active, *request.verification));
  }
  checks.push_back(release_age(request));
}

}  // namespace palyra::skills
