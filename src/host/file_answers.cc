// SPDX-License-Identifier: Apache-2.0
#include "file_answers.h"

#include <palyra/base/utf8.h>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace palyra::host {
namespace {

struct Row {
  ErrorCode code;
  std::int32_t result;
  Errno error;
};

constexpr std::array<Row, 11> kRows{{
    {capability::kFilesNotFound, kNotFound, Errno::kNoent},
    {capability::kFilesExists, kConflict, Errno::kExist},
    {capability::kFilesNotEmpty, kConflict, Errno::kNotempty},
    {capability::kFilesIsDirectory, kInvalid, Errno::kIsdir},
    {capability::kFilesNotDirectory, kInvalid, Errno::kNotdir},
    {capability::kFilesInvalid, kInvalid, Errno::kInval},
    {capability::kFilesDenied, kDenied, Errno::kNotcapable},
    {capability::kFilesReadOnly, kDenied, Errno::kRofs},
    {capability::kFilesOverQuota, kTooLarge, Errno::kDquot},
    {capability::kFilesDiskFull, kUnavailable, Errno::kNospc},
    {capability::kFilesUnavailable, kUnavailable, Errno::kIo},
}};

const Row& row_of(const Error& error) {
  const auto* const found = std::ranges::find_if(kRows, [&](const Row& row) { return error.is(row.code); });
  return found == kRows.end() ? kRows.back() : *found;
}

std::string with_advice(const Error& error) {
  std::string text = error.describe();
  for (const std::string& advice : error.next()) text += fmt::format("; {}", advice);
  return text;
}

}  // namespace

std::int32_t file_result(const Error& error) { return row_of(error).result; }
Errno file_errno(const Error& error) { return row_of(error).error; }

runtime::HostReturn file_failed(runtime::HostCall& call, std::string_view root, Error error,
                                runtime::HostReturn answer) {
  switch (error.kind()) {
    case ErrorKind::kNotFound:
    case ErrorKind::kAlreadyExists:
    case ErrorKind::kInvalidArgument:
      return answer;
    case ErrorKind::kDenied:
    case ErrorKind::kLimitExceeded:
      break;
    default:
      return backend_failed(call, std::move(error).with_context(fmt::format("in the root '{}'", printable(root))),
                            answer);
  }
  const bool denied = error.kind() == ErrorKind::kDenied;
  const std::string text = with_advice(std::move(error).with_context(fmt::format("in the root '{}'", printable(root))));
  if (denied) {
    state_of(call).record_denial(text);
  } else {
    state_of(call).record_failure(text);
  }
  return answer;
}

}  // namespace palyra::host
