// SPDX-License-Identifier: Apache-2.0
// One engine, one guest that never ends, and calls beside it that do: each deadline ends its own call and no other.
#include "guest_fixture.h"

#include <array>
#include <atomic>
#include <iostream>
#include <thread>
#include <vector>

namespace palyra::runtime {
namespace {

using capability::AbiClass;
using capability::AbiFunction;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::IsOk;

// Waits in a host call, as one does for a network, until its time is over or the run's is.
constexpr AbiFunction kWaitRow{.module = "t",
                               .name = "wait",
                               .parameters = {},
                               .result = std::nullopt,
                               .ranges = {},
                               .cls = AbiClass::kAlways,
                               .fuel = 0};
HostReturn wait_body(HostCall& call) noexcept {
  const auto until = steady_clock::now() + milliseconds(40);
  while (steady_clock::now() < until) {
    if (call.cancelled()) return call.cancel();
    if (steady_clock::now() >= call.deadline().at()) return call.time_out();
    std::this_thread::sleep_for(milliseconds(1));
  }
  return HostReturn::nothing();
}
constexpr HostFunction kWait[] = {{&kWaitRow, &wait_body}};

constexpr std::string_view kWaits = R"((module (import "t" "wait" (func $wait))
    (func (export "run") (result i32) (call $wait) (call $wait) (i32.const 7))))";
constexpr std::string_view kShort = R"((module (func (export "run") (result i32) (i32.const 9))))";
// Counts to three million: dozens of its neighbour's deadlines pass meanwhile.
constexpr std::string_view kLong = R"((module (func (export "run") (result i32) (local $i i32)
    (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1)))
             (br_if $l (i32.lt_u (local.get $i) (i32.const 3000000)))) (local.get $i))))";

constexpr std::array<std::string_view, 3> kEndless = {
    R"((module (func (export "run") (result i32) (loop $l (br $l)) (unreachable))))",
    R"((module (func $s (loop $l (br $l))) (start $s) (func (export "run") (result i32) (i32.const 0))))",
    R"((module (func (export "_initialize") (loop $l (br $l))) (func (export "run") (result i32) (i32.const 0))))",
};

class CollateralTest : public GuestTest {
 protected:
  struct Neighbour {
    std::shared_ptr<const LinkedModule> module;
    std::int32_t answer;
    std::atomic<std::uint64_t> right = 0;
    std::atomic<std::uint64_t> harmed = 0;
  };

  // Calls until `done`, and counts what did not answer as it must.
  static void keep_calling(Neighbour& neighbour, const std::atomic<bool>& done) {
    while (!done) {
      const auto ran = runtime().invoke({.module = *neighbour.module,
                                         .entry = "run",
                                         .limits = {.fuel_budget = kUnlimitedFuel, .wall_clock_timeout = kAmple}});
      const Returned* returned = ran ? std::get_if<Returned>(&ran->outcome) : nullptr;
      ++(returned != nullptr && returned->value == neighbour.answer ? neighbour.right : neighbour.harmed);
    }
  }

  static std::shared_ptr<const LinkedModule> linked(std::string_view text,
                                                    std::span<const HostFunction> functions = {}) {
    auto module = link(text, functions);
    EXPECT_THAT(module, IsOk());
    return module ? *module : nullptr;
  }
};

TEST_F(CollateralTest, NoDeadlineIsLostAndNoneHarmsAnotherCall) {
  std::array<std::shared_ptr<const LinkedModule>, kEndless.size()> endless;
  for (std::size_t i = 0; i < endless.size(); ++i) endless.at(i) = linked(kEndless.at(i));
  std::array<Neighbour, 3> neighbours{{{linked(kWaits, kWait), 7}, {linked(kLong), 3'000'000}, {linked(kShort), 9}}};
  std::atomic<bool> done = false;
  std::uint64_t timed_out = 0;
  std::uint64_t early = 0;
  const std::size_t rounds = testing::scaled(10'000);
  {
    std::vector<std::jthread> threads;
    for (Neighbour& neighbour : neighbours) threads.emplace_back([&] { keep_calling(neighbour, done); });
    for (std::size_t round = 0; round < rounds; ++round) {
      const milliseconds limit(round % 4 == 3 ? 1 : 5);
      const auto begun = steady_clock::now();
      const auto ran = runtime().invoke({.module = *endless.at(round % endless.size()),
                                         .entry = "run",
                                         .limits = {.fuel_budget = kUnlimitedFuel, .wall_clock_timeout = limit}});
      timed_out += ran && std::holds_alternative<TimedOut>(ran->outcome) ? 1U : 0U;
      early += steady_clock::now() - begun < limit ? 1U : 0U;
    }
    done = true;
  }
  EXPECT_EQ(timed_out, rounds);
  EXPECT_EQ(early, 0U);
  for (const Neighbour& neighbour : neighbours) {
    EXPECT_EQ(neighbour.harmed, 0U);
    EXPECT_GE(neighbour.right, 1U);
  }
  std::cout << rounds << " deadlines, " << rounds - timed_out << " lost, " << early << " early; beside them "
            << neighbours[0].right << " waiting, " << neighbours[1].right << " long and " << neighbours[2].right
            << " short calls, " << neighbours[0].harmed + neighbours[1].harmed + neighbours[2].harmed << " harmed\n";
}

// A caller that goes away ends its call as a deadline does: in the guest, in a start function or in a host call.
TEST_F(CollateralTest, ACallerThatGoesAwayStopsItsOwnCallOnly) {
  std::array<std::shared_ptr<const LinkedModule>, 4> modules{linked(kEndless[0]), linked(kEndless[1]),
                                                             linked(kEndless[2]), linked(kWaits, kWait)};
  Neighbour neighbour{linked(kLong), 3'000'000};
  std::atomic<bool> done = false;
  std::uint64_t cancelled = 0;
  const std::size_t rounds = testing::scaled(400);
  {
    const std::jthread beside([&] { keep_calling(neighbour, done); });
    for (std::size_t round = 0; round < rounds; ++round) {
      std::atomic<bool> gone = false;
      const std::jthread caller([&gone, round] {
        std::this_thread::sleep_for(std::chrono::microseconds(500 * (round % 8)));
        gone = true;
      });
      const auto ran = runtime().invoke({.module = *modules.at(round % modules.size()),
                                         .entry = "run",
                                         .limits = {.fuel_budget = kUnlimitedFuel, .wall_clock_timeout = kAmple},
                                         .cancel = &gone});
      cancelled += ran && std::holds_alternative<Cancelled>(ran->outcome) ? 1U : 0U;
    }
    done = true;
  }
  EXPECT_EQ(cancelled, rounds);
  EXPECT_EQ(neighbour.harmed, 0U);
  EXPECT_GE(neighbour.right, 1U);
}

}  // namespace
}  // namespace palyra::runtime
