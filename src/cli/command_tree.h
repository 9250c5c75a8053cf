// SPDX-License-Identifier: Apache-2.0
#pragma once
// The commands as the argument parser knows them, as values: what completions and manual pages are made of.
//
// What a value is called in a help text says what it is, there as here: FILE, DIR, SKILL, TOOL, PUBLISHER, RUN_ID, the
// words `a|b|c` of which it is one, or something else.

#include <CLI/App.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace palyra::cli {

struct CommandOption {
  std::vector<std::string> names;  // "-o", "--output"
  std::string value;               // "FILE"; empty: it takes none
  std::string about;
};

struct CommandArgument {
  std::string name;   // as the synopsis has it: "FILE|DIR"
  std::string value;  // the same, or the words of which it is one
  bool required = false;
  bool repeated = false;
  std::string about;
};

struct CommandNode {
  std::string name;  // "palyra skills promote"
  std::string about;
  std::string examples;  // as the help text ends: "Examples:\n  palyra ..."
  std::vector<CommandArgument> arguments;
  std::vector<CommandOption> options;  // its own; those of the first node are for every command
  std::vector<CommandNode> commands;
};

// Without the commands that are hidden.
CommandNode command_tree(const CLI::App& program);

// The node of "palyra skills promote", or nullptr.
const CommandNode* find_command(const CommandNode& root, std::string_view name);

// Parents before their children.
std::vector<const CommandNode*> all_commands(const CommandNode& root);

}  // namespace palyra::cli
