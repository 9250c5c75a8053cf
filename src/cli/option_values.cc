// SPDX-License-Identifier: Apache-2.0
#include "option_values.h"

#include <palyra/base/suggestion.h>
#include <palyra/base/utf8.h>

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace palyra::cli {
namespace {

struct ValueName {
  std::string_view option;
  std::string_view value;
};

constexpr ValueName kValueNames[] = {
    {"allow-address", "HOST[:PORT]=ADDRESS[:PORT]"},
    {"apply", "FILE"},
    {"asset", "FILE"},
    {"builds", "N"},
    {"content-root", "HEX"},
    {"created", "TIME"},
    {"deny", "CAPABILITY"},
    {"event", "EVENT"},
    {"expires", "TIME"},
    {"export", "NAME"},
    {"fingerprint", "KEY"},
    {"from", "FILE"},
    {"fuel", "N"},
    {"input", "JSON|@FILE|-"},
    {"input-file", "FIELD=FILE"},
    {"issuer", "PUBLISHER"},
    {"key", "KEY"},
    {"limit", "N"},
    {"list-version", "N"},
    {"manifest", "FILE"},
    {"map-root", "NAME=DIR[:ro]"},
    {"module", "FILE"},
    {"new-key", "KEY"},
    {"new-passphrase-file", "FILE"},
    {"not-after", "TIME"},
    {"not-before", "TIME"},
    {"old-key", "KEY"},
    {"only", "CAPABILITY"},
    {"output", "FILE"},
    {"passphrase-file", "FILE"},
    {"policy", "FILE"},
    {"prefix", "PREFIX"},
    {"provenance", "FILE"},
    {"publisher", "PUBLISHER"},
    {"sbom", "FILE"},
    {"sequence", "N"},
    {"sign", "FILE"},
    {"signing-key", "FILE"},
    {"since", "TIME"},
    {"skill", "SKILL"},
    {"state-root", "DIR"},
    {"subject", "SUBJECT"},
    {"threshold", "N"},
    {"timeout", "MS"},
    {"tool", "TOOL"},
    {"trust-store", "FILE"},
    {"trusted-publisher", "PUBLISHER=KEY"},
};

bool is_unnamed(const std::string& type) {
  return type == "TEXT" || type == "INT" || type == "UINT" || type == "FLOAT" || type == "NUMBER";
}

void name_values_of(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (!is_unnamed(option->get_type_name())) continue;
    // Its name says it.
    if (option->get_positional()) option->type_name("");
    if (option->get_lnames().empty()) continue;
    const auto* found = std::ranges::find(kValueNames, option->get_lnames().front(), &ValueName::option);
    if (found != std::end(kValueNames)) option->type_name(std::string(found->value));
  }
}

std::vector<std::string> words_of(const std::string& type) {
  std::vector<std::string> words;
  std::istringstream stream(type);
  for (std::string word; std::getline(stream, word, '|');) words.push_back(word);
  return words;
}

// Its type name has them: "a|b".
std::optional<std::string> meant_word(const CLI::Option& option) {
  if (!are_words(option.get_type_name())) return std::nullopt;
  const std::vector<std::string> words = words_of(option.get_type_name());
  for (const std::string& value : option.results()) {
    if (std::ranges::find(words, value) == words.end()) return closest(value, words);
  }
  return std::nullopt;
}

}  // namespace

bool are_words(std::string_view value) {
  const auto is_word_character = [](char c) { return (c >= 'a' && c <= 'z') || c == '|' || c == '-' || c == '_'; };
  return value.find('|') != std::string_view::npos && std::ranges::all_of(value, is_word_character);
}

void name_values(CLI::App& program) {
  name_values_of(program);
  for (CLI::App* command : program.get_subcommands([](CLI::App*) { return true; })) name_values(*command);
}

CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& words) {
  option->type_name(fmt::format("{}", fmt::join(words, "|")));
  return option->check([words](const std::string& value) -> std::string {
    if (std::ranges::find(words, value) != words.end()) return {};
    return fmt::format("'{}' is none of {}", printable(value), fmt::join(words, ", "));
  });
}

std::optional<std::string> meant_word(const CLI::App* command) {
  for (; command != nullptr; command = command->get_parent()) {
    for (const CLI::Option* option : command->get_options()) {
      if (auto meant = meant_word(*option)) return meant;
    }
  }
  return std::nullopt;
}

}  // namespace palyra::cli
