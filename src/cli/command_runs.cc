// SPDX-License-Identifier: Apache-2.0
// The runs log: what ran.
#include "commands.h"
#include "present.h"

#include <palyra/app/list_runs.h>

#include <fmt/format.h>

#include <memory>

namespace palyra::cli {
namespace {

struct ListOptions {
  std::string tool;
  std::string skill;
  bool failed = false;
  std::int64_t limit = 20;
};

std::string outcome_text(const state::RunEntry& run) { return run.failed() ? shown(run.error_code) : "ok"; }

std::string origin_text(const state::RunEntry& run) {
  const state::RunSubject& subject = *run.subject;
  if (subject.origin == state::RunOrigin::kDevelopment) return "development";
  return subject.skill ? shown(subject.skill->id + "@" + subject.skill->version) : "-";
}

// Lines and segments that could not be read, and entries that were never written.
void add_gaps(const state::RunsFound& found, Report& report) {
  report.result.set("dropped", found.dropped);
  report.result.set("unreadable_lines", found.unreadable_lines);
  report.result.set("unreadable_segments", found.unreadable_segments);
  if (found.dropped != 0) report.text += fmt::format("{} more runs could not be written\n", found.dropped);
  if (found.unreadable_lines != 0 || found.unreadable_segments != 0) {
    report.text += fmt::format("{} lines and {} segments cannot be read: palyra audit verify\n", found.unreadable_lines,
                               found.unreadable_segments);
  }
}

Result<Report> list(Session& session, const ListOptions& options) {
  if (options.limit < 1) return fail(kUsage, "--limit is at least 1");
  const app::Services& services = *PALYRA_TRY(session.services());
  const state::RunsFound found =
      PALYRA_TRY(app::list_runs(services, {.tool_id = options.tool,
                                           .skill_id = options.skill,
                                           .failed_only = options.failed,
                                           .limit = static_cast<std::size_t>(options.limit)}));
  Report report;
  Json::Array runs;
  for (const state::RunEntry& run : found.entries) {
    const Json json = state::to_json(run);
    runs.push_back(json);
    const auto milliseconds = std::chrono::duration<double, std::milli>(run.record.duration).count();
    report.text += fmt::format("{:.12}  {}  {:>10.3f} ms  {:<24}  {}  {}\n",
                               run.run_id.empty() ? "-" : shown(run.run_id), *json.find("started")->as_string(),
                               milliseconds, outcome_text(run), shown(run.subject->tool_id), origin_text(run));
  }
  if (runs.empty()) report.text = "no such run is logged\n";
  report.result = Json::Object{{"runs", std::move(runs)}};
  add_gaps(found, report);
  return report;
}

Result<Report> show(Session& session, const std::string& run_id) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const state::RunEntry run = PALYRA_TRY(app::show_run(services, run_id));
  Report report;
  report.result = Json::Object{{"run", state::to_json(run)}};
  const Json& json = *report.result.find("run");
  std::vector<Row> rows{{"run", shown(run.run_id)}, {"tool", shown(run.subject->tool_id)}, {"of", origin_text(run)}};
  if (const auto& skill = run.subject->skill) rows.push_back({"content root", crypto::to_hex(skill->content_root)});
  rows.push_back({"by", shown(run.subject->actor)});
  rows.push_back({"started", *json.find("started")->as_string()});
  rows.push_back({"arguments", fmt::format("{} bytes", run.argument_bytes)});
  rows.push_back({"outcome", run.failed() ? fmt::format("{}: {}", shown(run.error_kind), outcome_text(run)) : "ok"});
  report.text = table_text(rows) + record_text(run.record);
  return report;
}

void add_list_command(CLI::App& runs, Dispatch& dispatch) {
  CLI::App* command = add_command(runs, {.name = "list",
                                         .about = "What ran, the newest first",
                                         .examples = "Examples:\n"
                                                     "  palyra runs list\n"
                                                     "  palyra runs list --skill acme.weather --failed --limit 100\n"});
  const auto options = std::make_shared<ListOptions>();
  command->add_option("--tool", options->tool, "only runs of this tool");
  command->add_option("--skill", options->skill, "only runs of this skill");
  command->add_flag("--failed", options->failed, "only runs without a result");
  command->add_option("--limit", options->limit, "how many at most (default: 20)");
  set_action(command, dispatch, [options](Session& session) { return list(session, *options); });
}

}  // namespace

void add_runs_commands(CLI::App& program, Dispatch& dispatch) {
  CLI::App* runs = add_command(program, {.name = "runs", .about = "What ran here", .examples = ""});
  runs->require_subcommand(1);
  add_list_command(*runs, dispatch);
  CLI::App* command = add_command(*runs, {.name = "show",
                                          .about = "Everything that is kept of one run",
                                          .examples = "Examples:\n"
                                                      "  palyra runs show 3f9a2c\n"
                                                      "  palyra runs show 3f9a2c --json\n"});
  const auto run_id = std::make_shared<std::string>();
  command->add_option("RUN_ID", *run_id, "its first digits are enough where no other run has them")->required();
  set_action(command, dispatch, [run_id](Session& session) { return show(session, *run_id); });
}

}  // namespace palyra::cli
