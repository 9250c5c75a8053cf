// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "first_use.h"
#include "present.h"
#include "promotion.h"

#include <palyra/app/install_skill.h>
#include <palyra/app/list_skills.h>
#include <palyra/app/stop_skill.h>
#include <palyra/app/verify_package.h>

#include <fmt/format.h>

#include <filesystem>
#include <memory>

namespace palyra::cli {
namespace {

struct InstallOptions {
  std::string path;
  FirstUseOptions first_use;
  bool promote = false;
  bool yes = false;
  bool allow_downgrade = false;

  [[nodiscard]] skills::Downgrade downgrade() const {
    return allow_downgrade ? skills::Downgrade::kAllow : skills::Downgrade::kRefuse;
  }
};

// The key to pin, asked for before anything is kept.
Result<std::optional<std::string>> consent_before_install(Session& session, const InstallOptions& options,
                                                          const std::string& path) {
  if (!options.first_use.trust_on_first_use || !options.first_use.fingerprint.empty()) {
    return consent_to_first_use({}, options.first_use);
  }
  const app::Services& services = *PALYRA_TRY(session.services());
  const app::VerifiedPackage package = PALYRA_TRY(app::verify_package(services, {.path = path, .trust = {}}));
  return consent_to_first_use(package.verification, options.first_use);
}

std::string next_after_install(const app::InstallSkillReply& reply) {
  const std::string selector = version_name(*reply.kept);
  if (reply.verification.skill) return fmt::format("next: palyra skills promote {}\n", selector);
  return fmt::format("next: palyra trust add {} --key KEY, or palyra skills promote {} --trust-on-first-use\n",
                     shown(reply.kept->artifact.publisher), selector);
}

Report install_report(const app::InstallSkillReply& reply) {
  Report report;
  report.result = Json::Object{{"kept", reply.kept.has_value()}, {"pinned", reply.pinned}};
  if (reply.kept) report.result.set("skill", version_json(*reply.kept));
  report.result.set("verification", verification_json(reply.verification));
  if (reply.verification.error) {
    Error error = *reply.verification.error;
    if (reply.kept) {
      report.text = fmt::format("kept in quarantine: {}\n", version_name(*reply.kept));
      error = std::move(error).with_context("the file is kept in quarantine and cannot run");
    }
    report.failure = failure_of(std::move(error));
    return report;
  }
  const std::string_view status = state::to_text(reply.kept->status);
  report.text = fmt::format("{}: {}\n", status, version_name(*reply.kept));
  report.text += table_text(verification_rows(reply.verification));
  report.text += list_text("tools", tool_lines(*reply.verification.manifest));
  report.text += list_text("asks to", capability_lines(reply.verification.manifest->capabilities.to_list()));
  if (reply.incompatible) {
    report.failure = failure_of(*reply.incompatible);
  } else if (reply.kept->status != state::VersionStatus::kActive) {
    report.text += next_after_install(reply);
  }
  return report;
}

Result<Report> install_file(Session& session, const InstallOptions& options, const std::string& path) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const app::InstallSkillReply reply = PALYRA_TRY(app::install_skill_artifact(
      services, {.path = path,
                 .pin_fingerprint = PALYRA_TRY(consent_before_install(session, options, path)),
                 .downgrade = options.downgrade()}));
  Report report = install_report(reply);
  const bool promotable = !report.failure && reply.kept->status != state::VersionStatus::kActive;
  if (!options.promote || !promotable) return report;
  PromotionOptions promotion{.plan = {.selector = crypto::to_hex(reply.kept->content_root()),
                                      .only = {},
                                      .deny = {},
                                      .downgrade = options.downgrade()},
                             .first_use = options.first_use,
                             .dry_run = false,
                             .yes = options.yes};
  auto promoted = promote(session, promotion);
  if (!promoted) {
    report.failure = failure_of(std::move(promoted).error().with_context("it is installed and waits in quarantine"));
    return report;
  }
  report.result.set("promotion", promoted->result);
  report.text += promoted->text;
  return report;
}

// Discovery: the worst verdict of the first file that has one decides the exit status.
Result<Report> install_directory(Session& session, const InstallOptions& options) {
  Report all;
  Json::Array artifacts;
  for (const std::string& path : PALYRA_TRY(app::discover_artifacts(options.path))) {
    auto installed = install_file(session, options, path);
    Report each = installed ? *std::move(installed) : failed(std::move(installed).error());
    Json json(Json::Object{{"file", path}});
    if (!each.result.is_null()) json.set("install", each.result);
    if (each.failure) json.set("code", each.failure->error.code().id);
    artifacts.push_back(std::move(json));
    all.text += fmt::format("{}\n{}", shown(path), each.text);
    if (each.failure) all.text += fmt::format("refused: {}\n", shown(each.failure->error.message()));
    if (each.failure && !all.failure) {
      all.failure = std::move(each.failure);
      all.failure->error = std::move(all.failure->error).with_context(fmt::format("while installing '{}'", path));
    }
  }
  all.result = Json::Object{{"artifacts", std::move(artifacts)}};
  return all;
}

Result<Report> install(Session& session, const InstallOptions& options) {
  std::error_code error;
  if (std::filesystem::is_directory(options.path, error)) {
    // Before the directory is looked at: without state there is nothing to install into.
    PALYRA_TRY(app::list_skills(*PALYRA_TRY(session.services()), app::ListScope::kOnePerSkill));
    return install_directory(session, options);
  }
  return install_file(session, options, options.path);
}

struct ListOptions {
  bool quarantined = false;
  bool all_versions = false;
};

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
    if (scope == app::ListScope::kOnePerSkill) json.set("other_versions", each.other_versions);
    listed.push_back(std::move(json));
    const state::KeptArtifact& artifact = each.version.artifact;
    const std::string_view why = artifact.code.empty() ? std::string_view(artifact.decision) : artifact.code;
    report.text +=
        fmt::format("{:<12} {}  {}{}\n", state::to_text(each.version.status), version_name(each.version), why,
                    each.other_versions == 0 ? "" : fmt::format("  (+{} versions)", each.other_versions));
    for (const std::string& tool : each.version.tools) report.text += fmt::format("{:<12}   {}\n", "", shown(tool));
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
  report.text = table_text(rows) + table_text(verification_rows(reply.verification));
  if (reply.verification.manifest) {
    const skills::SkillManifest& manifest = *reply.verification.manifest;
    const Row about[] = {{"name", shown(manifest.name)}, {"description", shown(manifest.description.value_or("-"))}};
    report.text += table_text(about) + list_text("tools", tool_lines(manifest));
    report.text += list_text("asks to", capability_lines(manifest.capabilities.to_list()));
  }
  report.text += list_text("is allowed to", capability_lines(reply.version.grants.to_list()));
  return report;
}

using Stop = Result<state::InstalledVersion> (*)(const app::Services&, const std::string&);

Result<Report> stop(Session& session, Stop use_case, const std::string& selector, std::string_view done) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const state::InstalledVersion before = PALYRA_TRY(use_case(services, selector));
  Report report;
  report.result = Json::Object{{"before", version_json(before)}, {"status", done}};
  report.text = fmt::format("{}: {} (was {})\n", done, version_name(before), state::to_text(before.status));
  return report;
}

void add_install_command(CLI::App& skills, Dispatch& dispatch) {
  CLI::App* command = add_command(skills, {.name = "install",
                                           .about = "Take an artifact, or all of a directory, into quarantine",
                                           .examples = "Examples:\n"
                                                       "  palyra skills install hello.palyra-skill\n"
                                                       "  palyra skills install hello.palyra-skill --promote\n"
                                                       "  palyra skills install downloads/\n"});
  const auto options = std::make_shared<InstallOptions>();
  command->add_option("FILE|DIR", options->path, "a .palyra-skill file, or a directory of them")->required();
  add_first_use_options(command, options->first_use);
  command->add_flag("--promote", options->promote, "then promote it, as `skills promote` does");
  command->add_flag("--yes", options->yes, "with --promote: without a person, where the policy allows it");
  command->add_flag("--allow-downgrade", options->allow_downgrade, "also a version below one that ran here");
  set_action(command, dispatch, [options](Session& session) { return install(session, *options); });
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
  add_promote_command(*skills, dispatch);
  add_check_command(*skills, dispatch);
  add_selector_command(*skills, dispatch,
                       {.name = "quarantine",
                        .about = "Stop a version from running",
                        .examples = "Examples:\n  palyra skills quarantine acme.weather\n"},
                       [](Session& session, const std::string& selector) {
                         return stop(session, &app::quarantine_skill, selector, "quarantined");
                       });
  add_selector_command(*skills, dispatch,
                       {.name = "remove",
                        .about = "Forget a version; trust and the log stay",
                        .examples = "Examples:\n  palyra skills remove acme.weather@1.2.0\n"},
                       [](Session& session, const std::string& selector) {
                         return stop(session, &app::remove_skill, selector, "removed");
                       });
}

}  // namespace palyra::cli
