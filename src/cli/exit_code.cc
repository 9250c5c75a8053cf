// SPDX-License-Identifier: Apache-2.0
#include "exit_code.h"

#include <palyra/base/check.h>

namespace palyra::cli {
namespace {

constexpr ExitStatus kExitStatuses[] = {
    {kExitOk, "ok"},
    {kExitInternal, "internal"},
    {kExitUsage, "usage or malformed input"},
    {3, "not found or already exists"},
    {4, "denied"},
    {5, "untrusted"},
    {6, "incompatible"},
    {7, "limit exceeded"},
    {8, "unavailable"},
    {9, "the tool failed"},
    {kExitFirstUse, "signature valid but publisher unknown"},
    {124, "deadline"},
    {130, "interrupted or cancelled"},
};

}  // namespace

std::span<const ExitStatus> exit_statuses() { return kExitStatuses; }

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInternal:
      return kExitInternal;
    case ErrorKind::kInvalidArgument:
    case ErrorKind::kMalformed:
      return kExitUsage;
    case ErrorKind::kNotFound:
    case ErrorKind::kAlreadyExists:
      return 3;
    case ErrorKind::kDenied:
      return 4;
    case ErrorKind::kUntrusted:
      return 5;
    case ErrorKind::kIncompatible:
      return 6;
    case ErrorKind::kLimitExceeded:
      return 7;
    case ErrorKind::kUnavailable:
      return 8;
    case ErrorKind::kToolFailed:
      return 9;
    case ErrorKind::kTimedOut:
      return 124;
    case ErrorKind::kCancelled:
      return 130;
  }
  PALYRA_CHECK(false);
}

}  // namespace palyra::cli
