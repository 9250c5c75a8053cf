// SPDX-License-Identifier: Apache-2.0
// What becomes of an installed version after its promotion.
#include "commands.h"
#include "consent.h"
#include "present.h"
#include "present_audit_row.h"

#include <palyra/app/activate_skill.h>
#include <palyra/app/skill_history.h>
#include <palyra/app/stop_skill.h>

#include <fmt/format.h>

#include <memory>

namespace palyra::cli {
namespace {

Report stopped(const state::InstalledVersion& before, std::string_view done) {
  Report report;
  report.result = Json::Object{{"before", version_json(before)}, {"status", done}};
  report.text = fmt::format("{}: {} (was {})\n", done, version_name(before), state::to_text(before.status));
  return report;
}

Result<Report> quarantine(Session& session, const std::string& selector) {
  const app::Services& services = *PALYRA_TRY(session.services());
  return stopped(PALYRA_TRY(app::quarantine_skill(services, selector)), "quarantined");
}

Result<Report> disable(Session& session, const std::string& selector) {
  const app::Services& services = *PALYRA_TRY(session.services());
  return stopped(PALYRA_TRY(app::disable_skill(services, selector)), "disabled");
}

Json garbage_json(const state::GarbageReport& garbage) {
  return Json::Object{
      {"objects", garbage.objects}, {"size_bytes", garbage.bytes}, {"forgotten", strings_json(garbage.forgotten)}};
}

std::string garbage_text(const state::GarbageReport& garbage, std::string_view done) {
  std::vector<std::string> names;
  names.reserve(garbage.forgotten.size());
  for (const std::string& name : garbage.forgotten) names.push_back(shown(name));
  return fmt::format("{}: {} objects of {} bytes\n", done, garbage.objects, garbage.bytes) +
         list_text(fmt::format("{} from the quarantine, which is over quarantine.max_bytes", done), names);
}

struct RemoveOptions {
  std::string selector;
  bool purge = false;
};

Result<Report> remove(Session& session, const RemoveOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const app::RemovedSkill removed =
      PALYRA_TRY(app::remove_skill(services, options.selector, options.purge ? app::Purge::kYes : app::Purge::kNo));
  Report report = stopped(removed.before, "removed");
  if (removed.purged) {
    report.result.set("purged", garbage_json(*removed.purged));
    report.result.set("purged_storage_bytes", removed.purged_storage_bytes);
    report.text += garbage_text(*removed.purged, "purged");
    if (removed.purged_storage_bytes != 0) {
      report.text += fmt::format("purged: {} bytes of storage\n", removed.purged_storage_bytes);
    }
  }
  return report;
}

Result<Report> collect_garbage(Session& session, bool dry_run) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const state::GarbageReport garbage =
      PALYRA_TRY(app::collect_garbage(services, dry_run ? state::GarbageMode::kDryRun : state::GarbageMode::kCollect));
  Report report;
  report.result = Json::Object{{"dry_run", dry_run}, {"garbage", garbage_json(garbage)}};
  report.text = garbage_text(garbage, dry_run ? "would be collected" : "collected");
  return report;
}

Report activated(const state::InstalledVersion& version) {
  return {.result = Json::Object{{"skill", version_json(version)}},
          .text = fmt::format("active: {}\n", version_name(version))};
}

Result<Report> enable(Session& session, const std::string& selector) {
  const app::Services& services = *PALYRA_TRY(session.services());
  return activated(PALYRA_TRY(app::enable_skill(services, selector)));
}

struct RollbackOptions {
  std::string selector;
  bool yes = false;
};

std::string rollback_text(const app::RollbackPlan& plan) {
  std::vector<Row> rows = verification_rows(plan.verification);
  if (plan.replaces) rows.push_back({"replaces", version_name(*plan.replaces)});
  std::string text = table_text(rows) + list_text("tools", tool_lines(plan.manifest()));
  text += list_text("will be allowed to", capability_lines(plan.version.grants.to_list()));
  text += list_text("its directories are", root_lines(plan.version.roots));
  text += list_text("new against the version it replaces", capability_lines(plan.difference.added));
  return text + list_text("no more against the version it replaces", capability_lines(plan.difference.removed));
}

Result<Report> roll_back(Session& session, const RollbackOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const app::RollbackPlan plan = PALYRA_TRY(app::plan_rollback(services, options.selector));
  const std::string& skill_id = plan.manifest().identity.skill_id;
  const app::ConsentForm consent =
      PALYRA_TRY(ask_consent(session,
                             {.plan = rollback_text(plan),
                              .question = fmt::format("Type the skill's id ({}) to go back to {}:", skill_id,
                                                      shown(plan.version.artifact.version)),
                              .expected = skill_id},
                             options.yes ? ConsentFlag::kYes : ConsentFlag::kNotSaid));
  Report report = activated(PALYRA_TRY(app::roll_back(services, plan, consent)));
  report.result.set("added", capabilities_json(plan.difference.added));
  report.result.set("removed", capabilities_json(plan.difference.removed));
  if (plan.replaces) report.result.set("replaces", version_json(*plan.replaces));
  if (options.yes) report.text = rollback_text(plan) + report.text;
  return report;
}

Result<Report> history(Session& session, const std::string& skill_id) {
  const app::Services& services = *PALYRA_TRY(session.services());
  Report report;
  Json::Array rows;
  for (const state::AuditRow& row : PALYRA_TRY(app::skill_history(services, skill_id))) {
    rows.push_back(audit_row_json(row));
    report.text += audit_row_text(row, session.options().verbose);
  }
  report.result = Json::Object{{"skill_id", skill_id}, {"rows", std::move(rows)}};
  return report;
}

constexpr const char* kSelectorHelp = "ID, ID@VERSION, or a content root";

void add_selector_command(CLI::App& skills, Dispatch& dispatch, const CommandText& text,
                          Result<Report> (*action)(Session&, const std::string&)) {
  CLI::App* command = add_command(skills, text);
  const auto selector = std::make_shared<std::string>();
  command->add_option("SKILL", *selector, kSelectorHelp)->required();
  set_action(command, dispatch, [selector, action](Session& session) { return action(session, *selector); });
}

void add_rollback_command(CLI::App& skills, Dispatch& dispatch) {
  CLI::App* command = add_command(
      skills, {.name = "rollback",
               .about = "Go back to a version that ran before, with the grants it had; shows everything and asks",
               .examples = "Examples:\n"
                           "  palyra skills rollback acme.weather\n"
                           "  palyra skills rollback acme.weather@1.1.0\n"});
  const auto options = std::make_shared<RollbackOptions>();
  command
      ->add_option("SKILL", options->selector,
                   "ID (the newest version below the active one), ID@VERSION, or a "
                   "content root")
      ->required();
  command->add_flag("--yes", options->yes, "without a person; only where policy.noninteractive_promote = true");
  set_action(command, dispatch, [options](Session& session) { return roll_back(session, *options); });
}

void add_remove_command(CLI::App& skills, Dispatch& dispatch) {
  CLI::App* command = add_command(skills, {.name = "remove",
                                           .about = "Forget a version; trust and the log stay",
                                           .examples = "Examples:\n"
                                                       "  palyra skills remove acme.weather@1.2.0\n"
                                                       "  palyra skills remove acme.weather --purge\n"});
  const auto options = std::make_shared<RemoveOptions>();
  command->add_option("SKILL", options->selector, kSelectorHelp)->required();
  command->add_flag("--purge", options->purge,
                    "then collect garbage, its files too; with its last version also what it keeps in storage");
  set_action(command, dispatch, [options](Session& session) { return remove(session, *options); });
}

void add_history_commands(CLI::App& skills, Dispatch& dispatch) {
  CLI::App* command = add_command(skills, {.name = "history",
                                           .about = "Everything that was decided here about a skill, newest last",
                                           .examples = "Examples:\n"
                                                       "  palyra skills history acme.weather\n"
                                                       "  palyra skills history acme.weather -v\n"});
  const auto skill_id = std::make_shared<std::string>();
  command->add_option("SKILL", *skill_id, "the skill's id")->required();
  set_action(command, dispatch, [skill_id](Session& session) { return history(session, *skill_id); });
  CLI::App* garbage = add_command(skills, {.name = "gc",
                                           .about = "Delete the files that nothing needs any more",
                                           .examples = "Examples:\n"
                                                       "  palyra skills gc --dry-run\n"
                                                       "  palyra skills gc\n"});
  const auto dry_run = std::make_shared<bool>(false);
  garbage->add_flag("--dry-run", *dry_run, "say what would go, and change nothing");
  set_action(garbage, dispatch, [dry_run](Session& session) { return collect_garbage(session, *dry_run); });
}

}  // namespace

void add_life_commands(CLI::App& skills, Dispatch& dispatch) {
  add_selector_command(skills, dispatch,
                       {.name = "quarantine",
                        .about = "Stop a version from running, its calls in flight too",
                        .examples = "Examples:\n  palyra skills quarantine acme.weather\n"},
                       &quarantine);
  add_selector_command(skills, dispatch,
                       {.name = "disable",
                        .about = "Switch a skill off; calls in flight end, its grants stay",
                        .examples = "Examples:\n  palyra skills disable acme.weather\n"},
                       &disable);
  add_selector_command(skills, dispatch,
                       {.name = "enable",
                        .about = "Switch a disabled skill on again, verified again",
                        .examples = "Examples:\n  palyra skills enable acme.weather\n"},
                       &enable);
  add_rollback_command(skills, dispatch);
  add_remove_command(skills, dispatch);
  add_history_commands(skills, dispatch);
}

}  // namespace palyra::cli
