// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a command has to say when it is done: one value, printed for people or as JSON by output.h.

#include "exit_code.h"

#include <palyra/base/error.h>
#include <palyra/base/json.h>

#include <optional>
#include <string>

namespace palyra::cli {

// Why a command failed, or what it found to be wrong.
struct Failure {
  Error error;
  std::string kind;  // as `--json` shows it: of the error, or of the run error
  int exit = kExitInternal;
  Json record{};  // of the run that failed; null for everything else
};

// With the advice that its code has, unless it brings its own.
Failure failure_of(Error error);

struct Report {
  Json result{};                     // of the `--json` document; null: no document
  std::string text;                  // for people, on standard output, as it stands
  std::optional<Failure> failure{};  // printed on standard error after the result; decides the exit status
  int exit = kExitOk;                // without a failure
};

// Nothing but a failure.
Report failed(Error error);

}  // namespace palyra::cli
