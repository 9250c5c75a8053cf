// SPDX-License-Identifier: Apache-2.0
// The one file in which the argument parser's exceptions are caught.
#include "program.h"

#include "commands.h"
#include "known_names.h"
#include "option_values.h"

#include <palyra/base/suggestion.h>
#include <palyra/base/utf8.h>
#include <palyra/crypto/ed25519.h>
#include <palyra/runtime/runtime.h>
#include <palyra/state/storage_codes.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <new>
#include <span>
#include <string_view>
#include <unistd.h>

namespace palyra::cli {
namespace {

constexpr const char* kProgramExamples =
    "Examples:\n"
    "  palyra init hello --lang c                     a new skill\n"
    "  palyra skills package build hello --signing-key my.palyra-key -o hello.palyra-skill\n"
    "  palyra trust init                              once on each machine\n"
    "  palyra skills install hello.palyra-skill       into quarantine\n"
    "  palyra skills promote example.hello            let it run\n"
    "  palyra run example.hello.greet --input '{\"who\":\"Ada\"}'\n";

// Asked for before anything is parsed, because a wrong command line is reported as JSON too.
bool wants_json(std::span<char* const> arguments) {
  const auto end = std::ranges::find(arguments, std::string_view("--"));
  return std::find(arguments.begin(), end, std::string_view("--json")) != end;
}

CLI::App* deepest(CLI::App& program) {
  CLI::App* app = &program;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

std::string full_name(const CLI::App* app) {
  std::string name = app->get_name();
  for (const CLI::App* parent = app->get_parent(); parent != nullptr; parent = parent->get_parent()) {
    name = parent->get_name() + " " + name;
  }
  return name;
}

std::vector<std::string> option_names(const CLI::App* app) {
  std::vector<std::string> names;
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

std::vector<std::string> command_names(const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app->get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  return names;
}

// What CLI11 did not like, with the word that was probably meant.
Error usage_error(CLI::App& program, const CLI::ParseError& error) {
  const CLI::App* app = deepest(program);
  const std::vector<std::string> commands = command_names(app);
  const std::vector<std::string> left = program.remaining(true);
  std::string message = error.what();
  std::optional<std::string> meant;
  if (!left.empty() && left.front().starts_with('-')) {
    message = fmt::format("unknown option '{}'", printable(left.front()));
    meant = closest(left.front().substr(0, left.front().find('=')), option_names(app));
  } else if (!left.empty() && !commands.empty()) {
    message = fmt::format("unknown command '{} {}'", full_name(app), printable(left.front()));
    meant = closest(left.front(), commands);
  } else {
    meant = meant_word(app);
  }
  Error usage(kUsage, std::move(message));
  if (meant) usage = std::move(usage).with_next(fmt::format("did you mean '{}'?", *meant));
  return std::move(usage).with_next(full_name(app) + " --help");
}

void add_global_options(CLI::App& program, GlobalOptions& options, bool& json, bool& version) {
  program.add_flag("--json", json, "one JSON document on standard output, errors as one JSON line on standard error");
  program.add_flag("-v,--verbose", options.verbose, "also print what the guest logged and the run used");
  program.add_option("--state-root", options.state_root,
                     "directory of all state (default: PALYRA_STATE_ROOT, then $XDG_STATE_HOME/palyra)");
  program.add_flag("--version", version, "print the version and that of the engine");
}

// Of the command that was typed.
Report help_report(const CLI::App& program) {
  return {.result = Json::Object{{"text", program.help()}}, .text = program.help()};
}

// Nothing but options of every command.
bool names_nothing(CLI::App& program, const CLI::ParseError& error) {
  return error.get_name() == "RequiredError" && deepest(program) == &program && program.remaining(true).empty();
}

// Before any signature counts, and before any module is looked at.
Result<> check_libraries() {
  PALYRA_TRY(runtime::check_engine_version(runtime::engine_facts().version));
  return crypto::self_test();
}

bool is_about_a_name(const Error& error) {
  return error.is(state::kToolNotFound) || error.is(state::kSkillNotInstalled) || error.is(skills::kPublisherUnknown) ||
         error.is(state::kStorageNotFound) || error.is(state::kChannelEmpty);
}

int run_action(Session& session, const Dispatch& dispatch, const CLI::App& command) {
  if (auto checked = check_libraries(); !checked) {
    return session.output().finish(dispatch.command, failed(std::move(checked).error()));
  }
  auto done = dispatch.action(session);
  Report report = done ? *std::move(done) : failed(std::move(done).error());
  if (report.failure && is_about_a_name(report.failure->error)) {
    if (const auto meant = meant_name(session, command)) {
      report.failure->error = std::move(report.failure->error).with_next(fmt::format("did you mean '{}'?", *meant));
    }
  }
  return session.output().finish(dispatch.command, report);
}

int parse_and_run(CLI::App& program, std::span<char* const> arguments) {
  GlobalOptions options;
  Dispatch dispatch;
  bool json = false;
  bool version = false;
  add_global_options(program, options, json, version);
  add_init_command(program, dispatch);
  add_skills_commands(program, dispatch);
  add_trust_commands(program, dispatch);
  add_run_command(program, dispatch);
  add_doctor_command(program, dispatch);
  add_config_commands(program, dispatch);
  add_state_commands(program, dispatch);
  add_secrets_commands(program, dispatch);
  add_storage_commands(program, dispatch);
  add_channel_commands(program, dispatch);
  add_runs_commands(program, dispatch);
  add_audit_commands(program, dispatch);
  add_dev_command(program, dispatch);
  add_completion_commands(program, dispatch);
  name_values(program);

  Output output(wants_json(arguments) ? OutputStyle::kJson : OutputStyle::kPeople);
  try {
    program.parse(static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::CallForHelp&) {
    return output.finish("help", help_report(program));
  } catch (const CLI::ParseError& error) {
    if (version) return output.finish("version", version_report());
    if (names_nothing(program, error)) return output.finish("help", help_report(program));
    return output.finish("", failed(usage_error(program, error)));
  }
  Session session(std::move(options), output);
  return run_action(session, dispatch, *deepest(program));
}

}  // namespace

int run_program(int argc, char** argv) {
  try {
    CLI::App program("Signed WebAssembly skills: build, verify, install, promote, run.", "palyra");
    program.footer(kProgramExamples);
    program.require_subcommand(1);
    return parse_and_run(program, {argv, static_cast<std::size_t>(argc)});
  } catch (const std::bad_alloc&) {
    static_cast<void>(std::fputs("error: out of memory [io.failed]\n", stderr));
    return exit_code(ErrorKind::kUnavailable);
  }
}

CLI::App* add_command(CLI::App& parent, const CommandText& text) {
  CLI::App* command = parent.add_subcommand(text.name, text.about);
  command->fallthrough();
  command->footer(text.examples);
  return command;
}

void set_action(CLI::App* command, Dispatch& dispatch, Action action) {
  // Without the program's own name.
  const std::string name = full_name(command).substr(std::string_view("palyra ").size());
  command->final_callback([&dispatch, name, action = std::move(action)] {
    dispatch.command = name;
    dispatch.action = action;
  });
}

}  // namespace palyra::cli
