// SPDX-License-Identifier: Apache-2.0
#include "terminal.h"

#include <palyra/base/hidden_secret.h>
#include <palyra/base/testing.h>

#include <concepts>
#include <cstdlib>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace palyra::cli {
namespace {

using testing::FailsWith;
using testing::HiddenSecret;
using testing::IsOk;

// Standard input and standard error are a terminal, at whose other end a process of its own types.
class AtTerminal {
 public:
  // Each line once a question has been asked; the lines are told from this process's memory.
  explicit AtTerminal(const HiddenSecret& line)
      : AtTerminal([&line](int end) {
          const LockedBytes typed = line.reveal();
          write_to(end, as_text(typed.reveal()));
          write_to(end, "\n");
        }) {}
  explicit AtTerminal(std::string_view line) : AtTerminal([line](int end) { write_to(end, line); }) {}
  AtTerminal(const AtTerminal&) = delete;
  AtTerminal& operator=(const AtTerminal&) = delete;
  ~AtTerminal() {
    ::dup2(input_.get(), STDIN_FILENO);
    ::dup2(error_.get(), STDERR_FILENO);
    far_ = UniqueFd();
    ::waitpid(typist_, nullptr, 0);
  }

 private:
  template <std::invocable<int> Type>
  explicit AtTerminal(Type type) : far_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    EXPECT_EQ(::grantpt(far_.get()), 0);
    EXPECT_EQ(::unlockpt(far_.get()), 0);
    char name[64] = "";
    EXPECT_EQ(::ptsname_r(far_.get(), name, sizeof name), 0);
    const UniqueFd near(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
    typist_ = ::fork();
    if (typist_ == 0) {
      std::string shown;
      char piece[64];
      while (!shown.ends_with("? ")) {
        const ssize_t got = ::read(far_.get(), piece, sizeof piece);
        if (got <= 0) ::_exit(1);
        shown.append(piece, static_cast<std::size_t>(got));
      }
      type(far_.get());
      ::_exit(0);
    }
    ::dup2(near.get(), STDIN_FILENO);
    ::dup2(near.get(), STDERR_FILENO);
  }
  static void write_to(int end, std::string_view text) {
    if (::write(end, text.data(), text.size()) < 0) ::_exit(2);
  }

  UniqueFd input_{::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)};
  UniqueFd error_{::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)};
  UniqueFd far_;
  pid_t typist_ = -1;
};

TEST(TerminalTest, APassphraseIsTheLineThatIsTyped) {
  const AtTerminal terminal("correct horse\n");
  const auto typed = ask_passphrase("Which?");
  ASSERT_THAT(typed, IsOk());
  EXPECT_EQ(as_text(typed->reveal()), "correct horse");
}

TEST(TerminalTest, AnEmptyLineIsNoPassphrase) {
  const AtTerminal terminal("\n");
  EXPECT_THAT(ask_passphrase("Which?"), FailsWith(kNotConfirmed));
}

// S06
TEST(TerminalTest, WhatWasTypedUnseenLeavesNoCopy) {
  const HiddenSecret secret;
  const AtTerminal terminal(secret);
  {
    const auto typed = ask_passphrase("Which?");
    ASSERT_THAT(typed, IsOk());
    EXPECT_EQ(typed->reveal().size(), HiddenSecret::kBytes);
    EXPECT_GT(secret.copies(), 0U);  // the search can find it
  }
  EXPECT_EQ(secret.copies(), 0U);
}

}  // namespace
}  // namespace palyra::cli
