// SPDX-License-Identifier: Apache-2.0
// Nothing that `palyra __complete` prints is evaluated by a shell: it is compared and offered, word by word.
#include "completion_script.h"

#include "known_names.h"
#include "option_values.h"

#include <fmt/format.h>

#include <algorithm>

namespace palyra::cli {
namespace {

constexpr const char* kBashFunctions = R"bash(
# Offers what begins with "$2" of the kind "$1".
__palyra_offer() {
  local word
  case $1 in
    file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
    dir) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
    skills | tools | publishers | runs | channels)
      while IFS= read -r word; do
        [[ $word == "$2"* ]] && COMPREPLY+=("$word")
      done < <(palyra __complete "$1" 2>/dev/null) ;;
    *'|'*)
      for word in ${1//|/ }; do
        [[ $word == "$2"* ]] && COMPREPLY+=("$word")
      done ;;
  esac
}

_palyra() {
  local palyra_commands palyra_options palyra_values palyra_arguments
  local current=${COMP_WORDS[COMP_CWORD]} command=palyra value= position=0 i word kinds
  COMPREPLY=()
  __palyra_command "$command"
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ -n $value ]]; then
      [[ $word == = ]] || value=
    elif [[ $word == -* ]]; then
      for kinds in $palyra_values; do
        [[ ${kinds%%=*} == "$word" ]] && value=${kinds#*=}
      done
    elif [[ " $palyra_commands " == *" $word "* ]]; then
      command+=" $word"
      __palyra_command "$command"
    else
      position=$((position + 1))
    fi
  done
  [[ $current == = ]] && current=
  if [[ -n $value ]]; then
    __palyra_offer "$value" "$current"
  elif [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$palyra_options" -- "$current")
  elif [[ -n $palyra_commands ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$palyra_commands" -- "$current")
  else
    kinds=($palyra_arguments)
    __palyra_offer "${kinds[position]:-any}" "$current"
  fi
}

complete -F _palyra palyra
)bash";

constexpr const char* kZshFunctions = R"zsh(
# Offers what is of the kind "$1".
__palyra_offer() {
  case $1 in
    file) _files ;;
    dir) _files -/ ;;
    skills | tools | publishers | runs | channels) compadd -- ${(f)"$(palyra __complete $1 2>/dev/null)"} ;;
    *'|'*) compadd -- ${(s:|:)1} ;;
  esac
}

_palyra() {
  local palyra_commands palyra_options palyra_values palyra_arguments
  local current=${words[CURRENT]} command=palyra value= position=1 i word kind
  local -a kinds
  __palyra_command $command
  for ((i = 2; i < CURRENT; i++)); do
    word=${words[i]}
    if [[ -n $value ]]; then
      value=
    elif [[ $word == -* ]]; then
      for kind in ${=palyra_values}; do
        [[ ${kind%%=*} == $word ]] && value=${kind#*=}
      done
    elif [[ " $palyra_commands " == *" $word "* ]]; then
      command+=" $word"
      __palyra_command $command
    else
      position=$((position + 1))
    fi
  done
  if [[ -n $value ]]; then
    __palyra_offer $value
  elif [[ $current == -* ]]; then
    compadd -- ${=palyra_options}
  elif [[ -n $palyra_commands ]]; then
    compadd -- ${=palyra_commands}
  else
    kinds=(${=palyra_arguments})
    __palyra_offer ${kinds[position]:-any}
  fi
}

if [[ $funcstack[1] == _palyra ]]; then
  _palyra "$@"
else
  compdef _palyra palyra
fi
)zsh";

constexpr const char* kFishFunctions = R"fish(
# Whether the command that was typed so far is exactly "$argv[1]".
function __palyra_at
    set -l typed (commandline -opc)
    set -l found
    for word in $typed[2..-1]
        set -l longer (string join ' ' -- $found $word)
        if contains -- $longer $__palyra_commands
            set found (string split ' ' -- $longer)
        end
    end
    test (string join ' ' -- $found | string collect --allow-empty) = "$argv[1]"
end

complete -c palyra -f
)fish";

// "file", "skills", "c|wat"; "any": nothing can be offered.
std::string kind_of(std::string_view value) {
  if (are_words(value)) return std::string(value);
  if (value == "FILE" || value == "FILE|DIR") return "file";
  if (value == "DIR") return "dir";
  return std::string(name_kind(value).value_or("any"));
}

// Its own and those of every command.
std::vector<const CommandOption*> options_of(const CommandNode& root, const CommandNode& node) {
  std::vector<const CommandOption*> options;
  options.reserve(node.options.size() + root.options.size());
  for (const CommandOption& option : node.options) options.push_back(&option);
  if (&node == &root) return options;
  for (const CommandOption& option : root.options) {
    const bool own = std::ranges::find(node.options, option.names, &CommandOption::names) != node.options.end();
    if (!own) options.push_back(&option);
  }
  return options;
}

void add_word(std::string& words, std::string_view word) {
  if (!words.empty()) words += ' ';
  words += word;
}

// One branch of a `case` that bash and zsh read alike.
std::string case_branch(const CommandNode& root, const CommandNode& node) {
  std::string commands;
  std::string options;
  std::string values;
  std::string arguments;
  for (const CommandNode& command : node.commands) {
    add_word(commands, std::string_view(command.name).substr(node.name.size() + 1));
  }
  for (const CommandOption* option : options_of(root, node)) {
    for (const std::string& name : option->names) {
      add_word(options, name);
      if (!option->value.empty()) add_word(values, fmt::format("{}={}", name, kind_of(option->value)));
    }
  }
  for (const CommandArgument& argument : node.arguments) add_word(arguments, kind_of(argument.value));
  return fmt::format(
      "    '{}')\n"
      "      palyra_commands='{}'\n"
      "      palyra_options='{}'\n"
      "      palyra_values='{}'\n"
      "      palyra_arguments='{}' ;;\n",
      node.name, commands, options, values, arguments);
}

std::string case_function(const CommandNode& root) {
  std::string text = "\n__palyra_command() {\n  case $1 in\n";
  for (const CommandNode* node : all_commands(root)) text += case_branch(root, *node);
  return text + "  esac\n}\n";
}

std::string fish_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string fish_value(std::string_view value) {
  const std::string kind = kind_of(value);
  if (kind == "file") return " -F";
  if (kind == "dir") return " -a '(__fish_complete_directories)'";
  if (kind == "any") return {};
  if (kind.find('|') == std::string::npos) return fmt::format(" -a '(palyra __complete {} 2>/dev/null)'", kind);
  std::string words = kind;
  std::ranges::replace(words, '|', ' ');
  return " -a " + fish_quoted(words);
}

std::string fish_option(const CommandOption& option) {
  std::string text;
  for (const std::string& name : option.names) {
    const bool is_long = name.starts_with("--");
    text += fmt::format(" -{} {}", is_long ? 'l' : 's', name.substr(is_long ? 2 : 1));
  }
  if (!option.value.empty()) text += (kind_of(option.value) == "file" ? " -r" : " -x") + fish_value(option.value);
  return text + " -d " + fish_quoted(option.about);
}

std::string fish_lines(const CommandNode& root, const CommandNode& node) {
  const std::string path = node.name == root.name ? "" : node.name.substr(root.name.size() + 1);
  const std::string head = fmt::format("complete -c palyra -n '__palyra_at \"{}\"'", path);
  std::string text;
  for (const CommandNode& command : node.commands) {
    text +=
        fmt::format("{} -a {} -d {}\n", head, command.name.substr(node.name.size() + 1), fish_quoted(command.about));
  }
  for (const CommandArgument& argument : node.arguments) {
    const std::string value = fish_value(argument.value);
    if (!value.empty()) text += head + value + "\n";
  }
  for (const CommandOption& option : node.options) {
    // Those of the program go with every command.
    text += (&node == &root ? std::string("complete -c palyra") : head) + fish_option(option) + "\n";
  }
  return text;
}

std::string fish_script(const CommandNode& root) {
  std::string text = "set -g __palyra_commands";
  for (const CommandNode* node : all_commands(root)) {
    if (node != &root) text += " " + fish_quoted(node->name.substr(root.name.size() + 1));
  }
  text += "\n";
  text += kFishFunctions;
  for (const CommandNode* node : all_commands(root)) text += fish_lines(root, *node);
  return text;
}

}  // namespace

std::string completion_script(const CommandNode& root, Shell shell) {
  switch (shell) {
    case Shell::kBash:
      return "# bash completion for palyra; made by: palyra completion bash\n" + case_function(root) + kBashFunctions;
    case Shell::kZsh:
      return "#compdef palyra\n# made by: palyra completion zsh\n" + case_function(root) + kZshFunctions;
    case Shell::kFish:
      return "# fish completion for palyra; made by: palyra completion fish\n" + fish_script(root);
  }
  return {};
}

}  // namespace palyra::cli
