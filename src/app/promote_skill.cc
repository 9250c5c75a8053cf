// SPDX-License-Identifier: Apache-2.0
#include "allow_addresses.h"
#include "map_roots.h"
#include "promotion_steps.h"

#include <palyra/app/audit_skill.h>
#include <palyra/app/module_source.h>
#include <palyra/app/promote_skill.h>
#include <palyra/app/skill_selector.h>
#include <palyra/app/skill_settings.h>
#include <palyra/app/verify_artifact.h>
#include <palyra/base/check.h>
#include <palyra/base/utf8.h>

#include <algorithm>

namespace palyra::app {
namespace {

using capability::Capability;
using capability::CapabilityGrantSet;
using state::VersionStatus;

bool is_active(const state::InstalledVersion& version) { return version.status == VersionStatus::kActive; }

// One that waits, or else the active one, whose grants are decided about again; another only when it is named, and so
// is one that waits and is older than the active one.
Result<state::InstalledVersion> select_to_promote(const state::StateStore& store, const std::string& selector) {
  const auto active = select_version(store, selector, is_active);
  auto waiting = select_version(store, selector, waits);
  if (waiting && active) return is_newer(*active, *waiting) ? active : waiting;
  if (waiting || !waiting.error().is(state::kSkillNotInstalled)) return waiting;
  return active ? active : select_version(store, selector);
}

Result<> check_wildcards(const skills::SkillManifest& manifest) {
  const auto wildcard = std::ranges::find_if(manifest.ungrantable, &skills::UngrantableAsk::is_wildcard);
  if (wildcard == manifest.ungrantable.end()) return {};
  return fail(kPromoteWildcard, "the manifest asks for {} \"{}\", and a wildcard is never granted",
              skills::to_text(wildcard->capability), wildcard->text);
}

std::unexpected<Error> unknown_capability(const CapabilityGrantSet& asked, const std::string& text) {
  Error error(kPromoteUnknownCapability, fmt::format("the manifest does not ask for '{}'", printable(text)));
  for (const Capability& each : asked.to_list()) {
    error = std::move(error).with_next(fmt::format("it asks for '{}'", printable(canonical_text(each))));
  }
  return std::unexpected(std::move(error));
}

Result<> check_known(const CapabilityGrantSet& asked, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    if (asked.find(text) == nullptr) {
      return unknown_capability(asked, text);
    }
  }
  return {};
}

Result<> check_count(const Services& services, const CapabilityGrantSet& grants) {
  const auto limit = static_cast<std::size_t>(services.config.max_grants_per_class);
  for (std::size_t i = 0; i < capability::kCapabilityClasses; ++i) {
    const auto cls = static_cast<capability::CapabilityClass>(i);
    if (grants.count(cls) <= limit) continue;
    return fail(capability::kTooManyGrants, "{} grants of class {}, limit {} (policy.max_grants_per_class)",
                grants.count(cls), capability::to_text(cls), limit);
  }
  return {};
}

Result<CapabilityGrantSet> choose_grants(const CapabilityGrantSet& asked, const PlanPromotionRequest& request) {
  PALYRA_TRY(check_known(asked, request.only));
  PALYRA_TRY(check_known(asked, request.deny));
  std::vector<Capability> chosen = asked.to_list();
  std::erase_if(chosen, [&](const Capability& capability) {
    const std::string text = capability::canonical_text(capability);
    const bool left_out = !request.only.empty() && std::ranges::find(request.only, text) == request.only.end();
    return left_out || std::ranges::find(request.deny, text) != request.deny.end();
  });
  return CapabilityGrantSet::create(std::move(chosen));
}

skills::Verification verify(const Services& services, const PromotionPlan& plan, const skills::SkillTrustStore& trust,
                            const skills::TrustPolicy& policy) {
  const Activity activity(services.activities, "verifying " + printable(plan.version.artifact.skill_id));
  return verify_artifact(services, plan.file.view(), trust, policy);
}

}  // namespace

std::string way_back(const state::InstalledVersion& version) {
  const std::string name = printable(version.artifact.skill_id + "@" + version.artifact.version);
  if (version.status == VersionStatus::kRevoked) return "install another version: what is revoked never runs again";
  const std::string_view command = version.status == VersionStatus::kDisabled ? "enable" : "promote";
  return fmt::format("palyra skills {} {}", command, name);
}

Result<> compile_modules(const Services& services, const skills::Artifact& artifact) {
  const runtime::ModuleCompiler* compiler = PALYRA_TRY(services.engine.compiler());
  for (const skills::ArtifactEntry& entry : artifact.entries()) {
    if (!entry.name.starts_with(skills::kModuleFolder)) continue;
    const Activity activity(services.activities, "compiling " + printable(entry.name));
    PALYRA_TRY(compiler->compile(entry.bytes), "while compiling " + printable(entry.name));
  }
  return {};
}

Result<PromotionPlan> plan_promotion(const Services& services, const PlanPromotionRequest& request) {
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  state::InstalledVersion version = PALYRA_TRY(select_to_promote(store, request.selector));
  crypto::HashedBytes file = PALYRA_TRY(store.load_object(version.artifact.sha256));
  const skills::SkillTrustStore trust = PALYRA_TRY(store.trust());
  PromotionPlan plan{.version = std::move(version),
                     .file = std::move(file),
                     .verification = {},
                     .examples = {},
                     .trust_generation = trust.generation(),
                     .grants = {},
                     .replaces = {},
                     .difference = {},
                     .downgrade = request.downgrade};
  // What runs is no step back, also where a newer one ran before it.
  if (is_active(plan.version)) plan.downgrade = skills::Downgrade::kAllow;
  plan.verification = verify(
      services, plan, trust,
      {.unknown_publisher = skills::UnknownPublisher::kReport, .pin_fingerprint = {}, .downgrade = plan.downgrade});
  if (plan.verification.error) return std::unexpected(*plan.verification.error);
  PALYRA_CHECK(plan.verification.manifest != nullptr);
  PALYRA_TRY(check_host_compatibility(plan.manifest()));
  PALYRA_TRY(check_wildcards(plan.manifest()));
  plan.grants = PALYRA_TRY(choose_grants(plan.manifest().capabilities, request));
  PALYRA_TRY(check_count(services, plan.grants));
  plan.replaces = PALYRA_TRY(find_active_of(store, plan.manifest().identity.skill_id));
  plan.difference = capability::diff(plan.replaces ? plan.replaces->grants : CapabilityGrantSet(), plan.grants);
  const state::InstalledVersion before = plan.replaces.value_or(state::InstalledVersion());
  plan.roots = PALYRA_TRY(map_roots(services, plan.grants, before.roots, request.map_root));
  plan.addresses = PALYRA_TRY(allow_addresses(plan.grants, before.addresses, request.allow_address));
  plan.missing_settings = missing_settings(plan.manifest(), plan.version.settings);
  plan.examples = PALYRA_TRY(run_examples(services, plan.verification));
  const skills::AuditPolicy policy = PALYRA_TRY(load_audit_policy(services, std::nullopt));
  plan.audit = PALYRA_TRY(audit_verified(
      services, &store, {.verification = &plan.verification, .version = &plan.version, .examples = &plan.examples},
      policy));
  return plan;
}

Result<state::InstalledVersion> promote_skill(const Services& services, const PromotionPlan& plan,
                                              const PromotionConsent& consent) {
  PALYRA_TRY(check_consent(services, consent.form, "promoting"));
  return commit_promotion(services, plan, {.pin_fingerprint = consent.pin_fingerprint, .reason = {}});
}

Result<state::InstalledVersion> commit_promotion(const Services& services, const PromotionPlan& plan,
                                                 const CommitTerms& terms) {
  PALYRA_TRY(check_examples(plan.examples));
  PALYRA_TRY(skills::check_audit(plan.audit));
  state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  const skills::SkillTrustStore trust = PALYRA_TRY(store.trust());
  const skills::Verification verification = verify(
      services, plan, trust,
      {.unknown_publisher = terms.pin_fingerprint ? skills::UnknownPublisher::kPin : skills::UnknownPublisher::kRefuse,
       .pin_fingerprint = terms.pin_fingerprint,
       .downgrade = plan.downgrade});
  if (verification.error) return std::unexpected(*verification.error);
  PALYRA_CHECK(verification.skill.has_value());
  if (trust.generation() != plan.trust_generation) {
    return fail(state::kStateChanged, "whom this installation trusts has changed since the plan was made");
  }
  PALYRA_TRY(compile_modules(services, verification.skill->artifact()));
  return store.promote({.skill = &*verification.skill,
                        .trust_generation = plan.trust_generation,
                        .version_generation = plan.version.generation,
                        .replaces = state::ActiveVersion::of(plan.replaces),
                        .grants = plan.grants,
                        .roots = plan.roots,
                        .addresses = plan.addresses,
                        .reason = terms.reason});
}

}  // namespace palyra::app
