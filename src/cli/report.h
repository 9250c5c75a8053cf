// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a command has to say when it is done: one value, printed for people or as JSON by output.h.

#include "exit_code.h"

#include <palyra/base/error.h>
#include <palyra/base/json.h>

#include <cstdint>
#include <functional>
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

// Whether standard output has taken everything, to the last byte.
enum class Printed : std::uint8_t { kYes, kNo };

struct Report {
  Json result{};                     // of the `--json` document; null: no document
  std::string text;                  // for people, on standard output, as it stands
  std::optional<Failure> failure{};  // printed on standard error after the result; decides the exit status
  int exit = kExitOk;                // without a failure
  // What remains to be done once the result was printed, or could not be. Its failure is the command's.
  std::function<Result<>(Printed)> afterwards{};
};

// Nothing but a failure.
Report failed(Error error);

}  // namespace palyra::cli
