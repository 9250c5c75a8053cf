// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/finding.h>
#include <palyra/base/check.h>

namespace palyra::app {

std::string_view to_text(FindingStatus status) {
  switch (status) {
    case FindingStatus::kOk:
      return "ok";
    case FindingStatus::kNotRun:
      return "not_run";
    case FindingStatus::kWarn:
      return "warn";
    case FindingStatus::kFail:
      return "fail";
  }
  PALYRA_CHECK(false);
}

Finding Finding::ok(std::string check, std::string message) {
  return {.check = std::move(check), .status = FindingStatus::kOk, .message = std::move(message)};
}

Finding Finding::not_run(std::string check, std::string message) {
  return {.check = std::move(check), .status = FindingStatus::kNotRun, .message = std::move(message)};
}

Finding Finding::warn(std::string check, std::string message, std::vector<std::string> next) {
  return {.check = std::move(check),
          .status = FindingStatus::kWarn,
          .message = std::move(message),
          .next = std::move(next)};
}

Finding Finding::failed(std::string check, Error error) {
  return {.check = std::move(check),
          .status = FindingStatus::kFail,
          .message = error.message(),
          .next = {error.next().begin(), error.next().end()},
          .error = std::move(error)};
}

}  // namespace palyra::app
