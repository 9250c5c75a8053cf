// SPDX-License-Identifier: Apache-2.0
#include "engine_handles.h"
#include "epoch_ticker.h"
#include "guest_fixture.h"
#include "linked_module.h"
#include "worker_fixture.h"

#include <array>
#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

namespace palyra::runtime {
namespace {

using capability::AbiClass;
using capability::AbiFunction;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::Ge;
using testing::IsOk;

constexpr std::string_view kSpins = R"((module (func (export "run") (result i32) (loop $l (br $l)) (unreachable))))";
constexpr std::string_view kReturns = R"((module (memory 1) (func (export "run") (result i32) (i32.const 9))))";

class RuntimeThreadsTest : public GuestTest {};

TEST_F(RuntimeThreadsTest, ManyThreadsWithDeadlinesOfTheirOwnAreNeverStoppedEarly) {
  const auto spins = link(kSpins);
  ASSERT_THAT(spins, IsOk());
  std::vector<std::jthread> threads;
  for (int thread = 1; thread <= 6; ++thread) {
    threads.emplace_back([&, limit = milliseconds(3 * thread)] {
      for (std::size_t i = 0; i < testing::scaled(10); ++i) {
        const auto begun = steady_clock::now();
        outcome_as<TimedOut>(
            runtime().invoke({.module = **spins,
                              .entry = "run",
                              .limits = {.fuel_budget = kUnlimitedFuel, .wall_clock_timeout = limit}}));
        EXPECT_THAT(steady_clock::now() - begun, Ge(limit));
      }
    });
  }
}

TEST_F(RuntimeThreadsTest, CallsOnManyThreadsShareAModule) {
  const auto returns = link(kReturns);
  ASSERT_THAT(returns, IsOk());
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < testing::scaled(500); ++i) {
        ASSERT_EQ(
            returned(runtime().invoke({.module = **returns, .entry = "run", .limits = {.wall_clock_timeout = kAmple}})),
            9);
      }
    });
  }
}

// Large enough that those who come second come while the first still copies.
TEST_F(RuntimeThreadsTest, ThreadsThatNeedAModuleInAnotherEngineShareOneCopy) {
  const Bytes wasm = module_of(2'000, kNoLocals, {0x20, 0x00});
  const auto compiled = InProcessCompiler(runtime(), CompileInThisProcess{}).compile(wasm);
  ASSERT_THAT(compiled, IsOk());
  const auto linked = runtime().link(*compiled, {});
  ASSERT_THAT(linked, IsOk());
  const auto other = Engine::create();
  ASSERT_THAT(other, IsOk());
  constexpr std::size_t kThreads = 8;
  std::barrier begin(kThreads);
  std::array<const LinkedModule*, kThreads> copies{};
  {
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (const LinkedModule*& copy : copies) {
      threads.emplace_back([&] {
        begin.arrive_and_wait();
        copy = (*linked)->in(**other).value();
      });
    }
  }
  EXPECT_EQ(&copies[0]->engine(), other->get());
  for (const LinkedModule* copy : copies) EXPECT_EQ(copy, copies[0]);
}

struct Signals {
  std::atomic<bool> entered{false};
  std::atomic<bool> cancel{false};
};

constexpr AbiFunction kEnter{.module = "t",
                             .name = "enter",
                             .parameters = {},
                             .result = std::nullopt,
                             .ranges = {},
                             .cls = AbiClass::kAlways,
                             .fuel = 0};
HostReturn enter_body(HostCall& call) noexcept {
  Signals& signals = call.state<Signals>();
  signals.entered = true;
  signals.entered.notify_all();
  return HostReturn::nothing();
}
HostReturn wait_body(HostCall& call) noexcept {
  enter_body(call);
  while (!call.cancelled()) std::this_thread::yield();
  return call.cancel();
}
constexpr HostFunction kEnters[] = {{&kEnter, &enter_body}};
constexpr HostFunction kWaits[] = {{&kEnter, &wait_body}};
constexpr std::string_view kEntersThenSpins = R"((module (import "t" "enter" (func $enter))
    (func (export "run") (result i32) (call $enter) (loop $l (br $l)) (unreachable))))";

TEST_F(RuntimeThreadsTest, StopsARunThatIsCancelledInTheGuestOrInAHostCall) {
  for (const std::span<const HostFunction> functions : {std::span(kEnters), std::span(kWaits)}) {
    const auto module = link(kEntersThenSpins, functions);
    ASSERT_THAT(module, IsOk());
    Signals signals;
    std::jthread caller([&] {
      signals.entered.wait(false);
      signals.cancel = true;
    });
    outcome_as<Cancelled>(runtime().invoke({.module = **module,
                                            .entry = "run",
                                            .limits = {.fuel_budget = kUnlimitedFuel, .wall_clock_timeout = kAmple},
                                            .host_state = &signals,
                                            .cancel = &signals.cancel}));
  }
}

TEST_F(RuntimeThreadsTest, DoesNotBeginARunThatIsCancelledAlready) {
  const auto module = link(kReturns);
  ASSERT_THAT(module, IsOk());
  const std::atomic<bool> cancel{true};
  outcome_as<Cancelled>(runtime().invoke({.module = **module, .entry = "run", .cancel = &cancel}));
}

TEST_F(RuntimeThreadsTest, ACallThatCouldBeCancelledStillMeetsItsDeadline) {
  const auto module = link(kSpins);
  ASSERT_THAT(module, IsOk());
  const std::atomic<bool> cancel{false};
  for (const milliseconds limit : {milliseconds(3), milliseconds(25)}) {
    const auto begun = steady_clock::now();
    outcome_as<TimedOut>(runtime().invoke({.module = **module,
                                           .entry = "run",
                                           .limits = {.fuel_budget = kUnlimitedFuel, .wall_clock_timeout = limit},
                                           .cancel = &cancel}));
    EXPECT_THAT(steady_clock::now() - begun, Ge(limit));
  }
}

TEST(EpochTickerTest, PublishesNoTickBeforeItsTimeHoweverOftenItParks) {
  const WasmEngine engine(wasm_engine_new());
  EpochTicker ticker(*engine);
  for (std::size_t i = 0; i < testing::scaled(30); ++i) {
    {
      const EpochTicker::Running running(ticker);
      const auto at = steady_clock::now() + milliseconds(2);
      const std::uint64_t tick = ticker.tick_at(at);
      while (ticker.ticks_until(tick) > 0) std::this_thread::yield();
      EXPECT_THAT(steady_clock::now(), Ge(at));
    }
    // Idle for long enough that the ticker parks, by the clock that it uses.
    const auto idle = steady_clock::now() + milliseconds(3);
    if (i % 2 == 0) continue;
    while (steady_clock::now() < idle) std::this_thread::yield();
  }
}

TEST(EpochTickerTest, TickOfATimeThatHasPassedIsDue) {
  const WasmEngine engine(wasm_engine_new());
  EpochTicker ticker(*engine);
  const EpochTicker::Running running(ticker);
  EXPECT_EQ(ticker.ticks_until(ticker.tick_at(steady_clock::now() - std::chrono::hours(1))), 0U);
}

}  // namespace
}  // namespace palyra::runtime
