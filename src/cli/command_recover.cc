// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "consent.h"
#include "present.h"

#include <palyra/app/recover_state.h>

#include <fmt/ranges.h>

#include <memory>

namespace palyra::cli {
namespace {

struct RecoverOptions {
  std::string from;
  bool empty = false;
};

std::string present_state_text(const app::RecoveryPlan& plan) {
  if (plan.damage) return fmt::format("trust.db as it is cannot be used: {}\n", shown(plan.damage->message()));
  return fmt::format(
      "trust.db as it is can be used: generation {}, {} publishers, {} versions of skills, {} of them active\n",
      plan.generation, plan.publishers, plan.versions, plan.active);
}

std::string plan_text(const app::RecoveryPlan& plan, const RecoverOptions& options) {
  const std::string lost =
      options.empty
          ? "Lost: whom it trusts, what is installed and allowed, which versions and contents were seen, what is\n"
            "revoked, and the audit log. An older or a revoked version will look new.\n"
          : fmt::format("Lost: everything that was decided since the backup {} was made, revocations included.\n",
                        shown(options.from));
  return present_state_text(plan) + lost +
         "Every skill goes into quarantine until it is promoted again. The trust.db of now is kept beside the new "
         "one.\n"
         "What skills keep and the vault stay; where they are missing or damaged, those of the backup take their "
         "place.";
}

Result<Report> recover(Session& session, const RecoverOptions& options) {
  if (options.empty == !options.from.empty()) return fail(kUsage, "name either --from BACKUP or --empty");
  const app::Services& services = *PALYRA_TRY(session.services());
  const app::RecoveryPlan plan = PALYRA_TRY(app::plan_recovery(services));
  const app::ConsentForm consent = PALYRA_TRY(ask_consent(
      session, {.plan = plan_text(plan, options), .question = "Type 'recover' to go on:", .expected = "recover"},
      ConsentFlag::kNone));
  const auto backup = options.empty ? std::nullopt : std::optional<std::string>(options.from);
  const state::RecoveryReport done = PALYRA_TRY(app::recover_state(services, backup, consent));
  Report report;
  report.result = Json::Object{{"generation", done.generation}, {"quarantined", done.quarantined}};
  report.text =
      fmt::format("generation {}; {} versions that were active are in quarantine\n", done.generation, done.quarantined);
  if (!done.damaged_copy.empty()) {
    report.result.set("damaged_copy", done.damaged_copy);
    report.text += fmt::format("the trust.db of before: {}\n", shown(done.damaged_copy));
  }
  report.result.set("restored", strings_json(done.restored));
  if (!done.restored.empty()) report.text += fmt::format("from the backup too: {}\n", fmt::join(done.restored, ", "));
  report.text += "next: palyra trust list\nnext: palyra skills list --quarantined\n";
  return report;
}

}  // namespace

void add_recover_command(CLI::App& trust, Dispatch& dispatch) {
  CLI::App* command = add_command(trust, {.name = "recover",
                                          .about = "Make a damaged state directory usable; asks on a terminal, always",
                                          .examples = "Examples:\n"
                                                      "  palyra trust recover --from palyra-2026-11-22.db\n"
                                                      "  palyra trust recover --empty\n"});
  const auto options = std::make_shared<RecoverOptions>();
  command->add_option("--from", options->from, "a file that palyra state backup made");
  command->add_flag("--empty", options->empty, "begin anew: nobody is trusted, nothing installed");
  set_action(command, dispatch, [options](Session& session) { return recover(session, *options); });
}

}  // namespace palyra::cli
