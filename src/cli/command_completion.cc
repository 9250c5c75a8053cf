// SPDX-License-Identifier: Apache-2.0
// What is made of the command tree: completions and manual pages.
#include "commands.h"
#include "completion_script.h"
#include "known_names.h"
#include "manual_page.h"
#include "option_values.h"
#include "present.h"

#include <palyra/app/version_info.h>
#include <palyra/base/file.h>
#include <palyra/base/suggestion.h>

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace palyra::cli {
namespace {

constexpr mode_t kPageMode = 0644;

Report completion(const CLI::App& program, const std::string& shell) {
  Shell which = Shell::kBash;
  if (shell == "zsh") which = Shell::kZsh;
  if (shell == "fish") which = Shell::kFish;
  Report report;
  report.text = completion_script(command_tree(program), which);
  report.result = Json::Object{{"shell", shell}, {"script", report.text}};
  return report;
}

Result<Report> write_pages(const CommandNode& root, const std::string& directory) {
  Json::Array files;
  Report report;
  for (const CommandNode* node : all_commands(root)) {
    const std::string file = fmt::format("{}/{}.1", directory, page_name(*node));
    PALYRA_TRY(
        write_file_atomic(file, as_bytes(manual_page(root, *node, app::palyra_version())), kPageMode, Overwrite::kYes));
    files.emplace_back(file);
    report.text += shown(file) + "\n";
  }
  report.result = Json::Object{{"files", std::move(files)}};
  return report;
}

struct ManOptions {
  std::vector<std::string> command;
  std::string directory;
};

Result<Report> man(const CLI::App& program, const ManOptions& options) {
  const CommandNode root = command_tree(program);
  if (!options.directory.empty()) return write_pages(root, options.directory);
  const std::string name =
      fmt::format("palyra{}{}", options.command.empty() ? "" : " ", fmt::join(options.command, " "));
  const CommandNode* node = find_command(root, name);
  if (node == nullptr) {
    std::vector<std::string> names;
    for (const CommandNode* each : all_commands(root)) names.push_back(each->name);
    Error error(kUsage, fmt::format("no command is called '{}'", shown(name)));
    const auto meant = closest(name, names);
    return std::unexpected(
        std::move(error).with_next(meant ? fmt::format("did you mean '{}'?", *meant) : "palyra --help"));
  }
  Report report;
  report.text = manual_page(root, *node, app::palyra_version());
  report.result = Json::Object{{"page", page_name(*node) + ".1"}, {"roff", report.text}};
  return report;
}

// A word that every shell takes as it stands.
bool is_plain(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

// Silent when anything is wrong: somebody is typing.
Report complete(Session& session, const std::string& kind) {
  Report report;
  const auto words = known_names(session, kind);
  if (!words) return report;
  for (const std::string& word : *words) {
    if (is_plain(word)) report.text += word + "\n";
  }
  return report;
}

void add_hidden_command(CLI::App& program, Dispatch& dispatch) {
  CLI::App* command = add_command(program, {.name = "__complete", .about = "for the shell", .examples = ""});
  command->group("");
  const auto kind = std::make_shared<std::string>();
  command->add_option("KIND", *kind, "skills, tools, publishers or runs")->required();
  set_action(command, dispatch, [kind](Session& session) -> Result<Report> { return complete(session, *kind); });
}

}  // namespace

void add_completion_commands(CLI::App& program, Dispatch& dispatch) {
  CLI::App* command =
      add_command(program, {.name = "completion",
                            .about = "Print what a shell needs to complete palyra's commands",
                            .examples = "Examples:\n"
                                        "  source <(palyra completion bash)\n"
                                        "  palyra completion zsh > ~/.zfunc/_palyra\n"
                                        "  palyra completion fish > ~/.config/fish/completions/palyra.fish\n"});
  const auto shell = std::make_shared<std::string>();
  one_of(command->add_option("SHELL", *shell, "whose")->required(), {"bash", "zsh", "fish"});
  set_action(command, dispatch, [&program, shell](Session&) -> Result<Report> { return completion(program, *shell); });

  command = add_command(program, {.name = "man",
                                  .about = "Print the manual page of a command, as roff",
                                  .examples = "Examples:\n"
                                              "  palyra man skills promote | man -l -\n"
                                              "  palyra man > palyra.1\n"});
  const auto options = std::make_shared<ManOptions>();
  command->add_option("COMMAND", options->command, "its words (default: the program itself)");
  command->add_option("--write", options->directory, "instead write all pages into this directory")->type_name("DIR");
  set_action(command, dispatch, [&program, options](Session&) { return man(program, *options); });
  add_hidden_command(program, dispatch);
}

}  // namespace palyra::cli
