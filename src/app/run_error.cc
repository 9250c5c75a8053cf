// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/run_error.h>
#include <palyra/base/check.h>
#include <palyra/base/utf8.h>

#include <fmt/format.h>

namespace palyra::app {
namespace {

using Kind = WasmPluginRunErrorKind;
using Judgement = std::optional<RunError>;

template <class... Args>
RunError error_of(Kind kind, ErrorCode code, fmt::format_string<Args...> text, Args&&... args) {
  return {.kind = kind, .error = Error(code, fmt::format(text, std::forward<Args>(args)...))};
}

// Every area whose errors are about what the caller passed or named. All others are ours to explain.
Kind kind_of(const Error& error) {
  const std::string_view id = error.code().id;
  if (error.is(kRunInputTooLarge) || error.is(kRunOutputTooLarge)) return Kind::kQuotaExceeded;
  if (error.is(kRunDisabled) || error.is(kRunIncompatibleHost) || error.is(kRunSettingMissing)) return Kind::kDisabled;
  if (error.is(kRunOutputInvalid)) return Kind::kOutputInvalid;
  if (error.is(kRunNeedsApproval)) return Kind::kCapabilityDenied;
  if (error.kind() == ErrorKind::kTimedOut) return Kind::kTimedOut;
  if (error.kind() == ErrorKind::kCancelled) return Kind::kCancelled;
  if (id.starts_with("schema.") || id.starts_with("admission.") || id == "state.tool_not_found") {
    return Kind::kInvalidInput;
  }
  const bool blames_module = error.kind() == ErrorKind::kInvalidArgument || error.kind() == ErrorKind::kMalformed ||
                             error.kind() == ErrorKind::kLimitExceeded;
  if (id.starts_with("run.") && blames_module) return Kind::kInvalidInput;
  return Kind::kHostFailure;
}

std::string_view limit_name(runtime::Resource resource) {
  switch (resource) {
    case runtime::Resource::kFuel:
      return "limits.fuel_budget";
    case runtime::Resource::kMemory:
      return "limits.max_memory_bytes";
    case runtime::Resource::kTable:
      return "limits.max_table_elements";
    case runtime::Resource::kInstances:
      return "limits.max_instances";
    case runtime::Resource::kStack:
      return "the stack, which is fixed";
  }
  PALYRA_CHECK(false);
}

ErrorCode code_of(runtime::Resource resource) {
  switch (resource) {
    case runtime::Resource::kFuel:
      return kRunFuelExhausted;
    case runtime::Resource::kMemory:
      return kRunMemoryExhausted;
    case runtime::Resource::kTable:
      return kRunTableExhausted;
    case runtime::Resource::kInstances:
      return kRunInstancesExhausted;
    case runtime::Resource::kStack:
      return kRunStackExhausted;
  }
  PALYRA_CHECK(false);
}

std::string advice_for(runtime::Resource resource) {
  switch (resource) {
    case runtime::Resource::kFuel:
      return "give the call more with --fuel N (up to ceilings.fuel_budget)";
    case runtime::Resource::kMemory:
      return "pass less at a time, or have the skill ask for more in capabilities.quotas.max_memory_bytes";
    case runtime::Resource::kTable:
    case runtime::Resource::kInstances:
      return fmt::format("the operator's {} decides", limit_name(resource));
    case runtime::Resource::kStack:
      return "the tool recurses too deeply for these arguments; tell its publisher";
  }
  PALYRA_CHECK(false);
}

Judgement judge_status(std::uint32_t shown, bool success, EntryStyle style, std::string_view message) {
  if (success || style == EntryStyle::kLegacy) return std::nullopt;
  if (message.empty()) {
    return error_of(Kind::kToolFailed, kRunToolFailed, "tool returned {}", static_cast<std::int32_t>(shown));
  }
  constexpr std::size_t kMostShown = 8 * 1024;
  return error_of(Kind::kToolFailed, kRunToolFailed, "{}", printable(message, kMostShown));
}

void add_frames(RunError& result, const runtime::Trapped& trapped) {
  for (const runtime::Frame& frame : trapped.frames) {
    const std::string_view space = frame.function.empty() ? "" : " ";
    result.error = std::move(result.error)
                       .with_context(fmt::format("in function {}{}{}", frame.function_index, space, frame.function));
  }
}

struct Judge {
  EntryStyle style;
  std::string_view message;

  Judgement operator()(const runtime::Returned& returned) const {
    return judge_status(static_cast<std::uint32_t>(returned.value), returned.value == 0, style, message);
  }
  Judgement operator()(const runtime::Exited& exited) const {
    return judge_status(exited.code, exited.code == 0, style, message);
  }
  Judgement operator()(const runtime::Trapped& trapped) const {
    RunError result =
        error_of(Kind::kRuntimeFailure, kRunTrapped, "the guest trapped: {} ({})", trapped.code, trapped.message);
    add_frames(result, trapped);
    return result;
  }
  Judgement operator()(const runtime::Exhausted& exhausted) const {
    const std::string asked = exhausted.asked == 0 ? "" : fmt::format(", asked for {}", exhausted.asked);
    RunError result = error_of(Kind::kQuotaExceeded, code_of(exhausted.which), "the {} limit of {} is used up{}",
                               runtime::to_text(exhausted.which), exhausted.limit, asked);
    result.error = std::move(result.error).with_next(advice_for(exhausted.which));
    if (exhausted.trap) add_frames(result, *exhausted.trap);
    return result;
  }
  Judgement operator()(const runtime::TimedOut& /*timed_out*/) const {
    RunError result = error_of(Kind::kTimedOut, kRunTimedOut, "the call did not end within its wall clock limit");
    result.error = std::move(result.error)
                       .with_next("give the call more with --timeout MS (up to ceilings.wall_clock_timeout_ms)");
    return result;
  }
  Judgement operator()(const runtime::Cancelled& /*cancelled*/) const {
    return error_of(Kind::kCancelled, kRunCancelled, "the call was cancelled");
  }
  Judgement operator()(const runtime::Denied& denied) const {
    return error_of(Kind::kCapabilityDenied, kRunCapabilityDenied, "{}", denied.message);
  }
};

}  // namespace

std::string_view to_text(WasmPluginRunErrorKind kind) {
  switch (kind) {
    case Kind::kInvalidInput:
      return "InvalidInput";
    case Kind::kDisabled:
      return "Disabled";
    case Kind::kCapabilityDenied:
      return "CapabilityDenied";
    case Kind::kQuotaExceeded:
      return "QuotaExceeded";
    case Kind::kTimedOut:
      return "TimedOut";
    case Kind::kCancelled:
      return "Cancelled";
    case Kind::kRuntimeFailure:
      return "RuntimeFailure";
    case Kind::kToolFailed:
      return "ToolFailed";
    case Kind::kOutputInvalid:
      return "OutputInvalid";
    case Kind::kHostFailure:
      return "HostFailure";
  }
  PALYRA_CHECK(false);
}

ErrorKind RunError::exit_kind() const {
  switch (kind) {
    case Kind::kInvalidInput:
      return error.kind() == ErrorKind::kNotFound ? ErrorKind::kNotFound : ErrorKind::kInvalidArgument;
    case Kind::kDisabled:
      return error.kind() == ErrorKind::kIncompatible ? ErrorKind::kIncompatible : ErrorKind::kDenied;
    case Kind::kCapabilityDenied:
      return ErrorKind::kDenied;
    case Kind::kQuotaExceeded:
      return ErrorKind::kLimitExceeded;
    case Kind::kTimedOut:
      return ErrorKind::kTimedOut;
    case Kind::kCancelled:
      return ErrorKind::kCancelled;
    case Kind::kRuntimeFailure:
    case Kind::kToolFailed:
    case Kind::kOutputInvalid:
      return ErrorKind::kToolFailed;
    case Kind::kHostFailure:
      return error.kind();
  }
  PALYRA_CHECK(false);
}

RunError run_error_of(Error error) {
  const Kind kind = kind_of(error);
  return {.kind = kind, .error = std::move(error)};
}

std::optional<RunError> run_error_of(const runtime::Outcome& outcome, EntryStyle style, std::string_view message) {
  return std::visit(Judge{.style = style, .message = message}, outcome);
}

}  // namespace palyra::app
