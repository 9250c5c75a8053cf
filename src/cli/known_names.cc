// SPDX-License-Identifier: Apache-2.0
#include "known_names.h"

#include <palyra/app/list_runs.h>
#include <palyra/app/list_skills.h>
#include <palyra/base/suggestion.h>
#include <palyra/state/channels.h>

#include <algorithm>
#include <set>

namespace palyra::cli {
namespace {

struct NameKind {
  std::string_view value;
  std::string_view kind;
};
constexpr NameKind kNameKinds[] = {
    {"SKILL", "skills"}, {"TOOL", "tools"}, {"PUBLISHER", "publishers"}, {"RUN_ID", "runs"}, {"CHANNEL", "channels"}};

Result<std::set<std::string>> publishers(const app::Services& services) {
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  const skills::SkillTrustStore trust = PALYRA_TRY(store.trust());
  std::set<std::string> names;
  for (const auto& [name, publisher] : trust.publishers()) names.insert(name);
  return names;
}

Result<std::set<std::string>> runs(const app::Services& services) {
  constexpr std::size_t kNewest = 50;
  const state::RunsFound found =
      PALYRA_TRY(app::list_runs(services, {.tool_id = "", .skill_id = "", .failed_only = false, .limit = kNewest}));
  std::set<std::string> names;
  for (const state::RunEntry& run : found.entries) names.insert(run.run_id);
  return names;
}

Result<std::set<std::string>> channels(const app::Services& services) {
  std::set<std::string> names;
  for (const std::vector<state::ChannelSummary> all = PALYRA_TRY(state::list_channels(services.state));
       const state::ChannelSummary& each : all) {
    names.insert(each.channel);
  }
  return names;
}

Result<std::set<std::string>> skills_or_tools(const app::Services& services, std::string_view kind) {
  std::set<std::string> names;
  for (const app::ListedVersion& each : PALYRA_TRY(app::list_skills(services, app::ListScope::kOnePerSkill))) {
    if (kind == "skills") names.insert(each.version.artifact.skill_id);
    if (kind == "tools" && each.version.status == state::VersionStatus::kActive) {
      names.insert(each.version.tools.begin(), each.version.tools.end());
    }
  }
  names.erase("");
  return names;
}

}  // namespace

Result<std::vector<std::string>> known_names(Session& session, std::string_view kind) {
  const app::Services& services = *PALYRA_TRY(session.services());
  std::set<std::string> names;
  if (kind == "publishers") {
    names = PALYRA_TRY(publishers(services));
  } else if (kind == "runs") {
    names = PALYRA_TRY(runs(services));
  } else if (kind == "channels") {
    names = PALYRA_TRY(channels(services));
  } else {
    names = PALYRA_TRY(skills_or_tools(services, kind));
  }
  return std::vector<std::string>(names.begin(), names.end());
}

std::optional<std::string_view> name_kind(std::string_view value) {
  const auto* found = std::ranges::find(kNameKinds, value, &NameKind::value);
  if (found == std::end(kNameKinds)) return std::nullopt;
  return found->kind;
}

std::optional<std::string> meant_name(Session& session, const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    const auto kind = option->get_positional() ? name_kind(option->get_name()) : std::nullopt;
    if (!kind || option->results().empty()) continue;
    // Without the version that may follow an id.
    const std::string typed = option->results().front().substr(0, option->results().front().find('@'));
    const auto names = known_names(session, *kind);
    const auto meant = names ? closest(typed, *names) : std::nullopt;
    if (meant && *meant != typed) return meant;
  }
  return std::nullopt;
}

}  // namespace palyra::cli
