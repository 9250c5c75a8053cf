// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "present.h"

#include <palyra/app/doctor.h>

#include <algorithm>
#include <memory>

namespace palyra::cli {
namespace {

Report report_of(const std::vector<app::Finding>& findings) {
  Report report;
  report.result = Json::Object{{"checks", findings_json(findings)}};
  report.text = findings_text(findings);
  const auto failed = std::ranges::find(findings, app::FindingStatus::kFail, &app::Finding::status);
  if (failed == findings.end()) return report;
  Error error = *failed->error;
  for (const std::string& next : failed->next) {
    const bool said = std::ranges::find(error.next(), next) != error.next().end();
    if (!said) error = std::move(error).with_next(next);
  }
  report.failure = failure_of(std::move(error));
  return report;
}

Result<Report> doctor(Session& session, app::Cleaning cleaning) {
  const auto services = session.services();
  // Without a configuration nothing else means anything.
  if (!services) return report_of({app::Finding::failed("configuration", services.error())});
  return report_of(
      app::examine(**services, {.config_warnings = session.loaded_config().warnings, .cleaning = cleaning}));
}

}  // namespace

void add_doctor_command(CLI::App& program, Dispatch& dispatch) {
  CLI::App* command = add_command(
      program, {.name = "doctor",
                .about = "Whether this machine, this build and this installation are in order",
                .examples = "Examples:\n"
                            "  palyra doctor\n"
                            "  palyra doctor --clean     also deletes stale compiled code\n"
                            "Each finding is ok, warn, fail or not_run. Ends with 0 when nothing fails.\n"});
  const auto clean = std::make_shared<bool>(false);
  command->add_flag("--clean", *clean, "delete compiled code that nothing can use any more");
  set_action(command, dispatch,
             [clean](Session& session) { return doctor(session, *clean ? app::Cleaning::kYes : app::Cleaning::kNo); });
}

}  // namespace palyra::cli
