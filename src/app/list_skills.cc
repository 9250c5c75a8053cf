// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/list_skills.h>
#include <palyra/app/skill_selector.h>
#include <palyra/app/verify_artifact.h>

#include <algorithm>

namespace palyra::app {
namespace {

using state::InstalledVersion;
using state::VersionStatus;

bool is_of_same_skill(const InstalledVersion& a, const InstalledVersion& b) {
  return !a.artifact.skill_id.empty() && a.artifact.skill_id == b.artifact.skill_id;
}

bool stands_for_skill(const InstalledVersion& a, const InstalledVersion& b) {
  const bool a_active = a.status == VersionStatus::kActive;
  if (a_active != (b.status == VersionStatus::kActive)) return a_active;
  return is_newer(a, b);
}

// Versions of one skill stand together.
std::vector<ListedVersion> one_per_skill(std::vector<InstalledVersion> versions) {
  std::vector<ListedVersion> listed;
  for (InstalledVersion& version : versions) {
    if (listed.empty() || !is_of_same_skill(listed.back().version, version)) {
      listed.push_back({.version = std::move(version), .other_versions = 0});
      continue;
    }
    ++listed.back().other_versions;
    if (stands_for_skill(version, listed.back().version)) listed.back().version = std::move(version);
  }
  return listed;
}

bool is_any(const InstalledVersion& /*version*/) { return true; }

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
  InstalledVersion version = PALYRA_TRY(select_version(store, selector, is_any));
  SealedBytes file = PALYRA_TRY(store.load_object(version.artifact.sha256));
  const skills::SkillTrustStore trust = PALYRA_TRY(store.trust());
  ShowSkillReply reply{.version = std::move(version), .file = std::move(file), .verification = {}};
  reply.verification = verify_artifact(services, reply.file.view(), trust, look_only());
  return reply;
}

}  // namespace palyra::app
