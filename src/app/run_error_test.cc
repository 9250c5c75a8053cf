// SPDX-License-Identifier: Apache-2.0
// The table of docs/guest-abi.md, "Errors that a caller sees".
#include <palyra/app/run_error.h>
#include <palyra/base/testing.h>
#include <palyra/runtime/runtime.h>
#include <palyra/schema/json_schema.h>
#include <palyra/state/state_codes.h>

namespace palyra::app {
namespace {

using Kind = WasmPluginRunErrorKind;

runtime::Exhausted used_up(runtime::Resource resource) {
  runtime::Exhausted exhausted{};
  exhausted.which = resource;
  return exhausted;
}

struct OutcomeRow {
  runtime::Outcome outcome;
  ErrorCode code;
  Kind kind;
  ErrorKind exit;
};

TEST(RunErrorTest, EveryOutcomeOfAGuestHasItsKindAndExit) {
  const OutcomeRow rows[] = {
      {runtime::Returned{.value = 1}, kRunToolFailed, Kind::kToolFailed, ErrorKind::kToolFailed},
      {runtime::Returned{.value = -1}, kRunToolFailed, Kind::kToolFailed, ErrorKind::kToolFailed},
      {runtime::Exited{.code = 3}, kRunToolFailed, Kind::kToolFailed, ErrorKind::kToolFailed},
      {runtime::Trapped{.code = "unreachable", .message = "", .frames = {}}, kRunTrapped, Kind::kRuntimeFailure,
       ErrorKind::kToolFailed},
      {runtime::Trapped{.code = "guest_out_of_bounds", .message = "", .frames = {}}, kRunTrapped, Kind::kRuntimeFailure,
       ErrorKind::kToolFailed},
      {used_up(runtime::Resource::kFuel), kRunFuelExhausted, Kind::kQuotaExceeded, ErrorKind::kLimitExceeded},
      {used_up(runtime::Resource::kMemory), kRunMemoryExhausted, Kind::kQuotaExceeded, ErrorKind::kLimitExceeded},
      {used_up(runtime::Resource::kTable), kRunTableExhausted, Kind::kQuotaExceeded, ErrorKind::kLimitExceeded},
      {used_up(runtime::Resource::kInstances), kRunInstancesExhausted, Kind::kQuotaExceeded, ErrorKind::kLimitExceeded},
      {used_up(runtime::Resource::kStack), kRunStackExhausted, Kind::kQuotaExceeded, ErrorKind::kLimitExceeded},
      {runtime::TimedOut{}, kRunTimedOut, Kind::kTimedOut, ErrorKind::kTimedOut},
      {runtime::Cancelled{}, kRunCancelled, Kind::kCancelled, ErrorKind::kCancelled},
      {runtime::Denied{.message = "no"}, kRunCapabilityDenied, Kind::kCapabilityDenied, ErrorKind::kDenied},
  };
  for (const OutcomeRow& row : rows) {
    const auto error = run_error_of(row.outcome, EntryStyle::kTool, "");
    ASSERT_TRUE(error);
    EXPECT_EQ(error->error.code().id, row.code.id);
    EXPECT_EQ(to_text(error->kind), to_text(row.kind));
    EXPECT_EQ(to_text(error->exit_kind()), to_text(row.exit)) << error->error.describe();
  }
}

TEST(RunErrorTest, SuccessIsZeroAndForAnOlderModuleEveryValue) {
  EXPECT_FALSE(run_error_of(runtime::Returned{.value = 0}, EntryStyle::kTool, ""));
  EXPECT_FALSE(run_error_of(runtime::Exited{.code = 0}, EntryStyle::kTool, ""));
  EXPECT_FALSE(run_error_of(runtime::Returned{.value = 7}, EntryStyle::kLegacy, ""));
  EXPECT_TRUE(run_error_of(runtime::TimedOut{}, EntryStyle::kLegacy, ""));
}

TEST(RunErrorTest, EveryErrorOnTheWayToARunHasItsKindAndExit) {
  struct Row {
    ErrorCode code;
    Kind kind;
    ErrorKind exit;
  };
  const Row rows[] = {
      {schema::kDoesNotConform, Kind::kInvalidInput, ErrorKind::kInvalidArgument},
      {schema::kTooCostly, Kind::kInvalidInput, ErrorKind::kInvalidArgument},
      {schema::kSyntax, Kind::kInvalidInput, ErrorKind::kInvalidArgument},
      {schema::kTooDeep, Kind::kInvalidInput, ErrorKind::kInvalidArgument},
      {kRunArguments, Kind::kInvalidInput, ErrorKind::kInvalidArgument},
      {runtime::kInvalidModule, Kind::kInvalidInput, ErrorKind::kInvalidArgument},
      {runtime::kFeatureDisabled, Kind::kInvalidInput, ErrorKind::kInvalidArgument},
      {runtime::kModuleOverCap, Kind::kInvalidInput, ErrorKind::kInvalidArgument},
      {runtime::kInvalidWat, Kind::kInvalidInput, ErrorKind::kInvalidArgument},
      {runtime::kUnknownImport, Kind::kInvalidInput, ErrorKind::kInvalidArgument},
      {runtime::kImportType, Kind::kInvalidInput, ErrorKind::kInvalidArgument},
      {runtime::kNoEntry, Kind::kInvalidInput, ErrorKind::kInvalidArgument},
      {runtime::kEntryType, Kind::kInvalidInput, ErrorKind::kInvalidArgument},
      {state::kToolNotFound, Kind::kInvalidInput, ErrorKind::kNotFound},
      {kRunDisabled, Kind::kDisabled, ErrorKind::kDenied},
      {kRunIncompatibleHost, Kind::kDisabled, ErrorKind::kIncompatible},
      {kRunSettingMissing, Kind::kDisabled, ErrorKind::kDenied},
      {kRunNeedsApproval, Kind::kCapabilityDenied, ErrorKind::kDenied},
      {kRunInputTooLarge, Kind::kQuotaExceeded, ErrorKind::kLimitExceeded},
      {kRunOutputTooLarge, Kind::kQuotaExceeded, ErrorKind::kLimitExceeded},
      {kRunOutputInvalid, Kind::kOutputInvalid, ErrorKind::kToolFailed},
      {kRunTimedOut, Kind::kTimedOut, ErrorKind::kTimedOut},
      {kRunCancelled, Kind::kCancelled, ErrorKind::kCancelled},
      {runtime::kEngineFailed, Kind::kHostFailure, ErrorKind::kUnavailable},
      {state::kStateUnavailable, Kind::kHostFailure, ErrorKind::kUnavailable},
      {state::kObjectDamaged, Kind::kHostFailure, ErrorKind::kUntrusted},
      {state::kStoreDamaged, Kind::kHostFailure, ErrorKind::kUntrusted},
      {state::kStateInternal, Kind::kHostFailure, ErrorKind::kInternal},
  };
  for (const Row& row : rows) {
    const RunError error = run_error_of(Error(row.code, "text"));
    EXPECT_EQ(to_text(error.kind), to_text(row.kind)) << row.code.id;
    EXPECT_EQ(to_text(error.exit_kind()), to_text(row.exit)) << row.code.id;
  }
}

TEST(RunErrorTest, SaysWhatTheToolSaidAndOtherwiseWhatItReturned) {
  EXPECT_EQ(run_error_of(runtime::Returned{.value = 4}, EntryStyle::kTool, "")->error.message(), "tool returned 4");
  EXPECT_EQ(run_error_of(runtime::Returned{.value = 4}, EntryStyle::kTool, "no such \x1b[31mcity")->error.message(),
            "no such \\u{1b}[31mcity");
}

TEST(RunErrorTest, NamesTheLimitThatIsUsedUp) {
  runtime::Exhausted exhausted = used_up(runtime::Resource::kMemory);
  exhausted.asked = 200;
  exhausted.limit = 100;
  const auto error = run_error_of(exhausted, EntryStyle::kTool, "");
  EXPECT_EQ(error->error.message(), "the memory limit of 100 is used up, asked for 200");
  EXPECT_TRUE(error->error.is(kRunMemoryExhausted));
}

}  // namespace
}  // namespace palyra::app
