// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a caller is told when a run gave no result. Source: docs/guest-abi.md, "Errors that a caller sees".

#include <palyra/base/error.h>
#include <palyra/runtime/outcome.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace palyra::app {

enum class WasmPluginRunErrorKind : std::uint8_t {
  kInvalidInput,      // arguments do not fit the schema, module or export unusable, unknown tool
  kDisabled,          // quarantined, disabled or revoked; outside `compat`; a required setting has no value
  kCapabilityDenied,  // outside the manifest, the operator's grants, or the call
  kQuotaExceeded,     // fuel, memory, tables, instances, stack, arguments
  kTimedOut,          // wall clock
  kCancelled,         // the caller went away
  kRuntimeFailure,    // the guest trapped
  kToolFailed,        // the tool says so itself
  kOutputInvalid,     // the output does not fit the output schema
  kHostFailure,       // ours
};
std::string_view to_text(WasmPluginRunErrorKind kind);  // "InvalidInput", ...

// Over the operator's ceilings.
inline constexpr ErrorCode kRunInputTooLarge{ErrorKind::kLimitExceeded, "run.input_too_large"};
inline constexpr ErrorCode kRunOutputTooLarge{ErrorKind::kLimitExceeded, "run.output_too_large"};
// No JSON object, or one that the tool's command line cannot be made from.
inline constexpr ErrorCode kRunArguments{ErrorKind::kInvalidArgument, "run.arguments"};
inline constexpr ErrorCode kRunFuelExhausted{ErrorKind::kLimitExceeded, "run.fuel_exhausted"};
inline constexpr ErrorCode kRunMemoryExhausted{ErrorKind::kLimitExceeded, "run.memory_exhausted"};
inline constexpr ErrorCode kRunTableExhausted{ErrorKind::kLimitExceeded, "run.table_exhausted"};
inline constexpr ErrorCode kRunInstancesExhausted{ErrorKind::kLimitExceeded, "run.instances_exhausted"};
inline constexpr ErrorCode kRunStackExhausted{ErrorKind::kLimitExceeded, "run.stack_exhausted"};
inline constexpr ErrorCode kRunTimedOut{ErrorKind::kTimedOut, "run.timed_out"};
inline constexpr ErrorCode kRunCancelled{ErrorKind::kCancelled, "run.cancelled"};
inline constexpr ErrorCode kRunCapabilityDenied{ErrorKind::kDenied, "run.capability_denied"};
inline constexpr ErrorCode kRunTrapped{ErrorKind::kToolFailed, "run.trapped"};
inline constexpr ErrorCode kRunToolFailed{ErrorKind::kToolFailed, "run.tool_failed"};
inline constexpr ErrorCode kRunOutputInvalid{ErrorKind::kToolFailed, "run.output_invalid"};
// The tool's skill is installed and may not run.
inline constexpr ErrorCode kRunDisabled{ErrorKind::kDenied, "run.disabled"};
// The skill is meant for other versions of Palyra; its manifest's `compat`.
inline constexpr ErrorCode kRunIncompatibleHost{ErrorKind::kIncompatible, "run.incompatible_host"};
// A required setting of the skill has no value.
inline constexpr ErrorCode kRunSettingMissing{ErrorKind::kDenied, "run.setting_missing"};
inline constexpr ErrorCode kRunNoRandomness{ErrorKind::kUnavailable, "run.no_randomness"};
inline constexpr ErrorCode kRunNeedsApproval{ErrorKind::kDenied, "run.needs_approval"};

struct RunError {
  WasmPluginRunErrorKind kind;
  Error error;

  // What decides the exit status: the kind of the run error, and for the three that have several the error's own.
  [[nodiscard]] ErrorKind exit_kind() const;
};

// An Error on the way to a run: finding, checking, compiling, linking and starting it.
RunError run_error_of(Error error);

enum class EntryStyle : std::uint8_t {
  kTool,    // 0 is success
  kLegacy,  // every value is a result
};

// What became of the guest, as an error; nullopt for success. `message` is what the guest said about its failure.
std::optional<RunError> run_error_of(const runtime::Outcome& outcome, EntryStyle style, std::string_view message);

}  // namespace palyra::app
