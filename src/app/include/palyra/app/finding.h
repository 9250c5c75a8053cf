// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one of several checks found, for commands that report all of them: `skills check` and `doctor`.

#include <palyra/base/error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::app {

enum class FindingStatus : std::uint8_t {
  kOk,
  kNotRun,  // could not be looked at; the message says why
  kWarn,    // works, and somebody should know
  kFail,
};
std::string_view to_text(FindingStatus status);  // "ok", "not_run", "warn", "fail"

struct Finding {
  std::string check;  // "state", "settings"
  FindingStatus status;
  std::string message;  // printable
  std::vector<std::string> next{};
  std::optional<Error> error{};  // with kFail

  static Finding ok(std::string check, std::string message);
  static Finding not_run(std::string check, std::string message);
  static Finding warn(std::string check, std::string message, std::vector<std::string> next);
  static Finding failed(std::string check, Error error);
};

}  // namespace palyra::app
