// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the value of an option is called and may be. An option of one name takes the same kind of value in every
// command that has it; command_tree.h says what the names mean.

#include <CLI/App.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::cli {

// Whether a value is one of these words: "a|b|c".
bool are_words(std::string_view value);

// Calls every value what it is, where its command has not said it already. After all commands were added.
void name_values(CLI::App& program);

// The value is one of these words; another is a usage error that names the one that was probably meant.
CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& words);

// Of a command line that was refused: for the first value that is none of its option's words the nearest of them.
std::optional<std::string> meant_word(const CLI::App* command);

}  // namespace palyra::cli
