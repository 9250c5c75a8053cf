// SPDX-License-Identifier: Apache-2.0
#include "manual_page.h"

#include "exit_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace palyra::cli {
namespace {

constexpr std::string_view kEllipsis = "\u2026";

constexpr const char* kFiles =
    ".SH ENVIRONMENT\n"
    ".TP\n.B PALYRA_STATE_ROOT\nThe directory of all state.\n"
    ".TP\n.B PALYRA_CONFIG\nThe configuration file, which must then exist.\n"
    ".TP\n.B PALYRA_*\nA configuration key in upper case, with two underscores for each dot; see\n"
    ".BR \"palyra config show\" .\n"
    ".TP\n.B NO_COLOR\nNo colour, whatever its value.\n"
    ".SH FILES\n"
    ".TP\n.I $XDG_CONFIG_HOME/palyra/config.toml\nThe configuration.\n"
    ".TP\n.I $XDG_STATE_HOME/palyra\nTrust, installed skills, grants and the logs.\n"
    ".TP\n.I $XDG_CACHE_HOME/palyra\nCompiled code; may be deleted at any time.\n";

// Pages are ASCII: formatters take other bytes for something else.
std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const char c = text.front();
    std::size_t taken = 1;
    if (text.starts_with(kEllipsis)) {
      out += "...";
      taken = kEllipsis.size();
    } else if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    text.remove_prefix(taken);
  }
  return out;
}

// As a line of its own, which is no request.
std::string line(std::string_view text) {
  const bool request = text.starts_with('.') || text.starts_with('\'');
  return (request ? "\\&" : "") + escaped(text) + "\n";
}

std::string synopsis_argument(const CommandArgument& argument) {
  const std::string name = fmt::format("\\fI{}\\fR{}", escaped(argument.name), argument.repeated ? "..." : "");
  return argument.required ? " " + name : " [" + name + "]";
}

std::string synopsis(const CommandNode& node) {
  std::string text = fmt::format(".B {}\n", escaped(node.name));
  std::string rest;
  if (!node.commands.empty()) rest += " \\fICOMMAND\\fR";
  if (!node.options.empty()) rest += " [\\fIOPTIONS\\fR]";
  for (const CommandArgument& argument : node.arguments) rest += synopsis_argument(argument);
  return rest.empty() ? text : text + rest.substr(1) + "\n";
}

std::string arguments(const CommandNode& node) {
  std::string text;
  for (const CommandArgument& argument : node.arguments) {
    text += fmt::format(".TP\n.I {}\n{}", escaped(argument.value), line(argument.about));
  }
  return text.empty() ? text : ".SH ARGUMENTS\n" + text;
}

std::string options(const CommandNode& root, const CommandNode& node) {
  std::string text = ".SH OPTIONS\n";
  for (const CommandOption& option : node.options) {
    std::string names;
    for (const std::string& name : option.names) {
      names += fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", escaped(name));
    }
    if (!option.value.empty()) names += fmt::format(" \\fI{}\\fR", escaped(option.value));
    text += fmt::format(".TP\n{}\n{}", names, line(option.about));
  }
  if (&node != &root) text += ".PP\nThe options of every command are in\n.BR palyra (1).\n";
  return text;
}

std::string commands(const CommandNode& node) {
  std::string text;
  for (const CommandNode& command : node.commands) {
    text += fmt::format(".TP\n.BR {} (1)\n{}", escaped(page_name(command)), line(command.about));
  }
  return text.empty() ? text : ".SH COMMANDS\n" + text;
}

// The first line of the help's is a heading.
std::string examples(const CommandNode& node) {
  std::istringstream stream(node.examples);
  std::string text;
  std::string each;
  for (std::getline(stream, each); std::getline(stream, each);) text += line(each);
  return text.empty() ? text : ".SH EXAMPLES\n.nf\n" + text + ".fi\n";
}

std::string exit_status(const CommandNode& root, const CommandNode& node) {
  if (&node != &root) return ".SH EXIT STATUS\n0 when it was done; the others are in\n.BR palyra (1).\n";
  std::string text = ".SH EXIT STATUS\n";
  for (const ExitStatus& each : exit_statuses()) {
    text += fmt::format(".TP\n.B {}\n{}", each.status, line(each.meaning));
  }
  return text;
}

std::string see_also(const CommandNode& root, const CommandNode& node) {
  if (&node == &root) return {};
  std::string parent = node.name.substr(0, node.name.rfind(' '));
  std::ranges::replace(parent, ' ', '-');
  return fmt::format(".SH SEE ALSO\n.BR {} (1)\n", escaped(parent));
}

}  // namespace

std::string page_name(const CommandNode& node) {
  std::string name = node.name;
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string manual_page(const CommandNode& root, const CommandNode& node, std::string_view version) {
  const std::string name = page_name(node);
  std::string title = name;
  std::ranges::transform(title, title.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  std::string text = fmt::format(".TH {} 1 \"\" \"palyra {}\" \"Palyra\"\n", escaped(title), version);
  text += fmt::format(".SH NAME\n{} \\- {}", escaped(name), line(node.about));
  text += ".SH SYNOPSIS\n" + synopsis(node);
  text += arguments(node) + commands(node) + options(root, node) + examples(node) + exit_status(root, node);
  if (&node == &root) text += kFiles;
  return text + see_also(root, node);
}

}  // namespace palyra::cli
