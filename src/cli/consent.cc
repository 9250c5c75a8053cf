// SPDX-License-Identifier: Apache-2.0
#include "consent.h"

#include "terminal.h"

#include <fmt/format.h>

namespace palyra::cli {

Result<app::ConsentForm> ask_consent(Session& session, const ConsentQuestion& question, ConsentFlag flag) {
  if (flag == ConsentFlag::kYes) return app::ConsentForm::kFlag;
  if (!can_ask()) {
    Error error(kNoTerminal, "this needs a person at a terminal");
    error = std::move(error).with_next(fmt::format("run the command on a terminal and type '{}'", question.expected));
    if (flag == ConsentFlag::kNotSaid) {
      error = std::move(error).with_next("or say --yes where policy.noninteractive_promote = true");
    }
    return std::unexpected(std::move(error));
  }
  session.output().note(question.plan);
  PALYRA_TRY(confirm(question.question, question.expected));
  return app::ConsentForm::kTyped;
}

}  // namespace palyra::cli
