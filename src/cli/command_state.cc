// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "present.h"

#include <palyra/app/backup_state.h>

#include <fmt/format.h>

#include <memory>

namespace palyra::cli {
namespace {

Result<Report> backup(Session& session, const std::string& file) {
  const state::BackupFile made = PALYRA_TRY(app::backup_state(*PALYRA_TRY(session.services()), file));
  Report report;
  report.result = Json::Object{{"file", file},
                               {"generation", made.generation},
                               {"size_bytes", made.size_bytes},
                               {"file_sha256", crypto::to_hex(made.sha256)},
                               {"parts", strings_json(made.parts)}};
  report.text = fmt::format("{}: trust.db at generation {}, {} bytes, checked\nsha256  {}\n", shown(file),
                            made.generation, made.size_bytes, crypto::to_hex(made.sha256));
  for (const std::string& part : made.parts) report.text += "beside it  " + shown(part) + "\n";
  return report;
}

}  // namespace

void add_state_commands(CLI::App& program, Dispatch& dispatch) {
  CLI::App* state = add_command(program, {.name = "state", .about = "The state directory", .examples = ""});
  state->require_subcommand(1);

  CLI::App* command = add_command(
      *state, {.name = "backup",
               .about = "Copy trust, installs, grants and the audit log into a new file, storage and vault beside",
               .examples = "Examples:\n  palyra state backup palyra-2026-11-22.db\n"
                           "  palyra state backup /mnt/backup/palyra.db --json\n"});
  const auto file = std::make_shared<std::string>();
  command
      ->add_option("FILE", *file,
                   "never overwritten; only for you to read (0600). What skills keep goes to FILE.storage, the vault, "
                   "locked as it is, to FILE.vault")
      ->required();
  set_action(command, dispatch, [file](Session& session) { return backup(session, *file); });
}

}  // namespace palyra::cli
