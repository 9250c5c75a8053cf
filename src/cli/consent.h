// SPDX-License-Identifier: Apache-2.0
#pragma once
// A person's word at the terminal: shown what it means, he types the name of what it is about.

#include "session.h"

#include <palyra/app/consent.h>

#include <string>

namespace palyra::cli {

struct ConsentQuestion {
  std::string plan;      // what it means; to standard error, where the question is
  std::string question;  // "Type the publisher's name (acme) to trust it no more:"
  std::string expected;
};

enum class ConsentFlag : std::uint8_t {
  kNone,     // the command has no --yes
  kNotSaid,  // it has, and nobody said it
  kYes,
};

// With kYes nobody is asked; whether that is enough, check_consent of the application says.
// Errors: kNoTerminal, kNotConfirmed.
Result<app::ConsentForm> ask_consent(Session& session, const ConsentQuestion& question, ConsentFlag flag);

}  // namespace palyra::cli
