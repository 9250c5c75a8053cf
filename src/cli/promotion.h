// SPDX-License-Identifier: Apache-2.0
#pragma once
// Asking a person whether a skill may run; for `skills promote` and `skills install --promote`.

#include "first_use.h"
#include "report.h"
#include "session.h"

#include <palyra/app/promote_skill.h>

namespace palyra::cli {

struct PromotionOptions {
  app::PlanPromotionRequest plan;
  FirstUseOptions first_use;
  bool dry_run = false;
  bool yes = false;
};

// Shows the plan, asks for the skill's id to be typed, promotes. Errors: kNoTerminal, kNotConfirmed, those of
// app::plan_promotion and app::promote_skill.
Result<Report> promote(Session& session, const PromotionOptions& options);

}  // namespace palyra::cli
