// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "first_use.h"
#include "present.h"
#include "promotion.h"
#include "worst_failure.h"

#include <palyra/app/install_skill.h>
#include <palyra/app/list_skills.h>
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
  if (promoted->failure) {
    report.failure = std::move(promoted->failure);
    report.failure->error = std::move(report.failure->error).with_context("it is installed and waits in quarantine");
  }
  return report;
}

// Discovery: every file is kept with its verdict, and the worst of them decides the exit status.
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
    if (!each.failure) continue;
    each.failure->error = std::move(each.failure->error).with_context(fmt::format("while installing '{}'", path));
    keep_worst(all.failure, *std::move(each.failure));
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

}  // namespace

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

}  // namespace palyra::cli
