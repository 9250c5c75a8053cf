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

// Writing below a root that is given for reading: by its grant, or by the operator who mapped it.
capability::Denial read_only(const CallState& state, std::string_view root, std::string asked) {
  capability::Denial denial{.code = std::string(capability::kFilesReadOnly.id),
                            .asked = std::move(asked),
                            .allowed = fmt::format("{} ro", root)};
  const std::string writing = fmt::format("{} rw", root);
  if (state.setup().grants.find(writing) == nullptr) {
    denial.capability = writing;
  } else {
    denial.next = {fmt::format("--map-root {}=DIR", root)};
  }
  return denial;
}

capability::Denial denial_of(const CallState& state, std::string_view root, const Error& error) {
  if (error.is(capability::kFilesReadOnly)) return read_only(state, root, error.message());
  return {.code = std::string(error.code().id),
          .asked = fmt::format("in the root '{}', {}", printable(root), error.message()),
          .allowed = "files and directories below the root that have no other name"};
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
  CallState& state = state_of(call);
  const bool denied = error.kind() == ErrorKind::kDenied;
  const Error in_root = std::move(error).with_context(fmt::format("in the root '{}'", printable(root)));
  if (denied) {
    state.record_denial(denial_of(state, root, in_root));
  } else {
    state.record_failure(in_root.describe());
  }
  return answer;
}

}  // namespace palyra::host
