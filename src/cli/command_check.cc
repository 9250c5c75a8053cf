// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "present.h"

#include <palyra/app/check_skill.h>

#include <fmt/format.h>

#include <memory>

namespace palyra::cli {
namespace {

Json check_json(const app::SkillCheck& check) {
  Json json = version_json(check.version);
  json.set("runs", check.reason() == nullptr);
  json.set("checks", findings_json(check.findings));
  return json;
}

Result<Report> check(Session& session, const std::string& selector) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const std::optional<std::string> which = selector.empty() ? std::nullopt : std::optional(selector);
  Report report;
  Json::Array checked;
  for (const app::SkillCheck& each : PALYRA_TRY(app::check_skills(services, which))) {
    checked.push_back(check_json(each));
    report.text +=
        fmt::format("{}: {}\n", version_name(each.version), each.reason() == nullptr ? "runs" : "does not run");
    report.text += findings_text(each.findings);
    if (each.reason() == nullptr || report.failure) continue;
    Error error = *each.reason();
    report.failure = failure_of(std::move(error).with_context("of " + version_name(each.version)));
  }
  if (checked.empty()) report.text = "no active skills: palyra skills list\n";
  report.result = Json::Object{{"skills", std::move(checked)}};
  return report;
}

}  // namespace

void add_check_command(CLI::App& skills, Dispatch& dispatch) {
  CLI::App* command = add_command(skills, {.name = "check",
                                           .about = "Whether a skill runs now, and if not exactly why",
                                           .examples = "Examples:\n"
                                                       "  palyra skills check\n"
                                                       "  palyra skills check acme.weather --json\n"
                                                       "Ends with 0 when all that was asked about runs.\n"});
  const auto selector = std::make_shared<std::string>();
  command->add_option("SKILL", *selector, "ID, ID@VERSION, or a content root (default: every active skill)");
  set_action(command, dispatch, [selector](Session& session) { return check(session, *selector); });
}

}  // namespace palyra::cli
