// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/error.h>

namespace palyra {

std::string_view to_text(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidArgument:
      return "invalid_argument";
    case ErrorKind::kMalformed:
      return "malformed";
    case ErrorKind::kNotFound:
      return "not_found";
    case ErrorKind::kAlreadyExists:
      return "already_exists";
    case ErrorKind::kDenied:
      return "denied";
    case ErrorKind::kUntrusted:
      return "untrusted";
    case ErrorKind::kIncompatible:
      return "incompatible";
    case ErrorKind::kLimitExceeded:
      return "limit_exceeded";
    case ErrorKind::kUnavailable:
      return "unavailable";
    case ErrorKind::kTimedOut:
      return "timed_out";
    case ErrorKind::kCancelled:
      return "cancelled";
    case ErrorKind::kToolFailed:
      return "tool_failed";
    case ErrorKind::kInternal:
      return "internal";
  }
  return "internal";
}

Error::Error(ErrorCode code, std::string message, std::source_location where)
    : code_(code), message_(std::move(message)), where_(where) {}

Error Error::with_context(std::string doing) && {
  context_.push_back(std::move(doing));
  return std::move(*this);
}

Error Error::with_next(std::string advice) && {
  next_.push_back(std::move(advice));
  return std::move(*this);
}

std::string Error::describe() const {
  std::string text = fmt::format("{}: {}", code_.id, message_);
  if (context_.empty()) return text;
  const char* separator = " (";
  for (const std::string& doing : context_) {
    text += separator;
    text += doing;
    separator = "; ";
  }
  return text + ")";
}

}  // namespace palyra
