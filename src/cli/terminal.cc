// SPDX-License-Identifier: Apache-2.0
#include "terminal.h"

#include "output.h"

#include <palyra/base/file.h>
#include <palyra/base/locked_bytes.h>
#include <palyra/base/utf8.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <span>
#include <termios.h>
#include <unistd.h>

namespace palyra::cli {
namespace {

constexpr ErrorCode kPassphraseEmpty{ErrorKind::kInvalidArgument, "cli.passphrase_empty"};

// Switches off the echo of the terminal for its life.
class Hidden {
 public:
  Hidden() : changed_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!changed_) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;
  ~Hidden() {
    if (changed_) static_cast<void>(::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_));
  }

 private:
  termios before_{};
  bool changed_;
};

void show_question(const std::string& question) {
  static_cast<void>(std::fputs((question + " ").c_str(), stderr));
  static_cast<void>(std::fflush(stderr));
}

// Past the buffers of standard input, which keep what was in them. A terminal gives a line at a time, of at most 4,095
// bytes (termios(3), canonical mode).
Secret read_typed_line() {
  LockedBytes line(4'096);
  const std::span<std::uint8_t> bytes = line.reveal_writable();
  ssize_t got = -1;
  do {
    got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  } while (got < 0 && errno == EINTR);
  const std::span<std::uint8_t> typed = bytes.first(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return Secret(Bytes(typed.begin(), std::ranges::find(typed, std::uint8_t{'\n'})));
}

}  // namespace

bool can_ask() { return is_terminal(STDIN_FILENO) && is_terminal(STDERR_FILENO); }

std::optional<std::string> ask_line(const std::string& question) {
  show_question(question);
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  return line;
}

Result<> confirm(const std::string& question, const std::string& expected) {
  const auto typed = ask_line(question);
  if (typed && *typed == expected) return {};
  return fail(kNotConfirmed, "not confirmed: '{}' was not typed", printable(expected));
}

Result<Secret> ask_passphrase(const std::string& question) {
  if (!can_ask()) return fail(kNoTerminal, "a passphrase is needed and there is no terminal to ask on");
  const Hidden hidden;
  show_question(question);
  Secret typed = read_typed_line();
  static_cast<void>(std::fputs("\n", stderr));
  if (typed.empty()) return fail(kNotConfirmed, "no passphrase was typed");
  return typed;
}

Result<Secret> ask_new_passphrase(const std::string& question) {
  Secret first = PALYRA_TRY(ask_passphrase(question));
  const Secret second = PALYRA_TRY(ask_passphrase("The same again:"));
  if (!std::ranges::equal(first.reveal(), second.reveal())) return fail(kPassphrasesDiffer, "the two differ");
  return first;
}

Result<Secret> read_passphrase_file(const std::string& path) {
  constexpr std::size_t kMaxPassphraseBytes = 4 * 1024;
  Bytes bytes = PALYRA_TRY(read_file(path, kMaxPassphraseBytes));
  const auto end = std::ranges::find(bytes, std::uint8_t{'\n'});
  Secret passphrase(Bytes(bytes.begin(), end));
  Secret::wipe(bytes);
  if (passphrase.empty()) return fail(kPassphraseEmpty, "'{}' begins with an empty line", printable(path));
  return passphrase;
}

}  // namespace palyra::cli
