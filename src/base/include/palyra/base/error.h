// SPDX-License-Identifier: Apache-2.0
#pragma once
// How anything in Palyra fails: one error type, a kind that says what the caller can do, a stable code that says which
// failure it is, and context added on the way up. A guest's failure is an outcome, not an error.

#include <fmt/core.h>

#include <cstdint>
#include <expected>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace palyra {

enum class ErrorKind : std::uint8_t {
  kInvalidArgument,  // the caller asked for something meaningless
  kMalformed,        // bytes from outside do not have the promised form
  kNotFound,
  kAlreadyExists,
  kDenied,        // policy or a missing grant refused it
  kUntrusted,     // signature, digest, provenance or trust store refused it
  kIncompatible,  // version, ABI or platform mismatch
  kLimitExceeded,
  kUnavailable,  // may work if tried again later
  kTimedOut,
  kCancelled,
  kToolFailed,  // a skill's tool did not produce a result
  kInternal,    // a bug in Palyra
};

// The stable lower-case name of a kind, as `--json` shows it: "invalid_argument", "malformed", ...
std::string_view to_text(ErrorKind kind);

struct ErrorCode {
  ErrorKind kind;
  std::string_view id;  // "<area>.<reason>", lower snake case; never changes meaning once released
  friend constexpr bool operator==(const ErrorCode&, const ErrorCode&) = default;
};

class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message, std::source_location where = std::source_location::current());

  [[nodiscard]] ErrorKind kind() const { return code_.kind; }
  [[nodiscard]] ErrorCode code() const { return code_; }
  [[nodiscard]] bool is(ErrorCode code) const { return code_ == code; }
  [[nodiscard]] const std::string& message() const { return message_; }
  [[nodiscard]] std::span<const std::string> context() const { return context_; }  // innermost first
  [[nodiscard]] std::span<const std::string> next() const { return next_; }        // what a person can do about it
  [[nodiscard]] std::source_location where() const { return where_; }

  // By value, so that `error = std::move(error).with_next(...)` keeps the error.
  Error with_context(std::string doing) &&;  // "while verifying 'echo.palyra-skill'"
  Error with_next(std::string advice) &&;    // a command or a sentence, most useful first

  // "skill.digest_mismatch: … (while …; while …)"
  [[nodiscard]] std::string describe() const;

 private:
  ErrorCode code_;
  std::string message_;
  std::vector<std::string> context_;
  std::vector<std::string> next_;
  std::source_location where_;
};

template <class T = void>
using Result = std::expected<T, Error>;

// A code and the line that raised it: the first parameter of fail(), which is how that can be variadic.
struct RaisedCode {
  ErrorCode code;
  std::source_location where;
  // Implicit: callers write fail(kCode, ...).
  RaisedCode(ErrorCode raised,  // NOLINT(google-explicit-constructor): the conversion is the point
             std::source_location line = std::source_location::current())
      : code(raised), where(line) {}
};

template <class... Args>
[[nodiscard]] std::unexpected<Error> fail(RaisedCode raised, fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(Error(raised.code, fmt::format(format, std::forward<Args>(args)...), raised.where));
}

}  // namespace palyra

#define PALYRA_CONCAT_IMPL(a, b) a##b
#define PALYRA_CONCAT(a, b) PALYRA_CONCAT_IMPL(a, b)

// The value of a Result, or return its error from the enclosing function, with context when given.
#define PALYRA_TRY(expr, ...) \
  PALYRA_TRY_IMPL(PALYRA_CONCAT(palyra_result_, __COUNTER__), expr __VA_OPT__(, ) __VA_ARGS__)
#define PALYRA_TRY_IMPL(result, expr, ...)                                                      \
  __extension__({                                                                               \
    auto result = (expr);                                                                       \
    if (!result) [[unlikely]]                                                                   \
      return std::unexpected(std::move(result).error() __VA_OPT__(.with_context(__VA_ARGS__))); \
    *std::move(result);                                                                         \
  })
