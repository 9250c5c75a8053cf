// SPDX-License-Identifier: Apache-2.0
#pragma once
// The exit status of each kind of error: the one table. Source: docs/cli.md, "Exit codes".

#include <palyra/base/error.h>

#include <span>
#include <string_view>

namespace palyra::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitInternal = 1;
inline constexpr int kExitUsage = 2;
// The signature is good and the publisher unknown: never success, never a failure of the artifact.
inline constexpr int kExitFirstUse = 10;

int exit_code(ErrorKind kind);

struct ExitStatus {
  int status;
  std::string_view meaning;
};
// All of them, rising.
std::span<const ExitStatus> exit_statuses();

}  // namespace palyra::cli
