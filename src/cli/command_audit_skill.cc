// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "present.h"
#include "present_audit.h"
#include "worst_failure.h"

#include <palyra/app/audit_skill.h>

#include <fmt/format.h>

#include <memory>

namespace palyra::cli {
namespace {

struct AuditOptions {
  std::string selector;
  std::string policy;
  bool all = false;
  bool apply = false;
};

Result<> check_options(const AuditOptions& options) {
  if (options.all && !options.selector.empty()) return fail(kUsage, "SKILL and --all exclude each other");
  if (options.apply && !options.all) return fail(kUsage, "--apply goes with --all");
  return {};
}

Result<std::vector<app::AuditedSkill>> audit(const app::Services& services, const AuditOptions& options) {
  const std::optional<std::string> file = options.policy.empty() ? std::nullopt : std::optional(options.policy);
  const skills::AuditPolicy policy = PALYRA_TRY(app::load_audit_policy(services, file));
  if (options.selector.empty()) {
    return app::audit_all(services, policy, options.apply ? app::OnFailure::kQuarantine : app::OnFailure::kReport);
  }
  std::vector<app::AuditedSkill> one;
  one.push_back(PALYRA_TRY(app::audit_skill(services, options.selector, policy)));
  return one;
}

Json audited_json(const app::AuditedSkill& audited) {
  Json json = audited.version ? version_json(*audited.version) : Json(Json::Object{{"file", audited.name}});
  if (audited.report) json.set("audit", audit_json(*audited.report));
  if (audited.error) json.set("error", audited.error->code().id);
  json.set("quarantined", audited.quarantined);
  return json;
}

std::string audited_text(const app::AuditedSkill& audited, AuditDetail detail) {
  const std::string name = audited.version ? version_name(*audited.version) : shown(audited.name);
  if (!audited.report) return fmt::format("{}: not audited: {}\n", name, shown(audited.error->message()));
  std::string text = fmt::format("{}: audit {}{}\n", name, skills::to_text(audited.report->status()),
                                 audited.quarantined ? ", quarantined now" : "");
  if (audited.error) text += fmt::format("  not quarantined: {}\n", shown(audited.error->message()));
  return text + audit_text(*audited.report, detail);
}

Result<> verdict_of(const app::AuditedSkill& audited) {
  if (audited.error) return std::unexpected(*audited.error);
  return skills::check_audit(*audited.report);
}

Result<Report> audit_skills(Session& session, const AuditOptions& options) {
  PALYRA_TRY(check_options(options));
  const app::Services& services = *PALYRA_TRY(session.services());
  const std::vector<app::AuditedSkill> all = PALYRA_TRY(audit(services, options));
  Report report;
  Json::Array audited;
  for (const app::AuditedSkill& each : all) {
    audited.push_back(audited_json(each));
    report.text += audited_text(each, session.options().verbose ? AuditDetail::kAll : AuditDetail::kFindings);
    auto verdict = verdict_of(each);
    if (verdict) continue;
    keep_worst(report.failure, failure_of(std::move(verdict).error().with_context("of " + shown(each.name))));
  }
  if (all.empty()) report.text = "nothing here could run: palyra skills list\n";
  report.result = Json::Object{{"skills", std::move(audited)}};
  return report;
}

}  // namespace

void add_audit_skill_command(CLI::App& skills, Dispatch& dispatch) {
  CLI::App* command =
      add_command(skills, {.name = "audit",
                           .about = "Check an artifact, or what is installed, against the audit policy",
                           .examples = "Examples:\n"
                                       "  palyra skills audit acme.weather\n"
                                       "  palyra skills audit weather.palyra-skill --policy strict.toml\n"
                                       "  palyra skills audit --all --apply\n"
                                       "Ends with 4 when a check fails. -v shows the checks that pass too.\n"});
  const auto options = std::make_shared<AuditOptions>();
  command->add_option("SKILL", options->selector,
                      "FILE, ID, ID@VERSION, or a content root (default: whatever could run here)");
  command->add_flag("--all", options->all, "every version that runs or could run again");
  command->add_flag("--apply", options->apply, "with --all: quarantine what fails");
  command->add_option("--policy", options->policy, "the policy file (default: policy.audit_file)");
  set_action(command, dispatch, [options](Session& session) { return audit_skills(session, *options); });
}

}  // namespace palyra::cli
