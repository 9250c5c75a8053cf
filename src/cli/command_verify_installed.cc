// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "present.h"

#include <palyra/app/list_skills.h>

#include <memory>

namespace palyra::cli {
namespace {

Result<Report> verify(Session& session, const std::string& selector) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const app::ShowSkillReply reply = PALYRA_TRY(app::show_skill(services, selector));
  const skills::Verification& verification = reply.verification;
  Report report;
  report.result =
      Json::Object{{"skill", version_json(reply.version)}, {"verification", verification_json(verification)}};
  const Row status[] = {{"status", std::string(state::to_text(reply.version.status))}};
  report.text = table_text(status) + table_text(verification_rows(verification));
  if (verification.error) {
    report.failure = failure_of(*verification.error);
  } else if (!verification.skill) {
    report.failure =
        failure_of(Error(skills::kTrustFirstUse, "the signature is valid, but its publisher is not known here"));
    report.failure->exit = kExitFirstUse;
  }
  return report;
}

}  // namespace

void add_verify_installed_command(CLI::App& skills, Dispatch& dispatch) {
  CLI::App* command =
      add_command(skills, {.name = "verify",
                           .about = "Verify an installed version now, from its stored bytes, and end with the verdict",
                           .examples = "Examples:\n"
                                       "  palyra skills verify acme.weather\n"
                                       "  palyra skills verify acme.weather@1.2.0 --json\n"
                                       "Ends with 10 when the signature is valid and the publisher unknown.\n"});
  const auto selector = std::make_shared<std::string>();
  command->add_option("SKILL", *selector, "ID, ID@VERSION, or a content root")->required();
  set_action(command, dispatch, [selector](Session& session) { return verify(session, *selector); });
}

}  // namespace palyra::cli
