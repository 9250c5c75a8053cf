// SPDX-License-Identifier: Apache-2.0
#include "command_tree.h"

#include <algorithm>

namespace palyra::cli {
namespace {

constexpr std::string_view kHiddenGroup;

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

CommandArgument argument_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::string name = option.get_name();
  return {.name = name,
          .value = type.find('|') == std::string::npos ? name : type,
          .required = option.get_required(),
          .repeated = option.get_expected_max() > 1,
          .about = option.get_description()};
}

CommandNode node_of(const CLI::App& app, const std::string& above) {
  CommandNode node;
  node.name = above + app.get_name();
  node.about = app.get_description();
  node.examples = app.get_footer();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group() == kHiddenGroup) continue;
    if (option->get_positional()) {
      node.arguments.push_back(argument_of(*option));
      continue;
    }
    node.options.push_back({.names = names_of(*option),
                            .value = option->get_items_expected_max() == 0 ? "" : option->get_type_name(),
                            .about = option->get_description()});
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_group() != kHiddenGroup) node.commands.push_back(node_of(*command, node.name + " "));
  }
  return node;
}

void collect(const CommandNode& node, std::vector<const CommandNode*>& found) {
  found.push_back(&node);
  for (const CommandNode& command : node.commands) collect(command, found);
}

}  // namespace

CommandNode command_tree(const CLI::App& program) { return node_of(program, ""); }

const CommandNode* find_command(const CommandNode& root, std::string_view name) {
  const auto all = all_commands(root);
  const auto found = std::ranges::find(all, name, &CommandNode::name);
  return found == all.end() ? nullptr : *found;
}

std::vector<const CommandNode*> all_commands(const CommandNode& root) {
  std::vector<const CommandNode*> found;
  collect(root, found);
  return found;
}

}  // namespace palyra::cli
