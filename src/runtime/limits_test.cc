// SPDX-License-Identifier: Apache-2.0
#include "guest_fixture.h"

namespace palyra::runtime {
namespace {

using ::testing::Ge;

constexpr std::uint64_t kPage = 65'536;
constexpr std::chrono::milliseconds kShort(30);

class LimitsTest : public GuestTest {
 protected:
  static Exhausted exhausted(std::string_view wat, const RunLimits& limits) {
    return outcome_as<Exhausted>(run(wat, limits));
  }
  // Times out, not before the limit.
  static void expect_timeout(std::string_view wat, std::string_view entry = "run", EntryKind kind = EntryKind::kCore) {
    const auto module = link(wat);
    ASSERT_THAT(module, testing::IsOk());
    const auto begun = std::chrono::steady_clock::now();
    outcome_as<TimedOut>(runtime().invoke({.module = **module,
                                           .entry = entry,
                                           .kind = kind,
                                           .limits = {.fuel_budget = kUnlimitedFuel, .wall_clock_timeout = kShort}}));
    EXPECT_THAT(std::chrono::steady_clock::now() - begun, Ge(kShort));
  }
};

TEST_F(LimitsTest, DefaultsAreThoseOfTheDocumentation) {
  const RunLimits limits;
  EXPECT_EQ(limits.fuel_budget, 10'000'000U);
  EXPECT_EQ(limits.max_memory_bytes, 64U << 20);
  EXPECT_EQ(limits.max_table_elements, 100'000U);
  EXPECT_EQ(limits.max_instances, 256U);
}

TEST_F(LimitsTest, StopsAGuestWithoutFuel) {
  const auto ran = run(R"((module (func (export "run") (result i32) (loop $l (br $l)) (unreachable))))",
                       {.fuel_budget = 1'000, .wall_clock_timeout = kAmple});
  const auto outcome = outcome_as<Exhausted>(ran);
  EXPECT_EQ(outcome.which, Resource::kFuel);
  EXPECT_EQ(outcome.limit, 1'000U);
  EXPECT_EQ(ran->record.fuel_used, 1'000U);
}

TEST_F(LimitsTest, StopsAStartFunctionAndInitializeWithoutFuel) {
  constexpr std::string_view kStart =
      R"((module (func $s (loop $l (br $l))) (start $s) (func (export "run") (result i32) (i32.const 0))))";
  constexpr std::string_view kInitialize =
      R"((module (func (export "_initialize") (loop $l (br $l))) (func (export "run") (result i32) (i32.const 0))))";
  EXPECT_EQ(exhausted(kStart, {.wall_clock_timeout = kAmple}).which, Resource::kFuel);
  EXPECT_EQ(exhausted(kInitialize, {.wall_clock_timeout = kAmple}).which, Resource::kFuel);
}

TEST_F(LimitsTest, RefusesAMemoryThatBeginsTooLarge) {
  const auto outcome = exhausted(R"((module (memory 3) (func (export "run") (result i32) (i32.const 0))))",
                                 {.max_memory_bytes = 2 * kPage, .wall_clock_timeout = kAmple});
  EXPECT_EQ(outcome.which, Resource::kMemory);
  EXPECT_EQ(outcome.asked, 3 * kPage);
  EXPECT_EQ(outcome.limit, 2 * kPage);
}

constexpr std::string_view kGrowsThenTraps = R"((module (memory 1)
    (func (export "run") (result i32)
      (if (i32.eq (memory.grow (i32.const 4)) (i32.const -1)) (then (unreachable))) (memory.size))))";

TEST_F(LimitsTest, BlamesMemoryForATrapAfterARefusedGrowth) {
  const auto outcome = exhausted(kGrowsThenTraps, {.max_memory_bytes = 4 * kPage, .wall_clock_timeout = kAmple});
  EXPECT_EQ(outcome.which, Resource::kMemory);
  EXPECT_EQ(outcome.asked, 5 * kPage);
  EXPECT_EQ(outcome.trap.value_or(Trapped{}).code, "unreachable");
}

TEST_F(LimitsTest, AllowsGrowthUpToTheLimitAndRecordsThePeak) {
  const auto ran = run(kGrowsThenTraps, {.max_memory_bytes = 5 * kPage, .wall_clock_timeout = kAmple});
  EXPECT_EQ(returned(ran), 5);
  EXPECT_EQ(ran->record.peak_memory_bytes, 5 * kPage);
}

TEST_F(LimitsTest, LetsAGuestCopeWithARefusedGrowth) {
  EXPECT_EQ(returned(run(R"((module (memory 1) (func (export "run") (result i32) (memory.grow (i32.const 9999)))))")),
            -1);
}

TEST_F(LimitsTest, KeepsATrapThatFollowsTheModulesOwnMaximum) {
  EXPECT_EQ(outcome_as<Trapped>(run(R"((module (memory 1 2)
      (func (export "run") (result i32)
        (if (i32.eq (memory.grow (i32.const 4)) (i32.const -1)) (then (unreachable))) (memory.size))))"))
                .code,
            "unreachable");
}

TEST_F(LimitsTest, SumsTableElementsOverTables) {
  constexpr std::string_view kTables =
      R"((module (table 60 funcref) (table 60 funcref) (func (export "run") (result i32) (i32.const 7))))";
  const auto outcome = exhausted(kTables, {.max_table_elements = 100, .wall_clock_timeout = kAmple});
  EXPECT_EQ(outcome.which, Resource::kTable);
  EXPECT_EQ(outcome.asked, 120U);
  EXPECT_EQ(outcome.limit, 100U);
  EXPECT_EQ(returned(run(kTables, {.max_table_elements = 120, .wall_clock_timeout = kAmple})), 7);
}

TEST_F(LimitsTest, BlamesTheTableForATrapAfterARefusedGrowth) {
  EXPECT_EQ(exhausted(R"((module (table 1 funcref) (func (export "run") (result i32)
      (if (i32.eq (table.grow 0 (ref.null func) (i32.const 200)) (i32.const -1)) (then (unreachable)))
      (i32.const 0))))",
                      {.max_table_elements = 100, .wall_clock_timeout = kAmple})
                .which,
            Resource::kTable);
}

TEST_F(LimitsTest, RefusesMoreTablesThanAModuleMayHave) {
  const auto outcome = exhausted(R"((module (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref)
      (table 1 funcref) (func (export "run") (result i32) (i32.const 0))))",
                                 {.wall_clock_timeout = kAmple});
  EXPECT_EQ(outcome.which, Resource::kTable);
  EXPECT_EQ(outcome.limit, kMaxTables);
}

TEST_F(LimitsTest, RefusesAnInstanceWhenNoneIsAllowed) {
  EXPECT_EQ(exhausted(R"((module (func (export "run") (result i32) (i32.const 0))))",
                      {.max_instances = 0, .wall_clock_timeout = kAmple})
                .which,
            Resource::kInstances);
}

TEST_F(LimitsTest, StopsEndlessRecursion) {
  const auto outcome = exhausted(R"((module (func $f (export "run") (result i32) (i32.add (call $f) (i32.const 1)))))",
                                 {.wall_clock_timeout = kAmple});
  EXPECT_EQ(outcome.which, Resource::kStack);
  EXPECT_EQ(outcome.limit, kMaxStackBytes);
}

TEST_F(LimitsTest, StopsALoopAtItsDeadlineAndNeverEarly) {
  for (std::size_t i = 0; i < testing::scaled(10); ++i) {
    expect_timeout(R"((module (func (export "run") (result i32) (loop $l (br $l)) (unreachable))))");
  }
}

TEST_F(LimitsTest, StopsAStartFunctionInitializeAndACommandAtTheDeadline) {
  expect_timeout(R"((module (func $s (loop $l (br $l))) (start $s) (func (export "run") (result i32) (i32.const 0))))");
  expect_timeout(
      R"((module (func (export "_initialize") (loop $l (br $l))) (func (export "run") (result i32) (i32.const 0))))");
  expect_timeout(R"((module (func (export "_start") (loop $l (br $l)))))", "_start", EntryKind::kWasi);
}

TEST_F(LimitsTest, CountsTheWallClockFromTheRequest) {
  const auto module = link(R"((module (func (export "run") (result i32) (i32.const 0))))");
  ASSERT_THAT(module, testing::IsOk());
  const auto ran = runtime().invoke({.module = **module,
                                     .entry = "run",
                                     .limits = {.wall_clock_timeout = kShort},
                                     .started = std::chrono::steady_clock::now() - kShort});
  outcome_as<TimedOut>(ran);
}

TEST_F(LimitsTest, TakesAnyBudgetOfFuel) {
  constexpr std::string_view kReturns = R"((module (func (export "run") (result i32) (i32.const 3))))";
  const auto rich = run(kReturns, {.fuel_budget = UINT64_MAX, .wall_clock_timeout = kAmple});
  EXPECT_EQ(returned(rich), 3);
  EXPECT_THAT(rich->record.fuel_used, ::testing::Lt(10U));
  EXPECT_EQ(outcome_as<Exhausted>(run(kReturns, {.fuel_budget = 0, .wall_clock_timeout = kAmple})).which,
            Resource::kFuel);
}

TEST_F(LimitsTest, TakesAnyTimeoutWithoutOverflow) {
  constexpr std::string_view kReturns = R"((module (func (export "run") (result i32) (i32.const 3))))";
  EXPECT_EQ(returned(run(kReturns, {.wall_clock_timeout = std::chrono::milliseconds::max()})), 3);
  outcome_as<TimedOut>(run(kReturns, {.wall_clock_timeout = std::chrono::milliseconds(0)}));
}

}  // namespace
}  // namespace palyra::runtime
