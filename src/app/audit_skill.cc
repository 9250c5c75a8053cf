// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/audit_skill.h>
#include <palyra/app/module_source.h>
#include <palyra/app/skill_selector.h>
#include <palyra/app/verify_artifact.h>
#include <palyra/base/file.h>
#include <palyra/base/utf8.h>

#include <algorithm>

namespace palyra::app {
namespace {

using state::InstalledVersion;
using state::StateStore;

std::string name_of(const InstalledVersion& version) {
  return version.artifact.skill_id.empty() ? crypto::to_hex(version.content_root())
                                           : version.artifact.skill_id + "@" + version.artifact.version;
}

// Reads no module: for what stands before admission.
class NoModules final : public skills::ModuleInspector {
 public:
  [[nodiscard]] Result<capability::ModuleFacts> describe(BytesView /*wasm*/) const override {
    return fail(skills::kAdmissionTooCostly, "not looked at");
  }
};

// Of what runs now: its manifest as it was promoted, its signers from its file, whatever trust says of them today.
Result<skills::ActiveFacts> facts_of(const Services& services, const StateStore& store,
                                     const InstalledVersion& active) {
  const SkillObjects objects = PALYRA_TRY(SkillObjects::load(store, active));
  skills::SkillManifest manifest = PALYRA_TRY(read_manifest(services, objects));
  const crypto::HashedBytes file = PALYRA_TRY(store.load_object(active.artifact.sha256));
  const skills::SkillTrustStore trust = PALYRA_TRY(store.trust());
  const NoModules modules;
  const skills::Verification verification = skills::verify_skill_artifact({.file = file.view(),
                                                                           .trust = &trust,
                                                                           .schemas = &services.schemas,
                                                                           .modules = &modules,
                                                                           .now = services.clock.wall_seconds(),
                                                                           .policy = look_only()});
  if (!verification.signers) return std::unexpected(*verification.error);
  return skills::ActiveFacts{.content_root = active.content_root(),
                             .manifest = std::make_shared<const skills::SkillManifest>(std::move(manifest)),
                             .signers = *verification.signers};
}

Result<> add_active(const Services& services, const StateStore& store, const std::string& skill_id,
                    skills::InstalledFacts& facts) {
  const std::optional<InstalledVersion> active = PALYRA_TRY(find_active_of(store, skill_id));
  if (!active) return {};
  auto found = facts_of(services, store, *active);
  if (found) {
    facts.active = *std::move(found);
  } else {
    facts.active_unreadable = true;
    facts.no_active = "what runs now cannot be read: " + found.error().message();
  }
  return {};
}

Result<skills::InstalledFacts> gather_facts(const Services& services, const StateStore* store,
                                            const AuditSubject& subject) {
  skills::InstalledFacts facts{.active = {},
                               .no_active = "no version of it runs here",
                               .active_unreadable = false,
                               .publishers = {},
                               .first_seen = {},
                               .now = services.clock.wall_seconds()};
  if (subject.version != nullptr) facts.first_seen = subject.version->first_seen;
  if (store == nullptr) return facts;
  const skills::SkillTrustStore trust = PALYRA_TRY(store->trust());
  facts.publishers = skills::known_publishers(trust);
  if (subject.verification->document) {
    const std::string& skill_id = subject.verification->document->statement.identity.skill_id;
    PALYRA_TRY(add_active(services, *store, skill_id, facts));
  }
  return facts;
}

skills::ExampleFacts count(const ExampleReport& report) {
  skills::ExampleFacts facts;
  for (const ExampleResult& result : report.results) {
    const bool out_of_time = result.cause == NotRunCause::kOutOfTime;
    if (result.status == ExampleStatus::kPass) {
      ++facts.passed;
    } else if (result.status == ExampleStatus::kFail || out_of_time) {
      ++facts.failed;
    } else {
      ++facts.not_run;
    }
  }
  return facts;
}

Result<skills::AuditReport> audit_bytes(const Services& services, const StateStore* store, BytesView file,
                                        const AuditSubject& subject, const skills::AuditPolicy& policy) {
  const skills::SkillTrustStore trust = store == nullptr ? skills::SkillTrustStore() : PALYRA_TRY(store->trust());
  skills::TrustPolicy look = look_only();
  // An older version that may run again was promoted once: that it is older is no finding.
  if (subject.version != nullptr && may_run_again(subject.version->status)) look.downgrade = skills::Downgrade::kAllow;
  const skills::Verification verification = verify_artifact(services, file, trust, look);
  if (is_unjudged(verification)) return std::unexpected(*verification.error);
  std::optional<ExampleReport> examples;
  if (!verification.error) examples = PALYRA_TRY(run_examples(services, verification));
  return audit_verified(
      services, store,
      {.verification = &verification, .version = subject.version, .examples = examples ? &*examples : nullptr}, policy);
}

Result<skills::AuditReport> audit_version(const Services& services, const StateStore& store,
                                          const InstalledVersion& version, const skills::AuditPolicy& policy) {
  const Activity activity(services.activities, "auditing " + printable(name_of(version)));
  const crypto::HashedBytes file = PALYRA_TRY(store.load_object(version.artifact.sha256));
  return audit_bytes(services, &store, file.view(), {.verification = {}, .version = &version, .examples = {}}, policy);
}

Result<AuditedSkill> audit_file(const Services& services, const std::string& path, const skills::AuditPolicy& policy) {
  const Activity activity(services.activities, "auditing " + printable(path));
  const Bytes file = PALYRA_TRY(read_file(path, skills::kMaxArtifactBytes));
  AuditedSkill audited{.name = path, .version = {}, .report = {}, .error = {}};
  const auto store = StateStore::open(services.state);
  if (!store && !store.error().is(state::kNotInitialised)) return std::unexpected(store.error());
  std::optional<InstalledVersion> seen;
  if (store) {
    const std::vector<InstalledVersion> versions = PALYRA_TRY(store->versions());
    const auto same = std::ranges::find(versions, crypto::sha256(file),
                                        [](const InstalledVersion& each) { return each.artifact.sha256; });
    if (same != versions.end()) seen = *same;
  }
  audited.report =
      PALYRA_TRY(audit_bytes(services, store ? &*store : nullptr, file,
                             {.verification = {}, .version = seen ? &*seen : nullptr, .examples = {}}, policy));
  return audited;
}

std::string reason_of(const skills::AuditReport& report) {
  std::string reason = "the audit failed:";
  for (const std::string& id : report.ids_with(skills::AuditStatus::kFail)) reason += " " + id;
  return reason;
}

}  // namespace

bool names_a_file(const std::string& selector) {
  return selector.ends_with(".palyra-skill") || selector.find('/') != std::string::npos;
}

Result<skills::AuditPolicy> load_audit_policy(const Services& services, const std::optional<std::string>& file) {
  skills::AuditPolicy defaults;
  defaults.max_grants_per_class = services.config.max_grants_per_class;
  defaults.min_release_age_hours = services.config.min_release_age_hours;
  const std::string path = file.value_or(services.config.audit_file);
  if (path.empty()) return defaults;
  const std::string where = fmt::format("while reading the audit policy '{}'", printable(path));
  const Bytes document = PALYRA_TRY(read_file(path, skills::kMaxAuditPolicyBytes), where);
  return PALYRA_TRY(skills::parse_audit_policy(document, defaults), where);
}

Result<skills::AuditReport> audit_verified(const Services& services, const StateStore* store,
                                           const AuditSubject& subject, const skills::AuditPolicy& policy) {
  return skills::audit_skill_artifact_security(
      {.verification = subject.verification,
       .policy = policy,
       .installed = PALYRA_TRY(gather_facts(services, store, subject)),
       .examples = subject.examples == nullptr ? std::nullopt : std::optional(count(*subject.examples))});
}

Result<AuditedSkill> audit_skill(const Services& services, const std::string& selector,
                                 const skills::AuditPolicy& policy) {
  if (names_a_file(selector)) return audit_file(services, selector, policy);
  const StateStore store = PALYRA_TRY(StateStore::open(services.state));
  const InstalledVersion version = PALYRA_TRY(select_version(store, selector));
  AuditedSkill audited{.name = name_of(version), .version = version, .report = {}, .error = {}};
  audited.report = PALYRA_TRY(audit_version(services, store, version, policy));
  return audited;
}

Result<std::vector<AuditedSkill>> audit_all(const Services& services, const skills::AuditPolicy& policy,
                                            OnFailure on_failure) {
  StateStore store = PALYRA_TRY(StateStore::open(services.state));
  const std::vector<InstalledVersion> versions = PALYRA_TRY(store.versions());
  std::vector<AuditedSkill> audited;
  audited.reserve(versions.size());
  for (const InstalledVersion& version : versions) {
    if (!may_run_again(version.status)) continue;
    AuditedSkill& each =
        audited.emplace_back(AuditedSkill{.name = name_of(version), .version = version, .report = {}, .error = {}});
    auto report = audit_version(services, store, version, policy);
    if (!report) {
      each.error = std::move(report).error();
      continue;
    }
    each.report = *std::move(report);
    if (on_failure == OnFailure::kReport || each.report->status() != skills::AuditStatus::kFail) continue;
    auto quarantined = store.quarantine(version.content_root(), reason_of(*each.report));
    each.quarantined = quarantined.has_value();
    if (!quarantined) each.error = std::move(quarantined).error();
  }
  return audited;
}

}  // namespace palyra::app
