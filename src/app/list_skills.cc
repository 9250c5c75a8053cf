// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/list_skills.h>
#include <palyra/app/skill_history.h>
#include <palyra/app/skill_selector.h>
#include <palyra/app/update_skill.h>
#include <palyra/app/verify_artifact.h>
#include <palyra/state/run_history.h>

#include <algorithm>
#include <set>
#include <utility>

namespace palyra::app {
namespace {

using state::InstalledVersion;
using state::VersionStatus;

bool is_of_same_skill(const InstalledVersion& a, const InstalledVersion& b) {
  return !a.artifact.skill_id.empty() && a.artifact.skill_id == b.artifact.skill_id;
}

// `versions` are of one skill, or one file without a name.
ListedVersion listed_skill(std::vector<InstalledVersion> versions) {
  ListedVersion listed{.version = {}, .other_versions = versions.size() - 1};
  for (const InstalledVersion& update : waiting_updates(versions)) listed.updates.push_back(update.artifact.version);
  const auto chosen = std::ranges::min_element(versions, goes_before);
  for (auto version = versions.begin(); version != versions.end(); ++version) {
    if (version != chosen && version->artifact.proof == state::NameProof::kClaimed) ++listed.claims;
  }
  listed.version = std::move(*chosen);
  return listed;
}

// Versions of one skill stand together.
std::vector<ListedVersion> one_per_skill(std::vector<InstalledVersion> versions) {
  std::vector<ListedVersion> listed;
  std::vector<InstalledVersion> skill;
  for (InstalledVersion& version : versions) {
    if (!skill.empty() && !is_of_same_skill(skill.back(), version)) {
      listed.push_back(listed_skill(std::exchange(skill, {})));
    }
    skill.push_back(std::move(version));
  }
  if (!skill.empty()) listed.push_back(listed_skill(std::move(skill)));
  return listed;
}

// What it holds and, so far, does not need.
Result<> add_unused_grants(const Services& services, ShowSkillReply& reply) {
  const auto found = PALYRA_TRY(
      state::find_runs(services.state.root, {.skill_id = reply.version.artifact.skill_id, .limit = kRunsLookedAt}));
  std::set<std::string> used;
  for (const state::RunEntry& run : found.entries) {
    if (run.subject->skill->content_root != reply.version.content_root()) continue;
    ++reply.runs;
    used.insert(run.record.grants_used.begin(), run.record.grants_used.end());
  }
  for (const capability::Capability& grant : reply.version.grants.to_list()) {
    std::string text = canonical_text(grant);
    if (reply.runs != 0 && !used.contains(text)) reply.unused_grants.push_back(std::move(text));
  }
  return {};
}

}  // namespace

Result<std::vector<ListedVersion>> list_skills(const Services& services, ListScope scope) {
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  std::vector<InstalledVersion> versions = PALYRA_TRY(store.versions());
  if (scope != ListScope::kAllVersions) {
    std::erase_if(versions, [scope](const InstalledVersion& version) {
      return scope == ListScope::kQuarantined ? version.status != VersionStatus::kQuarantined
                                              : version.status == VersionStatus::kRemoved;
    });
  }
  if (scope == ListScope::kOnePerSkill) return one_per_skill(std::move(versions));
  std::vector<ListedVersion> listed;
  listed.reserve(versions.size());
  for (InstalledVersion& version : versions) listed.push_back({.version = std::move(version), .other_versions = 0});
  return listed;
}

Result<ShowSkillReply> show_skill(const Services& services, const std::string& selector) {
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  InstalledVersion version = PALYRA_TRY(select_version(store, selector));
  crypto::HashedBytes file = PALYRA_TRY(store.load_object(version.artifact.sha256));
  const skills::SkillTrustStore trust = PALYRA_TRY(store.trust());
  ShowSkillReply reply{.version = std::move(version), .file = std::move(file), .verification = {}};
  reply.verification = verify_artifact(services, reply.file.view(), trust, look_only());
  if (reply.version.artifact.proof == state::NameProof::kProven) {
    reply.decisions = PALYRA_TRY(skill_history(services, reply.version.artifact.skill_id)).size();
    PALYRA_TRY(add_unused_grants(services, reply));
  }
  return reply;
}

}  // namespace palyra::app
