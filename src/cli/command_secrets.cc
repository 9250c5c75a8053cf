// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "present.h"
#include "terminal.h"
#include "vault_access.h"

#include <palyra/base/file.h>
#include <palyra/base/locked_bytes.h>
#include <palyra/state/vault.h>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <unistd.h>

namespace palyra::cli {
namespace {

using capability::Scanning;

struct SecretOptions {
  std::string name;
  std::string passphrase_file;
  std::string new_passphrase_file;
  bool unscannable = false;
};

constexpr const char* kNameHelp = "<scope>/<key>; the scope is global, skill:<id>, principal:<name> or channel:<name>";
constexpr const char* kPassphraseFileHelp =
    "first line is the passphrase of the vault (default: secrets.passphrase_file, else a question)";

const std::string& passphrase_file(const Session& session, const SecretOptions& options) {
  const std::string& configured = session.loaded_config().config.secrets_passphrase_file;
  return options.passphrase_file.empty() ? configured : options.passphrase_file;
}

Result<Secret> passphrase(const Session& session, const SecretOptions& options) {
  return CliVaultAccess(passphrase_file(session, options), "").passphrase();
}

// A person types it twice: what is typed wrongly now is lost for good.
Result<Secret> new_passphrase(const std::string& file) {
  static_cast<void>(forbid_memory_dumps());
  if (!file.empty()) return read_passphrase_file(file);
  if (can_ask()) return ask_new_passphrase("New passphrase of the vault:");
  return CliVaultAccess("", "").passphrase();
}

// From standard input without its last line end, or typed unseen.
Result<Secret> read_value(const std::string& name) {
  if (can_ask()) return ask_passphrase(fmt::format("Value of {}:", shown(name)));
  Bytes bytes = PALYRA_TRY(read_standard_input(state::kMaxSecretBytes + 2), "while reading the value");
  if (!bytes.empty() && bytes.back() == '\n') bytes.pop_back();
  if (!bytes.empty() && bytes.back() == '\r') bytes.pop_back();
  return Secret(std::move(bytes));
}

Json entry_json(const state::SecretEntry& entry) {
  return Json::Object{{"name", entry.name},
                      {"version", entry.version},
                      {"set", to_text(entry.set)},
                      {"scanned", entry.scanning == Scanning::kScanned}};
}

std::string entry_line(const state::SecretEntry& entry) {
  std::string line = fmt::format("{}  version {}, set {}", shown(entry.name), entry.version, to_text(entry.set));
  if (entry.scanning == Scanning::kScanned) return line + "\n";
  constexpr std::string_view kWarning = "not searched for in what tools write";
  const bool coloured = wants_colour(STDOUT_FILENO);
  return line + (coloured ? fmt::format("  \x1b[31m{}\x1b[0m\n", kWarning) : fmt::format("  {}\n", kWarning));
}

Result<bool> has_vault(const app::Services& services) {
  const auto entries = state::list_secrets(services.state);
  if (entries) return true;
  if (entries.error().is(state::kVaultMissing)) return false;
  return std::unexpected(entries.error());
}

Result<Report> set(Session& session, const SecretOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  PALYRA_TRY(state::check_secret_name(options.name));
  const bool exists = PALYRA_TRY(has_vault(services));
  static_cast<void>(forbid_memory_dumps());
  const Secret value = PALYRA_TRY(read_value(options.name));
  const Secret word =
      PALYRA_TRY(exists ? passphrase(session, options) : new_passphrase(passphrase_file(session, options)));
  const app::Activity activity(services.activities, "opening the vault");
  const state::SecretEntry entry =
      PALYRA_TRY(state::set_secret(services.state, word,
                                   {.name = options.name,
                                    .value = value.reveal(),
                                    .scanning = options.unscannable ? Scanning::kUnscannable : Scanning::kScanned}));
  if (entry.scanning == Scanning::kUnscannable) {
    session.output().warn(fmt::format(
        "{} is too short to be told from other text: no output of a tool is searched for it", shown(entry.name)));
  }
  return Report{.result = Json::Object{{"secret", entry_json(entry)}}, .text = entry_line(entry)};
}

Result<Report> list(Session& session) {
  const app::Services& services = *PALYRA_TRY(session.services());
  std::vector<state::SecretEntry> entries;
  if (PALYRA_TRY(has_vault(services))) entries = PALYRA_TRY(state::list_secrets(services.state));
  Report report;
  Json::Array secrets;
  for (const state::SecretEntry& entry : entries) {
    secrets.push_back(entry_json(entry));
    report.text += entry_line(entry);
  }
  report.result = Json::Object{{"secrets", std::move(secrets)}};
  if (entries.empty()) report.text = "no secret is set\n";
  return report;
}

Result<Report> remove(Session& session, const SecretOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const auto entries = PALYRA_TRY(state::list_secrets(services.state));
  if (std::ranges::find(entries, options.name, &state::SecretEntry::name) == entries.end()) {
    return fail(state::kSecretUnknown, "'{}' is not set", shown(options.name));
  }
  const Secret word = PALYRA_TRY(passphrase(session, options));
  const app::Activity activity(services.activities, "opening the vault");
  PALYRA_TRY(state::remove_secret(services.state, word, options.name));
  return Report{.result = Json::Object{{"name", options.name}},
                .text = fmt::format("{} is removed\n", shown(options.name))};
}

Result<Report> change_passphrase(Session& session, const SecretOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  static_cast<void>(PALYRA_TRY(state::list_secrets(services.state)));
  const Secret before = PALYRA_TRY(passphrase(session, options));
  const Secret after = PALYRA_TRY(new_passphrase(options.new_passphrase_file));
  const app::Activity activity(services.activities, "opening the vault");
  PALYRA_TRY(state::change_vault_passphrase(services.state, before, after));
  return Report{.result = Json::Object{{"changed", true}},
                .text = "the vault has another passphrase; copies of it that were made before open with the old one\n"};
}

CLI::App* add_named(CLI::App& secrets, const CommandText& text, SecretOptions& options) {
  CLI::App* command = add_command(secrets, text);
  command->add_option("SECRET", options.name, kNameHelp)->required();
  command->add_option("--passphrase-file", options.passphrase_file, kPassphraseFileHelp);
  return command;
}

}  // namespace

void add_secrets_commands(CLI::App& program, Dispatch& dispatch) {
  CLI::App* secrets =
      add_command(program, {.name = "secrets", .about = "Secrets that tools may use and never see", .examples = ""});
  secrets->require_subcommand(1);
  const auto options = std::make_shared<SecretOptions>();

  CLI::App* set_command = add_named(*secrets,
                                    {.name = "set",
                                     .about = "Give a secret a value, from standard input or typed unseen",
                                     .examples = "Examples:\n"
                                                 "  palyra secrets set global/weather-key\n"
                                                 "  palyra secrets set skill:acme.weather/token < token.txt\n"},
                                    *options);
  set_command->add_flag("--unscannable", options->unscannable,
                        "keep a value under 16 bytes, which cannot be searched for in what tools write");
  set_action(set_command, dispatch, [options](Session& session) { return set(session, *options); });

  CLI::App* list_command =
      add_command(*secrets, {.name = "list",
                             .about = "The names of all secrets; values are never shown",
                             .examples = "Examples:\n  palyra secrets list\n  palyra secrets list --json\n"});
  set_action(list_command, dispatch, [](Session& session) { return list(session); });

  CLI::App* remove_command = add_named(*secrets,
                                       {.name = "remove",
                                        .about = "Forget a secret",
                                        .examples = "Examples:\n  palyra secrets remove global/weather-key\n"},
                                       *options);
  set_action(remove_command, dispatch, [options](Session& session) { return remove(session, *options); });

  CLI::App* change_command =
      add_command(*secrets, {.name = "change-passphrase",
                             .about = "Lock the vault with another passphrase",
                             .examples = "Examples:\n"
                                         "  palyra secrets change-passphrase\n"
                                         "  palyra secrets change-passphrase --new-passphrase-file new.txt\n"});
  change_command->add_option("--passphrase-file", options->passphrase_file, kPassphraseFileHelp);
  change_command->add_option("--new-passphrase-file", options->new_passphrase_file,
                             "first line is the new one (default: a question)");
  set_action(change_command, dispatch, [options](Session& session) { return change_passphrase(session, *options); });
}

}  // namespace palyra::cli
