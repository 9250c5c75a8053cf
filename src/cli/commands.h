// SPDX-License-Identifier: Apache-2.0
#pragma once
// The commands of `palyra`. Each group adds its own to the parser; the one that was typed puts itself into Dispatch.

#include "report.h"
#include "session.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <functional>
#include <string>

namespace palyra::cli {

inline constexpr ErrorCode kUsage{ErrorKind::kInvalidArgument, "cli.usage"};

using Action = std::function<Result<Report>(Session&)>;

struct Dispatch {
  std::string command;  // "skills list"
  Action action;
};

// A command below `parent` with its examples in the help text. `action` runs when it is typed.
struct CommandText {
  const char* name;
  const char* about;
  const char* examples;
};
CLI::App* add_command(CLI::App& parent, const CommandText& text);
void set_action(CLI::App* command, Dispatch& dispatch, Action action);

void add_init_command(CLI::App& program, Dispatch& dispatch);
void add_package_commands(CLI::App& skills, Dispatch& dispatch);
void add_skills_commands(CLI::App& program, Dispatch& dispatch);
void add_install_command(CLI::App& skills, Dispatch& dispatch);
void add_promote_command(CLI::App& skills, Dispatch& dispatch);
void add_update_command(CLI::App& skills, Dispatch& dispatch);
void add_life_commands(CLI::App& skills, Dispatch& dispatch);
void add_settings_commands(CLI::App& skills, Dispatch& dispatch);
void add_trust_commands(CLI::App& program, Dispatch& dispatch);
void add_rotate_command(CLI::App& trust, Dispatch& dispatch);
void add_revoke_command(CLI::App& trust, Dispatch& dispatch);
void add_recover_command(CLI::App& trust, Dispatch& dispatch);
void add_audit_commands(CLI::App& program, Dispatch& dispatch);
void add_run_command(CLI::App& program, Dispatch& dispatch);
void add_check_command(CLI::App& skills, Dispatch& dispatch);
void add_audit_skill_command(CLI::App& skills, Dispatch& dispatch);
void add_sign_command(CLI::App& package, Dispatch& dispatch);
void add_doctor_command(CLI::App& program, Dispatch& dispatch);
void add_config_commands(CLI::App& program, Dispatch& dispatch);
void add_state_commands(CLI::App& program, Dispatch& dispatch);
void add_secrets_commands(CLI::App& program, Dispatch& dispatch);
void add_storage_commands(CLI::App& program, Dispatch& dispatch);
void add_channel_commands(CLI::App& program, Dispatch& dispatch);
void add_runs_commands(CLI::App& program, Dispatch& dispatch);
void add_verify_installed_command(CLI::App& skills, Dispatch& dispatch);
void add_dev_command(CLI::App& program, Dispatch& dispatch);
// Last: it asks the program for all commands.
void add_completion_commands(CLI::App& program, Dispatch& dispatch);

// What `--version` prints.
Report version_report();

}  // namespace palyra::cli
