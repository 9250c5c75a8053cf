// SPDX-License-Identifier: Apache-2.0
#include "guest_fixture.h"

#include <array>
#include <vector>

namespace palyra::runtime {
namespace {

using capability::AbiClass;
using capability::AbiFunction;
using capability::AbiRange;
using capability::Direction;
using capability::ValueType;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::Ge;
using testing::IsOk;
using ::testing::Lt;

constexpr ErrorCode kBackendFailed{ErrorKind::kUnavailable, "io.failed"};

struct Seen {
  std::vector<std::int64_t> arguments;
  Bytes bytes;
  int bodies = 0;
};

constexpr std::array kI32{ValueType::kI32};
constexpr std::array kMixed{ValueType::kI32, ValueType::kI64};
constexpr std::array kPointerLength{ValueType::kI32, ValueType::kI32};
constexpr std::array kInRange{AbiRange{0, 1, 0, 0, Direction::kIn}};
constexpr std::array kOutFixed{AbiRange{0, -1, 8, 0, Direction::kOut}};

constexpr AbiFunction row(std::string_view name, std::span<const ValueType> parameters, std::optional<ValueType> result,
                          std::span<const AbiRange> ranges = {}, std::uint32_t fuel = 1'000) {
  return {.module = "t",
          .name = name,
          .parameters = parameters,
          .result = result,
          .ranges = ranges,
          .cls = AbiClass::kAlways,
          .fuel = fuel};
}

constexpr AbiFunction kArguments = row("arguments", kMixed, ValueType::kI64);
constexpr AbiFunction kRead = row("read", kPointerLength, ValueType::kI32, kInRange);
constexpr AbiFunction kWrite = row("write", kI32, std::nullopt, kOutFixed);
constexpr AbiFunction kSlice = row("slice", kPointerLength, ValueType::kI32);
constexpr AbiFunction kCharge = row("charge", kI32, ValueType::kI32);
constexpr AbiFunction kStop = row("stop", kI32, ValueType::kI32);

HostReturn arguments_body(HostCall& call) noexcept {
  call.state<Seen>().arguments = {call.i32(0), call.u32(0), call.i64(1)};
  return HostReturn::i64(call.i64(1) - 1);
}
HostReturn read_body(HostCall& call) noexcept {
  Seen& seen = call.state<Seen>();
  ++seen.bodies;
  const BytesView bytes = call.range(0);
  seen.bytes.assign(bytes.begin(), bytes.end());
  return HostReturn::i32(static_cast<std::int32_t>(bytes.size()));
}
HostReturn write_body(HostCall& call) noexcept {
  ++call.state<Seen>().bodies;
  std::ranges::fill(call.range(0), std::uint8_t{7});
  return HostReturn::nothing();
}
HostReturn slice_body(HostCall& call) noexcept {
  return HostReturn::i32(call.memory().slice(call.u32(0), call.u32(1)) ? 1 : 0);
}
HostReturn charge_body(HostCall& call) noexcept {
  if (!call.charge(call.u32(0))) return call.out_of_fuel();
  return HostReturn::i32(1);
}
HostReturn stop_body(HostCall& call) noexcept {
  switch (call.i32(0)) {
    case 0:
      return call.deny("no grant for \x1b[1mthis");
    case 1:
      return call.exit(3);
    case 2:
      return call.out_of_bounds();
    case 3:
      return call.time_out();
    case 4:
      return call.cancel();
    case 5:
      return call.fail(Error(kBackendFailed, "disk full"));
    default: {  // waits past the deadline and says nothing of it
      const SystemClock clock;
      while (!call.deadline().passed(clock)) {
      }
      return HostReturn::i32(1);
    }
  }
}

constexpr std::array kFunctions{
    HostFunction{&kArguments, &arguments_body}, HostFunction{&kRead, &read_body},
    HostFunction{&kWrite, &write_body},         HostFunction{&kSlice, &slice_body},
    HostFunction{&kCharge, &charge_body},       HostFunction{&kStop, &stop_body},
};

class HostFunctionTest : public GuestTest {
 protected:
  RunResult run_with(std::string_view wat, const RunLimits& limits = {.wall_clock_timeout = kAmple}) {
    const auto module = PALYRA_TRY(link(wat, kFunctions));
    return runtime().invoke({.module = *module, .entry = "run", .limits = limits, .host_state = &seen_});
  }
  // A guest with one page that calls `name` of that type and returns what it returns.
  RunResult call(std::string_view name, std::string_view type, std::string_view arguments,
                 const RunLimits& limits = {.wall_clock_timeout = kAmple}) {
    return run_with(fmt::format(R"((module (import "t" "{}" (func $f {})) (memory (export "memory") 1)
        (data (i32.const 16) "abc") (func (export "run") (result i32) (call $f {}))))",
                                name, type, arguments),
                    limits);
  }
  RunResult stop(int how, const RunLimits& limits = {.wall_clock_timeout = kAmple}) {
    return call("stop", "(param i32) (result i32)", fmt::format("(i32.const {})", how), limits);
  }

  Seen seen_;
};

constexpr std::string_view kReadType = "(param i32 i32) (result i32)";

TEST_F(HostFunctionTest, PassesArgumentsAndResultsOfBothTypes) {
  EXPECT_EQ(returned(run_with(R"((module (import "t" "arguments" (func $f (param i32 i64) (result i64)))
      (func (export "run") (result i32) (i64.eq (call $f (i32.const -2) (i64.const 0x8000000000000001)) (i64.const 0x8000000000000000)))))")),
            1);
  EXPECT_THAT(seen_.arguments, ElementsAre(-2, 0xFFFFFFFE, INT64_MIN + 1));
}

TEST_F(HostFunctionTest, GivesTheBodyTheGuestsBytes) {
  EXPECT_EQ(returned(call("read", kReadType, "(i32.const 16) (i32.const 3)")), 3);
  EXPECT_EQ(as_text(seen_.bytes), "abc");
}

TEST_F(HostFunctionTest, WritesIntoARangeOfFixedLength) {
  EXPECT_EQ(returned(run_with(R"((module (import "t" "write" (func $f (param i32))) (memory (export "memory") 1)
      (func (export "run") (result i32) (call $f (i32.const 65528)) (i32.load (i32.const 65532)))))")),
            0x07070707);
}

TEST_F(HostFunctionTest, TrapsOnARangeOutsideMemoryBeforeTheBodyRuns) {
  for (const std::string_view range :
       {"(i32.const 65534) (i32.const 3)", "(i32.const 65537) (i32.const 0)", "(i32.const -1) (i32.const 1)",
        "(i32.const 1) (i32.const -1)", "(i32.const -1) (i32.const -1)"}) {
    const auto outcome = outcome_as<Trapped>(call("read", kReadType, range));
    EXPECT_EQ(outcome.code, kGuestOutOfBounds) << range;
    EXPECT_EQ(outcome.frames.size(), 1U);
  }
  EXPECT_EQ(
      outcome_as<Trapped>(run_with(R"((module (import "t" "write" (func $f (param i32))) (memory (export "memory") 1)
      (func (export "run") (result i32) (call $f (i32.const 65529)) (i32.const 0))))"))
          .code,
      kGuestOutOfBounds);
  EXPECT_EQ(seen_.bodies, 0);
}

TEST_F(HostFunctionTest, AllowsAnEmptyRangeAtTheEndOfMemory) {
  EXPECT_EQ(returned(call("read", kReadType, "(i32.const 65536) (i32.const 0)")), 0);
  EXPECT_EQ(seen_.bodies, 1);
}

TEST_F(HostFunctionTest, SeesNoMemoryWhenTheGuestExportsNone) {
  constexpr std::string_view kNoMemory = R"((module (import "t" "read" (func $f (param i32 i32) (result i32)))
      (func (export "run") (result i32) (call $f (i32.const 0) (i32.const {})))))";
  EXPECT_EQ(returned(run_with(fmt::format(fmt::runtime(kNoMemory), 0))), 0);
  EXPECT_EQ(outcome_as<Trapped>(run_with(fmt::format(fmt::runtime(kNoMemory), 1))).code, kGuestOutOfBounds);
  EXPECT_EQ(returned(run_with(R"((module (import "t" "read" (func $f (param i32 i32) (result i32)))
      (global (export "memory") i32 (i32.const 0))
      (func (export "run") (result i32) (call $f (i32.const 0) (i32.const 0)))))")),
            0);
}

TEST_F(HostFunctionTest, SlicesTheWholeMemoryWithTheSameCheck) {
  constexpr std::string_view kType = "(param i32 i32) (result i32)";
  EXPECT_EQ(returned(call("slice", kType, "(i32.const 65535) (i32.const 1)")), 1);
  EXPECT_EQ(returned(call("slice", kType, "(i32.const 65535) (i32.const 2)")), 0);
  EXPECT_EQ(returned(call("slice", kType, "(i32.const 65537) (i32.const 0)")), 0);
}

TEST_F(HostFunctionTest, SeesMemoryAsItHasGrown) {
  EXPECT_EQ(returned(run_with(R"((module (import "t" "slice" (func $f (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "run") (result i32) (local $before i32)
        (local.set $before (call $f (i32.const 65536) (i32.const 1)))
        (drop (memory.grow (i32.const 1)))
        (i32.add (i32.mul (local.get $before) (i32.const 10)) (call $f (i32.const 65536) (i32.const 1))))))")),
            1);
}

TEST_F(HostFunctionTest, ServesAStartFunction) {
  EXPECT_EQ(returned(run_with(R"((module (import "t" "read" (func $f (param i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 0) "start") (global $g (mut i32) (i32.const 0))
      (func $s (global.set $g (call $f (i32.const 0) (i32.const 5)))) (start $s)
      (func (export "run") (result i32) (global.get $g))))")),
            5);
  EXPECT_EQ(as_text(seen_.bytes), "start");
}

TEST_F(HostFunctionTest, ChargesTheRowsFuelForEveryCall) {
  constexpr std::string_view kTwice = R"((module (import "t" "read" (func $f (param i32 i32) (result i32)))
      (func (export "run") (result i32) (drop (call $f (i32.const 0) (i32.const 0))) (call $f (i32.const 0) (i32.const 0)))))";
  const auto ran = run_with(kTwice);
  EXPECT_EQ(returned(ran), 0);
  EXPECT_THAT(ran->record.fuel_used, Ge(2'000U));
  EXPECT_THAT(ran->record.fuel_used, Lt(2'100U));

  const auto poor = run_with(kTwice, {.fuel_budget = 1'500, .wall_clock_timeout = kAmple});
  EXPECT_EQ(outcome_as<Exhausted>(poor).which, Resource::kFuel);
  EXPECT_EQ(poor->record.fuel_used, 1'500U);
  EXPECT_EQ(seen_.bodies, 3);
}

TEST_F(HostFunctionTest, ChargesWhatABodyMoves) {
  constexpr std::string_view kType = "(param i32) (result i32)";
  EXPECT_THAT(call("charge", kType, "(i32.const 50000)")->record.fuel_used, Ge(51'000U));
  EXPECT_EQ(outcome_as<Exhausted>(call("charge", kType, "(i32.const -1)")).which, Resource::kFuel);
}

TEST_F(HostFunctionTest, CountsCallsByFunction) {
  const auto ran = run_with(R"((module (import "t" "read" (func $read (param i32 i32) (result i32)))
      (import "t" "charge" (func $charge (param i32) (result i32)))
      (import "t" "slice" (func $slice (param i32 i32) (result i32)))
      (import "t" "slice" (func $again (param i32 i32) (result i32)))
      (func (export "run") (result i32)
        (drop (call $slice (i32.const 0) (i32.const 0))) (drop (call $again (i32.const 0) (i32.const 0)))
        (call $read (i32.const 0) (i32.const 0)))))");
  ASSERT_THAT(ran, IsOk());
  using capability::HostCallCount;
  EXPECT_THAT(ran->record.host_calls, ElementsAre(HostCallCount{.module = "t", .name = "read", .calls = 1},
                                                  HostCallCount{.module = "t", .name = "slice", .calls = 2}));
}

TEST_F(HostFunctionTest, TurnsAStopIntoItsOutcome) {
  EXPECT_EQ(outcome_as<Denied>(stop(0)).message, "no grant for \\u{1b}[1mthis");
  EXPECT_EQ(outcome_as<Exited>(stop(1)).code, 3U);
  EXPECT_EQ(outcome_as<Trapped>(stop(2)).code, kGuestOutOfBounds);
  outcome_as<TimedOut>(stop(3));
  outcome_as<Cancelled>(stop(4));
}

TEST_F(HostFunctionTest, GivesAFailureOfTheHostAsAnError) { EXPECT_THAT(stop(5), FailsWith(kBackendFailed)); }

TEST_F(HostFunctionTest, EndsARunWhoseHostCallOutlivedTheDeadline) {
  outcome_as<TimedOut>(stop(6, {.wall_clock_timeout = std::chrono::milliseconds(5)}));
}

TEST_F(HostFunctionTest, RefusesAnImportOfAnotherTypeThanTheRow) {
  for (const std::string_view type :
       {"(func (param i32) (result i32))", "(func (param i32 i64) (result i32))", "(func (param i32 i32))",
        "(func (param i32 i32) (result i64))", "(memory 1)", "(func (param i32 i32) (result i32 i32))"}) {
    EXPECT_THAT(link(fmt::format(R"((module (import "t" "read" {})))", type), kFunctions), FailsWith(kImportType))
        << type;
  }
}

}  // namespace
}  // namespace palyra::runtime
