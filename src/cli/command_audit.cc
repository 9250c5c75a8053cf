// SPDX-License-Identifier: Apache-2.0
// The audit log: what was changed here, and whether anybody changed what it says.
#include "commands.h"
#include "present.h"
#include "present_audit_row.h"

#include <palyra/app/audit_log.h>
#include <palyra/app/list_runs.h>
#include <palyra/app/time_argument.h>
#include <palyra/base/file.h>

#include <fmt/format.h>

#include <memory>

namespace palyra::cli {
namespace {

struct ListOptions {
  std::string event;
  std::string subject;
  std::string since;
  std::int64_t limit = 20;
};

Result<Report> list(Session& session, const ListOptions& options) {
  if (options.limit < 1) return fail(kUsage, "--limit is at least 1");
  const app::Services& services = *PALYRA_TRY(session.services());
  app::AuditQuery query{
      .event = options.event, .subject = options.subject, .limit = static_cast<std::size_t>(options.limit)};
  if (!options.since.empty()) {
    query.since = PALYRA_TRY(app::parse_time(options.since, services.clock.wall_seconds()));
  }
  const std::vector<state::AuditRow> rows = PALYRA_TRY(app::list_audit(services, query));
  Report report;
  Json::Array array;
  for (const state::AuditRow& row : rows) {
    array.push_back(audit_row_json(row));
    report.text += audit_row_text(row, session.options().verbose);
  }
  if (rows.empty()) report.text = "no such change is logged\n";
  report.result = Json::Object{{"rows", std::move(array)}};
  return report;
}

Result<Report> export_log(Session& session, const std::string& output) {
  app::AuditExport exported = PALYRA_TRY(app::export_audit(*PALYRA_TRY(session.services())));
  Report report;
  report.result = Json::Object{{"row_count", exported.rows.size()}, {"head_sha256", crypto::to_hex(exported.head)}};
  if (output.empty()) {
    report.text = app::lines_of(exported);
    report.result.set("rows", std::move(exported.rows));
    return report;
  }
  constexpr mode_t kPrivate = 0600;
  PALYRA_TRY(write_file_atomic(output, as_bytes(app::lines_of(exported)), kPrivate, Overwrite::kYes));
  report.result.set("file", output);
  report.text = fmt::format("{}: {} rows, the last has the digest {}\n", shown(output), exported.rows.size(),
                            crypto::to_hex(exported.head));
  return report;
}

Result<Report> verify(Session& session) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const app::LogFacts facts = PALYRA_TRY(app::verify_logs(services));
  Report report;
  report.result = Json::Object{{"audit", Json::Object{{"rows", facts.audit_rows}}},
                               {"runs", Json::Object{{"segments", facts.runs.segments},
                                                     {"runs", facts.runs.runs},
                                                     {"dropped", facts.runs.dropped},
                                                     {"torn_segments", facts.runs.torn_segments},
                                                     {"unanchored_segments", facts.runs.unanchored_segments}}}};
  report.text = fmt::format(
      "audit: {} rows, unchanged\n"
      "runs: {} in {} segments, unchanged; {} could not be written\n"
      "      {} segments end in half a line: their process was killed\n"
      "      {} segments are not in the audit log yet; the next change puts them there\n",
      facts.audit_rows, facts.runs.runs, facts.runs.segments, facts.runs.dropped, facts.runs.torn_segments,
      facts.runs.unanchored_segments);
  return report;
}

void add_list_command(CLI::App& audit, Dispatch& dispatch) {
  CLI::App* command = add_command(audit, {.name = "list",
                                          .about = "What was changed here, by whom, the newest first",
                                          .examples = "Examples:\n"
                                                      "  palyra audit list\n"
                                                      "  palyra audit list --event trust --since -7d\n"
                                                      "  palyra audit list --subject acme.weather --limit 100 -v\n"});
  const auto options = std::make_shared<ListOptions>();
  command->add_option("--event", options->event, "such as skills.promoted, or trust for every trust.…");
  command->add_option("--subject", options->subject, "a publisher, ID@VERSION, or ID for every version");
  command->add_option("--since", options->since, "2026-11-22T18:00:00Z, 2026-11-22, -7d or seconds since 1970");
  command->add_option("--limit", options->limit, "how many at most (default: 20)");
  set_action(command, dispatch, [options](Session& session) { return list(session, *options); });
}

}  // namespace

void add_audit_commands(CLI::App& program, Dispatch& dispatch) {
  CLI::App* audit = add_command(
      program, {.name = "audit", .about = "What was changed here, and whether the logs say so still", .examples = ""});
  audit->require_subcommand(1);
  add_list_command(*audit, dispatch);
  CLI::App* command = add_command(*audit, {.name = "verify",
                                           .about = "Check the chain of the audit log, and the runs log against it",
                                           .examples = "Examples:\n  palyra audit verify\n"});
  set_action(command, dispatch, [](Session& session) { return verify(session); });
  command = add_command(*audit, {.name = "export",
                                 .about = "The whole audit log, a line a change, for somebody who checks it elsewhere",
                                 .examples = "Examples:\n"
                                             "  palyra audit export -o audit.ndjson\n"
                                             "  palyra audit export | wc -l\n"});
  const auto output = std::make_shared<std::string>();
  command->add_option("-o,--output", *output, "a file, only for you to read (default: standard output)");
  set_action(command, dispatch, [output](Session& session) { return export_log(session, *output); });
}

}  // namespace palyra::cli
