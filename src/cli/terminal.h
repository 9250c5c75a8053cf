// SPDX-License-Identifier: Apache-2.0
#pragma once
// Questions to the person at the keyboard. Never asked when there is none.

#include <palyra/base/error.h>
#include <palyra/base/secret.h>

#include <optional>
#include <string>

namespace palyra::cli {

inline constexpr ErrorCode kNoTerminal{ErrorKind::kDenied, "cli.no_terminal"};
inline constexpr ErrorCode kNotConfirmed{ErrorKind::kCancelled, "cli.not_confirmed"};
inline constexpr ErrorCode kPassphrasesDiffer{ErrorKind::kInvalidArgument, "cli.passphrases_differ"};

// Standard input and standard error are a terminal.
bool can_ask();

// The line typed, without its end; nullopt at the end of input. The question goes to standard error.
std::optional<std::string> ask_line(const std::string& question);

// kNotConfirmed unless exactly `expected` is typed.
Result<> confirm(const std::string& question, const std::string& expected);

// What is typed is not shown. Errors: kNoTerminal, kNotConfirmed.
Result<Secret> ask_passphrase(const std::string& question);
// Asked twice. Errors: also kPassphrasesDiffer.
Result<Secret> ask_new_passphrase(const std::string& question);

// The first line of a file. Errors: those of read_file, and kPassphrasesDiffer's kind for an empty one.
Result<Secret> read_passphrase_file(const std::string& path);

}  // namespace palyra::cli
