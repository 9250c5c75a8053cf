// SPDX-License-Identifier: Apache-2.0
#include "promotion_steps.h"

#include <palyra/app/install_skill.h>
#include <palyra/app/module_source.h>
#include <palyra/app/skill_selector.h>
#include <palyra/app/update_skill.h>
#include <palyra/base/check.h>
#include <palyra/base/utf8.h>
#include <palyra/skills/audit.h>

#include <algorithm>
#include <array>
#include <set>

namespace palyra::app {
namespace {

using capability::Capability;
using skills::AuditCheck;
using skills::AuditStatus;
using state::InstalledVersion;
using state::VersionStatus;

constexpr std::string_view kAutomatic = "auto";
constexpr std::string_view kOff = "off";

// Of the audit's checks those that must pass, where a person may look over a warning.
constexpr std::array<std::string_view, 5> kMustPass = {"capability_diff", "publisher_continuity", "name_confusable",
                                                       "release_age", "examples_pass"};

// Why a file waits that nobody but its arrival put there. Any other reason is a decision about this version.
constexpr std::array<std::string_view, 2> kWaitsSinceItCame = {"newly installed", "its publisher is not known here"};

Result<> check_not_off(const Services& services) {
  if (services.config.updates != kOff) return {};
  return std::unexpected(Error(kUpdatesOff, "updates are switched off here (policy.updates = \"off\")")
                             .with_next("palyra skills install FILE, then palyra skills promote ID@VERSION"));
}

// Why the file is no update of anything here; empty: it is one.
Result<std::string> why_not_wanted(const state::StateStore& store, const skills::SkillIdentity& identity,
                                   const std::optional<std::string>& skill_id) {
  if (skill_id && *skill_id != identity.skill_id) return "it is of another skill: " + printable(identity.skill_id);
  const std::optional<InstalledVersion> active = PALYRA_TRY(find_active_of(store, identity.skill_id));
  if (!active) return fmt::format("{} is not active here", printable(identity.skill_id));
  const auto running = skills::Version::parse(active->artifact.version);
  if (running && identity.version > *running) return std::string();
  return fmt::format("{}@{} is not newer than {}, which runs", printable(identity.skill_id),
                     printable(identity.version.to_text()), printable(active->artifact.version));
}

// What the active version's manifest asked for and its operator did not grant stays denied.
std::vector<std::string> denied_before(const skills::SkillManifest& before, const InstalledVersion& active,
                                       const skills::SkillManifest& after) {
  std::vector<std::string> denied;
  for (const Capability& each : capability::diff(active.grants, after.capabilities).added) {
    if (before.capabilities.permits(each)) denied.push_back(capability::canonical_text(each));
  }
  return denied;
}

void add_audit(const skills::AuditReport& audit, std::vector<std::string>& obstacles) {
  for (const AuditCheck& check : audit.checks) {
    const bool must_pass = std::ranges::find(kMustPass, check.check_id) != kMustPass.end();
    if (check.status == AuditStatus::kFail || (must_pass && check.status != AuditStatus::kPass)) {
      obstacles.push_back(fmt::format("{}: {}", check.check_id, check.message));
    }
  }
  for (const std::string_view id : kMustPass) {
    if (std::ranges::find(audit.checks, id, &AuditCheck::check_id) != audit.checks.end()) continue;
    obstacles.push_back(fmt::format("{}: it was not judged", id));
  }
  if (!audit.passed() && obstacles.empty()) obstacles.emplace_back("the audit did not pass");
}

// What was stopped here, by whomever, comes back by a person's word alone.
void add_decisions(const skills::SkillTrustStore& trust, const PromotionPlan& plan,
                   std::vector<std::string>& obstacles) {
  const skills::SkillIdentity& identity = plan.verification.document->statement.identity;
  const skills::SkillRecord* record = trust.find_skill(identity.skill_id);
  if (record != nullptr && record->highest_version && *record->highest_version >= identity.version) {
    obstacles.emplace_back("it, or a newer one, ran here before; only a person brings it back");
  }
  const std::string& reason = plan.version.status_reason;
  if (std::ranges::find(kWaitsSinceItCame, reason) == kWaitsSinceItCame.end()) {
    obstacles.push_back("it was put into quarantine here: " + printable(reason));
  }
}

void add_moved_roots(const PromotionPlan& plan, std::vector<std::string>& obstacles) {
  if (!plan.replaces) return;
  for (const state::MappedRoot& before : plan.replaces->roots) {
    const auto root = std::ranges::find(plan.roots, before.name, &state::MappedRoot::name);
    if (root == plan.roots.end() || root->directory == before.directory) continue;
    obstacles.push_back(fmt::format("the directory of its root '{}' is '{}' now, and was '{}'", printable(before.name),
                                    printable(root->directory), printable(before.directory)));
  }
}

std::vector<std::string> find_obstacles(const skills::SkillTrustStore& trust, const PromotionPlan& plan) {
  std::vector<std::string> obstacles;
  const skills::Statement& statement = plan.verification.document->statement;
  if (!plan.verification.skill || plan.verification.skill->pin()) {
    obstacles.emplace_back("its publisher is not known here");
  }
  if (plan.verification.artifact->format() != skills::ArtifactFormat::kFormat2) {
    obstacles.emplace_back("it is an artifact of legacy format 1");
  }
  if (skills::is_development(statement.identity.version)) {
    obstacles.emplace_back("it is a version under development, which wants a person each time");
  }
  if (skills::is_fast_forward(trust, statement)) {
    obstacles.emplace_back("it jumps over a major version, which would block those between for good");
  }
  add_decisions(trust, plan, obstacles);
  add_moved_roots(plan, obstacles);
  for (const Capability& each : plan.difference.added) {
    obstacles.push_back(fmt::format("it wants to {} ({}), which the active version may not",
                                    printable(capability::describe(each)),
                                    printable(capability::canonical_text(each))));
  }
  for (const std::string& key : plan.missing_settings) {
    obstacles.push_back(fmt::format("its setting '{}' has no value", printable(key)));
  }
  add_audit(plan.audit, obstacles);
  return obstacles;
}

// With what its manifest asks, before anything is denied.
Result<PromotionPlan> plan_update(const Services& services, const state::StateStore& store, WaitingUpdate& update) {
  PromotionPlan plan = PALYRA_TRY(plan_promotion(services, update.promotion));
  const SkillObjects objects = PALYRA_TRY(SkillObjects::load(store, update.active));
  const skills::SkillManifest before = PALYRA_TRY(read_manifest(services, objects));
  update.promotion.deny = denied_before(before, update.active, plan.manifest());
  if (update.promotion.deny.empty()) return plan;
  return plan_promotion(services, update.promotion);
}

Result<WaitingUpdate> judge(const Services& services, const state::StateStore& store, InstalledVersion version,
                            const InstalledVersion& active) {
  WaitingUpdate update{.version = std::move(version),
                       .active = active,
                       .promotion = {.selector = {}, .only = {}, .deny = {}},
                       .plan = {},
                       .error = {},
                       .obstacles = {}};
  update.promotion.selector = crypto::to_hex(update.version.content_root());
  const skills::SkillTrustStore trust = PALYRA_TRY(store.trust());
  auto plan = plan_update(services, store, update);
  if (!plan) {
    // A full disk, say, is no reason of the update's to wait.
    const ErrorKind kind = plan.error().code().kind;
    if (kind == ErrorKind::kUnavailable || kind == ErrorKind::kInternal)
      return std::unexpected(std::move(plan).error());
    update.obstacles.push_back(plan.error().message());
    update.error = std::move(plan).error();
    return update;
  }
  update.obstacles = find_obstacles(trust, *plan);
  update.plan = *std::move(plan);
  return update;
}

}  // namespace

Result<OfferedFile> offer_update(const Services& services, const std::string& path,
                                 const std::optional<std::string>& skill_id) {
  PALYRA_TRY(check_not_off(services));
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  OfferedFile offered{.path = path, .kept = {}, .skipped = {}, .error = {}};
  const auto wanted = [&](const skills::Verification& verification) {
    if (!verification.document || !verification.signers) return false;
    auto why = why_not_wanted(store, verification.document->statement.identity, skill_id);
    if (!why) {
      offered.error = std::move(why).error();
      return false;
    }
    offered.skipped = *std::move(why);
    return offered.skipped.empty() && !verification.error;
  };
  InstallSkillReply reply = PALYRA_TRY(
      install_skill_artifact(services, {.path = path, .pin_fingerprint = {}, .downgrade = {}, .wanted = wanted}));
  offered.kept = std::move(reply.kept);
  if (offered.skipped.empty() && !offered.error) offered.error = std::move(reply.verification.error);
  return offered;
}

std::vector<InstalledVersion> waiting_updates(const std::vector<InstalledVersion>& versions) {
  std::vector<InstalledVersion> waiting;
  const InstalledVersion* active = active_among(versions);
  if (active == nullptr) return waiting;
  for (const InstalledVersion& version : versions) {
    if (waits(version) && is_newer(version, *active)) waiting.push_back(version);
  }
  std::ranges::sort(waiting, is_newer);
  return waiting;
}

Result<std::vector<std::string>> skills_with_updates(const Services& services,
                                                     const std::optional<std::string>& skill_id) {
  PALYRA_TRY(check_not_off(services));
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  std::set<std::string> active;
  const std::vector<InstalledVersion> versions = PALYRA_TRY(store.versions());
  for (const InstalledVersion& version : versions) {
    if (version.status == VersionStatus::kActive) active.insert(version.artifact.skill_id);
  }
  if (skill_id && !active.contains(*skill_id)) {
    return fail(state::kSkillNotInstalled, "no version of '{}' is active here", printable(*skill_id));
  }
  std::set<std::string> found;
  for (const InstalledVersion& version : versions) {
    const std::string& id = version.artifact.skill_id;
    if (!waits(version) || !active.contains(id) || (skill_id && *skill_id != id)) continue;
    if (!waiting_updates(PALYRA_TRY(store.versions_of(id))).empty()) found.insert(id);
  }
  return std::vector<std::string>(found.begin(), found.end());
}

Result<std::vector<WaitingUpdate>> judge_updates(const Services& services, const std::string& skill_id) {
  PALYRA_TRY(check_not_off(services));
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  const std::vector<InstalledVersion> versions = PALYRA_TRY(store.versions_of(skill_id));
  std::vector<WaitingUpdate> judged;
  for (InstalledVersion& version : waiting_updates(versions)) {
    judged.push_back(PALYRA_TRY(judge(services, store, std::move(version), *active_among(versions))));
    if (judged.back().is_clear()) break;
  }
  return judged;
}

Result<InstalledVersion> activate_update(const Services& services, const WaitingUpdate& update) {
  if (services.config.updates != kAutomatic || !update.is_clear()) {
    return fail(kUpdateNeedsPerson, "{}@{} is not activated without a person",
                printable(update.version.artifact.skill_id), printable(update.version.artifact.version));
  }
  return commit_promotion(services, *update.plan, {.pin_fingerprint = {}, .reason = "updated automatically"});
}

}  // namespace palyra::app
