// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "development.h"
#include "present.h"
#include "terminal.h"

#include <palyra/app/run_tool.h>
#include <palyra/base/base64.h>
#include <palyra/base/file.h>
#include <palyra/base/utf8.h>

#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <memory>
#include <unistd.h>

namespace palyra::cli {
namespace {

constexpr ErrorCode kInputNotUtf8{ErrorKind::kMalformed, "cli.input_not_utf8"};
constexpr ErrorCode kInputNotObject{ErrorKind::kInvalidArgument, "cli.input_not_an_object"};

struct RunOptions {
  std::string tool;
  std::string module;
  std::string skill;
  std::string export_name;
  std::string input;
  std::vector<std::string> input_files;  // FIELD=FILE
  std::optional<std::int64_t> timeout_ms;
  std::optional<std::int64_t> fuel;
  bool approve = false;
  app::DevelopmentPlaces places;
};

// Set while a tool runs by Ctrl-C, and when whoever asked has gone (SIGTERM, SIGHUP); the second time the program ends
// at once.
std::atomic<bool>& cancel_flag() {
  static std::atomic<bool> cancelled{false};
  return cancelled;
}

void cancel_on_interrupt() {
  struct sigaction action{};
  action.sa_handler = [](int) { cancel_flag().store(true); };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  static_cast<void>(::sigaction(SIGINT, &action, nullptr));
  static_cast<void>(::sigaction(SIGTERM, &action, nullptr));
  static_cast<void>(::sigaction(SIGHUP, &action, nullptr));
}

// JSON, @FILE or -. Nothing given is an empty object.
Result<Bytes> read_input(const std::string& input, std::size_t limit) {
  if (input.empty()) return to_bytes("{}");
  if (input == "-") return PALYRA_TRY(read_standard_input(limit), "while reading the arguments");
  if (input.starts_with('@')) return PALYRA_TRY(read_file(input.substr(1), limit), "while reading the arguments");
  return to_bytes(input);
}

Result<Json> text_member(const std::string& path, std::size_t limit) {
  const Bytes bytes = PALYRA_TRY(read_file(path, limit));
  if (!is_utf8(as_text(bytes))) return fail(kInputNotUtf8, "'{}' is not UTF-8 text", shown(path));
  return Json(as_text(bytes));
}

Result<Bytes> add_files(Bytes input, const std::vector<std::string>& files, std::size_t limit) {
  if (files.empty()) return input;
  constexpr std::size_t kMaxDepth = 64;
  Json arguments = PALYRA_TRY(parse_json(input, {.max_bytes = limit, .max_depth = kMaxDepth}), "in --input");
  if (arguments.as_object() == nullptr) return fail(kInputNotObject, "the arguments are no JSON object");
  for (const std::string& argument : files) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(kUsage, "--input-file takes FIELD=FILE, not '{}'", shown(argument));
    }
    const std::string field = argument.substr(0, equals);
    if (arguments.find(field) != nullptr) return fail(kUsage, "the argument '{}' is given twice", shown(field));
    arguments.set(field, PALYRA_TRY(text_member(argument.substr(equals + 1), limit)));
  }
  return to_bytes(to_text(arguments));
}

Result<> check_run_arguments(const RunOptions& options) {
  if (!options.skill.empty() && !options.module.empty()) return fail(kUsage, "name either --skill or --module");
  if (options.skill.empty() && options.tool.empty() == options.module.empty()) {
    return fail(kUsage, "name either a TOOL or --module FILE");
  }
  const bool placed = !options.places.map_root.empty() || !options.places.allow_address.empty();
  if (options.skill.empty() && placed) {
    return fail(kUsage, "--map-root and --allow-address go with --skill; of an installed skill, with skills promote");
  }
  if (placed && !can_ask()) {
    return fail(kNoTerminal,
                "--map-root and --allow-address say where things are that you grant on a terminal, "
                "and there is none");
  }
  if (options.module.empty() && !options.export_name.empty()) return fail(kUsage, "--export goes with --module");
  if (options.timeout_ms && *options.timeout_ms < 1) return fail(kUsage, "--timeout is at least 1 ms");
  if (options.fuel && *options.fuel < 1) return fail(kUsage, "--fuel is at least 1");
  return {};
}

Result<> check_tool_named(const RunOptions& options, const skills::SkillManifest& manifest) {
  if (!options.tool.empty()) return {};
  Error error(kUsage, fmt::format("name a TOOL of '{}'", shown(options.skill)));
  for (const std::string& line : tool_lines(manifest)) error = std::move(error).with_next(line);
  return std::unexpected(std::move(error));
}

// A skill that is being written, with what it may do; nothing of both when the tool is an installed one's.
struct Development {
  std::optional<app::DevelopmentSkill> skill;
  app::DevelopmentGrants grants;
};

Result<Development> develop(Session& session, const RunOptions& options) {
  Development development;
  if (options.skill.empty()) return development;
  development.skill = PALYRA_TRY(open_development_skill(session, options.skill));
  PALYRA_TRY(check_tool_named(options, development.skill->manifest()));
  capability::CapabilityGrantSet granted = PALYRA_TRY(ask_grants(session, development.skill->manifest()));
  development.grants =
      PALYRA_TRY(app::grant_for_development(*PALYRA_TRY(session.services()), std::move(granted), options.places));
  return development;
}

Result<app::ModuleSelector> select(const RunOptions& options, const Development& development) {
  if (development.skill) {
    return app::DevelopmentTool{.skill = &*development.skill, .id = options.tool, .grants = development.grants};
  }
  if (!options.tool.empty()) return app::InstalledTool{.id = options.tool};
  app::InlineModule module;
  module.bytes = PALYRA_TRY(read_file(options.module, skills::kMaxEntryBytes));
  module.name = std::filesystem::path(options.module).filename().string();
  if (!options.export_name.empty()) module.export_name = options.export_name;
  return module;
}

Result<app::Approval> ask_approval(const RunOptions& options) {
  if (!can_ask()) return app::Approval::kNotGiven;
  PALYRA_TRY(confirm(fmt::format("'{}' wants your approval for each call. Type 'yes' to call it:", shown(options.tool)),
                     "yes"));
  return app::Approval::kGiven;
}

std::string output_key(app::OutputForm form) {
  switch (form) {
    case app::OutputForm::kJson:
      return "output";
    case app::OutputForm::kText:
      return "output_text";
    case app::OutputForm::kBytes:
      return "output_base64";
  }
  return {};
}

Json output_json(const app::ToolOutput& output) {
  if (output.form == app::OutputForm::kText) return as_text(output.bytes);
  if (output.form == app::OutputForm::kBytes) return to_base64(output.bytes);
  constexpr std::size_t kMaxDepth = 64;
  auto json = parse_json(output.bytes, {.max_bytes = output.bytes.size(), .max_depth = kMaxDepth});
  return json ? *std::move(json) : Json(as_text(output.bytes));
}

Json parts_json(const app::ToolOutput& output) {
  Json::Array parts;
  for (const host::ContentPart& part : output.parts) {
    Json json(Json::Object{{"media_type", part.media_type}});
    if (is_utf8(as_text(part.bytes)) && part.media_type.starts_with("text/")) {
      json.set("text", as_text(part.bytes));
    } else {
      json.set("base64", to_base64(part.bytes));
    }
    parts.push_back(std::move(json));
  }
  return parts;
}

Json run_record_json(const app::Execution& execution) {
  Json record = to_json(execution.record);
  record.set("run_id", execution.run_id);
  return record;
}

// Nothing in it moves a cursor or hides text: control characters but line end and tab are escaped.
std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\n\t"), text.size());
    out += printable(text.substr(0, end), 16 * (end + 1));
    if (end < text.size()) out += text[end];
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// For people: the output's bytes as they are, with a line end behind text that is shown on a terminal.
std::string output_text(const app::ToolOutput& output) {
  std::string text(as_text(output.bytes));
  const bool on_terminal = is_terminal(STDOUT_FILENO);
  if (output.form == app::OutputForm::kBytes) return text;
  if (on_terminal) text = escaped(text);
  if (!text.empty() && !text.ends_with('\n') && (on_terminal || output.form == app::OutputForm::kJson)) text += '\n';
  return text;
}

Report report_of(Session& session, app::Execution execution) {
  const bool ran = execution.record.duration.count() != 0;
  if (session.output().style() == OutputStyle::kPeople && ran) {
    std::string record = session.options().verbose ? record_text(execution.record) : trouble_text(execution.record);
    if (!record.empty()) record.pop_back();
    if (!record.empty()) session.output().note(record);
  }
  Report report;
  if (execution.error) {
    Failure failure = failure_of(execution.error->error);
    failure.kind = app::to_text(execution.error->kind);
    failure.exit = exit_code(execution.error->exit_kind());
    if (ran) failure.record = run_record_json(execution);
    report.failure = std::move(failure);
    return report;
  }
  report.result.set(output_key(execution.output.form), output_json(execution.output));
  report.result.set("parts", parts_json(execution.output));
  report.result.set("record", run_record_json(execution));
  report.text = output_text(execution.output);
  return report;
}

Result<Report> run(Session& session, const RunOptions& options) {
  PALYRA_TRY(check_run_arguments(options));
  const app::Services& services = *PALYRA_TRY(session.services());
  const auto limit = static_cast<std::size_t>(services.config.ceilings.input_bytes);
  const Bytes arguments =
      PALYRA_TRY(add_files(PALYRA_TRY(read_input(options.input, limit)), options.input_files, limit));
  const Development development = PALYRA_TRY(develop(session, options));
  cancel_on_interrupt();
  const auto call = [&](app::Approval approval) -> Result<app::Execution> {
    return app::run_tool(services, PALYRA_TRY(select(options, development)),
                         {.arguments = arguments,
                          .limits = {.fuel_budget = options.fuel, .wall_clock_timeout_ms = options.timeout_ms},
                          .approval = approval,
                          .started = services.clock.steady(),
                          .cancel = &cancel_flag(),
                          .progress = &session.progress()});
  };
  const app::Approval without_asking = can_ask() ? app::Approval::kWillAsk : app::Approval::kNotGiven;
  app::Execution execution = PALYRA_TRY(call(options.approve ? app::Approval::kGiven : without_asking));
  if (execution.error && execution.error->error.is(app::kRunNeedsApproval) && can_ask()) {
    const auto approved = ask_approval(options);
    execution = PALYRA_TRY(call(approved.value_or(app::Approval::kNotGiven)));
    if (!approved) return std::unexpected(approved.error());
  }
  if (const auto logged = services.runs.flush(); !logged) {
    session.output().warn("the runs log cannot be written: " + logged.error().message());
  }
  session.progress().clear();
  return report_of(session, std::move(execution));
}

}  // namespace

void add_run_command(CLI::App& program, Dispatch& dispatch) {
  CLI::App* command =
      add_command(program, {.name = "run",
                            .about = "Call a tool of an active skill, or a module that is being developed",
                            .examples = "Examples:\n"
                                        "  palyra run example.hello.greet --input '{\"who\":\"Ada\"}'\n"
                                        "  palyra run demo.csv.summarize --input-file csv=trips.csv -v\n"
                                        "  palyra run --skill hello example.hello.greet\n"
                                        "  palyra run --skill log-grep demo.logs.grep --map-root logs=/var/log:ro\n"
                                        "  palyra run --skill weather acme.weather.now \\\n"
                                        "    --allow-address api.example.com=127.0.0.1:8080\n"
                                        "  palyra run --module hello.wat --export echo --input @arguments.json\n"});
  const auto options = std::make_shared<RunOptions>();
  command->add_option("TOOL", options->tool, "the tool's id");
  command->add_option("--input", options->input, "the arguments: JSON, @FILE, or - for standard input (default: {})");
  command->add_option("--input-file", options->input_files, "FIELD=FILE: a text argument from a UTF-8 file; repeatable")
      ->allow_extra_args(false);
  command->add_option("--timeout", options->timeout_ms, "wall clock limit in ms");
  command->add_option("--fuel", options->fuel, "how many instructions it may take, about");
  command->add_flag("--approve", options->approve, "the approval that a tool wants for each call");
  command
      ->add_option("--skill", options->skill,
                   "a skill's directory, built if needed, or an artifact: unsigned, uninstalled, and asked for on a "
                   "terminal what it may do")
      ->type_name("FILE|DIR");
  add_places(command, {.map_root = options->places.map_root, .allow_address = options->places.allow_address});
  command->add_option("--module", options->module, "a .wasm or .wat file, unsigned and without grants");
  command->add_option("--export", options->export_name, "its function to call (default: run)");
  set_action(command, dispatch, [options](Session& session) { return run(session, *options); });
}

}  // namespace palyra::cli
