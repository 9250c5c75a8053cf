// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "present.h"
#include "present_settings.h"

#include <palyra/app/list_skills.h>
#include <palyra/app/skill_settings.h>

#include <fmt/format.h>

#include <memory>

namespace palyra::cli {
namespace {

struct ListOptions {
  bool quarantined = false;
  bool all_versions = false;
};

std::string waiting_text(const app::ListedVersion& listed) {
  std::string text;
  for (const std::string& update : listed.updates) {
    text += fmt::format("{:<12}   update waits: {}  (palyra skills update)\n", "", shown(update));
  }
  if (listed.claims != 0) {
    text += fmt::format("{:<12}   {} more {} to be of this skill, unproven\n", "", listed.claims,
                        listed.claims == 1 ? "file claims" : "files claim");
  }
  return text;
}

Result<Report> list(Session& session, const ListOptions& options) {
  if (options.quarantined && options.all_versions) {
    return fail(kUsage, "--quarantined and --all-versions exclude each other");
  }
  const app::Services& services = *PALYRA_TRY(session.services());
  app::ListScope scope = app::ListScope::kOnePerSkill;
  if (options.quarantined) scope = app::ListScope::kQuarantined;
  if (options.all_versions) scope = app::ListScope::kAllVersions;
  Report report;
  Json::Array listed;
  for (const app::ListedVersion& each : PALYRA_TRY(app::list_skills(services, scope))) {
    Json json = version_json(each.version);
    if (scope == app::ListScope::kOnePerSkill) {
      json.set("other_versions", each.other_versions);
      json.set("updates", strings_json(each.updates));
      json.set("claims", each.claims);
    }
    listed.push_back(std::move(json));
    const state::KeptArtifact& artifact = each.version.artifact;
    const std::string_view why = artifact.code.empty() ? std::string_view(artifact.decision) : artifact.code;
    report.text +=
        fmt::format("{:<12} {}  {}{}\n", state::to_text(each.version.status), version_name(each.version), why,
                    each.other_versions == 0 ? "" : fmt::format("  (+{} versions)", each.other_versions));
    for (const std::string& tool : each.version.tools) report.text += fmt::format("{:<12}   {}\n", "", shown(tool));
    report.text += waiting_text(each);
  }
  if (listed.empty()) report.text = "no skills: palyra skills install FILE\n";
  report.result = Json::Object{{"skills", std::move(listed)}};
  return report;
}

Result<Report> show(Session& session, const std::string& selector) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const app::ShowSkillReply reply = PALYRA_TRY(app::show_skill(services, selector));
  Report report;
  report.result =
      Json::Object{{"skill", version_json(reply.version)}, {"verification", verification_json(reply.verification)}};
  std::vector<Row> rows{{"status", std::string(state::to_text(reply.version.status))}};
  if (!reply.version.status_reason.empty()) rows.push_back({"because", shown(reply.version.status_reason)});
  rows.push_back({"since", to_text(reply.version.status_since)});
  if (reply.decisions != 0) {
    rows.push_back({"history", fmt::format("{} decisions (palyra skills history {})", reply.decisions,
                                           shown(reply.version.artifact.skill_id))});
    report.result.set("history_rows", reply.decisions);
  }
  report.text = table_text(rows) + table_text(verification_rows(reply.verification));
  if (reply.verification.manifest) {
    const skills::SkillManifest& manifest = *reply.verification.manifest;
    const Row about[] = {{"name", shown(manifest.name)}, {"description", shown(manifest.description.value_or("-"))}};
    report.text += table_text(about) + list_text("tools", tool_lines(manifest));
    report.text += list_text("asks to", capability_lines(manifest.capabilities.to_list()));
    const std::vector<app::Setting> settings = app::settings_of(manifest, reply.version.settings);
    report.text += list_text("settings", settings_lines(settings));
    report.result.set("settings", settings_json(settings));
  }
  report.text += list_text("is allowed to", capability_lines(reply.version.grants.to_list()));
  report.result.set("runs", reply.runs);
  report.result.set("unused_grants", strings_json(reply.unused_grants));
  report.text += list_text(fmt::format("never used in {} runs (palyra skills promote {} --deny ...)", reply.runs,
                                       shown(reply.version.artifact.skill_id)),
                           reply.unused_grants);
  report.text += list_text("its directories are", root_lines(reply.version.roots));
  report.text +=
      list_text("DANGEROUS: is connected without a judgement of the address", address_lines(reply.version.addresses));
  return report;
}

void add_list_command(CLI::App& skills, Dispatch& dispatch) {
  CLI::App* command = add_command(skills, {.name = "list",
                                           .about = "Installed skills, their status and tools",
                                           .examples = "Examples:\n"
                                                       "  palyra skills list\n"
                                                       "  palyra skills list --quarantined --json\n"});
  const auto options = std::make_shared<ListOptions>();
  command->add_flag("--quarantined", options->quarantined, "only what waits in quarantine, every version");
  command->add_flag("--all-versions", options->all_versions, "every version, removed ones too");
  set_action(command, dispatch, [options](Session& session) { return list(session, *options); });
}

void add_selector_command(CLI::App& skills, Dispatch& dispatch, const CommandText& text,
                          Result<Report> (*action)(Session&, const std::string&)) {
  CLI::App* command = add_command(skills, text);
  const auto selector = std::make_shared<std::string>();
  command->add_option("SKILL", *selector, "ID, ID@VERSION, or a content root")->required();
  set_action(command, dispatch, [selector, action](Session& session) { return action(session, *selector); });
}

}  // namespace

void add_skills_commands(CLI::App& program, Dispatch& dispatch) {
  CLI::App* skills =
      add_command(program, {.name = "skills", .about = "Package, install and promote skills", .examples = ""});
  skills->require_subcommand(1);
  add_package_commands(*skills, dispatch);
  add_install_command(*skills, dispatch);
  add_list_command(*skills, dispatch);
  add_selector_command(*skills, dispatch,
                       {.name = "show",
                        .about = "Everything about one skill, verified again now",
                        .examples = "Examples:\n  palyra skills show acme.weather\n"},
                       &show);
  add_verify_installed_command(*skills, dispatch);
  add_promote_command(*skills, dispatch);
  add_check_command(*skills, dispatch);
  add_audit_skill_command(*skills, dispatch);
  add_life_commands(*skills, dispatch);
  add_update_command(*skills, dispatch);
  add_settings_commands(*skills, dispatch);
}

}  // namespace palyra::cli
